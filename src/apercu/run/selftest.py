"""The self-test: shrink the user's own picture, enlarge it back with every candidate, and compare with what is known.

It is a proxy. The shrunken picture is cleaner than most small pictures are, and what is lost in shrinking it again is
finer than what the user misses. But it needs no second picture, and it is the user's own subject that is looked at.
Where the picture was once a JPEG whose quality can be read from it, the shrunken one is saved in that quality, too: as
it comes to the models, so they are tried.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO

import numpy as np
from PIL import Image as Pillow

from apercu.errors import ApercuError
from apercu.image import Image
from apercu.inspection.jpeg import jpeg_traces
from apercu.measure.metrics import psnr
from apercu.plan.build import native_scale
from apercu.records import SelfTest, Trial
from apercu.registry import Enlarger, enlarge_whole, find_model, load_model
from apercu.resample import FloatImage, PixelSource, resize
from apercu.run.transparency import bleed
from apercu.settings import Settings

PIECE = 192
"""Side of the pieces of a large picture that are tried."""
TIE_DB = 0.02
"""Candidates this close to the best count as equal; the cheapest of them is taken."""
NOTABLE_QUALITY = 90
"""A JPEG of this quality or more is tried as if it had never been one."""
_SMALLEST = 12  # pixels that must be left of a side after shrinking
_COSTS = {"low": 0, "medium": 1, "high": 2}
_QUANTILES = (1.0, 0.75, 0.5)  # which pieces, ordered by their detail, are tried


def self_test(
    image: Image,
    names: Sequence[str],
    scale: tuple[float, float],
    *,
    settings: Settings,
    progress: Callable[[float], None] = lambda share: None,
) -> SelfTest:
    """Try models on a picture, and choose.

    The picture (or three pieces of it, of high, middling and average detail) is shrunk by Pillow's bicubic, rounded to
    8 bits, saved as JPEG where the picture was one of a quality below 90, enlarged back by each model and compared:
    PSNR over all colours and pieces, a border of the factor cut off, result clipped and not rounded. A picture too
    small to be shrunk by the whole factor is shrunk by less.

    Args:
        image: the user's picture.
        names: candidates in order of preference, each of which runs here.
        scale: factors (y, x) that the picture is to be enlarged by.
        settings: limits, threads, where weights are.
        progress: called with the finished share.
    """
    pixels = bleed(next(image.each_frame()))
    pieces = [_as_rgb(pixels[rows, columns]) for rows, columns in _pieces(pixels)]
    factors = _possible(scale, pieces[0].shape)
    if factors is None:
        plain = next((name for name in names if find_model(name, settings).family == "interpolation"), names[0])
        reason = f"the picture is too small to be shrunk for a trial, so {plain} is taken, which adds little"
        return SelfTest(scale=scale, pieces=0, chosen=plain, reason=reason)
    quality = _jpeg_quality(image)
    pairs = [(_shrunk(piece, factors, quality), piece) for piece in pieces]
    trials = []
    for done, name in enumerate(names):
        trials.append(_tried(name, pairs, factors, settings))
        progress((done + 1) / len(names))
    sound = [trial for trial in trials if not trial.problem]
    if not sound:
        reason = f"no candidate could be tried, so {names[0]} is taken"
        return SelfTest(
            scale=factors,
            pieces=len(pieces),
            jpeg_quality=quality,
            trials=tuple(trials),
            chosen=names[0],
            reason=reason,
        )
    best = max(trial.psnr_db for trial in sound)
    level = [trial for trial in sound if trial.psnr_db >= best - TIE_DB]
    chosen = min(level, key=lambda trial: (_COSTS[find_model(trial.model, settings).cost], -trial.psnr_db))
    return SelfTest(
        scale=factors,
        pieces=len(pieces),
        jpeg_quality=quality,
        trials=tuple(trials),
        chosen=chosen.model,
        reason=_reason(chosen, sound, level, best),
    )


def _reason(chosen: Trial, sound: Sequence[Trial], level: Sequence[Trial], best: float) -> str:
    others = [trial for trial in sound if trial is not chosen]
    if not others:
        return f"{chosen.model} is the only candidate that could be tried"
    if len(level) > 1 and chosen.psnr_db < best:
        return f"{chosen.model} is within {TIE_DB} dB of the best and costs less"
    second = max(others, key=lambda trial: trial.psnr_db)
    return (
        f"{chosen.model} came closest to your picture, {chosen.psnr_db - second.psnr_db:.2f} dB before {second.model}"
    )


def _tried(
    name: str, pairs: Sequence[tuple[FloatImage, FloatImage]], factors: tuple[float, float], settings: Settings
) -> Trial:
    started = time.perf_counter()
    border = math.ceil(max(factors))
    try:
        model = load_model(name, settings)
        error, count = 0.0, 0
        for lr, hr in pairs:
            sr = np.clip(_enlarged(model, lr, (hr.shape[0], hr.shape[1]), factors), 0, 1)
            inner = (hr.shape[0] - 2 * border) * (hr.shape[1] - 2 * border)
            error += 10 ** (-psnr(sr, hr, crop_border=border) / 10) * inner
            count += inner
    except (ApercuError, MemoryError) as problem:
        return Trial(model=name, psnr_db=0.0, seconds=0.0, problem=str(problem) or "memory ran out")
    seconds = round(time.perf_counter() - started, 2)
    return Trial(model=name, psnr_db=round(min(120.0, -10 * math.log10(max(error / count, 1e-12))), 3), seconds=seconds)


def _enlarged(model: Enlarger, lr: FloatImage, size: tuple[int, int], factors: tuple[float, float]) -> FloatImage:
    """As the plan would do it: a model of a fixed factor first, then the rest by interpolation."""
    native = native_scale(model.card, factors)
    if native is None:
        return enlarge_whole(model, lr, size)
    made = enlarge_whole(model, lr, (round(lr.shape[0] * native), round(lr.shape[1] * native)))
    return made if made.shape[:2] == size else resize(made, size, "bicubic")


def _pieces(pixels: PixelSource) -> Iterator[tuple[slice, slice]]:
    """The whole of a small picture; of a large one three pieces with different amounts of detail."""
    height, width = pixels.shape[:2]
    if height * width <= 2 * PIECE**2:
        yield slice(0, height), slice(0, width)
        return
    rows, columns = _places(height), _places(width)
    places = [(slice(top, top + PIECE), slice(left, left + PIECE)) for top in rows for left in columns]
    detail = [_detail(pixels[place]) for place in places]
    ranked = np.argsort(detail, kind="stable").tolist()
    for index in dict.fromkeys(ranked[round(share * (len(ranked) - 1))] for share in _QUANTILES):
        yield places[index]


def _places(side: int) -> list[int]:
    """Up to six beginnings of pieces, spread over a side."""
    count = max(1, min(6, side // PIECE))
    return [round(index * max(0, side - PIECE) / max(1, count - 1)) for index in range(count)]


def _detail(piece: FloatImage) -> float:
    return sum(
        float(np.square(np.diff(piece, axis=axis), dtype=np.float64).mean()) for axis in (0, 1) if piece.shape[axis] > 1
    )


def _as_rgb(piece: FloatImage) -> FloatImage:
    """Three channels: grey is repeated, the black of CMYK is left out of the trial."""
    return np.repeat(piece, 3, axis=2) if piece.shape[2] == 1 else np.ascontiguousarray(piece[:, :, :3])


def _possible(scale: tuple[float, float], shape: tuple[int, ...]) -> tuple[float, float] | None:
    """The factors, made smaller where too little would be left; None where even 1.25 is too much."""
    largest = min(shape[:2]) / _SMALLEST
    if largest < 1.25:
        return None
    y, x = (min(max(factor, 1.25), largest) for factor in scale)
    return y, x


def _jpeg_quality(image: Image) -> int | None:
    """The quality of the JPEG that the picture once was; None where it was none, or a good one."""
    still = next(image.each_frame())
    if still.space == "cmyk":
        return None
    quality = jpeg_traces(still.samples[:, :, : still.channels]).quality
    return quality if quality is not None and quality < NOTABLE_QUALITY else None


def _shrunk(piece: FloatImage, factors: tuple[float, float], quality: int | None) -> FloatImage:
    size = (round(piece.shape[0] / factors[0]), round(piece.shape[1] / factors[1]))
    steps = np.rint(np.clip(resize(piece, size, "bicubic"), 0, 1) * np.float32(255))
    if quality is not None:
        file = BytesIO()
        Pillow.fromarray(steps.astype(np.uint8)).save(file, "JPEG", quality=quality)
        with Pillow.open(file, formats=("JPEG",)) as saved:
            steps = np.asarray(saved, np.float32)
    lr: FloatImage = np.divide(steps, np.float32(255), dtype=np.float32)
    return lr
