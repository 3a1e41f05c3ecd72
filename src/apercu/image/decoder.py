"""Pictures through libvips: PNG, JPEG, WebP, TIFF, GIF and AVIF, strip by strip where they are large."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any, BinaryIO

import numpy as np

from apercu.errors import ImageError
from apercu.image.beside import Beside, looked_through
from apercu.image.encoder import VipsImage, pyvips_module
from apercu.image.files import refuse_too_large
from apercu.image.metadata import sound
from apercu.image.picture import Image, Space
from apercu.image.png_header import PngExtras
from apercu.image.scratch import IN_MEMORY_BYTES, LET_GO_BYTES, Samples, let_go, new_samples

_LOADERS = {"avif": "heifload_source"}
_ANIMATED = ("gif", "webp")
_SPACES: dict[tuple[str, str], Space] = {
    ("b-w", "uchar"): "grey", ("grey16", "ushort"): "grey", ("srgb", "uchar"): "rgb", ("rgb16", "ushort"): "rgb",
    ("cmyk", "uchar"): "cmyk", ("cmyk", "ushort"): "cmyk",
}  # fmt: skip
_COLOURS: dict[Space, int] = {"grey": 1, "rgb": 3, "cmyk": 4}
_NOT_CARRIED = {
    "iptc-data": "IPTC data",
    "photoshop-data": "Photoshop data",
    "gif-comment": "a comment",
    "gainmap-data": "an HDR gain map",
}
LYING = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
_ROWS_AT_ONCE = 256


def decode(
    file: BinaryIO, path: str | os.PathLike[str], format_: str, max_pixels: int, *, fail_on: str = "error"
) -> Image:
    """Open the header, refuse what is too large or cannot be held, and only then decode the samples.

    Args:
        file: the open file.
        path: for messages.
        format_: which decoder.
        max_pixels: frames x height x width that is read.
        fail_on: what the decoder complains of that makes the file a damaged one.

    Raises:
        ImageError: see `read_image`.
    """
    try:
        beside = looked_through(file, format_)
    except ValueError as error:
        raise damaged(path, f": {error}") from None
    decoded = opened(file, path, format_, fail_on)
    pages = int(field_of(decoded, "n-pages") or 1)
    frames = pages if format_ in _ANIMATED else 1
    refuse_too_large(path, (decoded.height, decoded.width), frames, max_pixels)
    if pages > frames:
        raise ImageError(
            f"{path} holds {pages} pictures; expected one, or the frames of an animation",
            hint="Save the one that you need as a file of its own.",
        )
    image = replace(_described(decoded, path, beside), format=format_)
    image = replace(image, dpi=beside.extras.dpi if beside.extras else _dpi(decoded, format_))
    if frames > 1:
        decoded = opened(file, path, format_, fail_on, n=-1)
        image = replace(image, frames=1, **_timing(decoded, frames))
        if decoded.height != frames * int(decoded.get("page-height")):
            raise ImageError(f"{path} has frames of different sizes", hint="Save it again as an animation.")
    orientation = int(field_of(decoded, "orientation") or 1)
    if image.dpi is not None and orientation in LYING:
        image = replace(image, dpi=image.dpi[::-1])
    with decoding(path):
        samples = _upright_samples(decoded, orientation, frames)
    stretch(samples, int(field_of(decoded, "bits-per-sample") or 0))
    has_alpha = decoded.bands == _COLOURS[space_of(decoded, path)] + 1
    image = replace(image, samples=samples, frames=frames, has_alpha=has_alpha)
    return _without_idle_channels(image) if format_ in _ANIMATED and (frames > 1 or format_ == "gif") else image


def opened(
    file: BinaryIO,
    path: str | os.PathLike[str],
    format_: str,
    fail_on: str = "error",
    **options: Any,  # noqa: ANN401 -- the loader's own
) -> VipsImage:
    """A file whose header has been read and whose samples come from top to bottom.

    Raises:
        ImageError: it is damaged.
    """
    pyvips = pyvips_module()
    pyvips.vips_lib.vips_error_clear()  # the decoder keeps the complaints of earlier files in one list
    file.seek(0)
    loader = getattr(pyvips.Image, _LOADERS.get(format_, f"{format_}load_source"))
    with decoding(path):
        source = pyvips.Source.new_from_descriptor(file.fileno())
        return loader(source, access="sequential", fail_on=fail_on, **options)


def space_of(decoded: VipsImage, path: str | os.PathLike[str]) -> Space:
    """What the channels mean.

    Raises:
        ImageError: they are of a kind that is not held.
    """
    kind = (decoded.interpretation, decoded.format)
    space = _SPACES.get(kind)
    if space is None or decoded.bands not in (_COLOURS[space], _COLOURS[space] + 1):
        raise ImageError(
            f"{path} stores {decoded.bands} channels of the kind {kind[0]} as {kind[1]}; "
            "expected 8-bit or 16-bit grey, RGB or CMYK, with or without alpha",
            hint="Export it as a plain 8-bit or 16-bit RGB or grey picture and try again.",
        )
    return space


def _described(decoded: VipsImage, path: str | os.PathLike[str], beside: Beside) -> Image:
    """A picture of one pixel that has everything but the samples: refused here, it is refused before decoding."""
    space = space_of(decoded, path)
    icc = field_of(decoded, "icc-profile-data")
    notes = (*described_losses(decoded, beside.extras), *beside.notes, *(() if icc else beside.without_profile))
    exif = beside.exif or field_of(decoded, "exif-data")
    kept = sound(space, icc=icc, exif=exif, xmp=field_of(decoded, "xmp-data"), notes=notes)
    return Image(
        samples=np.zeros((1, 1, _COLOURS[space]), np.uint8),
        icc=kept.icc,
        exif=kept.exif,
        xmp=kept.xmp,
        not_carried=kept.not_carried,
    )


def described_losses(decoded: VipsImage, extras: PngExtras | None = None) -> tuple[str, ...]:
    """What the file holds and the picture will not, in words."""
    try:
        fields = decoded.get_fields()
    except UnicodeDecodeError:  # a damaged EXIF block can hold names that are no text
        fields = []
    words = [words for prefix, words in _NOT_CARRIED.items() if any(name.startswith(prefix) for name in fields)]
    if field_of(decoded, "palette"):
        words.append("the palette: the colours are held one by one")
    if extras:
        icc, exif, xmp = (field_of(decoded, name) for name in ("icc-profile-data", "exif-data", "xmp-data"))
        words += extras.losses(icc=icc, exif=exif, xmp=xmp)
    return tuple(words)


def _timing(decoded: VipsImage, frames: int) -> dict[str, Any]:
    delays = [max(0, int(delay)) for delay in field_of(decoded, "delay") or []][:frames]
    delays += [100] * (frames - len(delays))  # what viewers show where the file does not say
    return {"delays": tuple(delays), "loops": max(0, int(field_of(decoded, "loop") or 0))}


def _upright_samples(decoded: VipsImage, orientation: int, frames: int) -> Samples:
    """The samples, every frame turned upright; read strip by strip when they are many.

    Args:
        decoded: an opened picture whose samples are read from top to bottom, frame below frame.
        orientation: the EXIF value 1..8.
        frames: number of frames.
    """
    height, width, bands = decoded.height // frames, decoded.width, decoded.bands
    dtype = np.dtype(np.uint8 if decoded.format == "uchar" else np.uint16)
    if decoded.height * width * bands * dtype.itemsize <= IN_MEMORY_BYTES:
        stored: Samples = np.frombuffer(decoded.write_to_memory(), dtype).reshape(frames, height, width, bands)
        shown = turned(stored, orientation)
        return np.ascontiguousarray(shown).reshape(-1, *shown.shape[2:])
    upright = (width, height) if orientation in LYING else (height, width)
    samples = new_samples((frames * upright[0], upright[1], bands), dtype)
    target = as_stored(samples.reshape(frames, *upright, bands), orientation)
    region = pyvips_module().Region.new(decoded)
    rows_at_once = max(1, LET_GO_BYTES // (width * bands * dtype.itemsize))
    for frame in range(frames):
        for top in range(0, height, rows_at_once):
            count = min(rows_at_once, height - top)
            strip = np.frombuffer(region.fetch(0, frame * height + top, width, count), dtype)
            target[frame, top : top + count] = strip.reshape(count, width, bands)
            let_go(samples)
    return samples


def turned(frames: Samples, orientation: int) -> Samples:
    """Undo the camera's rotation of (frames, H, W, C), as a view; `orientation` is the EXIF value 1..8."""
    if orientation in LYING:
        frames = frames.swapaxes(1, 2)
    if orientation in (3, 4, 7, 8):
        frames = frames[:, ::-1]
    if orientation in (2, 3, 6, 7):
        frames = frames[:, :, ::-1]
    return frames


