"""Catalogues that a team brings: read from a file, checked whole, kept in the data folder.

A file is JSON, JSON lines, CSV or YAML (docs/catalogue.md). Nothing of it is taken over unless all of it is right; what
is wrong is listed with the record and the field. A name in such a file never becomes a path.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from apercu.addresses import is_url, without_steering
from apercu.errors import CatalogueError, InputError, MissingDependencyError
from apercu.records import Content, Damage, Draws, Record, TaskId
from apercu.settings import Settings

LARGEST_FILE = 20_000_000
MOST_MODELS = 10_000
DEEPEST = 20
"""Lists within lists of a YAML file: its reader takes far longer than twice as long for twice as many."""
_LISTS = ("factors", "content", "damage", "links", "aliases")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_READ_KINDS = (".json", ".jsonl", ".ndjson", ".csv", ".yaml", ".yml")

Factor = Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2_000)]


class TeamModel(Record):
    """A model of a team's catalogue, as its file says; all but `id` and `task` may be left out.

    `factors` is "any", one factor or several; the other fields mean what they mean for `catalogue.Entry`.
    """

    id: str = Field(min_length=1, max_length=200)
    task: TaskId
    family: str = Field(default="", max_length=200)
    aliases: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(default=(), max_length=50)
    factors: Literal["any"] | tuple[Factor, ...] = ()
    content: tuple[Content, ...] = ()
    damage: tuple[Damage, ...] = ()
    draws: Draws = "mean"
    about: Text = ""
    expects: Text = ""
    inputs: Text = ""
    outputs: Text = ""
    licence: str = Field(default="not known", max_length=200)
    cost: Literal["low", "medium", "high"] = "medium"
    parameters: int | None = Field(default=None, ge=1)
    links: tuple[Annotated[str, Field(max_length=2_000)], ...] = Field(default=(), max_length=50)

    @field_validator("id", "family", "about", "expects", "inputs", "outputs", "licence", "aliases", "links")
    @classmethod
    def _plain(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for text in (value,) if isinstance(value, str) else value:
            if text != without_steering(text, "?") or any("\ud800" <= character <= "\udfff" for character in text):
                raise ValueError("expected one line of text without control characters")
            if text != text.strip():
                raise ValueError("expected text without blanks at its ends")
        return value

    @field_validator("links")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for link in value:
            if not is_url(link):
                raise ValueError(f"{link[:80]!r} is no http or https address")
        return value


class TeamCatalogue(BaseModel):
    """An imported catalogue as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    models: tuple[TeamModel, ...] = Field(max_length=MOST_MODELS)

    def __hash__(self) -> int:
        """Its identity: a hash of ten thousand models would be worked out again for every question."""
        return id(self)


class _Raw(NamedTuple):
    """A record of a file, and where it stands there."""

    where: str
    value: object


