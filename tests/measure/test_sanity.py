"""A result that is no picture of its input is named as such."""

import numpy as np
import pytest

from apercu.measure.sanity import check_sanity
from apercu.resample import resize

LR = np.random.default_rng(0).uniform(0.2, 0.8, (10, 13, 3)).astype(np.float32)


def enlarged(scale=(2.0, 2.0)):
    return resize(LR, (round(10 * scale[0]), round(13 * scale[1])), "bicubic")


@pytest.mark.parametrize("scale", [(2.0, 2.0), (1.5, 2.5), (3.7, 3.7), (1.0, 1.0)])
def test_a_plain_enlargement_is_fine(scale):
    assert check_sanity(LR, enlarged(scale), scale=scale) == ()


def test_half_a_pixel_may_be_rounded_either_way():
    for width in (19, 20):  # 13 x 1.5 = 19.5
        assert check_sanity(LR, resize(LR, (15, width), "bicubic"), scale=(1.5, 1.5)) == ()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_numbers_are_counted(value):
    sr = enlarged()
    sr[3, 4:6, 1] = value
    assert check_sanity(LR, sr, scale=(2, 2)) == ("2 of 1560 values are not numbers (NaN or infinite)",)


def test_a_black_result_is_named():
    problems = check_sanity(LR, np.zeros((20, 26, 3), np.float32), scale=(2, 2))
    assert problems[0] == "the result is all black; the input is not"


def test_one_colour_is_named_with_its_value():
    problems = check_sanity(LR, np.full((20, 26, 3), 0.5, np.float32), scale=(2, 2))
    assert problems == ("the result is all one colour (127.5, 127.5, 127.5); the input is not",)


def test_a_black_result_of_a_black_input_is_fine():
    assert check_sanity(np.zeros((4, 4, 1), np.float32), np.zeros((8, 8, 1), np.float32), scale=(2, 2)) == ()


def test_a_wrong_size_is_named_with_both():
    problems = check_sanity(LR, enlarged((2.0, 2.0)), scale=(3, 2))
    assert len(problems) == 1
    assert "20 x 26" in problems[0]
    assert "30 x 26" in problems[0]


def test_a_colour_cast_in_one_channel_is_named_from_8_steps_on():
    cast = enlarged()
    cast[:, :, 2] += np.float32(7 / 255)
    assert check_sanity(LR, cast, scale=(2, 2)) == ()
    cast[:, :, 2] += np.float32(3 / 255)
    assert "mean colour" in check_sanity(LR, cast, scale=(2, 2))[0]


def test_lost_colour_is_named():
    assert check_sanity(LR, enlarged()[:, :, :1], scale=(2, 2)) == ("the result has 1 channels; the input has 3",)
