"""Checks that a result is a picture of its input at all. They come before any number is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apercu.resample import FloatArray, PixelSource

COLOUR_TOLERANCE = 8 / 255
_VALUES_AT_ONCE = 2**22
_FLAT = 1 / 255  # less contrast than one 8-bit step


def check_sanity(lr: PixelSource, sr: PixelSource, *, scale: tuple[float, float]) -> tuple[str, ...]:
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
    before, after = _extent(lr), _extent(sr)
    if after.broken:
        count = sr.shape[0] * sr.shape[1] * sr.shape[2]
        return (*problems, f"{after.broken} of {count} values are not numbers (NaN or infinite)")
    if after.contrast < _FLAT <= before.contrast:
        colour = "black" if float(after.highest.max()) < _FLAT else f"one colour ({_listed(after.mean)})"
        problems.append(f"the result is all {colour}; the input is not")
    return (*problems, *_colour_problems(before, after))


@dataclass(frozen=True)
class _Extent:
    """Lowest, highest and mean value of each channel, and how many values are not numbers."""

    lowest: FloatArray
    highest: FloatArray
    mean: FloatArray
    broken: int

    @property
    def contrast(self) -> float:
        """Largest range of a channel."""
        return float((self.highest - self.lowest).max())


def _extent(pixels: PixelSource) -> _Extent:
    height, width, channels = pixels.shape
    lowest, highest, total, broken = np.full(channels, np.inf), np.full(channels, -np.inf), np.zeros(channels), 0
    at_once = max(1, _VALUES_AT_ONCE // (width * channels))
    for top in range(0, height, at_once):
        strip = pixels[top : min(top + at_once, height)]
        broken += strip.size - int(np.count_nonzero(np.isfinite(strip)))
        lowest = np.minimum(lowest, strip.min(axis=(0, 1)))
        highest = np.maximum(highest, strip.max(axis=(0, 1)))
        total += strip.sum(axis=(0, 1), dtype=np.float64)
    return _Extent(lowest, highest, total / (height * width), broken)


def _colour_problems(before: _Extent, after: _Extent) -> list[str]:
    if before.mean.shape != after.mean.shape:
        return [f"the result has {after.mean.size} channels; the input has {before.mean.size}"]
    if float(np.abs(after.mean - before.mean).max()) <= COLOUR_TOLERANCE:
        return []
    return [
        f"the mean colour is {_listed(after.mean)}; the input's is {_listed(before.mean)} (of 255; at most 8 apart)"
    ]


def _listed(colour: FloatArray) -> str:
    return ", ".join(f"{value * 255:.1f}" for value in colour)
