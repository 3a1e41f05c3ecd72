"""Transparency: hidden colours must not leak into visible ones, and a picture is measured as it is seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from apercu.image import Image, Pixels
from apercu.resample import FloatImage, PixelSource

REACH = 160
"""Hidden pixels take the colour of a visible one up to this far away: more than any model here can see."""


def bleed(image: Image) -> PixelSource:
    """The colours with each fully transparent pixel given the colour of the nearest visible one.

    Those colours are never seen; without this step a network (or any filter) would mix them into the visible edge as a
    fringe. A hidden pixel with no visible one within `REACH` keeps its colour.
    """
    return image.pixels if image.alpha is None else _Bled(image.pixels, image.samples[:, :, -1])


class _Bled:
    """Colours whose hidden pixels are filled when a piece is taken, (H, W, C) float32."""

    def __init__(self, pixels: Pixels, alpha: np.ndarray[Any, Any]) -> None:
        self._pixels = pixels
        self._alpha = alpha
        self.shape = pixels.shape

    def __getitem__(self, key: Any) -> FloatImage:  # noqa: ANN401 -- a slice, or one for rows and one for columns
        wanted = key if isinstance(key, tuple) else (key, slice(None))
        spans = [slice(*span.indices(n)[:2]) for span, n in zip(wanted, self.shape[:2], strict=True)]
        wide = tuple(
            slice(max(0, span.start - REACH), min(n, span.stop + REACH))
            for span, n in zip(spans, self.shape[:2], strict=True)
        )
        inside = tuple(
            slice(span.start - wider.start, span.stop - wider.start) for span, wider in zip(spans, wide, strict=True)
        )
        hidden = self._alpha[wide] == 0
        if not hidden[inside].any() or hidden.all():
            return self._pixels[tuple(spans)]
        from scipy.ndimage import distance_transform_edt

        distance, nearest = distance_transform_edt(hidden, return_indices=True)
        filled = self._pixels[wide]
        own = filled[inside]
        near = filled[tuple(nearest[:, inside[0], inside[1]])]
        return np.where((distance[inside] <= REACH)[:, :, None], near, own)


def as_seen(image: Image) -> PixelSource:
    """The colours of a picture as they look on a middle grey ground, (H, W, C); without alpha just its colours.

    Two transparent pictures are compared this way, so that hidden colours do not count and the outline does.
    """
    return image.pixels if image.alpha is None else _Seen(image.pixels, image.alpha)


class _Seen:
    """Colours on middle grey, composed when a piece is taken, (H, W, C) float32."""

    def __init__(self, pixels: Pixels, alpha: Pixels) -> None:
        self._pixels = pixels
        self._alpha = alpha
        self.shape = pixels.shape

    def __getitem__(self, key: Any) -> FloatImage:  # noqa: ANN401 -- a slice, or one for rows and one for columns
        alpha = self._alpha[key][:, :, None]
        seen: FloatImage = self._pixels[key] * alpha + np.float32(0.5) * (1 - alpha)
        return seen
