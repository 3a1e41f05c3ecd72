"""Write a picture: the suffix names the format; nobody ever sees a half-written file."""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from apercu.errors import OutputError
from apercu.image.encoder import PNG_MAGIC, VipsImage, pyvips_module
from apercu.image.picture import Image
from apercu.image.scratch import IN_MEMORY_BYTES, LET_GO_BYTES, Samples, let_go, new_samples

_SAVERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    ".png": ("png", "pngsave_target", {"compression": 6, "filter": "all"}),
    ".jpg": ("jpeg", "jpegsave_target", {"Q": 95, "subsample_mode": "off", "optimize_coding": True}),
    ".webp": ("webp", "webpsave_target", {"lossless": True, "exact": True}),
    ".tif": ("tiff", "tiffsave_target", {"compression": "deflate", "predictor": "horizontal"}),
    ".avif": ("avif", "heifsave_target", {"compression": "av1", "lossless": True}),
}
_ROWS_AT_ONCE = 256
_SAVERS |= {".jpeg": _SAVERS[".jpg"], ".tiff": _SAVERS[".tif"]}


def check_output(path: str | os.PathLike[str], *, overwrite: bool = False, alpha: bool = False) -> None:
    """Say before any work is done whether a picture could be written to `path`.

    Args:
        path: the file to be written; its suffix names the format.
        overwrite: whether a file that exists may be replaced.
        alpha: whether the picture has transparency.

    Raises:
        OutputError: unknown suffix, missing folder, a folder of that name, an existing file without `overwrite`, no
            permission, alpha into JPEG.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in _SAVERS:
        raise OutputError(
            f"{path} has the suffix {suffix!r}; expected one of {', '.join(_SAVERS)}",
            hint="Name the result for example out.png.",
        )
    if alpha and _SAVERS[suffix][0] == "jpeg":
        raise OutputError(
            f"{path} would lose the picture's transparency: JPEG has none", hint="Write .png, .webp or .tif instead."
        )
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
            raise _exists(target)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}", hint="Check the permissions, or write elsewhere."
        ) from None
    if not os.access(target.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise OutputError(
            f"the folder {target.parent} may not be written to", hint="Check the permissions, or write elsewhere."
        )


def write_image(image: Image, path: str | os.PathLike[str], *, overwrite: bool = False) -> tuple[str, ...]:
    """Write a picture; the suffix names the format. PNG, TIFF, WebP and AVIF hold 8-bit samples exactly, JPEG nearly.

    Nobody ever sees a half-written file: it is written under a hidden name in the same folder and moved at the end, and
    nothing is left behind when that fails or is interrupted.

    Args:
        image: what to write.
        path: .png .jpg .jpeg .webp .tif .tiff .avif
        overwrite: whether a file that exists may be replaced.

    Returns:
        What the format could not hold, one sentence each.

    Raises:
        OutputError: see `check_output`; also a profile that the format cannot hold, a full disk.
    """
    check_output(path, overwrite=overwrite, alpha=image.has_alpha)
    target = Path(path)
    format_, saver, options = _SAVERS[target.suffix.lower()]
    grey_lost = image.space == "grey" and format_ in ("webp", "avif")
    if grey_lost and image.icc is not None:
        raise OutputError(
            f"{path} cannot hold a grey picture with a grey colour profile", hint="Write .png or .tif instead."
        )
    depth = image.bit_depth if format_ in ("png", "tiff") else 8
    encoded = _with_metadata(_as_vips(image, depth), image)
    keep = [name for name, value in (("icc", image.icc), ("xmp", image.xmp), ("exif", image.exif)) if value is not None]
    if image.dpi is not None and image.exif is None and format_ not in ("png", "tiff"):
        keep.append("exif")  # the only place where these formats hold the resolution
    _let_go_while_encoding(encoded, image.samples)
    with _published(target, overwrite=overwrite) as file:
        getattr(encoded, saver)(
            pyvips_module().Target.new_to_descriptor(file.fileno()), keep="|".join(keep) or "none", **options
        )
        if format_ == "png" and image.dpi is None:
            _drop_png_resolution(file)
    warnings = (
        (format_ == "jpeg", "JPEG stores pixels approximately: they differ a little from the ones that were measured"),
        (depth < image.bit_depth, f"{format_} was written with 8 bits; the picture has {image.bit_depth}"),
        (grey_lost, f"{format_} has no grey pictures: it was written as RGB with equal channels"),
    )
    return tuple(text for holds, text in warnings if holds)


def encode_png(image: Image) -> bytes:
    """A picture as an 8-bit PNG for display, without metadata."""
    return bytes(_as_vips(image, 8).pngsave_buffer(compression=6, filter="all", keep="none"))


def _as_vips(image: Image, bit_depth: int) -> VipsImage:
    """The samples as a picture of the encoder, which reads them where they are."""
    samples = image.samples if image.bit_depth == bit_depth else _reduced_to_8_bits(image.samples)
    samples = np.ascontiguousarray(samples)
    height, width, bands = samples.shape
    kind = (
        ("b-w" if image.space == "grey" else "srgb")
        if bit_depth == 8
        else ("grey16" if image.space == "grey" else "rgb16")
    )
    encoded = pyvips_module().Image.new_from_memory(
        samples, width, height, bands, "uchar" if bit_depth == 8 else "ushort"
    )
    return encoded.copy(interpretation=kind)


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


@contextmanager
def _published(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A hidden file beside `target` that takes its name when the block ends well and vanishes when it does not."""
    hidden = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        with open(hidden, "x+b", buffering=0) as file:
            yield file
            os.fsync(file.fileno())
        if overwrite:
            os.replace(hidden, target)
        else:
            _move_without_replacing(hidden, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}", hint="Check the disk and the permissions."
        ) from None
    except pyvips_module().Error as error:
        cause = str(error).strip().splitlines()[-1]
        full = "unable to write to target" in cause
        raise OutputError(
            f"{target} cannot be written: {'the disk may be full' if full else cause}",
            hint="Check the disk, or write elsewhere." if full else "Write .png instead.",
        ) from None
    finally:
        hidden.unlink(missing_ok=True)


def _move_without_replacing(hidden: Path, target: Path) -> None:
    """Give the file its name unless somebody else took that name meanwhile: a plain rename would replace theirs."""
    try:
        os.link(hidden, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: take the name with an empty file, then replace our own
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        os.replace(hidden, target)


def _exists(target: Path) -> OutputError:
    return OutputError(
        f"{target} exists already and is not replaced", hint="Allow it with --overwrite, or write to another name."
    )
