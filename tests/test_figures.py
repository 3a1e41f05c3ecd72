"""Figures tell what is little from what is nothing."""

import pytest

from apercu.figures import number, of_255, share


@pytest.mark.parametrize(
    ("value", "said"),
    [(1, "1"), (3, "3"), (3.7, "3.7"), (13.69, "13.69"), (8 / 3, "2.67"), (1.004, "1.004"), (1.0000016, "1.0000016"),
     (1 + 1e-12, "1"), (10_000, "10000"), (0, "0")],
)  # fmt: skip
def test_a_factor_near_one_keeps_its_digits(value: float, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0.00%"), (1, "100.00%"), (0.124, "12.40%"), (0.0001, "0.01%"), (0.000034, "0.0034%"), (2e-6, "0.00020%"),
     (9e-7, "less than 0.0001%")],
)  # fmt: skip
def test_a_share_above_nothing_is_never_said_to_be_nothing(value: float, said: str) -> None:
    assert share(value) == said


def test_a_difference_is_counted_in_steps_of_brightness() -> None:
    assert (of_255(0.1), of_255(0.000004), of_255(1e-9)) == ("25.50", "0.0010", "less than 0.0001")
