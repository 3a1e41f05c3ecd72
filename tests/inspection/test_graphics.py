"""Pixel art and text are told from photographs."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import as_jpeg, page, photograph, sprite
from PIL import Image

from apercu.inspection.graphics import pixel_art, text_share

EVAL = Path(__file__).parents[3] / "shared/data/eval"
PHOTOGRAPHS = [path for name in ("Kodak", "BSD100", "Set14") for path in sorted((EVAL / name).glob("*.png"))]


@pytest.mark.parametrize("side", [16, 32, 64])
@pytest.mark.parametrize("times", [1, 2, 3, 8, 16])
def test_sprites_are_found_with_the_number_of_times_each_pixel_was_repeated(side, times):
    drawn = sprite(side)
    found = pixel_art(drawn.repeat(times, 0).repeat(times, 1))
    assert (found.found, found.scale, found.size) == (True, times, (side, side)), found.reason
    assert found.colours == len(np.unique(drawn.reshape(-1, 3), axis=0))


def test_a_screen_of_tiles_is_found_also_when_it_is_large():
    tiles = np.concatenate([np.concatenate([sprite(32, 8, 1)] * 10, axis=1)] * 8)
    found = pixel_art(tiles.repeat(4, 0).repeat(4, 1))
    assert (found.found, found.scale, found.size) == (True, 4, (256, 320))


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_sprite_may_lack_a_primary_colour(channel):
    drawn = sprite(64, 32)
    drawn[:, :, channel] = 0
    assert pixel_art(drawn).found


def test_a_grey_sprite_counts_its_levels():
    assert pixel_art(sprite(32, 5)[:, :, :1]).colours == 5


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (photograph(), "more than 64 colours"),
        (photograph()[:, :, :1] // 6 * 6, "gradations"),
        (page(14), "more than 64 colours"),
        (page(30)[:, :, :1] // 25 * 25, "smoothed"),
        (np.full((32, 32, 3), 9, np.uint8), "almost nothing"),
        ((np.indices((700, 900)).sum(axis=0) // 7 % 2).astype(np.uint8)[:, :, None], "more than 640"),
    ],
    ids=["photograph", "few greys", "text", "smoothed edges", "flat", "large"],
)
def test_what_is_no_pixel_art_is_refused_with_the_reason(picture, reason):
    found = pixel_art(picture)
    assert not found.found
    assert reason in found.reason


def test_pixel_art_that_was_a_jpeg_is_not_found():
    assert not pixel_art(as_jpeg(sprite().repeat(8, 0).repeat(8, 1), 80)).found


@pytest.mark.parametrize("size", [10, 14, 24])
def test_a_page_of_text_is_mostly_text(size):
    assert text_share(page(size)) > 0.4
    assert text_share(255 - page(size)) > 0.4


@pytest.mark.parametrize("picture", [photograph(), np.zeros((5, 5, 1), np.uint8), np.full((64, 64, 3), 255, np.uint8)])
def test_pictures_without_strokes_have_no_text(picture):
    assert text_share(picture) <= 0.02


def test_one_straight_border_is_no_text():
    half = np.zeros((160, 160, 1), np.uint8)
    half[:, 85:] = 255
    assert text_share(half) == 0


@pytest.mark.skipif(len(PHOTOGRAPHS) != 138, reason="the evaluation pictures are not here")
def test_of_the_evaluation_pictures_only_the_book_cover_is_text_and_none_is_pixel_art():
    for path in PHOTOGRAPHS:
        samples = np.asarray(Image.open(path))
        samples = samples if samples.ndim == 3 else samples[:, :, None]
        assert not pixel_art(samples).found, path.name
        assert (text_share(samples) > 0.12) == (path.stem == "ppt3"), path.name
