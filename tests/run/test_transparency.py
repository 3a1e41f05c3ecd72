"""Colours under fully transparent pixels never reach the visible ones."""

import numpy as np

from apercu.image import Image
from apercu.run.transparency import bleed


def picture(pixels, alpha):
    return Image.of(np.asarray(pixels, np.float32), alpha=None if alpha is None else np.asarray(alpha, np.float32))


def test_a_hidden_pixel_takes_the_colour_of_the_nearest_visible_one():
    row = [[[0.1] * 3, [0.9] * 3, [0.9] * 3, [0.9] * 3, [0.4] * 3]]
    result = bleed(picture(row, [[1, 0, 0, 0, 0.2]]))[:]
    assert np.allclose(result[0, :, 0], [0.1, 0.1, result[0, 2, 0], 0.4, 0.4], rtol=0, atol=0.51 / 255)
    assert result[0, 2, 0] in (result[0, 0, 0], result[0, 4, 0])


def test_visible_pixels_and_alpha_stay_as_they_are():
    rng = np.random.default_rng(0)
    alpha = np.where(rng.random((9, 11)) < 0.5, 0, rng.random((9, 11))).astype(np.float32)
    before = picture(rng.random((9, 11, 3)), alpha)
    kept = np.asarray(before.pixels).copy()
    after = bleed(before)
    assert np.array_equal(after[:][alpha > 0], kept[alpha > 0])
    assert np.array_equal(np.asarray(before.pixels), kept)


def test_what_is_hidden_does_not_matter():
    rng = np.random.default_rng(1)
    alpha = (rng.random((8, 8)) < 0.4).astype(np.float32)
    pixels = rng.random((8, 8, 3)).astype(np.float32)
    other = np.where(alpha[:, :, None] == 0, 1 - pixels, pixels)
    assert np.array_equal(bleed(picture(pixels, alpha))[:], bleed(picture(other, alpha))[:])


def test_grey_pictures_bleed_too():
    assert bleed(picture([[[0.3], [0.8]]], [[1, 0]]))[:].ravel().tolist() == [np.float32(76 / 255)] * 2


def test_a_picture_without_hidden_pixels_or_without_visible_ones_is_left_alone():
    for alpha in (None, np.ones((4, 5)), np.full((4, 5), 0.01), np.zeros((4, 5))):
        image = picture(np.random.default_rng(2).random((4, 5, 3)), alpha)
        assert np.array_equal(bleed(image)[:], image.pixels[:])
