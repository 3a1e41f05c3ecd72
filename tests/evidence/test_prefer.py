"""Preferences, past choices and predictions shift ranks, each with a sentence; a recommendation says how sure it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apercu.evidence.prefer import CHOICES_FILE, KEPT_CHOICES, past_choices, record_choice
from apercu.evidence.recommend import recommend_for
from apercu.evidence.suits import Part
from apercu.evidence.sure import SHARES, level_of
from apercu.question.read import read_question
from apercu.records import Preference, Recommendation
from apercu.settings import Settings

QUESTION = "Enlarge this photo 4 times"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, remember_choices=True)


def recommended(settings: Settings, question: str = QUESTION, **more: object) -> Recommendation:
    return recommend_for(read_question(question), settings, question=question, **more)  # type: ignore[arg-type]


def score(found: Recommendation, id: str) -> float:
    return next(model.score for model in found.models if model.id == id)


@pytest.mark.parametrize(
    ("preference", "up", "down"),
    [
        ("fidelity", "liif-edsr", "realesrgan-x4plus"),
        ("crispness", "realesrgan-x4plus", "bicubic"),
        ("speed", "liif-fast", "realesrgan-x4plus"),
    ],
)
def test_a_preference_moves_models_with_a_reason(
    preference: Preference, up: str, down: str, settings: Settings
) -> None:
    plain, moved = recommended(settings), recommended(settings, prefer=[preference])
    assert score(moved, up) - score(plain, up) > score(moved, down) - score(plain, down)
    told = next(model for model in moved.models if model.id == down)
    assert any(f"You prefer {preference}" in reason for reason in (*told.reasons_for, *told.reasons_against))


def test_what_somebody_prefers_puts_no_model_first_that_does_not_run_here(settings: Settings) -> None:
    for question in ("Enlarge this photo 4x", "Enlarge 2x, no GAN, runs without a graphics card"):
        found = recommended(settings, question, prefer=["speed"])
        assert found.models[0].status == "runs"
        scores = [model.score for model in found.models]
        assert scores == sorted(scores, reverse=True)
        held = [model for model in found.models if "so it leads" in " ".join(model.reasons_against)]
        assert held
        assert all(model.status != "runs" and model.score < found.models[0].score for model in held)
        assert f"{found.models[0].id} runs here, so it leads." in held[0].reasons_against[-1]


def test_a_question_that_names_what_does_not_run_here_keeps_it_first_whatever_is_preferred(settings: Settings) -> None:
    for prefer in ([], ["speed"], ["fidelity", "licence"]):
        first = recommended(settings, "Enlarge this 2x with SwinIR", prefer=prefer).models[0]
        assert (first.family, first.status) == ("SwinIR", "needs-file")


def test_a_preference_for_free_licences_puts_unknown_ones_down(settings: Settings) -> None:
    plain, moved = recommended(settings), recommended(settings, prefer=["licence"])
    assert all(score(moved, model.id) > score(plain, model.id) for model in plain.models if model.family == "LIIF")
    assert not {"RCAN", "SAN"} & {model.family for model in moved.models[:5]}


def test_choices_are_remembered_only_where_that_is_switched_on(tmp_path: Path) -> None:
    off = Settings(data_dir=tmp_path)
    record_choice("waifu2x-photo", "super_resolution", off)
    assert not (tmp_path / CHOICES_FILE).exists()
    assert not off.remember_choices


def test_a_past_choice_counts_and_says_so(settings: Settings) -> None:
    before = score(recommended(settings), "waifu2x-photo")
    for _ in range(4):
        record_choice("waifu2x-photo", "super_resolution", settings)
    record_choice("ocr-model", "ocr", settings)
    assert past_choices("super_resolution", settings) == {"waifu2x-photo": 4}
    found = recommended(settings)
    model = next(model for model in found.models if model.id == "waifu2x-photo")
    assert model.score == pytest.approx(before + 0.3 * 4 / 5, abs=2e-3)
    assert "You took it 4 of the last 4 times (+0.24)." in model.reasons_for
    off = recommended(Settings(data_dir=settings.data_dir))
    assert score(off, "waifu2x-photo") == before


def test_damaged_lines_of_choices_do_no_harm_and_stay(settings: Settings) -> None:
    path = settings.data_dir / CHOICES_FILE
    before = b'{"model": 3}\n[]\nnonsense \xff\n' + json.dumps({"model": "x", "task": "ocr"}).encode()
    path.write_bytes(before)
    assert past_choices("ocr", settings) == {"x": 1}
    assert record_choice("y", "ocr", settings) == ""
    assert path.read_bytes().startswith(before + b"\n")  # the last line was torn
    assert past_choices("ocr", settings) == {"x": 1, "y": 1}


def test_too_many_choices_are_cut_to_the_newest(settings: Settings) -> None:
    path = settings.data_dir / CHOICES_FILE
    path.write_text("".join(json.dumps({"model": f"m{i}", "task": "ocr"}) + "\n" for i in range(30_000)), "utf-8")
    assert record_choice("y", "ocr", settings) == ""
    assert past_choices("ocr", settings) == {f"m{i}": 1 for i in range(30_001 - KEPT_CHOICES, 30_000)} | {"y": 1}
    assert len(path.read_bytes().splitlines()) == KEPT_CHOICES
    for _ in range(2 * KEPT_CHOICES):
        record_choice("z", "ocr", settings)
    assert past_choices("ocr", settings) == {"z": KEPT_CHOICES}
    assert len(path.read_bytes().splitlines()) <= 2 * KEPT_CHOICES
    assert [left.name for left in settings.data_dir.iterdir()] == [CHOICES_FILE]


def test_what_is_no_file_of_choices_is_told_and_left_as_it_is(settings: Settings) -> None:
    path = settings.data_dir / CHOICES_FILE
    path.write_text("x" * 2_000_000, "utf-8")
    assert past_choices("ocr", settings) == {}
    assert "2,000,000 bytes and no lines" in record_choice("y", "ocr", settings)
    assert path.read_text("utf-8") == "x" * 2_000_000
    path.unlink()
    path.mkdir()
    assert past_choices("ocr", settings) == {}
    assert "it is a folder" in record_choice("y", "ocr", settings)
    path.rmdir()
    os.mkfifo(path)
    assert past_choices("ocr", settings) == {}
    assert "it is a device or pipe" in record_choice("y", "ocr", settings)
    assert [left.name for left in settings.data_dir.iterdir()] == [CHOICES_FILE]


def test_choices_of_several_processes_are_all_kept(settings: Settings) -> None:
    code = f"""
