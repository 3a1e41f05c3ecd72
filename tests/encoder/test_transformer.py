"""The small transformer that reads questions beside the linear model."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from apercu.encoder import transformer
from apercu.encoder.transformer import encoder_scores, load_encoder
from apercu.errors import EvidenceError
from apercu.question.learned import CHAIN, NOTHING, load_model
from apercu.question.read import read_question
from apercu.records import TaskId


def best(text: str) -> str:
    tasks = {*get_args(TaskId), NOTHING}
    return max((name for name in encoder_scores(text) if name in tasks), key=encoder_scores(text).__getitem__)


def test_it_says_a_number_for_all_that_the_linear_model_does() -> None:
    assert set(load_model().outputs) <= set(encoder_scores("enlarge this"))
    assert CHAIN in encoder_scores("enlarge this")


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("My grandmother's portrait came out too tiny for the mantelpiece", "super_resolution"),
        ("Vergrößere das Foto auf das Dreifache", "super_resolution"),
        ("이 사진을 두 배로 키워 줘", "super_resolution"),
        ("take the drizzle out of this street photo", "weather_removal"),
        ("Which bus goes to the harbour on Sundays?", NOTHING),
    ],
)
def test_plain_questions_are_read(question: str, task: str) -> None:
    assert best(question) == task


def test_words_that_no_question_held_are_read_by_their_sense() -> None:
    """ "zookeeper" stands in no question of the corpus."""
    assert best("Please rub the zookeeper out of this snapshot") == "inpainting"


def test_the_same_question_gives_the_same_numbers() -> None:
    model = load_encoder()
    assert model.scores("enlarge my icon") == model.scores("enlarge my icon")


def test_any_text_gives_numbers() -> None:
    for text in ("", "?", "x" * 5_000, "\u200b", "🙂" * 50, "ا" * 300, "字" * 500, "a\x00b"):
        assert all(np.isfinite(list(load_encoder().scores(text).values())))
        assert all(np.isfinite(list(load_encoder().limit_scores(text).values())))
        assert not np.isnan(load_encoder().refusal_score(text, len(text) // 2, len(text)))


def test_what_only_the_encoder_finds_is_quoted_from_the_question() -> None:
    for facet in read_question("Upscale my mural 3x, I will sell it, so mind what the licence allows").facets:
        assert facet.quote
        assert facet.start < facet.end


@pytest.mark.parametrize(
    ("question", "name", "refused"),
    [
        ("Waifu2x and I are divorced. Who else would take my cartoon fox to 2x?", "Waifu2x", True),
        ("SwinIR may stay at home, 2x of the windmill please", "SwinIR", True),
        ("LaMa smudged the grass. What else could take the hose out of my photo?", "LaMa", True),
        ("SwinIR did a nice job last year, now I need 3x of it", "SwinIR", False),
        ("How does Real-ESRGAN work?", "Real-ESRGAN", False),
        ("Take SwinIR for the 2x", "SwinIR", False),
    ],
)
def test_what_is_said_of_a_model_does_not_hang_on_its_name(question: str, name: str, refused: bool) -> None:
    start = question.index(name)
    assert (load_encoder().refusal_score(question, start, start + len(name)) > 2.5) == refused
    other = question.replace(name, "BSRGAN")
    assert load_encoder().refusal_score(other, start, start + 6) == load_encoder().refusal_score(
        question, start, start + len(name)
    )


def test_a_name_far_inside_a_long_text_is_read_by_what_stands_around_it() -> None:
    question = "My garden has roses. " * 200 + "Anything but SwinIR for the 2x, please. " + "It rains a lot. " * 200
    start = question.index("SwinIR")
    assert load_encoder().refusal_score(question, start, start + 6) > 0


def test_a_damaged_file_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer, "LAYERS_FILE", "wordpiece.py")
    load_encoder.cache_clear()
    try:
        with pytest.raises(EvidenceError, match=r"wordpiece\.py, limits\.safetensors are damaged"):
            load_encoder()
    finally:
        load_encoder.cache_clear()


def test_a_file_that_was_cut_off_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = Path(transformer.__file__).parent
    for name in (transformer.WORDS_FILE, transformer.LAYERS_FILE, transformer.LIMITS_FILE):
        (tmp_path / name).write_bytes((folder / name).read_bytes()[:-1000])
    monkeypatch.setattr(transformer, "files", lambda _: tmp_path)
    load_encoder.cache_clear()
    try:
        with pytest.raises(EvidenceError, match="are damaged"):
            load_encoder()
    finally:
        load_encoder.cache_clear()
