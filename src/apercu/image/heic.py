"""HEIC, the photographs of telephones: read through libheif; never written, since that needs a licensed encoder."""

from __future__ import annotations

import math
import os
from typing import Any, BinaryIO

import numpy as np

from apercu.errors import ImageError
from apercu.image.cicp import colr_losses
from apercu.image.decoder import damaged, stretch
from apercu.image.files import refuse_too_large
from apercu.image.metadata import sound
from apercu.image.picture import Image, Space
from apercu.image.scratch import new_samples

_MODES: dict[str, tuple[Space, bool]] = {
    "L": ("grey", False), "LA": ("grey", True), "RGB": ("rgb", False), "RGBA": ("rgb", True),
}  # fmt: skip
_CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_HEADER_BYTES = 2**22
_MOST_BOXES = 10_000
_INSIDE = {b"meta": 4, b"iinf": 6, b"iprp": 0, b"ipco": 0}
"""Boxes that hold boxes (ISO/IEC 14496-12 and 23008-12), and how many bytes stand before those."""
_NAMED = {b"infe": 8, b"auxC": 4}
"""Boxes that hold types and names, and how many bytes of versions and numbers stand before those."""


def read_heic(file: BinaryIO, path: str | os.PathLike[str], max_pixels: int) -> Image:
    """Read the one picture of a HEIC file, turned as the file says. It is decoded whole.

    Raises:
        ImageError: it is damaged, too large, or holds several pictures.
    """
    import pi_heif

    file.seek(0)
    if problem := _problem_of_boxes(file.read(_HEADER_BYTES)):
        raise damaged(path, f": {problem}")
    file.seek(0)
    try:
        opened = pi_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=True)
        pictures = len(opened)
        stored = opened[opened.primary_index]
        width, height = stored.size
    except Exception as error:
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
    except Exception as error:
        raise damaged(path, f": {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    shape = (height, width, _CHANNELS[mode])
    if decoded.size != math.prod(shape) or decoded.dtype != (np.uint16 if deep else np.uint8):
        raise damaged(path, ": its samples are not those that it announces")
    decoded = decoded.reshape(shape)
    samples = new_samples(decoded.shape, np.uint16 if deep else np.uint8)
    samples[:] = decoded
    stretch(samples, int(stored.info.get("bit_depth") or 8))
    icc = stored.info.get("icc_profile")
    kept = sound(
        space, icc=icc, exif=stored.info.get("exif"), xmp=stored.info.get("xmp"),
        notes=_losses(stored.info) + (() if icc else colr_losses(file)),
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


def _problem_of_boxes(data: bytes) -> str:
    """What is wrong with the boxes at the beginning of a file, or nothing.

    The library behind ends the process where the types and names of items are no text.
    """
    boxes = 0
    waiting = [(0, len(data), 0)]
    while waiting:
        place, end, depth = waiting.pop()
        while place + 8 <= end:
            boxes += 1
            length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
            inside = place + 8
            if length == 1:  # the length stands in the next eight bytes
                length, inside = int.from_bytes(data[inside : inside + 8], "big"), inside + 8
            after = place + length if length else end  # 0: to the end
            if after < inside or boxes > _MOST_BOXES:
                return f"its boxes are damaged, or more than {_MOST_BOXES:,}"
            content_end = min(after, end)
            if kind in _NAMED and not _is_text(data[inside + _NAMED[kind] : content_end]):
                return "the names inside it are no text"
            if kind in _INSIDE and depth < 4:
                wide = 2 if kind == b"iinf" and data[inside : inside + 1] != b"\0" else 0  # a longer count of items
                waiting.append((inside + _INSIDE[kind] + wide, content_end, depth + 1))
            place = after
    return ""


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _losses(info: dict[str, Any]) -> tuple[str, ...]:
    """What else the file holds; pictures of depth and brightness belong to the size that they were made for."""
    words = (("depth_images", "a picture of depths"), ("aux", "auxiliary pictures, such as an HDR gain map"))
    return tuple(text for name, text in words if info.get(name))
