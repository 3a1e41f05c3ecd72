"""What must hold of a model and how large the result is to be, in everyday wordings of seven languages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from apercu.catalogue import families
from apercu.question.read import read_question
from apercu.records import Task

LEARNED = {family.family for family in families()}
KINDS = {
    name: {family.family for family in families() if family.draws == draws}
    for name, draws in (("GAN", "gan"), ("DIFF", "diffusion"))
}


@cache
def phrasings() -> dict[str, list[tuple[str, str]]]:
    """The lines of `phrasings.txt` under each heading: what is expected, and the words."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows: list[tuple[str, str]] = []
    for line in Path(__file__).with_name("phrasings.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            rows = found.setdefault(line[2:].split(":")[0], [])
        elif "|" in line and not line.startswith(";"):
            expected, words = line.split("|", 1)
            rows.append((expected, words))
    return found


def growth(task: Task) -> str:
    if task.scale:
        return f"{task.scale[0]:g},{task.scale[1]:g}"
    if task.factor:
        return f"{task.factor:.4f}"
    return f"{task.size[1]}x{task.size[0]}" if task.size else side(task)


def side(task: Task) -> str:
    return f"w{task.width}" if task.width else f"h{task.height}" if task.height else "-"


def size(task: Task) -> str:
    return f"{task.size[1]}x{task.size[0]}" if task.size else side(task)


def licence(task: Task) -> str:
    return {"commercial": "c", "open": "o", None: "-"}[task.licence]


def excluded(task: Task) -> str:
    left = set(task.excluded)
    if left >= LEARNED:
        return "AI"
    names = [name for name, members in KINDS.items() if members <= left]
    for name in names:
        left -= KINDS[name]
    return ",".join(sorted([*names, *left]))


READERS: dict[str, Callable[[Task], str]] = {
    "factor": growth,
    "nofactor": growth,
    "absurd": growth,
    "axes": growth,
    "size": size,
    "no_gpu": lambda task: str(int(task.no_gpu)),
    "runs_here": lambda task: str(int(task.runs_here)),
    "licence": licence,
    "exclude": excluded,
}


@pytest.mark.parametrize("kind", READERS)
def test_everyday_wordings_are_read_and_near_misses_are_not(kind: str) -> None:
    wrong = []
    for expected, words in phrasings()[kind]:
        found = READERS[kind](read_question(words))
        number = kind in ("factor", "axes") and found[0].isdigit() and "," not in found + expected
        same = abs(float(found) - float(expected)) < 2e-3 if number else found == expected
        if not same:
            wrong.append(f"{words}: {found!r}, expected {expected!r}")
    assert not wrong


def test_there_are_25_wordings_of_every_kind_and_near_misses_beside_them() -> None:
    assert set(phrasings()) == set(READERS)
    for kind in ("factor", "size", "axes", "no_gpu", "runs_here", "licence", "exclude"):
        assert len([1 for expected, _ in phrasings()[kind] if expected not in ("0", "-", "")]) >= 25
    for kind in ("no_gpu", "runs_here", "licence", "exclude"):
        assert len([1 for expected, _ in phrasings()[kind] if expected in ("0", "-", "")]) >= 25


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        ("enlarge my photo 0x", "0x"),
        ("enlarge my photo 1000000x", "1000000x"),
        ("enlarge my photo -3x", "-3x"),
        ("vergrößere das Foto 5000-fach", "5000-fach"),
        ("写真を1000倍に拡大", "1000倍"),
        ("blow the photo up a million times", "a million times"),
    ],
)
def test_a_factor_that_no_enlargement_can_have_is_quoted_as_not_taken(words: str, quote: str) -> None:
    task = read_question(words)
    assert (task.factor, task.scale, task.size) == (None, None, None)
    assert [facet.quote for facet in task.facets if facet.value == "not taken"] == [quote]


@pytest.mark.parametrize(
    "words",
    ["enlarge my photo 3x, I told you 1000 times", "enlarge my photo", "enlarge it, it was reposted a million times"],
)
def test_where_a_factor_is_read_or_none_is_named_nothing_is_said_of_one_not_taken(words: str) -> None:
    assert not [facet for facet in read_question(words).facets if facet.value == "not taken"]


def test_what_a_picture_shows_or_says_is_no_demand_and_quotes_are_the_questions_own_words() -> None:
    words = 'a photo of my old computer, the text says "No GPU", and it must run without a graphics card'
    task = read_question(words)
    limits = [facet for facet in task.facets if facet.kind == "limit"]
    assert task.no_gpu
    assert all(facet.quote == words[facet.start : facet.end] for facet in limits)
    assert limits[0].start > words.index("must")


def test_a_refusal_that_is_refused_is_none() -> None:
    assert read_question("enlarge it, the licence must not exclude commercial use").licence == "commercial"
    assert read_question("enlarge it, nothing that forbids selling the prints").licence == "commercial"
    assert read_question("enlarge it, I do not want to sell the prints").licence is None