def as_stored(upright: Samples, orientation: int) -> Samples:
    """The view of upright (frames, H, W, C) that the rows of a file with this orientation fill."""
    return turned(upright, {6: 8, 8: 6}.get(orientation, orientation))


def stretch(samples: Samples, stored_bits: int) -> None:
    """White is 65535: 10 or 12 bits arrive shifted up to 16, so that their white is a little lower."""
    if samples.dtype == np.uint16 and 8 < stored_bits < 16:
        highest = ((1 << stored_bits) - 1) << (16 - stored_bits)
        for top in range(0, len(samples), _ROWS_AT_ONCE):
            rows = samples[top : top + _ROWS_AT_ONCE]
            rows[:] = np.rint(np.minimum(rows, highest) * (65535 / highest))
            let_go(samples)


def _without_idle_channels(image: Image) -> Image:
    """Animations come as RGBA: take away an alpha that hides nothing, and of a GIF colours that are all grey."""
    alpha, coloured = False, False
    samples = image.samples
    for top in range(0, len(samples), _ROWS_AT_ONCE):
        strip = samples[top : top + _ROWS_AT_ONCE]
        alpha = alpha or bool(image.has_alpha and (strip[:, :, -1] != 255).any())
        coloured = coloured or image.format != "gif" or bool((strip[:, :, :1] != strip[:, :, 1:3]).any())
        let_go(samples)
    channels = [*((0, 1, 2) if coloured else (0,)), *((3,) if alpha else ())]
    if len(channels) == samples.shape[2]:
        return image
    fewer = new_samples((*samples.shape[:2], len(channels)), samples.dtype)
    for top in range(0, len(samples), _ROWS_AT_ONCE):
        fewer[top : top + _ROWS_AT_ONCE] = samples[top : top + _ROWS_AT_ONCE, :, channels]
        let_go(samples)
        let_go(fewer)
    return replace(image, samples=fewer, has_alpha=alpha)


