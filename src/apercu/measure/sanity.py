"""Checks that a result is a picture of its input at all. They come before any number is believed."""

from __future__ import annotations

import numpy as np

from apercu.resample import FloatImage

COLOUR_TOLERANCE = 8 / 255
_FLAT = 1 / 255  # less contrast than one 8-bit step


def check_sanity(lr: FloatImage, sr: FloatImage, *, scale: tuple[float, float]) -> tuple[str, ...]:
    """Problems that make a result unusable, one line each with the values; empty when there are none.

    Looks for values that are not numbers, one colour where the input has several, a size other than input x scale
    (rounded either way at one half), and a mean colour that is off by more than 8/255 in a channel.

    Args:
        lr: input, (h, w, C) float32 in 0..1.
        sr: result, (H, W, C) float32.
        scale: (y, x) that was asked for.
    """
    problems = []
    if any(abs(sr.shape[axis] - lr.shape[axis] * scale[axis]) > 0.5 + 1e-6 * sr.shape[axis] for axis in (0, 1)):
        problems.append(
            f"the size is {sr.shape[0]} x {sr.shape[1]} (height x width); {lr.shape[0]} x {lr.shape[1]} times "
            f"{scale[0]:g} x {scale[1]:g} would be {lr.shape[0] * scale[0]:.0f} x {lr.shape[1] * scale[1]:.0f}"
        )
    broken = sr.size - int(np.count_nonzero(np.isfinite(sr)))
    if broken:
        return (*problems, f"{broken} of {sr.size} values are not numbers (NaN or infinite)")
    if _contrast(sr) < _FLAT <= _contrast(lr):
        colour = (
            "black" if float(sr.max()) < _FLAT else f"one colour ({_listed(sr.mean(axis=(0, 1), dtype=np.float64))})"
        )
        problems.append(f"the result is all {colour}; the input is not")
    return (*problems, *_colour_problems(lr, sr))


def _colour_problems(lr: FloatImage, sr: FloatImage) -> list[str]:
    if lr.shape[2] != sr.shape[2]:
        return [f"the result has {sr.shape[2]} channels; the input has {lr.shape[2]}"]
    before, after = lr.mean(axis=(0, 1), dtype=np.float64), sr.mean(axis=(0, 1), dtype=np.float64)
    if float(np.abs(after - before).max()) <= COLOUR_TOLERANCE:
        return []
    return [f"the mean colour is {_listed(after)}; the input's is {_listed(before)} (of 255; at most 8 apart)"]


def _contrast(pixels: FloatImage) -> float:
    """Largest range of a channel."""
    return float((pixels.max(axis=(0, 1)) - pixels.min(axis=(0, 1))).max())


def _listed(colour: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return ", ".join(f"{value * 255:.1f}" for value in colour)
