"""Factors from two measures of one kind, and from words for many times."""

from __future__ import annotations

import pytest

from apercu.question.many_times import many_times
from apercu.question.measures import two_measures
from apercu.question.read import read_question


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("from 64 px to 512 px", 8),
        ("the badge is 90x30 pixels, we need 900x300", 10),
        ("I have 640x360 and want 1080p", 3),
        ("saved at 72 dpi, the magazine insists on 300", 300 / 72),
        ("an A5 print as A3", 2),
        ("12 MP to 48 MP", 2),
        ("mdpi to xxxhdpi", 4),
        ("a 10 cm badge on 2.5 m of canvas", 25),
        ("de 32 à 192", 6),
        ("从24像素放大到72像素", 3),
        ("가로 800픽셀을 3200픽셀로", 4),
        ("10 m per pixel, to be brought to 2.5 m per pixel", 4),
    ],
)
def test_two_measures_of_one_kind_make_a_factor(text: str, factor: float) -> None:
    said = two_measures(text)
    assert said is not None
    assert said.factor == pytest.approx(factor, rel=1e-3)
    assert 0 <= said.start < said.end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "one picture of 640 px",
        "640x360 and 1000x1000 pixels",  # the sides grow by different factors
        "256 px, 512 px and 1024 px",
        "photos of 1998 and 2004",
        "1 px to 900 px",  # more than any enlargement
        "",
    ],
)
def test_other_measures_make_none(text: str) -> None:
    assert two_measures(text) is None


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("twice the width", 2), ("by half again", 1.5), ("auf das Dreifache", 3), ("in fünffacher Größe", 5),
        ("auf 250 %", 2.5), ("quatre fois", 4), ("al doble", 2), ("seis veces", 6), ("두 배로", 2), ("三倍に", 3),
        ("放大两倍半", 2.5), ("nine times the area", 3), ("um 50 % größer", 1.5), ("before I shrank it to 25 %", 4),
    ],
)  # fmt: skip
def test_words_for_many_times_are_read_in_seven_languages(text: str, factor: float) -> None:
    said = many_times(text)
    assert said is not None
    assert said.factor == pytest.approx(factor)


@pytest.mark.parametrize("text", ["3x faster", "two times, three times", "x64", "-2x", "80 % of it", "a hundred"])
def test_what_is_no_factor_is_none(text: str) -> None:
    assert many_times(text) is None


def test_the_finding_is_quoted() -> None:
    task = read_question("Our emblem has 80 px and the banner needs 400 px of it, please enlarge it")
    assert task.factor == 5
    assert [facet.quote for facet in task.facets if facet.kind == "factor"] == ["80 px and the banner needs 400 px"]


@pytest.mark.parametrize(
    ("question", "factor"),
    [
        ("640x360 photo exactly 1920 px wide", 3),
        ("enlarge my 640x360 photo so that it is exactly 1920 px wide", 3),
        ("mein 640x360-Foto soll 1280 px breit werden", 2),
        ("my 640x360 photo to a width of 2560 px", 4),
        ("photo of 640x360, I need it in 1080p", 3),
    ],
)
def test_a_width_beside_a_size_is_held_against_the_width(question: str, factor: float) -> None:
    assert read_question(question).factor == pytest.approx(factor)
