import gzip
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apercu import load_settings
from apercu.errors import InputError, ShapeError
from apercu.measure.metrics import psnr, psnr_y, ssim_y
from apercu.models.checkpoint import read_checkpoint
from apercu.resample import resize
from apercu.train.damage import FIXED_DAMAGES
from apercu.train.evaluate import (
    PSNR_CAP,
    Case,
    Crop,
    Scores,
    as_float,
    background,
    bootstrap_gain,
    clean_cases,
    enlarge_case,
    evaluate,
    lay_on,
    mean_scores,
    mixed_cases,
    score,
    validation_crops,
    vector_cases,
)
from apercu.train.pictures import load_pictures


def bicubic(lr, size):
    return resize(lr, size, "bicubic")


def textured(height, width, seed=0, channels=3):
    """Grain of about three pixels, strong contrast."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 3 + 1, width // 3 + 1, channels), np.uint8)
    mode = {3: "RGB", 4: "RGBA"}[channels]
    return np.array(Image.fromarray(small, mode).resize((width, height), Image.Resampling.BICUBIC))


def written(folder: Path, pictures):
    """A prepared set of (id, split, style, min_shrink, {size: pixels}), as `prepare` writes it."""
    blob, entries = b"", []
    for id, split, style, min_shrink, levels in pictures:
        entry = {"id": id, "split": split, "style": style, "min_shrink": min_shrink, "levels": []}
        entry |= {"package": "made-up", "path": f"{id}.png", "licence": "CC0-1.0"}
        for size, pixels in levels.items():
            height, width, channels = pixels.shape
            place = {"size": size, "height": height, "width": width, "channels": channels}
            entry["levels"].append(place | {"shard": 0, "offset": len(blob)})
            blob += np.ascontiguousarray(pixels).tobytes()
        entries.append(entry)
    (folder / "pixels-00.bin").write_bytes(blob)
    index = {"format": 1, "recipe": "0" * 64, "pictures": entries}
    (folder / "pictures.json").write_text(json.dumps(index), encoding="utf-8")
    return load_pictures(folder)


def raster(pixels, *, id="a", split="val", style="photo", min_shrink=1.0):
    return (id, split, style, min_shrink, {None: pixels})


# --- crops -----------------------------------------------------------------------------------------------------------


def test_only_held_out_pictures_of_the_style_are_cropped(tmp_path):
    noise = textured(200, 200)
    pictures = written(
        tmp_path, [raster(noise, id="t", split="train"), raster(noise, id="v"), raster(noise, id="u", style="ui")]
    )
    assert [crop.picture for crop in validation_crops(pictures, "photo")] == ["v"]
    assert [crop.picture for crop in validation_crops(pictures, "ui")] == ["u"]
    assert validation_crops(pictures, "drawn") == []


def test_a_picture_gives_at_most_four_crops_that_do_not_overlap(tmp_path):
    y, x = np.mgrid[0:600, 0:800]
    marked = np.stack([y % 256, x % 256, y // 256 * 16 + x // 256], axis=2).astype(np.uint8)  # every pixel is unique
    crops = validation_crops(written(tmp_path, [raster(marked)]), "photo")
    seen = np.concatenate([crop.pixels.reshape(-1, 3) for crop in crops])
    assert [crop.pixels.shape for crop in crops] == [(192, 192, 3)] * 4
    assert len(np.unique(seen, axis=0)) == 4 * 192 * 192


def test_the_most_detailed_place_comes_first_and_flat_places_never(tmp_path):
    picture = np.full((400, 640, 3), 250, np.uint8)
    picture[:, :160] = 10  # one edge: the strongest contrast, and hardly any detail
    picture[100:300, 400:600] = textured(200, 200)
    first, *others = validation_crops(written(tmp_path, [raster(picture)]), "photo")
    assert np.abs(np.diff(first.pixels.astype(int), axis=1)).mean() > 10
    assert all(other.pixels.std() > 5 for other in others)
    assert validation_crops(written(tmp_path, [raster(np.full((400, 400, 3), 90, np.uint8))]), "photo") == []


def test_crops_by_chance_are_others_hold_something_and_stay_the_same(tmp_path):
    picture = np.full((800, 800, 3), 250, np.uint8)
    picture[:400] = textured(400, 800) // 4  # half calm and half flat
    picture[:192, :192] = textured(192, 192)
    pictures = written(tmp_path, [raster(picture)])
    chance = validation_crops(pictures, "photo", chosen="chance")
    again = validation_crops(pictures, "photo", chosen="chance")
    assert [crop.pixels.tobytes() for crop in chance] == [crop.pixels.tobytes() for crop in again]
    assert all(crop.pixels.std() > 5 for crop in chance)
    detail = validation_crops(pictures, "photo")
    assert detail[0].pixels.std() > 40
    assert [crop.pixels.tobytes() for crop in chance] != [crop.pixels.tobytes() for crop in detail]


def test_fewer_crops_can_be_asked_for_and_are_the_first_ones(tmp_path):
    pictures = written(tmp_path, [raster(textured(600, 900))])
    one, four = validation_crops(pictures, "photo", at_most=1), validation_crops(pictures, "photo")
    assert len(four) == 4
    assert np.array_equal(one[0].pixels, four[0].pixels)


@pytest.mark.parametrize(("size", "expected"), [((100, 300), (96, 192)), ((60, 61), (60, 60)), ((59, 191), (48, 180))])
def test_a_small_picture_gives_its_largest_multiple_of_12(tmp_path, size, expected):
    crops = validation_crops(written(tmp_path, [raster(textured(*size))]), "photo")
    assert crops[0].pixels.shape == (*expected, 3)


def test_a_picture_shorter_than_48_pixels_gives_nothing(tmp_path):
    assert validation_crops(written(tmp_path, [raster(textured(47, 300))]), "photo") == []


def test_a_picture_is_shrunk_by_what_it_needs_with_pillows_lanczos_first(tmp_path):
    large = textured(384, 384)
    (crop,) = validation_crops(written(tmp_path, [raster(large, min_shrink=2.0)]), "photo")
    assert np.array_equal(crop.pixels, np.asarray(Image.fromarray(large).resize((192, 192), Image.Resampling.LANCZOS)))


def test_transparency_is_laid_on_a_mid_tone_that_depends_on_the_id_alone(tmp_path):
    drawing = textured(192, 192, channels=4)
    drawing[:, 96:, 3] = 0
    drawing[:, :90, 3] = 255
    (crop,) = validation_crops(written(tmp_path, [raster(drawing, id="leaf", style="cartoon")]), "cartoon")
    assert np.array_equal(crop.pixels[:, :90], drawing[:, :90, :3])
    assert np.unique(crop.pixels[:, 96:].reshape(-1, 3), axis=0).tolist() == [background("leaf").tolist()]
    colours = np.array([background(str(n)) for n in range(300)])
    assert colours.min() >= 64
    assert colours.max() <= 191
    assert len(np.unique(colours, axis=0)) > 290


def test_half_transparent_pixels_are_mixed_as_srgb_numbers():
    pixels = np.array([[[200, 100, 0, 51]]], np.uint8)  # alpha 0.2
    assert lay_on(pixels, np.array([100, 100, 100], np.uint8)).tolist() == [[[120, 100, 80]]]


# --- cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_clean_case_is_pillows_bicubic(scale):
    crop = Crop("a", textured(192, 180))
    (case,) = clean_cases([crop], scale)
    expected = Image.fromarray(crop.pixels).resize((180 // scale, 192 // scale), Image.Resampling.BICUBIC)
    assert np.array_equal(case.lr, np.asarray(expected))
    assert np.array_equal(case.hr, crop.pixels)
    assert (case.picture, case.scale, case.damage) == ("a", scale, "clean")


def test_mixed_damage_goes_round_the_list_and_is_the_same_each_time():
    crops = [Crop(str(n), textured(48, 48, n)) for n in range(12)]
    first, second = mixed_cases(crops, 2), mixed_cases(crops, 2)
    names = [name for name, _ in FIXED_DAMAGES]
    assert [case.damage for case in first] == names + names[:2]
    assert all(np.array_equal(a.lr, b.lr) for a, b in zip(first, second, strict=True))


def drawing(size, *, aspect=1.0):
    """A disc with a soft edge, drawn at `size`: (size, aspect * size, 4)."""
    width = int(np.ceil(size * aspect))
    y, x = (np.mgrid[0:size, 0:width] + 0.5) / size
    cover = np.clip((0.4 - np.hypot(y - 0.5, x - 0.5 * aspect)) * size + 0.5, 0, 1)
    return np.dstack([np.full((size, width), value) for value in (250, 10, 30)] + [cover * 255]).astype(np.uint8)


def misplaced(case):
    """The largest difference between a small pixel and the mean of the large ones that lie where it does."""
    height, width = case.lr.shape[:2]
    means = case.hr.reshape(height, case.scale, width, case.scale, 3).mean(axis=(1, 3))
    return np.abs(means - case.lr).max()


SIZES = (32, 48, 64, 96, 128, 144, 192, 256, 288, 384)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_drawing_is_paired_with_its_larger_rendering_at_every_size_that_has_one(tmp_path, scale):
    levels = {size: drawing(size) for size in SIZES}
    pictures = written(tmp_path, [("d", "val", "vector", 1.0, levels), ("t", "train", "vector", 1.0, levels)])
    cases = vector_cases(pictures, scale)
    assert [case.lr.shape[0] for case in cases] == [32, 48, 64, 96]
    assert {case.picture for case in cases} == {"d"}
    for case in cases:
        assert case.hr.shape == (*(scale * side for side in case.lr.shape[:2]), 3)
        assert misplaced(case) < 25
        assert np.array_equal(case.hr[0, 0], background("d"))
        assert np.array_equal(case.lr[0, 0], background("d"))


def test_renderings_of_odd_sizes_are_cut_to_whole_pixels_of_the_small_one(tmp_path):
    levels = {32: drawing(32, aspect=0.64), 64: drawing(64, aspect=0.64), 128: drawing(128, aspect=0.64)}
    assert [level.shape[1] for level in levels.values()] == [21, 41, 82]
    pictures = written(tmp_path, [("d", "val", "vector", 1.0, levels)])
    cases = vector_cases(pictures, 2)
    assert [case.hr.shape for case in cases] == [(64, 40, 3), (128, 82, 3)]
    assert max(map(misplaced, cases)) < 25
    assert [case.lr.shape for case in vector_cases(pictures, 4)] == [(32, 20, 3)]


def test_drawings_that_are_thin_or_show_nothing_are_left_out(tmp_path):
    thin = {32: drawing(32)[:, :11], 64: drawing(64)[:, :22]}
    clear = {32: np.zeros((32, 32, 4), np.uint8), 64: np.zeros((64, 64, 4), np.uint8)}
    pictures = written(tmp_path, [("thin", "val", "vector", 1.0, thin), ("clear", "val", "vector", 1.0, clear)])
    assert vector_cases(pictures, 2) == []


# --- figures ---------------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_measures_with_a_border_of_the_factor():
    (case,) = clean_cases([Crop("a", textured(96, 96))], 3)
    sr = enlarge_case(bicubic, case)
    hr = as_float(case.hr)
    expected = [measure(sr, hr, crop_border=3) for measure in (psnr, psnr_y, ssim_y)]
    assert evaluate(bicubic, [case]) == [Scores(*expected)]


def test_results_are_clipped_but_not_rounded():
    case = Case("a", 2, "clean", np.full((16, 16, 3), 255, np.uint8), np.full((32, 32, 3), 255, np.uint8))
    assert evaluate(lambda lr, size: np.full((*size, 3), 1.5, np.float32), [case])[0].psnr == PSNR_CAP
    # 0.3 of an 8-bit step away: 20 log10(255 / 0.3) = 58.59 dB; rounding would hide it.
    near = evaluate(lambda lr, size: np.full((*size, 3), 254.7 / 255, np.float32), [case])[0]
    assert near.psnr == pytest.approx(58.59, abs=0.01)


def test_a_candidate_gets_float32_in_0_to_1_and_the_size_of_the_truth():
    seen = []

    def candidate(lr, size):
        seen.append((lr.dtype, lr.shape, float(lr.max()), size))
        return bicubic(lr, size)

    evaluate(candidate, clean_cases([Crop("a", textured(48, 60))], 4))
    ((dtype, shape, largest, size),) = seen
    assert (dtype, shape, size) == (np.float32, (12, 15, 3), (48, 60))
    assert 0.5 < largest <= 1


def test_a_network_that_went_astray_scores_nan_and_not_the_cap():
    (case,) = clean_cases([Crop("a", textured(48, 48))], 2)
    assert all(map(isnan, evaluate(lambda lr, size: np.full((*size, 3), np.nan, np.float32), [case])[0]))


def test_a_result_of_another_size_is_refused():
    (case,) = clean_cases([Crop("a", textured(48, 48))], 2)
    with pytest.raises(ShapeError, match="47"):
        score(np.zeros((47, 48, 3), np.float32), case)


def test_means_are_of_decibels_and_nothing_has_no_mean():
    assert mean_scores([Scores(30, 31, 0.8), Scores(40, 41, 0.9)]) == pytest.approx(Scores(35, 36, 0.85))
    with pytest.raises(InputError, match="no validation cases"):
        mean_scores([])


# --- gains -----------------------------------------------------------------------------------------------------------


def test_a_gain_that_is_the_same_everywhere_has_no_interval():
    assert bootstrap_gain([0.5] * 8, list("aabbccdd")) == (0.5, 0.5, 0.5)


def test_the_interval_is_that_of_a_mean_of_independent_pictures():
    """Of n pictures with standard deviation s the mean's 95 % interval is 2 * 1.96 * s / sqrt(n) wide."""
    values = np.random.default_rng(7).normal(0.3, 0.2, 400)
    gain = bootstrap_gain(values.tolist(), [str(n) for n in range(400)])
    assert gain.mean == pytest.approx(values.mean())
    assert gain.low < gain.mean < gain.high
    assert gain.high - gain.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_many_crops_of_one_picture_count_as_one():
    values = np.random.default_rng(7).normal(0.3, 0.2, 40)
    alone = bootstrap_gain(values.tolist(), [str(n) for n in range(40)])
    repeated = bootstrap_gain(np.repeat(values, 10).tolist(), np.repeat(np.arange(40), 10).astype(str).tolist())
    assert repeated == pytest.approx(alone, abs=1e-12)


