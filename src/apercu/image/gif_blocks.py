"""The blocks of a GIF (GIF89a, sections 17 to 27): whether the file is whole, and what the decoder does not tell of it.

The decoder takes a file that was cut off for one that ends there.
"""

from __future__ import annotations

from typing import BinaryIO

from apercu.image.files import buffered

_EXTENSION, _FRAME, _END = b"!", b",", b";"
_APPLICATION = 0xFF
_APPLICATIONS = {b"ICCRGBG1012": "a colour profile", b"XMP DataXMP": "an XMP packet"}
NO_END = "frames that may be missing: the file has no end mark behind its last one"


def gif_losses(file: BinaryIO) -> tuple[str, ...]:
    """What a GIF holds and the picture will not, in words.

    Raises:
        ValueError: it ends inside one of its parts.
    """
    with buffered(file, 2**16) as reader:
        return _walked(reader)


def _walked(reader: BinaryIO) -> tuple[str, ...]:
    reader.seek(6)
    _pass_over_colours(reader, _exactly(reader, 7)[4])
    words: dict[str, None] = {}
    while True:
        kind = reader.read(1)
        if kind == _END:
            break
        if kind == _FRAME:
            _pass_over_colours(reader, _exactly(reader, 9)[8])
            _exactly(reader, 1)
            _first_of_parts(reader)
        elif kind == _EXTENSION:
            label = _exactly(reader, 1)[0]
            name = _first_of_parts(reader)
            if label == _APPLICATION and name in _APPLICATIONS:
                words[_APPLICATIONS[name]] = None
        elif kind != b"\0":  # an empty part too many, which decoders pass over; here, nothing or rubbish
            words[NO_END] = None
            break
    return tuple(words)


def _pass_over_colours(reader: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        _exactly(reader, 3 << (flags & 7) + 1)


def _first_of_parts(reader: BinaryIO) -> bytes:
    """Pass over parts up to the empty one that ends them; the first one is given back."""
    first = b""
    while length := _exactly(reader, 1)[0]:
        part = _exactly(reader, length)
        first = first or part
    return first


def _exactly(reader: BinaryIO, count: int) -> bytes:
    data = reader.read(count)
    if len(data) < count:
        raise ValueError("it is cut short")
    return data
