"""The learned reader: its file, what it says, and the order of a chain."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from apercu.errors import EvidenceError
from apercu.question import learned
from apercu.question.learned import CHAIN, NOTHING, load_model, model_of, read_tasks, text_features
from apercu.question.read import findings_of, read_question
from apercu.question.words import TASK_NAMES
from apercu.records import Content, Damage, Wish


def tasks(text: str) -> tuple[str, ...]:
    return read_tasks(text, findings_of(text)).tasks


def test_the_outputs_are_the_tasks_two_more_and_the_details() -> None:
    kinds = {"content": Content, "damage": Damage, "wish": Wish}
    details = {f"{kind}:{value}" for kind, values in kinds.items() for value in get_args(values)}
    assert set(load_model().outputs) == {*TASK_NAMES, NOTHING, CHAIN} | details


def test_a_detail_is_learned_and_quoted_that_no_word_of_the_vocabulary_names() -> None:
    question = "Etsy refused my pottery listing, they want 2000 px on the long side"
    found = read_tasks(question, findings_of(question))
    assert found.margin > 0
    assert all(question[begin:end] for spans in found.details.values() for begin, end in spans)


def test_the_features_are_sorted_by_their_hash_so_that_they_are_found() -> None:
    keys = list(load_model().keys)
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could my stamp-sized portrait fill a poster?", ("super_resolution",)),
        ("Entferne den Laternenpfahl aus dem Bild", ("inpainting",)),
        ("colour in this grey photograph of my aunt", ("colorization",)),
        ("what is written on the sign in this photo?", ("ocr",)),
        ("what is the boiling point of water", ()),
        ("what's the weather in Paris", ()),
        ("what's the weather like in my picture of Paris", ("vqa",)),
        ("remove the noise from my gearbox", ()),
        ("remove the noise from the photo of my gearbox", ("denoise",)),
        ("the canvas of a tent leaks", ()),
        ("comment agrandir mon entreprise", ()),
        ("附近有什么好吃的", ()),
        ("Take the rain out of the shot and then describe it", ("weather_removal", "captioning")),
        ("Enlarge the sketch 3x, but remove the coffee stain first", ("inpainting", "super_resolution")),
    ],
)
def test_everyday_words_are_read(text: str, expected: tuple[str, ...]) -> None:
    assert tasks(text) == expected


def test_a_task_without_a_word_of_the_vocabulary_is_quoted_by_what_speaks_most_for_it() -> None:
    text = "my stamp-sized snapshot ought to cover the living room wall"
    task = read_question(text)
    assert task.id == "super_resolution"
    quotes = [facet for facet in task.facets if facet.kind == "task"]
    assert quotes
    assert all(text[facet.start : facet.end] == facet.quote for facet in quotes)


def test_the_shares_add_up_to_what_decides() -> None:
    model = load_model()
    features = [feature for _, feature in text_features("enlarge this icon")]
    both = model.shares([*features, "never seen before"])
    assert both == model.shares(features)
    assert set(both) <= set(features)


def test_a_damaged_file_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut() -> None:
        raise ValueError("cut off")

    monkeypatch.setattr(learned, "model_of", lambda data: cut())
    load_model.cache_clear()
    with pytest.raises(EvidenceError, match=r"tasks\.safetensors are damaged \(cut off\)"):
        load_model()
    load_model.cache_clear()


def test_a_file_that_is_too_short_is_noticed() -> None:
    header = json.dumps(
        {
            "__metadata__": {"outputs": json.dumps(["a", "b"])},
            "keys": {"dtype": "U32", "shape": [1], "data_offsets": [0, 4]},
            "weights": {"dtype": "I8", "shape": [1, 2], "data_offsets": [4, 6]},
        }
    ).encode()
    with pytest.raises(ValueError, match="1 weights for 1 features"):
        model_of(len(header).to_bytes(8, "little") + header + bytes(5))


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("Jak mohu zvětšit svou kresbu tužkou třikrát?", False),
        ("Hur kan jag förstora min teckning tre gånger?", False),
        ("asdfgh", False),
        ("How do I enlarge a woodcut of Zvolen threefold?", True),
        ("Wie lange muss Sauerteig gehen?", True),
        ("사진을 세 배로 키워 주세요", True),
    ],
)
def test_a_question_of_unknown_words_is_read_without_any_sureness(question: str, known: bool) -> None:
    assert (read_question(question).margin is not None) == known