def test_the_mean_counts_every_crop_and_the_interval_is_the_same_each_time():
    differences, pictures = [1.0, 0.0, 0.0, 0.5], ["a", "b", "b", "c"]
    assert bootstrap_gain(differences, pictures).mean == pytest.approx(0.375)
    assert bootstrap_gain(differences, pictures) == bootstrap_gain(differences, pictures)
    with pytest.raises(InputError, match="no validation cases"):
        bootstrap_gain([], [])


# --- the published figures -------------------------------------------------------------------------------------------

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
EDSR = Path(str(files("apercu") / "weights" / "liif-edsr.safetensors"))


@pytest.fixture(scope="module")
def tiny_set(tmp_path_factory):
    """Six pictures of every style of pixels, and a drawing."""
    folder = tmp_path_factory.mktemp("set")
    styles = ("photo", "drawn", "cartoon", "ui")
    rasters = [raster(textured(96, 100, n), id=f"{style}{n}", style=style) for style in styles for n in range(6)]
    written(folder, [*rasters, ("d", "val", "vector", 1.0, {size: drawing(size) for size in SIZES})])
    return folder


def run_benchmark(*arguments, sets):
    """The script's (exit status, standard output, standard error)."""
    command = [sys.executable, BENCHMARKS / "models.py", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"APERCU_EVAL": str(sets)})
    return done.returncode, done.stdout, done.stderr


