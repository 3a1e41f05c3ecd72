"""What a picture looks like, as named numbers: how dark its lines are, how large its even areas, how many colours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from math import log2

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.crops import Plane, Samples, as_255, check_samples, luma, spread_crops
from apercu.inspection.graphics import text_share
from apercu.inspection.signs import repeated, signs, tone_peaks
from apercu.records import Record

Mask = NDArray[np.bool_]

_GREY_BELOW = 16
_DARK = 40
_STEP, _EDGE = 16.0, 32.0
_LINE, _LINE_REACH = 40.0, 9
_EVEN, _EVEN_REACH = 3.0, 7
_SOFT = (0.5, 10.0)
_STRAIGHT = 15
_MOST_TEXTURE = 12.0
_BLANK_ROW = 0.2
_WIDEST = 8.0


class Traits(Record):
    """Traits of a picture. A share is a share of the pixels, 0 to 1, where nothing else is said.

    Colour:
        saturation: mean distance between the largest and the smallest channel, 0 to 1.
        saturation_spread: standard deviation of that distance, 0 to 0.5.
        grey_share: pixels whose channels lie within 16 of 255.
        coloured_share: pixels whose channels lie more than 24 of 255 apart.
        hue_spread: entropy of the hues of these in 24 sectors, 0 (one) to 1 (all alike).
        off_axis: standard deviation of the colours along the second of their main axes, in steps of 255; 0 where all
            lie on one line, as shades of grey and mixtures of two colours do.
        chroma_fine: detail of the colour difference signals against their 3 x 3 mean, divided by that against their
            9 x 9 mean; low where colour was stored coarser than brightness.
        area_colours: different colours in 32 x 32 pixels, counted exactly in 8 bits; 1 to 1024.
        full_blocks: blocks of 8 x 8 pixels with 40 colours or more, as a share of the blocks.
        brightness: mean luma, 0 to 1.
        dark_share: pixels with a luma below 40 of 255.
        tone_peaks: pixels at values of luma that are far commoner than their neighbours.

    Areas:
        flat_share: pixels around which 7 x 7 pixels stay within 3 of 255: large even areas.
        lone_share: pixels that equal none of their four neighbours.
        gradient_share: pixels in which brightness changes slowly and smoothly, as soft shading does.
        texture: mean fine detail (luma minus its 3 x 3 mean, at most 12), in steps of 255; 0 to 12.

    Edges and lines:
        edge_sharpness: share of the rise of an edge that lies between two neighbours; 1 for a hard edge, about 0.4 for
            one that is smoothed over three pixels, 0 where there is none.
        blended_share: share of the edges with a pixel of a brightness between both sides: smoothed edges.
        straight_share: share of the edges that run straight, upright or level, over 15 pixels or more.
        even_lines: share of the edges whose step is the same along 13 pixels or more, upright or level.
        ruled_share: rows and columns along which an edge runs for 40 pixels or more, as a share of them.
        coherence: how alike neighbouring edges run, 0 (in all directions) to 1 (in one).
        line_share: pixels in dark lines of at most 8 pixels.
        line_darkness: mean darkness of these lines, 0 (white) to 1 (black); 0 where there are none.
        line_width: their mean width in pixels, 1 to 8; 0 where there are none.

    Writing (a part is what stands out from the commonest brightness by more than 50 of 255, connected):
        row_gaps: how often busy rows and blank ones take turns, in 100 rows: lines of writing.
        row_rhythm: how evenly busy rows come back, at a distance of 8 to 60 rows; 0 to 2.
        text_share: area with text or line graphics (`graphics.text_share`).
        glyph_ink: share of the area of the parts that lies in small ones, as letters are.
        glyph_alike: share of the small parts that are about as high as most.
        largest_part: share of the area of the parts that lies in the largest.

    Resolution:
        repetition: how often each pixel was repeated per axis, 1 to 16; in exact samples.
    """

    saturation: float
    saturation_spread: float
    grey_share: float
    coloured_share: float
    hue_spread: float
    off_axis: float
    chroma_fine: float
    area_colours: float
    full_blocks: float
    brightness: float
    dark_share: float
    tone_peaks: float
    flat_share: float
    lone_share: float
    gradient_share: float
    texture: float
    edge_sharpness: float
    blended_share: float
    straight_share: float
    even_lines: float
    ruled_share: float
    coherence: float
    line_share: float
    line_darkness: float
    line_width: float
    row_gaps: float
    row_rhythm: float
    text_share: float
    glyph_ink: float
    glyph_alike: float
    largest_part: float
    repetition: float


TRAITS: tuple[str, ...] = tuple(Traits.model_fields)
"""Names of the traits, in the order of `style_vector`."""

_SCALES: dict[str, Callable[[float], float]] = {
    "saturation_spread": lambda value: 2 * value,
    "off_axis": lambda value: min(value / 64, 1.0),
    "chroma_fine": lambda value: min(value, 1.0),
    "area_colours": lambda value: log2(max(value, 1.0)) / 10,
    "texture": lambda value: value / _MOST_TEXTURE,
    "line_width": lambda value: value / _WIDEST,
    "row_gaps": lambda value: min(value / 50, 1.0),
    "row_rhythm": lambda value: value / 2,
    "repetition": lambda value: log2(value) / 4,
}


def style_vector(traits: Traits) -> tuple[float, ...]:
    """The traits in the order of `TRAITS`, each scaled to 0..1.

    Counts on a logarithmic scale (area colours over 2^10, repetition over 2^4); the spread of the saturation times 2;
    off axis over 64, texture over 12, line width over 8, row gaps over 50, row rhythm over 2. All others are shares and
    stay as they are.
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
    areas = spread_crops(samples)
    crops = [samples[area] for area in areas]
    sums: defaultdict[str, float] = defaultdict(float)
    for crop in crops:
        plane = luma(crop)
        for part in (_areas(crop, plane), _edges(plane), _lines(plane), signs(crop, plane)):
            for name, value in part.items():
                sums[name] += value
    values = {name: sums[name] / max(sums[f"{name} of"], 1e-9) for name in _RATIOS}
    values |= _colours(crops) | _tones(crops)
    values |= {"text_share": text_share(samples), "repetition": float(repeated(samples, areas))}
    return Traits(**{name: round(float(value), 6) for name, value in values.items()})


