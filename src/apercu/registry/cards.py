"""The cards of models: one TOML file under `cards/models` for each, and one in the data folder for each added one."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from apercu.errors import EvidenceError, UnknownModelError
from apercu.records import ModelCard, Paper
from apercu.settings import Settings, load_settings

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


def named_cards(settings: Settings | None = None) -> dict[str, ModelCard]:
    """The cards of all models by every name that they have, case folded: for many names at once."""
    # Reversed: an added card comes after those of Apercu, and must not take a name from one of them.
    cards = reversed(model_cards(settings).values())
    return {called.casefold(): card for card in cards for called in (card.id, card.name, *card.aliases)}


def find_model(name: str, settings: Settings | None = None) -> ModelCard:
    """The card whose id, name or alias is `name`, in any mixture of capitals.

    Raises:
        UnknownModelError: no card is called that; the message lists the nearest names, or every id when none is near.
    """
    known = named_cards(settings)
    card = known.get(name.strip().casefold())
    if card is None:
        near = get_close_matches(name.strip().casefold(), known, n=5, cutoff=0.5)
        ids = dict.fromkeys(known[match].id for match in near) or model_cards(settings)
        raise UnknownModelError(
            f"no model is called {name!r}; the nearest are {', '.join(ids)}",
            hint="`apercu models` lists those that run here; of others `apercu models show NAME` tells what they need.",
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