def test_the_script_prints_every_table_and_writes_figures_and_a_page(tiny_set, tmp_path):
    (tmp_path / "sets" / "Set5").mkdir(parents=True)
    Image.fromarray(textured(60, 61)).save(tmp_path / "sets" / "Set5" / "one.png")
    made = tmp_path / "made.json", tmp_path / "page.png"
    models = ("--models", "bicubic,lanczos", "--base", "bicubic")
    code, out, err = run_benchmark(
        "--data", tiny_set, *models, "--json", made[0], "--page", made[1], sets=tmp_path / "sets"
    )
    assert code == 0, err
    assert "left out: BSD100 is not in" in err
    found = json.loads(made[0].read_text(encoding="utf-8"))
    rows = {(row["protocol"], row["group"], row["factor"]): row for row in found["tables"]}
    counted = Counter(row["protocol"] for row in found["tables"])
    assert counted == {"clean": 15, "chance": 15, "mixed": 15, "damage": 6, "vector": 3, "sets": 3}
    assert rows["clean", "all", "x2"]["cases"] == 24
    assert rows["vector", "vector", "x4"] | {"scores": 0, "gains": 0} == {
        "protocol": "vector", "group": "vector", "factor": "x4", "cases": 4, "pictures": 1, "scores": 0, "gains": 0,
    }  # fmt: skip

    # The same figures by hand.
    cases = clean_cases(validation_crops(load_pictures(tiny_set), "ui"), 3)
    expected = mean_scores(evaluate(bicubic, cases))
    row = rows["clean", "ui", "x3"]
    assert row["scores"]["bicubic"] == pytest.approx(expected._asdict(), abs=1e-4)  # rounded as they are kept
    assert f"| ui | x3 | 6 | {expected.psnr:.2f} / {expected.psnr_y:.2f} / {expected.ssim_y:.4f} |" in out
    difference = row["scores"]["lanczos"]["psnr_y"] - row["scores"]["bicubic"]["psnr_y"]
    assert row["gains"]["lanczos"]["psnr_y"]["mean"] == pytest.approx(difference)
    assert "bicubic" not in row["gains"]
    # 4 taps on an axis, 3 channels: the width at a quarter of the height, then the height.
    assert found["models"]["bicubic"]["multiply_adds_x4"] == 3 * 4 * 1.25

    with Image.open(made[1]) as page:  # label, three columns; heading, twelve rows less that of a second drawing
        assert page.size == (128 + 3 * 200, 26 + 11 * 218 + 8)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "no-such-folder"], "no-such-folder holds no training pictures: pictures.json cannot be read. Make"),
        (["--models", "bicubic,bicubic", "--base", "bicubic"], "two models are called bicubic"),
        (["--models", "bicubic"], "the base liif-edsr is none of bicubic"),
        (["--models", "lost.safetensors"], "lost.safetensors cannot be read"),
    ],
)
def test_what_the_script_cannot_do_is_one_line(tiny_set, tmp_path, arguments, said):
    code, out, err = run_benchmark("--data", tiny_set, *arguments, sets=tmp_path)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(said)


