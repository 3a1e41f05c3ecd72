"""From a picture, a model and a wish for size to the larger picture, with alpha, grey and bit depth kept."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from apercu.errors import OutOfMemoryError, ShapeError
from apercu.image import Image
from apercu.registry import Enlarger, Progress
from apercu.resample import FloatImage, resize
from apercu.run.transparency import bleed
from apercu.settings import Settings

Scale = tuple[float, float]
Size = tuple[int, int]


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
    return math.floor(size[0] * scale[0] + 0.5), math.floor(size[1] * scale[1] + 0.5)


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
    """Enlarge colours with the model and alpha by bicubic interpolation on the same grid.

    Colours are clipped to 0..1 and rounded to the steps that the picture's file will hold, so that what is measured is
    what is saved. A grey picture is handed to the model as three equal channels and comes back as one, their mean.

    Raises:
        OutOfMemoryError: the machine's memory does not suffice.
    """
    pixels = bleed(image).pixels
    grey = pixels.shape[2] == 1
    try:
        result = model.enlarge(np.repeat(pixels, 3, axis=2) if grey else pixels, target, progress=progress)
        if grey:
            result = result.mean(axis=2, keepdims=True)
        alpha = (
            None if image.alpha is None else np.clip(resize(image.alpha[:, :, None], target, "bicubic")[:, :, 0], 0, 1)
        )
    except MemoryError as error:
        raise OutOfMemoryError(
            f"memory ran out while enlarging {image.size[1]}x{image.size[0]} to {target[1]}x{target[0]}",
            hint="Set APERCU_TILE_SIZE to 128 or take a smaller factor.",
        ) from error
    return replace(image, pixels=_rounded(result, image.bit_depth), alpha=alpha)


def _rounded(pixels: FloatImage, bit_depth: int) -> FloatImage:
    """Clip to 0..1 and round to the steps of a file, in place: the largest array of a run is not copied."""
    levels = np.float32(2**bit_depth - 1)
    np.clip(pixels, 0, 1, out=pixels)
    np.multiply(pixels, levels, out=pixels)
    np.rint(pixels, out=pixels)
    return np.divide(pixels, levels, out=pixels)
