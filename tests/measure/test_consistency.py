"""What the input determines: the pseudoinverse, the split, and their laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apercu.errors import ShapeError
from apercu.measure.consistency import ShrinkOperator, split
from apercu.resample import KERNELS, resample_matrix, resize

SCALES = [(1.0, 1.0), (1.05, 1.3), (1.5, 2.5), (2.0, 2.0), (3.0, 3.0), (3.7, 3.7), (1.0, 4.0), (8.0, 8.0)]
kernels = st.sampled_from(KERNELS)
sides = st.integers(1, 24)


def picture(height, width, channels=1, seed=0):
    return np.random.default_rng(seed).random((height, width, channels), dtype=np.float32)


@given(sides, sides, st.sampled_from(SCALES), kernels)
@settings(deadline=None, max_examples=80)
def test_the_determined_picture_shrinks_back_to_the_input(height, width, scale, kernel):
    lr = picture(height, width)
    shrink = ShrinkOperator((round(height * scale[0]), round(width * scale[1])), (height, width), kernel)
    assert np.abs(shrink.apply(shrink.pinv(lr)) - lr).max() <= 1e-5


@given(sides, sides, st.sampled_from(SCALES), kernels)
@settings(deadline=None, max_examples=60)
def test_the_three_parts_sum_to_the_result_and_shrinking_cannot_see_the_added_one(height, width, scale, kernel):
    lr = picture(height, width, 3)
    sr = picture(round(height * scale[0]), round(width * scale[1]), 3, seed=1)
    parts = split(lr, sr, kernel=kernel)
    shrink = ShrinkOperator(sr.shape[:2], lr.shape[:2], kernel)
    assert np.abs(parts.determined + parts.changed + parts.added - sr).max() <= 1e-5
    assert np.abs(shrink.apply(parts.added)).max() <= 1e-5


@given(sides, sides, st.sampled_from(SCALES), st.sampled_from(["bicubic", "bilinear", "lanczos"]))
@settings(deadline=None, max_examples=60)
def test_a_flat_picture_is_determined_everywhere_also_at_its_border(height, width, scale, kernel):
    sr = np.full((round(height * scale[0]), round(width * scale[1]), 1), 0.8, np.float32)
    parts = split(np.full((height, width, 1), 0.8, np.float32), sr, kernel=kernel)
    assert np.abs(parts.added).max() <= 1e-5


@pytest.mark.parametrize("kernel", KERNELS)
def test_apply_is_the_same_as_resize(kernel):
    sr = picture(37, 25, 3)
    shrink = ShrinkOperator((37, 25), (10, 17), kernel)
    assert np.array_equal(shrink.apply(sr), resize(sr, (10, 17), kernel))


@pytest.mark.parametrize("scale", [1.5, 2, 3, 3.7])
def test_the_pseudoinverse_equals_the_dense_formula(scale):
    n_lr, n_hr = 12, round(12 * scale)
    a = resample_matrix(n_hr, n_lr, "bicubic").toarray()
    weights = np.diag(1 / a.sum(axis=0))
    dense = weights @ a.T @ np.linalg.inv(a @ weights @ a.T)
    lr = picture(n_lr, n_lr)
    ours = ShrinkOperator((n_hr, n_hr), (n_lr, n_lr), "bicubic").pinv(lr)[:, :, 0]
    assert np.abs(ours - dense @ lr[:, :, 0].astype(np.float64) @ dense.T).max() <= 1e-5


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_condition_stays_small_for_all_small_sizes_and_factors(kernel):
    worst = 1.0
    for n_lr in range(1, 41):
        for scale in np.arange(1.05, 8.01, 0.35):
            a = resample_matrix(max(n_lr + 1, round(n_lr * scale)), n_lr, kernel)
            sums = np.asarray(a.sum(axis=0))
            gram = (a * (1 / np.where(sums > 0, sums, 1))) @ a.T
            eigenvalues = np.linalg.eigvalsh(gram.toarray())
            worst = max(worst, eigenvalues[-1] / eigenvalues[0])
    assert worst <= 25  # bilinear, 40 to 41 samples


def test_a_factor_just_above_one_is_still_inverted():
    lr = picture(300, 1)
    shrink = ShrinkOperator((301, 1), (300, 1), "bilinear")
    assert np.abs(shrink.apply(shrink.pinv(lr)) - lr).max() <= 1e-4


def test_a_result_smaller_than_the_input_is_refused():
    with pytest.raises(ShapeError, match="must not be smaller"):
        split(picture(8, 8), picture(16, 7))


def test_a_picture_of_another_size_is_refused():
    shrink = ShrinkOperator((8, 8), (4, 4), "bicubic")
    for call, wrong in ((shrink.apply, 4), (shrink.pinv, 8), (shrink.lift, 8)):
        with pytest.raises(ShapeError, match="expected"):
            call(picture(wrong, wrong))


def test_grey_and_colour_are_not_mixed_by_accident():
    grey, colour = picture(4, 4), picture(8, 8, 3)
    with pytest.raises(ShapeError, match="equal C"):
        split(grey, colour)
