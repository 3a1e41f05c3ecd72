"""Animated PNG (Portable Network Graphics, third edition, section 11.3.6): read frame by frame, and written.

Each frame is an ordinary PNG in other wrapping, so the still decoder and encoder do the work, and 16 bits stay 16.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from apercu.image.decoder import LYING, as_stored, damaged, decoding, described_losses, field_of, opened, space_of
from apercu.image.encoder import PNG_MAGIC, pyvips_module
from apercu.image.files import refuse_too_large
from apercu.image.metadata import sound
from apercu.image.picture import Image
from apercu.image.png_header import png_extras
from apercu.image.scratch import Samples, let_go, new_samples

_CONTROL = struct.Struct(">IIIIIHHBB")  # number, width, height, x, y, delay as a fraction, disposal, blending
_NONE, _BACKGROUND, _PREVIOUS = 0, 1, 2
_OVER = 1


@dataclass(frozen=True)
class _Frame:
    width: int
    height: int
    x: int
    y: int
    delay: int
    disposal: int
    blending: int
    data: list[bytes] = field(default_factory=list)


def read_apng(file: BinaryIO, path: str | os.PathLike[str], frames: int, max_pixels: int) -> Image:
    """Read every frame as it is shown, turned upright.

    Args:
        file: the open file.
        path: for messages.
        frames: what `count_frames` says.
        max_pixels: frames x height x width that is read.

    Raises:
        ImageError: it is damaged, too large, or of colours that are not held.
    """
    extras = png_extras(file)
    header = opened(file, path, "png")
    size = (header.height, header.width)
    refuse_too_large(path, size, frames, max_pixels)
    space = space_of(header, path)
    try:
        found = _Chunks(file, frames)
    except ValueError as error:
        raise damaged(path, f": {error}") from None
    outside = ("the still picture outside the animation",) if found.still_outside else ()
    kept = sound(
        space, icc=field_of(header, "icc-profile-data"), exif=field_of(header, "exif-data"),
        xmp=field_of(header, "xmp-data"), notes=(*described_losses(header, extras), *outside),
    )  # fmt: skip
    orientation = int(field_of(header, "orientation") or 1)
    upright = size[::-1] if orientation in LYING else size
    dpi = extras.dpi
    own_alpha = header.bands in (2, 4)
    colours = header.bands - own_alpha
    samples = new_samples(
        (frames * upright[0], upright[1], colours + 1), np.uint8 if header.format == "uchar" else np.uint16
    )
    target = as_stored(samples.reshape(frames, *upright, colours + 1), orientation)
    canvas = new_samples((*size, colours + 1), samples.dtype)
    for number, frame in enumerate(found.frames):
        with decoding(path):
            stored = _decoded(frame, found)
        if stored.dtype != samples.dtype or stored.shape[2] != header.bands:
            raise damaged(path, ": its frames are of different kinds")
        _show(frame, stored, canvas, target[number])
        let_go(samples)
        let_go(canvas)
    if not own_alpha and _opaque(samples):
        opaque = new_samples((*samples.shape[:2], colours), samples.dtype)
        for top in range(0, len(samples), 256):
            opaque[top : top + 256] = samples[top : top + 256, :, :-1]
            let_go(samples)
            let_go(opaque)
        samples, has_alpha = opaque, False
    else:
        has_alpha = True
    return Image(
        samples=samples, has_alpha=has_alpha, frames=frames, delays=tuple(frame.delay for frame in found.frames),
        loops=found.loops, icc=kept.icc, exif=kept.exif, xmp=kept.xmp, format="png",
        dpi=dpi[::-1] if dpi and orientation in LYING else dpi, not_carried=kept.not_carried,
    )  # fmt: skip


def _opaque(samples: Samples) -> bool:
    highest = np.iinfo(samples.dtype).max
    return all(bool((samples[top : top + 256, :, -1] == highest).all()) for top in range(0, len(samples), 256))


class _Chunks:
    """The parts of an animated PNG.

    Raises:
        ValueError: one is damaged, missing or too much.
    """

    def __init__(self, file: BinaryIO, frames: int) -> None:
        self.header = b""
        self.shared = b""  # palette and transparency, which every frame needs
        self.loops = 0
        self.still_outside = False  # samples before the first frame: what viewers without animations show
        self.frames: list[_Frame] = []
        for kind, data in _each_chunk(file):
            self._take(kind, data)
        if len(self.frames) != frames or not all(frame.data for frame in self.frames):
            raise ValueError(f"{len(self.frames)} frames, {frames} announced")
        self.width, self.height = struct.unpack(">II", self.header[:8])
        for frame in self.frames:
            if frame.x + frame.width > self.width or frame.y + frame.height > self.height:
                raise ValueError("a frame lies outside the picture")
            if not (frame.width and frame.height):
                raise ValueError("a frame is empty")

    def _take(self, kind: bytes, data: bytes) -> None:
        match kind:
            case b"IHDR" if len(data) == 13:
                self.header = data
            case b"PLTE" | b"tRNS":
                self.shared += chunk(kind, data)
            case b"acTL" if len(data) == 8:
                self.loops = int.from_bytes(data[4:], "big")
            case b"fcTL" if len(data) == _CONTROL.size:
                _, width, height, x, y, above, below, disposal, blending = _CONTROL.unpack(data)
                delay = round(1000 * above / (below or 100))
                self.frames.append(_Frame(width, height, x, y, delay, disposal, blending))
            case b"IDAT" if self.frames:
                self.frames[-1].data.append(data)
            case b"IDAT":
                self.still_outside = True
            case b"fdAT" if self.frames and len(data) >= 4:
                self.frames[-1].data.append(data[4:])
            case b"IHDR" | b"acTL" | b"fcTL" | b"fdAT":
                raise ValueError(f"a chunk {kind.decode()} of {len(data)} bytes that cannot be used")


def _each_chunk(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk up to the end, its checksum tested; the ones that are of no use here are passed over unread."""
    needed = {b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"IDAT", b"fdAT"}
    size = file.seek(0, os.SEEK_END)
    file.seek(len(PNG_MAGIC))
    while True:
        head = file.read(8)
        kind, length = head[4:], int.from_bytes(head[:4], "big")
        if len(head) < 8 or file.tell() + length + 4 > size:
            raise ValueError("it is cut short")
        if kind == b"IEND":
            return
        if kind not in needed:
            file.seek(length + 4, os.SEEK_CUR)
            continue
        data = file.read(length)
        if zlib.crc32(kind + data) != int.from_bytes(file.read(4), "big"):
            raise ValueError(f"the checksum of a chunk {kind.decode()} is wrong")
        yield kind, data


