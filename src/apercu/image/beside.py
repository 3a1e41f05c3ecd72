"""What a file says beside its samples that the decoder does not tell, or drops without a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from apercu.image.cicp import colr_losses
from apercu.image.exif import exif_of_tiff, file_block
from apercu.image.gif_blocks import gif_losses
from apercu.image.jpeg_header import holds_profile
from apercu.image.png_header import PngExtras, png_extras


@dataclass(frozen=True)
class Beside:
    """What was found before the decoder begins.

    Attributes:
        exif: the block of a TIFF, at whose directory the decoder does not look.
        extras: of a PNG.
        notes: what is not kept, in words.
        without_profile: what else is not, where the decoder finds no profile.
    """

    exif: bytes | None = None
    extras: PngExtras | None = None
    notes: tuple[str, ...] = ()
    without_profile: tuple[str, ...] = ()


def looked_through(file: BinaryIO, format_: str) -> Beside:
    """Look through a file of a format, without decoding anything.

    Raises:
        ValueError: it was cut off, and the decoder would not notice.
    """
    match format_:
        case "png":
            return Beside(extras=png_extras(file))
        case "jpeg":
            return Beside(without_profile=("a damaged colour profile",) if holds_profile(file) else ())
        case "avif":
            return Beside(without_profile=colr_losses(file))
        case "gif":
            return Beside(notes=gif_losses(file))
        case "tiff":
            try:
                return Beside(exif=exif_of_tiff(file_block(file)))
            except ValueError:
                return Beside(notes=("EXIF, which is not read from this variant of TIFF",))
    return Beside()
