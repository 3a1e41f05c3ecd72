"""What a picture looks like, as named numbers: how dark its lines are, how large its even areas, how many colours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from math import log2

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.crops import Plane, Samples, as_255, check_samples, luma, spread_crops
from apercu.inspection.graphics import pixel_art, text_share
from apercu.records import Record

Mask = NDArray[np.bool_]

_GREY_BELOW = 16
_LIGHT, _DARK = 230, 40
_STEP, _EDGE = 16.0, 32.0
_LINE, _LINE_REACH = 40.0, 9
_EVEN, _EVEN_REACH = 3.0, 7
_SOFT = (0.5, 10.0)
_STRAIGHT = 15
_MOST_TEXTURE = 12.0
_AXIS = 0.15
_BLANK_ROW = 0.2
_WIDEST = 8.0


class Traits(Record):
    """Traits of a picture. A share is a share of the pixels, 0 to 1, where nothing else is said.

    Colour:
        palette: colours that cover 95 % of the picture, counted in steps of 16 per channel; 1 to 4096.
        colours: different colours, counted exactly in 8 bits; 1 to 2^24.
        saturation: mean distance between the largest and the smallest channel, 0 to 1.
        saturation_spread: standard deviation of that distance, 0 to 0.5.
        grey_share: pixels whose channels lie within 16 of 255.
        brightness: mean luma, 0 to 1.
        contrast: standard deviation of the luma, 0 to 0.5.
        light_share: pixels with a luma of 230 of 255 or more.
        dark_share: pixels with a luma below 40 of 255.
        ground_share: pixels at the commonest luma, 12 of 255 to both sides.
        two_tone: pixels in the lowest or the highest fifth of the range of luma that 98 % of the picture use.

    Areas:
        flat_share: pixels around which 7 x 7 pixels stay within 3 of 255: large even areas.
        equal_share: pairs of neighbours side by side that are exactly equal.
        lone_share: pixels that equal none of their four neighbours.
        gradient_share: pixels in which brightness changes slowly and smoothly, as soft shading does.
        texture: mean fine detail (luma minus its 3 x 3 mean, at most 12), in steps of 255; 0 to 12.

    Edges and lines:
        edge_share: pairs of neighbours whose luma differs by more than 32 of 255.
        edge_sharpness: share of the rise of an edge that lies between two neighbours; 1 for a hard edge, about 0.4 for
            one that is smoothed over three pixels, 0 where there is none.
        axis_share: share of the edges that run upright or level, within 9 degrees; 0 where there are none.
        straight_share: share of the edges that run straight, upright or level, over 15 pixels or more.
        direction_spread: entropy of the directions of the edges in 8 sectors, 0 (one) to 1 (all alike).
        line_share: pixels in dark lines of at most 8 pixels.
        line_darkness: mean darkness of these lines, 0 (white) to 1 (black); 0 where there are none.
        line_width: their mean width in pixels, 1 to 8; 0 where there are none.
        row_gaps: how often busy rows and blank ones take turns, in 100 rows: lines of writing.
        text_share: area with text or line graphics (`graphics.text_share`).

    Resolution:
        repetition: how often each pixel was repeated per axis, where the picture has at most 64 colours; else 1.
    """

    palette: float
    colours: float
    saturation: float
    saturation_spread: float
    grey_share: float
    brightness: float
    contrast: float
    light_share: float
    dark_share: float
    ground_share: float
    two_tone: float
    flat_share: float
    equal_share: float
    lone_share: float
    gradient_share: float
    texture: float
    edge_share: float
    edge_sharpness: float
    axis_share: float
    straight_share: float
    direction_spread: float
    line_share: float
    line_darkness: float
    line_width: float
    row_gaps: float
    text_share: float
    repetition: float


TRAITS: tuple[str, ...] = tuple(Traits.model_fields)
"""Names of the traits, in the order of `style_vector`."""

_SCALES: dict[str, Callable[[float], float]] = {
    "palette": lambda value: log2(value) / 12,
    "colours": lambda value: log2(value) / 24,
    "saturation_spread": lambda value: 2 * value,
    "contrast": lambda value: 2 * value,
    "texture": lambda value: value / _MOST_TEXTURE,
    "line_width": lambda value: value / _WIDEST,
    "row_gaps": lambda value: min(value / 50, 1.0),
    "repetition": lambda value: min(log2(value) / 4, 1.0),
}


def style_vector(traits: Traits) -> tuple[float, ...]:
    """The traits in the order of `TRAITS`, each scaled to 0..1.

    Counts on a logarithmic scale (palette over 2^12, colours over 2^24, repetition over 2^4); spreads and contrast
    times 2; texture over 12, line width over 8, row gaps over 50. All others are shares and stay as they are.
    """
    return tuple(round(_SCALES.get(name, float)(getattr(traits, name)), 6) for name in TRAITS)


def picture_traits(samples: Samples) -> Traits:
    """Measure the traits of a picture.

    A picture of up to 2^19 pixels is read whole, a larger one in nine crops; nothing is resized.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16, without transparency; may be a memory map.

    Raises:
        ShapeError: the array is no such picture.
    """
    check_samples(samples)
    crops = [samples[area] for area in spread_crops(samples)]
    sums: defaultdict[str, float] = defaultdict(float)
    for crop in crops:
        plane = luma(crop)
        for part in (_areas(crop, plane), _edges(plane), _directions(plane), _lines(plane)):
            for name, value in part.items():
                sums[name] += value
    values = {name: sums[name] / max(sums[f"{name} of"], 1e-9) for name in _RATIOS}
    values |= _colours(crops) | _tones(crops)
    art = pixel_art(samples)
    values |= {"text_share": text_share(samples), "repetition": float(art.scale)}
    return Traits(**{name: round(float(value), 6) for name, value in values.items()})


_RATIOS = (
    "flat_share", "equal_share", "lone_share", "gradient_share", "texture", "edge_share", "edge_sharpness",
    "axis_share", "straight_share", "direction_spread", "line_share", "line_darkness", "line_width", "row_gaps",
)  # fmt: skip
"""Traits that are a sum over all crops, divided by another: the key "NAME of"."""


def _colours(crops: list[Samples]) -> dict[str, float]:
    seen = np.zeros(1 << 24, np.bool_)
    coarse, chroma = np.zeros(1 << 12), np.zeros(256)
    for crop in crops:
        values = np.rint(as_255(crop)).astype(np.uint8) if crop.dtype == np.uint16 else crop
        red, green, blue = (values[:, :, channel % values.shape[2]].ravel() for channel in range(3))
        seen[red.astype(np.uint32) << 16 | green.astype(np.uint32) << 8 | blue] = True
        packed = (red >> 4).astype(np.uint16) << 8 | (green >> 4).astype(np.uint16) << 4 | blue >> 4
        coarse += np.bincount(packed, minlength=1 << 12)
        apart = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
        chroma += np.bincount(apart, minlength=256)
    covered = np.cumsum(np.sort(coarse)[::-1]) / coarse.sum()
    mean, spread = _moments(chroma)
    return {
        "palette": float(np.searchsorted(covered, 0.95 - 1e-9) + 1),
        "colours": float(np.count_nonzero(seen)),
        "saturation": mean,
        "saturation_spread": spread,
        "grey_share": float(chroma[:_GREY_BELOW].sum() / chroma.sum()),
    }


def _tones(crops: list[Samples]) -> dict[str, float]:
    levels = sum(np.bincount(np.rint(luma(crop)).astype(np.uint8).ravel(), minlength=256) for crop in crops)
    shares = np.asarray(levels, np.float64) / np.sum(levels)
    mean, spread = _moments(shares)
    reached = np.cumsum(shares)
    low, high = int(np.searchsorted(reached, 0.01)), int(np.searchsorted(reached, 0.99))
    fifth = (high - low) // 5
    inside = reached[min(high - fifth, 255) - 1] - reached[low + fifth] if high - low >= 5 else 0.0
    return {
        "brightness": mean,
        "contrast": spread,
        "light_share": float(shares[_LIGHT:].sum()),
        "dark_share": float(shares[:_DARK].sum()),
        "ground_share": float(np.convolve(shares, np.ones(25), "same").max()),
        "two_tone": float(1 - inside),
    }


def _moments(histogram: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of values 0..255, over 255."""
    at = np.arange(256) / 255
    weights = histogram / histogram.sum()
    mean = float(weights @ at)
    return mean, float(np.sqrt(max(weights @ np.square(at) - mean * mean, 0.0)))


