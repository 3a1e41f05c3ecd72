"""Learns what the numbers count that order papers (`apercu/papers/rank.py`), from queries whose right paper is known.

The right paper of each query is to win a softmax over all papers that are read for it. `retrieval.py` uses this:
`--learn` prints weights, `--folds` and `--split cross` judge each query by weights that did not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

STEPS, RIDGE = 30, 1e-3


class Example(NamedTuple):
    """The numbers of the papers that are read for a query, (N, K), the right one's row, and what the query counts."""

    numbers: np.ndarray
    right: int
    worth: float


def learned(examples: Sequence[Example]) -> np.ndarray:
    """(K,) weights with the least cross entropy, found by Newton's method.

    A small ridge holds them, measured in spreads of the numbers within a query.
    """
    spread = np.concatenate([example.numbers - example.numbers.mean(axis=0) for example in examples]).std(axis=0)
    weights = np.zeros(len(spread))
    total = sum(example.worth for example in examples)
    for _ in range(STEPS):
        slope, bend = 2 * RIDGE * weights, 2 * RIDGE * np.eye(len(weights))
        for numbers, right, worth in examples:
            scaled = numbers / spread
            scores = scaled @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            mean = shares @ scaled
            slope += worth / total * (mean - scaled[right])
            bend += worth / total * ((scaled * shares[:, None]).T @ scaled - np.outer(mean, mean))
        step = np.linalg.solve(bend, slope)
        # Far from the end a whole step can lead too far.
        weights -= step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-6:
            break
    return weights / spread
