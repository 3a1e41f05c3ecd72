"""The cases on which models are measured for the choice by picture: a small picture, the true large one, and a place.

What the chooser sees is the whole small picture, as a user brings it. The models are measured on its most detailed
piece, since all of them on whole pictures would take a day: there they differ most, and there most of a picture's
squared difference lies. Everything is drawn from the pictures' ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from PIL import Image

from apercu.train.damage import CLEAN, FIXED_DAMAGES, Damage, Pixels, apply_to_small, draw_damage, shrink
from apercu.train.evaluate import LEAST_DEVIATION, SCALES, background, detailed_places, lay_on
from apercu.train.pictures import PictureSet, Style, TrainingPicture

Split = Literal["train", "val"]
SIDE = 384
"""Longest side of a large picture of pixels: a multiple of every factor."""
PIECE = 96
"""Side of the piece of it that is measured."""
COUNTS: dict[Split, dict[Style, int]] = {
    "train": {"photo": 48, "drawn": 48, "cartoon": 48, "ui": 48, "vector": 36},
    "val": {"photo": 22, "drawn": 25, "cartoon": 22, "ui": 20, "vector": 16},
}
"""How many windows of each style; where there are fewer pictures, a picture gives several."""
VECTOR_SIZES = (48, 64, 96, 128)
_MULTIPLE = 12
_LEAST_SIDE = 48
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, eq=False)
class ChoiceCase:
    """`lr` (h, w, 3) and `hr` (scale h, scale w, 3), uint8; `place` is (top, left, height, width) in `lr`."""

    id: str
    picture: str
    split: Split
    style: Style
    scale: int
    damage: str
    lr: Pixels
    hr: Pixels
    place: tuple[int, int, int, int]

    def piece(self) -> tuple[Pixels, Pixels]:
        """(lr, hr) of the piece that is measured."""
        top, left, height, width = self.place
        rows, columns = slice(top, top + height), slice(left, left + width)
        large = tuple(slice(part.start * self.scale, part.stop * self.scale) for part in (rows, columns))
        return self.lr[rows, columns], self.hr[large]


def all_cases(
    pictures: PictureSet, *, share: tuple[int, int] = (0, 1), split: Split | None = None
) -> Iterator[ChoiceCase]:
    """Every case, always the same ones in the same order, in which the styles take turns.

    Args:
        pictures: the prepared pictures.
        share: (i, n) makes only those of every n-th window, from number i on.
        split: makes only those of one split.
    """
    groups = {(split, style): count for split, counts in COUNTS.items() for style, count in counts.items()}
    chosen = {
        group: sorted(
            (picture for picture in pictures.pictures if (picture.split, picture.style) == group),
            key=lambda picture: _digest(picture.id),
        )
        for group in groups
    }
    windows = [(group, number) for number in range(max(groups.values())) for group in groups if number < groups[group]]
    for window, (group, number) in enumerate(windows):
        if window % share[1] == share[0] and split in (None, group[0]):
            again, place = divmod(number, len(chosen[group]))
            yield from _of_window(pictures, chosen[group][place], number, again)


def _of_window(pictures: PictureSet, picture: TrainingPicture, number: int, again: int) -> Iterator[ChoiceCase]:
    """A window of a picture clean, under a fixed damage and, every other one for training, under one of its mix."""
    rng = np.random.default_rng([*_digest(picture.id)[:8], again])
    damages: list[tuple[str, Damage]] = [("clean", CLEAN), FIXED_DAMAGES[number % len(FIXED_DAMAGES)]]
    if picture.split == "train" and number % 2 == 0:
        damages.append(("mix", next(d for _ in iter(int, 1) if (d := draw_damage(rng)) != CLEAN)))
    window = None if picture.style == "vector" else _window(_raster(pictures, picture), rng)
    for name, damage in damages:
        scale = int(rng.choice(SCALES))
        made = (
            _rendered(pictures, picture, scale, damage, rng)
            if picture.style == "vector"
            else _shrunken(window, scale, damage, rng)
        )
        if made is None:
            continue
        lr, hr = made
        if place := _place(hr, scale):
            id = f"{sha256(picture.id.encode()).hexdigest()[:12]}-{again}-x{scale}-{name}"
            yield ChoiceCase(id, picture.id, picture.split, picture.style, scale, name, lr, hr, place)


def _digest(text: str) -> bytes:
    return sha256(b"choice:" + text.encode()).digest()


def _raster(pictures: PictureSet, picture: TrainingPicture) -> Pixels:
    """A picture on its background, shrunk until it is sharp, as validation crops are made."""
    pixels = lay_on(pictures.level(picture, len(picture.levels) - 1), background(picture.id))
    if picture.min_shrink == 1:
        return pixels
    height, width = (max(1, round(side / picture.min_shrink)) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def _window(pixels: Pixels, rng: np.random.Generator) -> Pixels | None:
    """A window of at most SIDE that shows something, by chance among those of the more detailed half."""
    size = tuple(min(SIDE, side // _MULTIPLE * _MULTIPLE) for side in pixels.shape[:2])
    if min(size) < _LEAST_SIDE:
        return None
    places = detailed_places(pixels, (size[0], size[1]), step=_MULTIPLE * 4)
    if not places:
        return None
    top, left = places[int(rng.integers((len(places) + 1) // 2))]
    return pixels[top : top + size[0], left : left + size[1]]


def _shrunken(hr: Pixels | None, scale: int, damage: Damage, rng: np.random.Generator) -> tuple[Pixels, Pixels] | None:
    if hr is None:
        return None
    return shrink(hr, (hr.shape[0] // scale, hr.shape[1] // scale), damage, rng), hr


def _rendered(
    pictures: PictureSet, picture: TrainingPicture, scale: int, damage: Damage, rng: np.random.Generator
) -> tuple[Pixels, Pixels] | None:
    """A drawing rendered at two sizes: nothing was shrunk."""
    levels = {level.size: i for i, level in enumerate(picture.levels)}
    sizes = [size for size in VECTOR_SIZES if size in levels and size * scale in levels]
    if not sizes:
        return None
    size, colour = int(rng.choice(sizes)), background(picture.id)
    small, large = (lay_on(pictures.level(picture, levels[s]), colour) for s in (size, size * scale))
    height, width = (min(a, b // scale) // 4 * 4 for a, b in zip(small.shape[:2], large.shape[:2], strict=True))
    if min(height, width) < _MULTIPLE:
        return None
    return apply_to_small(small[:height, :width], damage, rng), large[: height * scale, : width * scale]


def _place(hr: Pixels, scale: int) -> tuple[int, int, int, int] | None:
    """Where the most detailed piece lies in the small picture, in whole even pixels of it."""
    grid = scale * 2
    size = tuple(min(PIECE, side) // grid * grid for side in hr.shape[:2])
    if min(size) < 4 * grid or (hr @ _LUMA).std() < LEAST_DEVIATION:
        return None
    found = detailed_places(hr, (size[0], size[1]), step=48)
    if not found:
        return None
    top, left = (begin // grid * 2 for begin in found[0])
    return top, left, size[0] // scale, size[1] // scale
