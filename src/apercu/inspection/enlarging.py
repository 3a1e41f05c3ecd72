"""How well a picture is explained as the enlargement of a smaller one, along one axis.

An enlargement by a known kernel and factor is a linear map R from n samples to N. A picture that was made so lies in
the range of R up to the rounding to whole steps; any other picture does not. So the test is a least squares fit.

Unlike in `apercu.resample` the grid may lie anywhere (the control of the test is a grid half a sample beside), the
window may be a part of the axis, and the cubic of OpenCV and PyTorch (a = -0.75) is among the kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_RIDGE = 1e-5


class Window(NamedTuple):
    """Some lines of a picture along one axis: `values` (length, lines) are samples begin, begin + 1, ... of `size`."""

    values: NDArray[np.float32]
    begin: int
    size: int


def misfit(window: Window, native: float, kernel: str, shift: float = 0.0) -> float:
    """Mean square of what an enlargement from `native` samples leaves unexplained, on the squared scale of the values.

    Pillow's convention: output i looks at (i + 0.5) * native / size - 0.5. The 5 % largest residuals are left out,
    because an enlargement is cut at black and white; the mean is corrected for the number of fitted samples.

    Args:
        window: lines along the axis.
        native: samples of the whole axis before the enlargement; also between whole numbers.
        kernel: a key of `ENLARGERS`.
        shift: moves the smaller grid, in samples of it.
    """
    from scipy.linalg import solveh_banded
    from scipy.sparse import csr_array

    length = window.values.shape[0]
    weights, first = _taps(window, native, kernel, shift)
    taps = weights.shape[1]
    count = int(first.max()) + taps
    columns = first[:, None] + np.arange(taps)
    enlarge = csr_array((weights.ravel(), columns.ravel(), np.arange(length + 1) * taps), shape=(length, count))
    gram = np.empty((taps, count))
    for distance in range(taps):
        gram[distance] = sum(
            np.bincount(columns[:, tap], weights[:, tap] * weights[:, tap + distance], count)
            for tap in range(taps - distance)
        )
    gram[0] += _RIDGE
    fitted = solveh_banded(gram, enlarge.T @ window.values, lower=True, overwrite_ab=True, check_finite=False)
    residual = np.square(window.values - enlarge @ fitted).ravel()
    kept = int(0.95 * residual.size)
    spare = max(1 - count / length, 0.02)
    return float(np.partition(residual, kept)[:kept].mean() / spare)


def _taps(window: Window, native: float, kernel: str, shift: float) -> tuple[FloatArray, NDArray[np.int64]]:
    weight, taps = ENLARGERS[kernel]
    length = window.values.shape[0]
    position = (np.arange(window.begin, window.begin + length) + 0.5) * native / window.size - 0.5 + shift
    first = np.floor(position + (0.5 if taps % 2 else 0)).astype(np.int64) - (taps - 1) // 2
    column = first[:, None] + np.arange(taps)
    weights = weight(np.abs(position[:, None] - column))
    weights[(column < 0) | (column > np.ceil(native) - 1)] = 0
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return weights, first - int(first.min())


def _cubic(a: float) -> Callable[[FloatArray], FloatArray]:
    def weight(x: FloatArray) -> FloatArray:
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        return np.where(x < 1, near, np.where(x < 2, far, 0.0))

    return weight


def _linear(x: FloatArray) -> FloatArray:
    weights: FloatArray = np.maximum(1 - x, 0.0)
    return weights


def _lanczos(x: FloatArray) -> FloatArray:
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


ENLARGERS: dict[str, tuple[Callable[[FloatArray], FloatArray], int]] = {
    "nearest": (np.ones_like, 1),
    "bilinear": (_linear, 2),
    "bicubic": (_cubic(-0.5), 4),
    "bicubic, a = -0.75": (_cubic(-0.75), 4),
    "lanczos": (_lanczos, 6),
}
"""Weight at a distance, and how many samples it reaches over, of the kernels that are tried."""
