"""Which tasks a question asks for where its words are those of another one, in wordings of seven languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from apercu.question.read import read_question

LINES = [
    line.split("|", 1)
    for line in Path(__file__).with_name("asked.txt").read_text("utf-8").splitlines()
    if "|" in line and not line.startswith(";")
]


@pytest.mark.parametrize(("tasks", "words"), LINES)
def test_the_tasks_are_those_that_are_asked_for_and_in_their_order(tasks: str, words: str) -> None:
    assert ("+".join(read_question(words).steps) or "none") == tasks