def _decoded(frame: _Frame, chunks: _Chunks) -> Samples:
    """The samples of a frame alone, (H, W, C)."""
    header = struct.pack(">II", frame.width, frame.height) + chunks.header[8:]
    still = b"".join(
        (PNG_MAGIC, chunk(b"IHDR", header), chunks.shared, *(chunk(b"IDAT", data) for data in frame.data),
         chunk(b"IEND", b""))
    )  # fmt: skip
    decoded = pyvips_module().Image.pngload_buffer(still, access="sequential", fail_on="error")
    dtype = np.uint8 if decoded.format == "uchar" else np.uint16
    samples: Samples = np.frombuffer(decoded.write_to_memory(), dtype)
    return samples.reshape(decoded.height, decoded.width, decoded.bands)


def _show(frame: _Frame, stored: Samples, canvas: Samples, shown: Samples) -> None:
    """Lay a frame onto the canvas, note how that looks, and leave the canvas as the frame wants it left.

    Args:
        frame: where it lies, how it is laid on and taken away.
        stored: its samples.
        canvas: (H, W, C with alpha), what the frames before it left.
        shown: (H, W, C with alpha), filled.
    """
    area = canvas[frame.y : frame.y + frame.height, frame.x : frame.x + frame.width]
    before = area.copy() if frame.disposal == _PREVIOUS else None
    highest = np.iinfo(canvas.dtype).max
    if stored.shape[2] < canvas.shape[2]:
        area[:, :, :-1] = stored
        area[:, :, -1] = highest
    else:
        area[:] = _over(stored, area, float(highest)) if frame.blending == _OVER else stored
    shown[:] = canvas
    if before is not None:
        area[:] = before
    elif frame.disposal == _BACKGROUND:
        area[:] = 0


def _over(above: Samples, below: Samples, highest: float) -> Samples:
    """One picture laid over another, neither multiplied by its alpha."""
    alpha, under = above[:, :, -1:] / highest, below[:, :, -1:] / highest
    rest = under * (1 - alpha)
    total = alpha + rest
    colours = (above[:, :, :-1] * alpha + below[:, :, :-1] * rest) / np.where(total > 0, total, 1)
    laid: Samples = np.rint(np.concatenate([colours, total * highest], axis=2)).astype(above.dtype)
    opaque, clear = above[:, :, -1] == highest, above[:, :, -1] == 0
    laid[opaque] = above[opaque]
    laid[clear] = below[clear]
    return laid


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_apng(image: Image, stills: Iterator[bytes], file: BinaryIO) -> None:
    """Wrap still PNGs of equal kind as one animation.

    Args:
        image: for its timing.
        stills: the encoded frames; what the first one says beside its samples is kept.
        file: to write to.
    """
    sequence = 0
    for number, still in enumerate(stills):
        control = (still[16:24], image.delays[number])
        fresh = True
        for kind, data in _chunks_of(still):
            if kind not in (b"IDAT", b"IEND"):
                if not number:
                    file.write((PNG_MAGIC if kind == b"IHDR" else b"") + chunk(kind, data))
                if not number and kind == b"IHDR":
                    file.write(chunk(b"acTL", struct.pack(">II", image.frames, image.loops)))
                continue
            if kind == b"IEND":
                continue
            if fresh:
                file.write(chunk(b"fcTL", _control(sequence, *control)))
                sequence += 1
                fresh = False
            file.write(chunk(b"fdAT", struct.pack(">I", sequence) + data) if number else chunk(b"IDAT", data))
            sequence += number > 0
    file.write(chunk(b"IEND", b""))


def _control(sequence: int, size: bytes, delay: int) -> bytes:
    above, below = (delay, 1000) if delay < 65536 else (min(round(delay / 1000), 65535), 1)
    width, height = struct.unpack(">II", size)
    return _CONTROL.pack(sequence, width, height, 0, 0, above, below, _NONE, 0)


def _chunks_of(still: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG_MAGIC)
    while place < len(still):
        length = int.from_bytes(still[place : place + 4], "big")
        yield still[place + 4 : place + 8], still[place + 8 : place + 8 + length]
        place += length + 12
