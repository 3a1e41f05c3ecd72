"""Text as pieces of words, as BERT's uncased models cut it."""

from apercu.encoder.wordpiece import pieces

WORDS = (
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "en",
    "##large",
    "##lar",
    "##d",
    "a",
    "cafe",
    "!",
    "x",
    "2",
    "##x",
    "照",
    "片",
    "ss",
)
VOCABULARY = {word: number for number, word in enumerate(WORDS)}


def cut(text: str, longest: int = 20) -> list[str]:
    return [WORDS[number] for number in pieces(text, VOCABULARY, longest)]


def test_a_word_is_cut_into_the_longest_pieces_from_its_start() -> None:
    assert cut("Enlarged a") == ["[CLS]", "en", "##large", "##d", "a", "[SEP]"]


def test_accents_and_capitals_do_not_count() -> None:
    assert cut("CAFÉ a\u0300") == ["[CLS]", "cafe", "a", "[SEP]"]


def test_punctuation_and_chinese_characters_stand_alone() -> None:
    assert cut("!a!2x 照片") == ["[CLS]", "!", "a", "!", "2", "##x", "照", "片", "[SEP]"]


def test_what_cannot_be_cut_and_what_is_too_long_is_unknown() -> None:
    assert cut("q enq a" + "x" * 100) == ["[CLS]", "[UNK]", "[UNK]", "[UNK]", "[SEP]"]


def test_marks_of_the_vocabulary_in_a_text_are_no_marks() -> None:
    assert "[SEP]" not in cut("[SEP] a")[:-1]


def test_control_characters_are_passed_over() -> None:
    assert cut("ca\u200bfe a\x00") == ["[CLS]", "cafe", "a", "[SEP]"]


def test_a_long_text_is_cut_off() -> None:
    assert cut("a " * 50, longest=5) == ["[CLS]", "a", "a", "a", "[SEP]"]
    assert cut("", longest=5) == ["[CLS]", "[SEP]"]
