"""Models that a question calls by name come first, as far as they honour what it demands."""

from __future__ import annotations

from pathlib import Path

import pytest

from apercu.catalogue import families
from apercu.evidence.recommend import recommend_for
from apercu.question.read import read_question
from apercu.records import Recommendation
from apercu.settings import Settings


def found(question: str, folder: Path) -> Recommendation:
    return recommend_for(read_question(question), Settings(data_dir=folder), question=question)


def test_a_family_that_enlarges_comes_first_where_it_is_asked_for(tmp_path: Path) -> None:
    behind = []
    for family in families()[::5]:
        if any(variant.task == "super_resolution" for variant in family.variants):
            models = found(f"Upscale a photo 4x with {family.family}.", tmp_path).models
            if not models or models[0].family != family.family:
                behind.append(family.family)
    assert behind == []


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Restore my grandfather's face with GFPGAN.", "GFPGAN"),
        ("Sharpen the blurry face with GFPGAN", "GFPGAN"),
        ("Restore old photos with GFPGAN", "GFPGAN"),
        ("Explain how ESRGAN hallucinates textures.", "ESRGAN"),
        ("How does SUPIR work?", "SUPIR"),
    ],
)
def test_a_model_that_is_asked_for_by_name_comes_first(question: str, first: str, tmp_path: Path) -> None:
    assert found(question, tmp_path).models[0].family == first


def test_a_model_for_another_step_comes_second_and_says_its_own_task(tmp_path: Path) -> None:
    answer = found("Fix faces with CodeFormer, then upscale 2x.", tmp_path)
    assert (answer.models[0].task, answer.models[1].family) == ("super_resolution", "CodeFormer")
    assert answer.runner_up != answer.models[1].id
    assert "changing" in answer.models[1].reasons_for[0] or "face" in answer.models[1].reasons_for[0]


def test_a_name_does_not_overrule_what_is_demanded(tmp_path: Path) -> None:
    families_of = {model.family for model in found("Upscale 4x with SUPIR, it must run here", tmp_path).models}
    assert "SUPIR" not in families_of
    assert found("Is Real-ESRGAN faithful? 4x, nothing may be made up", tmp_path).models[0].family != "Real-ESRGAN"
    assert found("Upscale a photo 4x with LaMa", tmp_path).models[0].family == "LIIF"
    refused = found("Omas Gesicht restaurieren, aber CodeFormer bleibt im Schrank", tmp_path)
    assert "CodeFormer" not in {model.family for model in refused.models}


def test_of_a_named_family_the_variant_for_the_kind_in_words_leads(tmp_path: Path) -> None:
    assert found("J'adore waifu2x, mais pour les photos ?", tmp_path).models[0].id == "waifu2x-photo"
