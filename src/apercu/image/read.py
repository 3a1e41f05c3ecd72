"""Read a picture without loss: bit depth, alpha, profile and metadata come with the samples.

Nothing is converted silently. What cannot be held exactly (floating point, HDR, ...) is refused with the reason. Only
the decoders named in `_MAGIC` are ever called, chosen by the first bytes of the file, so that SVG, PDF or script-like
formats cannot be opened by mistake.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, BinaryIO

import numpy as np

from apercu.errors import ImageError
from apercu.image.encoder import PNG_MAGIC, VipsImage, pyvips_module
from apercu.image.files import open_picture
from apercu.image.picture import Image
from apercu.image.scratch import IN_MEMORY_BYTES, LET_GO_BYTES, Samples, let_go, new_samples

_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, PNG_MAGIC, "png", "pngload_source"),
    (0, b"\xff\xd8\xff", "jpeg", "jpegload_source"),
    (8, b"WEBP", "webp", "webpload_source"),
    (0, b"II*\0", "tiff", "tiffload_source"),
    (0, b"MM\0*", "tiff", "tiffload_source"),
    (0, b"II+\0", "tiff", "tiffload_source"),
    (0, b"MM\0+", "tiff", "tiffload_source"),
    (0, b"GIF8", "gif", "gifload_source"),
    (4, b"ftypavi", "avif", "heifload_source"),
    (4, b"ftypmif1", "avif", "heifload_source"),
)
_KNOWN_BUT_REFUSED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"<svg", "SVG"), (0, b"<?xml", "XML or SVG"), (0, b"%PDF", "PDF"), (0, b"%!PS", "PostScript"),
    (0, b"BM", "BMP"), (0, b"8BPS", "Photoshop"), (0, b"\x76\x2f\x31\x01", "OpenEXR"), (0, b"#?RADIANCE", "HDR"),
    (0, b"\xff\x0a", "JPEG XL"), (4, b"JXL ", "JPEG XL"), (4, b"jP  ", "JPEG 2000"), (4, b"ftyphe", "HEIC"),
)  # fmt: skip
_SAMPLES = {("b-w", "uchar"): 8, ("grey16", "ushort"): 16, ("srgb", "uchar"): 8, ("rgb16", "ushort"): 16}
_NOT_CARRIED = {
    "iptc-data": "IPTC data",
    "photoshop-data": "Photoshop data",
    "png-comment-": "text comments",
    "gif-comment": "a comment",
}
_EXPORT_HINT = "Export it as a plain 8-bit or 16-bit RGB or grey picture and try again."
# A JPEG with stray bytes between its segments is whole; before a restart marker (d0 to d7) they mean lost picture data.
_STRAY_BYTES = re.compile(r"extraneous bytes before marker 0x(?!d[0-7])")


def read_image(path: str | os.PathLike[str], *, max_pixels: int = 268_000_000) -> Image:
    """Read a PNG, JPEG, WebP, TIFF, AVIF or single-frame GIF.

    Palettes become RGB, 1-bit becomes 8-bit grey, EXIF orientation is applied. Everything else stays as it is stored.

    Args:
        path: file; its content decides the format, not its name.
        max_pixels: height x width above which the file is refused before anything is decoded.

    Raises:
        ImageError: the file is missing, unreadable, damaged, cut short, too large, or cannot be held exactly.
    """
    with open_picture(path) as file:
        format_, loader = _recognise(file, path)
        strict = "warning" if format_ == "jpeg" else "error"
        try:
            return _decode(file, path, format_, loader, max_pixels, strict)
        except ImageError as error:
            if not _STRAY_BYTES.search(error.message):
                raise
        return _decode(file, path, format_, loader, max_pixels, "error")


def _recognise(file: BinaryIO, path: str | os.PathLike[str]) -> tuple[str, str]:
    """Name the format and its decoder from the first bytes."""
    head = file.read(32)
    file.seek(0)
    for offset, magic, format_, loader in _MAGIC:
        if head.startswith(magic, offset) and (format_ != "webp" or head.startswith(b"RIFF")):
            return format_, loader
    for offset, magic, name in _KNOWN_BUT_REFUSED:
        if head.startswith(magic, offset):
            raise ImageError(
                f"{path} is a file of the kind {name}, which is not read", hint="Export it as PNG and try again."
            )
    raise ImageError(
        f"{path} is not a picture; expected PNG, JPEG, WebP, TIFF, AVIF or GIF", hint="Export it as PNG and try again."
    )


def _decode(
    file: BinaryIO, path: str | os.PathLike[str], format_: str, loader: str, max_pixels: int, fail_on: str
) -> Image:
    """Open the header, refuse what is too large or cannot be held, and only then decode the samples."""
    pyvips = pyvips_module()
    pyvips.vips_lib.vips_error_clear()  # the decoder keeps the complaints of earlier files in one list
    file.seek(0)
    with _decoding(path):
        source = pyvips.Source.new_from_descriptor(file.fileno())
        decoded = getattr(pyvips.Image, loader)(source, access="sequential", fail_on=fail_on)
    if decoded.width * decoded.height > max_pixels:
        raise ImageError(
            f"{path} has {decoded.width} x {decoded.height} pixels; at most {max_pixels} are read",
            hint="Crop or shrink it first.",
        )
    position = file.tell()
    frames = max(int(_field(decoded, "n-pages") or 1), _png_frames(file) if format_ == "png" else 1)
    file.seek(position)
    _refuse_what_cannot_be_held(decoded, path, frames)
    orientation = int(_field(decoded, "orientation") or 1)
    with _decoding(path):
        samples = _upright_samples(decoded, orientation)
    return _as_image(decoded, samples, format_)


def _upright_samples(decoded: VipsImage, orientation: int) -> Samples:
    """The samples, turned upright while they are read strip by strip when they are many.

    Args:
        decoded: an opened picture whose samples are read from top to bottom.
        orientation: the EXIF value 1..8.
    """
    shape = (decoded.height, decoded.width, decoded.bands)
    dtype = np.dtype(np.uint8 if decoded.format == "uchar" else np.uint16)
    if decoded.height * decoded.width * decoded.bands * dtype.itemsize <= IN_MEMORY_BYTES:
        stored: Samples = np.frombuffer(decoded.write_to_memory(), dtype).reshape(shape)
        return np.ascontiguousarray(_turned(stored, orientation))
    swapped = orientation in (5, 6, 7, 8)
    samples = new_samples((shape[1], shape[0], shape[2]) if swapped else shape, dtype)
    target = _turned(samples, {6: 8, 8: 6}.get(orientation, orientation))  # the view that the file's rows fill
    region = pyvips_module().Region.new(decoded)
    rows_at_once = max(1, LET_GO_BYTES // (shape[1] * shape[2] * dtype.itemsize))
    for top in range(0, shape[0], rows_at_once):
        count = min(rows_at_once, shape[0] - top)
        strip = np.frombuffer(region.fetch(0, top, shape[1], count), dtype)
        target[top : top + count] = strip.reshape(count, *shape[1:])
        let_go(samples)
    return samples


def _refuse_what_cannot_be_held(decoded: VipsImage, path: str | os.PathLike[str], frames: int) -> None:
    if frames > 1:
        raise ImageError(
            f"{path} holds {frames} pictures or frames; expected one",
            hint="Save the one that you need as a file of its own.",
        )
    if b"hdr-gain-map" in (_field(decoded, "xmp-data") or b""):
        raise ImageError(f"{path} holds an HDR gain map beside the picture, which would be lost", hint=_EXPORT_HINT)
    kind = (decoded.interpretation, decoded.format)
    colours = 3 if kind[0] in ("srgb", "rgb16") else 1
    if kind not in _SAMPLES or decoded.bands not in (colours, colours + 1):
        raise ImageError(
            f"{path} stores {decoded.bands} channels of the kind {kind[0]} as {kind[1]}; "
            "expected 8-bit or 16-bit grey or RGB, with or without alpha",
            hint=_EXPORT_HINT,
        )


def _png_frames(file: BinaryIO) -> int:
    """Frames of an animated PNG (its acTL chunk stands before the samples); the decoder sees only the first."""
    file.seek(len(PNG_MAGIC))
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"acTL":
            return int.from_bytes(file.read(4), "big")
        file.seek(length + 4, os.SEEK_CUR)
    return 1


def _turned(samples: Samples, orientation: int) -> Samples:
    """Undo the camera's rotation, as a view; `orientation` is the EXIF value 1..8."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def _as_image(decoded: VipsImage, samples: Samples, format_: str) -> Image:
    _stretch(samples, int(_field(decoded, "bits-per-sample") or 0))
    exif = _field(decoded, "exif-data")
    fields = decoded.get_fields()
    return Image(
        samples=samples,
        has_alpha=decoded.bands in (2, 4),
        icc=_field(decoded, "icc-profile-data"),
        exif=None if exif is None else _with_upright_orientation(exif),
        xmp=_field(decoded, "xmp-data"),
        dpi=_dpi(decoded, format_),
        format=format_,
        not_carried=tuple(
            words for prefix, words in _NOT_CARRIED.items() if any(name.startswith(prefix) for name in fields)
        ),
    )


