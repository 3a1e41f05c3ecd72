"""Transparency: hidden colours must not leak into visible ones, and a picture is measured as it is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from apercu.image import Image
from apercu.resample import FloatImage


def bleed(image: Image) -> Image:
    """The picture with each fully transparent pixel given the colour of the nearest visible one.

    Those colours are never seen; without this step a network (or any filter) would mix them into the visible edge as a
    fringe.
    """
    if image.alpha is None:
        return image
    hidden = image.alpha == 0
    if not hidden.any() or hidden.all():
        return image
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return replace(image, pixels=np.ascontiguousarray(image.pixels[tuple(nearest)]))


def as_seen(image: Image) -> FloatImage:
    """The colours of a picture as they look on a middle grey ground, (H, W, C); without alpha just its colours.

    Two transparent pictures are compared this way, so that hidden colours do not count and the outline does.
    """
    if image.alpha is None:
        return image.pixels
    alpha = image.alpha[:, :, None]
    seen: FloatImage = image.pixels * alpha + np.float32(0.5) * (1 - alpha)
    return seen