def read_catalogue_file(path: Path, *, taken: Collection[str] = ()) -> tuple[TeamModel, ...]:
    """Read and check a file of models.

    Args:
        path: JSON (a list, or an object with the list "models"), JSON lines, CSV or YAML, by its ending.
        taken: names that other catalogues have already, in small letters.

    Raises:
        CatalogueError: the file cannot be read, is too large, or its models are not right; all problems are listed.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    raws, problems = _parsed(path)
    if len(raws) > MOST_MODELS:
        problems.append(f"{len(raws):,} models, expected at most {MOST_MODELS:,}")
    models: list[tuple[str, TeamModel]] = []
    for raw in raws[:MOST_MODELS]:
        try:
            models.append((raw.where, TeamModel.model_validate(_tidied(raw.value))))
        except ValidationError as error:
            problems += [f"{raw.where}, {_problem(found)}" for found in error.errors(include_url=False)]
    names = Counter(name.casefold() for _, model in models for name in {model.id, *model.aliases})
    for where, model in models:
        for name in dict.fromkeys((model.id, *model.aliases)):
            if names[name.casefold()] > 1:
                problems.append(f"{where}, field id or aliases: {name!r} stands there more than once")
            if name.casefold() in taken:
                problems.append(f"{where}, field id or aliases: {name!r} is a model of another catalogue")
    if not raws and not problems:
        problems.append("no models in it")
    if problems:
        raise CatalogueError(path.name, problems)
    return tuple(model for _, model in models)


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
        part.unlink(missing_ok=True)
        raise InputError(
            f"the catalogue {name} cannot be kept in {path.parent} ({error.strerror})", hint="Check the data folder."
        ) from error
    return path


def forget_catalogue(name: str, settings: Settings) -> int | None:
    """Remove an imported catalogue; gives how many models it had, None where it could not be read.

    Raises:
        InputError: none of that name was imported.
    """
    path = _path(name, settings)
    if not path.is_file():
        known = sorted(path.stem for path in path.parent.glob("*.json"))
        raise InputError(
            f"no imported catalogue is called {name!r}; there are {', '.join(known) or 'none'}",
            hint="`apercu models import FILE` imports one.",
        )
    try:
        count = len(imported_catalogues(settings)[name].models)
    except InputError:
        count = None  # it is damaged, or another one is: it can go all the same
    path.unlink()
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
            f"{without_steering(name[:80], '?')!r} is no name for a catalogue",
            hint="Use up to 64 small letters, digits, - and _, and begin with a letter or a digit.",
        )
    return name


def name_of_file(path: Path) -> str:
    """The name that a catalogue gets from its file: small letters, digits, - and _."""
    return re.sub(r"[^a-z0-9_-]+", "-", path.stem.lower()).strip("-_")[:64] or "catalogue"


def _path(name: str, settings: Settings) -> Path:
    return settings.data_dir / "catalogues" / f"{checked_name(name)}.json"


# --- reading ----------------------------------------------------------------------------------------------------------


def _parsed(path: Path) -> tuple[list[_Raw], list[str]]:
    """The records of a file with their places, and what of it could not be read."""
    kind = path.suffix.lower()
    if kind not in _READ_KINDS:
        raise CatalogueError(
            path.name, [f"its ending is {kind or 'missing'}, expected one of {', '.join(_READ_KINDS)}"]
        )
    try:
        if not path.is_file():
            raise CatalogueError(path.name, ["there is no such file"], hint="Check the path.")
        if path.stat().st_size > LARGEST_FILE:
            problem = f"{path.stat().st_size:,} bytes, expected at most {LARGEST_FILE:,}"
            raise CatalogueError(path.name, [problem], hint="Import it in parts.")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(path.name, [f"it is not UTF-8 text (byte {error.start:,})"]) from error
    except OSError as error:
        raise CatalogueError(path.name, [f"it cannot be read ({error.strerror})"]) from error
    if kind in (".jsonl", ".ndjson"):
        return _from_lines(text)
    if kind == ".csv":
        return _from_csv(text)
    return _from_json(text) if kind == ".json" else _from_yaml(text, path)


def _from_json(text: str) -> tuple[list[_Raw], list[str]]:
    try:
        return _records(json.loads(text))
    except json.JSONDecodeError as error:
        return [], [f"line {error.lineno}: not JSON ({error.msg})"]
    except (ValueError, RecursionError):
        return [], ["it is nested too deeply, or holds a number that is too long"]


def _from_lines(text: str) -> tuple[list[_Raw], list[str]]:
    raws, problems = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            raws.append(_Raw(f"line {number}", json.loads(line)))
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: not JSON ({getattr(error, 'msg', 'nested too deeply')})")
    return raws, problems


def _from_csv(text: str) -> tuple[list[_Raw], list[str]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    raws: list[_Raw] = []
    problems: list[str] = []
    try:
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row:
                problems.append(f"{where}: more fields than the first line names")
                continue
            raws.append(_Raw(where, {key.strip(): value for key, value in row.items() if value and value.strip()}))
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: not CSV ({error})")
    return raws, problems


def _from_yaml(text: str, path: Path) -> tuple[list[_Raw], list[str]]:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(
            f"{path.name} is YAML, and PyYAML is not installed",
            hint="Install it with `pip install pyyaml`, or write the file as JSON.",
        ) from error
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                return [], ["it holds aliases (*name), which are not followed"]  # a few of them can stand for billions
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return [], ["it is nested too deeply, or holds a value that cannot be read"]
        return _records(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where, reason = f"line {mark.line + 1 if mark else 1}", getattr(error, "problem", None) or "broken"
        return [], [f"{where}: not YAML ({without_steering(str(reason), '?')})"]
    except (ValueError, RecursionError):
        return [], ["it is nested too deeply, or holds a value that cannot be read"]


def _records(value: object) -> tuple[list[_Raw], list[str]]:
    if isinstance(value, dict) and isinstance(value.get("models"), list):
        value = value["models"]
    if not isinstance(value, list):
        return [], ['expected a list of models, or an object with the list "models"']
    return [_Raw(f"record {number}", item) for number, item in enumerate(value, start=1)], []


def _tidied(value: object) -> object:
    """A record with its lists as lists: text stands for one or, with semicolons, several, as in CSV."""
    if not isinstance(value, dict):
        return value
    tidy: dict[Any, Any] = dict(value)
    for name in _LISTS:
        found = tidy.get(name)
        if name == "factors" and isinstance(found, str) and found.strip().lower() == "any":
            tidy[name] = "any"
        elif isinstance(found, str):
            split = [part.strip() for part in found.split(";") if part.strip()]
            tidy[name] = [part.removesuffix("x") for part in split] if name == "factors" else split
        elif name == "factors" and isinstance(found, int | float):
            tidy[name] = [found]
    return tidy


def _problem(found: ErrorDetails) -> str:
    inside = [str(part) for part in found["loc"] if not re.match(r"(?:tuple|literal|constrained)", str(part))]
    given = without_steering(repr(found["input"])[:60], "?")
    return f"field {'.'.join(inside) or 'record'}: {found['msg']} (given {given})"
