from collections import Counter

import numpy as np
import pytest
from PIL import Image

from apercu.errors import ShapeError
from apercu.train.damage import (
    CLEAN,
    FIXED_DAMAGES,
    Damage,
    Jpeg,
    Palette,
    Webp,
    apply_to_small,
    draw_damage,
    fixed_damage,
    shrink,
)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def hr():
    """A smooth picture with colour, an edge and some grain: (96, 120, 3)."""
    y, x = np.mgrid[0:96, 0:120]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 11)], axis=2) * 90 + 128
    waves[:, 60:] = 255 - waves[:, 60:]
    return np.clip(waves + rng(5).normal(0, 3, waves.shape), 0, 255).astype(np.uint8)


def noticed(a, b):
    """Root mean square difference in units of 0..255."""
    return float(np.sqrt(np.mean((a.astype(float) - b) ** 2)))


def test_clean_is_exactly_pillows_bicubic_and_leaves_the_generator_alone(hr):
    generator = rng(1)
    before = generator.bit_generator.state
    lr = shrink(hr, (24, 40), CLEAN, generator)
    assert np.array_equal(lr, np.asarray(Image.fromarray(hr).resize((40, 24), Image.Resampling.BICUBIC)))
    assert generator.bit_generator.state == before


@pytest.mark.parametrize(
    ("kernel", "pillow"), [("area", "BOX"), ("bilinear", "BILINEAR"), ("lanczos", "LANCZOS"), ("nearest", "NEAREST")]
)
def test_every_kernel_is_pillows(hr, kernel, pillow):
    expected = np.asarray(Image.fromarray(hr).resize((40, 24), Image.Resampling[pillow]))
    assert np.array_equal(shrink(hr, (24, 40), Damage(kernel=kernel), rng()), expected)


