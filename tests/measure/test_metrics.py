"""PSNR and SSIM against derivations, an outside implementation and published numbers."""

from math import inf, log10
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.metrics import structural_similarity

from apercu.errors import ShapeError
from apercu.measure.metrics import lr_psnr, psnr, psnr_y, ssim_y
from apercu.resample import resize

SET5 = sorted((Path(__file__).parents[3] / "shared/data/eval/Set5").glob("*.png"))
A = np.random.default_rng(0).random((40, 50, 3), dtype=np.float32)
B = np.clip(A + np.random.default_rng(1).normal(0, 0.1, A.shape), 0, 1).astype(np.float32)


def flat(level, channels=3):
    return np.full((20, 20, channels), level, np.float32)


def test_a_difference_of_one_tenth_everywhere_is_20_db():
    assert psnr(flat(0.5), flat(0.6), crop_border=0) == pytest.approx(20.0, abs=1e-5)  # 10 log10(1 / 0.1^2)


def test_studio_luma_of_black_and_white_is_219_steps_apart():
    assert psnr_y(flat(0), flat(1), crop_border=0) == pytest.approx(20 * log10(255 / 219), abs=1e-9)


def test_studio_luma_reads_1_32_db_above_full_range_luma():
    full_range = 20 * log10(1 / 0.1)
    assert psnr_y(flat(0.5), flat(0.6), crop_border=0) - full_range == pytest.approx(1.32, abs=0.005)


@pytest.mark.parametrize(("channel", "weight"), [(0, 65.481), (1, 128.553), (2, 24.966)])
def test_luma_weighs_the_channels_as_bt_601_does(channel, weight):
    changed = flat(0.5)
    changed[:, :, channel] += np.float32(0.25)
    assert psnr_y(flat(0.5), changed, crop_border=0) == pytest.approx(20 * log10(255 / (0.25 * weight)), abs=1e-5)


def test_grey_counts_as_equal_channels():
    assert psnr_y(A[:, :, :1], B[:, :, :1], crop_border=2) == pytest.approx(
        psnr_y(np.repeat(A[:, :, :1], 3, axis=2), np.repeat(B[:, :, :1], 3, axis=2), crop_border=2), abs=1e-9
    )


def test_equal_pictures_are_infinitely_good():
    assert psnr(A, A, crop_border=3) == inf
    assert psnr_y(A, A, crop_border=3) == inf
    assert ssim_y(A, A, crop_border=3) == pytest.approx(1.0, abs=1e-12)


@given(st.integers(1, 12))
def test_the_crop_cuts_every_side_and_nothing_else(crop_border):
    damaged = A.copy()
    damaged[:crop_border] = damaged[-crop_border:] = 0
    damaged[:, :crop_border] = damaged[:, -crop_border:] = 0
    assert psnr(damaged, A, crop_border=crop_border) == inf
    assert psnr(damaged, A, crop_border=crop_border - 1) < inf


def test_ssim_equals_an_outside_implementation_on_the_valid_region():
    def luma(pixels):
        return pixels.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) + 16

    _, every = structural_similarity(
        luma(A), luma(B), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, full=True
    )
    assert ssim_y(A, B, crop_border=0) == pytest.approx(every[5:-5, 5:-5].mean(), abs=1e-7)
    assert 0.3 < ssim_y(A, B, crop_border=0) < 0.99


def test_lr_psnr_compares_the_shrunken_result_with_the_input():
    lr = resize(A, (10, 20), "lanczos")
    assert lr_psnr(A, lr, kernel="lanczos") == 120.0
    assert lr_psnr(A, lr + np.float32(0.01), kernel="lanczos") == pytest.approx(40.0, abs=1e-3)  # 10 log10(1 / 0.01^2)


def test_nothing_is_rounded_to_8_bits():
    assert psnr(flat(0.5), flat(0.5001), crop_border=0) == pytest.approx(80.0, abs=0.02)


@pytest.mark.parametrize("measure", [psnr, psnr_y, ssim_y])
def test_pictures_that_cannot_be_compared_are_refused(measure):
    with pytest.raises(ShapeError, match="expected equal"):
        measure(A, B[:-1], crop_border=0)
    with pytest.raises(ShapeError, match="leaves nothing"):
        measure(A, B, crop_border=20)
    with pytest.raises(ShapeError, match="leaves nothing"):
        measure(A, B, crop_border=-1)


def test_ssim_needs_one_whole_window():
    with pytest.raises(ShapeError, match="11 x 11"):
        ssim_y(A, B, crop_border=15)


@pytest.mark.skipif(len(SET5) != 5, reason="the evaluation pictures are not here")
@pytest.mark.parametrize(("scale", "published"), [(2, 33.67), (3, 30.40), (4, 28.43)])
def test_bicubic_enlargement_of_set5_reads_as_published_for_pillow(scale, published):
    """Pillow bicubic both ways in 8 bits, Y, crop = scale."""
    values = []
    for path in SET5:
        with Image.open(path) as file:
            hr = file.convert("RGB")
        hr = hr.crop((0, 0, hr.width // scale * scale, hr.height // scale * scale))
        lr = hr.resize((hr.width // scale, hr.height // scale), Image.Resampling.BICUBIC)
        sr = lr.resize(hr.size, Image.Resampling.BICUBIC)
        arrays = [np.asarray(picture, dtype=np.float32) / 255 for picture in (sr, hr)]
        values.append(psnr_y(*arrays, crop_border=scale))
    assert np.mean(values) == pytest.approx(published, abs=0.02)
