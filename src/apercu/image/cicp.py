"""Colours that a file states by the code points of ITU-T H.273: in words, and where an AVIF or HEIC states them.

The boxes are those of ISO/IEC 14496-12 (12.1.5: colr) and 23008-12 (9.3: the properties of an item).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_PRIMARIES = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
_CURVES = {1: "BT.709", 4: "gamma 2.2", 5: "gamma 2.8", 6: "BT.601", 8: "linear", 13: "sRGB", 14: "BT.2020",
           15: "BT.2020", 16: "PQ", 18: "HLG"}  # fmt: skip
"""Names of the code points, tables 2 and 3."""
_UNSTATED = 2
_HEADER_BYTES = 2**22
_MOST_BOXES = 10_000


class CodePoints(NamedTuple):
    """The primary colours and the curve, by number; `full` is false where black is not 0 and white not the highest."""

    primaries: int
    curve: int
    full: bool = True

    @property
    def are_srgb(self) -> bool:
        """Whether these are the colours of sRGB, or none are stated."""
        return self.primaries in (1, _UNSTATED) and self.curve in (13, _UNSTATED) and self.full

    @property
    def words(self) -> str:
        """What they are called."""
        primaries = _PRIMARIES.get(self.primaries, f"primaries {self.primaries}")
        curve = _CURVES.get(self.curve, f"curve {self.curve}")
        return ", ".join((primaries, curve) if self.full else (primaries, curve, "narrow range"))


def taken_for(icc: bytes | None) -> str:
    """What the colours of a picture with this profile are taken for, where what a file says of them is not kept."""
    return f"without it the colours are taken for those of {'the profile' if icc else 'sRGB'}"


def colr_losses(file: BinaryIO) -> tuple[str, ...]:
    """In words the colours that an AVIF or HEIC without a profile states by numbers, where they are others than sRGB.

    The decoder brings the samples to the full range, so that only the primary colours and the curve matter.
    """
    file.seek(0)
    try:
        stated = _of_the_picture(file.read(_HEADER_BYTES))
    except (ValueError, LookupError, struct.error):  # the decoder finds what is damaged
        return ()
    if stated is None or stated.are_srgb:
        return ()
    return (f"the colour space of its colr box ({stated.words}): {taken_for(None)}",)


def _of_the_picture(data: bytes) -> CodePoints | None:
    """What the properties of the item that is shown say; others, such as thumbnails, may say something else."""
    meta = dict(_boxes(dict(_boxes(data))[b"meta"][4:]))
    properties = dict(_boxes(meta[b"iprp"]))
    pitm, held = meta[b"pitm"], list(_boxes(properties[b"ipco"]))
    item = int.from_bytes(pitm[4:8] if pitm[0] else pitm[4:6], "big")
    for number in _properties_of(item, properties[b"ipma"]):
        kind, content = held[number - 1]
        if number and kind == b"colr" and content[:4] == b"nclx":
            return CodePoints(*struct.unpack_from(">HH", content, 4))
    return None


def _properties_of(item: int, ipma: bytes) -> Iterator[int]:
    """The properties of an item, by their number from 1."""
    id_bytes, wide = (4 if ipma[0] else 2), ipma[3] & 1
    place = 8
    for _ in range(min(int.from_bytes(ipma[4:8], "big"), _MOST_BOXES)):
        found = int.from_bytes(ipma[place : place + id_bytes], "big")
        count, place = ipma[place + id_bytes], place + id_bytes + 1
        end = place + count * (1 + wide)
        if found == item:
            step = 1 + wide
            for at in range(place, end, step):
                yield int.from_bytes(ipma[at : at + step], "big") & (0x7FFF if wide else 0x7F)
        place = end


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the boxes that stand behind each other."""
    place = 0
    for _ in range(_MOST_BOXES):
        if place + 8 > len(data):
            return
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        inside = place + 8
        if length == 1:  # the length stands in the next eight bytes
            length, inside = int.from_bytes(data[inside : inside + 8], "big"), inside + 8
        after = place + length if length else len(data)  # 0: to the end
        if after < inside:
            return
        yield kind, data[inside:after]
        place = after
