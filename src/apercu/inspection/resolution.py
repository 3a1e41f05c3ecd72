"""Whether a picture has been enlarged before, by which factor, and by which interpolation.

Candidates for the factor come from a spectrum: interpolated samples are smoother than their neighbours in a rhythm of
the factor. Each candidate is then put to the test of `enlarging.misfit`, which is next to impossible to pass by chance.

References: A. Gallagher, "Detection of linear and cubic interpolation in JPEG compressed images" (2005), for the
rhythm of the second difference. The least squares test is our own.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from apercu.inspection.crops import Samples, as_255, check_samples, spread_crops
from apercu.inspection.enlarging import ENLARGERS, Window, misfit
from apercu.inspection.jpeg import jpeg_traces
from apercu.records import Record

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]
_KERNEL_NAMES: dict[str, Interpolation] = {
    "nearest": "nearest",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "bicubic, a = -0.75": "bicubic",
    "lanczos": "lanczos",
}

SMALLEST, LARGEST = 1.8, 8.6
"""Factors that are searched."""
_LENGTH, _BREADTH, _LINES = 1024, 256, 32
_SHORTEST = 32
_PEAKS = 12
_PROMISING, _DEPTH = 0.85, 0.6
"""Depths (see `_depth`) below which all kernels are tried, and below which an axis counts as enlarged."""
_DEPTH_APART = 0.4
"""The same where the two axes speak of different factors, which is rare."""
_DEPTH_BLOCKS, _FAIR_QUALITY = 0.24, 35
"""The same for factors that go with blocks of 8 in a JPEG of a low quality, and where that begins."""
_HALF = 0.5
_FLOOR = 0.01  # about a tenth of the rounding to whole steps: flat pictures prove nothing
_TIE = 1e-6
_STAND_OUT = 1.5
_FEWEST_CHANGES = 8
_FEWEST_CELLS = 20
"""Native samples along an axis that a fit needs to prove anything."""


class NativeResolution(Record):
    """What `native_resolution` found.

    `scale` is (y, x), 1.0 where the picture was not enlarged; `size` is the (height, width) it had before.
    `confidence` is 0 where nothing was found, otherwise in 0..1.
    """

    found: bool
    kernel: Interpolation | None
    scale: tuple[float, float]
    size: tuple[int, int]
    confidence: float


class _Match(NamedTuple):
    """The best explanation of one axis; `depth` is its misfit over the misfit half a sample beside it."""

    native: int
    kernel: str
    depth: float


def native_resolution(samples: Samples) -> NativeResolution:
    """The size that a picture had before it was enlarged by a plain interpolation.

    Tries nearest, bilinear, bicubic (a = -0.5 and -0.75) and Lanczos with factors from 1.8 to 8.6, in the convention of
    pixel centres, on the picture as a whole: a crop of an enlargement is found only by chance.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16.

    Raises:
        ShapeError: the array is no such picture.
    """
    check_samples(samples)
    height, width = samples.shape[:2]
    not_found = NativeResolution(found=False, kernel=None, scale=(1.0, 1.0), size=(height, width), confidence=0.0)
    if min(height, width) < _SHORTEST:
        return not_found
    windows = tuple(_window(samples, axis) for axis in (0, 1))
    repeated = tuple(_repeats(window) for window in windows)
    if repeated[0] and repeated[1]:
        return _found(windows, repeated[0], repeated[1])
    tried = [_candidates(window) for window in windows]
    matches = [_best(_pick_lines(window), own) for window, own in zip(windows, tried, strict=True)]
    for axis, other in ((0, 1), (1, 0)):
        if matches[other].depth < min(_DEPTH, matches[axis].depth):
            again = _best(_pick_lines(windows[axis]), _near(windows[axis].size, windows[other], matches[other]))
            matches[axis] = min(matches[axis], again, key=lambda match: match.depth)
    first, second = matches
    few = min(_seen(window, match) for window, match in zip(windows, matches, strict=True)) < _FEWEST_CELLS
    alike = abs(np.log((height / first.native) / (width / second.native))) < 0.05
    depth = max(first.depth, second.depth)
    if few or depth > (_DEPTH if alike else _DEPTH_APART) or depth > _depth_beside_blocks(samples, first, second):
        return not_found
    return _found(windows, first, second)


def _depth_beside_blocks(samples: Samples, first: _Match, second: _Match) -> float:
    """The depth that proves something in spite of JPEG blocks.

    Within a block a soft picture keeps only slow waves, which 1, 2, 3 or 4 samples in 8 describe well too.
    """
    of_eight = [8 * match.native / size for match, size in zip((first, second), samples.shape[:2], strict=True)]
    if max(first.depth, second.depth) < _DEPTH_BLOCKS or any(abs(part - round(part)) > 0.03 for part in of_eight):
        return _DEPTH
    traces = jpeg_traces(samples)
    if not traces.found:
        return _DEPTH
    return _DEPTH_APART if (traces.quality or 0) >= _FAIR_QUALITY else _DEPTH_BLOCKS


def _found(windows: tuple[Window, ...], first: _Match, second: _Match) -> NativeResolution:
    sizes = (windows[0].size, windows[1].size)
    stronger = min(first, second, key=lambda match: match.depth)
    return NativeResolution(
        found=True,
        kernel=_KERNEL_NAMES[stronger.kernel],
        scale=(sizes[0] / first.native, sizes[1] / second.native),
        size=(first.native, second.native),
        confidence=round(1 - max(first.depth, second.depth), 3),
    )


def _seen(window: Window, match: _Match) -> float:
    """Native samples within the window."""
    return float(match.native * window.values.shape[0] / window.size)


def _window(samples: Samples, axis: int) -> Window:
    """Consecutive lines across the busiest crop, the axis first: green, or the only channel."""
    crops = spread_crops(samples)
    rows, columns = max(crops, key=lambda crop: _business(samples[crop])) if len(crops) > 1 else crops[0]
    places = (rows, columns) if axis == 0 else (columns, rows)
    along, across = samples.shape[axis], samples.shape[1 - axis]
    run = _around(places[0], along, _LENGTH)
    band = _around(places[1], across, _BREADTH)
    part = samples[(run, band) if axis == 0 else (band, run)]
    channel = as_255(part[:, :, part.shape[2] // 2 :][:, :, :1])[:, :, 0]
    return Window(channel if axis == 0 else channel.T, run.start, along)


def _around(place: slice, size: int, length: int) -> slice:
    begin = min(max((place.start + place.stop - length) // 2, 0), max(size - length, 0))
    return slice(begin, min(begin + length, size))


def _business(part: Samples) -> float:
    channel = as_255(part[::2, :, :1])[:, :, 0]
    return float(np.abs(np.diff(channel, axis=1)).mean())


def _pick_lines(window: Window) -> Window:
    """The fits need few lines; flat ones say nothing."""
    energy = np.abs(np.diff(window.values, 2, axis=0)).mean(axis=0)
    half = np.sort(np.argsort(-energy)[: max(energy.size // 2, _LINES)])
    kept = half[:: max(half.size // _LINES, 1)][:_LINES]
    return window._replace(values=np.ascontiguousarray(window.values[:, kept]))


def _candidates(window: Window) -> list[float]:
    """Sizes before: peaks of the spectrum of the second difference, and what they may be multiples of.

    The magnitude of the second difference rises and falls once per native sample; its DFT has a peak there and at the
    multiples of it.
    """
    from scipy.ndimage import median_filter, uniform_filter1d

    strength = np.abs(np.diff(window.values, 2, axis=0)).mean(axis=1)
    rhythm = strength / (uniform_filter1d(strength, 17) + 1e-3) - 1
    spectrum = np.abs(np.fft.rfft(rhythm, window.values.shape[0]))
    spectrum /= median_filter(spectrum, 31) + 1e-6
    share = np.arange(spectrum.size) / window.values.shape[0]
    spectrum[(share < 1 / LARGEST) | (share > 1 / SMALLEST)] = 0
    # at a factor of 2 the two kinds of samples are mirror images, equally smooth: there is no rhythm
    peaks = np.append(share[np.argsort(-spectrum)[:_PEAKS]], 0.5)
    tried = np.concatenate([peaks / part for part in (1, 2, 3)]) * window.size
    if window.values.shape[0] == window.size:
        tried = np.rint(tried)
    return sorted({float(native) for native in tried if native >= window.size / LARGEST})


def _near(size: int, other: Window, match: _Match) -> list[float]:
    """Sizes on one axis that fit to what was found on the other."""
    expected = size * match.native / other.size
    reach = int(np.ceil(expected / match.native)) + 1
    return [float(round(expected) + step) for step in range(-reach, reach + 1)]


def _best(window: Window, tried: list[float]) -> _Match:
    """Test candidates by one kernel and, where one passes, all kernels at the whole sizes around it."""
    nothing = _Match(window.size, "bicubic", 1.0)
    if not tried:
        return nothing
    few = window._replace(values=np.ascontiguousarray(window.values[:, ::2]))
    quick, native = min((_quick_depth(few, native), native) for native in tried)
    if quick > _PROMISING:
        return nothing
    tests = [
        _Match(whole, kernel, _depth(window, whole, kernel))
        for around in (native, native / 2, native / 3)
        for whole in _whole(around, window)
        for kernel in ENLARGERS
        if kernel != "nearest" or _has_borders(window, whole)
    ]
    best = min(tests, key=lambda match: match.depth, default=nothing)
    return min((test for test in tests if _is_part(test, best)), key=lambda match: match.depth, default=best)


def _is_part(test: _Match, best: _Match) -> bool:
    """Two and three times the true size fit as well as the true one."""
    parts = best.native / test.native
    return test.depth < max(_DEPTH, best.depth) and abs(parts - round(parts)) < 0.02 and round(parts) in (2, 3)


def _whole(native: float, window: Window) -> range:
    """Whole sizes that the spectrum of the window cannot tell apart."""
    reach = max(1, round(window.size / window.values.shape[0]))
    if native < window.size / LARGEST:
        return range(0)
    return range(round(native) - reach, round(native) + reach + 1)


def _quick_depth(window: Window, native: float) -> float:
    """As `_depth`, by one kernel; where only a part of the axis is seen, the place of the grid is not yet known."""
    shifts = (0.0, _HALF) if window.values.shape[0] == window.size else (0.0, 0.25, _HALF, 0.75)
    misfits = [misfit(window, native, "bicubic", shift) + _FLOOR for shift in shifts]
    return misfits[0] / misfits[1] if len(shifts) == 2 else min(misfits) / max(misfits)


def _has_borders(window: Window, native: int) -> bool:
    """Whether most borders of repeated pixels show: a few edges of a drawing may lie on them by chance."""
    steps = np.abs(np.diff(window.values, axis=0)).mean(axis=1)
    place = np.arange(window.begin, window.begin + window.values.shape[0])
    border = np.diff(np.floor((place + 0.5) * native / window.size)) > 0
    return bool(np.median(steps[border]) > _STAND_OUT * np.median(steps[~border]))


def _depth(window: Window, native: float, kernel: str) -> float:
    """Misfit over the misfit of a grid half a sample beside it: about 1 for any picture that was not enlarged so."""
    return (misfit(window, native, kernel) + _FLOOR) / (misfit(window, native, kernel, _HALF) + _FLOOR)


def _repeats(window: Window) -> _Match | None:
    """Nearest neighbour, exactly: lines change only where they would for some size before.

    Where a position falls on the border of two samples, either may have been taken.
    """
    changes = (np.diff(window.values, axis=0) != 0).any(axis=1)
    if changes.sum() < _FEWEST_CHANGES or changes.mean() > 1 / SMALLEST + 0.05:
        return None
    place = np.arange(window.begin, window.begin + window.values.shape[0])
    at_least = int(0.95 * changes.sum() * window.size / changes.size)
    for native in range(max(at_least, int(window.size / LARGEST)), int(window.size / SMALLEST) + 1):
        for centre in (0.5, 0.0):
            position = (place + centre) * native / window.size
            steps = np.diff(np.floor(position + _TIE)) > 0
            allowed = steps | (np.diff(np.floor(position - _TIE)) > 0)
            if changes.sum() < 0.6 * steps.sum():
                return None
            if not (changes & ~allowed).any():
                return _Match(native, "nearest", 0.0)
    return None
