"""What a question demands of a model: licence, no graphics card, nothing to fetch, families that are ruled out."""

from __future__ import annotations

import pytest

from apercu.catalogue import families
from apercu.question.limits import read_limits


@pytest.mark.parametrize(
    "text",
    [
        "CPU only, 6x", "no GPU in this laptop", "on a Raspberry Pi", "without a graphics card", "ohne Grafikkarte",
        "sans carte graphique", "sin tarjeta gráfica", "그래픽카드 없는 노트북", "GPUなしで", "没有显卡",
    ],
)  # fmt: skip
def test_no_graphics_card_is_read(text: str) -> None:
    assert read_limits(text).no_gpu


@pytest.mark.parametrize("text", ["I have a GPU", "graphics for a card game", "a photo of my CPU", "with CUDA"])
def test_a_graphics_card_is_not_taken_for_none(text: str) -> None:
    assert not read_limits(text).no_gpu


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("for commercial work", "commercial"), ("the licence must allow selling", "commercial"),
        ("I may ship inside a paid app", "commercial"), ("kommerziell nutzbar", "commercial"), ("商用", "commercial"),
        ("open source only", "open"), ("with free software", "open"), ("un modèle libre", "open"), ("开源", "open"),
        ("non-commercial is fine", None), ("a photo of a shop", None), ("my free time", None),
    ],
)  # fmt: skip
def test_a_licence_is_read(text: str, licence: str | None) -> None:
    assert read_limits(text).licence == licence


def test_nothing_to_fetch_is_read() -> None:
    assert read_limits("which one runs here right away?").runs_here
    assert read_limits("without downloading any model file").runs_here
    assert not read_limits("where can I download it?").runs_here


@pytest.mark.parametrize(
    ("text", "excluded", "named"),
    [
        ("anything but Real-ESRGAN", {"Real-ESRGAN"}, set()),
        ("please no SwinIR and no HAT", {"SwinIR", "HAT"}, set()),
        ("no SwinIR, HAT or DAT", {"SwinIR", "HAT", "DAT"}, set()),
        ("Don't suggest waifu2x", {"waifu2x"}, set()),
        ("waifu2x 말고", {"waifu2x"}, set()),
        ("use real esrgan", set(), {"Real-ESRGAN"}),
        ("a hat for the cat on film", set(), set()),
    ],
)
def test_families_are_ruled_out_or_named(text: str, excluded: set[str], named: set[str]) -> None:
    found = read_limits(text)
    assert (set(found.excluded), set(found.named)) == (excluded, named)


def test_a_whole_kind_is_ruled_out() -> None:
    kinds = {family.family: family.draws for family in families()}
    assert set(read_limits("no GANs please").excluded) == {name for name, draws in kinds.items() if draws == "gan"}
    found = read_limits("no StableSR or anything like that")
    assert set(found.excluded) == {name for name, draws in kinds.items() if draws == "diffusion"}


def test_every_finding_is_quoted() -> None:
    text = "CPU only, open source, no GANs"
    assert [text[facet.start : facet.end] for facet in read_limits(text).facets] == ["CPU only", "open source", "GANs"]
