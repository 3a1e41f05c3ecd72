"""What a low-resolution picture determines about its enlargement.

Shrinking by a fixed kernel is a linear map A from large pictures to small ones. It loses detail: many large pictures
shrink to the same small one. The pseudoinverse A+ picks the one among them with the least energy, and splits every
enlargement y of a picture x into three parts that sum to y:

    determined = A+ x               what the input fixes
    changed    = A+ (A y - x)       where the result contradicts the input
    added      = y - A+ A y         what shrinking cannot see: it came from the model, not from the input

Energy is weighted: A+ = W A^T (A W A^T)^-1 with the diagonal W = 1 / (column sums of A). Away from the border all
weights are nearly equal and this is the usual A^T (A A^T)^-1. At the border, where Pillow cuts the kernel, the
unweighted form would call a quarter of the brightness of a plain white picture "added"; with the weights flat pictures
are determined everywhere, A+ A 1 = 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from apercu.errors import ShapeError
from apercu.resample import FloatArray, FloatImage, Kernel, PixelSource, apply_per_axis, reads, resample_matrix

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_VALUES_AT_ONCE = 2**23


class ShrinkOperator:
    """A = A_y (x) A_x: shrinking along the height and along the width, with its exact pseudoinverse.

    A+ is computed per axis: A_y W_y A_y^T is a positive definite matrix with a few diagonals, so it costs O(pixels).
    Its condition is below 25 for every factor from 1.05 and grows like 0.5 / (factor - 1) towards 1 (500 for 1000 to
    1001 samples, bilinear); it is never singular, so nothing is regularised.

    Args:
        hr_size: (height, width) before shrinking.
        lr_size: (height, width) after shrinking, at most `hr_size` on each axis. An equal size leaves the axis alone.
        kernel: see `apercu.resample`.

    Raises:
        ShapeError: `hr_size` is smaller than `lr_size` on an axis.
        InputError: the kernel is not known.
    """

    def __init__(self, hr_size: tuple[int, int], lr_size: tuple[int, int], kernel: Kernel) -> None:
        if hr_size[0] < lr_size[0] or hr_size[1] < lr_size[1]:
            raise ShapeError(
                f"the result is {hr_size[0]} x {hr_size[1]} (height x width), the input {lr_size[0]} x {lr_size[1]}; "
                "the result must not be smaller",
                hint="Give the input first and the enlarged picture second.",
            )
        self.hr_size = hr_size
        self.lr_size = lr_size
        self._y = _shrink_axis(hr_size[0], lr_size[0], kernel)
        self._x = _shrink_axis(hr_size[1], lr_size[1], kernel)

    def apply(self, y: FloatImage) -> FloatImage:
        """A y: (H, W, C) float32 to (h, w, C) float32.

        Raises:
            ShapeError: `y` does not have the size `hr_size`.
        """
        _check_size(y, self.hr_size)
        return apply_per_axis(self._y.matrix, self._x.matrix, y)

    def pinv(self, x: FloatImage) -> FloatImage:
        """A+ x: (h, w, C) float32 to (H, W, C) float32, the large picture of least energy that shrinks to `x` exactly.

        It may leave 0..1 beside strong edges.

        Raises:
            ShapeError: `x` does not have the size `lr_size`.
        """
        return self.lift(self.solve_gram(x))

    def lift(self, x: FloatImage) -> FloatImage:
        """W A^T x: (h, w, C) float32 to (H, W, C) float32.

        Raises:
            ShapeError: `x` does not have the size `lr_size`.
        """
        _check_size(x, self.lr_size)
        return apply_per_axis(self._y.lifting, self._x.lifting, x)

    def solve_gram(self, x: FloatImage) -> FloatImage:
        """(A W A^T)^-1 x, (h, w, C) float32 both ways; float64 inside.

        Raises:
            ShapeError: `x` does not have the size `lr_size`.
        """
        _check_size(x, self.lr_size)
        return _solve_both(self._y.factor, self._x.factor, x)

    def split_strips(self, lr: PixelSource, sr: PixelSource) -> Iterator[SplitStrip]:
        """The parts of an enlargement, some rows at a time, from top to bottom.

        (A W A^T)^-1 reaches over the whole height, but its weights fall off fast: each strip is solved together with as
        many rows of its neighbours as carry more than 1e-9 of the weight. That gives the whole picture's numbers to
        float32 precision, with the memory of a strip.

        Args:
            lr: input, (h, w, C) float32.
            sr: result, (H, W, C) float32.
        """
        lr_rows, hr_rows = self.lr_size[0], self.hr_size[0]
        values = sr.shape[1] * sr.shape[2] * hr_rows / lr_rows
        at_once = min(lr_rows, max(16, int(_VALUES_AT_ONCE / values)))
        halo = 0 if at_once == lr_rows else self._y.halo()
        for begin in range(0, lr_rows, at_once):
            end = min(begin + at_once, lr_rows)
            hr = slice(-(-begin * hr_rows // lr_rows), -(-end * hr_rows // lr_rows))
            lifting = self._y.lifting[hr]
            near = reads(lifting)
            far = slice(max(0, min(near.start, begin) - halo), min(lr_rows, max(near.stop, end) + halo))
            matrix = self._y.matrix[far]
            seen = reads(matrix)
            seen = slice(min(seen.start, hr.start), max(seen.stop, hr.stop))
            large = sr[seen]
            shrunken = apply_per_axis(matrix[:, seen], self._x.matrix, large)
            residual = shrunken - lr[far]
            factor = self._y.factor_of(far)
            strip = large[hr.start - seen.start : hr.stop - seen.start]
            visible = _solve_both(factor, self._x.factor, shrunken)
            contrary = _solve_both(factor, self._x.factor, residual)
            core = slice(begin - far.start, end - far.start)
            energy = np.vdot(
                contrary[core],
                apply_per_axis(self._y.energy[begin:end, far], self._x.energy, contrary),
            )
            added = strip - apply_per_axis(lifting[:, far], self._x.lifting, visible)
            yield SplitStrip(hr, strip, added, float(energy), residual[core])


@dataclass(frozen=True)
class Split:
    """The three parts of an enlargement, each (H, W, C) float32; they sum to it."""

    determined: FloatImage
    changed: FloatImage
    added: FloatImage


def split(lr: FloatImage, sr: FloatImage, *, kernel: Kernel = "bicubic") -> Split:
    """Split an enlargement into what its input determines, what contradicts it, and what was added.

    It says plainly, on whole pictures, what `measure_fidelity` computes strip by strip.

    Args:
        lr: input, (h, w, C) float32.
        sr: result, (H, W, C) float32.
        kernel: the shrinking that is assumed to have made `lr`.

    Raises:
        ShapeError: the channels differ, or the result is smaller than the input.
    """
    check_channels(lr, sr)
    shrink = ShrinkOperator((sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1]), kernel)
    shrunken = shrink.apply(sr)
    return Split(determined=shrink.pinv(lr), changed=shrink.pinv(shrunken - lr), added=sr - shrink.pinv(shrunken))


@dataclass(frozen=True)
class SplitStrip:
    """Some rows of a `Split`.

    Attributes:
        rows: rows of the result.
        sr: the result itself there, (rows, W, C) float32.
        added: what shrinking cannot see, of the same shape.
        changed_energy: |changed|^2 of these rows, worked out at the input's size.
        residual: A y - x of the input's rows that belong to them, (rows, w, C) float32.
    """

    rows: slice
    sr: FloatImage
    added: FloatImage
    changed_energy: float
    residual: FloatImage


def check_channels(lr: PixelSource, sr: PixelSource) -> None:
    """Refuse pictures that cannot be compared.

    Raises:
        ShapeError: one is not (H, W, C), or the channels differ.
    """
    if len(lr.shape) != 3 or len(sr.shape) != 3 or lr.shape[2] != sr.shape[2]:
        raise ShapeError(
            f"the input has the shape {lr.shape} and the result {sr.shape}; expected (H, W, C) with equal C",
            hint="Compare grey with grey, colour with colour and CMYK with CMYK.",
        )


@dataclass(frozen=True)
class _ShrinkAxis:
    """One axis: A, L = W A^T, L^T L, and A W A^T by its diagonals (LAPACK's upper form)."""

    matrix: csr_array[np.float32]
    lifting: csr_array[np.float32]
    energy: csr_array[np.float32]
    gram: FloatArray

    @cached_property
    def factor(self) -> FloatArray:
        """The banded Cholesky factor of the whole axis."""
        return self.factor_of(slice(None))

    def factor_of(self, lines: slice) -> FloatArray:
        """The factor of the block of A W A^T that belongs to some lines."""
        from scipy.linalg import cholesky_banded

        factor: FloatArray = cholesky_banded(self.gram[:, lines])
        return factor

    def halo(self) -> int:
        """Lines after which the inverse of A W A^T carries less than 1e-9 of its weight.

        The reach differs along the axis: near a factor of 1 it is long only where the two grids drift through each
        other. It is longest about the weakest pivot of the factorisation, and is doubled for safety.
        """
        weakest = int(self.factor[-1].argmin())
        impulse = np.zeros(self.gram.shape[1])
        impulse[weakest] = 1.0
        weights = np.abs(_solve(self.factor, impulse))
        felt = np.flatnonzero(weights > 1e-9 * weights.max())
        return min(2 * (int(np.abs(felt - weakest).max()) + 1), impulse.size)


def _solve(factor: FloatArray, lines: FloatArray) -> FloatArray:
    from scipy.linalg import cho_solve_banded

    solution: FloatArray = cho_solve_banded((factor, False), lines, check_finite=False)
    return solution


def _solve_both(along_y: FloatArray, along_x: FloatArray, x: FloatImage) -> FloatImage:
    solved = np.empty(x.shape, np.float32)
    for channel in range(x.shape[2]):
        solved[:, :, channel] = _solve(along_x, _solve(along_y, x[:, :, channel].astype(np.float64)).T).T
    return solved


def _shrink_axis(n_hr: int, n_lr: int, kernel: Kernel) -> _ShrinkAxis:
    from scipy.sparse import diags_array

    matrix = resample_matrix(n_hr, n_lr, kernel)
    sums: FloatArray = np.asarray(matrix.sum(axis=0))
    # A sample that no window sees (box kernel, a few factors) has the sum 0; its weight has no effect.
    weights = 1 / np.where(sums > 0, sums, 1.0)
    lifting = (diags_array(weights) @ matrix.T).tocsr()
    gram = (matrix @ lifting).tocoo()
    diagonals = int(np.abs(gram.row - gram.col).max()) + 1
    banded = np.zeros((diagonals, n_lr))
    upper = gram.col >= gram.row
    banded[diagonals - 1 + gram.row[upper] - gram.col[upper], gram.col[upper]] = gram.data[upper]
    return _ShrinkAxis(
        matrix.astype(np.float32),
        lifting.astype(np.float32),
        (lifting.T @ lifting).tocsr().astype(np.float32),
        banded,
    )


def _check_size(pixels: FloatImage, size: tuple[int, int]) -> None:
    if pixels.ndim != 3 or pixels.shape[:2] != size:
        raise ShapeError(f"the array has the shape {pixels.shape}; expected ({size[0]}, {size[1]}, C)")