def _areas(crop: Samples, plane: Plane) -> dict[str, float]:
    from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

    size = float(plane.size)
    across, down = _equal(crop[:, 1:], crop[:, :-1]), _equal(crop[1:], crop[:-1])
    touches = np.zeros(plane.shape, np.bool_)
    touches[:, 1:] |= across
    touches[:, :-1] |= across
    touches[1:] |= down
    touches[:-1] |= down
    even = maximum_filter(plane, _EVEN_REACH) - minimum_filter(plane, _EVEN_REACH) <= _EVEN
    smooth = uniform_filter(plane, 5)
    rise = np.hypot(_apart(smooth, 4, 0), _apart(smooth, 4, 1))
    rough = np.abs(plane - smooth)
    soft = (rise > _SOFT[0]) & (rise < _SOFT[1]) & (rough < 1.0 + rise / 4) & ~even
    fine = np.minimum(np.abs(plane - uniform_filter(plane, 3)), _MOST_TEXTURE)
    return {
        "flat_share": float(even.sum()),
        "flat_share of": size,
        "equal_share": float(across.sum()) + float(down.sum()),
        "equal_share of": float(across.size + down.size),
        "lone_share": float((~touches).sum()),
        "lone_share of": size,
        "gradient_share": float(soft.sum()),
        "gradient_share of": size,
        "texture": float(fine.sum()),
        "texture of": size,
    }


