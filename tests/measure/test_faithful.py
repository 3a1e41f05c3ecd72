"""`project`, the --faithful step: the shrunken result is the input again."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from apercu.measure.fidelity import measure_fidelity
from apercu.measure.project import project
from apercu.resample import resize

SET14 = sorted((Path(__file__).parents[3] / "shared/data/eval/Set14").glob("*.png"))


def scene(height, width, channels=3, seed=0):
    """A picture with soft and hard edges, noise and saturated areas, on 8-bit steps."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    soft = 0.5 + 0.5 * np.sin(y / 7)[:, :, None] * np.cos(x / 5)[:, :, None]
    hard = ((x // 9 + y // 9) % 2)[:, :, None]
    mixed = np.where((x > width // 2)[:, :, None], hard, soft) + rng.normal(0, 0.03, (height, width, channels))
    return np.rint(np.clip(mixed, 0, 1) * 255).astype(np.uint8)


def shrunken(hr, scale):
    """The input that Pillow's 8-bit bicubic makes of a picture, (h, w, C) float32."""
    height, width = hr.shape[0] // scale, hr.shape[1] // scale
    small = [
        np.asarray(Image.fromarray(band).resize((width, height), Image.Resampling.BICUBIC))
        for band in np.moveaxis(hr, 2, 0)
    ]
    return (np.stack(small, axis=2) / 255).astype(np.float32)


def sharpened_and_noisy(lr, size):
    enlarged = resize(lr, size, "bicubic")
    blurred = resize(lr, size, "bilinear")
    noise = np.random.default_rng(5).normal(0, 0.05, enlarged.shape)
    return (enlarged + 1.5 * (enlarged - blurred) + noise).astype(np.float32)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("rough", [False, True])
def test_the_rounded_result_shrinks_to_the_input_within_one_step_of_255(scale, rough):
    hr = scene(60, 72)
    lr = shrunken(hr, scale)
    sr = sharpened_and_noisy(lr, hr.shape[:2]) if rough else resize(lr, hr.shape[:2], "bicubic")
    result = project(lr, sr)
    written = np.rint(result.pixels * 255).astype(np.uint8)
    back = resize(written.astype(np.float32) / np.float32(255), lr.shape[:2], "bicubic")
    assert result.reached
    assert np.abs(back - lr).max() <= 1 / 255
    assert np.abs(back - lr).max() == pytest.approx(result.max_abs_lr_error, abs=1e-6)
    assert np.abs(shrunken(written, scale) - lr).max() <= 1 / 255 + 1e-6  # also in 8 bits, rounded between the passes


@given(st.integers(0, 100), st.sampled_from([(1.5, 2.5), (2.0, 2.0), (3.7, 3.7), (1.0, 3.0)]))
@settings(deadline=None, max_examples=15)
def test_projecting_twice_changes_nothing(seed, scale):
    soft = resize(np.random.default_rng(seed).random((5, 6, 3), dtype=np.float32), (16, 20), "bicubic")
    lr = np.rint(np.clip(0.25 + 0.5 * soft, 0, 1) * 255).astype(np.float32) / np.float32(255)
    sr = sharpened_and_noisy(lr, (round(16 * scale[0]), round(20 * scale[1])))
    once = project(lr, sr)
    twice = project(lr, once.pixels)
    assert once.reached
    assert twice.iterations == 0
    assert np.array_equal(twice.pixels, once.pixels)


def test_a_consistent_result_is_only_rounded():
    hr = scene(60, 60)
    sr = hr.astype(np.float32) / np.float32(255) * np.float32(0.6) + np.float32(0.2)
    lr = resize(sr, (20, 20), "bicubic")
    result = project(lr, sr)
    assert result.iterations == 0
    assert np.abs(result.pixels - sr).max() <= 0.5 / 255 + 1e-6


def test_the_detail_of_the_model_survives():
    hr = scene(60, 60).astype(np.float32) / np.float32(255) * np.float32(0.6) + np.float32(0.2)
    lr = resize(hr, (20, 20), "bicubic")
    detailed, plain = project(lr, hr), project(lr, resize(lr, (60, 60), "bicubic"))
    assert measure_fidelity(lr, detailed.pixels).added_share > 10 * measure_fidelity(lr, plain.pixels).added_share
    assert np.mean((detailed.pixels - hr) ** 2) < 0.1 * np.mean((plain.pixels - hr) ** 2)


def test_an_input_out_of_reach_is_said_so_with_the_honest_error():
    lr = np.zeros((9, 9, 1), np.float32)
    lr[4, 4] = 1.0
    start = np.clip(resize(lr, (27, 27), "bicubic"), 0, 1)
    result = project(lr, start)
    assert not result.reached
    assert result.max_abs_lr_error > 0.1
    assert np.abs(resize(result.pixels, (9, 9), "bicubic") - lr).max() == pytest.approx(
        result.max_abs_lr_error, abs=1e-6
    )
    assert result.max_abs_lr_error < np.abs(resize(start, (9, 9), "bicubic") - lr).max()


def test_sixteen_bit_steps_are_kept():
    lr = np.random.default_rng(6).uniform(0.3, 0.7, (8, 8, 1)).astype(np.float32)
    result = project(lr, resize(lr, (24, 24), "bicubic"), levels=65535)
    steps = result.pixels.astype(np.float64) * 65535
    assert np.abs(steps - np.rint(steps)).max() <= 0.01
    assert len(np.unique(np.rint(steps) % 257)) > 50


@pytest.mark.skipif(len(SET14) != 14, reason="the evaluation pictures are not here")
@pytest.mark.parametrize("path", SET14, ids=lambda path: path.stem)
def test_every_set14_picture_is_reached_at_x3(path):
    with Image.open(path) as file:
        hr = np.asarray(file if file.mode == "L" else file.convert("RGB"))
    hr = hr.reshape(*hr.shape[:2], -1)
    hr = hr[: hr.shape[0] // 3 * 3, : hr.shape[1] // 3 * 3]
    lr = shrunken(hr, 3)
    for sr in (resize(lr, hr.shape[:2], "bicubic"), sharpened_and_noisy(lr, hr.shape[:2])):
        result = project(lr, sr)
        assert result.reached
        assert np.abs(shrunken(np.rint(result.pixels * 255).astype(np.uint8), 3) - lr).max() <= 1 / 255 + 1e-6