from pathlib import Path
from apercu.evidence.prefer import record_choice
from apercu.settings import Settings
for _ in range(60):
    assert not record_choice("y", "ocr", Settings(data_dir=Path({str(settings.data_dir)!r}), remember_choices=True))
"""
    working = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(60) for process in working] == [0, 0, 0]
    assert past_choices("ocr", settings) == {"y": 180}


def test_preferences_and_past_choices_come_on_top_of_the_order_that_a_picture_gives(settings: Settings) -> None:
    predicted = {
        "liif-edsr-web": Part(0.3, "It is predicted to come 3 dB closer than bicubic on this picture."),
        "liif-edsr": Part(0.2, "It is predicted to come 2 dB closer than bicubic on this picture."),
    }
    found = recommended(settings, predicted=predicted)
    assert score(found, "liif-edsr-web") - score(found, "liif-edsr") == pytest.approx(0.1, abs=2e-3)
    for _ in range(5):
        record_choice("liif-edsr", "super_resolution", settings)
    chosen = recommended(settings, predicted=predicted)
    assert score(chosen, "liif-edsr") == pytest.approx(score(found, "liif-edsr") + 0.3, abs=2e-3)
    first = chosen.models[0]
    assert first.id == "liif-edsr"
    assert predicted["liif-edsr"].reason in first.reasons_for


def test_the_best_of_another_family_is_not_called_second_where_it_is_not(settings: Settings) -> None:
    found = recommend_for(read_question("Enlarge a small website icon 3x, no GPU, must be free for sale"), settings)
    place = [model.id for model in found.models].index(found.runner_up or "") + 1
    assert place > 2
    assert {model.family for model in found.models[: place - 1]} == {"LIIF"}
    said = found.against_runner_up
    assert said.startswith(
        f"The best of another family, in place {place} after {place - 2} more of the family LIIF, is "
    )
    assert "liif-edsr-art runs on this machine now. " in said
    assert f" {found.runner_up} does not run here yet: it needs " in said


def test_a_second_model_of_another_family_is_called_the_second(settings: Settings) -> None:
    found = recommend_for(read_question("アニメの画像を4倍に拡大したい。商用利用できるモデルは?"), settings)
    assert found.runner_up == found.models[1].id
    assert found.against_runner_up.startswith(f"The second is {found.runner_up}, ")


def test_a_recommendation_names_its_runner_up_and_how_sure_it_is(settings: Settings) -> None:
    found = recommended(settings)
    assert found.runner_up
    runner_up = next(model for model in found.models if model.id == found.runner_up)
    assert runner_up.family != found.models[0].family
    assert runner_up.id in found.against_runner_up
    assert found.sureness
    assert found.sureness.level == "sure"
    assert found.sureness.lead == pytest.approx(found.models[0].score - runner_up.score, abs=2e-3)
    assert f"{SHARES['sure'].task:.0%}" in found.sureness.text


def test_levels_go_by_the_margin_and_an_unsure_one_was_right_less_often() -> None:
    assert [level_of(margin) for margin in (None, 0.1, 0.6, 2.0)] == ["unsure", "unsure", "fairly sure", "sure"]
    assert min(SHARES["sure"].task, SHARES["fairly sure"].task) > SHARES["unsure"].task + 0.2


def test_where_nothing_fits_it_says_why(settings: Settings) -> None:
    found = recommended(settings, "how long do I boil an egg")
    assert found.abstained
    assert "Nothing" in found.why
    assert "none is left" in recommended(settings, "What runs here without any download to colour a grey photo?").why


@pytest.mark.parametrize("question", ["Как увеличить картинку в 2 раза?", "كيف أزيل الضباب من الصورة"])
def test_a_question_in_letters_that_are_not_read_says_so_and_is_not_called_sure(
    settings: Settings, question: str
) -> None:
    found = recommended(settings, question)
    assert found.abstained
    assert "not read; English" in found.why
    assert found.sureness
    assert found.sureness.level == "unsure"


@pytest.mark.parametrize("question", ["사진을 두 배로", "写真を2倍に", "把照片放大", "agrandir ×2 → photo", "2x?"])
def test_questions_in_the_letters_of_the_seven_languages_are_not_turned_away(settings: Settings, question: str) -> None:
    assert "not read" not in recommended(settings, question).why
