"""Measured numbers as a person reads them, with as many digits as it takes to tell them from nothing."""

from __future__ import annotations

import math

_LEAST = 0.0001


def number(value: float) -> str:
    """A factor or a count: 3, 3.7, 13.69; near 1 with more digits, so that 1.004 is not said to be 1."""
    beyond = abs(value - 1)
    digits = min(9, max(2, 1 - math.floor(math.log10(beyond)))) if beyond else 0
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def share(value: float) -> str:
    """A share of 0..1 in per cent: 12.40%, 0.0034%, less than 0.0001%."""
    return f"{_small(100 * value)}%"


def of_255(value: float) -> str:
    """A difference on 0..1 in the 255 steps of brightness: 12.40, 0.0034, less than 0.0001."""
    return _small(255 * value)


def _small(value: float) -> str:
    if 0 < value < _LEAST:
        return f"less than {_LEAST}"
    if 0 < value < 0.01:
        return f"{value:.{1 - math.floor(math.log10(value))}f}"
    return f"{value:.2f}"
