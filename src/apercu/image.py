"""Read, hold and write a picture without loss: bit depth, alpha, profile and metadata stay beside the pixels.

Nothing is converted silently. What cannot be held exactly (CMYK, floating point, animation, ...) is refused with the
reason. Only the decoders named in `_MAGIC` are ever called, chosen by the first bytes of the file, so that SVG, PDF or
script-like formats cannot be opened by mistake.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apercu.errors import ImageError, OutputError, ShapeError

FloatImage: TypeAlias = NDArray[np.float32]
VipsImage: TypeAlias = Any  # pyvips carries no types
Samples: TypeAlias = NDArray[np.unsignedinteger[Any]]

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, _PNG_MAGIC, "png", "pngload_source"),
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
_SAVERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    ".png": ("png", "pngsave_target", {"compression": 6, "filter": "all"}),
    ".jpg": ("jpeg", "jpegsave_target", {"Q": 95, "subsample_mode": "off", "optimize_coding": True}),
    ".webp": ("webp", "webpsave_target", {"lossless": True, "exact": True}),
    ".tif": ("tiff", "tiffsave_target", {"compression": "deflate", "predictor": "horizontal"}),
    ".avif": ("avif", "heifsave_target", {"compression": "av1", "lossless": True}),
}
_SAVERS |= {".jpeg": _SAVERS[".jpg"], ".tiff": _SAVERS[".tif"]}
_SAMPLES = {("b-w", "uchar"): 8, ("grey16", "ushort"): 16, ("srgb", "uchar"): 8, ("rgb16", "ushort"): 16}
_NOT_CARRIED = {
    "iptc-data": "IPTC data",
    "photoshop-data": "Photoshop data",
    "png-comment-": "text comments",
    "gif-comment": "a comment",
}
_EXPORT_HINT = "Export it as a plain 8-bit or 16-bit RGB or grey picture and try again."
_ROWS_AT_ONCE = 256
# A JPEG with stray bytes between its segments is whole; before a restart marker (d0 to d7) they mean lost picture data.
_STRAY_BYTES = re.compile(r"extraneous bytes before marker 0x(?!d[0-7])")


@dataclass(frozen=True)
class Image:
    """A still picture as it was stored, turned upright.

    Attributes:
        pixels: (H, W, C) float32 in 0..1, C = 1 (grey) or 3 (RGB), in the picture's own colour space.
        alpha: (H, W) float32 in 0..1 (0 = transparent), or None.
        bit_depth: 8 or 16, of the file that it came from and will be written to.
        icc: colour profile; it describes `pixels`.
        exif: EXIF block with orientation 1 ("upright").
        xmp: XMP packet.
        dpi: (x, y) dots per inch, or None when the file does not say.
        format: "png", "jpeg", "webp", "tiff", "gif" or "avif".
        not_carried: metadata of the file that is not kept, in words.

    Raises:
        ShapeError: `pixels` is not (H, W, 1 or 3), or `alpha` has another size.
    """

    pixels: FloatImage
    alpha: FloatImage | None = None
    bit_depth: int = 8
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = "png"
    not_carried: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] not in (1, 3) or 0 in self.pixels.shape:
            raise ShapeError(
                f"a picture must have the shape (H, W, 1) or (H, W, 3); this array has {self.pixels.shape}"
            )
        if self.alpha is not None and self.alpha.shape != self.size:
            raise ShapeError(
                f"the alpha channel has the size {self.alpha.shape}, the picture {self.size}; they must be equal"
            )
        if self.bit_depth not in (8, 16):
            raise ShapeError(f"the bit depth is {self.bit_depth}; expected 8 or 16")

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.pixels.shape[0], self.pixels.shape[1]


# --- reading ---------------------------------------------------------------------------------------------------------


def read_image(path: str | os.PathLike[str], *, max_pixels: int = 268_000_000) -> Image:
    """Read a PNG, JPEG, WebP, TIFF, AVIF or single-frame GIF.

    Palettes become RGB, 1-bit becomes 8-bit grey, EXIF orientation is applied. Everything else stays as it is stored.

    Args:
        path: file; its content decides the format, not its name.
        max_pixels: height x width above which the file is refused before anything is decoded.

    Raises:
        ImageError: the file is missing, unreadable, damaged, cut short, too large, or cannot be held exactly.
    """
    with _open_picture(path) as file:
        format_, loader = _recognise(file, path)
        strict = "warning" if format_ == "jpeg" else "error"
        try:
            return _decode(file, path, format_, loader, max_pixels, strict)
        except ImageError as error:
            if not _STRAY_BYTES.search(error.message):
                raise
        return _decode(file, path, format_, loader, max_pixels, "error")


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as text that can be printed and written: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def file_sha256(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        ImageError: the file is missing or unreadable.
    """
    with _open_picture(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _open_picture(path: str | os.PathLike[str]) -> Iterator[BufferedReader]:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise ImageError(f"{path} is {kind}; expected a picture file", hint="Name one picture.")
        if status.st_size == 0:
            raise ImageError(f"{path} is empty (0 bytes); expected a picture file", hint="Copy or download it again.")
        file = open(path, "rb")  # noqa: SIM115 -- closed below; errors inside the block are not ours to translate
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist; expected a picture file", hint="Check the path.") from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise ImageError(f"{path} cannot be opened: {cause}", hint="Check the name and the permissions.") from None
    with file:
        yield file


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
    pyvips = _pyvips()
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
    with _decoding(path):
        memory = decoded.write_to_memory()
    flat: Samples = np.frombuffer(memory, np.uint8 if decoded.format == "uchar" else np.uint16)
    samples = flat.reshape(decoded.height, decoded.width, decoded.bands)
    return _as_image(decoded, _upright(samples, int(_field(decoded, "orientation") or 1)), format_)


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
    file.seek(len(_PNG_MAGIC))
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"acTL":
            return int.from_bytes(file.read(4), "big")
        file.seek(length + 4, os.SEEK_CUR)
    return 1


def _upright(samples: Samples, orientation: int) -> Samples:
    """Undo the camera's rotation; `orientation` is the EXIF value 1..8."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def _as_image(decoded: VipsImage, samples: Samples, format_: str) -> Image:
    bit_depth = _SAMPLES[decoded.interpretation, decoded.format]
    highest = np.float32(_highest_sample(decoded, bit_depth))
    colours = samples.shape[2] - 1 if samples.shape[2] in (2, 4) else samples.shape[2]
    exif = _field(decoded, "exif-data")
    fields = decoded.get_fields()
    return Image(
        pixels=np.divide(samples[:, :, :colours], highest, dtype=np.float32, order="C"),
        alpha=np.divide(samples[:, :, colours], highest, dtype=np.float32, order="C")
        if samples.shape[2] > colours
        else None,
        bit_depth=bit_depth,
        icc=_field(decoded, "icc-profile-data"),
        exif=None if exif is None else _with_upright_orientation(exif),
        xmp=_field(decoded, "xmp-data"),
        dpi=_dpi(decoded, format_),
        format=format_,
        not_carried=tuple(
            words for prefix, words in _NOT_CARRIED.items() if any(name.startswith(prefix) for name in fields)
        ),
    )


def _highest_sample(decoded: VipsImage, bit_depth: int) -> int:
    """White. AVIF with 10 or 12 bits arrives shifted up to 16, so that its white is a little below 65535."""
    stored = int(_field(decoded, "bits-per-sample") or bit_depth)
    if bit_depth == 16 and 8 < stored < 16:
        return ((1 << stored) - 1) << (16 - stored)
    return (1 << bit_depth) - 1


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
    pyvips = _pyvips()
    try:
        yield
    except pyvips.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = next((": " + line for line in lines if not line.startswith("unable to")), "")
        raise ImageError(
            f"{path} is damaged, cut short or of a variant that is not read{cause}",
            hint="Copy or download it again, or export it as PNG.",
        ) from None


def _pyvips() -> Any:  # noqa: ANN401 -- an untyped module
    """The decoder library, with its chatter kept off standard error."""
    import pyvips

    if not logging.getLogger("pyvips").handlers:
        logging.getLogger("pyvips").addHandler(logging.NullHandler())
    return pyvips


# --- writing ---------------------------------------------------------------------------------------------------------


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
        image: samples are clipped to 0..1 and rounded to the nearest of 255 or 65535 steps.
        path: .png .jpg .jpeg .webp .tif .tiff .avif
        overwrite: whether a file that exists may be replaced.

    Returns:
        What the format could not hold, one sentence each.

    Raises:
        OutputError: see `check_output`; also a profile that the format cannot hold, NaN in the picture, a full disk.
    """
    check_output(path, overwrite=overwrite, alpha=image.alpha is not None)
    target = Path(path)
    format_, saver, options = _SAVERS[target.suffix.lower()]
    grey_lost = image.pixels.shape[2] == 1 and format_ in ("webp", "avif")
    if grey_lost and image.icc is not None:
        raise OutputError(
            f"{path} cannot hold a grey picture with a grey colour profile", hint="Write .png or .tif instead."
        )
    depth = image.bit_depth if format_ in ("png", "tiff") else 8
    encoded = _with_metadata(_as_vips(image.pixels, image.alpha, depth), image)
    keep = [name for name, value in (("icc", image.icc), ("xmp", image.xmp), ("exif", image.exif)) if value is not None]
    if image.dpi is not None and image.exif is None and format_ not in ("png", "tiff"):
        keep.append("exif")  # the only place where these formats hold the resolution
    with _published(target, overwrite=overwrite) as file:
        getattr(encoded, saver)(
            _pyvips().Target.new_to_descriptor(file.fileno()), keep="|".join(keep) or "none", **options
        )
        if format_ == "png" and image.dpi is None:
            _drop_png_resolution(file)
    warnings = (
        (format_ == "jpeg", "JPEG stores pixels approximately: they differ a little from the ones that were measured"),
        (depth < image.bit_depth, f"{format_} was written with 8 bits; the picture has {image.bit_depth}"),
        (grey_lost, f"{format_} has no grey pictures: it was written as RGB with equal channels"),
    )
    return tuple(text for holds, text in warnings if holds)


def encode_png(pixels: FloatImage, alpha: FloatImage | None = None) -> bytes:
    """A picture as an 8-bit PNG for display, without metadata.

    Args:
        pixels: (H, W, 1 or 3) float32 in 0..1.
        alpha: (H, W) float32 in 0..1, or None.
    """
    return bytes(_as_vips(pixels, alpha, 8).pngsave_buffer(compression=6, filter="all", keep="none"))


def _as_vips(pixels: FloatImage, alpha: FloatImage | None, bit_depth: int) -> VipsImage:
    """Rounded samples as a picture of the encoder, made block by block: no float copy of the whole."""
    height, width, colours = pixels.shape
    highest = (1 << bit_depth) - 1
    samples = np.empty((height, width, colours + (alpha is not None)), np.uint8 if bit_depth == 8 else np.uint16)
    for top in range(0, height, _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        block = pixels[rows] if alpha is None else np.dstack((pixels[rows], alpha[rows]))
        if np.isnan(block).any():
            raise OutputError(
                "the picture holds values that are not numbers (NaN)",
                hint="This is a fault of the model that made it: try another one.",
            )
        samples[rows] = np.rint(np.clip(block, 0, 1) * highest)
    kind = ("b-w" if colours == 1 else "srgb") if bit_depth == 8 else ("grey16" if colours == 1 else "rgb16")
    encoded = _pyvips().Image.new_from_memory(
        samples, width, height, samples.shape[2], "uchar" if bit_depth == 8 else "ushort"
    )
    return encoded.copy(interpretation=kind)


def _with_metadata(encoded: VipsImage, image: Image) -> VipsImage:
    # EXIF means 72 when it does not know; 25.4 is what the encoder takes for "not stated".
    x, y = image.dpi or ((72.0, 72.0) if image.exif is not None else (25.4, 25.4))
    encoded = encoded.copy(xres=x / 25.4, yres=y / 25.4)
    for name, value in (("icc-profile-data", image.icc), ("exif-data", image.exif), ("xmp-data", image.xmp)):
        if value is not None:
            encoded.set_type(_pyvips().GValue.blob_type, name, value)
    return encoded


def _drop_png_resolution(file: BinaryIO) -> None:
    """The encoder always states a resolution, 25.4 dpi when none is known; say "square pixels" instead."""
    file.seek(len(_PNG_MAGIC))
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
    except _pyvips().Error as error:
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
