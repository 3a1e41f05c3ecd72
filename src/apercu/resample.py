"""Separable resampling as a sparse matrix per axis, in Pillow's convention.

Output pixel i looks at the input around (i + 0.5) * n_in / n_out - 0.5. When the picture shrinks, the kernel is widened
by the factor, which keeps fine stripes from turning into moire. At the border the window is cut and its weights are
made to sum to one again.

Having the operation as a matrix is what makes the measures possible: its transpose and its pseudoinverse are then exact
(see `measure/consistency.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from apercu.errors import InputError, ShapeError
from apercu.records import Kernel as Kernel

if TYPE_CHECKING:
    from scipy.sparse import csr_array

KERNELS: tuple[str, ...] = get_args(Kernel)
FloatImage: TypeAlias = NDArray[np.float32]
FloatArray: TypeAlias = NDArray[np.float64]
_LINES_AT_ONCE = 256


def resample_matrix(n_in: int, n_out: int, kernel: Kernel) -> csr_array[np.float64]:
    """Weights that turn a row of `n_in` samples into one of `n_out` samples.

    Args:
        n_in: samples before, at least 1.
        n_out: samples after, at least 1.
        kernel: "bicubic" (a = -0.5, reach 2), "bilinear" (reach 1), "box" (reach 0.5) or "lanczos" (reach 3).

    Returns:
        Sparse float64 matrix (n_out, n_in); every row sums to one. Equal sizes give the identity.

    Raises:
        ShapeError: a size is below 1.
        InputError: the kernel is not known.
    """
    from scipy.sparse import csr_array, eye_array

    if n_in < 1 or n_out < 1:
        raise ShapeError(f"cannot resample {n_in} samples to {n_out}: both must be at least 1")
    if kernel not in _KERNEL_TABLE:
        raise InputError(f"the kernel {kernel!r} is not known; expected one of {', '.join(KERNELS)}")
    if n_in == n_out:
        return csr_array(eye_array(n_in))
    weight, reach = _KERNEL_TABLE[kernel]
    factor = n_in / n_out
    widening = max(factor, 1.0)
    centre = (np.arange(n_out) + 0.5) * factor
    first = np.maximum((centre - reach * widening + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach * widening + 0.5).astype(np.int64), n_in)
    column = first[:, None] + np.arange(int((last - first).max()))
    weights = np.where(column < last[:, None], weight((column + 0.5 - centre[:, None]) / widening), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    row = np.broadcast_to(np.arange(n_out)[:, None], column.shape)
    kept = weights != 0
    return csr_array((weights[kept], (row[kept], column[kept])), shape=(n_out, n_in))


class PixelSource(Protocol):
    """Whatever gives float32 when it is sliced: an array, or a large picture that is converted a piece at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W, C)."""
        ...

    def __getitem__(self, key: Any, /) -> FloatImage:  # noqa: ANN401 -- a slice, or one for rows and one for columns
        """A piece."""
        ...


def resize(pixels: PixelSource, size: tuple[int, int], kernel: Kernel) -> FloatImage:
    """Resample a picture to `size`, without clipping: bicubic and Lanczos may leave 0..1 beside strong edges.

    Args:
        pixels: (H, W, C) float32.
        size: (height, width) of the result.
        kernel: see `resample_matrix`.

    Returns:
        (height, width, C) float32.

    Raises:
        ShapeError: `pixels` is not (H, W, C), or a size is below 1.
    """
    _check_ndim(pixels)
    result = np.empty((*size, pixels.shape[2]) if min(size) > 0 else (0, 0, 0), np.float32)
    for rows, strip in resize_strips(pixels, size, kernel):
        result[rows] = strip
    return result


def resize_strips(
    pixels: PixelSource, size: tuple[int, int], kernel: Kernel, *, values_at_once: int = 2**22
) -> Iterator[tuple[slice, FloatImage]]:
    """`resize`, some rows of the result at a time, from top to bottom: (rows, their pixels).

    Args:
        pixels: (H, W, C) float32; only the rows that a strip needs are read.
        size: (height, width) of the whole result.
        kernel: see `resample_matrix`.
        values_at_once: about how many values of the result make a strip.

    Raises:
        ShapeError: `pixels` is not (H, W, C), or a size is below 1.
    """
    _check_ndim(pixels)
    rows = resample_matrix(pixels.shape[0], size[0], kernel).astype(np.float32)
    columns = resample_matrix(pixels.shape[1], size[1], kernel).astype(np.float32)
    at_once = max(1, values_at_once // (max(size[1], pixels.shape[1]) * pixels.shape[2]))
    for top in range(0, size[0], at_once):
        strip = slice(top, min(top + at_once, size[0]))
        read = reads(rows[strip])
        yield strip, apply_per_axis(rows[strip, read], columns, pixels[read])


def reads(matrix: csr_array[np.float32]) -> slice:
    """The columns of a matrix that hold its nonzeros, from the first to the last."""
    if matrix.nnz == 0:
        return slice(0, 1)
    return slice(int(matrix.indices.min()), int(matrix.indices.max()) + 1)


def apply_per_axis(rows: csr_array[np.float32], columns: csr_array[np.float32], pixels: FloatImage) -> FloatImage:
    """Apply one matrix along the width and one along the height of a picture, one channel at a time.

    The width always comes first, so that a strip of a picture gives the very numbers that the whole picture gives.

    Args:
        rows: (h, H) float32.
        columns: (w, W) float32.
        pixels: (H, W, C) float32.

    Returns:
        (h, w, C) float32.
    """
    result = np.empty((rows.shape[0], columns.shape[0], pixels.shape[2]), np.float32)
    between = np.empty((pixels.shape[0], columns.shape[0]), np.float32)
    for channel in range(pixels.shape[2]):
        for lines in _lines(pixels.shape[0]):
            between[lines] = (columns @ np.ascontiguousarray(pixels[lines, :, channel].T)).T
        for lines in _lines(columns.shape[0]):
            result[:, lines, channel] = rows @ np.ascontiguousarray(between[:, lines])
    return result


def _check_ndim(pixels: PixelSource) -> None:
    if len(pixels.shape) != 3:
        raise ShapeError(f"a picture must have the shape (H, W, C); this array has {pixels.shape}")


def _lines(count: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _LINES_AT_ONCE, count)) for begin in range(0, count, _LINES_AT_ONCE))


def _bicubic(x: FloatArray) -> FloatArray:
    """Keys' cubic with a = -0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _bilinear(x: FloatArray) -> FloatArray:
    weights: FloatArray = np.maximum(1 - np.abs(x), 0.0)
    return weights


def _box(x: FloatArray) -> FloatArray:
    """A sample exactly between two windows belongs to the earlier one."""
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


def _lanczos(x: FloatArray) -> FloatArray:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


_KERNEL_TABLE: dict[str, tuple[Callable[[FloatArray], FloatArray], float]] = {
    "bicubic": (_bicubic, 2.0),
    "bilinear": (_bilinear, 1.0),
    "box": (_box, 0.5),
    "lanczos": (_lanczos, 3.0),
}
