"""What a PNG says before its samples, where the decoder does not tell or makes something up."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from apercu.image.encoder import PNG_MAGIC

_INCH = 0.0254


def count_frames(file: BinaryIO) -> int:
    """Frames that an animated PNG announces (acTL chunk); 1 for a still one."""
    announced = _chunk_before_samples(file, b"acTL")
    return int.from_bytes(announced[:4], "big") if announced else 1


def png_dpi(file: BinaryIO) -> tuple[float, float] | None:
    """Dots per inch (x, y) of the pHYs chunk; None where there is none or it states only the shape of a pixel."""
    stated = _chunk_before_samples(file, b"pHYs")
    if len(stated) != 9:
        return None
    x, y, unit = struct.unpack(">IIB", stated)
    return (x * _INCH, y * _INCH) if unit == 1 and x and y else None


def _chunk_before_samples(file: BinaryIO, wanted: bytes) -> bytes:
    file.seek(len(PNG_MAGIC))
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        length = int.from_bytes(head[:4], "big")
        if head[4:] == wanted:
            return file.read(min(length, 64))
        file.seek(length + 4, os.SEEK_CUR)
    return b""
