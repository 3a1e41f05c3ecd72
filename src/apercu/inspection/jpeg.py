"""Traces that saving as JPEG leaves in the samples: the grid of 8 x 8 blocks, and the steps of their coefficients.

A decoded JPEG holds, block by block, cosine coefficients that are whole multiples of the steps of its quantisation
table. The tables of the Independent JPEG Group (ITU-T T.81, Annex K, scaled by the quality) are tried one by one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.crops import Plane, Samples, check_samples, luma, spread_crops
from apercu.records import Record

FloatArray = NDArray[np.float64]

_BLOCK = 8
_MOST_BLOCKS = 700
_ROUNDING = 0.35
"""Standard deviation of a luma coefficient after the picture was rounded to whole steps of red, green and blue."""
_STRAY = 0.03
_LEAST_EVIDENCE, _LEAST_MEAN = 40.0, 0.05
_LARGE_STEP, _LEAST_STEP = 20.0, 0.1
_VISIBLE = 1.25
_LEAST_BLOCKS = 6
"""Blocks in a row: where there are fewer, a drawing's own edges may lie on a grid by chance."""
_A_STEP, _FEW = 0.4, 0.02
_SHARE_OF_ALL, _SHARE_OF_CHANGING = (0.12, 1.3), (0.25, 1.4)
"""How many steps of the grid's own place must stand out, and how many times as many as at the other places.

Of 322 clean drawings at each of seven sizes 0 to 2 % reach that, and 1 of 60 pieces of photographs at two sizes.
"""
_LUMA_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_PLACES = [(y, x) for y in range(5) for x in range(5) if 0 < y + x < 5]
"""The coefficients that are looked at: the slow ones, which survive also at a low quality; not the mean."""


class JpegTraces(Record):
    """What `jpeg_traces` found.

    `grid_strength` is the mean step between blocks over the mean step inside them (about 1 without blocks);
    `offset` is (y, x) of the first whole block; `quality` 1..100 is None where the steps cannot be read.
    """

    found: bool
    quality: int | None
    grid_strength: float
    offset: tuple[int, int]


def jpeg_traces(samples: Samples) -> JpegTraces:
    """Whether a picture was once a JPEG, and of which quality.

    The last JPEG counts. The quality is that of the common tables (libjpeg, Pillow, OpenCV, most cameras scale others).

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16.

    Raises:
        ShapeError: the array is no such picture.
    """
    check_samples(samples)
    areas = spread_crops(samples)
    planes = [luma(samples[area]) for area in areas]
    unclipped = [_unclipped(samples[area]) for area in areas]
    steps = tuple(_steps_by_phase(planes, axis) for axis in (0, 1))
    strength = float(np.sqrt(steps[0].max() * steps[1].max()))
    visible = ((int(steps[0].argmax()) + 1) % _BLOCK, (int(steps[1].argmax()) + 1) % _BLOCK)
    for offset in dict.fromkeys((visible, (0, 0), (visible[0], 0), (0, visible[1]))):
        quality = _quality(_coefficients(planes, unclipped, offset))
        if quality is not None:
            at_offset = float(np.sqrt(steps[0][offset[0] - 1] * steps[1][offset[1] - 1]))
            return JpegTraces(found=True, quality=quality, grid_strength=at_offset, offset=offset)
    enough = min(samples.shape[:2]) >= _LEAST_BLOCKS * _BLOCK
    blocks = enough and bool(min(steps[0].max(), steps[1].max()) > _VISIBLE) and _stand_out(planes)
    return JpegTraces(found=blocks, quality=None, grid_strength=strength, offset=visible if blocks else (0, 0))


def _steps_by_phase(planes: list[Plane], axis: int) -> FloatArray:
    """(8,) step from each line to the next, against its two neighbours, by the place of the line in the grid."""
    sums, counts = np.zeros(_BLOCK), np.zeros(_BLOCK)
    for plane in planes:
        step = np.minimum(np.abs(np.diff(plane, axis=axis)), _LARGE_STEP).mean(axis=1 - axis)
        if step.size > 2:
            excess = step[1:-1] / (0.5 * (step[:-2] + step[2:]) + 0.05)
            phase = (np.arange(excess.size) + 1) % _BLOCK
            sums += np.bincount(phase, excess, _BLOCK)
            counts += np.bincount(phase, minlength=_BLOCK)
    means: FloatArray = sums / np.maximum(counts, 1)
    return means / max(float(np.median(means)), _LEAST_STEP)


