"""Pixels of the training pictures: rasters as they are, drawings at several exact sizes.

Every array is (H, W, C) uint8, sRGB, C = 3, or 4 with straight alpha where a picture is not fully opaque.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from apercu.errors import ImageError, ShapeError
from apercu.image.encoder import VipsImage, pyvips_module

ByteImage: TypeAlias = NDArray[np.uint8]
LONGEST_SIDE = 2048
SIZES = (32, 48, 64, 96, 128, 144, 192, 256, 288, 384)
"""Longest sides at which a drawing is rendered; all are multiples of `GRID`."""
GRID = 16
"""A drawing's frame is a whole number of 16ths of its longest side, so that every size has it exactly."""
LARGEST_DIFFERENCE = 3.0
"""Of two sizes of a drawing that agree: mean difference in 1/255 after the larger was averaged over 2x2 pixels."""
LARGEST_SHIFT = 0.25
"""Of two sizes of a drawing that agree: how far apart they lie, in pixels of the smaller one."""
_ROOT = re.compile(rb"<(?:\w+:)?svg(?=[\s/>])(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*")
_ATTRIBUTE = re.compile(rb"\s(width|height|viewBox|preserveAspectRatio|x|y)\s*=\s*(\"[^\"]*\"|'[^']*')")
_LENGTH = re.compile(r"\s*([0-9.]+(?:[eE][+-]?\d+)?)\s*(px|pt|pc|mm|cm|in)?\s*")
_PER_UNIT = {None: 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


def decode_raster(data: bytes, name: str, size: tuple[int, int]) -> tuple[ByteImage, bool]:
    """A picture of pixels as sRGB bytes; a longest side above 2048 is shrunk to 2048 (Lanczos, premultiplied).

    Args:
        data: the file.
        name: for messages.
        size: (height, width) that it must have.

    Returns:
        (H, W, 3 or 4) uint8, and whether it was shrunk.

    Raises:
        ImageError: the file is damaged, or of another size.
    """
    pyvips = pyvips_module()
    try:
        picture = pyvips.Image.new_from_buffer(data, "", fail_on="error").autorot()
        if (picture.height, picture.width) != size:
            raise ImageError(f"{name} is {picture.height} x {picture.width}; the recipe expects {size[0]} x {size[1]}")
        if picture.get_typeof("icc-profile-data"):
            picture = picture.icc_transform("srgb", embedded=True, intent="relative", depth=8)
        picture = picture.colourspace("srgb").cast("uchar")
        longest = max(picture.width, picture.height)
        if longest > LONGEST_SIDE:
            picture = _shrunk(picture, LONGEST_SIDE / longest)
        pixels: ByteImage = np.asarray(picture.numpy())
    except pyvips.Error as error:
        raise ImageError(f"{name} cannot be decoded: {' '.join(str(error).split())}") from error
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        pixels = pixels[..., :3]
    return np.ascontiguousarray(pixels), longest > LONGEST_SIDE


def render_drawing(svg: bytes, name: str) -> dict[int, ByteImage]:
    """A drawing at every size of `SIZES`, all with the same origin and the exact scale.

    The document is given a square frame, whose side is the drawing's longest side and whose origin is the drawing's
    upper left corner. Rows or columns beyond the shorter side are cut, down to a whole 16th of the longest one, so that
    sizes have the same ratio as their scales.

    Args:
        svg: the document.
        name: for messages.

    Returns:
        For each size s an array (H, W, 4) uint8, max(H, W) = s.

    Raises:
        ImageError: the drawing cannot be rendered or is not fit for training; the message says why.
    """
    for tag, why in ((b"text", "its letters depend on the fonts of the machine"), (b"image", "it holds pixels")):
        if re.search(rb"<(?:\w+:)?" + tag + rb"[\s>]", svg):
            raise ImageError(f"{name} is left out: {why}")
    document, height, width = _framed(svg, name)
    rendered = {size: _rendered(document, size, name) for size in SIZES}
    levels = {
        size: np.ascontiguousarray(square[: height * size // GRID, : width * size // GRID])
        for size, square in rendered.items()
    }
    if not levels[SIZES[-1]][..., 3].any():
        raise ImageError(f"{name} is left out: nothing of it is visible")
    compared = [compare_sizes(small, levels[2 * size]) for size, small in levels.items() if 2 * size in levels]
    difference, shift = (max(values) for values in zip(*compared, strict=True))
    if difference > LARGEST_DIFFERENCE:
        raise ImageError(f"{name} is left out: its sizes differ by {difference:.1f}/255, expected {LARGEST_DIFFERENCE}")
    if shift > LARGEST_SHIFT:
        raise ImageError(f"{name} is left out: its sizes lie {shift:.2f} pixels apart, expected {LARGEST_SHIFT}")
    return levels


def compare_sizes(small: ByteImage, large: ByteImage) -> tuple[float, float]:
    """How well a drawing agrees with itself at twice the size, which is averaged over 2x2 pixels for that.

    Args:
        small: (H, W, 4) uint8, straight alpha.
        large: (2H, 2W, 4) uint8.

    Returns:
        The mean absolute difference, in 1/255 of the premultiplied values; and the larger one of the shifts along y and
        x that explain the difference best (least squares on the slopes), in pixels of the smaller picture.

    Raises:
        ShapeError: `large` is not twice as large.
    """
    if large.shape != (2 * small.shape[0], 2 * small.shape[1], small.shape[2]):
        raise ShapeError(f"{large.shape} is not twice as large as {small.shape}")
    halved = _halved(_premultiplied(large))
    difference = _premultiplied(small) - halved
    slopes = np.stack([slope.ravel() for slope in np.gradient(halved, axis=(0, 1))], axis=1)
    shift = np.linalg.lstsq(slopes, difference.ravel(), rcond=None)[0]
    return float(np.abs(difference).mean()), float(np.abs(shift).max())


def _premultiplied(pixels: ByteImage) -> NDArray[np.float32]:
    values = pixels.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    return values


def _halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width, channels = values.shape
    halved: NDArray[np.float32] = values.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
    return halved


def _shrunk(picture: VipsImage, factor: float) -> VipsImage:
    if not picture.hasalpha():
        return picture.resize(factor, kernel="lanczos3")
    return picture.premultiply().resize(factor, kernel="lanczos3").unpremultiply().rint().cast("uchar")


def _framed(svg: bytes, name: str) -> tuple[bytes, int, int]:
    """The document in a square frame, and the drawing's height and width in 16ths of its side (rounded up)."""
    root = _ROOT.search(svg)
    if root is None:
        raise ImageError(f"{name} is left out: it has no <svg> element")
    found = {key.decode(): value[1:-1].decode() for key, value in _ATTRIBUTE.findall(root[0])}
    left, top, width, height = _view_box(found, name)
    longest = max(width, height)
    tag = _ATTRIBUTE.sub(b"", root[0])
    frame = f' width="{SIZES[-1]}" height="{SIZES[-1]}" viewBox="{left!r} {top!r} {longest!r} {longest!r}"'
    document = svg[: root.start()] + tag + frame.encode() + svg[root.end() :]
    rows, columns = (max(1, -int(-GRID * side // longest)) for side in (height, width))
    return document, rows, columns


def _view_box(found: dict[str, str], name: str) -> tuple[float, float, float, float]:
    """(left, top, width, height) in user units: the view box, else the page, whose units are those of CSS."""
    try:
        if "viewBox" in found:
            left, top, width, height = (float(part) for part in re.split(r"[\s,]+", found["viewBox"].strip()))
        else:
            left, top, width, height = 0.0, 0.0, _length(found["width"]), _length(found["height"])
    except (KeyError, ValueError) as error:
        raise ImageError(f"{name} is left out: its size is not known ({error})") from error
    if not (width > 0 and height > 0):
        raise ImageError(f"{name} is left out: its page is {width} x {height}")
    return left, top, width, height


def _length(text: str) -> float:
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return float(match[1]) * _PER_UNIT[match[2]]


def _rendered(document: bytes, size: int, name: str) -> ByteImage:
    """The square frame, (size, size, 4) uint8 with straight alpha."""
    pyvips = pyvips_module()
    try:
        picture: Any = pyvips.Image.svgload_buffer(document, scale=size / SIZES[-1])
        pixels: ByteImage = np.asarray(picture.numpy())
    except pyvips.Error as error:
        raise ImageError(f"{name} is left out: {' '.join(str(error).split())}") from error
    if pixels.shape != (size, size, 4):
        raise ImageError(f"{name} is left out: it is rendered as {pixels.shape}, expected {(size, size, 4)}")
    return pixels