def _stretch(samples: Samples, stored_bits: int) -> None:
    """White is 65535: AVIF with 10 or 12 bits arrives shifted up to 16, so that its white is a little lower."""
    if samples.dtype == np.uint16 and 8 < stored_bits < 16:
        highest = ((1 << stored_bits) - 1) << (16 - stored_bits)
        for top in range(0, len(samples), 256):
            rows = samples[top : top + 256]
            rows[:] = np.rint(np.minimum(rows, highest) * (65535 / highest))


def _with_upright_orientation(exif: bytes) -> bytes:
    """Set the orientation tag (0x0112) of the first directory to 1; a broken block is returned as it is."""
    start = 6 if exif.startswith(b"Exif\0\0") else 0
    order = {b"II": "<", b"MM": ">"}.get(exif[start : start + 2])
    block = bytearray(exif)
    try:
        if order is None:
            return exif
        directory = start + struct.unpack_from(order + "I", block, start + 4)[0]
        for entry in range(struct.unpack_from(order + "H", block, directory)[0]):
            position = directory + 2 + 12 * entry
            if struct.unpack_from(order + "H", block, position)[0] == 0x0112:
                struct.pack_into(order + "H", block, position + 8, 1)
    except struct.error:
        return exif
    return bytes(block)


def _dpi(decoded: VipsImage, format_: str) -> tuple[float, float] | None:
    """Dots per inch, where the file states them: the decoder fills in 1 per millimetre, and 72 per inch for JPEG.

    WebP and AVIF state them only in EXIF, as "300/1 (300, Rational, ...)"; resolution unit 3 is the centimetre.
    """
    if format_ in ("webp", "avif"):
        per_inch = 2.54 if str(_field(decoded, "exif-ifd0-ResolutionUnit") or "").startswith("3 ") else 1.0
        stated = [str(_field(decoded, f"exif-ifd0-{axis}Resolution") or "") for axis in "XY"]
        try:
            x, y = (float(Fraction(value.split()[0])) * per_inch for value in stated)
        except (ValueError, ZeroDivisionError, IndexError):
            return None
        return (x, y) if x > 0 and y > 0 else None
    known = _field(decoded, "resolution-unit") if format_ == "jpeg" else (decoded.xres, decoded.yres) != (1.0, 1.0)
    return (decoded.xres * 25.4, decoded.yres * 25.4) if known and decoded.xres > 0 and decoded.yres > 0 else None


def _field(decoded: VipsImage, name: str) -> Any:  # noqa: ANN401 -- text, bytes or a number
    return decoded.get(name) if decoded.get_typeof(name) != 0 else None


@contextmanager
def _decoding(path: str | os.PathLike[str]) -> Iterator[None]:
    pyvips = pyvips_module()
    try:
        yield
    except pyvips.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = next((": " + line for line in lines if not line.startswith("unable to")), "")
        raise ImageError(
            f"{path} is damaged, cut short or of a variant that is not read{cause}",
            hint="Copy or download it again, or export it as PNG.",
        ) from None
