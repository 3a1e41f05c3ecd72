"""A picture made tile by tile is the picture made at once, and a network with one factor does no other."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from apercu.errors import RunError, ShapeError, UnsupportedScaleError
from apercu.models.tiles import FixedFactor, Rule, read_beyond, tiles, window
from apercu.registry import enlarge_whole

CARD = SimpleNamespace(name="Test network")
RNG = np.random.default_rng(7)


def repeat(pixels, scale):
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


def blur(pixels, radius):
    """A box filter without padding: it cuts `radius` pixels off on each side."""
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (2 * radius + 1,) * 2, axis=(0, 1))
    return windows.mean(axis=(3, 4), dtype=np.float64).astype(np.float32)


def padded_blur(radius, scale):
    """The same with zeros around what it is given, as convolutions with padding have them."""
    return lambda pixels: repeat(blur(np.pad(pixels, ((radius,) * 2, (radius,) * 2, (0, 0))), radius), scale)


def cells(side, scale):
    """Every pixel becomes the mean of its cell; cells are counted from the corner of what it is given."""

    def run(pixels):
        height, width = pixels.shape[:2]
        assert height % side == width % side == 0
        means = pixels.reshape(height // side, side, width // side, side, 3).mean(axis=(1, 3), dtype=np.float64)
        return repeat(means.astype(np.float32), side * scale)

    return run


def enlarge(pixels, rule, network, tile_size):
    size = (pixels.shape[0] * rule.scale, pixels.shape[1] * rule.scale)
    return enlarge_whole(FixedFactor(CARD, rule, network, tile_size=tile_size), pixels, size)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (33, 17), (64, 47)])
@pytest.mark.parametrize(
    ("rule", "network"),
    [
        (Rule(2), lambda pixels: repeat(pixels, 2)),
        (Rule(3, border=4), lambda pixels: repeat(blur(pixels, 4), 3)),
        (Rule(2, overlap=3), padded_blur(3, 2)),
        (Rule(4, overlap=3, margin=5), padded_blur(3, 4)),
        (Rule(2, multiple=4), cells(4, 2)),
        (Rule(2, multiple=4, margin=6, overlap=5), cells(4, 2)),
        (Rule(2, border=1, multiple=2), lambda pixels: cells(2, 2)(pixels[1:-1, 1:-1])),
    ],
    ids=["plain", "border", "overlap", "margin", "cells", "cells and margin", "border and cells"],
)
def test_tiles_give_the_same_as_the_whole(size, rule, network):
    pixels = RNG.random((*size, 3), np.float32)
    whole = enlarge(pixels, rule, network, 4096)
    for tile in (7, 16, 20):
        assert np.array_equal(enlarge(pixels, rule, network, tile), whole)


def test_an_overlap_that_is_too_small_shows():
    pixels = RNG.random((40, 40, 3), np.float32)
    whole, cut = (enlarge(pixels, Rule(2, overlap=2), padded_blur(3, 2), tile) for tile in (4096, 16))
    assert not np.array_equal(whole, cut)


def test_a_network_that_must_see_the_whole_is_called_once():
    seen = []
    enlarge(RNG.random((70, 30, 3), np.float32), Rule(2, tile=None), lambda x: seen.append(x.shape) or repeat(x, 2), 16)
    assert seen == [(70, 30, 3)]


@pytest.mark.parametrize("size", [(16, 16), (33, 17), (300, 500), (2000, 1500)])
@pytest.mark.parametrize(
    "rule", [Rule(2), Rule(4, overlap=80, margin=10), Rule(2, border=18, overlap=8, multiple=2),
             Rule(2, overlap=96, align=32), Rule(2, tile=None)],
)  # fmt: skip
def test_memory_is_reckoned_with_the_largest_tile_that_the_network_sees(size, rule):
    seen = []

    def network(pixels):
        seen.append(pixels.shape[0] * pixels.shape[1])
        sides = [(side - 2 * rule.border) * rule.scale for side in pixels.shape[:2]]
        return np.broadcast_to(np.float32(0), (*sides, 3))

    model = FixedFactor(CARD, rule, network, tile_size=256)
    for _ in model.enlarge(np.broadcast_to(np.float32(0), (*size, 3)), (size[0] * rule.scale, size[1] * rule.scale)):
        pass
    assert model.memory(size) == 60 * 2**20 + 15_000 * max(seen)


def test_blocks_cover_the_result_just_once():
    model = FixedFactor(CARD, Rule(3), lambda pixels: repeat(pixels, 3), tile_size=16)
    count = np.zeros((99, 51), int)
    for top, left, block in model.enlarge(RNG.random((33, 17, 3), np.float32), (99, 51)):
        count[top : top + block.shape[0], left : left + block.shape[1]] += 1
    assert (count == 1).all()


@pytest.mark.parametrize("size", [(66, 34), (132, 67), (33, 17), (0, 0)])
def test_another_factor_is_refused_before_anything_runs(size):
    model = FixedFactor(CARD, Rule(4), lambda _: pytest.fail("it ran"), tile_size=16)
    with pytest.raises(UnsupportedScaleError, match=r"enlarges 4 times only: 17x33 becomes 68x132, and") as caught:
        model.enlarge(np.zeros((33, 17, 3), np.float32), size)
    assert "factor 4" in caught.value.hint


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_numbers_stop_the_run(bad):
    with pytest.raises(RunError, match="values that are not numbers"):
        enlarge(np.zeros((4, 4, 3), np.float32), Rule(2), lambda pixels: repeat(pixels, 2) + np.float32(bad), 16)


def test_a_network_that_gives_another_size_is_not_what_it_is_taken_for():
    with pytest.raises(RunError, match=r"a tile of the shape \(12, 12, 3\), expected \(8, 8, 3\)"):
        enlarge(np.zeros((4, 4, 3), np.float32), Rule(2), lambda pixels: repeat(pixels, 3), 16)


def test_values_outside_the_range_are_cut_off():
    made = enlarge(np.ones((4, 4, 3), np.float32), Rule(2), lambda pixels: repeat(pixels, 2) * 3 - 1, 16)
    assert made.max() == 1
    assert enlarge(np.zeros((4, 4, 3), np.float32), Rule(2), lambda p: repeat(p, 2) - 1, 16).min() == 0


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (4, 0, 3)])
def test_a_source_is_a_colour_picture(shape):
    with pytest.raises(ShapeError, match=r"takes pictures of the shape \(H, W, 3\)"):
        FixedFactor(CARD, Rule(scale=2), lambda pixels: pixels, tile_size=64).enlarge(
            np.zeros(shape, np.float32), (8, 8)
        )


def test_beyond_the_edge_the_outermost_pixels_are_repeated():
    picture = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    read = read_beyond(picture, (-1, 3), (-2, 2))
    assert np.array_equal(read, np.pad(picture, ((1, 1), (2, 0), (0, 0)), mode="edge"))


def test_tiles_cover_a_side_and_are_nearly_equal():
    for n in (1, 16, 17, 100):
        spans = list(tiles(n, 16))
        assert spans[0][0] == 0
        assert spans[-1][1] == n
        assert all(a[1] == b[0] for a, b in pairwise(spans))
        lengths = [end - begin for begin, end in spans]
        assert max(lengths) <= 16
        assert max(lengths) - min(lengths) <= 1


def test_a_window_begins_where_the_cells_do_and_holds_whole_ones():
    begin, end = window((40, 60), 100, Rule(2, overlap=5, margin=3, multiple=8))
    assert begin == -8 + 5 * 8  # the margin reaches to -8, a whole cell; 40 - 5 = 35 lies in the cell that begins at 32
    assert end == begin + 40  # 60 + 5 = 65 lies in the cell that ends at 72
    assert window((40, 60), 100, Rule(2, overlap=5, align=32)) == (32, 65)