def _dpi(decoded: VipsImage, format_: str) -> tuple[float, float] | None:
    """Dots per inch, where the file states them: the decoder fills in 1 per millimetre, and 72 per inch for JPEG.

    WebP and AVIF state them only in EXIF, as "300/1 (300, Rational, ...)"; resolution unit 3 is the centimetre.
    """
    if format_ in ("webp", "avif"):
        per_inch = 2.54 if str(field_of(decoded, "exif-ifd0-ResolutionUnit") or "").startswith("3 ") else 1.0
        stated = [str(field_of(decoded, f"exif-ifd0-{axis}Resolution") or "") for axis in "XY"]
        try:
            x, y = (float(Fraction(value.split()[0])) * per_inch for value in stated)
        except (ValueError, ZeroDivisionError, IndexError):
            return None
        return (x, y) if x > 0 and y > 0 else None
    known = field_of(decoded, "resolution-unit") if format_ == "jpeg" else (decoded.xres, decoded.yres) != (1.0, 1.0)
    return (decoded.xres * 25.4, decoded.yres * 25.4) if known and decoded.xres > 0 and decoded.yres > 0 else None


def field_of(decoded: VipsImage, name: str) -> Any:  # noqa: ANN401 -- text, bytes or a number
    """A field of the file's header; None where it has none of that name."""
    try:
        return decoded.get(name) if decoded.get_typeof(name) != 0 else None
    except UnicodeDecodeError:  # a damaged EXIF block
        return None


@contextmanager
def decoding(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say the decoder's complaints in our words."""
    pyvips = pyvips_module()
    try:
        yield
    except pyvips.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = next((": " + line for line in lines if not line.startswith("unable to")), "")
        raise damaged(path, cause) from None


def damaged(path: str | os.PathLike[str], cause: str) -> ImageError:
    """The error for a file whose samples cannot be had; `cause` begins with a colon or is empty."""
    return ImageError(
        f"{path} is damaged, cut short or of a variant that is not read{cause}",
        hint="Copy or download it again, or export it as PNG.",
    )
