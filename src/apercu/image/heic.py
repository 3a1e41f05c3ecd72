"""HEIC, the photographs of telephones: read through libheif; never written, since that needs a licensed encoder."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import numpy as np

from apercu.errors import ImageError
from apercu.image.decoder import damaged, stretch
from apercu.image.files import refuse_too_large
from apercu.image.metadata import sound
from apercu.image.picture import Image, Space
from apercu.image.scratch import new_samples

_MODES: dict[str, tuple[Space, bool]] = {
    "L": ("grey", False), "LA": ("grey", True), "RGB": ("rgb", False), "RGBA": ("rgb", True),
}  # fmt: skip


def read_heic(file: BinaryIO, path: str | os.PathLike[str], max_pixels: int) -> Image:
    """Read the one picture of a HEIC file, turned as the file says. It is decoded whole.

    Raises:
        ImageError: it is damaged, too large, or holds several pictures.
    """
    import pi_heif

    try:
        opened = pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=True)
        pictures = len(opened)
        stored = opened[opened.primary_index]
        width, height = stored.size
    except Exception as error:  # noqa: BLE001 -- whatever a decoder of hostile files may raise
        raise damaged(path, f": {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    refuse_too_large(path, (height, width), 1, max_pixels)
    if pictures > 1:
        raise ImageError(
            f"{path} holds {pictures} pictures; expected one", hint="Save the one that you need as a file of its own."
        )
    mode, _, deep = stored.mode.partition(";")
    if mode not in _MODES:
        raise ImageError(f"{path} stores pixels of the kind {stored.mode}; expected grey or RGB", hint="Export as PNG.")
    space, has_alpha = _MODES[mode]
    try:
        decoded = np.asarray(stored)
    except Exception as error:  # noqa: BLE001 -- as above
        raise damaged(path, f": {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    decoded = decoded.reshape(height, width, -1)
    samples = new_samples(decoded.shape, np.uint16 if deep else np.uint8)
    samples[:] = decoded
    stretch(samples, int(stored.info.get("bit_depth") or 8))
    kept = sound(
        space, icc=stored.info.get("icc_profile"), exif=stored.info.get("exif"), xmp=stored.info.get("xmp"),
        notes=_losses(stored.info),
    )  # fmt: skip
    return Image(
        samples=samples,
        has_alpha=has_alpha,
        icc=kept.icc,
        exif=kept.exif,
        xmp=kept.xmp,
        format="heic",
        not_carried=kept.not_carried,
    )


def _losses(info: dict[str, Any]) -> tuple[str, ...]:
    """What else the file holds; pictures of depth and brightness belong to the size that they were made for."""
    words = (("depth_images", "a picture of depths"), ("aux", "auxiliary pictures, such as an HDR gain map"))
    return tuple(text for name, text in words if info.get(name))
