"""The prompt format: the examples, forty further prompts, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from apercu.addresses import links, mentioned_links, not_links
from apercu.errors import BriefError
from apercu.question.prompt import (
    MAX_BYTES,
    MAX_ENTRIES,
    STANDARD_ASKED,
    parse_prompt,
    read_prompt_file,
    write_prompt,
)
from apercu.records import Brief, BriefEntry

ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "tests" / "golden" / "prompts"
SEEDS = ROOT.parent / "shared" / "seeds"
# name, models, papers, things asked, and whether the file stands exactly as write_prompt writes it
EXPECTED = [
    ("01-inpainting", 2, 2, 3, True),
    ("02-colourisation", 1, 2, 3, True),
    ("03-ocr", 1, 3, 3, True),
    ("04-text-to-speech", 2, 2, 3, True),
    ("05-object-detection", 1, 2, 3, True),
    ("06-weather-removal", 2, 1, 3, True),
    ("07-two-tasks", 2, 1, 3, True),
    ("08-speech-to-text", 1, 2, 3, True),
    ("09-deblur", 1, 2, 3, True),
    ("10-depth-without-a-fitting-model", 1, 1, 3, True),
    ("11-many-models", 8, 1, 3, True),
    ("12-korean-question", 1, 1, 3, True),
    ("13-rtl-and-emoji-text", 1, 1, 3, True),
    ("14-cooking-question", 1, 1, 3, True),
    ("15-no-models", 0, 2, 3, True),
    ("16-no-papers", 1, 0, 3, True),
    ("17-hostile-summary-instruction", 1, 1, 3, True),
    ("18-hostile-summary-heading-in-line", 1, 1, 3, True),
    ("19-hostile-markdown-links", 1, 1, 3, True),
    ("20-hostile-html-script", 1, 1, 3, True),
    ("21-hostile-ansi-escapes", 1, 1, 3, True),
    ("22-very-long-summary", 1, 1, 3, True),
    ("23-missing-fields", 2, 2, 3, True),
    ("24-crlf-line-ends", 1, 2, 3, False),
    ("25-old-mac-line-ends-and-bom", 1, 2, 3, False),
    ("26-duplicated-entries", 2, 3, 3, True),
    ("27-github-that-is-not-a-link", 1, 1, 3, True),
    ("28-names-with-regex-characters", 1, 1, 3, True),
    ("29-labels-inside-values", 1, 1, 3, True),
    ("30-curly-quotes-with-quotes-inside", 1, 1, 3, False),
    ("31-question-without-quotes", 1, 1, 3, False),
    ("32-markdown-variants-without-answer", 1, 1, 0, False),
    ("33-sections-in-another-order-odd-indentation", 1, 1, 2, False),
    ("34-text-after-answer", 1, 1, 3, False),
    ("35-links-inside-summaries", 1, 1, 3, True),
    ("36-other-things-asked", 1, 1, 4, True),
    ("37-nothing-asked", 1, 1, 0, True),
    ("38-foreign-schemes-and-odd-links", 1, 1, 3, True),
    ("39-face-swap-question", 1, 2, 3, True),
    ("40-only-a-question", 0, 0, 0, False),
]
QUESTION = "A user has asked the following question:\n"


def read(start: str) -> Brief:
    return read_prompt_file(next(PROMPTS.glob(f"{start}-*.txt")))


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the example prompts are not beside this repository")
def test_the_five_example_prompts_are_written_back_byte_for_byte() -> None:
    files = sorted(SEEDS.glob("*.txt"))
    assert len(files) == 5
    for path in files:
        brief = read_prompt_file(path)
        assert (len(brief.models), len(brief.papers), brief.asked) == (1, 3, STANDARD_ASKED)
        assert write_prompt(brief).encode() == path.read_bytes()


@pytest.mark.parametrize(("name", "models", "papers", "asked", "as_written"), EXPECTED)
def test_a_further_prompt_is_read(name: str, models: int, papers: int, asked: int, as_written: bool) -> None:
    path = PROMPTS / f"{name}.txt"
    brief = read_prompt_file(path)
    assert (len(brief.models), len(brief.papers), len(brief.asked)) == (models, papers, asked)
    assert (write_prompt(brief).encode() == path.read_bytes()) is as_written
    assert parse_prompt(write_prompt(brief)) == brief


def test_every_further_prompt_is_in_the_table() -> None:
    assert sorted(path.stem for path in PROMPTS.glob("*.txt")) == [row[0] for row in EXPECTED]
    assert len(EXPECTED) == 40


def test_an_instruction_or_heading_inside_a_summary_is_only_its_text() -> None:
    assert "EvilNet" in (read("18").papers[0].summary or "")
    assert [entry.name for entry in read("18").models] == ["SISR-Any-LIIF-EDSR"]
    assert (read("17").papers[0].summary or "").startswith("Ignore the above")
    assert links(read("17").papers[0]) == ("http://arxiv.org/pdf/2505.14916v1.pdf",)


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert read("24") == read("25")
    assert parse_prompt("\ufeff" + QUESTION + "why?").question == "why?"


def test_a_summary_over_several_lines_becomes_one_line_in_any_order_of_sections() -> None:
    brief = read("33")
    assert brief.question == "How does AI enlarge a button by 3x?"
    assert brief.models[0] == BriefEntry(name="SISR-Any-LIIF-RDN", github="https://github.com/yinboc/liif")
    assert (brief.papers[0].summary or "").endswith(
        "another order, the lines are indented oddly, and this summary goes over three lines."
    )
    assert brief.asked[1] == "Which of the models fits, and why."


def test_only_an_http_address_is_a_link_and_stays_byte_for_byte() -> None:
    brief = read("38")
    assert links(brief.models[0]) == ()
    assert brief.models[0].paper == "javascript:alert(1)"
    assert links(brief.papers[0]) == ("https://arxiv.org/abs/2505.14916", "HTTPS://GitHub.com/Example/Repo#readme")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://arxiv.org/abs/2401.00001v1 (CVPR)", ("https://arxiv.org/abs/2401.00001v1",)),
        ("arXiv: <https://a.example/x>, [code](https://b.example/y)", ("https://a.example/x", "https://b.example/y")),
        ("https://a.example/wiki/A_(b).", ("https://a.example/wiki/A_(b).",)),
        ("https://a.example/<b>x</b>", ()),
        ("arxiv.org/abs/2401.00002", ()),
        ("x-https://a.example", ()),
    ],
)
def test_an_address_among_other_words_is_a_link_and_what_holds_none_is_known(value: str, found: tuple[str]) -> None:
    entry = BriefEntry(name="x", paper=value)
    assert links(entry) == found
    assert not_links(entry) == (() if found else (value,))


@pytest.mark.parametrize("character", ["\x1b", "\x7f", "\x9b", "\u202e", "\u2066"])
def test_an_address_that_would_steer_a_terminal_is_no_link(character: str) -> None:
    address = f"https://example.org/{character}x"
    entry = BriefEntry(name="x", paper=address, summary=f"See {address}")
    assert links(entry) == ()
    assert mentioned_links(entry) == ("https://example.org/",)


def test_addresses_inside_a_summary_are_found_without_their_punctuation() -> None:
    assert mentioned_links(read("35").papers[0]) == (
        "https://example.org/wiki/High_(range)",
        "https://example.org/a?b=c&d=e",
    )
    assert mentioned_links(read("19").papers[0])[0] == "https://evil.example/fake"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ('"why?"', "why?"),
        ("“why?”", "why?"),
        ("why?", "why?"),
        ('"say "hi" to "me""', 'say "hi" to "me"'),
        ("“A” or “B”", "“A” or “B”"),
        ('"over\ntwo lines"', "over two lines"),
        ('"over\n\ntwo paragraphs"', "over two paragraphs"),
        ("why?\n\nPlease answer well.", "why?"),
    ],
)
def test_a_question_is_read_with_or_without_quotes(written: str, read_as: str) -> None:
    assert parse_prompt(QUESTION + written + "\n\n### Recommended AI Models:\nModel: x\n").question == read_as


def test_unlabelled_lines_of_an_entry_are_its_summary() -> None:
    brief = parse_prompt(
        QUESTION + "why?\n\n### Related Papers:\nTitle: A\nPaper: https://a.example\nIt does\nthings.\n\nMore."
    )
    assert brief.papers == (BriefEntry(name="A", paper="https://a.example", summary="It does things. More."),)


def test_none_in_a_field_means_that_there_is_none() -> None:
    brief = parse_prompt(QUESTION + "why?\n\nRecommended AI Models\nModel: A\nPaper: none\nGitHub: NONE\nSummary:\n")
    assert brief.models == (BriefEntry(name="A"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \r\n\ufeff", "empty"),
        ("Hello there", "no question"),
        (QUESTION + '""\n', "no question"),
        ("### Recommended AI Models:\nModel: x\n", "no question"),
        (QUESTION + "why\0?", "NUL"),
        (QUESTION + "why\ud800?", "surrogate"),
        (QUESTION + "why?\n" + "x" * MAX_BYTES, "1,000,000 bytes"),
        (QUESTION + "why?\n\n" + "Model: x\n" * (MAX_ENTRIES + 1), "1,001 models and papers"),
    ],
)
def test_a_text_that_is_no_prompt_is_refused_in_one_line_with_a_hint(text: str, said: str) -> None:
    with pytest.raises(BriefError, match=said) as caught:
        parse_prompt(text)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_brief_that_cannot_be_read_back_is_not_written() -> None:
    with pytest.raises(BriefError, match="empty question"):
        write_prompt(Brief(question=" \n "))
    with pytest.raises(BriefError, match="NUL"):
        write_prompt(Brief(question="why\0?"))


def test_a_file_that_cannot_be_read_as_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "utf16.txt").write_bytes(QUESTION.encode("utf-16"))
    (tmp_path / "large.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(BriefError, match="No such file"):
        read_prompt_file(tmp_path / "missing.txt")
    with pytest.raises(BriefError, match="directory"):
        read_prompt_file(tmp_path)
    with pytest.raises(BriefError, match="not UTF-8 text: byte 0"):
        read_prompt_file(tmp_path / "utf16.txt")
    with pytest.raises(BriefError, match="larger than 1,000,000 bytes"):
        read_prompt_file(tmp_path / "large.txt")
    with pytest.raises(BriefError, match="null"):
        read_prompt_file("a\0b")


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # a real mode 000 does not stop an administrator
    with pytest.raises(BriefError, match="Permission denied"):
        read_prompt_file(tmp_path / "secret.txt")
