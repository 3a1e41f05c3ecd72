"""The catalogue of models: one card (a TOML file under `cards/models`) for each, and how a card becomes a model."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from copy import copy
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

from pydantic import ValidationError

from apercu.errors import EvidenceError, ModelError, UnknownModelError, WeightsError
from apercu.records import Carrier, ModelCard, Paper, Status
from apercu.settings import Settings, load_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from apercu.resample import PixelSource

Progress = Callable[[float], None]
"""Called with the finished share, 0..1, from the thread that asked for the work."""

Card = TypeVar("Card", ModelCard, Paper)


COMMUNITY_LOADER = "apercu.models.community:load_community"
"""The loader of every card that `apercu models add` writes; such a card may name no other."""
COMMUNITY_LIBRARIES = ("spandrel", "torch")
"""What every such card requires."""


def model_cards(settings: Settings | None = None) -> dict[str, ModelCard]:
    """The cards of all models, by id: those of Apercu, then those that the user added. Treat it as read-only.

    Args:
        settings: say where the added cards are; by default as `load_settings` finds them.

    Raises:
        EvidenceError: a card is damaged; the message names the file and the field.
    """
    shipped = _shipped_cards()
    folder = added_cards(settings or load_settings())
    added = read_cards(folder, ModelCard) if folder.is_dir() else {}
    for card in added.values():
        if problem := _added_problem(card):
            raise _damaged(folder / f"{card.id}.toml", f"field {problem}")
    return shipped | {id: card for id, card in added.items() if id not in shipped} if added else shipped


def _added_problem(card: ModelCard) -> str | None:
    """What a card in the data folder says beyond what `apercu models add` writes: other code, files elsewhere."""
    if card.loader != COMMUNITY_LOADER:
        return f"loader: {card.loader!r} is not {COMMUNITY_LOADER!r}"
    if card.requires != COMMUNITY_LIBRARIES:
        return f"requires: {list(card.requires)} is not {list(COMMUNITY_LIBRARIES)}"
    if card.weights is None or card.weights.file is not None or card.weights.carriers:
        return "weights: expected those that the user brought, without file and carriers"
    if card.factors == "any" or len(card.factors) != 1 or card.factors[0] not in range(2, 17):
        return f"factors: {card.factors} is not one whole number from 2 to 16"
    return None


@cache
def _shipped_cards() -> dict[str, ModelCard]:
    return read_cards(files("apercu") / "cards" / "models", ModelCard)


def added_cards(settings: Settings) -> Path:
    """The folder of the cards of models that the user added."""
    return settings.data_dir / "models"


def find_model(name: str, settings: Settings | None = None) -> ModelCard:
    """The card whose id, name or alias is `name`, in any mixture of capitals.

    Raises:
        UnknownModelError: no card is called that; the message lists the nearest names, or every id when none is near.
    """
    cards = model_cards(settings)
    # Reversed: an added card comes after those of Apercu, and must not take a name from one of them.
    named = reversed(cards.values())
    known = {called.casefold(): card for card in named for called in (card.id, card.name, *card.aliases)}
    card = known.get(name.strip().casefold())
    if card is None:
        near = get_close_matches(name.strip().casefold(), known, n=5, cutoff=0.5)
        ids = dict.fromkeys(known[match].id for match in near) or cards
        raise UnknownModelError(
            f"no model is called {name!r}; the nearest are {', '.join(ids)}",
            hint="`apercu models` lists every model.",
        )
    return card


def read_cards(folder: Traversable, kind: type[Card]) -> dict[str, Card]:
    """Read and check every `.toml` file of a folder.

    Args:
        folder: where the card files are; the name of each is its card's id.
        kind: the record that the cards must fit, `ModelCard` or `Paper`.

    Returns:
        The cards by id, sorted by id.

    Raises:
        EvidenceError: a file is not TOML, a field is missing, unknown or of the wrong kind, or the id is not the
            name of the file.
    """
    named = (file for file in folder.iterdir() if file.name.endswith(".toml") and not file.name.startswith("."))
    cards = [_read_card(file, kind) for file in named]
    return {card.id: card for card in sorted(cards, key=lambda card: card.id)}


def _read_card(file: Traversable, kind: type[Card]) -> Card:
    if not file.is_file():  # a pipe would be waited for without an end
        raise _damaged(file, "it cannot be read (no plain file)")
    try:
        card = kind.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise _damaged(file, f"it cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _damaged(file, f"field {field}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:  # broken TOML, other bytes than UTF-8, numbers or nesting too long
        raise _damaged(file, f"it is not valid TOML: {error}") from error
    if card.id != file.name.removesuffix(".toml"):
        raise _damaged(file, f"field id: {card.id!r} is not the name of the file")
    return card


def _damaged(file: Traversable, problem: str) -> EvidenceError:
    return EvidenceError(
        f"the card {file.name} is damaged: {problem}", hint="Mend the file; docs/cards.md explains every field."
    )


# --- from a card to a model ------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """A finished piece of a result: `pixels`, (h, w, 3) float32, belong at row `top` and column `left`."""

    top: int
    left: int
    pixels: NDArray[np.float32]


class Enlarger(Protocol):
    """A way to enlarge that is ready to run. `tile_size` is the longest side of a tile, in pixels of the picture."""

    card: ModelCard
    tile_size: int = 256

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, 3) RGB in [0, 1] to `size` (height, width), piece by piece.

        Args:
            pixels: an array, or whatever gives float32 arrays when it is sliced by rows and columns.
            size: (height, width) of the result.

        Yields:
            Blocks in any order that cover the result just once; values may leave [0, 1] a little.
        """
        ...

    def in_tiles(self, tile_size: int) -> Enlarger:
        """The same model, its weights shared, with tiles of another size."""
        twin = copy(self)
        twin.tile_size = tile_size
        return twin

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a tile of a picture of `size` (height, width) needs at most, beside the picture and its result."""
        return 256 * 2**20


def enlarge_whole(model: Enlarger, pixels: PixelSource, size: tuple[int, int]) -> NDArray[np.float32]:
    """The whole result at once, (h, w, 3) float32, not clipped; for pictures that fit into memory."""
    import numpy as np

    result = np.empty((*size, pixels.shape[-1]), np.float32)
    for block in model.enlarge(pixels, size):
        height, width = block.pixels.shape[:2]
        result[block.top : block.top + height, block.left : block.left + width] = block.pixels
    return result


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
    return _checked(card, *_known_weights(card, settings))


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
    return _known_weights(card, settings)[1] if card.weights else None


def _known_weights(card: ModelCard, settings: Settings) -> tuple[Path, str]:
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


def load_model(name: str, settings: Settings) -> Enlarger:
    """Open a model by name.

    Raises:
        UnknownModelError: no card has that name.
        WeightsError: its trained weights are not here, or not the ones they claim to be.
        ModelError: it is only described in this version.
    """
    card = find_model(name, settings)
    if card.loader is None:
        raise ModelError(
            f"{card.name} is described here but not run by this version",
            hint="`apercu models` lists the models that run.",
        )
    alike = Settings(data_dir=settings.data_dir, threads=settings.threads)
    return _opened(card.id, alike, _stamp(card, settings)).in_tiles(settings.tile_size)


@lru_cache(maxsize=4)
def _opened(name: str, settings: Settings, stamp: tuple[int, int]) -> Enlarger:
    """A model opened once for many pictures and sizes of tiles; another file of weights has another stamp."""
    card = model_cards(settings)[name]
    module, function = str(card.loader).split(":")
    load = cast("Callable[[ModelCard, Settings], Enlarger]", getattr(import_module(module), function))
    return load(card, settings)


def _stamp(card: ModelCard, settings: Settings) -> tuple[int, int]:
    """Size and time of the card's file of weights; zeros where it has none."""
    if card.weights is None:
        return 0, 0
    try:
        status = _known_weights(card, settings)[0].stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
