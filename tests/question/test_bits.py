"""Bits of a pixel are no style of a picture: a 16-bit TIFF is no pixel art, a 16-bit game character is."""

from __future__ import annotations

import pytest

from apercu.question.read import read_question


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("get my 16-bit TIFF of the moon twice as wide and twice as tall", False),
        ("Upscale a 16 bit PNG of a nebula 2x", False),
        ("16-bit RAW photo, enlarge 1.5x", False),
        ("8-bit grayscale scan, 3x larger", False),
        ("My 16-bit heightmap, 4x", False),
        ("16-Bit-TIFF eines Gemäldes verdoppeln", False),
        ("16-bit sprites, 4x", True),
        ("8-bit game character 4x", True),
        ("enlarge my 8-bit art 3x", True),
        ("16-bit style hero, 4x", True),
    ],
)
def test_bits_alone_are_no_pixel_art(text: str, drawn: bool) -> None:
    assert ("pixel_art" in read_question(text).content) is drawn
