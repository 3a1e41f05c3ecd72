"""How much of a result its input determines, in numbers and as a map. `docs/fidelity.md` says it in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from apercu.errors import RunError
from apercu.measure.consistency import ShrinkOperator, check_channels
from apercu.measure.metrics import lr_psnr_from
from apercu.measure.sanity import Extent, energy, extent_of, sanity_problems
from apercu.records import FidelityReport
from apercu.resample import FloatImage, Kernel, PixelSource

FLAT_RMS = 0.5 / 255


def measure_fidelity(lr: PixelSource, sr: PixelSource, *, kernel: Kernel = "bicubic") -> FidelityReport:
    """Measure a result against its input alone; the true large picture is not needed.

    A shrinks by `kernel`, A+ is its pseudoinverse, y is `sr`, x is `lr` (see `measure.consistency`):

    * lr_psnr_db: PSNR between A y and x, all channels, no crop, no rounding, at most 120.
    * max_abs_lr_error: max |A y - x|, on 0..1.
    * added_share: |y - A+ A y|^2 / |y - mean(y)|^2, the mean taken per channel; in 0..1, and 0 for a flat picture.
    * changed_share: |A+ (A y - x)|^2 over the same; clipped to 0..1.
    * added_rms, added_max: root mean square and maximum of |y - A+ A y| over pixels and channels, on 0..1.

    Works on some rows at a time, so the memory beside the pictures does not grow with their height.

    Args:
        lr: input, (h, w, C) float32 in 0..1.
        sr: result, (H, W, C) float32 in 0..1, at least as large on each axis.
        kernel: the shrinking that is assumed to have made `lr`.

    Raises:
        ShapeError: the channels differ, or the result is smaller than the input.
        RunError: the result holds NaN or infinite values.
    """
    check_channels(lr, sr)
    scale = (sr.shape[0] / lr.shape[0], sr.shape[1] / lr.shape[1])
    shrink = ShrinkOperator((sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1]), kernel)
    count = int(np.prod(sr.shape, dtype=np.int64))
    added_energy, added_max, changed_energy, residual_energy, residual_max = 0.0, 0.0, 0.0, 0.0, 0.0
    extent = Extent(sr.shape[2])
    for strip in shrink.split_strips(lr, sr):
        extent.take_in(strip.sr)
        if extent.broken:
            raise RunError("the result holds values that are not numbers (NaN or infinite)", hint="Try another model.")
        added_energy += energy(strip.added)
        added_max = max(added_max, float(strip.added.max()), -float(strip.added.min()))
        changed_energy += strip.changed_energy
        residual_energy += energy(strip.residual)
        residual_max = max(residual_max, float(strip.residual.max()), -float(strip.residual.min()))
    contrast_energy = extent.contrast_energy
    return FidelityReport(
        scale=scale,
        kernel=kernel,
        lr_psnr_db=lr_psnr_from(residual_energy / int(np.prod(lr.shape, dtype=np.int64))),
        max_abs_lr_error=residual_max,
        added_share=_share(added_energy, contrast_energy, count),
        added_rms=float(np.sqrt(added_energy / count)),
        added_max=added_max,
        changed_share=_share(changed_energy, contrast_energy, count),
        sanity=sanity_problems(extent_of(lr), extent, lr.shape, sr.shape, scale=scale),
    )


def added_map(lr: PixelSource, sr: PixelSource, *, kernel: Kernel = "bicubic") -> FloatImage:
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
    result = np.empty((sr.shape[0], sr.shape[1]), np.float32)
    for rows, added in added_map_strips(lr, sr, kernel=kernel):
        result[rows] = added
    return result


def added_map_strips(
    lr: PixelSource, sr: PixelSource, *, kernel: Kernel = "bicubic"
) -> Iterator[tuple[slice, FloatImage]]:
    """`added_map`, some rows at a time, from top to bottom: (rows, their part of the map)."""
    check_channels(lr, sr)
    shrink = ShrinkOperator((sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1]), kernel)
    for strip in shrink.split_strips(lr, sr):
        yield strip.rows, np.sqrt(np.square(strip.added).mean(axis=2))


def _share(energy: float, contrast_energy: float, count: int) -> float:
    """Share of the contrast; a picture with less contrast than half a step of 8 bits (rms) counts as flat."""
    if contrast_energy <= count * FLAT_RMS**2:
        return 0.0
    return min(1.0, energy / contrast_energy)
