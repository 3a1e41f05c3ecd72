"""What a step of training sees: small pictures, places on them, and the colours that belong there.

A sample is a function of the seed and its number alone. So any process may draw it, in any order, and a training that
was interrupted goes on with what it would have seen.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, field_validator

from apercu.errors import InputError, RunError
from apercu.processes import end_with_parent, without_interrupts
from apercu.records import Record
from apercu.train.damage import CLEAN, Damage, apply_to_small, draw_damage, shrink
from apercu.train.pictures import PictureSet, Style, TrainingPicture, load_pictures

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Share = Annotated[float, Field(ge=0, le=1)]

_TRIES = 12
_ROUNDS = 8
_FLAT = 6.0
"""Standard deviation over places (0..255) under which, in every colour, a crop holds too little to learn from."""
_KEEP_FLAT = 0.05
_AHEAD = 4


class Mix(Record):
    """What the samples of a training are drawn from.

    `styles`: share of each style. `damaged`: for each style, how many of its samples may be damaged (the others are
    clean); of those, `draw_damage` leaves some clean too. `side`: height and width of a small picture. `sample_q`:
    places on each; of those the share `edges` is drawn where the truth changes. `max_scale`: largest factor.
    `rendered`: share of vector drawings whose small picture is rendered at its size, not shrunk.
    """

    styles: Mapping[Style, Annotated[float, Field(ge=0)]]
    damaged: Mapping[Style, Share] = {}
    side: int = Field(default=32, ge=2)
    sample_q: int = Field(default=512, ge=2)
    edges: Share = 0.5
    max_scale: float = Field(default=4.0, ge=2)
    rendered: Share = 0.7

    @field_validator("styles")
    @classmethod
    def _something(cls, styles: Mapping[Style, float]) -> Mapping[Style, float]:
        if not sum(styles.values()) > 0:
            raise ValueError("expected the share of at least one style")
        return styles


class Sample(NamedTuple):
    """`inp` (side, side, 3) uint8; `coord` and `cell` (Q, 2) float32 in order (y, x); `gt` (Q, 3) uint8.

    `weight` (Q,) float32 is how much each place counts, 1 on average over many samples.
    """

    inp: Pixels
    coord: FloatArray
    cell: FloatArray
    gt: Pixels
    weight: FloatArray


class Batch(NamedTuple):
    """Samples of a step: `inp` (B, side, side, 3), `coord` and `cell` (B, Q, 2), `gt` (B, Q, 3), `weight` (B, Q).

    `plain` (B,) tells which ones are undamaged photographs.
    """

    inp: Pixels
    coord: FloatArray
    cell: FloatArray
    gt: Pixels
    weight: FloatArray
    plain: NDArray[np.bool_]


class _Crop(NamedTuple):
    lr: Pixels
    hr: Pixels
    scale: tuple[float, float]
    origin: tuple[float, float]  # of the small crop's corner on hr, in pixels of hr


@dataclass(frozen=True)
class Sampler:
    """Draws samples from those of the pictures that are not held out.

    Raises:
        InputError: a style of the mix has no picture to train on.
    """

    pictures: PictureSet
    mix: Mix
    seed: int

    def __post_init__(self) -> None:
        empty = [style for style, pictures in self._by_style.items() if not pictures]
        if empty:
            raise InputError(
                f"{self.pictures.folder} holds no pictures of the style {empty[0]} to train on",
                hint="Leave that style out of the mix, or prepare the pictures in full.",
            )

    @cached_property
    def _by_style(self) -> dict[Style, list[TrainingPicture]]:
        train = [picture for picture in self.pictures.pictures if picture.split == "train"]
        return {style: [picture for picture in train if picture.style == style] for style in self.mix.styles}

    def batch(self, step: int, size: int) -> Batch:
        """The `size` samples of a step."""
        drawn = [self.sample(step * size + i) for i in range(size)]
        samples = [sample for sample, _ in drawn]
        inp, coord, cell, gt, weight = (np.stack(part) for part in zip(*samples, strict=True))
        return Batch(inp, coord, cell, gt, weight, np.array([plain for _, plain in drawn]))

    def sample(self, number: int) -> tuple[Sample, bool]:
        """Sample `number`, and whether it is an undamaged photograph.

        Crops that are flat, and pictures too small for the factor, are mostly drawn again. Where nothing fitted, it is
        as if another number had been asked for.

        Raises:
            InputError: nothing fits, however often it is tried.
        """
        for attempt in range(_ROUNDS):
            drawn = self._try(np.random.default_rng((self.seed, number + attempt * 2**40)))
            if drawn is not None:
                return drawn
        raise InputError(
            f"{self.pictures.folder} holds no picture that fits: {_ROUNDS * _TRIES} times one was too small for a crop "
            f"of {self.mix.side} pixels times a factor of up to {self.mix.max_scale:g}",
            hint="Use a smaller side or factor, or larger pictures.",
        )

    def _try(self, rng: np.random.Generator) -> tuple[Sample, bool] | None:
        shares = np.array(list(self.mix.styles.values()), float)
        style = list(self.mix.styles)[int(rng.choice(len(shares), p=shares / shares.sum()))]
        pictures = self._by_style[style]
        damage = draw_damage(rng) if rng.random() < self.mix.damaged.get(style, 0.0) else CLEAN
        for attempt in range(_TRIES):
            picture = pictures[int(rng.integers(len(pictures)))]
            crop = self._crop(picture, damage, rng)
            flat = crop is not None and crop.hr.std(axis=(0, 1)).max() < _FLAT
            if crop is not None and (not flat or rng.random() < _KEEP_FLAT or attempt == _TRIES - 1):
                return _with_queries(_turned(crop, rng), self.mix, rng), style == "photo" and damage == CLEAN
        return None

    def _crop(self, picture: TrainingPicture, damage: Damage, rng: np.random.Generator) -> _Crop | None:
        if len(picture.levels) > 1 and rng.random() < self.mix.rendered:
            return self._rendered_crop(picture, damage, rng)
        i = int(rng.integers(len(picture.levels) // 2, len(picture.levels)))
        return self._shrunk_crop(picture, i, damage, rng)

    def _shrunk_crop(self, picture: TrainingPicture, i: int, damage: Damage, rng: np.random.Generator) -> _Crop | None:
        """A crop of the picture as truth, and what is left of it when it is shrunk."""
        side = self.mix.side
        height, width = (round(side * scale) for scale in draw_scale(rng, self.mix.max_scale))
        before = picture.min_shrink * float(rng.uniform(1.0, 1.5)) if picture.min_shrink > 1 else 1.0
        tall, wide = round(height * before), round(width * before)
        pixels = self.pictures.level(picture, i)
        if tall > pixels.shape[0] or wide > pixels.shape[1]:
            return None
        top, left = (int(rng.integers(n - m + 1)) for n, m in zip(pixels.shape[:2], (tall, wide), strict=True))
        hr = on_background(pixels[top : top + tall, left : left + wide], draw_background(rng))
        if before > 1:
            hr = np.asarray(Image.fromarray(hr).resize((width, height), Image.Resampling.LANCZOS))
        lr = shrink(hr, (side, side), damage, rng)
        return _Crop(lr, hr, (height / side, width / side), (0.0, 0.0))

    def _rendered_crop(self, picture: TrainingPicture, damage: Damage, rng: np.random.Generator) -> _Crop:
        """A crop of a drawing rendered small, and the same drawing rendered larger."""
        side = self.mix.side
        sizes = [level.size or 0 for level in picture.levels]
        pairs = [(a, b) for a in range(len(sizes)) for b in range(len(sizes))]
        pairs = [(a, b) for a, b in pairs if 1.25 <= sizes[b] / sizes[a] <= self.mix.max_scale]
        a, b = pairs[int(rng.integers(len(pairs)))]
        scale = sizes[b] / sizes[a]
        background = draw_background(rng)
        small, large = self.pictures.level(picture, a), self.pictures.level(picture, b)
        top, left = (int(rng.integers(max(0, n - side) + 1)) for n in small.shape[:2])
        lr = apply_to_small(_padded(on_background(small, background), top, left, side, side, background), damage, rng)
        first_y, first_x = int(top * scale), int(left * scale)
        reach = int(np.ceil(side * scale)) + 1
        hr = _padded(on_background(large, background), first_y, first_x, reach, reach, background)
        return _Crop(lr, hr, (scale, scale), (top * scale - first_y, left * scale - first_x))


def draw_scale(rng: np.random.Generator, largest: float) -> tuple[float, float]:
    """Factors of the two axes: equal in 75 %, whole numbers in a third of those."""
    if rng.random() < 0.25:
        return float(rng.uniform(1, largest)), float(rng.uniform(1, largest))
    scale = float(rng.integers(2, int(largest) + 1)) if rng.random() < 0.34 else float(rng.uniform(1, largest))
    return scale, scale


def draw_background(rng: np.random.Generator) -> Pixels:
    """What lies behind a transparent picture: white, black or any colour, (3,) uint8."""
    kind = rng.random()
    if kind < 0.35:
        return np.full(3, 255 if kind < 0.2 else 0, np.uint8)
    return rng.integers(0, 256, 3, dtype=np.uint8)


def on_background(pixels: Pixels, background: Pixels) -> Pixels:
    """(H, W, 3) as it is; (H, W, 4) with straight alpha laid on one colour."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint16)
    mixed = pixels[..., :3] * alpha + background.astype(np.uint16) * (255 - alpha)
    laid: Pixels = ((mixed + 127) // 255).astype(np.uint8)
    return laid


def _padded(pixels: Pixels, top: int, left: int, height: int, width: int, background: Pixels) -> Pixels:
    """A piece of a picture, with `background` where the picture has ended."""
    piece = np.empty((height, width, 3), np.uint8)
    piece[:] = background
    part = pixels[top : top + height, left : left + width]
    piece[: part.shape[0], : part.shape[1]] = part
    return piece


def _turned(crop: _Crop, rng: np.random.Generator) -> _Crop:
    """One of the eight ways to lay the crop down; a crop with an origin of its own stays as it is."""
    flip_y, flip_x, swap = rng.random(3) < 0.5
    if crop.origin != (0.0, 0.0) or crop.hr.shape[0] != round(crop.lr.shape[0] * crop.scale[0]):
        return crop
    lr, hr, scale = crop.lr, crop.hr, crop.scale
    if flip_y:
        lr, hr = lr[::-1], hr[::-1]
    if flip_x:
        lr, hr = lr[:, ::-1], hr[:, ::-1]
    if swap:
        lr, hr, scale = lr.transpose(1, 0, 2), hr.transpose(1, 0, 2), scale[::-1]
    return _Crop(lr, hr, scale, crop.origin)


def _with_queries(crop: _Crop, mix: Mix, rng: np.random.Generator) -> Sample:
    """Some of the places anywhere, the others where the truth changes: edges are few, and most of the error is there.

    `weight` takes back what that favours, so that the mean loss is the one of places drawn evenly. Without it, of the
    large pictures that fit a small one those with edges would count more, and the figures fall.
    """
    lr, hr, scale, origin = crop
    limits = [int(np.floor(n * s + o - 0.5)) + 1 for n, s, o in zip(lr.shape[:2], scale, origin, strict=True)]
    firsts = [int(np.ceil(o - 0.5)) for o in origin]
    inside = hr[firsts[0] : limits[0], firsts[1] : limits[1]]
    height, width = inside.shape[:2]
    count = height * width
    change = _change(inside).ravel() + np.float32(0.25)
    sums = np.cumsum(change, dtype=np.float64)
    chosen = int(mix.sample_q * mix.edges)
    anywhere = rng.integers(count, size=mix.sample_q - chosen)
    at_edges = np.searchsorted(sums, rng.random(chosen) * sums[-1])
    index = np.concatenate((anywhere, np.minimum(at_edges, count - 1)))
    weight = 1 / (1 - mix.edges + mix.edges * count * change[index] / sums[-1])
    y, x = index // width, index % width
    places = np.stack((y + firsts[0], x + firsts[1]), -1)
    coord = ((places + 0.5 - origin) / scale) * 2 / lr.shape[:2] - 1
    cell = np.broadcast_to(2 / (np.array(scale) * lr.shape[:2]), coord.shape)
    return Sample(
        np.ascontiguousarray(lr),
        coord.astype(np.float32),
        cell.astype(np.float32),
        np.ascontiguousarray(inside[y, x]),
        weight.astype(np.float32),
    )


def _change(pixels: Pixels) -> FloatArray:
    """How far each pixel is from its four neighbours, all colours added, (H, W)."""
    values = pixels.astype(np.float32)
    rows, columns = (np.abs(np.diff(values, axis=axis)).sum(-1) for axis in (0, 1))
    change = np.zeros(pixels.shape[:2], np.float32)
    change[1:] += rows
    change[:-1] += rows
    change[:, 1:] += columns
    change[:, :-1] += columns
    return change


# --- drawing ahead, in processes of their own ------------------------------------------------------------------------

_sampler: Sampler | None = None


def _open_sampler(folder: Path, mix: Mix, seed: int) -> None:
    global _sampler
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that trains
    threading.Thread(target=end_with_parent, daemon=True).start()
    _sampler = Sampler(load_pictures(folder), mix, seed)


def _draw(step: int, size: int) -> Batch:
    if _sampler is None:
        raise RuntimeError("the process that draws samples was not set up")
    return _sampler.batch(step, size)


def batches(folder: Path, mix: Mix, *, seed: int, size: int, steps: range, workers: int) -> Generator[Batch]:
    """The batches of `steps`, in order, drawn a few steps ahead by `workers` processes.

    Raises:
        InputError: no picture fits.
        RunError: a process has ended without a word.
    """
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_open_sampler, initargs=(folder, mix, seed)) as pool:
        waiting: list[Future[Batch]] = []
        try:
            for step in steps:
                with without_interrupts():
                    waiting.append(pool.submit(_draw, step, size))
                if len(waiting) > _AHEAD * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        except BrokenProcessPool as error:
            raise RunError(
                "a process that draws samples has ended; memory may have run out",
                hint="The same command goes on from the last state; see `workers` and `side` of the training.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
