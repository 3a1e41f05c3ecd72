"""Traces that a codec leaves in the fine parts of a picture, also where its quality can no longer be read."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from apercu.inspection.crops import Plane

SIDE = 256
"""Side of the piece that is looked at, from the upper left corner of what is given."""
_SMALL = 1.0
"""Cosine coefficients below one step of 255 count as nothing."""


def emptied(plane: Plane, block: int) -> float:
    """How much emptier the fine cosine coefficients of blocks are where the grid of a codec lies than elsewhere.

    A codec rounds most of the fine coefficients of its blocks to nothing. So with the blocks cut where it cut them,
    many more of them are next to nothing than with any other cut: 0 (no grid) to 1.

    Args:
        plane: (H, W) luma on 0..255.
        block: side of a block: 8 for JPEG, 4 for WebP.
    """
    plane = plane[:SIDE, :SIDE]
    if min(plane.shape) < 3 * block:
        return 0.0
    k, i = np.mgrid[0:block, 0:block]
    cosines = np.cos(np.pi * (i + 0.5) * k / block) * np.where(k == 0, np.sqrt(1 / block), np.sqrt(2 / block))
    across = sliding_window_view(plane, block, axis=1) @ cosines.astype(np.float32).T
    both = sliding_window_view(across, block, axis=0) @ cosines.astype(np.float32).T
    nothing: NDArray[np.float64] = (np.abs(both[:, :, k + i > block // 2]) < _SMALL).mean(axis=2)
    shares = np.array([nothing[y::block, x::block].mean() for y in range(block) for x in range(block)])
    usual = float(np.median(shares))
    return float(shares.max() - usual) / max(1 - usual, 0.05)
