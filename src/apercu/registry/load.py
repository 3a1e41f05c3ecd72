"""From a card to a model that is ready to run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import cast

from apercu.errors import ModelError
from apercu.records import ModelCard
from apercu.registry.cards import find_model, model_cards
from apercu.registry.enlarger import Enlarger
from apercu.registry.weights import known_weights
from apercu.settings import Settings


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
        status = known_weights(card, settings)[0].stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
