"""Colour profiles: which ones can be used, and the way from a picture's own colours to sRGB."""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import cache, lru_cache
from io import BytesIO

import numpy as np

from apercu.image.encoder import pyvips_module
from apercu.image.picture import Image, Space
from apercu.image.scratch import Samples, let_go, new_samples

_ROWS_AT_ONCE = 256
_PROFILE_SPACE: dict[Space, bytes] = {"grey": b"GRAY", "rgb": b"RGB ", "cmyk": b"CMYK"}
_PILLOW_MODES: dict[Space, str] = {"grey": "L", "rgb": "RGB", "cmyk": "CMYK"}
_SAME_COLOUR = 2  # steps of 255 that profiles of sRGB by different makers lie apart
_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
_ENCODINGS: dict[tuple[Space, int], str] = {
    ("grey", 8): "b-w", ("grey", 16): "grey16", ("rgb", 8): "srgb", ("rgb", 16): "rgb16",
    ("cmyk", 8): "cmyk", ("cmyk", 16): "cmyk",
}  # fmt: skip
"""What the encoder calls a space with so many bits."""


def encoding(space: Space, bit_depth: int) -> str:
    """What the encoder calls a space with so many bits."""
    return _ENCODINGS[space, bit_depth]


def profile_problem(icc: bytes, space: Space) -> str:
    """Why a profile is not kept, or nothing.

    Its header and the table of its tags are looked at (ICC.1:2022, sections 7.2 and 7.3); encoders drop, without a
    word, what is wrong there.
    """
    tags = int.from_bytes(icc[128:132], "big")
    table = [icc[at : at + 12] for at in range(132, 132 + 12 * min(tags, len(icc) // 12 + 1), 12)]
    sound = (
        len(icc) >= 132
        and icc[36:40] == b"acsp"
        and int.from_bytes(icc[:4], "big") == len(icc)
        and icc[12:16] in _CLASSES
        and icc[20:24] in (b"XYZ ", b"Lab ")
        and icc[64:66] == b"\0\0"
        and all(len(tag) == 12 and sum(struct.unpack(">II", tag[4:])) <= len(icc) for tag in table)
    )
    if not sound:
        return "a damaged colour profile"
    if icc[16:20] != _PROFILE_SPACE[space]:
        return "a colour profile that is not made for the picture's channels"
    return ""


@cache
def srgb_profile() -> bytes:
    """The sRGB profile that converted pictures carry."""
    return bytes(pyvips_module().Image.profile_load("srgb"))


def is_srgb(icc: bytes | None) -> bool:
    """Whether a picture with this profile looks the same without it: its colours are those of sRGB, within 2 of 255."""
    return icc is None or icc == srgb_profile() or _changes_nothing(icc)


@lru_cache(maxsize=4)
def _changes_nothing(icc: bytes) -> bool:
    """Whether steps of all greys, or of all colours, stay what they are on their way to sRGB; names are not trusted."""
    space: Space = "grey" if icc[16:20] == _PROFILE_SPACE["grey"] else "rgb"
    if icc[16:20] != _PROFILE_SPACE[space] or not _usable(icc, space):
        return False
    channels = 1 if space == "grey" else 3
    steps = np.linspace(0, 255, 256 if space == "grey" else 16).astype(np.uint8)
    colours = np.stack(np.meshgrid(*[steps] * channels), axis=-1).reshape(len(steps), -1, channels)
    converted = _converted(Image(colours), icc)
    return bool(np.abs(converted.astype(int) - colours).max() <= _SAME_COLOUR)


def to_srgb(image: Image) -> tuple[Image, tuple[str, ...]]:
    """The picture in sRGB, by its profile, with its bit depth, alpha and frames; and notes.

    CMYK becomes RGB, by the usual press of the library's own profile where the picture has none. RGB and grey without a
    profile are taken to be sRGB. RGB then carries an sRGB profile; grey stays grey and carries none, which means the
    same curve. A profile that cannot be used counts as none, with a note.
    """
    if image.icc is None and image.space != "cmyk":
        return (replace(image, icc=srgb_profile()) if image.space == "rgb" else image), ()
    pyvips = pyvips_module()
    notes: tuple[str, ...] = ()
    if image.icc is None:
        notes = ("the CMYK picture has no profile: its colours were converted as those of a usual press",)
    elif not _usable(image.icc, image.space):
        without, more = to_srgb(replace(image, icc=None))
        return without, ("the colour profile could not be used and was left out", *more)
    samples = _converted(image, image.icc or bytes(pyvips.Image.profile_load("cmyk")))
    return replace(image, samples=samples, icc=None if image.space == "grey" else srgb_profile()), notes


def _usable(icc: bytes, space: Space) -> bool:
    """Whether a profile can be computed with: the converter below would take another one without a word."""
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), _PILLOW_MODES[space], "RGB")
    except (ImageCms.PyCMSError, OSError):
        return False
    return True


def _converted(image: Image, profile: bytes) -> Samples:
    pyvips = pyvips_module()
    height, width = image.samples.shape[:2]
    channels = 1 if image.space == "grey" else 3
    samples = new_samples((height, width, channels + image.has_alpha), image.samples.dtype)
    for top in range(0, height, _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        strip = np.ascontiguousarray(image.samples[rows, :, : image.channels])
        source = pyvips.Image.new_from_memory(
            strip, width, len(strip), image.channels, "uchar" if image.bit_depth == 8 else "ushort"
        ).copy(interpretation=encoding(image.space, image.bit_depth))
        source.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        done = source.icc_transform(
            "srgb", embedded=True, intent="relative", black_point_compensation=True, depth=image.bit_depth
        )
        converted = np.frombuffer(done.write_to_memory(), samples.dtype).reshape(len(strip), width, done.bands)
        samples[rows, :, :channels] = converted[:, :, :channels]
        if image.has_alpha:
            samples[rows, :, -1] = image.samples[rows, :, -1]
        let_go(samples)
        let_go(image.samples)
    return samples
