"""What a file says beside its samples: kept as it is where it is sound, named where it is not."""

from __future__ import annotations

from dataclasses import dataclass

from apercu.image.colour import profile_problem
from apercu.image.exif import upright_exif
from apercu.image.picture import Space

_LARGEST = 16 * 2**20


@dataclass(frozen=True)
class Metadata:
    """Profile, EXIF (upright) and XMP that are kept, and in words what is not."""

    icc: bytes | None
    exif: bytes | None
    xmp: bytes | None
    not_carried: tuple[str, ...]


def sound(
    space: Space, *, icc: bytes | None, exif: bytes | None, xmp: bytes | None, notes: tuple[str, ...] = ()
) -> Metadata:
    """Sort what can be used from what is damaged: odd metadata never stops a picture from being read.

    Args:
        space: the picture's colours, which the profile must be made for.
        icc: colour profile as stored, or None.
        exif: EXIF block as stored, or None.
        xmp: XMP packet as stored, or None.
        notes: what else is not kept.
    """
    said = list(notes)
    if icc and (problem := profile_problem(icc, space)):
        said.append(problem)
        icc = None
    upright = upright_exif(exif) if exif and len(exif) <= _LARGEST else None
    if exif and upright is None:
        said.append("a damaged EXIF block")
    if xmp and (len(xmp) > _LARGEST or b"<" not in xmp):
        said.append("a damaged XMP packet")
        xmp = None
    if xmp and b"hdr-gain-map" in xmp:  # the packet describes what is not kept
        said.append("an HDR gain map, and the XMP packet that describes it")
        xmp = None
    return Metadata(icc or None, upright, xmp or None, tuple(said))
