"""Signs of how a picture was made: colours in a small area, smoothed edges, parts like letters, lines as if ruled."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.crops import Area, Plane, Samples, as_255

Sums = dict[str, float]
"""NAME and "NAME of": a trait is the sum of the first over all crops, divided by the sum of the second."""

_AREA, _BLOCK, _FULL = 32, 8, 40
_RISE, _BETWEEN = 40.0, 0.12
_STEP, _LINE, _RULE = 8.0, 13, 40
_INK, _GROUND_REACH = 50.0, 13
_LETTER_HIGH, _LETTER_WIDE, _ALIKE, _FEW = (4, 48), 60, 0.3, 4
_RHYTHM = (8, 60)
_COLOURED, _SECTORS = 24, 24
_PEAK_REACH, _PEAK = 9, 1.5
MOST_REPEATED = 16


def signs(crop: Samples, plane: Plane) -> Sums:
    """All of this module but `repeated`, of one crop and its luma."""
    eight = np.rint(as_255(crop)).astype(np.uint8)
    red, green, blue = (eight[:, :, channel % eight.shape[2]] for channel in range(3))
    found = _counts(red.astype(np.int32) << 16 | green.astype(np.int32) << 8 | blue)
    for part in (_colour(red, green, blue, plane), _blended(plane), _lines(plane), _parts(plane), _strokes(plane)):
        found |= part
    return found


def tone_peaks(shares: NDArray[np.float64]) -> float:
    """Share of the pixels whose luma is half as common again as those up to 4 of 255 beside it, from a histogram."""
    around = np.convolve(np.pad(shares, _PEAK_REACH // 2, "edge"), np.ones(_PEAK_REACH) / _PEAK_REACH, "valid")
    return float(np.maximum(shares - _PEAK * around, 0).sum())


def repeated(samples: Samples, crops: tuple[Area, ...]) -> int:
    """The largest n up to 16 of which all places of change between rows and columns are multiples; 1 for none."""
    common = 0
    for area in crops:
        part = samples[area]
        for axis in (0, 1):
            ahead, behind = (np.moveaxis(part, axis, 0)[side] for side in (slice(1, None), slice(None, -1)))
            changed = (ahead != behind).any(axis=(1, 2))
            common = gcd(common, *(int(at) + 1 + area[axis].start for at in np.flatnonzero(changed)))
            if common == 1:
                return 1
    return min(max(common, 1), MOST_REPEATED)


def _counts(packed: NDArray[np.int32]) -> Sums:
    large, small = _distinct(packed, _AREA), _distinct(packed, _BLOCK)
    return {
        "area_colours": float(large.sum()),
        "area_colours of": float(large.size),
        "full_blocks": float((small >= _FULL).sum()),
        "full_blocks of": float(small.size),
    }


def _distinct(packed: NDArray[np.int32], side: int) -> NDArray[np.int64]:
    """How many values each block of `side` holds; a picture smaller than a block is one."""
    rows, columns = packed.shape[0] // side, packed.shape[1] // side
    if not rows or not columns:
        blocks = packed.reshape(1, -1)
    else:
        cut = packed[: rows * side, : columns * side].reshape(rows, side, columns, side)
        blocks = cut.swapaxes(1, 2).reshape(rows * columns, side * side)
    counts: NDArray[np.int64] = (np.diff(np.sort(blocks, axis=1), axis=1) != 0).sum(axis=1) + 1
    return counts


def _colour(red: NDArray[np.uint8], green: NDArray[np.uint8], blue: NDArray[np.uint8], plane: Plane) -> Sums:
    from scipy.ndimage import uniform_filter

    size = float(plane.size)
    fine = coarse = 0.0
    for channel in (red, blue):
        apart = channel - plane
        fine += float(np.abs(apart - uniform_filter(apart, 3)).sum())
        coarse += float(np.abs(apart - uniform_filter(apart, 9)).sum())
    flat = np.stack([red.ravel(), green.ravel(), blue.ravel()]).astype(np.float64)
    spread = np.linalg.eigvalsh(np.cov(flat, bias=True))
    coloured = np.ptp(flat, axis=0) > _COLOURED
    r, g, b = flat[:, coloured]
    hue = np.arctan2(np.sqrt(3) * (g - b), 2 * r - g - b)
    sector = ((hue + np.pi) / (2 * np.pi) * _SECTORS).astype(np.int64) % _SECTORS
    shares = np.bincount(sector, minlength=_SECTORS) / max(sector.size, 1)
    entropy = -float((shares[shares > 0] * np.log(shares[shares > 0])).sum()) / np.log(_SECTORS)
    return {
        "chroma_fine": fine,
        "chroma_fine of": max(coarse, 0.2 * size),
        "off_axis": float(np.sqrt(max(spread[1], 0.0))) * size,
        "off_axis of": size,
        "coloured_share": float(sector.size),
        "coloured_share of": size,
        "hue_spread": entropy * sector.size,
        "hue_spread of": float(sector.size),
    }


def _blended(plane: Plane) -> Sums:
    between = edges = 0.0
    for axis in (0, 1):
        lines = np.moveaxis(plane, axis, 0)
        rise = lines[2:] - lines[:-2]
        edge = np.abs(rise) > _RISE
        share = (lines[1:-1] - lines[:-2])[edge] / rise[edge]
        between += float(((share > _BETWEEN) & (share < 1 - _BETWEEN)).sum())
        edges += float(edge.sum())
    return {"blended_share": between, "blended_share of": edges}


def _lines(plane: Plane) -> Sums:
    even = steps = ruled = 0.0
    for axis in (0, 1):
        step = np.moveaxis(np.diff(plane, axis=axis), axis, 0)
        clear = np.abs(step) > _STEP
        alike = (np.abs(np.diff(step, axis=1)) < 1) & clear[:, 1:] & clear[:, :-1]
        even += _in_runs(alike, _LINE - 1).sum()
        steps += float(clear.sum())
        ruled += float((_in_runs(clear, _RULE) > 0).sum()) / max(clear.shape[0], 1)
    return {
        "even_lines": even,
        "even_lines of": steps,
        "ruled_share": ruled / 2 * plane.size,
        "ruled_share of": float(plane.size),
    }


def _in_runs(mask: NDArray[np.bool_], length: int) -> NDArray[np.float64]:
    """Of each row: how many true elements stand in runs of `length` and more."""
    if mask.shape[1] < length or not mask.shape[0]:
        return np.zeros(mask.shape[0])
    total = np.pad(np.cumsum(mask, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    full = total[:, length:] - total[:, :-length] == length
    first = full[:, 1:] & ~full[:, :-1]
    counts: NDArray[np.float64] = full.sum(axis=1) + (length - 1.0) * (first.sum(axis=1) + full[:, 0])
    return counts


def _parts(plane: Plane) -> Sums:
    """What stands out from the commonest brightness, in connected parts; letters are small ones of like height."""
    from scipy.ndimage import find_objects, label

    levels = np.bincount(np.clip(np.rint(plane), 0, 255).astype(np.int64).ravel(), minlength=256)
    ground = float(np.convolve(levels, np.ones(_GROUND_REACH), "same").argmax())
    marked, count = label(np.abs(plane - ground) > _INK, np.ones((3, 3)))
    if not count:
        return {}
    boxes = find_objects(marked)
    high = np.array([box[0].stop - box[0].start for box in boxes])
    wide = np.array([box[1].stop - box[1].start for box in boxes])
    area = np.bincount(marked.ravel(), minlength=count + 1)[1:]
    letter = (high >= _LETTER_HIGH[0]) & (high <= _LETTER_HIGH[1]) & (wide <= _LETTER_WIDE)
    letters, inked = float(letter.sum()), float(area.sum())
    usual = float(np.median(high[letter])) if letters else 0.0
    alike = (np.abs(high[letter] - usual) <= _ALIKE * usual).sum() if letters >= _FEW else 0
    return {
        "glyph_ink": float(area[letter].sum()),
        "glyph_ink of": inked,
        "glyph_alike": float(alike),
        "glyph_alike of": letters,
        "largest_part": float(area.max()),
        "largest_part of": inked,
    }


def _strokes(plane: Plane) -> Sums:
    """How alike neighbouring edges run, and whether busy rows come back at an even distance."""
    from scipy.ndimage import gaussian_filter, sobel

    x, y = sobel(plane, 1), sobel(plane, 0)
    xx, yy, xy = (gaussian_filter(product, 2) for product in (x * x, y * y, x * y))
    busy = np.abs(np.diff(plane, axis=1)).sum(axis=1, dtype=np.float64)
    busy -= busy.mean() if busy.size else 0.0
    return {
        "coherence": float(np.hypot(xx - yy, 2 * xy).sum(dtype=np.float64)),
        "coherence of": float((xx + yy).sum(dtype=np.float64)),
        "row_rhythm": _rhythm(busy) * plane.shape[0],
        "row_rhythm of": float(plane.shape[0]),
    }


def _rhythm(busy: NDArray[np.float64]) -> float:
    """How far the autocorrelation of rows climbs again, at a distance of 8 to 60 rows, after its lowest value."""
    energy = float(busy @ busy)
    end = min(_RHYTHM[1], busy.size // 3)
    if energy < 1e-3 or end <= _RHYTHM[0] + 3:
        return 0.0
    alike = np.array([busy[lag:] @ busy[: busy.size - lag] for lag in range(end)]) / energy
    lowest = np.minimum.accumulate(alike[1:])
    return float(max((alike[_RHYTHM[0] :] - lowest[_RHYTHM[0] - 1 :]).max(), 0.0))
