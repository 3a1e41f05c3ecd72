"""A picture is enlarged to exactly the size that was asked for, and keeps its kind."""

import numpy as np
import pytest

from apercu.errors import OutOfMemoryError, ShapeError
from apercu.image import Image
from apercu.registry import find_model, load_model
from apercu.run.enlarge import enlarge_image, target_size
from apercu.settings import Settings

SETTINGS = Settings(threads=2)


@pytest.fixture(scope="module", params=["liif-edsr", "bicubic"])
def model(request):
    return load_model(request.param, SETTINGS)


def picture(channels=3, *, alpha=None, size=(12, 15), **fields):
    pixels = np.random.default_rng(channels).random((*size, channels), np.float32)
    return Image.of(pixels, alpha=alpha, **fields)


# --- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "scale", "expected"),
    [
        ((10, 20), (3, 3), (30, 60)),
        ((10, 21), (3.7, 3.7), (37, 78)),
        ((7, 5), (1.5, 2.5), (11, 13)),
        ((1, 1), (1.2, 64), (1, 64)),
        ((3, 3), (1, 1), (3, 3)),
        ((5, 5), (2.5, 1.1), (13, 6)),
    ],
)
def test_a_factor_gives_the_nearest_whole_size_with_halves_up(size, scale, expected):
    assert target_size(size, scale=scale, target=None, settings=SETTINGS) == expected


def test_an_exact_size_is_taken_as_it_is():
    assert target_size((10, 20), scale=None, target=(33, 20), settings=SETTINGS) == (33, 20)


def test_a_factor_at_the_limit_is_allowed_even_where_rounding_lifts_the_size_above_it():
    assert target_size((3, 3), scale=(2.5, 2.5), target=None, settings=Settings(max_scale=2.5)) == (8, 8)


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf"), -float("inf"), 0.5, 0.999, 65, 1000])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_factor_that_is_not_from_one_to_the_limit_is_refused(factor: float, axis: int):
    scale = (factor, 2.0) if axis == 0 else (2.0, factor)
    with pytest.raises(ShapeError, match=rf"^factor {factor:g} is out of range, expected 1 to 64$") as caught:
        target_size((10, 20), scale=scale, target=None, settings=SETTINGS)
    assert caught.value.hint


@pytest.mark.parametrize("target", [(9, 40), (20, 19), (0, 40), (-20, -40), (641, 40), (20, 1281), (10**400, 40)])
def test_a_size_below_the_pictures_or_above_the_limit_is_refused(target: tuple[int, int]):
    with pytest.raises(
        ShapeError, match=rf"^size {target[1]}x{target[0]} is .* the picture \(20x10\), expected 1 to 64"
    ):
        target_size((10, 20), scale=None, target=target, settings=SETTINGS)


@pytest.mark.parametrize(("scale", "target"), [((4, 4), None), (None, (40, 80))])
def test_a_result_with_too_many_pixels_is_refused(scale, target):
    limited = Settings(max_output_pixels=3199)
    with pytest.raises(ShapeError, match=r"^the result would have 3,200 pixels \(80x40\), expected at most 3,199$"):
        target_size((10, 20), scale=scale, target=target, settings=limited)
    allowed = Settings(max_output_pixels=3200)
    assert target_size((10, 20), scale=scale, target=target, settings=allowed) == (40, 80)


@pytest.mark.parametrize(("scale", "target"), [(None, None), ((2, 2), (20, 40))])
def test_a_factor_and_a_size_or_neither_is_refused(scale, target):
    with pytest.raises(ShapeError, match="expected either a factor or a size, got both or neither"):
        target_size((10, 20), scale=scale, target=target, settings=SETTINGS)


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [(24, 30), (31, 44), (12, 15), (12, 29)])
def test_the_result_has_the_size_asked_for_and_stays_within_range(model, target: tuple[int, int]):
    result = enlarge_image(picture(), model, target)
    assert result.size == target
    assert np.asarray(result.pixels).dtype == np.float32
    assert np.asarray(result.pixels).min() >= 0
    assert np.asarray(result.pixels).max() <= 1


def test_everything_that_describes_the_picture_stays_with_it(model):
    fields = {"bit_depth": 16, "icc": b"icc", "exif": b"exif", "xmp": b"xmp", "dpi": (72.0, 96.0), "format": "tiff"}
    result = enlarge_image(picture(**fields), model, (20, 30))
    assert {name: getattr(result, name) for name in fields} == fields


