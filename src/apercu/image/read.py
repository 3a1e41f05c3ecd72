"""Read a picture without loss: bit depth, alpha, frames, profile and metadata come with the samples.

Nothing is converted silently. What cannot be held exactly (floating point, HDR, ...) is refused with the reason. A
decoder is chosen by the first bytes of the file, never by its name and never by guessing, so that SVG, PDF or
script-like formats cannot be opened by mistake.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace

from apercu.errors import ImageError
from apercu.image.apng import read_apng
from apercu.image.bmp import read_bmp
from apercu.image.decoder import decode
from apercu.image.files import open_picture
from apercu.image.heic import read_heic
from apercu.image.picture import Image
from apercu.image.png_header import count_frames
from apercu.image.recognise import recognised

# A JPEG with stray bytes between its segments is whole; before a restart marker (d0 to d7) they mean lost picture data.
_STRAY_BYTES = re.compile(r"extraneous bytes before marker 0x(?!d[0-7])")

_LARGEST_DPI = 25_400_000  # pixels of a nanometre; the encoder takes no smaller ones


def read_image(path: str | os.PathLike[str], *, max_pixels: int = 268_000_000) -> Image:
    """Read a PNG, JPEG, WebP, TIFF, AVIF, HEIC, GIF or BMP; of an animated PNG, WebP or GIF every frame as it is shown.

    Palettes become RGB (or grey), 1-bit becomes 8-bit grey, EXIF orientation is applied. Everything else stays as it is
    stored; what cannot be kept is named in `Image.not_carried`.

    Args:
        path: file; its content decides the format, not its name.
        max_pixels: frames x height x width above which the file is refused before anything is decoded.

    Raises:
        ImageError: the file is missing, unreadable, damaged, cut short, too large, or cannot be held exactly.
    """
    image = _read(path, max_pixels)
    if image.dpi is None or max(image.dpi) <= _LARGEST_DPI:
        return image
    stated = "a resolution of {:,.0f} x {:,.0f} dots per inch".format(*image.dpi)
    return replace(image, dpi=None, not_carried=(*image.not_carried, stated))


def _read(path: str | os.PathLike[str], max_pixels: int) -> Image:
    with open_picture(path) as file:
        format_ = recognised(file, path)
        if format_ == "bmp":
            return read_bmp(file, path, max_pixels)
        if format_ == "heic":
            return read_heic(file, path, max_pixels)
        if format_ == "png" and (frames := count_frames(file)) > 1:
            return read_apng(file, path, frames, max_pixels)
        if format_ != "jpeg":
            return decode(file, path, format_, max_pixels)
        try:
            return decode(file, path, format_, max_pixels, fail_on="warning")
        except ImageError as error:
            if not _STRAY_BYTES.search(error.message):
                raise
        return decode(file, path, format_, max_pixels)
