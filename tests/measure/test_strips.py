"""Working through a picture strip by strip gives what the whole picture gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apercu.image import Image
from apercu.measure import consistency
from apercu.measure.consistency import split
from apercu.measure.fidelity import added_map, measure_fidelity
from apercu.resample import KERNELS, resize, resize_strips


def pictures(seed: int, lr_size: tuple[int, int], hr_size: tuple[int, int]):
    rng = np.random.default_rng(seed)
    lr = rng.random((*lr_size, 3), np.float32)
    sr = np.clip(resize(lr, hr_size, "bicubic") + rng.normal(0, 0.05, (*hr_size, 3)).astype(np.float32), 0, 1)
    return lr, sr


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 9),
    size=st.tuples(st.integers(20, 90), st.integers(1, 20)),
    scale=st.tuples(st.floats(1.3, 4.5), st.floats(1.3, 3)),  # nearer to 1 float32 itself is the limit
    kernel=st.sampled_from(KERNELS),
)
def test_a_measure_made_of_strips_is_that_of_the_whole(seed, size, scale, kernel):
    lr, sr = pictures(seed, size, (round(size[0] * scale[0]), round(size[1] * scale[1])))
    whole = split(lr, sr, kernel=kernel)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(consistency, "_VALUES_AT_ONCE", 1)  # strips of 16 rows
        report = measure_fidelity(lr, sr, kernel=kernel)
        drawn = added_map(lr, sr, kernel=kernel)
    contrast = float(np.square(sr - sr.mean(axis=(0, 1), dtype=np.float64)).sum())
    assert np.abs(drawn - np.sqrt(np.square(whole.added).mean(axis=2))).max() <= 5e-6
    assert report.added_max == pytest.approx(float(np.abs(whole.added).max()), abs=5e-6)
    assert report.added_share == pytest.approx(min(1, float(np.square(whole.added).sum()) / contrast), abs=1e-5)
    assert report.changed_share == pytest.approx(min(1, float(np.square(whole.changed).sum()) / contrast), abs=1e-5)


def test_strips_of_a_resized_picture_are_bit_for_bit_those_of_the_whole():
    pixels = np.random.default_rng(0).random((37, 23, 3), np.float32)
    for size in ((90, 61), (37, 50), (9, 7), (20, 80)):
        for kernel in KERNELS:
            joined = np.concatenate([strip for _, strip in resize_strips(pixels, size, kernel, values_at_once=500)])
            assert np.array_equal(joined, resize(pixels, size, kernel))


def test_a_picture_that_is_converted_piece_by_piece_measures_like_its_floats():
    lr, sr = pictures(3, (40, 30), (100, 75))
    small, large = Image.of(lr), Image.of(sr)
    assert measure_fidelity(small.pixels, large.pixels) == measure_fidelity(small.pixels[:], large.pixels[:])


@pytest.mark.parametrize(("n_lr", "n_hr"), [(300, 301), (300, 302), (400, 403), (500, 502)])
def test_strips_hold_where_the_grids_drift_through_each_other(n_lr: int, n_hr: int):
    lr, sr = pictures(1, (n_lr, 3), (n_hr, 3))
    whole = split(lr, sr)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(consistency, "_VALUES_AT_ONCE", 1)
        drawn = added_map(lr, sr)
    # float32 itself, times the condition of a factor this near to 1, is the limit here
    assert np.abs(drawn - np.sqrt(np.square(whole.added).mean(axis=2))).max() <= 1e-3
