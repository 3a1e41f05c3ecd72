"""The formats that are written, what each can hold, and the words for what it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apercu.image.picture import Image, Space

_GREY_RGB: frozenset[Space] = frozenset({"grey", "rgb"})


@dataclass(frozen=True)
class Format:
    """What a format can hold.

    Attributes:
        name: as `Image.format` has it.
        suffixes: of its files; the first one is the usual.
        saver: operation of the encoder; empty where Apercu writes the file itself.
        options: of the encoder.
        sixteen: whether samples of 16 bits are kept.
        spaces: kinds of colour; grey is turned into RGB where it is missing.
        alpha: whether pixels can be transparent.
        animated: whether it holds several frames.
        side: longest side in pixels that the format or its encoder allows.
        profile: whether it holds a colour profile.
        metadata: whether it holds EXIF and XMP.
    """

    name: str
    suffixes: tuple[str, ...]
    saver: str
    options: dict[str, Any] = field(default_factory=dict)
    sixteen: bool = False
    spaces: frozenset[Space] = _GREY_RGB
    alpha: bool = True
    animated: bool = False
    side: int = 2**31 - 1
    profile: bool = True
    metadata: bool = True


FORMATS: tuple[Format, ...] = (
    Format("png", (".png",), "pngsave", {"compression": 6, "filter": "all"}, sixteen=True, animated=True),
    Format("jpeg", (".jpg", ".jpeg"), "jpegsave", {"Q": 95, "subsample_mode": "off", "optimize_coding": True},
           spaces=frozenset({"grey", "rgb", "cmyk"}), alpha=False, side=65500),
    Format("webp", (".webp",), "webpsave", {"lossless": True, "exact": True}, spaces=frozenset({"rgb"}),
           animated=True, side=16383),
    Format("tiff", (".tif", ".tiff"), "tiffsave", {"compression": "deflate", "predictor": "horizontal"}, sixteen=True,
           spaces=frozenset({"grey", "rgb", "cmyk"})),
    Format("avif", (".avif",), "heifsave", {"compression": "av1", "lossless": True}, spaces=frozenset({"rgb"}),
           side=16384),
    Format("gif", (".gif",), "", animated=True, side=65535, profile=False, metadata=False),
    Format("bmp", (".bmp",), "", alpha=False, profile=False, metadata=False),
)  # fmt: skip
BY_SUFFIX = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
_NAMES = {"jpeg": "JPEG", "webp": "WebP"}


def shown(name: str) -> str:
    """A format's name as people write it."""
    return _NAMES.get(name, name.upper())


def problems(format_: Format, picture: Image, size: tuple[int, int] | None, *, srgb_like: bool) -> Iterator[str]:
    """What of a picture a format cannot hold, so that the picture is not written into it.

    Args:
        format_: where to.
        picture: the picture, or the one that it is made from.
        size: (height, width) of a frame of the result, where it is known.
        srgb_like: the picture has no profile or an sRGB one, so that it looks the same without.
    """
    name = shown(format_.name)
    if picture.has_alpha and not format_.alpha:
        yield f"would lose the picture's transparency: {name} is written without"
    if picture.frames > 1 and not format_.animated:
        yield f"would lose the animation ({picture.frames} frames): {name} is written with one picture"
    if colours := _colour_problem(format_, picture, srgb_like=srgb_like):
        yield colours
    if size is not None and max(size) > format_.side:
        yield f"would have {size[1]} x {size[0]} pixels: {name} holds at most {format_.side} a side"


def _colour_problem(format_: Format, picture: Image, *, srgb_like: bool) -> str:
    name = shown(format_.name)
    if picture.space == "cmyk" and "cmyk" not in format_.spaces:
        return f"cannot hold CMYK colours: {name} has none"
    if picture.icc is not None and not srgb_like and not format_.profile:
        return f"cannot hold the picture's colour profile: {name} has none"
    if picture.icc is not None and picture.space == "grey" and "grey" not in format_.spaces:
        return f"cannot hold a grey picture with a grey colour profile: {name} has no grey pictures"
    return ""


def hint(format_: Format, picture: Image, size: tuple[int, int] | None, *, srgb_like: bool) -> str:
    """The suffixes that would do, and the conversion to sRGB where that alone would help."""
    fit = [other for other in FORMATS if not any(problems(other, picture, size, srgb_like=srgb_like))]
    ways = ["Write " + _listed([other.suffixes[0] for other in fit]) + " instead"] if fit else []
    found = list(problems(format_, picture, size, srgb_like=srgb_like))
    if found == [_colour_problem(format_, picture, srgb_like=srgb_like)]:
        ways.append("convert the colours with --to-srgb" if ways else "Convert the colours with --to-srgb")
    return ", or ".join(ways or ["Take a smaller size, or a picture without transparency"]) + "."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
