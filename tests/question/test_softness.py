"""Softness from too few pixels is no damage, and grain that is to stay is none."""

import pytest

from apercu.question.read import read_question


@pytest.mark.parametrize(
    "question",
    [
        "A blurry image became detailed after 4x enlargement. How?",
        "I enlarged a blurry illustration by 2x and it looked like crisp anime art.",
        "My logo gets fuzzy in full screen",
        "c'est tout flou quand je l'affiche en grand",
        "enlarge a film photo 3x but keep the film grain",
    ],
)
def test_softness_and_kept_grain_are_no_damage(question: str) -> None:
    assert read_question(question).damage == ()


@pytest.mark.parametrize(
    ("question", "damage"),
    [
        ("Make a blurred CCTV still four times larger", "blur"),
        ("my photo is blurry, enlarge it 2x", "blur"),
        ("upscale my grainy, noisy concert photo 2x", "noise"),
    ],
)
def test_damage_of_the_source_stays_damage(question: str, damage: str) -> None:
    assert damage in read_question(question).damage
