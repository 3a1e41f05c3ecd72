"""BMP: read through Pillow, which is decoded whole; written here, as plain rows."""

from __future__ import annotations

import os
import struct
import warnings
from typing import BinaryIO

import numpy as np

from apercu.errors import ImageError
from apercu.image.decoder import damaged
from apercu.image.files import refuse_too_large
from apercu.image.metadata import sound
from apercu.image.picture import Image
from apercu.image.scratch import let_go, new_samples

_MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB", "RGBA": "RGBA"}
_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}
_ROWS_AT_ONCE = 256
_HEADER = struct.Struct("<2sIHHIIiiHHIIiiII")  # the file header and BITMAPINFOHEADER
_INCH = 0.0254
_V5_BYTES = 124
_LARGEST_PROFILE = 16 * 2**20


def read_bmp(file: BinaryIO, path: str | os.PathLike[str], max_pixels: int) -> Image:
    """Read a BMP. Palettes become RGB, or grey where they are grey.

    Raises:
        ImageError: it is damaged or too large.
    """
    from PIL.BmpImagePlugin import BmpImageFile  # this very class: no other decoder can be reached through a BMP

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = BmpImageFile(file)
    except Exception as error:
        raise damaged(path, f": {error}") from None
    width, height = opened.size
    refuse_too_large(path, (height, width), 1, max_pixels)
    palette = opened.mode == "P"
    if opened.mode not in _MODES:
        raise ImageError(f"{path} stores pixels of the kind {opened.mode}; expected grey or RGB", hint="Export as PNG.")
    mode = _MODES[opened.mode]
    samples = new_samples((height, width, _CHANNELS[mode]), np.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened.load()
            for top in range(0, height, _ROWS_AT_ONCE):
                strip = opened.crop((0, top, width, min(top + _ROWS_AT_ONCE, height))).convert(mode)
                samples[top : top + _ROWS_AT_ONCE] = np.asarray(strip).reshape(-1, width, _CHANNELS[mode])
                let_go(samples)
    except Exception as error:
        raise damaged(path, f": {error}") from None
    icc, notes = _profile(file)
    if palette:
        notes += ("the palette: the colours are held one by one",)
    kept = sound("grey" if mode == "L" else "rgb", icc=icc, exif=None, xmp=None, notes=notes)
    x, y = opened.info.get("dpi", (0, 0))
    return Image(
        samples=samples,
        has_alpha=mode == "RGBA",
        dpi=(float(x), float(y)) if x > 0 and y > 0 else None,
        format="bmp",
        icc=kept.icc,
        not_carried=kept.not_carried,
    )


def _profile(file: BinaryIO) -> tuple[bytes | None, tuple[str, ...]]:
    """The colour profile that a BITMAPV5HEADER embeds, and in words what of it cannot be had."""
    file.seek(14)
    header = file.read(_V5_BYTES)
    kind = header[56:60][::-1]  # a number that spells its meaning
    if len(header) < _V5_BYTES or int.from_bytes(header[:4], "little") < _V5_BYTES or kind not in (b"MBED", b"LINK"):
        return None, ()
    if kind == b"LINK":
        return None, ("a colour profile in another file",)
    start, length = struct.unpack_from("<II", header, 112)
    file.seek(14 + start)
    icc = file.read(length) if length <= _LARGEST_PROFILE else b""
    return (icc, ()) if length and len(icc) == length else (None, ("a damaged colour profile",))


def write_bmp(image: Image, file: BinaryIO) -> None:
    """Write a still picture of 8-bit grey or RGB without alpha, bottom row first."""
    height, width = image.size
    grey = image.space == "grey"
    row = (width * image.channels + 3) // 4 * 4
    table = b"".join(bytes((level, level, level, 0)) for level in range(256)) if grey else b""
    start = _HEADER.size + len(table)
    x, y = (round(value / _INCH) for value in image.dpi or (0, 0))
    file.write(
        _HEADER.pack(
            b"BM", start + row * height, 0, 0, start, 40, width, height, 1, 8 * image.channels, 0, row * height, x, y,
            256 if grey else 0, 0,
        )
    )  # fmt: skip
    file.write(table)
    for bottom in range(height, 0, -_ROWS_AT_ONCE):
        strip = image.samples[max(0, bottom - _ROWS_AT_ONCE) : bottom][::-1]
        padded = np.zeros((len(strip), row), np.uint8)
        padded[:, : width * image.channels] = strip[:, :, ::-1].reshape(len(strip), -1)
        file.write(padded.tobytes())
        let_go(image.samples)
