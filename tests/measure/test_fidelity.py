"""The numbers and the map of what was kept and what was added."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apercu.errors import RunError, ShapeError
from apercu.measure.consistency import ShrinkOperator, split
from apercu.measure.fidelity import added_map, measure_fidelity
from apercu.records import FidelityReport
from apercu.resample import KERNELS, resize

LR = np.random.default_rng(0).random((14, 11, 3), dtype=np.float32)
SHRINK = ShrinkOperator((42, 33), (14, 11), "bicubic")


def invisible_noise(strength):
    noise = np.random.default_rng(1).normal(0, strength, (42, 33, 3)).astype(np.float32)
    return noise - SHRINK.pinv(SHRINK.apply(noise))


@given(
    st.integers(1, 16), st.integers(1, 16), st.sampled_from([(1.5, 2.5), (2, 2), (3.7, 3.7)]), st.sampled_from(KERNELS)
)
@settings(deadline=None, max_examples=40)
def test_what_the_input_determines_has_nothing_added_and_nothing_changed(height, width, scale, kernel):
    lr = np.random.default_rng(2).random((height, width, 3), dtype=np.float32)
    shrink = ShrinkOperator((round(height * scale[0]), round(width * scale[1])), (height, width), kernel)
    report = measure_fidelity(lr, shrink.pinv(lr), kernel=kernel)
    assert report.added_share <= 1e-9
    assert report.changed_share <= 1e-9
    assert report.added_max <= 1e-5
    assert report.lr_psnr_db >= 110


def test_invented_detail_raises_the_added_share_and_leaves_the_input_reproduced():
    plain = SHRINK.pinv(LR)
    shares = []
    for strength in (0.0, 0.02, 0.1):
        report = measure_fidelity(LR, plain + invisible_noise(strength))
        assert report.lr_psnr_db >= 110
        assert report.changed_share <= 1e-9
        shares.append(report.added_share)
    assert shares[0] < 1e-9 < shares[1] < shares[2]


def test_a_contradiction_of_the_input_is_changed_and_not_added():
    report = measure_fidelity(LR, SHRINK.pinv(LR + np.float32(0.1)))
    assert report.added_share <= 1e-9
    assert report.changed_share > 0.01
    assert report.max_abs_lr_error == pytest.approx(0.1, abs=1e-5)
    assert report.lr_psnr_db == pytest.approx(20.0, abs=1e-3)  # 10 log10(1 / 0.1^2)


def test_the_shares_follow_their_definition():
    sr = resize(LR, (42, 33), "bicubic") + np.random.default_rng(3).normal(0, 0.1, (42, 33, 3)).astype(np.float32)
    report = measure_fidelity(LR, sr)
    added = sr - SHRINK.pinv(SHRINK.apply(sr))
    changed = SHRINK.pinv(SHRINK.apply(sr) - LR)
    contrast = ((sr - sr.mean(axis=(0, 1))) ** 2).sum()
    assert report.added_share == pytest.approx((added**2).sum() / contrast, rel=1e-4)
    assert report.changed_share == pytest.approx((changed**2).sum() / contrast, rel=1e-4)
    assert report.added_rms == pytest.approx(np.sqrt((added**2).mean()), rel=1e-4)
    assert report.added_max == pytest.approx(np.abs(added).max(), rel=1e-4)
    assert report.scale == (3.0, 3.0)


@given(st.integers(1, 80), st.integers(1, 5), st.sampled_from([(1.5, 2.5), (2, 2), (3.7, 1)]), st.sampled_from(KERNELS))
@settings(deadline=None, max_examples=30)
def test_measuring_in_strips_gives_the_figures_of_the_whole_split(height, width, scale, kernel):
    rng = np.random.default_rng(height * 8 + width)
    lr = rng.random((height, width, 3), dtype=np.float32)
    sr = rng.random((round(height * scale[0]), round(width * scale[1]), 3), dtype=np.float32)
    assert_strips_equal_the_split(lr, sr, kernel)


def test_a_picture_of_several_strips_and_a_rest_is_measured_like_a_whole_one():
    rng = np.random.default_rng(5)
    assert_strips_equal_the_split(rng.random((90, 6, 3), np.float32), rng.random((301, 13, 3), np.float32), "bicubic")


def assert_strips_equal_the_split(lr, sr, kernel):
    report, parts = measure_fidelity(lr, sr, kernel=kernel), split(lr, sr, kernel=kernel)
    added, changed = parts.added.astype(np.float64), parts.changed.astype(np.float64)
    contrast = ((sr - sr.mean(axis=(0, 1), dtype=np.float64)) ** 2).sum()
    assert report.added_share == pytest.approx(min(1, (added**2).sum() / contrast), rel=1e-4, abs=1e-9)
    assert report.changed_share == pytest.approx(min(1, (changed**2).sum() / contrast), rel=1e-4, abs=1e-9)
    assert report.added_rms == pytest.approx(np.sqrt((added**2).mean()), rel=1e-4, abs=1e-6)
    assert report.added_max == pytest.approx(np.abs(added).max(), rel=1e-4, abs=1e-6)
    assert np.abs(added_map(lr, sr, kernel=kernel) - np.sqrt((added**2).mean(axis=2))).max() <= 1e-5


def test_the_map_is_the_root_mean_square_over_the_channels_of_the_added_part():
    sr = np.random.default_rng(4).random((42, 33, 3), dtype=np.float32)
    added = sr - SHRINK.pinv(SHRINK.apply(sr))
    drawn = added_map(LR, sr)
    assert drawn.shape == (42, 33)
    assert drawn.dtype == np.float32
    assert np.abs(drawn - np.sqrt((added**2).mean(axis=2))).max() <= 1e-5


def test_a_bicubic_enlargement_of_a_smooth_picture_adds_almost_nothing():
    y, x = np.mgrid[0:30, 0:40] / 8
    lr = (0.5 + 0.3 * np.sin(y) * np.cos(x))[:, :, None].astype(np.float32)
    report = measure_fidelity(lr, resize(lr, (90, 120), "bicubic"))
    assert report.added_share < 1e-4


def test_the_map_shows_where_a_stroke_was_invented():
    lr = np.full((20, 20, 1), 0.5, np.float32)
    sr = np.full((60, 60, 1), 0.5, np.float32)
    sr[30, 20:40] = 1.0
    drawn = added_map(lr, sr)
    assert drawn[30, 20:40].min() > 0.1
    assert drawn[:15].max() < 0.005


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_picture_has_no_share_of_anything(level):
    lr, sr = np.full((5, 7, 3), level, np.float32), np.full((13, 21, 3), level, np.float32)
    report = measure_fidelity(lr, sr)
    assert (report.added_share, report.changed_share) == (0.0, 0.0)
    assert report.added_max <= 1e-5


def test_the_same_picture_at_factor_one_is_perfect():
    report = measure_fidelity(LR, LR)
    assert report == FidelityReport(
        scale=(1.0, 1.0),
        kernel="bicubic",
        lr_psnr_db=120.0,
        max_abs_lr_error=0.0,
        added_share=0.0,
        added_rms=0.0,
        added_max=0.0,
        changed_share=0.0,
    )


def test_one_pixel_is_measured_too():
    report = measure_fidelity(np.full((1, 1, 1), 0.25, np.float32), np.full((4, 3, 1), 0.25, np.float32))
    assert report.lr_psnr_db == 120.0


def test_a_black_result_is_reported_as_insane():
    report = measure_fidelity(LR, np.zeros((42, 33, 3), np.float32))
    assert any("all black" in problem for problem in report.sanity)


def test_values_that_are_not_numbers_stop_the_measure():
    sr = np.zeros((42, 33, 3), np.float32)
    sr[0, 0, 0] = np.nan
    with pytest.raises(RunError, match="not numbers"):
        measure_fidelity(LR, sr)


def test_other_channels_are_refused():
    with pytest.raises(ShapeError, match="equal C"):
        added_map(LR[:, :, :1], np.zeros((42, 33, 3), np.float32))