def _equal(one: Samples, other: Samples) -> Mask:
    same: Mask = one[:, :, 0] == other[:, :, 0]
    for channel in range(1, one.shape[2]):
        same &= one[:, :, channel] == other[:, :, channel]
    return same


def _apart(plane: Plane, distance: int, axis: int) -> Plane:
    """Difference of what lies `distance` apart, around each pixel; the border is repeated."""
    before = distance // 2
    wide = np.pad(plane, [(before, distance - before) if axis == i else (0, 0) for i in (0, 1)], mode="edge")
    length = plane.shape[axis]
    ahead, behind = (np.take(wide, np.arange(begin, begin + length), axis=axis) for begin in (distance, 0))
    difference: Plane = ahead - behind
    return difference


def _edges(plane: Plane) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for axis in (0, 1):
        step = np.abs(np.diff(plane, axis=axis))
        sums["edge_share"] += float((step > _EDGE).sum())
        sums["edge_share of"] += step.size
        clear = step > _STEP
        sums["straight_share"] += _in_runs(clear if axis else clear.T)
        sums["straight_share of"] += float(clear.sum())
        if plane.shape[axis] > 3:
            share, count = _hardness(np.moveaxis(plane, axis, 0))
            sums["edge_sharpness"] += share
            sums["edge_sharpness of"] += count
    return sums


def _in_runs(mask: Mask) -> float:
    """How many true elements stand in runs of `_STRAIGHT` and more, down the columns."""
    if mask.shape[0] < _STRAIGHT:
        return 0.0
    total = np.pad(np.cumsum(mask, axis=0, dtype=np.int32), ((1, 0), (0, 0)))
    full = total[_STRAIGHT:] - total[:-_STRAIGHT] == _STRAIGHT
    first = full[1:] & ~full[:-1]
    return float(full.sum()) + (_STRAIGHT - 1) * float(first.sum() + full[0].sum())


def _hardness(lines: Plane) -> tuple[float, float]:
    """Sum of the shares of a rise over three steps that its steepest step, the middle one, takes; and their number."""
    step = np.abs(np.diff(lines, axis=0))
    middle = step[1:-1]
    edge = (middle > _EDGE) & (middle >= step[:-2]) & (middle > step[2:])
    rise = np.abs(lines[3:] - lines[:-3])[edge]
    return float((middle[edge] / np.maximum(rise, middle[edge])).sum()), float(edge.sum())


def _directions(plane: Plane) -> dict[str, float]:
    """How the edges run: each pixel on one counts once; the slope is that of Sobel's masks."""
    from scipy.ndimage import uniform_filter1d

    if min(plane.shape) < 3:
        return {}
    level, upright = uniform_filter1d(plane, 3, axis=1), uniform_filter1d(plane, 3, axis=0)
    y, x = (level[2:] - level[:-2])[:, 1:-1], (upright[:, 2:] - upright[:, :-2])[1:-1]
    on_edge = np.maximum(np.abs(y), np.abs(x)) > _EDGE
    y, x = y[on_edge], x[on_edge]
    count = float(y.size)
    straight = np.minimum(np.abs(y), np.abs(x)) < _AXIS * np.maximum(np.abs(y), np.abs(x))
    sector = np.rint(np.arctan2(y, x) * (8 / np.pi)).astype(np.int64) % 8
    shares = np.bincount(sector, minlength=8) / max(count, 1.0)
    entropy = -float((shares[shares > 0] * np.log(shares[shares > 0])).sum()) / np.log(8)
    return {
        "axis_share": float(straight.sum()),
        "axis_share of": count,
        "direction_spread": entropy * count,
        "direction_spread of": count,
    }


def _lines(plane: Plane) -> dict[str, float]:
    from scipy.ndimage import maximum_filter, minimum_filter

    closed = minimum_filter(maximum_filter(plane, _LINE_REACH), _LINE_REACH)
    line = closed - plane > _LINE
    area = float(line.sum())
    # a border of slope 1 crosses two sides for each root of two of its length: pi / 4 on average over all directions
    border = np.pi / 4 * float((line[1:] != line[:-1]).sum() + (line[:, 1:] != line[:, :-1]).sum())
    width = min(max(2 * area / max(border, 1.0), 1.0), _WIDEST)
    busy = (np.abs(np.diff(plane, axis=1)) > _EDGE).sum(axis=1)
    blank = busy <= _BLANK_ROW * float(np.percentile(busy, 90)) if busy.size else np.zeros(0, np.bool_)
    return {
        "line_share": area,
        "line_share of": float(plane.size),
        "line_darkness": float((255 - plane[line]).sum()) / 255,
        "line_darkness of": area,
        "line_width": width * area,
        "line_width of": area,
        "row_gaps": 100.0 * float((blank[1:] != blank[:-1]).sum()),
        "row_gaps of": float(plane.shape[0]),
    }
