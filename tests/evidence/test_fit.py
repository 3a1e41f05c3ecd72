"""A model or a paper without a card is judged by what its own name and summary say."""

from __future__ import annotations

from pathlib import Path

import pytest

from apercu.answer.render import plain
from apercu.answer.report import escape
from apercu.records import Answer, Brief, BriefEntry
from apercu.reporting import html_of
from apercu.scientist import answer
from apercu.settings import Settings

QUESTION = "How do I enlarge my icon 3x?"


def answered(settings: Settings, entry: BriefEntry, *, paper: bool = False) -> Answer:
    found = answer(Brief(question=QUESTION, **{"papers" if paper else "models": (entry,)}), settings=settings).answer
    assert found.unsupported == ()
    return found


def limits(found: Answer) -> str:
    return "\n".join(claim.text for claim in found.claims if claim.part == "limits")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.mark.parametrize("paper", [False, True])
@pytest.mark.parametrize(
    "summary",
    [
        "CoolNet is a network for single-image super-resolution of icons.",
        "We propose a method for image super-resolution that works at any factor.",
        "One transformer for super-resolution, denoising and deblurring.",
        "Noise is not our subject. This is super-resolution.",
        "A 4x upscaler for anime.",
        "We increase the resolution of old photos.",
    ],
)
def test_what_names_the_task_once_as_what_it_does_is_direct(summary: str, paper: bool, settings: Settings) -> None:
    found = answered(settings, BriefEntry(name="CoolNet", summary=summary), paper=paper)
    assert found.sources[0].verdict == "direct"
    assert "None of the" not in limits(found)


@pytest.mark.parametrize(
    ("summary", "why"),
    [
        ("Unlike super-resolution, we make collages.", "not as what it does itself."),
        ("We prune networks for tasks such as super-resolution.", "not as what it does itself."),
        ("We do deblurring, which helps super-resolution.", "names “deblurring” first: that is removing blur."),
    ],
)
def test_what_names_the_task_as_something_else_is_transferable(summary: str, why: str, settings: Settings) -> None:
    found = answered(settings, BriefEntry(name="CoolNet", summary=summary))
    assert found.sources[0].verdict == "transferable"
    assert found.sources[0].reason == f"Its text mentions “super-resolution”, but {why}"
    assert "None of the provided models is made for this task" in limits(found)


def test_a_model_of_another_factor_is_still_made_for_the_task(settings: Settings) -> None:
    found = answered(settings, BriefEntry(name="SISR-CoolNet-4x"))
    assert found.sources[0].verdict == "transferable"
    assert "is made for this task" not in limits(found)


def test_of_what_gives_its_name_only_it_is_not_said_what_it_is_made_for(settings: Settings) -> None:
    model, paper = BriefEntry(name="CoolNet"), BriefEntry(name="A Study of Things")
    assert "None of the provided models is known to be made for this task" in limits(answered(settings, model))
    said = limits(answered(settings, paper, paper=True))
    assert "None of the related papers is known to be about this task itself." in said


@pytest.mark.parametrize("given", ["https://a.example/<b>x</b>", "arxiv.org/abs/2401.00002"])
def test_what_is_given_as_a_link_and_holds_no_address_is_shown_as_such(given: str, settings: Settings) -> None:
    brief = Brief(question=QUESTION, models=(BriefEntry(name="CoolNet", paper=given), BriefEntry(name="Other")))
    result = answer(brief, settings=settings)
    said = f"what was given as a link is no address: {given}"
    assert plain(said) in result.answer.markdown
    assert escape(said) in html_of(result)
    assert result.answer.markdown.count("no link was provided") == 1
    assert result.answer.sources[0].reason == "The prompt gives its name only, which does not say what it does."


def test_items_of_one_name_stay_apart_and_each_sentence_keeps_its_number(settings: Settings) -> None:
    brief = Brief(question=QUESTION, models=(BriefEntry(name="CoolNet"),) * 3 + (BriefEntry(name="CoolNet-2"),))
    result = answer(brief, settings=settings)
    assert [source.id for source in result.answer.sources] == [
        "model:CoolNet", "model:CoolNet-2", "model:CoolNet-3", "model:CoolNet-2-2",
    ]  # fmt: skip
    page = html_of(result)
    assert [f"#on-{claim.id}" in page for claim in result.answer.claims] == [True] * len(result.answer.claims)
    last = result.answer.claims[-1]
    assert f"{escape(last.text)}<sup>{len(result.answer.claims)}</sup>" in page
