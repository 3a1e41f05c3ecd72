"""Is this a photograph at all: pixel art, and how much of the area is text or line graphics."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.crops import Area, Plane, Samples, check_samples, luma, spread_crops
from apercu.records import Record

MOST_COLOURS = 64
LARGEST_NATIVE = 640
"""Pixel art has few colours, and few pixels before each was repeated."""
_FIRST_ROWS = 16
_LONE_PIXELS, _LONE_COLOURS = 0.25, 0.5
_GRADED, _GRADATION = 12, 1.5
_ICON = 32 * 32
"""Pixels up to which colours of single pixels say nothing: a small sprite has them too."""
_LEAST_CHANGES = 0.005

_PATCH = 16
_CONTRAST = 50.0
_BIN, _BINS = 4.0, 64
_GROUND, _INK, _BETWEEN = 0.5, 0.05, 0.15
_LEAST_BORDERS, _THIN = 16, 0.15


class PixelArt(Record):
    """What `pixel_art` found.

    `scale` is the whole factor by which each pixel was repeated (1 for none); `size` is the (height, width) before
    that; `colours` counts up to one more than the limit, 0 where nobody counted; `reason` says why or why not.
    """

    found: bool
    colours: int
    scale: int
    size: tuple[int, int]
    reason: str


def pixel_art(samples: Samples) -> PixelArt:
    """Whether a picture is pixel art: few colours, hard edges, small, also after each pixel was repeated n x n times.

    Looked for in exact samples: a JPEG of pixel art, or a smooth enlargement of it, is not found.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16.

    Raises:
        ShapeError: the array is no such picture.
    """
    check_samples(samples)
    size = (samples.shape[0], samples.shape[1])
    crops = spread_crops(samples)
    first = [_packed(samples[area][:: max(samples[area].shape[0] // _FIRST_ROWS, 1)]).ravel() for area in crops]
    if len(np.unique(np.concatenate(first))) > MOST_COLOURS:
        return _refused(size, MOST_COLOURS + 1, 1, f"more than {MOST_COLOURS} colours")
    packed = [_packed(samples[area]) for area in crops]
    scale = _repetition(packed, crops, size)
    native = (size[0] // scale, size[1] // scale)
    if max(native) > LARGEST_NATIVE:
        return _refused(native, 0, scale, f"{native[1]}x{native[0]} pixels, more than {LARGEST_NATIVE} on a side")
    drawn = _packed(samples[::scale, ::scale])
    colours = len(np.unique(drawn))
    if colours > MOST_COLOURS:
        return _refused(native, MOST_COLOURS + 1, scale, f"more than {MOST_COLOURS} colours")
    if colours < 2 or _changes(drawn) < _LEAST_CHANGES:
        return _refused(native, colours, scale, "almost nothing is drawn in it")
    lone_pixels, lone_colours = _lone(drawn)
    if lone_pixels > _LONE_PIXELS:
        return _refused(native, colours, scale, "it has few even areas, as a photograph with few colours")
    if colours >= _GRADED and _steps(drawn) < _GRADATION:
        return _refused(native, colours, scale, "its colours are gradations, as a photograph with few grey levels")
    if scale == 1 and native[0] * native[1] > _ICON and lone_colours > _LONE_COLOURS:
        return _refused(native, colours, scale, "its edges are smoothed by in-between colours")
    reason = f"{colours} colours, hard edges, {native[1]}x{native[0]} pixels"
    return PixelArt(found=True, colours=colours, scale=scale, size=native, reason=reason)


def _refused(size: tuple[int, int], colours: int, scale: int, reason: str) -> PixelArt:
    return PixelArt(found=False, colours=colours, scale=scale, size=size, reason=reason)


def _packed(samples: Samples) -> NDArray[np.uint64]:
    """One number for each colour, (H, W)."""
    packed = samples[:, :, 0].astype(np.uint64)
    for channel in range(1, samples.shape[2]):
        packed = (packed << np.uint64(16)) | samples[:, :, channel]
    return packed


def _repetition(packed: list[NDArray[np.uint64]], crops: tuple[Area, ...], size: tuple[int, int]) -> int:
    """The largest n for which all changes lie on multiples of n and the sizes are multiples of it."""
    common = gcd(*size)
    for part, places in zip(packed, crops, strict=True):
        for axis in (0, 1):
            changed = (np.diff(part.astype(np.int64), axis=axis) != 0).any(axis=1 - axis)
            common = gcd(common, *(int(at) + 1 + places[axis].start for at in np.flatnonzero(changed)))
    return common


def _changes(part: NDArray[np.uint64]) -> float:
    """Share of neighbours side by side that differ."""
    return float((part[:, 1:] != part[:, :-1]).mean()) if part.shape[1] > 1 else 0.0


def _steps(drawn: NDArray[np.uint64]) -> float:
    """Median difference of unequal neighbours, in mean steps of the scale of levels; the channels are summed up."""
    channels = ((drawn >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32))
    values = sum(channel.astype(np.int64) for channel in channels)
    apart, levels = np.abs(np.diff(values, axis=1)), np.unique(values)
    if not apart.any():
        return 0.0
    return float(np.median(apart[apart > 0]) / (np.ptp(levels) / (levels.size - 1)))


def _lone(drawn: NDArray[np.uint64]) -> tuple[float, float]:
    """Share of the pixels that touch no other of their colour, and share of the colours of which half are such.

    Photographs consist of the first, also with few grey levels; smoothed edges of the second.
    """
    height, width = drawn.shape
    padded = np.pad(drawn, 1, constant_values=np.iinfo(np.uint64).max)
    touches = np.zeros(drawn.shape, np.bool_)
    for y, x in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)):
        touches |= padded[y : y + height, x : x + width] == drawn
    _, which, counts = np.unique(drawn.ravel(), return_inverse=True, return_counts=True)
    alone = np.bincount(which, ~touches.ravel(), counts.size)
    return float(alone.sum() / counts.sum()), float((alone > 0.5 * counts).mean())


def text_share(samples: Samples) -> float:
    """Rough share of the area that holds text or line graphics, 0 to 1.

    A patch of 16 x 16 pixels counts when its luma has two well separated levels, the commoner one even (paper), the
    rarer one in thin strokes. A heuristic: twigs before a white sky count, soft or very large letters do not.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16.

    Raises:
        ShapeError: the array is no such picture.
    """
    check_samples(samples)
    counted = [_is_text(_patches(luma(samples[area]))) for area in spread_crops(samples)]
    every = np.concatenate(counted)
    return float(every.mean()) if every.size else 0.0


def _patches(plane: Plane) -> NDArray[np.float32]:
    """(patches, 16, 16); what is left over at the border is not used."""
    rows, columns = plane.shape[0] // _PATCH, plane.shape[1] // _PATCH
    cut = plane[: rows * _PATCH, : columns * _PATCH].reshape(rows, _PATCH, columns, _PATCH)
    return cut.swapaxes(1, 2).reshape(-1, _PATCH, _PATCH)


def _is_text(patches: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(patches,) see `text_share`."""
    result = np.zeros(patches.shape[0], np.bool_)
    worth = np.flatnonzero(np.ptp(patches, axis=(1, 2)) > _CONTRAST)
    values = patches[worth]
    bins = (values / _BIN).astype(np.int64) + np.arange(worth.size)[:, None, None] * _BINS
    commonest = np.bincount(bins.ravel(), minlength=worth.size * _BINS).reshape(-1, _BINS).argmax(axis=1)
    away = np.abs(values - (commonest[:, None, None] + 0.5) * _BIN)
    ground, ink = (away <= 1.5 * _BIN).mean(axis=(1, 2)), away > _CONTRAST
    inked = ink.mean(axis=(1, 2))
    borders = (ink[:, 1:] != ink[:, :-1]).sum(axis=(1, 2)) + (ink[:, :, 1:] != ink[:, :, :-1]).sum(axis=(1, 2))
    thin = borders > np.maximum(_LEAST_BORDERS, _THIN * ink.sum(axis=(1, 2)))
    result[worth] = (ground > _GROUND) & (inked > _INK) & (1 - ground - inked < _BETWEEN) & thin
    return result
