"""The validation protocol: on which crops a way to enlarge is judged, and by which figures.

Training and the published figures share it. A crop becomes a `Case` (the small picture and the true large one) once;
any number of candidates are then judged on the same cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import fsum
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from apercu.errors import InputError
from apercu.measure.metrics import psnr, psnr_y, ssim_y
from apercu.resample import FloatArray, FloatImage
from apercu.train.damage import CLEAN, Damage, Pixels, fixed_damage, shrink
from apercu.train.pictures import PictureSet, Style, TrainingPicture

Candidate: TypeAlias = Callable[[FloatImage, tuple[int, int]], FloatImage]
"""A way to enlarge: (h, w, 3) float32 in [0, 1] and the size (H, W) -> (H, W, 3), which may leave [0, 1] a little."""

CROP = 192
"""Side of a crop: a multiple of every factor from 2 to 4."""
SCALES = (2, 3, 4)
VECTOR_SIZES = (32, 48, 64, 96)
"""Longest sides of the small renderings of a drawing."""
LEAST_DEVIATION = 6.0
"""A crop whose luma (0..255) deviates less from its mean shows nothing that a model could do well or badly."""
PSNR_CAP = 100.0
"""Stands for the infinite PSNR of equal pictures, so that a mean stays finite."""

_MULTIPLE = 12  # of every factor
_LEAST_SIDE = 48
_LEAST_VECTOR_SIDE = 12
_STEP = 48
_LUMA = np.array([0.299, 0.587, 0.114])


class Crop(NamedTuple):
    """A piece of a picture: the picture's id and (H, W, 3) uint8."""

    picture: str
    pixels: Pixels


@dataclass(frozen=True, eq=False)
class Case:
    """A small picture and what it should become: `lr` (h, w, 3) and `hr` (scale h, scale w, 3), uint8 RGB.

    `picture` is the id of the picture that both come from; `damage` is the name of what happened to `lr`.
    """

    picture: str
    scale: int
    damage: str
    lr: Pixels
    hr: Pixels


class Scores(NamedTuple):
    """Figures of one case: PSNR over RGB and of luma in dB (at most `PSNR_CAP`), SSIM of luma."""

    psnr: float
    psnr_y: float
    ssim_y: float


# --- pictures to crops -----------------------------------------------------------------------------------------------


def validation_crops(
    pictures: PictureSet, style: Style, *, at_most: int = 4, chosen: Literal["detail", "chance"] = "detail"
) -> list[Crop]:
    """The crops of one style that are held out from training, in the order of the set.

    A picture is laid on its background, then shrunk by its `min_shrink` (Pillow's Lanczos). Of the windows of 192 x 192
    on a grid of 48 pixels, the one with the most detail is taken (mean step of luma from a pixel to the next), or one
    by chance; then the next one that overlaps none of those taken. A window whose luma deviates by less than 6 is left
    out. On a side shorter than 192 the window is the largest multiple of 12; pictures shorter than 48 give nothing. A
    drawing counts at its largest size.

    Args:
        pictures: the prepared pictures.
        style: which of them.
        at_most: crops of one picture.
        chosen: by "detail", which is where models differ most, or by "chance" (seeded by the sha256 of the picture's
            id), which is what people's pictures hold, much of it calm.
    """
    held_out = (picture for picture in pictures.pictures if picture.split == "val" and picture.style == style)
    crops = []
    for picture in held_out:
        rng = np.random.default_rng(list(_digest(picture.id))) if chosen == "chance" else None
        crops += [Crop(picture.id, crop) for crop in _crops(_raster(pictures, picture), at_most, rng)]
    return crops


