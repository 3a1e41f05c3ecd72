"""`apercu recommend --image`, as somebody types it who has the picture at hand."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from shell import Shell, refuses

from apercu.errors import ImageError, InputError

pytestmark = pytest.mark.e2e
ASKED = "How do I enlarge this picture 2x?"


@pytest.fixture
def saved_picture(shell: Shell) -> str:
    """A picture of shapes and texture that was saved as JPEG of quality 61."""
    rng = np.random.default_rng(0)
    shapes = gaussian_filter(rng.normal(0, 1, (128, 160, 3)), (9, 9, 0)) > 0
    texture = gaussian_filter(rng.normal(0, 1, (128, 160, 3)), (1, 1, 0))
    picture = np.clip(np.rint(70 + 110 * shapes + 12 * texture), 0, 255).astype(np.uint8)
    Image.fromarray(picture).save(shell.work / "small.jpg", quality=61)
    return "small.jpg"


def test_each_model_that_runs_is_judged_on_the_picture(shell: Shell, saved_picture: str) -> None:
    told = shell.process("recommend", ASKED, "--image", saved_picture)
    assert (told.code, told.err) == (0, "")
    assert re.search(r"^The (?:picture looks like an? [a-z ]+|style of the picture is not clear): ", told.out, re.M)
    first = told.out.split("\n\n")[1]
    assert re.search(
        r"\+ On this picture \(flat areas \d\.\d\d, JPEG quality 61\) "
        r"it is predicted to measure \+\d+\.\d dB over "
        r"bicubic at x2 \([+-]\d+\.\d to [+-]\d+\.\d in 9 of 10 pictures\); learned from \d+ measurements\.",
        first,
    ), first


def test_the_picture_changes_the_order_and_nothing_that_is_not_said(shell: Shell, saved_picture: str) -> None:
    with_picture = json.loads(shell.process("recommend", ASKED, "--image", saved_picture, "--json").out)
    without = json.loads(shell.process("recommend", ASKED, "--json").out)
    assert with_picture.keys() == without.keys()
    assert without["style"] is None
    assert with_picture["style"]["conditions"][0].keys() == {"says", "trait", "value", "membership"}
    assert {model["id"] for model in with_picture["models"]} == {model["id"] for model in without["models"]}
    assert with_picture["models"][0]["id"] == "liif-edsr-web"
    assert without["models"][0]["id"] == "liif-edsr"


def test_an_exact_width_is_told_as_the_factor_that_the_picture_needs_and_every_figure_is_of_that(
    shell: Shell, saved_picture: str
) -> None:
    asked = ("recommend", "enlarge this photo to exactly 1600 px wide", "--image", saved_picture)
    told = shell.call(*asked).out
    assert told.startswith("Task: Enlarging a picture (super-resolution), to 1600 pixels in width, 10 times for this")
    assert "of the measured factors x4 is the nearest to 10; learned from" in told
    assert "held-out crops of photographs at x4 (of the measured factors the nearest to 10) it measured" in told
    assert "at x2" not in told
    assert "; the rest to 10 times is plain interpolation." in shell.call(*asked, "--all").out
    found = json.loads(shell.call(*asked, "--json").out)
    assert (found["factor_on_picture"], found["task"]["factor"], found["task"]["width"]) == (10, None, 1600)


def test_a_picture_that_is_none_is_refused(shell: Shell) -> None:
    refuses(shell, ImageError, "prompt.txt", "recommend", ASKED, "--image", "prompt.txt", real=True)
    refuses(shell, ImageError, "nowhere.png", "recommend", ASKED, "--image", "nowhere.png")


def test_a_file_of_questions_has_no_one_picture(shell: Shell) -> None:
    (shell.work / "many.jsonl").write_text('{"question": "enlarge this"}\n', "utf-8")
    refuses(shell, InputError, "--image", "recommend", "--questions", "many.jsonl", "--image", "in.png")