def test_the_samples_of_a_16_bit_picture_are_not_rounded_to_8_bits(model):
    ramp = np.linspace(0.4, 0.402, 12 * 15, dtype=np.float32).reshape(12, 15, 1).repeat(3, axis=2)
    result = enlarge_image(Image.of(ramp, bit_depth=16), model, (24, 30))
    assert len(np.unique(np.rint(np.asarray(result.pixels) * 65535))) > 20
    assert len(np.unique(np.rint(np.asarray(result.pixels) * 255))) <= 5


def test_grey_stays_grey(model):
    grey = picture(1)
    result = enlarge_image(grey, model, (30, 41))
    colour = enlarge_image(Image.of(np.asarray(grey.pixels).repeat(3, axis=2)), model, (30, 41))
    assert result.pixels.shape == (30, 41, 1)
    assert np.abs(np.asarray(result.pixels)[:, :, 0] - np.asarray(colour.pixels).mean(axis=2)).max() < 0.05


def test_the_picture_itself_is_not_changed(model):
    image = picture(alpha=np.eye(12, 15, dtype=np.float32))
    pixels, alpha = np.asarray(image.pixels).copy(), np.asarray(image.alpha).copy()
    enlarge_image(image, model, (24, 30))
    assert np.array_equal(np.asarray(image.pixels), pixels)
    assert np.array_equal(np.asarray(image.alpha), alpha)


def test_alpha_is_enlarged_on_the_same_grid_as_the_colours():
    step = np.zeros((12, 16), np.float32)
    step[:, 8:] = 1
    colours = np.where(step[:, :, None] > 0, np.float32(0.9), np.float32(0.1)).repeat(3, axis=2)
    for name in ("liif-edsr", "bicubic"):
        visible = (
            np.asarray(enlarge_image(Image.of(colours), load_model(name, SETTINGS), (37, 51)).pixels).mean(axis=2) > 0.5
        )
        alpha = np.asarray(enlarge_image(Image.of(colours, alpha=step), load_model(name, SETTINGS), (37, 51)).alpha)
        assert alpha is not None
        assert alpha.shape == (37, 51)
        assert np.abs((alpha > 0.5).sum(axis=1) - visible.sum(axis=1)).max() <= 1
        assert (alpha.min(), alpha.max()) == (0, 1)


def test_opaque_and_clear_pictures_stay_so(model):
    for value in (0, 1):
        result = enlarge_image(picture(alpha=np.full((12, 15), value, np.float32)), model, (31, 40))
        assert result.alpha is not None
        assert np.allclose(np.asarray(result.alpha), value, rtol=0, atol=1e-6)


def test_what_lies_under_clear_pixels_does_not_change_the_result(model):
    alpha = np.ones((12, 15), np.float32)
    alpha[:, :6] = 0
    image = picture(alpha=alpha)
    other = np.asarray(image.pixels).copy()
    other[:, :6] = 1 - other[:, :6]
    first = enlarge_image(image, model, (36, 45))
    assert np.array_equal(
        np.asarray(first.pixels), np.asarray(enlarge_image(Image.of(other, alpha=alpha), model, (36, 45)).pixels)
    )


def test_progress_is_passed_on(model):
    seen: list[float] = []
    enlarge_image(picture(), model, (24, 30), progress=seen.append)
    assert seen[-1] == 1


def test_exhausted_memory_is_named():
    class Hungry:
        card = find_model("bicubic")

        def enlarge(self, pixels, size):
            raise MemoryError

    with pytest.raises(OutOfMemoryError, match="memory ran out while enlarging 15x12 to 30x24") as caught:
        enlarge_image(picture(), Hungry(), (24, 30))
    assert "APERCU_TILE_SIZE" in caught.value.hint


def test_repeated_pixels_repeat_their_transparency_too():
    rng = np.random.default_rng(3)
    samples = rng.integers(0, 256, (6, 7, 4), dtype=np.uint8)
    samples[:, :, 3] = rng.integers(0, 2, (6, 7)) * 255
    result = enlarge_image(Image(samples, has_alpha=True), load_model("nearest", SETTINGS), (18, 21))
    assert np.array_equal(result.samples, samples.repeat(3, axis=0).repeat(3, axis=1))