_RATIOS = (
    "flat_share", "lone_share", "gradient_share", "texture", "edge_sharpness", "straight_share", "line_share",
    "line_darkness", "line_width", "row_gaps", "coloured_share", "hue_spread", "off_axis", "chroma_fine",
    "area_colours", "full_blocks", "blended_share", "even_lines", "ruled_share", "coherence", "row_rhythm",
    "glyph_ink", "glyph_alike", "largest_part",
)  # fmt: skip
"""Traits that are a sum over all crops, divided by another: the key "NAME of"."""


def _colours(crops: list[Samples]) -> dict[str, float]:
    chroma = np.zeros(256)
    for crop in crops:
        values = np.rint(as_255(crop)).astype(np.uint8)
        chroma += np.bincount(np.ptp(values, axis=2).ravel(), minlength=256)
    mean, spread = _moments(chroma)
    return {
        "saturation": mean,
        "saturation_spread": spread,
        "grey_share": float(chroma[:_GREY_BELOW].sum() / chroma.sum()),
    }


def _tones(crops: list[Samples]) -> dict[str, float]:
    levels = sum(np.bincount(np.rint(luma(crop)).astype(np.uint8).ravel(), minlength=256) for crop in crops)
    shares = np.asarray(levels, np.float64) / np.sum(levels)
    return {
        "brightness": _moments(shares)[0],
        "dark_share": float(shares[:_DARK].sum()),
        "tone_peaks": tone_peaks(shares),
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
