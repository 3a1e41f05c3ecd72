"""Saving as JPEG leaves traces, and the quality can be read from them."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import as_jpeg, photograph, rounded
from PIL import Image
from scipy.ndimage import gaussian_filter

from apercu.inspection.jpeg import jpeg_traces

KODAK = sorted((Path(__file__).parents[3] / "shared/data/eval/Kodak").glob("*.png"))


@pytest.mark.parametrize("quality", [10, 20, 35, 50, 75, 90, 95])
def test_the_quality_is_read_exactly(quality):
    found = jpeg_traces(as_jpeg(photograph(), quality))
    assert (found.found, found.quality, found.offset) == (True, quality, (0, 0))


def test_full_colour_resolution_and_grey_make_no_difference():
    assert jpeg_traces(as_jpeg(photograph(), 60, subsampling=0)).quality == 60
    assert jpeg_traces(as_jpeg(photograph()[:, :, :1], 60)).quality == 60


@pytest.mark.parametrize("corner", [(0, 0), (3, 5), (8, 1), (7, 0)])
def test_the_grid_is_found_in_a_crop(corner):
    cut = as_jpeg(photograph(), 40)[corner[0] :, corner[1] :]
    found = jpeg_traces(cut)
    assert found.quality == 40
    assert found.offset == (-corner[0] % 8, -corner[1] % 8)


def test_the_last_jpeg_counts():
    assert jpeg_traces(as_jpeg(as_jpeg(photograph(), 80), 30)).quality == 30


def test_a_large_picture_is_read_from_crops_on_the_grid():
    saved = as_jpeg(photograph(900, 1100), 70)
    assert jpeg_traces(saved).quality == 70
    assert jpeg_traces(saved.astype(np.uint16) * 257).quality == 70


def test_a_picture_that_was_never_a_jpeg_shows_no_trace():
    found = jpeg_traces(photograph())
    assert (found.found, found.quality, found.offset) == (False, None, (0, 0))
    assert found.grid_strength == pytest.approx(1, abs=0.1)


def test_blocks_without_readable_steps_are_still_seen():
    levels = np.random.default_rng(1).normal(0, 8, (20, 25)).repeat(8, 0).repeat(8, 1)[3:, 5:]
    smooth = gaussian_filter(photograph()[3:, 5:].astype(np.float64), (2, 2, 0))
    found = jpeg_traces(rounded(smooth[: levels.shape[0], : levels.shape[1]] + levels[:, :, None]))
    assert found.offset == (5, 3)
    assert (found.found, found.quality) == (True, None)
    assert found.grid_strength > 1.25


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 300, 3), (64, 64, 3)])
@pytest.mark.parametrize("value", [0, 128, 77])
def test_a_flat_or_tiny_picture_shows_no_trace(shape, value):
    assert not jpeg_traces(np.full(shape, value, np.uint8)).found


def test_a_drawing_that_repeats_one_block_shows_no_trace():
    block = np.kron(np.array([[40, 200], [200, 40]], np.uint8), np.ones((5, 5), np.uint8))
    assert jpeg_traces(np.tile(block, (20, 20))[:, :, None]).quality is None


@pytest.mark.skipif(len(KODAK) != 24, reason="the evaluation pictures are not here")
def test_photographs_are_read_right():
    for path in KODAK[::6]:
        picture = np.asarray(Image.open(path))
        assert not jpeg_traces(picture).found, path.name
        for quality in (25, 60, 92):
            assert jpeg_traces(as_jpeg(picture, quality)).quality == quality, path.name


def test_a_handful_of_blocks_proves_no_jpeg():
    levels = np.random.default_rng(1).normal(0, 8, (6, 6)).repeat(8, 0).repeat(8, 1)
    drawn = rounded(128 + levels[:, :, None] + np.zeros(3))
    assert jpeg_traces(drawn).found
    assert not jpeg_traces(drawn[:40, :40]).found


def test_edges_of_a_drawing_that_lie_on_the_grid_are_no_blocks():
    drawn = np.full((64, 64), 255.0)
    drawn[8:56, 16:48] = 70
    drawn[9:55, 17:47] = 250
    for row in (16, 24, 32, 40):
        drawn[row, 20:44] = 120
    drawn[16:40, 24] = drawn[16:40, 40] = 190
    found = jpeg_traces(rounded(drawn[:, :, None]))
    assert found.grid_strength > 1.25
    assert not found.found
