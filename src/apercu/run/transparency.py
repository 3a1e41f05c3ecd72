"""What lies under transparent pixels must not leak into the visible ones when a picture is enlarged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from apercu.image import Image


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
