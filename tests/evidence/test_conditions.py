"""What a question demands of a model is said as it was understood, with how many models it leaves out and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apercu.catalogue import catalogue, import_models
from apercu.evidence.conditions import what_is_left_out
from apercu.evidence.suits import ruled_out
from apercu.scientist import ask, recommend
from apercu.settings import Settings

ICON = "Enlarge a small website icon 3x, no GPU, must be free for sale"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.mark.parametrize(
    ("question", "conditions"),
    [
        (
            ICON,
            ("its licence allows commercial use (“for sale”)", "it works without a graphics card (“no GPU”)"),
        ),
        ("アニメの画像を4倍に拡大したい。商用利用できるモデルは?", ("its licence allows commercial use (“商用”)",)),
        ("photo 4x, open source only", ("its licence is an open one (“open source”)",)),
        ("photo 4x, no GANs, nor SwinIR", ("it is none of what the question rules out (“GANs”, “SwinIR”)",)),
        ("photo 4x, no AI at all", ("it learned nothing (“no AI”)",)),
        ("enlarge my photo 4x", ()),
    ],
)
def test_what_must_hold_is_said_with_the_words_that_it_was_read_from(
    question: str, conditions: tuple[str, ...], settings: Settings
) -> None:
    assert recommend(question, settings=settings).conditions == conditions


def test_each_model_that_is_kept_says_its_licence_where_one_is_asked_for(settings: Settings) -> None:
    entries = {entry.called: entry for entry in catalogue(settings).values()}
    models = recommend(ICON, settings=settings).models
    for model in models:
        licence = entries[model.id].licence
        assert model.licence == licence
        assert f"Its licence is {licence}, which allows commercial use, as asked." in model.reasons_for
        assert set(model.as_asked) <= set(model.reasons_for)
    assert not any(model.as_asked for model in recommend("enlarge my icon 3x", settings=settings).models)


def test_the_models_that_are_left_out_are_counted_by_their_reason(settings: Settings) -> None:
    found = recommend(ICON, settings=settings)
    doing = [entry for entry in catalogue(settings).values() if entry.task == "super_resolution"]
    assert found.considered == len(doing)
    count = sum(left.models for left in found.left_out)
    assert count == sum(ruled_out(entry, found.task) is not None for entry in doing)
    assert {left.kind for left in found.left_out} == {"licence", "no_gpu"}
    said = what_is_left_out(found)
    assert said.startswith(f"{count} of {len(doing)} models for enlarging pictures")
    assert "by their licence (" in said
    assert "too heavy without a graphics card" in said
    assert what_is_left_out(recommend("enlarge my icon 3x", settings=settings)) == ""


def test_a_model_of_ones_own_catalogue_that_is_left_out_is_counted_with_its_licence(
    settings: Settings, tmp_path: Path
) -> None:
    same = {"task": "super_resolution", "factors": 3}
    models = [{"id": "Ours-A", "licence": "MIT", **same}, {"id": "Ours-B", "licence": "CC-BY-NC-4.0", **same}]
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(models), "utf-8")
    import_models(path, settings=settings)
    found = recommend("enlarge my icon 3x, must be free for sale", settings=settings, source="ours")
    assert [model.id for model in found.models] == ["Ours-A"]
    assert "Its licence is MIT, which allows commercial use, as asked." in found.models[0].reasons_for
    assert (
        what_is_left_out(found)
        == "1 of 2 models for enlarging pictures is left out: 1 by their licence (CC-BY-NC-4.0)."
    )


def test_an_answer_says_how_the_model_that_was_taken_meets_what_the_question_demands(settings: Settings) -> None:
    answer = ask(ICON, settings=settings).answer
    assert answer.choice
    short = [claim.text for claim in answer.claims if claim.text.startswith("In short: why liif-edsr-art? ")]
    assert any("Its licence is Apache-2.0 AND BSD-3-Clause, which allows commercial use" in text for text in short)
    assert any("are left out: " in text for text in short)
    assert answer.unsupported == ()
    assert ask("enlarge my icon 3x", settings=settings).answer.choice is None


def test_a_factor_for_each_axis_wants_a_model_of_any_factor(settings: Settings) -> None:
    found = recommend("leave the width of this drawing alone, the height should double", settings=settings)
    assert found.models[0].factors == "any"
    fixed = next(model for model in found.models if model.factors != "any")
    assert any("shrunk to 1x the width and 2x the height" in reason for reason in fixed.reasons_against)
