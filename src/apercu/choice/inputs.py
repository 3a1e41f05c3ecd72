"""What the networks are given, as numbers: the question, and what the cards say about models. Names before values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log2
from typing import get_args

import numpy as np

from apercu.catalogue import Entry
from apercu.choice.learned import User, Values
from apercu.choice.seen import Seen
from apercu.records import Content, Damage, ModelCard, Task, Wish

CONTENT: tuple[str, ...] = get_args(Content)
DAMAGE: tuple[str, ...] = get_args(Damage)
_FACTORS = (2, 3, 4)
QUESTION = (
    *(f"content {kind}" for kind in CONTENT),
    *(f"damage {kind}" for kind in DAMAGE),
    "factor",
    *(f"x{factor}" for factor in _FACTORS),
)
_COSTS = ("low", "medium", "high")
_WISHES: dict[Wish, User] = {
    "fidelity": User(1.0, 0.0, 0.0),
    "crispness": User(0.4, 0.6, 0.0),
    "speed": User(0.5, 0.0, 0.5),
}
"""What a wish in a question amounts to; of several the mean."""


def user_of(task: Task) -> User:
    """The user that a question's wishes speak of; without a wish, fidelity is all that counts."""
    wishes = [_WISHES[wish] for wish in task.wish if wish in _WISHES] or [_WISHES["fidelity"]]
    return User(*(sum(shares) / len(wishes) for shares in zip(*wishes, strict=True)))


def question_values(content: Collection[str], damage: Collection[str], factor: float) -> Values:
    """The facets of a question and the factor, in the order of `QUESTION`."""
    named = [float(kind in content) for kind in CONTENT] + [float(kind in damage) for kind in DAMAGE]
    nearest = min(_FACTORS, key=lambda known: abs(known - factor))
    return np.array([*named, log2(max(factor, 1.0)) / 2, *(float(nearest == n) for n in _FACTORS)], np.float32)


def picture_values(seen: Seen) -> dict[str, Values]:
    """What is seen of a picture, by kind."""
    return {
        "damage": np.array(list(seen.damage.values()), np.float32),
        "style": np.array(list(seen.style.values()), np.float32),
    }


def card_facts(card: ModelCard, entry: Entry, draws: str, families: Sequence[str]) -> tuple[float, ...]:
    """What the card and the catalogue say about a model: its factors, family, pictures, damage and cost."""
    native = 0.0 if card.factors == "any" else log2(max(card.factors, default=1.0)) / 2
    return (
        float(card.factors == "any"),
        native,
        float(draws != "mean"),
        *(float(card.family == family) for family in families),
        *(float(kind in card.content) for kind in CONTENT),
        *(float(kind in entry.damage) for kind in DAMAGE),
        *(float(card.cost == cost) for cost in _COSTS),
    )
