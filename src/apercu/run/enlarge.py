"""From a picture, a model and a wish for size to the larger picture, with alpha, grey and bit depth kept."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import OutOfMemoryError, ShapeError
from apercu.image import Image, Pixels
from apercu.image.picture import quantised
from apercu.image.scratch import LET_GO_BYTES, Samples, let_go, new_samples
from apercu.records import NEAREST
from apercu.registry import Block, Enlarger, Progress
from apercu.resample import FloatImage, Kernel, PixelSource, resize_strips
from apercu.run.transparency import Opacity, bleed, unmixing
from apercu.settings import Settings

Scale = tuple[float, float]
Size = tuple[int, int]
_ROWS_AT_ONCE = 256


def target_size(size: Size, *, scale: Scale | None, target: Size | None, settings: Settings) -> Size:
    """The output's (height, width) for a factor per axis or an exact size.

    Args:
        size: the input's (height, width).
        scale: factors (y, x), or None.
        target: exact (height, width), or None; just one of the two is given.
        settings: limits.

    Raises:
        ShapeError: neither or both are given, a factor is below 1, above the limit or not a number, or the result would
            be too large.
    """
    if scale is not None and target is None:
        result = _by_factor(size, scale, settings)
    elif target is not None and scale is None:
        result = _by_size(size, target, settings)
    else:
        raise ShapeError(
            "expected either a factor or a size, got both or neither", hint="Give --scale 3 or --size 1920x1080."
        )
    if result[0] * result[1] > settings.max_output_pixels:
        raise ShapeError(
            f"the result would have {result[0] * result[1]:,} pixels ({result[1]}x{result[0]}), "
            f"expected at most {settings.max_output_pixels:,}",
            hint="Take a smaller factor, or raise APERCU_MAX_OUTPUT_PIXELS.",
        )
    return result


def _by_factor(size: Size, scale: Scale, settings: Settings) -> Size:
    for factor in scale:
        if not (math.isfinite(factor) and 1 <= factor <= settings.max_scale):
            raise ShapeError(
                f"factor {factor:g} is out of range, expected 1 to {settings.max_scale:g}",
                hint="Apercu enlarges; give a factor such as 2, 3.7 or 4.",
            )
    if max(side * factor for side, factor in zip(size, scale, strict=True)) > settings.max_output_pixels:
        raise ShapeError(
            f"a side of the result would have more than {settings.max_output_pixels:,} pixels",
            hint="Take a smaller factor.",
        )
    # A hair more than one half: 2.5 times 3 must not depend on the last bit of a product.
    return math.floor(size[0] * scale[0] + 0.5 + 1e-9), math.floor(size[1] * scale[1] + 0.5 + 1e-9)


def _by_size(size: Size, target: Size, settings: Settings) -> Size:
    factors = [_ratio(after, before) for after, before in zip(target, size, strict=True)]
    if min(factors) < 1 or max(factors) > settings.max_scale:
        raise ShapeError(
            f"size {target[1]}x{target[0]} is {factors[1]:.3g} times as wide and {factors[0]:.3g} times as high as "
            f"the picture ({size[1]}x{size[0]}), expected 1 to {settings.max_scale:g} times",
            hint="Sizes are WIDTHxHEIGHT; Apercu enlarges and does not shrink.",
        )
    return target


def _ratio(after: int, before: int) -> float:
    """Infinite for a side that no float can hold: a plan may name any whole number."""
    try:
        return after / before
    except OverflowError:
        return math.inf


def enlarge_image(image: Image, model: Enlarger, target: Size, *, progress: Progress | None = None) -> Image:
    """Enlarge colours and alpha with the model.

    Alpha goes through the model as a grey picture of its own, so that the outline is as sharp as the colours; where it
    is the same all around it stays exactly that.

    Colours are clipped to 0..1 and rounded to the steps that the picture's file will hold, block by block, so that what
    is measured is what is saved. Grey, and the black of CMYK, is handed to the model as three equal channels and comes
    back as one, their mean. Every frame of an animation is enlarged by itself.

    Args:
        image: the picture.
        model: ready to run.
        target: (height, width) of a frame of the result.
        progress: called with the finished share.

    Raises:
        OutOfMemoryError: the machine's memory does not suffice.
        RunError: the model gives values that are not numbers.
    """
    samples = new_samples((image.frames * target[0], target[1], image.samples.shape[2]), image.samples.dtype)
    written, share = 0, 1 / (image.frames * target[0] * target[1] * (len(_groups(image)) + image.has_alpha))
    pixels_written = 0
    try:
        for number, frame in enumerate(image.each_frame()):
            out = samples[number * target[0] : (number + 1) * target[0]]
            for rows, columns, channels, values in _enlarged(frame, model, out):
                out[rows, columns, channels] = quantised(values, samples.dtype)
                pixels_written += values.shape[0] * values.shape[1]
                written += values.size * samples.itemsize
                if written > LET_GO_BYTES:
                    written = 0
                    let_go(samples)
                if progress:
                    progress(pixels_written * share)
    except MemoryError as error:
        raise OutOfMemoryError(
            f"memory ran out while enlarging {image.size[1]}x{image.size[0]} to {target[1]}x{target[0]}",
            hint="Set APERCU_TILE_SIZE to 128 or take a smaller factor.",
        ) from error
    return replace(image, samples=samples)


def resize_image(image: Image, target: Size, kernel: Kernel) -> Image:
    """Every frame of a picture at another size, colours and alpha, by plain interpolation.

    Args:
        image: the picture.
        target: (height, width) of a frame of the result, smaller or larger.
        kernel: see `apercu.resample`.
    """
    samples = new_samples((image.frames * target[0], target[1], image.samples.shape[2]), image.samples.dtype)
    for number, frame in enumerate(image.each_frame()):
        out = samples[number * target[0] : (number + 1) * target[0]]
        mixed = unmixing(frame, target, kernel)
        for rows, strip in resize_strips(bleed(frame) if mixed is None else mixed.fed, target, kernel):
            values = strip if mixed is None else strip + mixed.piece(rows, slice(0, target[1]))
            out[rows, :, : image.channels] = quantised(values, out.dtype)
            let_go(out)
        if frame.has_alpha:
            _resize_alpha(frame, out, kernel)
    return replace(image, samples=samples)


def _enlarged(
    frame: Image, model: Enlarger, out: Samples
) -> Iterator[tuple[slice, slice, slice, NDArray[np.floating[Any]]]]:
    """Pieces of a larger still picture: rows, columns, channels, and their values (h, w, channels).

    Each piece must be in `out` before the next is asked for: colours depend on how opaque the place became.
    """
    target = (out.shape[0], out.shape[1])
    yield from _enlarged_alpha(frame, model, target)
    repeats = model.card.id == NEAREST  # it mixes nothing, so nothing hidden can leak
    mixed = None if repeats else unmixing(frame, target)
    source = frame.pixels if repeats else bleed(frame) if mixed is None else mixed.fed
    for group in _groups(frame):
        for block in model.enlarge(_as_rgb(source, group), target):
            values = block.pixels if group.stop - group.start == 3 else block.pixels.mean(axis=2, keepdims=True)
            rows, columns = _place(block)
            if mixed is not None:
                values = values + mixed.piece(rows, columns, out[rows, columns, -1:])[:, :, group]
            yield rows, columns, group, values


def _enlarged_alpha(
    frame: Image, model: Enlarger, target: Size
) -> Iterator[tuple[slice, slice, slice, NDArray[np.floating[Any]]]]:
    if not frame.has_alpha:
        return
    last = slice(frame.channels, frame.channels + 1)
    opacity, exact = Opacity(frame, target), model.card.family == "interpolation"
    if opacity.everywhere is None and target != frame.size:
        for block in model.enlarge(_Grouped(opacity.pixels, slice(0, 1)), target):
            rows, columns = _place(block)
            values = block.pixels.mean(axis=2, keepdims=True)
            yield rows, columns, last, values if exact else opacity.kept(rows, columns, values)
        return
    for top in range(0, target[0], _ROWS_AT_ONCE):
        rows = slice(top, min(top + _ROWS_AT_ONCE, target[0]))
        alike = np.full((rows.stop - top, target[1], 1), opacity.everywhere or 0, np.float32)
        yield rows, slice(0, target[1]), last, opacity.pixels[rows] if target == frame.size else alike


def _place(block: Block) -> tuple[slice, slice]:
    height, width = block.pixels.shape[:2]
    return slice(block.top, block.top + height), slice(block.left, block.left + width)


def _groups(image: Image) -> tuple[slice, ...]:
    """The channels that go through a model together."""
    return {"grey": (slice(0, 1),), "rgb": (slice(0, 3),), "cmyk": (slice(0, 3), slice(3, 4))}[image.space]


def _as_rgb(source: PixelSource, group: slice) -> PixelSource:
    return source if source.shape[2] == 3 else _Grouped(source, group)


class _Grouped:
    """Some channels of a picture as three, (H, W, 3) float32; a single one is repeated."""

    def __init__(self, source: PixelSource, group: slice) -> None:
        self._source = source
        self._group = group
        self.shape = (*source.shape[:2], 3)

    def __getitem__(self, key: Any) -> FloatImage:  # noqa: ANN401 -- a slice, or one for rows and one for columns
        piece = self._source[key][:, :, self._group]
        return piece if piece.shape[2] == 3 else np.repeat(piece, 3, axis=2)


def _resize_alpha(frame: Image, out: Samples, kernel: Kernel) -> None:
    opacity = Pixels(frame.samples[:, :, -1:])
    for rows, strip in resize_strips(opacity, (out.shape[0], out.shape[1]), kernel):
        out[rows, :, -1:] = quantised(strip, out.dtype)
        let_go(out)
