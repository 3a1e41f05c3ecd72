"""Where the trained weights of a card are on this machine, and whether they are the known ones."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from importlib.machinery import ModuleSpec
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from apercu.errors import WeightsError
from apercu.records import Carrier, ModelCard, Status
from apercu.settings import Settings


def model_status(card: ModelCard, settings: Settings) -> Status:
    """Whether a model runs on this machine now, runs once its file is brought, or is only described."""
    if card.loader is None:
        return "described"
    if any(_found(library) is None for library in card.requires):
        return "needs-file"
    here = card.weights is None or card.weights.file or _carrier(card) or added_weights(card, settings).exists()
    return "runs" if here else "needs-file"


def _found(module: str) -> ModuleSpec | None:
    """Where a module is; looked for again after a second at the latest, so that a new installation is seen."""
    return _found_at(module, find_spec, tuple(sys.path), int(time.monotonic()))


@lru_cache(maxsize=64)
def _found_at(
    module: str, find: Callable[[str], ModuleSpec | None], path: tuple[str, ...], second: int
) -> ModuleSpec | None:
    return find(module)


def _carrier(card: ModelCard) -> tuple[Carrier, Path] | None:
    """The first installed package that carries a card's files, and its folder. Nothing of it is imported."""
    for carrier in card.weights.carriers if card.weights else ():
        found = _found(carrier.module)
        for folder in map(Path, (found.submodule_search_locations or ()) if found else ()):
            if (folder / carrier.file).is_file() and (folder / carrier.graph).is_file():
                return carrier, folder
    return None


def graph_path(card: ModelCard) -> Path:
    """The description of a carried model's network, checked against its known hash.

    Raises:
        WeightsError: its package is not installed, or the file is not the known one.
    """
    found = _carrier(card)
    if found is None:
        raise _not_here(card)
    carrier, folder = found
    return _checked(card, folder / carrier.graph, carrier.graph_sha256)


def added_weights(card: ModelCard, settings: Settings) -> Path:
    """Where the weights that the user brings for a card are kept; a `.json` with the hashes lies beside them."""
    return settings.data_dir / "weights" / f"{card.id}.safetensors"


def weights_path(card: ModelCard, settings: Settings) -> Path:
    """The card's weights, checked against their known hash.

    Raises:
        WeightsError: the file is not there, or it is not the file that it was.
    """
    return _checked(card, *known_weights(card, settings))


def _checked(card: ModelCard, path: Path, digest: str) -> Path:
    try:
        found = file_digest(path)
    except OSError as error:
        raise WeightsError(
            f"the weights of {card.name} cannot be read from {path} ({error.strerror})", hint=f"It needs {card.needs}."
        ) from error
    if found != digest:
        raise WeightsError(
            f"the weights of {card.name} have changed: sha256 {found}, expected {digest}",
            hint="Install or add them again.",
        )
    return path


def file_digest(path: Path) -> str:
    """The sha256 of a file of weights, in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_digest(card: ModelCard, settings: Settings) -> str | None:
    """The sha256 of the file of weights that runs for a card; None for a model without weights."""
    return known_weights(card, settings)[1] if card.weights else None


def known_weights(card: ModelCard, settings: Settings) -> tuple[Path, str]:
    if card.weights is None:
        raise WeightsError(f"{card.name} has no file of weights", hint="`apercu models` says what each model needs.")
    if card.weights.file:
        return Path(str(files("apercu") / "weights" / card.weights.file)), card.weights.sha256
    if carried := _carrier(card):
        carrier, folder = carried
        return folder / carrier.file, card.weights.sha256
    path = added_weights(card, settings)
    if card.weights.carriers or not path.exists():
        raise _not_here(card)
    try:
        return path, str(json.loads(path.with_suffix(".json").read_text("utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"the note beside the weights of {card.name} is damaged ({error})",
            hint="Add the file again with `apercu models add FILE`.",
        ) from error


def _not_here(card: ModelCard) -> WeightsError:
    return WeightsError(
        f"{card.name} has no trained weights on this machine, and untrained ones are never used",
        hint=f"It needs {card.needs}.",
    )
