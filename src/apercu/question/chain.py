"""In which order the tasks of a question are to be done: mostly as it names them, but for "enlarge it, denoise first".

Of two tasks, what speaks for the one coming first is a sum: where the words for each stand, which of them came first in
the questions that were learned from, and words such as "before" with their place. `tools/reader/learn.py` learns the
factors of that sum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_CUES = tuple(
    re.compile(cue)
    for cue in (
        r"\bbefore\b",
        r"\bfirst\b",
        r"^\W*(?:first|before|once|after|when|as soon)\b",
        r"\bafter(?! that|wards)\b",
        r"\b(?:once|when|as soon)\b",
        r"\b(?:last|end|finally)\b",
        r"\bbeforehand\b|\bprior\b",
        r"前に|전에|之前|\bbevor\b|\bavant\b|\bantes de\b|\bvorher\b|\bdavor\b",
        r"\bnachdem\b|\baprès avoir\b|\bdespués de\b|한 뒤|한 후|た後|之后|以后",
    )
)
SIZE = 3 + 2 * len(_CUES)


def in_order(
    text: str,
    places: Mapping[str, float],
    usual: Callable[[str, str], float],
    weights: Sequence[float],
) -> tuple[str, ...]:
    """The tasks of a question in the order in which they are to be done.

    Args:
        text: the question.
        places: for each task where the words for it stand, as a share of the text.
        usual: log odds that the first of two tasks comes first.
        weights: factors of `signs`.
    """
    ahead = {
        task: sum(
            1 if _sum(signs(text, places[task], places[other], usual(task, other)), weights) > 0 else -1
            for other in places
            if other != task
        )
        for task in places
    }
    return tuple(sorted(places, key=lambda task: (-ahead[task], places[task])))


def signs(text: str, one: float, other: float, usual: float) -> list[float]:
    """What tells whether the first of two tasks comes first, each number turning its sign when they are exchanged."""
    lowered, side = text.lower(), 1.0 if one < other else -1.0
    found: list[float] = [usual, side, 3 * (other - one)]
    for cue in _CUES:
        hit = cue.search(lowered)
        early = hit is not None and hit.start() / max(len(text), 1) < (one + other) / 2
        found += [side, side if early else -side] if hit else [0.0, 0.0]
    return found


def _sum(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True))


def place_of(shares: Sequence[tuple[tuple[int, int], float]], length: int) -> float:
    """Where the words for a task stand, as a share of the text: their mean place, by the square of their say."""
    total = sum(say * say for _, say in shares)
    middle = sum((begin + end) / 2 * say * say for (begin, end), say in shares)
    return middle / total / max(length, 1) if total > 0 else 0.5
