"""Colours under fully transparent pixels never reach the visible ones."""

import numpy as np
import pytest

from apercu.image import Image
from apercu.registry import load_model
from apercu.run.enlarge import enlarge_image
from apercu.run.transparency import bleed
from apercu.settings import load_settings


@pytest.fixture(scope="module")
def settings():
    return load_settings()


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


def star(side):
    """How much of each pixel a star with five points covers, (side, side), from 8 x 8 places a pixel."""
    y, x = (np.mgrid[0 : side * 8, 0 : side * 8] + 0.5) / (side * 8) - 0.5
    angle = np.abs((np.arctan2(y, x) + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    inside = np.hypot(y, x) * (np.cos(angle) + 1.2 * np.sin(angle)) < 0.4
    return inside.reshape(side, 8, side, 8).mean(axis=(1, 3))


def enlarged(alpha, model, factor, settings):
    samples = np.full((*alpha.shape, 4), 120, np.uint8)
    samples[:, :, 3] = np.rint(alpha * 255)
    size = (alpha.shape[0] * factor, alpha.shape[1] * factor)
    return enlarge_image(Image(samples, has_alpha=True), load_model(model, settings), size).samples


def test_an_outline_is_as_sharp_as_the_model_makes_edges(settings):
    truth = star(96)
    wrong = {
        model: np.sqrt(((enlarged(star(32), model, 3, settings)[:, :, 3] / 255 - truth) ** 2).mean())
        for model in ("bicubic", "liif-fast", "liif-edsr-art")
    }
    assert wrong["liif-fast"] < 0.6 * wrong["bicubic"]
    assert wrong["liif-edsr-art"] < 0.6 * wrong["bicubic"]


@pytest.mark.parametrize("model", ["bicubic", "lanczos", "liif-fast", "liif-edsr-web"])
def test_far_from_an_outline_all_is_wholly_clear_or_wholly_solid(settings, model):
    alpha = np.zeros((40, 40))
    alpha[12:28, 12:28] = 1
    result = enlarged(alpha, model, 3, settings)[:, :, 3]
    inside, outside = result[45:75, 45:75], np.ones_like(result, bool)
    outside[27:93, 27:93] = False
    assert (inside == 255).all()
    assert (result[outside] == 0).all()


@pytest.mark.parametrize("opacity", [0, 77, 255])
def test_a_picture_of_one_opacity_keeps_it_and_needs_no_second_run(settings, opacity, monkeypatch):
    model = load_model("liif-fast", settings)
    seen, run = [], type(model).enlarge

    def counted(self, source, target):
        seen.append(source.shape)
        return run(self, source, target)

    monkeypatch.setattr(type(model), "enlarge", counted)
    samples = np.full((300, 5, 4), opacity, np.uint8)
    result = enlarge_image(Image(samples, has_alpha=True), model, (601, 11)).samples
    assert (result[:, :, 3] == opacity).all()
    assert seen == [(300, 5, 3)]


def test_large_and_deep_transparency_is_the_same_in_tiles(settings):
    rng = np.random.default_rng(3)
    samples = rng.integers(0, 65536, (70, 90, 2), np.uint16)
    samples[20:50, 20:60, 1] = 65535
    image = Image(samples, has_alpha=True)
    whole, tiled = (
        enlarge_image(image, load_model("liif-fast", settings.model_copy(update={"tile_size": tile})), (161, 207))
        for tile in (512, 32)
    )
    assert np.abs(whole.samples.astype(int) - tiled.samples).max() <= 1
    assert (whole.samples[60:100, 60:120, 1] == 65535).all()


@pytest.mark.parametrize("model", ["liif-fast", "liif-edsr-web"])
def test_between_a_thing_and_its_soft_shadow_there_is_no_light_ring(settings, model):
    alpha = np.full((40, 40), 80 / 255)
    alpha[10:30, 10:30] = 1
    assert enlarged(alpha, model, 4, settings)[:, :, 3].min() >= 74


def test_at_the_same_size_the_transparency_stays_as_it_is(settings):
    samples = np.random.default_rng(5).integers(0, 256, (300, 9, 4), np.uint8)
    result = enlarge_image(Image(samples, has_alpha=True), load_model("liif-fast", settings), (300, 9))
    assert np.array_equal(result.samples[:, :, 3], samples[:, :, 3])
