"""Write a picture: the suffix names the format; nobody ever sees a half-written file."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from apercu.errors import OutputError
from apercu.image.apng import write_apng
from apercu.image.bmp import write_bmp
from apercu.image.colour import encoding, is_srgb, to_srgb
from apercu.image.encoder import PNG_MAGIC, VipsImage, pyvips_module
from apercu.image.exif import add_to_tiff
from apercu.image.formats import BY_SUFFIX, Format, hint, problems, shown
from apercu.image.gif import write_gif
from apercu.image.picture import Image
from apercu.image.publish import exists_already, published
from apercu.image.scratch import IN_MEMORY_BYTES, LET_GO_BYTES, Samples, let_go, new_samples
from apercu.image.webp import write_animated_webp

_ROWS_AT_ONCE = 256
_CLASSIC_TIFF_BYTES = 2**32 - 2**26
_JPEG_BLOCK_BYTES = 65_000  # a segment holds 65,533 bytes, and its name


def check_output(
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    picture: Image | None = None,
    size: tuple[int, int] | None = None,
) -> None:
    """Say before any work is done whether a picture could be written to `path`.

    Args:
        path: the file to be written; its suffix names the format.
        overwrite: whether a file that exists may be replaced.
        picture: the picture, or the one that it will be made from; None when it is not known yet.
        size: (height, width) of a frame of the result, where it is known.

    Raises:
        OutputError: unknown suffix, missing folder, a folder of that name, an existing file without `overwrite`, no
            permission; transparency, an animation, colours, a profile or a size that the format cannot hold.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in BY_SUFFIX:
        what = (
            "HEIC, which is read but not written" if suffix in (".heic", ".heif", ".hif") else f"the suffix {suffix!r}"
        )
        raise OutputError(
            f"{path} has {what}; expected one of {', '.join(BY_SUFFIX)}",
            hint="Name the result for example out.avif." if "HEIC" in what else "Name the result for example out.png.",
        )
    if picture is not None:
        srgb_like = is_srgb(picture.icc)
        for problem in problems(BY_SUFFIX[suffix], picture, size, srgb_like=srgb_like):
            raise OutputError(f"{path} {problem}", hint=hint(BY_SUFFIX[suffix], picture, size, srgb_like=srgb_like))
    try:
        if not target.parent.is_dir():
            raise OutputError(
                f"the folder {target.parent} does not exist", hint="Make the folder first, or name another one."
            )
        if target.is_dir():
            raise OutputError(
                f"{path} is a folder; expected the name of a file", hint="Name the result for example out.png."
            )
        if not overwrite and os.path.lexists(target):
            raise exists_already(target)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}", hint="Check the permissions, or write elsewhere."
        ) from None
    if not os.access(target.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise OutputError(
            f"the folder {target.parent} may not be written to", hint="Check the permissions, or write elsewhere."
        )


def write_image(image: Image, path: str | os.PathLike[str], *, overwrite: bool = False) -> tuple[str, ...]:
    """Write a picture; the suffix names the format. All formats but JPEG and GIF hold 8-bit samples exactly.

    Nobody ever sees a half-written file: it is written under a hidden name in the same folder and moved at the end, and
    nothing is left behind when that fails or is interrupted.

    Args:
        image: what to write.
        path: .png .jpg .jpeg .webp .tif .tiff .avif .gif .bmp
        overwrite: whether a file that exists may be replaced.

    Returns:
        What the format could not hold, one sentence each.

    Raises:
        OutputError: see `check_output`; also a full disk.
    """
    check_output(path, overwrite=overwrite, picture=image, size=image.size)
    target = Path(path)
    format_ = BY_SUFFIX[target.suffix.lower()]
    image, notes = _fitting(image, format_)
    with published(target, overwrite=overwrite) as file:
        if format_.name == "gif":
            notes += write_gif(image, file)
        elif format_.name == "bmp":
            write_bmp(image, file)
        else:
            notes += _save_with_what_can_be_kept(image, format_, file)
    return notes


def _fitting(image: Image, format_: Format) -> tuple[Image, tuple[str, ...]]:
    """The picture without what a format cannot hold, and what that is; `check_output` has refused what matters."""
    name = shown(format_.name)
    notes = []
    if format_.name == "jpeg":
        notes.append("JPEG stores pixels approximately: they differ a little from the ones that were measured")
    if image.bit_depth == 16 and not format_.sixteen:
        notes.append(f"{format_.name} was written with 8 bits; the picture has 16")
        image = replace(image, samples=_reduced_to_8_bits(image.samples))
    if image.space == "grey" and format_.name in ("webp", "avif"):
        notes.append(f"{format_.name} has no grey pictures: it was written as RGB with equal channels")
    most = _JPEG_BLOCK_BYTES if format_.name == "jpeg" else 2**31
    for field, words in (("exif", "EXIF"), ("xmp", "XMP")):
        block = getattr(image, field)
        if block is not None and (not format_.metadata or len(block) > most):
            notes.append(f"{name} cannot hold the picture's {words} block of {len(block):,} bytes")
            image = _without(image, [field])
    if image.dpi is not None and format_.name == "gif":
        notes.append("GIF holds no resolution (dpi)")
    return (image if format_.profile else replace(image, icc=None)), tuple(notes)


def _save_with_what_can_be_kept(image: Image, format_: Format, file: BinaryIO) -> tuple[str, ...]:
    """Save; where the encoder refuses odd metadata, without it. Returns what could not be kept."""
    attempts: tuple[tuple[str, ...], ...] = ((), ("exif", "xmp"), ("exif", "xmp", "icc"))
    present = [[name for name in names if getattr(image, name) is not None] for names in attempts]
    for number, names in enumerate(present):
        try:
            notes = _save(_without(image, names), format_, file)
        except pyvips_module().Error:
            if all(later == names for later in present[number + 1 :]):  # there is nothing more to leave out
                raise
            file.seek(0)
            file.truncate()
        else:
            name, lost = shown(format_.name), " and ".join(name.upper() for name in names)
            return (*notes, f"{name} was written without {lost}: the encoder refused it") if names else notes
    return ()


def _without(image: Image, names: Sequence[str]) -> Image:
    """The picture without some of its profile, EXIF and XMP."""
    return replace(
        image,
        icc=None if "icc" in names else image.icc,
        exif=None if "exif" in names else image.exif,
        xmp=None if "xmp" in names else image.xmp,
    )


def _save(image: Image, format_: Format, file: BinaryIO) -> tuple[str, ...]:
    """Let the encoder write the picture, or its frames one by one. Returns what could not be kept."""
    options = dict(format_.options)
    if format_.name == "tiff" and image.samples.nbytes > _CLASSIC_TIFF_BYTES:
        options["bigtiff"] = True
    if image.frames > 1:
        wrap = write_apng if format_.name == "png" else write_animated_webp
        wrap(image, _stills(image, format_), file)
    else:
        encoded = _with_metadata(_as_vips(image), image)
        _let_go_while_encoding(encoded, image.samples)
        target = pyvips_module().Target.new_to_descriptor(file.fileno())
        getattr(encoded, format_.saver + "_target")(target, keep=_kept(image, format_), **options)
    if format_.name == "png" and image.dpi is None:
        _drop_png_resolution(file)
    if format_.name == "tiff" and image.exif is not None:
        try:
            add_to_tiff(file, image.exif)
        except ValueError as error:
            return (f"TIFF was written without EXIF: {error}",)
    return ()


def _kept(image: Image, format_: Format) -> str:
    keep = [name for name, value in (("icc", image.icc), ("xmp", image.xmp), ("exif", image.exif)) if value is not None]
    if image.dpi is not None and image.exif is None and format_.name not in ("png", "tiff"):
        keep.append("exif")  # the only place where these formats hold the resolution
    return "|".join(keep) or "none"


def _stills(image: Image, format_: Format) -> Iterator[bytes]:
    """The frames, encoded; the metadata goes with the first one."""
    for number, frame in enumerate(image.each_frame()):
        encoded, keep = _as_vips(frame), "none"
        if number == 0:
            encoded, keep = _with_metadata(encoded, image), _kept(image, format_)
        yield bytes(getattr(encoded, format_.saver + "_buffer")(keep=keep, **format_.options))
        let_go(image.samples)


def encode_png(image: Image) -> bytes:
    """A picture, the first frame of an animation, as an 8-bit sRGB PNG for display, without metadata."""
    still = next(image.each_frame())
    if not is_srgb(still.icc) or still.space == "cmyk":
        still, _ = to_srgb(still)
    if still.bit_depth == 16:
        still = replace(still, samples=_reduced_to_8_bits(still.samples))
    return bytes(_as_vips(still).pngsave_buffer(compression=6, filter="all", keep="none"))


def _as_vips(image: Image) -> VipsImage:
    """The samples as a picture of the encoder, which reads them where they are."""
    samples = np.ascontiguousarray(image.samples)
    height, width, bands = samples.shape
    encoded = pyvips_module().Image.new_from_memory(
        samples, width, height, bands, "uchar" if image.bit_depth == 8 else "ushort"
    )
    return encoded.copy(interpretation=encoding(image.space, image.bit_depth))


def _reduced_to_8_bits(samples: Samples) -> Samples:
    reduced = new_samples(samples.shape, np.uint8)
    for top in range(0, len(samples), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        reduced[rows] = np.rint(samples[rows] / np.float32(257))
    return reduced


def _let_go_while_encoding(encoded: VipsImage, samples: Samples) -> None:
    """The encoder walks through all samples; what it has passed need not stay in memory."""
    if samples.nbytes <= IN_MEMORY_BYTES:
        return
    dropped_at = 0

    def passed(_: VipsImage, progress: Any) -> None:  # noqa: ANN401 -- the encoder's own record
        nonlocal dropped_at
        if progress.npels * samples.shape[2] * samples.itemsize - dropped_at > LET_GO_BYTES:
            dropped_at = progress.npels * samples.shape[2] * samples.itemsize
            let_go(samples)

    encoded.set_progress(True)
    encoded.signal_connect("eval", passed)


def _with_metadata(encoded: VipsImage, image: Image) -> VipsImage:
    # EXIF means 72 when it does not know; 25.4 is what the encoder takes for "not stated".
    x, y = image.dpi or ((72.0, 72.0) if image.exif is not None else (25.4, 25.4))
    encoded = encoded.copy(xres=x / 25.4, yres=y / 25.4)
    for name, value in (("icc-profile-data", image.icc), ("exif-data", image.exif), ("xmp-data", image.xmp)):
        if value is not None:
            encoded.set_type(pyvips_module().GValue.blob_type, name, value)
    return encoded


def _drop_png_resolution(file: BinaryIO) -> None:
    """The encoder always states a resolution, 25.4 dpi when none is known; say "square pixels" instead."""
    file.seek(len(PNG_MAGIC))
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        if head[4:] == b"pHYs":
            chunk = b"pHYs" + struct.pack(">IIB", 1, 1, 0)
            file.seek(-4, os.SEEK_CUR)
            file.write(chunk + struct.pack(">I", zlib.crc32(chunk)))
            return
        file.seek(int.from_bytes(head[:4], "big") + 4, os.SEEK_CUR)
