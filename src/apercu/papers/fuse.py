"""Two lists into one by their scores, and of near twins only the first near the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MEANING = 1.3
"""What meaning counts beside words in `mixed`: taken on the first half of `benchmarks/papers/paraphrases.jsonl`."""
TWIN = 0.97
"""Cosine from which two papers count as the same text."""


class Fused(NamedTuple):
    """A paper of the joined list: its key, score, and ranks (from 1) in the lists, None where one does not hold it."""

    key: int
    score: float
    ranks: tuple[int | None, ...]


def mixed(lists: Sequence[Sequence[int]], words: Mapping[int, float], cosines: Mapping[int, float]) -> list[Fused]:
    """The sum of two scores, each drawn out over 0..1 of its own search; equal sums by key.

    Scores keep what ranks lose: that one paper alone holds the rare words of a query. Words count by their share of the
    best score, meaning by where a cosine lies between the least and the largest, times `MEANING`.

    Args:
        lists: keys by words and keys by meaning, the best first.
        words: scores by key, of all papers that either search named; one that is not there has none.
        cosines: by key, as well.
    """
    best = max(words.values(), default=0.0)
    low, high = min(cosines.values(), default=0.0), max(cosines.values(), default=0.0)
    ranks = [{key: rank for rank, key in enumerate(keys, 1)} for keys in lists]
    scored = []
    for key in dict.fromkeys(key for keys in lists for key in keys):
        by_words = words.get(key, 0.0) / best if best > 0 else 0.0
        by_meaning = (cosines.get(key, low) - low) / (high - low) if high > low else float(key in cosines)
        scored.append(Fused(key, by_words + MEANING * by_meaning, (ranks[0].get(key), ranks[1].get(key))))
    return sorted(scored, key=lambda entry: (-entry.score, entry.key))


def without_twins(found: Sequence[Fused], vectors: Mapping[int, NDArray[np.float32]], limit: int) -> list[Fused]:
    """The first `limit`, where a paper that is nearly the same text as one before it waits until the others are told.

    Args:
        found: the best first.
        vectors: of unit length, by key; a paper without one has no twin.
        limit: how many to give.
    """
    told: list[Fused] = []
    waiting: list[Fused] = []
    for entry in found:
        if len(told) == limit:
            break
        vector = vectors.get(entry.key)
        alike = vector is not None and any(
            float(vectors[other.key] @ vector) >= TWIN for other in told if other.key in vectors
        )
        (waiting if alike else told).append(entry)
    return (told + waiting)[:limit]
