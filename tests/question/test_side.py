"""An exact size of one side: what the result is to have, and not what the picture has."""

from __future__ import annotations

import pytest

from apercu.question.read import read_question


@pytest.mark.parametrize(
    ("text", "width", "height"),
    [
        ("I need this photo exactly 1920 px wide, what do you use?", 1920, None),
        ("make my logo 1200 pixels wide", 1200, None),
        ("enlarge the icon to a width of 800 px", 800, None),
        ("the banner must be 3000 px tall, upscale it", None, 3000),
        ("Foto auf 1920 px Breite vergrößern", 1920, None),
        ("agrandis la photo à 1600 px de large", 1600, None),
        ("amplía la foto hasta 1600 px de ancho", 1600, None),
        ("사진을 가로 1920픽셀로 확대해 줘", 1920, None),
        ("写真を横1920pxに拡大して", 1920, None),
        ("把图片放大到宽1920像素", 1920, None),
    ],
)
def test_one_side_of_the_result_is_read_and_quoted(text: str, width: int | None, height: int | None) -> None:
    task = read_question(text)
    assert (task.width, task.height, task.size, task.factor) == (width, height, None, None)
    assert any(str(width or height) in facet.quote for facet in task.facets if facet.kind == "size")


@pytest.mark.parametrize(
    "text",
    [
        "my logo is 400 px wide, make it larger please",
        "upscale from 640 px wide to 1920 px wide",
        "upscale this image to 1920x1080",
        "make a 400 px wide logo larger",
        "my logo needs help, it's 400 px wide, enlarge it",
        "is a photo of a river 300 pixels wide",
    ],
)
def test_how_wide_the_picture_is_and_whole_sizes_are_no_side(text: str) -> None:
    task = read_question(text)
    assert (task.width, task.height) == (None, None)
