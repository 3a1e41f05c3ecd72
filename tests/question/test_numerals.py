"""Numbers in any writing are read whole, or are said not to be taken."""

from __future__ import annotations

import pytest

from apercu.question.number_words import value_of_cjk, value_of_words
from apercu.question.numerals import in_digits
from apercu.question.read import read_question

READ = {
    "この写真を三十倍に拡大": 30, "把照片放大二十五倍": 25, "この写真を２．５倍に拡大": 2.5,
    "사진을 열두 배로 확대": 12,
    "사진을 이십오배로 확대": 25, "사진을 세 배 반으로 확대": 3.5, "把照片放大两点五倍": 2.5, "把照片放大2点5倍": 2.5,
    "写真を百倍に拡大": 100, "照片放大三倍半": 3.5, "图标放大一倍": 2, "只留下一倍图的图标,三倍图要怎么放大": 3,
    "enlarge this 3.14159265x": 3.14159265, "enlarge this 3½ times": 3.5, "enlarge by 2 1/2 times": 2.5,
    "make it 2 and a half times bigger": 2.5,
    "enlarge this 3/2x": 1.5, "enlarge 1.5e1 times": 15, "enlarge by a factor of ten and a half": 10.5,
    "enlarge it twenty-five times": 25, "enlarge this fifteen times": 15, "vergrößere das Foto fünfundzwanzigfach": 25,
    "vergrößere es zehneinhalb mal": 10.5, "agrandis deux virgule sept fois": 2.7, "agrandis quatre-vingt-dix fois": 90,
    "amplía la foto treinta y cinco veces": 35, "enlarge it to two hundred percent": 2,
}  # fmt: skip
PASSED = {
    "把照片放大一百零三倍": "一百零三倍", "请把照片放大1/3倍": "1/3倍", "사진을 1/2배 확대": "1/2배",
    "放大几十倍": "几十倍",
    "enlarge this ½x": "½x", "enlarge this 1/4x": "1/4x", "enlarge it 1e9x": "1e9x",
    "enlarge it 1e309 times": "1e309 times",
    "enlarge it " + "9" * 35 + "x": "9" * 35 + "x", "enlarge it 2x2x2": "2x2x2", "enlarge it 2.5.3x": "2.5.3x",
    "enlarge it ∞x": "∞x", "amplía esta foto cien mil veces": "cien mil veces", "agrandis 1 003 fois": "1 003 fois",
    "vergrößere auf 1000000 Prozent": "auf 1000000 Prozent", "vergrößere um den Faktor 2.500": "Faktor 2.500",
    "vergrößere das Foto 2.500 mal": "2.500 mal", "enlarge my photo to 50%": "to 50%", "enlarge it −3x": "−3x",
    "enlarge this photo minus three times": "three times",
}  # fmt: skip


@pytest.mark.parametrize(("question", "factor"), READ.items())
def test_a_number_is_read_whole_however_it_is_written(question: str, factor: float) -> None:
    task = read_question(question)
    assert task.factor == pytest.approx(factor)
    assert all(facet.quote == question[facet.start : facet.end] for facet in task.facets)


@pytest.mark.parametrize(("question", "quote"), PASSED.items())
def test_a_number_that_is_no_factor_is_quoted_whole_as_not_taken(question: str, quote: str) -> None:
    task = read_question(question)
    assert (task.factor, task.scale, task.size) == (None, None, None)
    assert task.impossible_factor == quote


@pytest.mark.parametrize(
    "text",
    ["make all five three times larger", "by a third", "two photos", "길이2배", "이 배", "二三枚の写真", "10–20x"],
)
def test_what_is_no_number_of_times_is_left_as_it_is(text: str) -> None:
    assert in_digits(text).text == text


def test_words_are_worked_out_or_are_no_number() -> None:
    assert value_of_words("two million") == 2_000_000
    assert value_of_words("hundertfünfzig") == 150
    assert value_of_words("soixante-quinze") == 75
    assert value_of_words("ten", more="half") == 10.5
    assert value_of_words("five three") is None
    assert value_of_cjk("三千万") == 30_000_000
    assert value_of_cjk("二三") is None  # two or three


def test_a_place_in_the_digits_is_a_place_in_the_question() -> None:
    text = "この写真を三十倍に、または twenty-five times"
    digits = in_digits(text)
    assert digits.text == "この写真を30倍に、または 25 times"
    start = digits.text.index("25 times")
    assert text[slice(*digits.place(start, start + 8))] == "twenty-five times"
