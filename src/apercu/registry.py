"""The catalogue of models: one card (a TOML file under `cards/models`) for each, and how a card becomes a model."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

from pydantic import ValidationError

from apercu.errors import EvidenceError, ModelError, UnknownModelError, WeightsError
from apercu.records import ModelCard, Paper, Status
from apercu.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from apercu.resample import PixelSource

Progress = Callable[[float], None]
"""Called with the finished share, 0..1, from the thread that asked for the work."""

Card = TypeVar("Card", ModelCard, Paper)


@cache
def model_cards() -> dict[str, ModelCard]:
    """The cards of all models, by id. Read once; treat the dictionary as read-only.

    Raises:
        EvidenceError: a card is damaged; the message names the file and the field.
    """
    return read_cards(files("apercu") / "cards" / "models", ModelCard)


def find_model(name: str) -> ModelCard:
    """The card whose id, name or alias is `name`, in any mixture of capitals.

    Raises:
        UnknownModelError: no card is called that; the message lists the nearest names, or every id when none is near.
    """
    known = _cards_by_name()
    card = known.get(name.strip().casefold())
    if card is None:
        near = get_close_matches(name.strip().casefold(), known, n=5, cutoff=0.5)
        ids = dict.fromkeys(known[match].id for match in near) or model_cards()
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
    cards = [_read_card(file, kind) for file in folder.iterdir() if file.name.endswith(".toml")]
    return {card.id: card for card in sorted(cards, key=lambda card: card.id)}


def _read_card(file: Traversable, kind: type[Card]) -> Card:
    try:
        card = kind.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(file, f"it is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _damaged(file, f"field {field}: {first['msg']}") from error
    if card.id != file.name.removesuffix(".toml"):
        raise _damaged(file, f"field id: {card.id!r} is not the name of the file")
    return card


def _damaged(file: Traversable, problem: str) -> EvidenceError:
    return EvidenceError(
        f"the card {file.name} is damaged: {problem}", hint="Mend the file; docs/cards.md explains every field."
    )


@cache
def _cards_by_name() -> dict[str, ModelCard]:
    cards = model_cards().values()
    return {name.casefold(): card for card in cards for name in (card.id, card.name, *card.aliases)}


# --- from a card to a model ------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """A finished piece of a result: `pixels`, (h, w, 3) float32, belong at row `top` and column `left`."""

    top: int
    left: int
    pixels: NDArray[np.float32]


class Enlarger(Protocol):
    """A way to enlarge that is ready to run."""

    card: ModelCard

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, 3) RGB in [0, 1] to `size` (height, width), piece by piece.

        Args:
            pixels: an array, or whatever gives float32 arrays when it is sliced by rows and columns.
            size: (height, width) of the result.

        Yields:
            Blocks in any order that cover the result just once; values may leave [0, 1] a little.
        """
        ...

    def memory(self) -> int:
        """Bytes that a tile needs at most, beside the picture and its result; an estimate from above."""
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
    return (
        "runs" if card.weights is None or card.weights.file or added_weights(card, settings).exists() else "needs-file"
    )


def added_weights(card: ModelCard, settings: Settings) -> Path:
    """Where the weights that the user brings for a card are kept; a `.json` with the hashes lies beside them."""
    return settings.data_dir / "weights" / f"{card.id}.safetensors"


def weights_path(card: ModelCard, settings: Settings) -> Path:
    """The card's weights, checked against their known hash.

    Raises:
        WeightsError: the file is not there, or it is not the file that it was.
    """
    path, digest = _known_weights(card, settings)
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
    path = added_weights(card, settings)
    if not path.exists():
        raise WeightsError(
            f"{card.name} has no trained weights on this machine, and untrained ones are never used",
            hint=f"It needs {card.needs}.",
        )
    try:
        return path, str(json.loads(path.with_suffix(".json").read_text("utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"the note beside the weights of {card.name} is damaged ({error})",
            hint="Add the file again with `apercu models add FILE`.",
        ) from error


def load_model(name: str, settings: Settings) -> Enlarger:
    """Open a model by name.

    Raises:
        UnknownModelError: no card has that name.
        WeightsError: its trained weights are not here, or not the ones they claim to be.
        ModelError: it is only described in this version.
    """
    card = find_model(name)
    if card.loader is None:
        raise ModelError(
            f"{card.name} is described here but not run by this version",
            hint="`apercu models` lists the models that run.",
        )
    return _opened(card.id, settings, _stamp(card, settings))


@lru_cache(maxsize=4)
def _opened(name: str, settings: Settings, stamp: tuple[int, int]) -> Enlarger:
    """A model opened once for many pictures; another file of weights has another stamp."""
    card = model_cards()[name]
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