def test_some_tables_can_be_had_alone(tiny_set, tmp_path):
    models = ("--models", "bicubic", "--base", "bicubic")
    code, out, err = run_benchmark("--data", tiny_set, *models, "--quick", "--only", "vector", sets=tmp_path)
    assert code == 0, err
    assert "| vector | x4 | 1 |" in out
    assert "| photo |" not in out


def test_figures_that_are_kept_are_not_measured_again_and_those_of_replaced_weights_are_forgotten(tiny_set, tmp_path):
    kept, made = tmp_path / "kept.jsonl.gz", tmp_path / "made.json"
    asked = ("--data", tiny_set, "--kept", kept, "--json", made, "--base", "bicubic", "--models")
    assert run_benchmark(*asked, "bicubic,lanczos", sets=tmp_path)[0] == 0
    lines = [json.loads(line) for line in gzip.decompress(kept.read_bytes()).splitlines()]
    assert {line["what"].split()[0] for line in lines} == {"bicubic", "lanczos"}
    changed = [line | {"scores": [[99.0, *others] for _, *others in line["scores"]]} for line in lines]
    before = {"key": "0" * 64, "what": changed[0]["what"], "scores": changed[0]["scores"]}
    kept.write_bytes(gzip.compress("\n".join(map(json.dumps, [*changed, before])).encode()))

    assert run_benchmark(*asked, "bicubic", sets=tmp_path)[0] == 0
    assert all(row["scores"]["bicubic"]["psnr"] == 99 for row in json.loads(made.read_text())["tables"])
    left = [json.loads(line) for line in gzip.decompress(kept.read_bytes()).splitlines()]
    assert changed[0]["what"].startswith("bicubic ")
    assert [line["key"] for line in left] == [line["key"] for line in lines]


