"""GIF, written frame by frame so that every frame keeps its own palette and time.

The layout is that of GIF89a; the samples are packed by Pillow.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from apercu.image.picture import Image
from apercu.image.scratch import let_go

_LEAVE, _CLEAR = 1, 2
_HALF = 128


def write_gif(image: Image, file: BinaryIO) -> tuple[str, ...]:
    """Write 8-bit grey or RGB, with or without alpha, still or animated.

    A frame of at most 256 colours is exact; others get the 256 that fit best, without a pattern of dots. Alpha becomes
    on or off at one half.

    Returns:
        What was lost, one sentence each.
    """
    height, width = image.size
    file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0))
    if image.frames > 1 and image.loops != 1:
        again = min(image.loops - 1, 65535) if image.loops else 0  # how often again; 0 for ever
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", again) + b"\0")
    most, soft, unsteady = 0, False, False
    for number, frame in enumerate(image.each_frame()):
        indices, palette, clear, colours = _with_palette(frame)
        most = max(most, colours)
        soft = soft or (frame.has_alpha and _is_soft(frame.samples[:, :, -1]))
        delay = image.delays[number] if image.delays else 0
        unsteady = unsteady or delay % 10 != 0 or delay > 655350
        disposal = _CLEAR if frame.has_alpha and image.frames > 1 else _LEAVE
        file.write(
            b"!\xf9\x04"
            + struct.pack("<BHBB", disposal << 2 | (clear is not None), min(round(delay / 10), 65535), clear or 0, 0)
        )
        table, packed = _packed(indices, palette)
        bits = (len(table) // 3).bit_length() - 2
        file.write(b"," + struct.pack("<HHHHB", 0, 0, width, height, 0x80 | bits) + table + packed)
        let_go(image.samples)
    file.write(b";")
    notes = (
        (most > 256, f"GIF holds 256 colours a frame: {most:,} were reduced to them"),
        (soft, "GIF has no soft transparency: pixels are either clear or solid"),
        (unsteady, "GIF counts time in steps of 10 ms: delays were rounded to them"),
    )
    return tuple(text for holds, text in notes if holds)


def _is_soft(alpha: NDArray[Any]) -> bool:
    return bool(((alpha != 0) & (alpha != 255)).any())


def _with_palette(frame: Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int | None, int]:
    """Indices (H, W), palette (n, 3), the index of clear pixels or None, and how many colours there were."""
    from PIL import Image as Pillow

    colours = frame.samples[:, :, : frame.channels]
    rgb = np.ascontiguousarray(np.repeat(colours, 3, axis=2) if frame.channels == 1 else colours)
    hidden = frame.samples[:, :, -1] < _HALF if frame.has_alpha else None
    if hidden is not None:
        rgb[hidden] = 0
    numbers = rgb.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    visible = numbers if hidden is None else numbers[~hidden]
    seen = np.zeros(1 << 24, bool)
    seen[visible] = True
    used = np.flatnonzero(seen)
    room = 256 if hidden is None else 255
    if len(used) <= room:
        palette = np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1).astype(np.uint8)
        place = np.zeros(1 << 24, np.uint8)
        place[used] = np.arange(len(used))
        indices = place[numbers]
    else:
        reduced = Pillow.fromarray(rgb).quantize(room, method=Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
        indices = np.array(reduced)
        palette = np.array(reduced.getpalette(), np.uint8).reshape(-1, 3)[:room]
    clear = None
    if hidden is not None:
        clear = len(palette)
        indices[hidden] = clear
        palette = np.concatenate([palette, np.zeros((1, 3), np.uint8)])
    return indices, palette, clear, len(used)


def _packed(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    """The colour table, filled up to a power of two, and the packed samples with their terminator."""
    from PIL import Image as Pillow

    size = 2
    while size < len(palette):
        size *= 2
    table = palette.tobytes().ljust(3 * size, b"\0")
    still = Pillow.fromarray(indices)
    still.putpalette(table)
    held = BytesIO()
    still.save(held, "GIF", optimize=False, interlace=0)
    data = held.getvalue()
    place = 13 + (3 * 2 ** ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while data[place : place + 1] == b"!":  # extensions
        place += 2
        while data[place]:
            place += data[place] + 1
        place += 1
    local = data[place + 9]
    place += 10 + (3 * 2 ** ((local & 7) + 1) if local & 0x80 else 0)
    return table, data[place:].removesuffix(b";")
