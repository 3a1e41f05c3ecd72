"""How much of a result its input determines, in numbers and as a map. `docs/fidelity.md` says it in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import RunError
from apercu.measure.consistency import ShrinkOperator, check_channels
from apercu.measure.metrics import lr_psnr_of
from apercu.measure.sanity import check_sanity
from apercu.records import FidelityReport
from apercu.resample import FloatImage, Kernel

FLAT_RMS = 0.5 / 255
_ROWS_AT_ONCE = 128


def measure_fidelity(lr: FloatImage, sr: FloatImage, *, kernel: Kernel = "bicubic") -> FidelityReport:
    """Measure a result against its input alone; the true large picture is not needed.

    A shrinks by `kernel`, A+ is its pseudoinverse, y is `sr`, x is `lr` (see `measure.consistency`):

    * lr_psnr_db: PSNR between A y and x, all channels, no crop, no rounding, at most 120.
    * max_abs_lr_error: max |A y - x|, on 0..1.
    * added_share: |y - A+ A y|^2 / |y - mean(y)|^2, the mean taken per channel; in 0..1, and 0 for a flat picture.
    * changed_share: |A+ (A y - x)|^2 over the same; clipped to 0..1.
    * added_rms, added_max: root mean square and maximum of |y - A+ A y| over pixels and channels, on 0..1.

    Works on some rows at a time: beside the pictures it needs a few arrays of the input's size, and nothing of the
    result's.

    Args:
        lr: input, (h, w, C) float32 in 0..1.
        sr: result, (H, W, C) float32 in 0..1, at least as large on each axis.
        kernel: the shrinking that is assumed to have made `lr`.

    Raises:
        ShapeError: the channels differ, or the result is smaller than the input.
        RunError: the result holds NaN or infinite values.
    """
    check_channels(lr, sr)
    if not np.isfinite(sr).all():
        raise RunError("the result holds values that are not numbers (NaN or infinite)", hint="Try another model.")
    scale = (sr.shape[0] / lr.shape[0], sr.shape[1] / lr.shape[1])
    shrink = ShrinkOperator((sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1]), kernel)
    shrunken = shrink.apply(sr)
    visible, contrary = shrink.solve_gram(shrunken), shrink.solve_gram(shrunken - lr)
    mean = sr.mean(axis=(0, 1), dtype=np.float64)
    added_energy, added_max, changed_energy, contrast_energy = 0.0, 0.0, 0.0, 0.0
    for rows in _strips(sr.shape[0]):
        added = sr[rows] - shrink.lift_rows(visible, rows)
        added_energy += _energy(added)
        added_max = max(added_max, float(added.max()), -float(added.min()))
        changed_energy += _energy(shrink.lift_rows(contrary, rows))
        contrast_energy += _energy(sr[rows] - mean)
    return FidelityReport(
        scale=scale,
        kernel=kernel,
        lr_psnr_db=lr_psnr_of(shrunken, lr),
        max_abs_lr_error=float(np.abs(shrunken - lr).max()),
        added_share=_share(added_energy, contrast_energy, sr.size),
        added_rms=float(np.sqrt(added_energy / sr.size)),
        added_max=added_max,
        changed_share=_share(changed_energy, contrast_energy, sr.size),
        sanity=check_sanity(lr, sr, scale=scale),
    )


def added_map(lr: FloatImage, sr: FloatImage, *, kernel: Kernel = "bicubic") -> FloatImage:
    """Where the result holds detail that its input does not determine.

    Args:
        lr: input, (h, w, C) float32 in 0..1; only its size is used.
        sr: result, (H, W, C) float32 in 0..1.
        kernel: the shrinking that is assumed to have made `lr`.

    Returns:
        (H, W) float32: root mean square over the channels of y - A+ A y, on the 0..1 scale of the picture.

    Raises:
        ShapeError: the channels differ, or the result is smaller than the input.
    """
    check_channels(lr, sr)
    shrink = ShrinkOperator((sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1]), kernel)
    visible = shrink.solve_gram(shrink.apply(sr))
    result = np.empty(sr.shape[:2], np.float32)
    for rows in _strips(sr.shape[0]):
        added = sr[rows] - shrink.lift_rows(visible, rows)
        result[rows] = np.sqrt(np.square(added).mean(axis=2))
    return result


def _strips(height: int) -> Iterator[slice]:
    """Cut the rows of a picture into strips."""
    return (slice(top, min(top + _ROWS_AT_ONCE, height)) for top in range(0, height, _ROWS_AT_ONCE))


def _energy(block: NDArray[np.floating[Any]]) -> float:
    """Sum of squares in float64."""
    flat = block.astype(np.float64).ravel()
    return float(np.vdot(flat, flat))


def _share(energy: float, contrast_energy: float, count: int) -> float:
    """Share of the contrast; a picture with less contrast than half a step of 8 bits (rms) counts as flat."""
    if contrast_energy <= count * FLAT_RMS**2:
        return 0.0
    return min(1.0, energy / contrast_energy)
