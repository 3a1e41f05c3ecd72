"""Noise and blur are read near what was put in."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import page, rounded, shapes
from PIL import Image
from scipy.ndimage import gaussian_filter

from apercu.inspection.sharpness import BLURRIEST, blur_radius, noise_level

KODAK = sorted((Path(__file__).parents[3] / "shared/data/eval/Kodak").glob("*.png"))


@pytest.mark.parametrize("sigma", [2, 5, 10, 20])
def test_noise_is_read_within_a_tenth(sigma):
    noise = np.random.default_rng(0).normal(0, sigma, (240, 240, 3))
    assert noise_level(rounded(shapes() + noise)) == pytest.approx(sigma, rel=0.1)


def test_a_clean_picture_has_no_noise_and_slopes_and_edges_are_none():
    slope = np.linspace(20, 220, 240)[:, None, None] * np.ones((1, 240, 1))
    assert noise_level(rounded(shapes())) == 0
    assert noise_level(rounded(slope)) < 0.5  # the rounding of the slope


def test_noise_of_16_bits_is_told_on_the_same_scale():
    noisy = shapes() + np.random.default_rng(0).normal(0, 5, (240, 240, 3))
    assert noise_level(np.rint(noisy * 257).astype(np.uint16)) == pytest.approx(5, rel=0.1)


def test_noise_that_black_cuts_off_is_read_from_other_places():
    values = shapes()
    values[:, :120] = 0
    noise = np.random.default_rng(0).normal(0, 10, values.shape)
    assert noise_level(rounded(values + noise)) == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("sigma", [1, 2, 3, 4])
def test_blur_is_read_within_four_tenths_of_a_pixel(sigma):
    assert blur_radius(rounded(gaussian_filter(shapes(), (sigma, sigma, 0)))) == pytest.approx(sigma, abs=0.4)


def test_hard_edges_have_less_than_a_pixel_of_blur():
    assert blur_radius(rounded(shapes())) < 0.8


def test_where_black_and_white_cut_everything_no_noise_can_be_told():
    assert noise_level(page(14)) == 0


@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 90, 3), (64, 64, 1)])
def test_without_edges_or_room_there_is_no_noise_and_the_blur_is_the_largest(shape):
    flat = np.full(shape, 90, np.uint8)
    assert noise_level(flat) == 0
    assert blur_radius(flat) == BLURRIEST


@pytest.mark.skipif(len(KODAK) != 24, reason="the evaluation pictures are not here")
def test_photographs_are_read_near_what_was_added():
    for path in KODAK[2::7]:
        picture = np.asarray(Image.open(path)).astype(np.float64)
        noise = np.random.default_rng(0).normal(0, 10, picture.shape)
        assert noise_level(rounded(picture + noise)) == pytest.approx(10, rel=0.15), path.name
        assert blur_radius(rounded(gaussian_filter(picture, (2, 2, 0)))) == pytest.approx(2, rel=0.2), path.name
