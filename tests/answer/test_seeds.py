"""The five example prompts are answered in three parts, from their own models and papers only."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from apercu.addresses import links, mentioned_links
from apercu.question.prompt import read_prompt_file
from apercu.records import Answer, Level
from apercu.reporting import html_of
from apercu.scientist import answer, known_names
from apercu.settings import Settings

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
NAMES = ("000", "001", "002", "003", "004")
LEVELS: tuple[Level, ...] = ("prompt", "linked")
URL = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the example prompts are not beside this repository")
every_seed = pytest.mark.parametrize("seed", NAMES)
every_level = pytest.mark.parametrize("level", LEVELS)


def prompt_of(seed: str) -> Path:
    return next(SEEDS.glob(f"{seed}_*.txt"))


@cache
def answered(seed: str, level: Level) -> tuple[Answer, str]:
    """The answer and its report as HTML; weights that the user may have added play no part."""
    result = answer(read_prompt_file(prompt_of(seed)), settings=Settings(data_dir=SEEDS / "none"), level=level)
    return result.answer, html_of(result)


def verdicts(seed: str, level: Level) -> dict[str, str]:
    return {source.name.split(":")[0]: source.verdict for source in answered(seed, level)[0].sources}


def said(seed: str, level: Level) -> str:
    return "\n".join(claim.text for claim in answered(seed, level)[0].claims)


@every_seed
@every_level
def test_every_answer_has_its_three_parts_and_nothing_unsupported(seed: str, level: Level) -> None:
    found = answered(seed, level)[0]
    assert {"task", "workflow", "sources"} <= {claim.part for claim in found.claims}
    assert [line for line in found.markdown.splitlines() if line.startswith("## ")][:3] == [
        "## 1. The task", "## 2. How it works: input → model → output", "## 3. Papers and tools",
    ]  # fmt: skip
    assert found.unsupported == ()
    assert f"*Level: {level} (" in found.markdown


@every_seed
@every_level
def test_every_provided_link_stands_once_in_part_three_and_no_other_anywhere(seed: str, level: Level) -> None:
    found, html = answered(seed, level)
    brief = read_prompt_file(prompt_of(seed))
    provided = {url for entry in (*brief.models, *brief.papers) for url in (*links(entry), *mentioned_links(entry))}
    third = found.markdown.split("## 3. ")[1].split("## What the sources")[0]
    assert sorted(URL.findall(third)) == sorted(provided)
    assert sorted(URL.findall(found.markdown)) == sorted(provided)
    prompt = prompt_of(seed).read_text("utf-8")
    assert all(url in prompt for url in provided)
    shown = html.replace("\\n", " ")  # the report holds the answer as JSON too
    assert {url.rstrip(".}") for url in URL.findall(shown) if "www.w3.org" not in url} <= provided


@every_seed
@every_level
def test_every_quote_stands_in_its_source_and_every_provided_text_in_the_prompt(seed: str, level: Level) -> None:
    found = answered(seed, level)[0]
    prompt = prompt_of(seed).read_text("utf-8")
    for claim in found.claims:
        assert claim.supports
        for support in claim.supports:
            assert found.source_texts[support.source][support.start : support.end] == support.quote != ""
    for source in found.sources:
        for line in found.source_texts[source.id].split("\n"):
            assert line in prompt
    assert found.source_texts["question"] in prompt


@every_seed
def test_at_the_level_prompt_no_card_is_quoted(seed: str) -> None:
    assert not [name for name in answered(seed, "prompt")[0].source_texts if name.startswith("card:")]


@every_level
@pytest.mark.parametrize("seed", ["001", "003", "004"])
def test_liif_is_direct_for_an_enlargement(seed: str, level: Level) -> None:
    found = answered(seed, level)[0]
    assert [source.verdict for source in found.sources if source.kind == "model"] == ["direct"]
    assert found.task.factor == {"001": 3, "003": 4, "004": 4}[seed]
    assert "choose" in {node.op for node in found.plan.nodes}


@every_level
def test_the_inpainting_model_is_not_direct_because_it_fills_and_does_not_enlarge(level: Level) -> None:
    model = answered("000", level)[0].sources[0]
    assert model.name == "Inpainting-LatentDiffusion"
    assert model.verdict in ("transferable", "off-topic")
    assert "fill" in model.reason
    assert "enlarg" in model.reason
    assert "None of the provided models is made for this task" in said("000", level)


@every_level
def test_dreamshaper_is_not_direct_and_the_missing_paper_is_named(level: Level) -> None:
    assert verdicts("002", level)["Txt2Img-StableDiffusionV1-DreamShaper"] in ("transferable", "off-topic")
    assert "The prompt gives no paper for Txt2Img-StableDiffusionV1-DreamShaper." in said("002", level)


def test_the_linked_level_says_that_the_named_repository_holds_plain_stable_diffusion() -> None:
    lines = [line for line in said("002", "linked").splitlines() if "repository" in line and "Stable Diffusion" in line]
    assert any("DreamShaper" in line for line in lines), lines


@every_level
@pytest.mark.parametrize("seed", ["000", "001", "003", "004"])
def test_featsharp_is_never_direct_for_pixels(seed: str, level: Level) -> None:
    assert verdicts(seed, level)["FeatSharp"] != "direct"


@every_seed
@every_level
def test_no_model_or_paper_from_elsewhere_is_named(seed: str, level: Level) -> None:
    found = answered(seed, level)[0]
    own = "\n".join(found.source_texts[source.id] for source in found.sources).casefold()
    cards = "\n".join(text for name, text in found.source_texts.items() if name.startswith("card:")).casefold()
    for name in known_names():
        if name.casefold() not in own and name.casefold() not in cards and len(name) > 4 and name != name.lower():
            assert not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", found.markdown), name


@every_level
def test_the_other_liif_is_not_named_where_only_one_is_provided(level: Level) -> None:
    assert "EDSR" not in answered("001", level)[0].markdown
    assert "edsr" not in answered("001", level)[0].markdown
    assert "RDN" not in answered("003", level)[0].markdown