@pytest.mark.parametrize(("name", "damage"), FIXED_DAMAGES)
def test_equal_generators_give_equal_bytes_and_the_picture_stays_as_it_was(hr, name, damage):
    given = hr.copy()
    first, second = (shrink(given, (48, 60), damage, rng(3)) for _ in range(2))
    assert first.shape == (48, 60, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert np.array_equal(given, hr)


@pytest.mark.parametrize(("name", "damage"), FIXED_DAMAGES)
def test_every_fixed_damage_changes_the_picture_but_keeps_it_recognisable(hr, name, damage):
    clean = shrink(hr, (48, 60), CLEAN, rng())
    assert 0.2 < noticed(shrink(hr, (48, 60), damage, rng(3)), clean) < 25


def test_blur_is_measured_in_pixels_of_the_small_picture():
    """An edge blurred with sigma s and sampled has its 16 % and 84 % points 2 s apart (the normal distribution)."""
    edge = np.zeros((64, 256, 3), np.uint8)
    edge[:, 128:] = 255
    for factor in (2, 4):
        row = shrink(edge, (64 // factor, 256 // factor), Damage("area", blur=3.0), rng())[5, :, 0] / 255
        low, high = (np.interp(share, row, np.arange(row.size)) for share in (0.159, 0.841))
        assert high - low == pytest.approx(6.0, abs=0.25)


def test_blur_widens_by_the_factor_of_each_axis(hr):
    point = np.zeros((80, 80, 3), np.uint8)
    point[39:41, 38:42] = 255
    lr = shrink(point, (40, 20), Damage("area", blur=1.0), rng()).astype(float)[:, :, 0]
    spread = []
    for axis in (0, 1):
        weights = lr.sum(axis=1 - axis)
        places = np.arange(weights.size) - np.average(np.arange(weights.size), weights=weights)
        spread.append(np.average(places**2, weights=weights) ** 0.5)
    assert spread == pytest.approx([1.0, 1.0], abs=0.15)


def test_noise_has_the_standard_deviation_that_was_asked_for():
    grey = np.full((128, 128, 3), 128, np.uint8)
    noisy = shrink(grey, (128, 128), Damage(noise=4.0), rng())
    assert noisy.std(axis=(0, 1)) == pytest.approx([4, 4, 4], abs=0.15)
    assert abs(np.corrcoef(noisy[:, :, 0].ravel(), noisy[:, :, 1].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("dither", [False, True])
@pytest.mark.parametrize("colours", [8, 32, 256])
def test_a_palette_leaves_no_more_colours_than_it_has(hr, colours, dither):
    made = shrink(hr, (96, 120), Damage(palette=Palette(colours, dither)), rng())
    assert colours / 2 < len(np.unique(made.reshape(-1, 3), axis=0)) <= colours


def test_dither_mixes_colours_where_the_plain_palette_has_steps():
    ramp = np.repeat(np.linspace(60, 200, 120).astype(np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    plain, mixed = (
        shrink(ramp, (64, 120), Damage(palette=Palette(8, dither)), rng()).astype(float) for dither in (False, True)
    )
    assert np.diff(plain[:, :, 0], axis=0).any() == np.False_
    assert noticed(mixed.mean(axis=0), ramp[0]) < 0.7 * noticed(plain.mean(axis=0), ramp[0])


def test_a_lower_quality_does_more_harm(hr):
    clean = shrink(hr, (48, 60), CLEAN, rng())
    for codec in (Jpeg, Webp):
        fine, coarse = (shrink(hr, (48, 60), Damage(codec=codec(quality)), rng()) for quality in (90, 30))
        assert noticed(fine, clean) < noticed(coarse, clean)


def test_colour_at_full_size_keeps_more_of_a_coloured_edge():
    edge = np.full((32, 32, 3), (200, 30, 30), np.uint8)
    edge[:, 15:] = (30, 30, 200)
    half, full = (shrink(edge, (32, 32), Damage(codec=Jpeg(85, chroma)), rng()) for chroma in ("4:2:0", "4:4:4"))
    assert noticed(full, edge) < 0.8 * noticed(half, edge)


def test_the_blocks_of_a_codec_begin_anywhere(hr):
    """A crop is a part of a larger picture: blocks that always began at its corner would be learnt by heart."""
    lr = shrink(hr, (48, 60), CLEAN, rng())
    made = {apply_to_small(lr, Damage(codec=Jpeg(30)), rng(seed)).tobytes() for seed in range(12)}
    assert len(made) >= 11


def test_a_picture_that_is_small_already_meets_all_but_the_kernel(hr):
    assert np.array_equal(apply_to_small(hr, Damage(kernel="nearest"), rng()), hr)
    damage = Damage(blur=0.6, noise=3.0)
    assert np.array_equal(apply_to_small(hr, damage, rng(2)), shrink(hr, hr.shape[:2], damage, rng(2)))
    assert noticed(apply_to_small(hr, damage, rng(2)), hr) > 2


def test_the_training_mix_has_the_shares_it_states():
    drawn = [draw_damage(rng(seed)) for seed in range(4000)]
    assert sum(damage == CLEAN for damage in drawn) / 4000 == pytest.approx(0.46, abs=0.03)
    kinds = Counter(
        kind
        for damage in drawn
        for kind, there in {
            "blur": damage.blur,
            "noise": damage.noise,
            "palette": damage.palette,
            "jpeg": isinstance(damage.codec, Jpeg),
            "webp": isinstance(damage.codec, Webp),
        }.items()
        if there
    )
    # 57 % are not clean outright; "at most two" takes a little from each.
    for kind, share in {"blur": 0.25, "jpeg": 0.35, "webp": 0.10, "palette": 0.10, "noise": 0.12}.items():
        assert 0.75 * 0.57 * share < kinds[kind] / 4000 < 1.12 * 0.57 * share, kind
    assert {damage.kernel for damage in drawn} == {"bicubic", "area", "bilinear", "lanczos", "nearest"}


def test_never_more_than_two_harms_at_once_and_every_value_in_its_range():
    for seed in range(2000):
        damage = draw_damage(rng(seed))
        assert sum(map(bool, (damage.blur, damage.noise, damage.palette, damage.codec))) <= 2
        assert damage.blur == 0 or 0.2 <= damage.blur <= 1.0
        assert damage.noise == 0 or 1 <= damage.noise <= 8
        assert damage.palette is None or 8 <= damage.palette.colours <= 64
        assert damage.codec is None or 30 <= damage.codec.quality <= 95


def test_the_fixed_protocol_goes_round_the_list_with_a_seed_of_its_own_for_each_crop():
    assert [fixed_damage(i)[0] for i in (0, 9, 10)] == ["jpeg-75", "lanczos", "jpeg-75"]
    assert fixed_damage(12)[2].random() == np.random.default_rng(1012).random()
    assert len({name for name, _ in FIXED_DAMAGES}) == 10


@pytest.mark.parametrize(
    ("pixels", "size", "named"),
    [
        (np.zeros((8, 8, 4), np.uint8), (4, 4), r"uint8 of the shape \(8, 8, 4\)"),
        (np.zeros((8, 8, 3), np.float32), (4, 4), "float32"),
        (np.zeros((8, 8, 3), np.uint8), (9, 8), "8 x 8 to 9 x 8"),
        (np.zeros((8, 8, 3), np.uint8), (0, 8), "8 x 8 to 0 x 8"),
    ],
)
def test_other_shapes_are_refused_in_one_line(pixels, size, named):
    with pytest.raises(ShapeError, match=named) as caught:
        shrink(pixels, size, CLEAN, rng())
    assert "\n" not in str(caught.value)
