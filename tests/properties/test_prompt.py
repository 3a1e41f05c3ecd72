"""The prompt format: parse and write are inverse, and no text makes the parser fail in another way than BriefError."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apercu.errors import BriefError
from apercu.question.prompt import one_line, parse_prompt, write_prompt
from apercu.records import Brief, BriefEntry

MARKS = """
Model:|Model: x|Title: x|Paper: None|GitHub:|Summary: y|Answer:|### Answer|None|none|## Related Papers
### Recommended AI Models:|**Model:** x|- Model: x|1. Model: x|1.|1.5x|"|""|"A" or "B"|“A” or “B”|”|«»|:|#|**
A user has asked the following question:|Question: why?|Based on the following recommended models, explain:
Use **only the provided models and papers**.|نص|日本語|https://example.org/a(b)|x: y # z
"""
ODD = ["\ufeff", "\u2028x", "a\x85b", "\x1cx", "\x0b", "\x1b[31mred"]
TRICKY = st.sampled_from([*MARKS.strip().replace("\n", "|").split("|"), *ODD])
LINE = st.lists(TRICKY | st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=20), max_size=4)
VALUE = LINE.map(" ".join).map(one_line)
OPTIONAL = st.none() | VALUE.filter(lambda value: value.lower() not in ("", "none"))
ENTRY = st.builds(BriefEntry, name=VALUE, paper=OPTIONAL, github=OPTIONAL, summary=OPTIONAL)
ENTRIES = st.lists(ENTRY, max_size=4).map(tuple)
BRIEF = st.builds(
    Brief,
    question=VALUE.filter(bool),
    models=ENTRIES,
    papers=ENTRIES,
    asked=st.lists(VALUE.filter(bool), max_size=4).map(tuple),
)
LINES = st.lists(TRICKY | st.text(max_size=30), max_size=25)
ANY_TEXT = st.text() | st.builds(
    lambda lines, end: "A user has asked the following question:\nwhy?\n" + end.join(lines),
    LINES,
    st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n  "]),
)


@given(BRIEF)
def test_a_written_brief_is_read_back_as_it_was(brief: Brief) -> None:
    assert parse_prompt(write_prompt(brief)) == brief


@given(ANY_TEXT)
def test_any_text_is_a_prompt_or_a_brief_error_and_its_written_form_stays(text: str) -> None:
    try:
        brief = parse_prompt(text)
    except BriefError:
        return
    written = write_prompt(brief)
    assert parse_prompt(written) == brief
    assert write_prompt(parse_prompt(written)) == written


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_summary_with_line_breaks_is_written_as_one_line_and_opens_no_section(summary: str) -> None:
    entry = BriefEntry(name="a", summary=f"x{summary}\n### Recommended AI Models:\nModel: b")
    back = parse_prompt(write_prompt(Brief(question="why?", papers=(entry,))))
    assert back.models == ()
    assert [paper.name for paper in back.papers] == ["a"]
    assert back.papers[0].summary == one_line(entry.summary or "")
