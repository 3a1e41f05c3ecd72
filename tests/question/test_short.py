"""Short requests that say a step and nothing else, in seven languages, and sentences that only look like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from apercu.question.read import read_question
from apercu.question.short import LONGEST, MARGIN, read_short

LINES = [
    line.split("|", 1)
    for line in Path(__file__).with_name("short.txt").read_text("utf-8").splitlines()
    if "|" in line and not line.startswith(";")
]


@pytest.mark.parametrize(("tasks", "words"), [line for line in LINES if line[0] != "-"])
def test_a_short_request_is_read_by_what_it_says(tasks: str, words: str) -> None:
    assert "+".join(read_question(words).steps) == tasks


@pytest.mark.parametrize("words", [words for tasks, words in LINES if tasks == "-"])
def test_what_says_more_than_a_step_is_left_to_the_learned_reader(words: str) -> None:
    assert read_short(words) == ()


def test_a_limit_beside_a_short_request_does_not_hide_it() -> None:
    task = read_question("text prompt to image, offline")
    assert task.steps == ("text_to_image",)


def test_each_step_of_a_chain_is_quoted_by_its_own_words() -> None:
    task = read_question("enlever le fond puis agrandir 3 fois")
    assert [(f.value, f.quote) for f in task.facets if f.kind == "task" and f.value == "segmentation"] == [
        ("segmentation", "le fond")
    ]


def test_a_step_that_only_short_words_tell_is_fairly_sure() -> None:
    assert read_question("quitar niebla").margin == MARGIN


def test_a_long_text_is_no_short_request() -> None:
    assert read_short("remove the watermark" + " please" * LONGEST) == ()


@pytest.mark.parametrize("words", ["how", "best free software", "is there an app", "怎么办", "무료 앱 추천"])
def test_words_that_only_stand_around_a_request_are_none(words: str) -> None:
    assert read_short(words) == ()


def test_every_beginning_of_a_request_can_be_read() -> None:
    for _, words in LINES:
        for end in range(len(words)):
            read_short(words[:end])
            read_short(words[end:])


def test_the_learned_reader_stands_where_it_is_sure_of_another_step() -> None:
    assert read_short("What is in this picture?")[0][0] == "captioning"
    assert read_question("What is in this picture?").id == "vqa"
