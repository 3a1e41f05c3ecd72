"""Which parts of a picture are looked at: a bounded number of samples, however large the picture is."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from apercu.errors import ShapeError

Samples: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
Plane: TypeAlias = NDArray[np.float32]
Area: TypeAlias = tuple[slice, slice]

WHOLE_UP_TO = 1 << 19
"""Pixels up to which a picture is looked at whole (768 x 512 is)."""
CROP_SIDE = 256
_PER_AXIS = 3
_GRID = 8


def check_samples(samples: Samples) -> None:
    """Refuse what is not a picture of 8 or 16 bits.

    Raises:
        ShapeError: not (H, W, 1 or 3), empty, or of another type.
    """
    if samples.ndim != 3 or samples.shape[2] not in (1, 3) or 0 in samples.shape:
        raise ShapeError(
            f"a picture to look at must have the shape (H, W, 1) or (H, W, 3); this array has {samples.shape}",
            hint="Take the transparency off first.",
        )
    if samples.dtype not in (np.uint8, np.uint16):
        raise ShapeError(f"a picture to look at must hold uint8 or uint16 samples; this array holds {samples.dtype}")


def spread_crops(samples: Samples) -> tuple[Area, ...]:
    """The whole picture where it is small, otherwise nine crops spread over it.

    Crops begin at multiples of 8 from the upper left corner, so that a grid of JPEG blocks has one place in them all.
    """
    height, width = samples.shape[:2]
    if height * width <= WHOLE_UP_TO:
        return ((slice(0, height), slice(0, width)),)
    return tuple((rows, columns) for rows in _spread(height) for columns in _spread(width))


def _spread(size: int) -> tuple[slice, ...]:
    if size <= CROP_SIDE * _PER_AXIS:
        step = -(-size // _PER_AXIS // _GRID) * _GRID
        return tuple(slice(begin, min(begin + step, size)) for begin in range(0, size, step))
    begins = np.linspace(0, size - CROP_SIDE, _PER_AXIS) // _GRID * _GRID
    return tuple(slice(int(begin), int(begin) + CROP_SIDE) for begin in begins)


def as_255(samples: Samples) -> Plane:
    """Samples as float32 on 0..255."""
    if samples.dtype == np.uint16:
        return samples.astype(np.float32) / np.float32(257)
    return samples.astype(np.float32)


def luma(samples: Samples) -> Plane:
    """BT.601 full-range luma (that of JPEG files), (H, W) float32 on 0..255."""
    values = as_255(samples)
    if values.shape[2] == 1:
        return values[:, :, 0]
    mixed: Plane = values @ np.array([0.299, 0.587, 0.114], np.float32)
    return mixed
