"""What kind of picture a file is, by its first bytes. Only the formats named here are ever handed to a decoder."""

from __future__ import annotations

import os
from typing import BinaryIO

from apercu.errors import ImageError
from apercu.image.encoder import PNG_MAGIC

READ = "PNG, JPEG, WebP, TIFF, AVIF, HEIC, GIF or BMP"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, PNG_MAGIC, "png"), (0, b"\xff\xd8\xff", "jpeg"), (8, b"WEBP", "webp"), (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"), (0, b"BM", "bmp"), (0, b"II*\0", "tiff"), (0, b"MM\0*", "tiff"), (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
)  # fmt: skip
_KNOWN_BUT_REFUSED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"<svg", "SVG"), (0, b"<?xml", "XML or SVG"), (0, b"%PDF", "PDF"), (0, b"%!PS", "PostScript"),
    (0, b"8BPS", "Photoshop"), (0, b"\x76\x2f\x31\x01", "OpenEXR"), (0, b"#?RADIANCE", "HDR"),
    (0, b"\xff\x0a", "JPEG XL"), (4, b"JXL ", "JPEG XL"), (4, b"jP  ", "JPEG 2000"),
)  # fmt: skip
_BRANDS = {
    b"avif": "avif", b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic",
    b"avis": "animated AVIF", b"hevc": "animated HEIC", b"hevx": "animated HEIC",
}  # fmt: skip
"""Brands of the ISO base media format (ISO/IEC 23008-12, annex B; AV1 image file format, section 6)."""


def recognised(file: BinaryIO, path: str | os.PathLike[str]) -> str:
    """The format of a file, as `Image.format` names it.

    Raises:
        ImageError: it is none of those that are read.
    """
    file.seek(0)
    head = file.read(256)
    file.seek(0)
    for offset, magic, format_ in _MAGIC:
        if head.startswith(magic, offset) and (format_ != "webp" or head.startswith(b"RIFF")):
            return format_
    name = next((name for offset, magic, name in _KNOWN_BUT_REFUSED if head.startswith(magic, offset)), "")
    if head[4:8] == b"ftyp":
        name = _by_brand(head)
        if name in ("avif", "heic"):
            return name
    if name:
        raise ImageError(
            f"{path} is a file of the kind {name}, which is not read", hint="Export it as PNG and try again."
        )
    raise ImageError(f"{path} is not a picture; expected {READ}", hint="Export it as PNG and try again.")


def _by_brand(head: bytes) -> str:
    """The first brand that is known: the major one, then the compatible ones."""
    end = max(12, min(int.from_bytes(head[:4], "big"), len(head)))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if brands[0] == b"mif1":  # says nothing about the coding; the others do
        brands.append(b"avif")
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "ISO media")
