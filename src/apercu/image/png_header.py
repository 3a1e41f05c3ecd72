"""What a PNG says beside its samples, where the decoder does not tell, makes something up, or drops it."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from apercu.image.cicp import CodePoints, taken_for
from apercu.image.colour import is_srgb
from apercu.image.encoder import PNG_MAGIC
from apercu.image.files import buffered

_INCH = 0.0254
_HEAD_BYTES = 128
_MOST_CHUNKS = 1_000_000  # the samples of 8 GB
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "
_SRGB_GAMMA = 45455  # of 100,000, as are the points below (PNG, third edition, 11.3.2.5)
_SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_SAME_GAMMA = 0.02  # such a difference moves no level by more than 2 of 255
_SAME_POINT = 100  # what libpng, too, takes for rounding


@dataclass(frozen=True)
class PngExtras:
    """What stands in a PNG beside the samples.

    Attributes:
        dpi: (x, y) of the pHYs chunk; None where there is none or it states only the shape of a pixel.
        chunks: the beginning of each other chunk before the samples, by its kind; the last one where there are several.
        announced: of "profile", "EXIF" and "XMP" those that a reader should find before the samples.
        behind: "EXIF" and "XMP" where they stand behind the samples, where the decoder does not look.
        texts: other texts, in words.
    """

    dpi: tuple[float, float] | None
    chunks: dict[bytes, bytes]
    announced: frozenset[str]
    behind: frozenset[str]
    texts: tuple[str, ...]

    def losses(self, *, icc: bytes | None, exif: bytes | None, xmp: bytes | None) -> tuple[str, ...]:
        """In words what a picture with this profile, EXIF and XMP, as the decoder gave them, does not have of it."""
        words = list(self.texts)
        if "profile" in self.announced and not icc:
            words.append("a colour profile that is damaged, too large or not made for the picture's channels")
        for name, got in (("EXIF block", exif), ("XMP packet", xmp)):
            kind = name.split()[0]
            if kind in self.announced and not got:
                words.append(f"an {name} that is damaged or too large")
            elif kind in self.behind and not got:
                words.append(f"an {name} that stands behind the samples")
        if {b"mDCV", b"cLLI"} & self.chunks.keys():
            words.append("what an HDR screen is told (mDCV, cLLI)")
        return (*words, *self._colours(icc))

    def _colours(self, icc: bytes | None) -> Iterator[str]:
        """What the colours are by a chunk that is not kept, where they are then taken for others."""
        cicp = self.chunks.get(b"cICP", b"")
        if len(cicp) == 4:  # goes before all others
            stated = CodePoints(cicp[0], cicp[1], full=cicp[3] == 1)
            if not stated.are_srgb or not is_srgb(icc):
                yield f"the colour space of the cICP chunk ({stated.words}): {taken_for(icc)}"
            return
        if icc or b"sRGB" in self.chunks:
            return
        gamma = self.chunks.get(b"gAMA", b"")
        exponent = int.from_bytes(gamma, "big") if len(gamma) == 4 else 0
        if exponent and abs(exponent / _SRGB_GAMMA - 1) > _SAME_GAMMA:
            yield f"the curve of the gAMA chunk (an exponent of {exponent / 100_000:.5g}): {taken_for(icc)}"
        points = self.chunks.get(b"cHRM", b"")
        if len(points) == 32 and _differ(struct.unpack(">8I", points)):
            yield f"the primary colours of the cHRM chunk: {taken_for(icc)}"


def png_extras(file: BinaryIO) -> PngExtras:
    """Look through all chunks of a PNG; the samples are passed over. Where the file is cut short, up to there."""
    dpi, before, texts = None, True, dict[str, None]()
    chunks: dict[bytes, bytes] = {}
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for kind, head in _each_chunk(file):
        if kind == b"IDAT":
            before = False
        elif kind == b"pHYs" and before:
            dpi = _dpi(head)
        elif kind == b"eXIf":
            found[before].add("EXIF")
        elif kind == b"iCCP" and before:
            found[before].add("profile")
        elif kind in _TEXTS:
            keyword = head.partition(b"\0")[0]
            if keyword == _XMP:  # the decoder takes it from all three
                found[before].add("XMP")
            else:
                texts[_text_in_words(keyword)] = None
        elif before:
            chunks[kind] = head
    return PngExtras(dpi, chunks, frozenset(found[True]), frozenset(found[False]), tuple(texts))


def count_frames(file: BinaryIO) -> int:
    """Frames that an animated PNG announces (acTL chunk); 1 for a still one."""
    for kind, head in _each_chunk(file):
        if kind == b"acTL":
            return int.from_bytes(head[:4], "big")
        if kind == b"IDAT":
            break
    return 1


def _each_chunk(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Kind and beginning of every chunk, as far as they go; the decoder finds what is damaged."""
    with buffered(file) as reader:
        reader.seek(len(PNG_MAGIC))
        for _ in range(_MOST_CHUNKS):
            if len(start := reader.read(8)) < 8 or start[4:] == b"IEND":
                break
            length = int.from_bytes(start[:4], "big")
            head = b"" if start[4:] == b"IDAT" else reader.read(min(length, _HEAD_BYTES))
            yield start[4:], head
            reader.seek(length - len(head) + 4, os.SEEK_CUR)


def _dpi(stated: bytes) -> tuple[float, float] | None:
    if len(stated) != 9:
        return None
    x, y, unit = struct.unpack(">IIB", stated)
    return (x * _INCH, y * _INCH) if unit == 1 and x and y else None


def _text_in_words(keyword: bytes) -> str:
    kind = keyword.removeprefix(_RAW).upper()
    if keyword.startswith(_RAW) and kind in (b"EXIF", b"IPTC", b"XMP", b"ICC", b"ICM", b"APP1"):
        return f"a block of the kind {kind.decode()} in a text comment"
    return "text comments"


def _differ(points: tuple[int, ...]) -> bool:
    return any(abs(a - b) > _SAME_POINT for a, b in zip(points, _SRGB_POINTS, strict=True))
