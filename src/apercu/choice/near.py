"""Whether a picture is like those that were learned from; far from them a prediction is worth nothing.

Two signs: how many traits lie outside all that was learned, and how far the traits lie from their mean, counted in the
spread that they have and in the ways in which they go together (Mahalanobis, its covariance drawn towards plain
standard deviations).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from apercu.choice.learned import Learned, Values

LEFT_OUT = frozenset({"size"})
"""What was learned from are small windows, and most pictures are larger: that alone makes none strange."""
MARGIN = 0.02
"""So little outside does not count: traits are of about 0 to 1."""
MOST_OUTSIDE = 1
"""Traits that may lie outside."""


class Place(NamedTuple):
    """Where a picture lies: how far from the mean of what was learned, and how many of its traits lie outside."""

    distance: float
    outside: int
    traits: int


def traits_of(style: Mapping[str, float], damage: Mapping[str, float]) -> Values:
    """What is seen of a picture, for the comparison: style, then damage without what is left out."""
    kept = [value for name, value in damage.items() if name not in LEFT_OUT]
    return np.array([*style.values(), *kept], np.float32)


def place(near: Mapping[str, Values], traits: Values) -> Place:
    """Where traits lie among those that were learned from.

    Args:
        near: "low", "high", "mean", "scale" (n) and "whiten" (n, n), as `tools/choice/near.py` writes them.
        traits: (n), from `traits_of`.
    """
    outside = (traits < near["low"] - MARGIN) | (traits > near["high"] + MARGIN)
    scaled = (traits - near["mean"]) / near["scale"]
    return Place(float(np.linalg.norm(scaled @ near["whiten"])), int(outside.sum()), traits.size)


def why_far(learned: Learned, style: Mapping[str, float], damage: Mapping[str, float]) -> str:
    """Why a picture is too unlike those that were learned from; empty where it is not."""
    found, far = place(learned.near, traits_of(style, damage)), learned.about.far
    if found.distance <= far and found.outside <= MOST_OUTSIDE:
        return ""
    signs = [f"{found.outside} of its {found.traits} traits lie outside all of theirs"] * (found.outside > 0)
    if found.distance > far:
        signs.append(f"it is {found.distance:.1f} from their mean, where 99 in 100 keep within {far:.1f}")
    return f"it is unlike the pictures that were learned from ({'; '.join(signs)})"
