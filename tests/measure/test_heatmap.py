"""The drawn map: fixed scale, order by lightness, picture beneath."""

import numpy as np
import pytest

from apercu.errors import ShapeError
from apercu.measure.heatmap import FULL_SCALE, added_heatmap, heatmap_legend


def lightness(rgb):
    """CIE L* of sRGB of 255."""
    value = np.asarray(rgb, np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16


def test_more_added_detail_is_drawn_lighter():
    ramp = np.linspace(0, FULL_SCALE, 64, dtype=np.float32)[None]
    drawn = added_heatmap(ramp, np.zeros((1, 64, 3), np.float32))
    assert (np.diff(lightness(drawn[0])) > 0).all()


def test_the_legend_stops_are_the_colours_that_are_drawn():
    for value, colour in heatmap_legend()[2:]:
        drawn = added_heatmap(np.full((2, 2), value, np.float32), np.ones((2, 2, 1), np.float32))
        assert np.abs(drawn.astype(int) - colour).max() <= 1


def test_the_scale_is_fixed_and_saturates_at_32_steps():
    grey = np.full((1, 2, 3), 0.5, np.float32)
    drawn = added_heatmap(np.float32([[32 / 255, 0.9]]), grey)
    assert tuple(drawn[0, 0]) == tuple(drawn[0, 1]) == heatmap_legend()[-1][1]


def test_where_nothing_was_added_the_picture_shows_in_dim_grey():
    sr = np.zeros((1, 2, 3), np.float32)
    sr[0, 1] = 1.0
    drawn = added_heatmap(np.zeros((1, 2), np.float32), sr)
    assert (drawn[..., 0] == drawn[..., 1]).all()
    assert (drawn[..., 1] == drawn[..., 2]).all()
    assert drawn[0, 0, 0] < drawn[0, 1, 0] < 128


def test_a_tall_picture_is_drawn_in_blocks_without_seams():
    rng = np.random.default_rng(0)
    added, sr = rng.uniform(0, 0.2, (300, 4)).astype(np.float32), rng.random((300, 4, 3), dtype=np.float32)
    assert np.array_equal(added_heatmap(added, sr)[250:262], added_heatmap(added[250:262], sr[250:262]))


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ShapeError, match="the map has the size"):
        added_heatmap(np.zeros((2, 3), np.float32), np.zeros((3, 3, 3), np.float32))
