"""The catalogues in the data folder: kept whole or not at all, read, forgotten. A name never becomes another path."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from apercu.addresses import escaped
from apercu.errors import InputError
from apercu.imported.files import LARGEST_FILE
from apercu.imported.team import TeamCatalogue, TeamModel
from apercu.settings import Settings

_WHOLE_ONES = "Whole catalogues are forgotten, no single models; `apercu models --all` says which one each is of."
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def save_catalogue(models: tuple[TeamModel, ...], name: str, settings: Settings) -> Path:
    """Keep a catalogue under a name, whole or not at all; one of the same name is replaced.

    Raises:
        InputError: the name has other characters than a-z, 0-9, - and _, or the folder cannot be written.
    """
    path = _path(name, settings)
    text = TeamCatalogue(name=name, models=models).model_dump_json(indent=1)
    part = path.with_name(f".{name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"the catalogue {name} cannot be kept in {path.parent} ({error.strerror})",
            hint="Check who may write to the data folder, and whether the disk is full.",
        ) from error
    finally:
        with suppress(OSError):  # it is gone where all went well, and must not stay where somebody interrupted
            part.unlink()
    return path


def forget_catalogue(name: str, settings: Settings) -> int | None:
    """Remove an imported catalogue; gives how many models it had, None where it could not be read.

    Raises:
        InputError: none of that name was imported.
    """
    folder = settings.data_dir / "catalogues"
    path = folder / f"{name}.json"
    if not (_NAME.fullmatch(name) and path.is_file()):
        known = sorted(path.stem for path in folder.glob("*.json"))
        raise InputError(
            f"no imported catalogue is called '{escaped(name)}'; there are {', '.join(known) or 'none'}",
            hint=_WHOLE_ONES if known else "`apercu models import FILE` imports one.",
        )
    try:
        count = len(imported_catalogues(settings)[name].models)
    except InputError:
        count = None  # it is damaged, or another one is: it can go all the same
    try:
        path.unlink()
    except OSError as error:
        raise InputError(
            f"the catalogue {name} cannot be removed from {path.parent} ({error.strerror})",
            hint="Check who may write to the data folder.",
        ) from error
    return count


def imported_catalogues(settings: Settings) -> dict[str, TeamCatalogue]:
    """The imported catalogues by name.

    Raises:
        InputError: a kept file is damaged.
    """
    folder = settings.data_dir / "catalogues"
    if not folder.is_dir():
        return {}
    found = {}
    for path in sorted(folder.glob("*.json")):
        if _NAME.fullmatch(path.stem) and path.is_file():
            status = path.stat()
            found[path.stem] = _kept(path, status.st_size, status.st_mtime_ns)
    return found


@lru_cache(maxsize=16)
def _kept(path: Path, size: int, changed: int) -> TeamCatalogue:
    """A kept catalogue, read once for each state of its file."""
    hint = f"`apercu models forget {path.stem}` removes it; then import it again."
    if size > 4 * LARGEST_FILE:
        raise InputError(f"{path} holds {size:,} bytes, expected at most {4 * LARGEST_FILE:,}", hint=hint)
    try:
        return TeamCatalogue.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"the imported catalogue {path.stem} is damaged ({path})", hint=hint) from error


def checked_name(name: str) -> str:
    """The name itself.

    Raises:
        InputError: it has other characters than a-z, 0-9, - and _.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{escaped(name)}' is no name for a catalogue",
            hint="Use up to 64 small letters, digits, - and _, and begin with a letter or a digit.",
        )
    return name


def name_of_file(path: Path) -> str:
    """The name that a catalogue gets from its file: small letters, digits, - and _."""
    plain = normalize("NFKD", path.stem.casefold()).encode("ascii", "ignore").decode()  # accents go, letters stay
    return re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-_")[:64] or "catalogue"


def _path(name: str, settings: Settings) -> Path:
    return settings.data_dir / "catalogues" / f"{checked_name(name)}.json"
