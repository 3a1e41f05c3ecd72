"""What a step of training sees: the places agree with the colours, and all of it follows from seed and number."""

import os
import tomllib
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from pydantic import ValidationError
from tiny_set import blobs, picture, ramp, rendered_ramp, write_set

from apercu.errors import InputError, RunError
from apercu.train import sampling
from apercu.train.damage import CLEAN, Damage
from apercu.train.recipe import read_recipe
from apercu.train.sampling import Mix, Sampler, batches, draw_background

SIDE = 8
TRAININGS = sorted((files("apercu") / "train" / "trainings").iterdir(), key=lambda path: path.name)
SIZES = (32, 48, 64, 96, 128)


def mix(**changed) -> Mix:
    return Mix(**({"styles": {"photo": 1.0}, "side": SIDE, "sample_q": 24} | changed))


@pytest.fixture
def two_styles(tmp_path):
    return write_set(tmp_path, [picture(blobs(60, 70, 1)), picture(blobs(64, 64, 2), style="drawn")])


def equal(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# --- of seed and number alone ----------------------------------------------------------------------------------------


def test_a_sample_follows_from_the_seed_and_its_number_in_any_order(two_styles):
    wanted = mix(styles={"photo": 0.5, "drawn": 0.5}, damaged={"drawn": 0.9})
    forth = [Sampler(two_styles, wanted, 3).sample(i)[0] for i in range(12)]
    sampler = Sampler(two_styles, wanted, 3)
    back = [sampler.sample(i)[0] for i in reversed(range(12))][::-1]
    assert all(equal(a, b) for a, b in zip(forth, back, strict=True))
    assert not equal(forth[0], forth[1])
    assert not equal(forth[0], Sampler(two_styles, wanted, 4).sample(0)[0])


def test_a_batch_holds_the_samples_of_its_numbers(two_styles):
    sampler = Sampler(two_styles, mix(), 1)
    batch = sampler.batch(5, 3)
    assert batch.inp.shape == (3, SIDE, SIDE, 3)
    assert batch.coord.shape == batch.cell.shape == (3, 24, 2)
    for i in range(3):
        sample, plain = sampler.sample(15 + i)
        assert equal([part[i] for part in batch[:-1]], sample)
        assert batch.plain[i] == plain


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_draw_the_same_batches_in_order(two_styles, workers: int):
    wanted = mix(styles={"photo": 0.5, "drawn": 0.5}, damaged={"drawn": 0.9})
    drawn = list(batches(two_styles.folder, wanted, seed=2, size=2, steps=range(3, 11), workers=workers))
    sampler = Sampler(two_styles, wanted, 2)
    assert len(drawn) == 8
    assert all(equal(batch, sampler.batch(step, 2)) for step, batch in zip(range(3, 11), drawn, strict=True))


def test_nothing_is_begun_where_there_is_no_step(two_styles):
    assert list(batches(two_styles.folder, mix(), seed=1, size=2, steps=range(4, 4), workers=1)) == []


def end_at_once(*_):
    os._exit(3)


def test_a_process_that_ends_without_a_word_is_one_line(two_styles, monkeypatch):
    monkeypatch.setattr(sampling, "_draw", end_at_once)
    with pytest.raises(RunError, match="a process that draws samples has ended") as caught:
        list(batches(two_styles.folder, mix(), seed=1, size=2, steps=range(3), workers=1))
    assert "\n" not in caught.value.message


# --- places and colours ----------------------------------------------------------------------------------------------


def columns_and_rows(sample):
    """Of each place, its pixel (row, column) counted from the crop's corner, and the factors of both axes."""
    scale = 2 / (sample.cell[0] * SIDE)
    return (sample.coord + 1) / 2 * SIDE * scale - 0.5, scale


def test_a_place_on_a_crop_has_the_colour_of_exactly_its_pixel(tmp_path):
    sampler = Sampler(write_set(tmp_path, [picture(ramp(84, 80))]), mix(), 1)
    turned, uneven, whole = set(), 0, 0
    for number in range(120):
        sample, _ = sampler.sample(number)
        (pixel, scale), value = columns_and_rows(sample), sample.gt[:, :2].astype(float) / 3  # (column, row) + corner
        ways = {
            (axis, sign): value[:, 0] - sign * pixel[:, axis] for axis in (0, 1) for sign in (1, -1)
        }  # red runs along one of the axes, forth or back
        constant = [way for way, corner in ways.items() if np.ptp(corner) < 2e-3]
        assert len(constant) == 1
        (axis, sign) = constant[0]
        turned.add((axis, sign))
        assert ways[axis, sign][0] == pytest.approx(round(ways[axis, sign][0]), abs=2e-3)
        green = [value[:, 1] - s * pixel[:, 1 - axis] for s in (1, -1)]
        assert min(np.ptp(corner) for corner in green) < 2e-3
        uneven += abs(scale[0] - scale[1]) > 0.02
        whole += bool(np.allclose(scale, np.rint(scale), atol=1e-4))
    assert len(turned) == 4
    assert uneven >= 10
    assert whole >= 10


def plane(inp, channel: int):
    """Value of a channel as a plane in (y, x) on [-1, 1], by least squares over the inner pixels."""
    centres = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    y, x = (a[2:-2, 2:-2].ravel() for a in np.meshgrid(centres, centres, indexing="ij"))
    terms = np.stack((np.ones_like(y), y, x), -1)
    return np.linalg.lstsq(terms, inp[2:-2, 2:-2, channel].ravel().astype(float), rcond=None)[0]


def furthest(sample) -> float:
    """Largest distance between a colour and what the small picture, carried on as a plane, says at its place."""
    terms = np.concatenate((np.ones((len(sample.coord), 1)), sample.coord), 1)
    return max(np.abs(terms @ plane(sample.inp, c) - sample.gt[:, c]).max() for c in (0, 1))


def test_the_small_picture_and_the_colours_lie_upon_each_other(tmp_path):
    # 3 of 255 for each pixel of the large picture: half a pixel of the large one aside would be 1.5 off. Rounding of
    # the small picture and a plane through 4 x 4 of its pixels make up to 1.2.
    sampler = Sampler(write_set(tmp_path, [picture(ramp(84, 80))]), mix(), 1)
    assert np.percentile([furthest(sampler.sample(number)[0]) for number in range(150)], 95) < 1.3


def test_a_picture_that_must_be_shrunk_first_is_and_still_fits(tmp_path):
    sampler = Sampler(write_set(tmp_path, [picture(ramp(84, 80), min_shrink=2.0)]), mix(max_scale=2.0), 1)
    for number in range(60):
        sample, _ = sampler.sample(number)
        # The truth was shrunk by 2 to 3: neighbouring pixels differ by 6 to 9.
        pixel, _ = columns_and_rows(sample)
        slopes = [abs(np.polyfit(pixel[:, axis], sample.gt[:, 0].astype(float), 1)[0]) for axis in (0, 1)]
        assert 5.5 < max(slopes) < 9.6
        assert furthest(sample) < 4.5  # half of a pixel of the truth


def test_a_rendered_drawing_and_its_larger_rendering_lie_upon_each_other(tmp_path):
    drawing = picture({size: rendered_ramp(size) for size in SIZES}, style="vector")
    sampler = Sampler(write_set(tmp_path, [drawing]), mix(styles={"vector": 1.0}, rendered=1.0), 1)
    scales = set()
    for number in range(120):
        sample, _ = sampler.sample(number)
        scale = 2 / (sample.cell[0] * SIDE)
        scales.add(round(float(scale[0]), 4))
        assert scale[0] == pytest.approx(scale[1])
        step = np.ptp(sample.inp[0, :, 0].astype(float)) / (SIDE - 1)  # of one pixel of the small picture
        assert furthest(sample) < 0.25 * step + 1  # a quarter of a pixel, and rounding
    assert scales == {round(b / a, 4) for a in SIZES for b in SIZES if 1.25 <= b / a <= 4}


@pytest.mark.parametrize("style", ["photo", "vector"])
def test_places_lie_on_the_picture_and_cells_are_as_large_as_a_pixel_of_the_truth(tmp_path, style: str):
    levels = {size: rendered_ramp(size) for size in SIZES} if style == "vector" else ramp(84, 80)
    sampler = Sampler(write_set(tmp_path, [picture(levels, style=style)]), mix(styles={style: 1.0}), 1)
    for number in range(60):
        sample, _ = sampler.sample(number)
        assert np.abs(sample.coord).max() <= 1
        assert (sample.cell == sample.cell[0]).all()
        assert (sample.cell >= 2 / (SIDE * 4) - 1e-6).all()
        assert (sample.cell <= 2 / SIDE + 1e-6).all()
        assert sample.coord.dtype == sample.cell.dtype == np.float32


def test_what_is_transparent_has_the_same_colour_in_the_small_picture_and_in_the_truth(tmp_path):
    clear = picture({size: np.zeros((size, size, 4), np.uint8) for size in SIZES}, style="vector")
    sampler = Sampler(write_set(tmp_path, [clear]), mix(styles={"vector": 1.0}), 1)
    colours = set()
    for number in range(20):
        sample, _ = sampler.sample(number)
        assert (sample.inp == sample.inp[0, 0]).all()
        assert (sample.gt == sample.inp[0, 0]).all()
        colours.add(tuple(sample.inp[0, 0].tolist()))
    assert len(colours) > 5


def test_backgrounds_are_white_black_or_of_any_colour():
    rng = np.random.default_rng(0)
    drawn = Counter(tuple(draw_background(rng).tolist()) for _ in range(1000))
    # Standard deviation of these shares: at most 0.013.
    assert drawn[255, 255, 255] / 1000 == pytest.approx(0.2, abs=0.04)
    assert drawn[0, 0, 0] / 1000 == pytest.approx(0.15, abs=0.04)
    assert len(drawn) > 600


def test_a_drawing_smaller_than_the_small_picture_is_laid_on_the_background(tmp_path):
    opaque = {size: np.full((size // 2, size, 4), (9, 9, 9, 255), np.uint8) for size in SIZES}
    for pixels in opaque.values():
        pixels[:, 1:, :3] = blobs(pixels.shape[0], pixels.shape[1] - 1)  # or it would be passed over as flat
    wanted = mix(styles={"vector": 1.0}, side=64, rendered=1.0, sample_q=400)
    sampler = Sampler(write_set(tmp_path, [picture(opaque, style="vector")]), wanted, 1)
    for number in range(10):
        sample, _ = sampler.sample(number)
        ground = sample.inp[-1, -1]
        below = sample.coord[:, 0] > 0.02 + 2 * (sample.inp[:, 0] == 9).all(-1).mean() - 1
        assert (sample.gt[below] == ground).all()
        assert below.sum() > 50


@pytest.fixture
def one_edge(tmp_path):
    """A picture of two halves, black and white."""
    edge = np.zeros((80, 80, 3), np.uint8)
    edge[:, 40:] = 255
    return write_set(tmp_path, [picture(edge)])


def near_the_edge(sample):
    """Which places are less than 0.15 from where black and white meet, None where the crop has one colour."""
    white = sample.gt[:, 0] > 127
    if white.all() or not white.any():
        return None
    rows, columns = (np.ptp(sample.inp.astype(int), axis=axis).max() for axis in (0, 1))
    place = sample.coord[:, 0 if rows > columns else 1]
    place = place if place[white].mean() > place[~white].mean() else -place
    return np.abs(place - (place[white].min() + place[~white].max()) / 2) < 0.15


def test_places_are_more_often_where_the_picture_changes_and_count_the_less(one_edge):
    sampler = Sampler(one_edge, mix(sample_q=400), 1)
    samples = [sampler.sample(number)[0] for number in range(60)]
    drawn = [(near, sample.weight) for sample in samples if (near := near_the_edge(sample)) is not None]
    assert len(drawn) > 40
    assert np.mean([near.mean() for near, _ in drawn]) > 0.4
    # Places drawn evenly would give 0.3 of the 2 from -1 to 1, a little less where the edge is near the border.
    assert 0.12 < np.mean([(near * weight).mean() for near, weight in drawn]) < 0.165


def test_weighted_means_are_those_of_all_pixels(tmp_path):
    # The same crop, asked at many places and at all of its pixels: colours squared, so that edges tell.
    pictures = write_set(tmp_path, [picture(blobs(60, 70, 1))])
    few, many = (Sampler(pictures, mix(sample_q=count), 1) for count in (16, 4000))
    for number in range(10):
        sample, _ = many.sample(number)
        assert np.array_equal(sample.inp, few.sample(number)[0].inp)
        _, where = np.unique(sample.coord, axis=0, return_index=True)  # of 1024 pixels at most, nearly all of them
        true, weighted = sample.gt[where].astype(float), sample.gt * sample.weight[:, None]
        assert np.allclose(weighted.mean(0), true.mean(0), atol=6)
        assert sample.weight.mean() == pytest.approx(1, abs=0.05)
        assert 0 < sample.weight.min() < 1 < sample.weight.max() <= 2


# --- which pictures and which damage ---------------------------------------------------------------------------------


def test_only_what_is_not_held_out_is_drawn(tmp_path):
    held = blobs(60, 60, 1)
    held[..., 2] = 255
    seen = blobs(60, 60, 2)
    seen[..., 2] = 0
    pictures = write_set(tmp_path, [picture(held, split="val"), picture(seen), picture(held, split="val")])
    sampler = Sampler(pictures, mix(), 1)
    assert all(sampler.sample(number)[0].gt[:, 2].max() == 0 for number in range(60))


def test_styles_come_in_their_shares(tmp_path):
    blue = {"photo": 0, "drawn": 100, "ui": 200}
    pictures = []
    for style, value in blue.items():
        pixels = blobs(60, 60, value)
        pixels[..., 2] = value
        pictures.append(picture(pixels, style=style))
    sampler = Sampler(write_set(tmp_path, pictures), mix(styles={"photo": 5, "drawn": 3, "ui": 2}, sample_q=2), 1)
    names = {value: style for style, value in blue.items()}
    counts = Counter(names[int(sampler.sample(number)[0].gt[0, 2])] for number in range(1000))
    # Standard deviation of a share of 0.5 among 1000 is 0.016.
    assert {style: count / 1000 for style, count in counts.items()} == pytest.approx(
        {"photo": 0.5, "drawn": 0.3, "ui": 0.2}, abs=0.05
    )


@pytest.fixture
def damages(monkeypatch):
    """The damages that pictures met, in order."""
    met = []
    shrink = sampling.shrink
    monkeypatch.setattr(
        sampling, "shrink", lambda hr, size, damage, rng: met.append(damage) or shrink(hr, size, damage, rng)
    )
    return met


def test_pictures_are_damaged_only_where_that_is_asked_for(two_styles, damages):
    for style, share in (("photo", 0.0), ("drawn", 0.0)):
        sampler = Sampler(two_styles, mix(styles={style: 1.0}, damaged={"ui": 1.0, style: share}), 1)
        plain = [sampler.sample(number)[1] for number in range(30)]
        assert set(damages) == {CLEAN}
        assert set(plain) == {style == "photo"}  # a teacher may be asked about undamaged photographs only


def test_some_of_what_may_be_damaged_stays_clean_and_that_is_known(two_styles, damages):
    sampler = Sampler(two_styles, mix(damaged={"photo": 0.8}), 1)
    kept = []
    for number in range(300):
        damages.clear()
        _, plain = sampler.sample(number)
        assert plain == (damages[-1] == CLEAN)
        kept.append(plain)
    # 0.2 and 0.46 of 0.8 (see `draw_damage`); standard deviation 0.028
    assert np.mean(kept) == pytest.approx(0.57, abs=0.1)


def test_a_damage_changes_the_small_picture_and_not_the_truth(two_styles, monkeypatch):
    monkeypatch.setattr(sampling, "draw_damage", lambda rng: Damage(blur=1.0))
    one, other = (Sampler(two_styles, mix(damaged={"photo": share}), 1) for share in (1.0, 1e-12))
    for number in range(5):
        (damaged, _), (clean, _) = one.sample(number), other.sample(number)
        assert np.array_equal(damaged.gt, clean.gt)
        assert not np.array_equal(damaged.inp, clean.inp)


# --- what cannot be --------------------------------------------------------------------------------------------------


def test_a_style_without_pictures_to_train_on_is_refused(tmp_path):
    pictures = write_set(tmp_path, [picture(blobs(60, 60)), picture(blobs(60, 60), style="ui", split="val")])
    with pytest.raises(InputError, match=r"holds no pictures of the style ui to train on$"):
        Sampler(pictures, mix(styles={"photo": 0.5, "ui": 0.5}), 1)


def test_pictures_too_small_for_any_crop_are_refused_in_one_line_also_from_a_process(tmp_path):
    pictures = write_set(tmp_path, [picture(blobs(6, 6))])
    with pytest.raises(InputError, match="holds no picture that fits") as caught:
        Sampler(pictures, mix(), 1).sample(0)
    assert "\n" not in caught.value.message
    with pytest.raises(InputError, match="holds no picture that fits"):
        list(batches(tmp_path, mix(), seed=1, size=2, steps=range(2), workers=1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("styles", {}),
        ("styles", {"photo": 0.0}),
        ("styles", {"photo": -1.0}),
        ("styles", {"photograph": 1.0}),
        ("damaged", {"photo": 1.5}),
        ("side", 0),
        ("sample_q", 0),
        ("max_scale", 1.5),
        ("rendered", 2),
    ],
)
def test_a_mix_that_makes_no_sense_is_refused_by_its_field(field: str, value):
    with pytest.raises(ValidationError, match=field):
        mix(**{field: value})


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.name)
def test_every_training_that_comes_with_apercu_is_valid_and_fits_the_recipe(path):
    pytest.importorskip("torch", reason="networks need the extra `train`")
    from apercu.registry import find_model
    from apercu.train.build import NETWORKS
    from apercu.train.state import Training

    training = Training.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    assert training.network in NETWORKS
    for start in {training.start, training.teacher, *training.kept} - {None}:
        if start.endswith("/weights.safetensors"):  # of another training, made before this one
            assert start.split("/")[0] in {other.stem for other in TRAININGS} - {path.stem}
        else:
            assert find_model(start).weights is not None
    assert set(training.mix.styles) <= {raster.style for raster in read_recipe().rasters} | {"vector"}
    assert sum(training.mix.styles.values()) == pytest.approx(1)


def test_trainings_come_with_apercu():
    assert {path.name for path in TRAININGS} >= {"liif-edsr-art.toml", "liif-fast.toml"}