def _stand_out(planes: list[Plane]) -> bool:
    """Whether small steps exceed both their neighbours at one place of the grid far more often than at the others.

    The edges of a drawing may lie on a grid, too, but most of what lies along the grid is even there. Blocks show on
    every pixel of their border, or on most of those where anything changes.
    """
    every, changing = [], []
    for axis in (0, 1):
        larger, lines, active = np.zeros(_BLOCK), np.zeros(_BLOCK), np.zeros(_BLOCK)
        for plane in planes:
            step = np.abs(np.diff(plane.astype(np.float64), axis=axis))
            step = step if axis == 0 else step.T
            if len(step) < 3:
                continue
            middle, beside = step[1:-1], np.maximum(step[:-2], step[2:])
            phase = (np.arange(len(middle)) + 1) % _BLOCK
            larger += np.bincount(phase, ((middle > beside + _A_STEP) & (middle < _LARGE_STEP)).mean(axis=1), _BLOCK)
            active += np.bincount(phase, (np.maximum(middle, beside) > _A_STEP).mean(axis=1), _BLOCK)
            lines += np.bincount(phase, minlength=_BLOCK)
        every.append(_first_and_usual(larger / np.maximum(lines, 1)))
        changing.append(_first_and_usual(larger / (active + _FEW)))
    return any(
        min(first for first, _ in found) > share and min(first / (usual + _FEW) for first, usual in found) > times
        for found, (share, times) in ((every, _SHARE_OF_ALL), (changing, _SHARE_OF_CHANGING))
    )


def _first_and_usual(shares: FloatArray) -> tuple[float, float]:
    return float(shares.max()), float(np.median(shares))


def _unclipped(samples: Samples) -> NDArray[np.bool_]:
    """Pixels whose samples were not cut at black or white: only there the coefficients are whole multiples."""
    inside: NDArray[np.bool_] = np.all((samples > 0) & (samples < np.iinfo(samples.dtype).max), axis=2)
    return inside


def _coefficients(planes: list[Plane], unclipped: list[NDArray[np.bool_]], offset: tuple[int, int]) -> FloatArray:
    """(blocks, places) cosine coefficients of some blocks, levels shifted by 128 as in the file."""
    blocks = []
    for plane, inside in zip(planes, unclipped, strict=True):
        cut, kept = (_blocks(array[offset[0] :, offset[1] :]) for array in (plane, inside))
        blocks.append(cut[kept.all(axis=(1, 2))])
    every = np.concatenate(blocks)
    every = every[:: max(every.shape[0] // _MOST_BLOCKS, 1)].astype(np.float64) - 128
    # a drawing repeats blocks: the same block again is no further evidence
    _, different = np.unique(every.reshape(-1, _BLOCK**2) @ np.sqrt(np.arange(2, 2 + _BLOCK**2)), return_index=True)
    every = every[different]
    k, i = np.mgrid[0:5, 0:_BLOCK]
    cosines = np.cos(np.pi * (i + 0.5) * k / _BLOCK) * np.where(k == 0, np.sqrt(1 / _BLOCK), 0.5)
    transformed = cosines @ every @ cosines.T
    return np.stack([transformed[:, y, x] for y, x in _PLACES], axis=1)


def _blocks(array: NDArray[Any]) -> NDArray[Any]:
    rows, columns = array.shape[0] // _BLOCK, array.shape[1] // _BLOCK
    cut = array[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    return cut.swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK)


def _quality(coefficients: FloatArray) -> int | None:
    """The quality whose steps explain the coefficients best, or None where no table explains them.

    For each coefficient beside zero: log of how much likelier it is under a step (a multiple of it, up to rounding)
    than spread evenly. Steps of 1 say nothing. Of qualities with equal steps a multiple of 5 is the likelier setting.
    """
    tables = _tables()
    evidence, count = np.zeros(100), np.zeros(100)
    for place, values in enumerate(coefficients.T):
        steps, which = np.unique(tables[:, place], return_inverse=True)
        multiple = np.rint(values[:, None] / steps)
        away = (values[:, None] - multiple * steps) / _ROUNDING
        likelier = steps * np.exp(-0.5 * away * away) / (_ROUNDING * np.sqrt(2 * np.pi))
        beside = (multiple != 0) & (steps >= 2)
        gain = np.log(_STRAY + (1 - _STRAY) * likelier) * beside
        evidence += gain.sum(axis=0)[which]
        count += beside.sum(axis=0)[which]
    best = int(evidence.argmax())
    if evidence[best] <= max(_LEAST_EVIDENCE, _LEAST_MEAN * count[best]):
        return None
    equal = [index + 1 for index in range(100) if evidence[index] == evidence[best]]
    return next((quality for quality in equal if quality % 5 == 0), equal[0])


@cache
def _tables() -> FloatArray:
    """(100, places) steps of the qualities 1 to 100, by the formula of the Independent JPEG Group."""
    rows, columns = np.transpose(_PLACES)
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    scaled = (_LUMA_TABLE[rows, columns] * percent[:, None] + 50) // 100
    steps: FloatArray = np.clip(scaled, 1, 255).astype(np.float64)
    return steps
