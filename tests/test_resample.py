"""Resampling equals Pillow's, for every kernel, both directions and odd sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from apercu.errors import InputError, ShapeError
from apercu.resample import KERNELS, resample_matrix, resize

PILLOW = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}
SIZES = [
    ((40, 31), (13, 9)),
    ((7, 5), (23, 17)),
    ((30, 30), (10, 47)),
    ((1, 1), (3, 4)),
    ((9, 11), (1, 1)),
    ((17, 17), (17, 5)),
    ((64, 63), (63, 64)),
]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("before", "after"), SIZES)
def test_resize_equals_pillow_in_floating_point(kernel, before, after):
    pixels = np.random.default_rng(1).random((*before, 1), dtype=np.float32)
    theirs = np.asarray(Image.fromarray(pixels[:, :, 0]).resize(after[::-1], PILLOW[kernel]))
    ours = resize(pixels, after, kernel)
    assert ours.dtype == np.float32
    assert np.abs(ours[:, :, 0] - theirs).max() <= 1e-5


def test_colour_channels_are_resampled_independently():
    pixels = np.random.default_rng(2).random((9, 8, 3), dtype=np.float32)
    together = resize(pixels, (4, 20), "lanczos")
    for channel in range(3):
        alone = resize(pixels[:, :, channel : channel + 1], (4, 20), "lanczos")
        assert np.array_equal(together[:, :, channel], alone[:, :, 0])


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(KERNELS))
def test_flat_pictures_stay_flat(n_in, n_out, kernel):
    rows = resample_matrix(n_in, n_out, kernel)
    assert rows.shape == (n_out, n_in)
    assert np.allclose(rows.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_equal_size_changes_nothing(kernel):
    pixels = np.random.default_rng(3).random((5, 6, 3), dtype=np.float32)
    assert np.array_equal(resize(pixels, (5, 6), kernel), pixels)


def test_nothing_is_clipped():
    edge = np.repeat(np.float32([0, 1]), 8)[None, :, None]
    enlarged = resize(edge, (1, 64), "bicubic")
    assert enlarged.min() < -0.01
    assert enlarged.max() > 1.01


@pytest.mark.parametrize(("n_in", "n_out"), [(0, 3), (3, 0), (-1, 3)])
def test_a_size_below_one_is_refused(n_in, n_out):
    with pytest.raises(ShapeError, match="at least 1"):
        resample_matrix(n_in, n_out, "bicubic")


def test_an_unknown_kernel_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="bicubic, bilinear, box, lanczos"):
        resample_matrix(4, 2, "nearest")


def test_an_array_that_is_not_a_picture_is_refused():
    with pytest.raises(ShapeError, match=r"\(H, W, C\)"):
        resize(np.zeros((4, 4), np.float32), (2, 2), "bicubic")
