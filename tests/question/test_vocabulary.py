"""The vocabulary file: every group speaks for something that a record can hold, and every phrase can be found."""

from __future__ import annotations

from typing import get_args

import pytest

from apercu.question.match import find_matches, index_vocabulary, tokenize
from apercu.question.words import TASK_NAMES, WordGroup, load_vocabulary
from apercu.records import Asked, Content, Damage, TaskId, Wish

ALLOWED = {
    "task": set(get_args(TaskId)),
    "content": set(get_args(Content)),
    "damage": set(get_args(Damage)),
    "wish": set(get_args(Wish)),
    "asked": set(get_args(Asked)),
    "picture": {""},
    "ignore": {""},
}


def example(phrase: str) -> str:
    """The shortest text that a phrase describes."""
    words = [part.split("|")[0].strip("*") for part in phrase.split() if not part.startswith("..")]
    return " ".join(word for word in words if word != "^")


def test_every_task_has_a_name_for_people() -> None:
    assert set(TASK_NAMES) == set(get_args(TaskId))


def test_every_group_speaks_for_something_that_a_task_record_can_hold() -> None:
    for group in load_vocabulary():
        assert group.value in ALLOWED[group.kind], group
        assert (group.weight > 0) == (group.kind == "task"), group


@pytest.mark.parametrize("group", load_vocabulary(), ids=lambda group: f"{group.kind}-{group.value}-{group.weight}")
def test_every_phrase_is_found_in_the_shortest_text_it_describes(group: WordGroup) -> None:
    for phrase in group.phrases:
        alone = WordGroup("picture", "", (phrase,), spaced=group.spaced)
        vocabulary = index_vocabulary([alone])
        text = example(phrase) if group.spaced else phrase
        assert find_matches(text, tokenize(text, vocabulary), vocabulary), phrase
        assert text == text.casefold(), phrase
