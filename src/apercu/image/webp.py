"""Animated WebP (RFC 9649, section 2.7.1.1), written frame by frame.

An encoder of animations joins frames that are equal; here each one is kept with its time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from apercu.image.picture import Image

_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
_ALPHA, _ANIMATION = 0x10, 0x02
_REPLACE = 0x02  # a frame is laid on without blending
LONGEST = 2**24 - 1
"""Milliseconds that a frame can be shown."""


def write_animated_webp(image: Image, stills: Iterator[bytes], file: BinaryIO) -> None:
    """Wrap still WebPs as one animation.

    Args:
        image: for its size and timing.
        stills: the encoded frames; what the first one says beside its samples is kept.
        file: to write to.
    """
    height, width = image.size
    size = _three(width - 1) + _three(height - 1)
    said: dict[bytes, bytes] = {}
    for number, (still, delay) in enumerate(zip(stills, image.delays, strict=True)):
        chunks = dict(_chunks(still))
        if not number:
            said = {kind: chunks[kind] for kind in _FLAGS if kind in chunks}
            flags = sum((_FLAGS[kind] for kind in said), _ANIMATION | (_ALPHA if image.has_alpha else 0))
            file.write(b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", struct.pack("<I", flags) + size))
            if b"ICCP" in said:
                file.write(_chunk(b"ICCP", said[b"ICCP"]))
            file.write(_chunk(b"ANIM", struct.pack("<IH", 0, min(image.loops, 65535))))
        head = bytes(6) + size + _three(min(delay, LONGEST)) + bytes((_REPLACE,))
        samples = b"".join(_chunk(kind, chunks[kind]) for kind in (b"ALPH", b"VP8 ", b"VP8L") if kind in chunks)
        file.write(_chunk(b"ANMF", head + samples))
    for kind in (b"EXIF", b"XMP "):
        if kind in said:
            file.write(_chunk(kind, said[kind]))
    length = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", length - 8))


def _chunks(still: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(still):
        length = int.from_bytes(still[place + 4 : place + 8], "little")
        yield still[place : place + 4], still[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _three(value: int) -> bytes:
    return value.to_bytes(3, "little")
