"""The map of added detail, drawn for people.

The picture lies beneath in dim grey. Added detail glows above it: violet for a trace, magenta, amber, pale yellow where
it is strong. Lightness rises along the ramp, so that it reads the same without colour vision and in print. The scale is
fixed: the same colour means the same amount in every picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apercu.errors import ShapeError
from apercu.resample import FloatImage

FULL_SCALE = 32 / 255  # added detail, on 0..1, that is drawn in the brightest colour
_OPAQUE_FROM = 6 / 255
_STOPS: tuple[tuple[float, tuple[int, int, int]], ...] = (
    (0.0, (45, 25, 85)),
    (4 / 255, (105, 35, 130)),
    (10 / 255, (190, 45, 120)),
    (18 / 255, (240, 115, 60)),
    (25 / 255, (255, 180, 70)),
    (FULL_SCALE, (255, 245, 190)),
)
_ROWS_AT_ONCE = 256


def added_heatmap(added: FloatImage, sr: FloatImage) -> NDArray[np.uint8]:
    """Draw where a result holds detail that its input does not determine.

    Args:
        added: (H, W) float32 from `added_map`, on the 0..1 scale of the picture.
        sr: the result itself, (H, W, 1 or 3) float32 in 0..1.

    Returns:
        (H, W, 3) uint8 RGB. From 6/255 on the colour covers the picture; from 32/255 on it is the brightest.

    Raises:
        ShapeError: the sizes differ.
    """
    if sr.ndim != 3 or added.shape != sr.shape[:2]:
        raise ShapeError(
            f"the map has the size {added.shape} and the picture {sr.shape}; expected (H, W) and (H, W, C)"
        )
    drawn = np.empty((*added.shape, 3), np.uint8)
    for top in range(0, added.shape[0], _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        drawn[rows] = _drawn(added[rows], sr[rows])
    return drawn


def heatmap_legend() -> tuple[tuple[float, tuple[int, int, int]], ...]:
    """Stops of the colour ramp: (added detail on 0..1, RGB of 255); between them colours are mixed linearly."""
    return _STOPS


def _drawn(added: FloatImage, sr: FloatImage) -> NDArray[np.uint8]:
    values = np.array([value for value, _ in _STOPS])
    colours = np.array([colour for _, colour in _STOPS], np.float64)
    ramp = np.stack([np.interp(added, values, colours[:, channel]) for channel in range(3)], axis=-1)
    grey = 20 + 75 * np.clip(sr.mean(axis=2, keepdims=True, dtype=np.float64), 0, 1)
    cover = np.clip(added / _OPAQUE_FROM, 0, 1)[:, :, None]
    blended: NDArray[np.uint8] = np.rint(grey + cover * (ramp - grey)).astype(np.uint8)
    return blended