def background(picture: str) -> Pixels:
    """The colour behind a picture with transparency: (3,) uint8 in 64..191, from the sha256 of its id."""
    return np.array([64 + byte // 2 for byte in _digest(picture)[:3]], np.uint8)


def lay_on(pixels: Pixels, colour: Pixels) -> Pixels:
    """(H, W, 4) with straight alpha on a colour (3,), mixed as sRGB numbers; (H, W, 3) as it is."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[:, :, 3:].astype(np.float32) / np.float32(255)
    mixed: Pixels = np.rint(pixels[:, :, :3] * alpha + colour * (1 - alpha)).astype(np.uint8)
    return mixed


def _digest(picture: str) -> bytes:
    return sha256(picture.encode()).digest()


def _raster(pictures: PictureSet, picture: TrainingPicture) -> Pixels:
    pixels = lay_on(pictures.level(picture, len(picture.levels) - 1), background(picture.id))
    if picture.min_shrink == 1:
        return pixels
    height, width = (max(1, round(side / picture.min_shrink)) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def _crops(pixels: Pixels, at_most: int, rng: np.random.Generator | None) -> Iterator[Pixels]:
    height, width = (CROP if side >= CROP else side // _MULTIPLE * _MULTIPLE for side in pixels.shape[:2])
    if min(height, width) < _LEAST_SIDE:
        return
    taken: list[tuple[int, int]] = []
    places = detailed_places(pixels, (height, width), step=_STEP)
    if rng is not None:
        places = [places[i] for i in rng.permutation(len(places))]
    for top, left in places:
        if len(taken) < at_most and all(abs(top - t) >= height or abs(left - u) >= width for t, u in taken):
            taken.append((top, left))
            yield pixels[top : top + height, left : left + width]


def detailed_places(pixels: Pixels, window: tuple[int, int], *, step: int) -> list[tuple[int, int]]:
    """Where windows that show something begin, (top, left), the most detailed first.

    Args:
        pixels: (H, W, 3) uint8.
        window: (height, width) of a window, at most (H, W).
        step: windows begin at its multiples, and the last on each axis where the picture ends.
    """
    luma = pixels @ _LUMA
    tops, lefts = (_grid(side, length, step) for side, length in zip(pixels.shape[:2], window, strict=True))
    detail, mean, mean_square = (_window_means(values, tops, lefts, window) for values in (_steps(luma), luma, luma**2))
    shows = mean_square - mean**2 >= LEAST_DEVIATION**2
    order = np.argsort(-detail, axis=None, kind="stable")
    places = zip(*np.unravel_index(order, detail.shape), strict=True)
    return [(int(tops[row]), int(lefts[column])) for row, column in places if shows[row, column]]


def _grid(side: int, length: int, step: int) -> NDArray[np.intp]:
    """Where windows begin on one axis: every `step` pixels, and the last that fits."""
    return np.unique(np.append(np.arange(0, side - length + 1, step), side - length))


def _steps(luma: FloatArray) -> FloatArray:
    """For each pixel the steps to its right and lower neighbours, added."""
    steps = np.zeros_like(luma)
    steps[:, :-1] += np.abs(np.diff(luma, axis=1))
    steps[:-1] += np.abs(np.diff(luma, axis=0))
    return steps


def _window_means(
    values: FloatArray, tops: NDArray[np.intp], lefts: NDArray[np.intp], window: tuple[int, int]
) -> FloatArray:
    """Mean of each window, (tops, lefts), by sums over the rectangles from the corner."""
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    top, left = np.ix_(tops, lefts)
    bottom, right = top + window[0], left + window[1]
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    means: FloatArray = total / (window[0] * window[1])
    return means


# --- crops to cases --------------------------------------------------------------------------------------------------


def clean_cases(crops: Iterable[Crop], scale: int) -> list[Case]:
    """Crops shrunk by Pillow's bicubic; their sides are multiples of `scale`."""
    return [_case(crop, scale, "clean", CLEAN, np.random.default_rng(0)) for crop in crops]


def mixed_cases(crops: Iterable[Crop], scale: int) -> list[Case]:
    """The protocol "mixed damage": crop i meets number i mod 10 of `FIXED_DAMAGES` with the seed 1000 + i."""
    return [_case(crop, scale, *fixed_damage(i)) for i, crop in enumerate(crops)]


def _case(crop: Crop, scale: int, name: str, damage: Damage, rng: np.random.Generator) -> Case:
    height, width = crop.pixels.shape[:2]
    lr = shrink(crop.pixels, (height // scale, width // scale), damage, rng)
    return Case(crop.picture, scale, name, lr, crop.pixels)


def vector_cases(pictures: PictureSet, scale: int) -> list[Case]:
    """The drawings that are held out, each rendered small and at `scale` times that size: nothing was ever shrunk.

    The longest side of the small one is 32, 48, 64 or 96, wherever both renderings are there. Both lie on the same
    background and are cut to whole pixels of the small one. Pairs whose small one is thinner than 12 pixels, or whose
    large one's luma deviates by less than 6, are left out.
    """
    held_out = [picture for picture in pictures.pictures if picture.split == "val" and picture.style == "vector"]
    return [case for picture in held_out for case in _pairs(pictures, picture, scale)]


def _pairs(pictures: PictureSet, picture: TrainingPicture, scale: int) -> Iterator[Case]:
    levels = {level.size: i for i, level in enumerate(picture.levels)}
    colour = background(picture.id)
    for size in VECTOR_SIZES:
        if size not in levels or size * scale not in levels:
            continue
        lr, hr = (lay_on(pictures.level(picture, levels[s]), colour) for s in (size, size * scale))
        height, width = (min(small, large // scale) for small, large in zip(lr.shape[:2], hr.shape[:2], strict=True))
        lr, hr = lr[:height, :width], hr[: height * scale, : width * scale]
        if min(height, width) >= _LEAST_VECTOR_SIDE and (hr @ _LUMA).std() >= LEAST_DEVIATION:
            yield Case(picture.id, scale, "clean", lr, hr)


# --- cases to figures ------------------------------------------------------------------------------------------------


def as_float(pixels: Pixels) -> FloatImage:
    """uint8 -> float32 in [0, 1]."""
    return pixels.astype(np.float32) / np.float32(255)


def enlarge_case(candidate: Candidate, case: Case) -> FloatImage:
    """What a candidate makes of a case, clipped to [0, 1]: (H, W, 3) float32."""
    height, width = case.hr.shape[:2]
    return np.clip(candidate(as_float(case.lr), (height, width)), 0, 1)


def score(sr: FloatImage, case: Case) -> Scores:
    """Figures of a result: a border of `scale` pixels is cut, nothing is rounded.

    PSNR over RGB and of BT.601 studio luma (see `measure.metrics`), SSIM of that luma.

    Raises:
        ShapeError: the result has another shape than the truth.
    """
    hr, border = as_float(case.hr), case.scale
    rgb, luma = (measure(sr, hr, crop_border=border) for measure in (psnr, psnr_y))
    # In this order min() keeps the NaN of a network that went astray; the other way round it would be the cap.
    return Scores(min(rgb, PSNR_CAP), min(luma, PSNR_CAP), ssim_y(sr, hr, crop_border=border))


def evaluate(candidate: Candidate, cases: Iterable[Case]) -> list[Scores]:
    """Figures of a candidate on each case."""
    return [score(enlarge_case(candidate, case), case) for case in cases]


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """Means over cases (of decibels, not of squared differences).

    Raises:
        InputError: there is no case.
    """
    if not scores:
        raise InputError("there are no validation cases to take a mean of", hint="Prepare the pictures in full.")
    return Scores(*(fsum(values) / len(scores) for values in zip(*scores, strict=True)))


class Gain(NamedTuple):
    """A mean difference with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap_gain(differences: Sequence[float], pictures: Sequence[str], *, rounds: int = 2000) -> Gain:
    """Mean difference over cases, and how far it would vary with other pictures of the same kind.

    Pictures, not cases, are drawn with replacement (seed 0), since cases of one picture are alike; the interval goes
    from the 2.5 to the 97.5 percentile of the means.

    Args:
        differences: one for each case.
        pictures: the id of each case's picture.
        rounds: how often all pictures are drawn.

    Raises:
        InputError: there is no case.
    """
    if not differences:
        raise InputError("there are no validation cases to compare on", hint="Prepare the pictures in full.")
    _, which = np.unique(np.asarray(pictures), return_inverse=True)
    sums, counts = np.bincount(which, weights=np.asarray(differences)), np.bincount(which)
    drawn = np.random.default_rng(0).integers(len(sums), size=(rounds, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Gain(float(sums.sum() / counts.sum()), float(low), float(high))
