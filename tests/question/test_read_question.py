"""Reading free questions: the labelled set, and one sentence for each thing that a question can say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apercu.errors import QuestionError
from apercu.question.read import MAX_CHARACTERS, read_question
from apercu.records import TaskId

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("questions.jsonl").read_text("utf-8").splitlines()
]


def rows(half: str) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["half"] == half]


@pytest.mark.parametrize("half", ["development", "test"])
def test_at_least_95_percent_of_the_labelled_questions_get_the_right_task(half: str) -> None:
    wrong = [row["question"] for row in rows(half) if read_question(row["question"]).id != row["task"]]
    assert len(wrong) <= 0.05 * len(rows(half)), wrong


@pytest.mark.parametrize("half", ["development", "test"])
def test_at_least_97_percent_of_the_labelled_questions_get_the_right_factor(half: str) -> None:
    wrong = [row["question"] for row in rows(half) if read_question(row["question"]).factor != row["factor"]]
    assert len(wrong) <= 0.03 * len(rows(half)), wrong


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "size" in row or "scale" in row], ids=lambda row: row["question"]
)
def test_an_exact_size_and_a_factor_per_axis_are_read_rows_first(row: dict[str, Any]) -> None:
    task = read_question(row["question"])
    assert list(task.size or ()) == row.get("size", [])
    assert list(task.scale or ()) == row.get("scale", [])


def test_no_labelled_question_without_a_target_size_gets_one() -> None:
    found = {row["question"]: read_question(row["question"]).size for row in ROWS if "size" not in row}
    assert [question for question, size in found.items() if size is not None] == []


@pytest.mark.parametrize("kind", ["content", "damage", "wish"])
def test_what_is_labelled_as_content_damage_or_wish_is_found(kind: str) -> None:
    for row in ROWS:
        assert set(row.get(kind, ())) <= set(getattr(read_question(row["question"]), kind)), row["question"]


def test_the_five_example_questions_are_read_in_full() -> None:
    tasks = [read_question(row["question"]) for row in rows("seed")]
    assert [task.id for task in tasks] == ["super_resolution"] * 5
    assert [task.factor for task in tasks] == [None, 3, 2, 4, 4]
    assert [task.content for task in tasks] == [("illustration",), ("ui",), ("illustration", "anime"), (), ()]
    assert [task.damage for task in tasks] == [(), (), (), (), ()]  # what became sharp was only small
    assert tasks[0].wish == ("fidelity",)
    assert all(task.asked == ("mechanism",) for task in tasks)


def test_every_finding_quotes_the_words_it_was_read_from() -> None:
    for row in ROWS:
        question = row["question"]
        task = read_question(question)
        assert all(facet.quote == question[facet.start : facet.end] != "" for facet in task.facets), question
        read = {facet.kind for facet in task.facets}
        assert (task.id != "other") <= ("task" in read or "factor" in read or "size" in read), question
        assert (task.factor is not None) <= ("factor" in read), question


def test_there_is_a_labelled_question_for_every_task() -> None:
    assert {row["task"] for row in ROWS} == set(get_args(TaskId))


FACTORS = {
    "enlarge 3x": 3, "3× larger image": 3, "x4 image": 4, "4X picture": 4, "enlarge by a factor of 2.5": 2.5,
    "enlarge by 2,5": 2.5, "the picture doubled": 2, "a picture twice as wide": 2, "triple the picture": 3,
    "enlarge 7.5 times": 7.5, "scale it to 200 %": 2, "a quadrupled image": 4, "make my image half as large again": 1.5,
    "image 64px to 512px": 8, "enlarge it twelve times": 12, "double the width and the height of the image": 2,
    "make the image 50% bigger": 1.5, "four-fold upscaling": 4, "enlarge 2x at 300dpi": 2, "upscale with EDSR x2": 2,
    "four times as many pixels for my photo": 2, "um den Faktor 3 vergrößern": 3, "agrandir 2 fois": 2,
    "이미지 4배 확대": 4, "把图片放大3倍": 3, "@2x icons": 2, "256 × 256 → 1024 × 1024 image": 4, "enlarge 100x": 100,
    "make my logo 150% of its size": 1.5, "Which tool makes a 640x480 picture 1920x1440?": 3,
}  # fmt: skip
NOT_FACTORS = [
    "enlarge my 64 x 64 icon", "my 64x64 icon is blurry", "3x faster upscaling", "a 100% real upscaled photo",
    "enlarge 0.5x", "enlarge 101x",
    "enlarge 1000x", "enlarge -2x", "enlarge 1/2 x", "enlarge by 3 pixels", "enlarge three times in a row",
    "a 4x4 grid of images", "upscale on an x64 laptop", "Enlarge 4 images", "RealESRGAN x4plus upscaler",
    "a picture taken with a 3x optical zoom", "detect 3x more cars in this image",
]  # fmt: skip


@pytest.mark.parametrize(("question", "factor"), FACTORS.items())
def test_a_factor_is_read_however_it_is_said(question: str, factor: float) -> None:
    assert read_question(question).factor == factor


@pytest.mark.parametrize("question", NOT_FACTORS)
def test_a_number_that_is_not_a_factor_is_not_taken_for_one(question: str) -> None:
    task = read_question(question)
    assert (task.factor, task.scale) == (None, None)


def test_one_factor_per_axis_is_given_as_y_then_x() -> None:
    assert read_question("double the width of my image").scale == (1, 2)
    assert read_question("make the image twice as wide and three times as high").scale == (3, 2)
    assert read_question("enlarge the image from 200x300 to 400x900").scale == (3, 2)
    assert read_question("enlarge by 2x1.5").scale == (1.5, 2)
    assert read_question("upscale my photo by a factor of 3 × 2.5").scale == (2.5, 3)
    assert read_question("enlarge by 2x2").factor == 2


def test_a_size_of_a_few_pixels_is_taken_where_pixels_are_named() -> None:
    assert read_question("enlarge to 10x10 pixels").size == (10, 10)
    assert read_question("enlarge to 12 x 10 px").size == (10, 12)
    assert read_question("enlarge to 10x10").size is None
    assert read_question("enlarge by 20x10 pixels").scale is None


def test_damage_that_is_to_be_avoided_is_a_wish_and_not_damage() -> None:
    task = read_question("enlarge this icon without blur")
    assert (task.damage, task.wish) == ((), ("crispness",))


def test_what_is_asked_is_told_apart() -> None:
    assert read_question("Why does upscaling work?").asked == ("mechanism",)
    assert read_question("How can I enlarge my photo?").asked == ("how_to",)
    assert read_question("Which tool is best for enlarging photos?").asked == ("tool",)
    assert read_question("Enlarge my photo").asked == ("how_to",)


def test_british_and_american_spelling_and_common_typos_are_read_alike() -> None:
    for question in ("Colourise this photo", "Colorize this photo", "colorise this foto of a photo"):
        assert read_question(question).id == "colorization"
    for question in ("enlrage my drawing", "my picture is pixleated", "upscle my icon"):
        assert read_question(question).id == "super_resolution"


def test_enlarging_a_damaged_picture_is_enlarging() -> None:
    task = read_question("Restore, deblur and denoise this old damaged noisy photo and enlarge it 2x")
    assert (task.id, task.factor, task.damage) == ("super_resolution", 2, ("blur", "noise"))
    assert read_question("Enlarge this old, scratched photo with JPEG artifacts").id == "super_resolution"
    assert read_question("Mend this old, scratched photo with JPEG artifacts").id == "restoration"


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("After upscaling, my photo has the right size but it is still noisy. Calm the grain down.", "denoise"),
        ("Get the compression artefacts out of a logo that was saved as a bad jpeg. Do not enlarge it.", "restoration"),
        ("jpeg rubbish around the twigs of my bonsai, clean it without enlarging", "restoration"),
    ],
)
def test_enlarging_that_was_done_or_is_refused_is_not_asked_for(question: str, task: str) -> None:
    assert read_question(question).id == task


def test_a_kind_that_a_picture_is_not_of_is_not_its_content() -> None:
    assert read_question("Not a manga but a holiday photo that should be twice as wide").content == ("photo",)
    assert read_question("this isn't a photo, it's a drawing, make it 3x larger").content == ("illustration",)
    assert read_question("a manga, not in colour, to be doubled").content == ("anime",)


@pytest.mark.parametrize(
    "question",
    [
        "My future looks blurry",
        "I have a bigger problem",
        "How can we increase sales threefold?",
        "My bill is 3x larger than last month",
        "My zoom meeting keeps freezing",
    ],
)
def test_words_of_pictures_said_of_something_else_are_no_task(question: str) -> None:
    task = read_question(question)
    assert (task.id, task.factor) == ("other", None)


def test_from_scratch_is_no_damage() -> None:
    assert read_question("I redrew the icon from scratch, enlarge it").damage == ()


def test_words_that_only_look_like_typos_are_left_alone() -> None:
    assert read_question("I am enraged about the revolution").id == "other"


@pytest.mark.parametrize("text", ["", "   \n", "?!", "12345", "3 × 4"])
def test_a_question_without_words_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(QuestionError, match="the question is") as caught:
        read_question(text)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_question_of_20000_characters_is_read_and_one_more_is_refused() -> None:
    assert read_question(("enlarge " * MAX_CHARACTERS)[:MAX_CHARACTERS]).id == "super_resolution"
    with pytest.raises(QuestionError, match="20,001 characters"):
        read_question("a" * (MAX_CHARACTERS + 1))


@settings(deadline=None)
@given(
    st.text(max_size=200) | st.lists(st.sampled_from([*FACTORS, *NOT_FACTORS, "to", "by", "%", "×", "."])).map(" ".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        task = read_question(text)
    except QuestionError:
        return
    assert all(facet.quote == text[facet.start : facet.end] for facet in task.facets)
    assert task.factor is None or 1 < task.factor <= 100


@pytest.mark.parametrize(
    ("question", "factor"),
    [
        ("Skalier das Emoji von 64 auf 512 hoch", 8),
        ("El recorte del quetzal quedó en 640, súbelo a 1920", 3),
        ("Wallpaper 1920 to 3840, please enlarge", 2),
        ("图标放大一倍", 2),
        ("放大两倍半", 2.5),
        ("LIIF fuera; amplía el mapa a escala 2,8", 2.8),
        ("사진을 4x로 확대", 4),
        ("把照片用HAT做x4放大", 4),
        ("quiero que dupliques el tamaño de esta foto", 2),
    ],
)
def test_a_factor_is_read_in_other_languages_and_between_two_bare_numbers(question: str, factor: float) -> None:
    assert read_question(question).factor == factor


@pytest.mark.parametrize(
    "question",
    [
        "이 일러스트를 3배로 확대하고 싶어요, 새로운 것을 만들어내지 않고",
        "사진을 4배 확대했어요. 무엇이 지어낸 것인가요?",
        "사진을 4배로 키우는데 없는 디테일을 꾸며내면 안 돼요",
        "Wie vergrößere ich mein Bild um das Dreifache, ohne dass etwas dazuerfunden wird?",
        "Foto 3x, aber nichts hinzudichten",
        "Das Logo doppelt so groß, ohne etwas hinzuzufügen",
        "Bild 2x, keine erfundenen Details",
        "Agrandir ma photo 4x sans que rien ne soit inventé",
        "Agrandis ma photo 2x, n'invente rien",
        "Ampliar mi foto 4x sin que se añada nada",
        "写真を4倍に拡大したい、存在しない細部を描き足さないで",
        "把照片放大4倍,不要脑补细节",
    ],
)
def test_that_nothing_may_be_invented_is_read_in_every_language_and_in_everyday_words(question: str) -> None:
    assert "fidelity" in read_question(question).wish


@pytest.mark.parametrize(
    "question",
    [
        "Enlarge my wildlife photo. Invent the feathers if you must, it only has to look great",
        "Upscale it 4x, the AI may invent detail",
        "새로운 일러스트를 만들어내는 모델",
        "Füge dem Foto Regen hinzu",
    ],
)
def test_what_may_be_invented_is_no_wish_for_fidelity(question: str) -> None:
    assert "fidelity" not in read_question(question).wish
