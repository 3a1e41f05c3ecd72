"""What the chooser sees of a picture: its style, and what has happened to it, as named numbers of about 0 to 1."""

from __future__ import annotations

from math import log2

import numpy as np

from apercu.choice.traces import emptied
from apercu.image import Image
from apercu.inspection.crops import Samples, luma, spread_crops
from apercu.inspection.looks import Looks, look
from apercu.inspection.traits import TRAITS, Traits, picture_traits, style_vector
from apercu.records import Kernel, Record
from apercu.resample import resize

_OPAQUE_ON = 0.5
"""Grey that a picture with transparency is laid on."""
_ROWS_AT_ONCE = 256
_LOUD = 16.0
_WIDE_GRID = 3.0
_WIDE_BLUR = 5.0
_LARGE = 24.0
_BLOCK = 16
_LEAST_ERROR = 0.06  # mean square of steps of 255: 60 dB
_KERNELS: tuple[Kernel, ...] = ("bicubic", "lanczos")


class Seen(Record):
    """What is seen of a picture.

    `traits`: as they are. `style`: the style vector of them and how calm the picture is (`_halved`). `damage`: what
    inspection finds, see `_damage`. `looks`: the same findings as they are, for sentences.
    """

    traits: Traits
    style: dict[str, float]
    damage: dict[str, float]
    looks: Looks


def see(samples: Samples) -> Seen:
    """Look at a small picture.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16, without transparency; what is read of it is bounded.

    Raises:
        ShapeError: the array is no such picture.
    """
    traits, looks = picture_traits(samples), look(samples)
    style = dict(zip(TRAITS, style_vector(traits), strict=True)) | _halved(samples)
    return Seen(traits=traits, style=style, damage=_damage(samples, looks), looks=looks)


def opaque_samples(image: Image) -> Samples | None:
    """The first frame without transparency, (H, W, 1 or 3): what is transparent is laid on middle grey.

    None for CMYK, on which no model was measured.
    """
    still = next(image.each_frame())
    if still.space == "cmyk":
        return None
    if not still.has_alpha:
        return still.samples
    highest = np.iinfo(still.samples.dtype).max
    laid = np.empty_like(still.samples[:, :, :-1])
    for top in range(0, len(laid), _ROWS_AT_ONCE):
        rows = still.samples[top : top + _ROWS_AT_ONCE]
        alpha = rows[:, :, -1:] / np.float32(highest)
        mixed = rows[:, :, :-1] * alpha + np.float32(_OPAQUE_ON * highest) * (1 - alpha)
        laid[top : top + _ROWS_AT_ONCE] = np.rint(mixed)
    return laid


def _damage(samples: Samples, looks: Looks) -> dict[str, float]:
    """What happened to the picture, each of about 0 to 1.

    `jpeg` is 1 - quality / 100 where the quality could be read, `grid` how strong steps on a grid are, those of a
    drawing, too; `emptied_8` and `emptied_4` are the traces of JPEG and of WebP (`traces.emptied`). `fine` and `finer`
    say how rough the picture is (`_roughness`). `size` is the longest side.
    """
    quality = looks.jpeg.quality
    plane = max((luma(samples[area]) for area in spread_crops(samples)), key=lambda plane: float(plane.std()))
    finer, fine = _roughness(samples)
    return {
        "jpeg": 0.0 if quality is None else 1 - quality / 100,
        "grid": min(looks.jpeg.grid_strength / _WIDE_GRID, 2.0),
        "noise": min(looks.noise / _LOUD, 2.0),
        "blur": looks.blur / _WIDE_BLUR,
        "enlarged": log2(max(looks.native.scale)) / 3,
        "emptied_8": emptied(plane, 8),
        "emptied_4": emptied(plane, 4),
        "fine": fine,
        "finer": finer,
        "size": min(log2(max(looks.size)) / _LARGE, 1.0),
    }


def _roughness(samples: Samples) -> tuple[float, float]:
    """Mean step over one pixel against that over two, and that over two against that over four.

    What was shrunk without smoothing is rougher at the finest scale than what was shrunk well. 1 for a flat picture.
    """
    steps = np.zeros(3)
    for plane in (luma(samples[area]) for area in spread_crops(samples)):
        for i, apart in enumerate((1, 2, 4)):
            for axis in (0, 1):
                if plane.shape[axis] > apart:
                    ahead, behind = (np.take(plane, range(b, plane.shape[axis] - apart + b), axis) for b in (apart, 0))
                    steps[i] += float(np.abs(ahead - behind).mean(dtype=np.float64))
    one, two, four = np.maximum(steps, 1e-3)
    return min(one / two, 2.0), min(two / four, 2.0)


def _halved(samples: Samples) -> dict[str, float]:
    """How much is lost when the picture is halved and enlarged back by interpolation, which takes a millisecond.

    `calm` and `calm_at_worst` are decibels over 60, of the whole and of the worst block of 16 x 16, between the luma
    and what bicubic makes of its half; `lanczos` is what Lanczos gains over it, in decibels over 2. In a calm picture
    a decibel is a much smaller error than in a busy one, and models differ there in another way.
    """
    worst, count, errors = 0.0, 0, np.zeros(2)
    for plane in (luma(samples[area]) for area in spread_crops(samples)):
        half = plane.shape[0] // 2, plane.shape[1] // 2
        if min(half) < _BLOCK:
            continue
        whole = plane[: half[0] * 2, : half[1] * 2, None]
        small = resize(whole, half, "bicubic")
        made = [np.square(resize(small, (half[0] * 2, half[1] * 2), kernel) - whole)[:, :, 0] for kernel in _KERNELS]
        errors += [float(error.sum(dtype=np.float64)) for error in made]
        count += whole.size
        rows, columns = (side // _BLOCK for side in whole.shape[:2])
        blocks = made[0][: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
        worst = max(worst, float(blocks.mean(axis=(1, 3)).max()))
    if not count:
        return {"calm": 0.5, "calm_at_worst": 0.5, "lanczos": 0.0}
    bicubic, lanczos, block = 10 * np.log10(255**2 / np.maximum([*(errors / count), worst], _LEAST_ERROR))
    gain = float(np.clip(lanczos - bicubic, -2, 2))
    return {"calm": float(bicubic) / 60, "calm_at_worst": float(block) / 60, "lanczos": gain / 2}
