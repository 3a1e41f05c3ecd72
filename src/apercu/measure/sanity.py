"""Checks that a result is a picture of its input at all. They come before any number is believed."""

from __future__ import annotations

import numpy as np

from apercu.resample import FloatArray, FloatImage, PixelSource

COLOUR_TOLERANCE = 8 / 255
_VALUES_AT_ONCE = 2**22
_FLAT = 1 / 255  # less contrast than one 8-bit step


class Extent:
    """Lowest, highest and mean value of each channel of a picture, and how many values are not numbers.

    Args:
        channels: channels of the picture, whose rows `take_in` is given strip by strip.
    """

    def __init__(self, channels: int) -> None:
        self.lowest = np.full(channels, np.inf)
        self.highest = np.full(channels, -np.inf)
        self.broken = 0
        self._count = 0
        self._sums = np.zeros(channels)
        self._squares = 0.0

    def take_in(self, strip: FloatImage) -> None:
        """Count some rows, (rows, W, C) float32, in."""
        if not np.isfinite(strip).all():
            self.broken += strip.size - int(np.count_nonzero(np.isfinite(strip)))
            return
        rows, width, channels = strip.shape
        for channel in range(channels):  # along the channels numpy would take several times as long
            self.lowest[channel] = min(self.lowest[channel], strip[:, :, channel].min())
            self.highest[channel] = max(self.highest[channel], strip[:, :, channel].max())
        self._count += rows * width
        ones = np.ones(width)
        for row in strip:  # float64 row by row: no copy of the strip
            exact = row.astype(np.float64)
            self._sums += ones @ exact
            self._squares += float(np.vdot(exact, exact))

    @property
    def mean(self) -> FloatArray:
        """Mean of each channel."""
        return self._sums / max(self._count, 1)

    @property
    def contrast(self) -> float:
        """Largest range of a channel."""
        return float((self.highest - self.lowest).max())

    @property
    def contrast_energy(self) -> float:
        """Sum of squared distances from the mean of the channel."""
        return max(0.0, self._squares - float(np.vdot(self._sums, self._sums)) / max(self._count, 1))


def extent_of(pixels: PixelSource) -> Extent:
    """The extent of a whole picture, (H, W, C) float32."""
    extent = Extent(pixels.shape[2])
    at_once = max(1, _VALUES_AT_ONCE // (pixels.shape[1] * pixels.shape[2]))
    for top in range(0, pixels.shape[0], at_once):
        extent.take_in(pixels[top : top + at_once])
    return extent


def energy(block: FloatImage) -> float:
    """Sum of squares in float64, row by row: no copy of the block."""
    total = 0.0
    for row in block:
        exact = row.astype(np.float64)
        total += float(np.vdot(exact, exact))
    return total


def check_sanity(lr: PixelSource, sr: PixelSource, *, scale: tuple[float, float]) -> tuple[str, ...]:
    """Problems that make a result unusable, one line each with the values; empty when there are none.

    Looks for values that are not numbers, one colour where the input has several, a size other than input x scale
    (rounded either way at one half), and a mean colour that is off by more than 8/255 in a channel.

    Args:
        lr: input, (h, w, C) float32 in 0..1.
        sr: result, (H, W, C) float32.
        scale: (y, x) that was asked for.
    """
    return sanity_problems(extent_of(lr), extent_of(sr), lr.shape, sr.shape, scale=scale)


def sanity_problems(
    before: Extent, after: Extent, lr_shape: tuple[int, ...], sr_shape: tuple[int, ...], *, scale: tuple[float, float]
) -> tuple[str, ...]:
    """`check_sanity` for pictures that have been looked through already."""
    problems = []
    if any(abs(sr_shape[axis] - lr_shape[axis] * scale[axis]) > 0.5 + 1e-6 * sr_shape[axis] for axis in (0, 1)):
        problems.append(
            f"the size is {sr_shape[0]} x {sr_shape[1]} (height x width); {lr_shape[0]} x {lr_shape[1]} times "
            f"{scale[0]:g} x {scale[1]:g} would be {lr_shape[0] * scale[0]:.0f} x {lr_shape[1] * scale[1]:.0f}"
        )
    if after.broken:
        count = sr_shape[0] * sr_shape[1] * sr_shape[2]
        return (*problems, f"{after.broken} of {count} values are not numbers (NaN or infinite)")
    if after.contrast < _FLAT <= before.contrast:
        colour = "black" if float(after.highest.max()) < _FLAT else f"one colour ({_listed(after.mean)})"
        problems.append(f"the result is all {colour}; the input is not")
    return (*problems, *_colour_problems(before, after))


def _colour_problems(before: Extent, after: Extent) -> list[str]:
    if before.mean.shape != after.mean.shape:
        return [f"the result has {after.mean.size} channels; the input has {before.mean.size}"]
    if float(np.abs(after.mean - before.mean).max()) <= COLOUR_TOLERANCE:
        return []
    return [
        f"the mean colour is {_listed(after.mean)}; the input's is {_listed(before.mean)} (of 255; at most 8 apart)"
    ]


def _listed(colour: FloatArray) -> str:
    return ", ".join(f"{value * 255:.1f}" for value in colour)
