"""Pictures that were enlarged before are told from those that were not."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import FILTERS, as_jpeg, enlarged, photograph, rounded, scene, shapes
from PIL import Image
from scipy.ndimage import gaussian_filter

from apercu.errors import ShapeError
from apercu.inspection.enlarging import ENLARGERS, Window, misfit
from apercu.inspection.resolution import native_resolution

EVAL = Path(__file__).parents[3] / "shared/data/eval"
PHOTOGRAPHS = sorted((EVAL / "Kodak").glob("*.png"))[::4] + sorted((EVAL / "BSD100").glob("*.png"))[::10]


@pytest.mark.parametrize("kernel", FILTERS)
@pytest.mark.parametrize("factor", [2, 2.5, 3, 3.7, 8])
def test_the_size_before_and_the_kernel_are_found_exactly(kernel, factor):
    size = (round(50 * factor), round(60 * factor))
    found = native_resolution(enlarged(scene(50, 60), size, kernel))
    assert (found.found, found.kernel, found.size) == (True, kernel, (50, 60))
    assert found.scale == pytest.approx((size[0] / 50, size[1] / 60))
    assert found.confidence > 0.8


def test_the_axes_may_have_different_factors():
    found = native_resolution(enlarged(scene(60, 60), (240, 150), "bicubic"))
    assert (found.kernel, found.size) == ("bicubic", (60, 60))


def test_grey_and_16_bit_pictures_are_looked_at_too():
    large = enlarged(scene(50, 60, 1), (150, 180), "bilinear")
    assert native_resolution(large).size == (50, 60)
    assert native_resolution(large.astype(np.uint16) * 257).size == (50, 60)


@pytest.mark.parametrize("mode", ["bicubic", "bilinear", "nearest"])
def test_enlargements_by_pytorch_are_found(mode):
    torch = pytest.importorskip("torch")
    small = torch.from_numpy(scene(50, 60)).permute(2, 0, 1)[None].float()
    large = torch.nn.functional.interpolate(small, size=(175, 210), mode=mode)
    found = native_resolution(np.rint(large.clamp(0, 255)[0].permute(1, 2, 0).numpy()).astype(np.uint8))
    assert (found.kernel, found.size) == (mode, (50, 60))


def test_a_large_enlargement_is_recognised_from_a_part_of_it():
    found = native_resolution(enlarged(scene(300, 500), (1110, 1850), "bicubic"))
    assert (found.kernel, found.size) == ("bicubic", (300, 500))


def test_repeated_pixels_are_counted_exactly_also_where_rows_are_equal():
    small = scene(40, 40)
    small[10:14] = small[10]
    assert native_resolution(enlarged(small, (290, 290), "nearest")).size == (40, 40)


@pytest.mark.parametrize("sigma", [0, 1, 2])
def test_a_picture_that_is_only_sharp_or_soft_was_not_enlarged(sigma):
    soft = gaussian_filter(scene(200, 240).astype(np.float64), (sigma, sigma, 0))
    found = native_resolution(np.rint(soft).astype(np.uint8))
    assert (found.found, found.kernel, found.scale) == (False, None, (1.0, 1.0))
    assert (found.size, found.confidence) == ((200, 240), 0.0)


@pytest.mark.parametrize("quality", [20, 40, 75])
def test_the_blocks_of_a_soft_jpeg_are_not_taken_for_an_enlargement(quality):
    found = native_resolution(as_jpeg(photograph(), quality))
    assert not found.found


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_enlargement_is_found_also_when_it_was_a_jpeg(factor):
    large = enlarged(scene(80, 90), (80 * factor, 90 * factor), "bicubic")
    assert native_resolution(as_jpeg(large, 85)).size == (80, 90)


def test_a_drawing_with_few_edges_and_a_trace_of_noise_was_not_enlarged():
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(0, 1, (240, 240, 3))
        assert not native_resolution(rounded(shapes() + noise)).found


@pytest.mark.parametrize("shape", [(1, 1, 1), (31, 200, 3), (64, 64, 1), (40, 2000, 3)])
def test_a_flat_or_tiny_picture_was_not_enlarged(shape):
    assert not native_resolution(np.full(shape, 200, np.uint8)).found


def test_what_is_no_picture_of_8_or_16_bits_is_refused():
    with pytest.raises(ShapeError, match=r"this array has \(4, 4\)"):
        native_resolution(np.zeros((4, 4), np.uint8))
    with pytest.raises(ShapeError, match="this array holds float32"):
        native_resolution(np.zeros((4, 4, 3), np.float32))


@pytest.mark.parametrize("kernel", ENLARGERS)
def test_only_the_right_kernel_leaves_nothing_unexplained(kernel):
    small = scene(41, 60, 1)[:, :, 0].astype(np.float64)
    position = (np.arange(140) + 0.5) * 41 / 140 - 0.5
    weight, reach = ENLARGERS[kernel]
    away = np.abs(position[:, None] - np.arange(41))
    weights = np.where(away <= reach / 2, weight(away), 0)
    large = (weights / weights.sum(axis=1, keepdims=True) @ small).astype(np.float32)
    left = {other: misfit(Window(large, 0, 140), 41, other) for other in ENLARGERS}
    assert left[kernel] < 1e-4  # the samples were not rounded
    assert all(value > 0.1 for other, value in left.items() if other != kernel)


@pytest.mark.skipif(len(PHOTOGRAPHS) != 16, reason="the evaluation pictures are not here")
def test_photographs_count_as_not_enlarged_and_their_enlargements_as_enlarged():
    for number, path in enumerate(PHOTOGRAPHS):
        picture = Image.open(path)
        assert not native_resolution(np.asarray(picture)).found, path.name
        small = picture.resize((picture.width // 5, picture.height // 5), Image.Resampling.LANCZOS)
        kernel = list(FILTERS)[number % 3]
        large = small.resize((round(small.width * 3.3), round(small.height * 3.3)), FILTERS[kernel])
        found = native_resolution(np.asarray(large))
        assert (found.kernel, found.size) == (kernel, (small.height, small.width)), path.name
