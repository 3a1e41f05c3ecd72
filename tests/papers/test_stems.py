import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apercu.papers.stems import Stems, words_of


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127))))
def test_words_are_those_of_the_pattern_whatever_letters_a_text_has(text):
    assert words_of(text) == re.findall(r"\w+", text.casefold())


def test_stems_are_those_of_the_words_asked_for_however_often_they_are_asked():
    stems = Stems()
    try:
        first = stems.of_words(["denoised", "a_name", "☃"])
        assert first == {"denoised": ("denois",), "a_name": ("a", "name"), "☃": ()}
        assert stems.of_words(["denoising", "denoised"]) == {"denoising": ("denois",), "denoised": ("denois",)}
        assert stems.of("Denoised, denoising photographs") == {"denois": "denoised", "photograph": "photographs"}
    finally:
        stems.close()


def test_words_that_could_not_be_stemmed_leave_nothing_behind():
    stems = Stems()
    try:
        with pytest.raises(UnicodeEncodeError):
            stems.of_words(["noise", "\ud800"])
        assert stems.of_words(["noises"]) == {"noises": ("nois",)}
    finally:
        stems.close()