def test_multiply_adds_of_liif_are_those_of_its_layers(monkeypatch):
    """Encoder: 1 convolution 3 -> 64 and 33 of 64 -> 64, all 3 x 3; decoder: 576 -> 256 three more 256, and 3."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    candidates = importlib.import_module("models_candidates")
    shapes = {name: value.shape for name, value in read_checkpoint(EDSR).items()}
    encoder, first, tail = 9 * 64 * (3 + 33 * 64), 576 * 256, 3 * 256 * 256 + 256 * 3
    assert candidates.liif_multiply_adds(shapes) == (encoder + first) / 16 + 4 * tail


def test_a_file_of_weights_is_the_model_that_the_card_with_those_weights_is(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    candidates = importlib.import_module("models_candidates")
    shutil.copyfile(EDSR, tmp_path / "ours.safetensors")
    ours = candidates.open_contender(str(tmp_path / "ours.safetensors"), load_settings(), tmp_path / "scratch")
    card = candidates.open_contender("liif-edsr", load_settings(), tmp_path / "scratch")
    lr = textured(12, 16).astype(np.float32) / np.float32(255)
    assert (ours.name, card.name) == ("ours", "liif-edsr")
    assert np.array_equal(ours(lr, (36, 48)), card(lr, (36, 48)))
    assert candidates.multiply_adds(ours) == candidates.multiply_adds(card)
