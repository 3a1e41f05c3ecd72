"""Parse and write the prompt format; `docs/prompt-format.md` states its rules.

A prompt is read line by line. Only the START of a line can open a section or name a field; all other text is data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from apercu.errors import BriefError
from apercu.records import Brief, BriefEntry

MAX_BYTES = 1_000_000
"""A prompt may hold this many bytes of UTF-8."""
MAX_ENTRIES = 1000
"""A prompt may hold this many models and papers together."""

STANDARD_ASKED = (
    "What task the user is trying to perform.",
    "How the model(s) would work in a CNAPS AI-like workflow (input → model → output).",
    "List relevant papers and tools (with GitHub or ArXiv links) that support your answer.",
)
"""What a prompt usually asks to be explained."""

Section = Literal["none", "question", "asked", "models", "papers"]
Field = Literal["name", "paper", "github", "summary"]

# Every run of white space is bounded, so that no line, however hostile, takes more than linear time.
_GAP = r"[ \t]{0,9}"
_MARK = rf"(?P<mark>\#{{1,6}}{_GAP})?(?P<bold>\*\*|__)?"
_COLON = rf"{_GAP}(?(bold)(?:(?P=bold){_GAP}[:：]|[:：]{_GAP}(?P=bold))|[:：])"
_BULLET = r"(?:(?:[-*+•]|\d{1,3}[.)])[ \t]{1,9})?"


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


_HEADING = _line(
    rf"{_MARK}(?:(?P<models>recommended (?:ai )?models?)|related papers?)"
    rf"(?:(?P<colon>{_COLON})|(?(bold)(?P=bold)))(?P<rest>.*)"
)
_LABEL = _line(rf"{_BULLET}{_MARK}(?P<label>model|title|paper|github|summary){_COLON}(?P<value>.*)")
_QUESTION = _line(
    rf"{_MARK}(?:(?:a|the) user (?:has )?ask(?:ed|s) (?:the following |this )?question|(?:user |the )?question)"
    rf"{_COLON}(?P<value>.*)"
)
_ORDER = _line(rf"based on the (?:following|provided|given)\b.*\bexplain{_GAP}[:：.]?")
_RULE = _line(r"use (?:\*\*)?only\b.*\bprovided\b.*")
_ANSWER = _line(rf"{_MARK}answer{_COLON}.*|\#{{1,6}}{_GAP}answer")
_ITEM = _line(r"\d{1,6}[.)](?:\s(?P<text>.*))?")
_QUOTE_PAIRS = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」"}
_FIELDS: dict[str, Field] = {
    "model": "name",
    "title": "name",
    "paper": "paper",
    "github": "github",
    "summary": "summary",
}


def parse_prompt(text: str) -> Brief:
    """Read a prompt into its question, recommended models, related papers and the numbered things to explain.

    Every value is one line without white space at its ends; line breaks inside a value become one space.

    Raises:
        BriefError: the text is empty, holds a NUL or a lone surrogate, is over `MAX_BYTES`, names no question, or has
            more than `MAX_ENTRIES` models and papers.
    """
    _check_text(text)
    reader = _Reader()
    for line in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")):
        if _ANSWER.fullmatch(line.strip()):
            break
        reader.take(line.strip())
    return reader.brief()


def write_prompt(brief: Brief) -> str:
    """Write a brief in the prompt format; `parse_prompt` gives it back, with every value as `one_line` makes it.

    Raises:
        BriefError: the question is empty, or the text would hold a NUL or a lone surrogate, or be over `MAX_BYTES`.
    """
    question = one_line(brief.question)
    if not question:
        raise BriefError(
            "the brief has an empty question; expected one line of text",
            hint="Put the user's question into `question`.",
        )
    asked = [f"{number}. {item}" for number, item in enumerate(filter(None, map(one_line, brief.asked)), start=1)]
    lines = [
        "You are an AI scientist.\n",
        "A user has asked the following question:",
        f'"{question}"\n',
        "Based on the following recommended models, explain:\n",
        *([*asked, ""] if asked else []),
        "Use **only the provided models and papers**. Do not refer to outside sources.\n",
        "### Recommended AI Models:",
        *[_entry_text(entry, always_paper=True) for entry in brief.models],
        *([] if brief.models else [""]),
        "### Related Papers:",
        *[_entry_text(entry, always_paper=False) for entry in brief.papers],
        "\nAnswer:\n",
    ]
    text = "\n".join(lines)
    _check_text(text)
    return text


def read_prompt_file(path: str | Path) -> Brief:
    """Read and parse a prompt file in UTF-8, with or without a byte order mark.

    Raises:
        BriefError: the file is missing, a folder, unreadable, over `MAX_BYTES`, not UTF-8, or not a prompt.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise BriefError(
            f"cannot read the prompt {str(path)!r}: {reason}; expected a text file",
            hint="Check the path and its permissions.",
        ) from error
    if len(data) > MAX_BYTES:
        raise _too_large(f"the prompt {str(path)!r}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BriefError(
            f"the prompt {str(path)!r} is not UTF-8 text: byte {error.start} cannot be decoded",
            hint="Save the file as UTF-8.",
        ) from error
    return parse_prompt(text)


def one_line(value: str) -> str:
    """A value as the prompt format holds it: line breaks become one space, white space at the ends goes."""
    return " ".join(part for line in re.split(r"[\r\n]", value) if (part := line.strip()))


class _Reader:
    """Where in the prompt we are, and what has been gathered so far."""

    def __init__(self) -> None:
        self.section: Section = "none"
        self.question: list[str] = []
        self.asked: list[list[str]] = []
        self.entries: dict[Section, list[dict[Field, list[str]]]] = {"models": [], "papers": []}
        self.field: Field | None = None
        self.after_blank = False

    def take(self, line: str) -> None:
        """Take the next line, which has no white space at its ends."""
        if not line:
            self._blank()
        elif not (self._mark(line) or self._item(line) or self._label(line)):
            self._text(line)
        self.after_blank = not line

    def brief(self) -> Brief:
        question = _without_quotes(" ".join(self.question))
        if not question:
            raise BriefError(
                'the prompt holds no question; expected "A user has asked the following question:" and the question',
                hint="Put the question in quotes below that line, or ask it directly with `apercu ask`.",
            )
        count = len(self.entries["models"]) + len(self.entries["papers"])
        if count > MAX_ENTRIES:
            raise BriefError(
                f"the prompt holds {count:,} models and papers; expected at most {MAX_ENTRIES:,}",
                hint="Split it into several prompts.",
            )
        return Brief(
            question=question,
            models=tuple(map(_entry, self.entries["models"])),
            papers=tuple(map(_entry, self.entries["papers"])),
            asked=tuple(item for parts in self.asked if (item := _joined(parts))),
        )

    def _blank(self) -> None:
        """A blank line ends the question when its quotes are closed, and a name that ran over several lines."""
        if self.section == "question" and self.question and not _is_open(self.question):
            self.section = "none"
        if self.field == "name":
            self.field = None

    def _mark(self, line: str) -> bool:
        """Lines that open or close a section."""
        if heading := _HEADING.fullmatch(line):
            return self._heading(heading)
        if question := _QUESTION.fullmatch(line):
            if self.question:
                return False
            self._open("question")
            self.question = [value] if (value := question["value"].strip()) else []
        elif _ORDER.fullmatch(line):
            self._open("asked")
        elif _RULE.fullmatch(line):
            self._open("none")
        else:
            return False
        return True

    def _heading(self, heading: re.Match[str]) -> bool:
        """A heading stands alone on its line, or says that there is nothing; with # it may also hold the first line."""
        rest = heading["rest"].strip()
        alone = re.sub(r"[\W_]+", "", rest).lower() in ("", "none")
        if not alone and not (heading["mark"] and heading["colon"]):
            return False
        self._open("models" if heading["models"] else "papers")
        if not alone and not self._label(rest):
            self._text(rest)
        return True

    def _open(self, section: Section) -> None:
        self.section = section
        self.field = None

    def _item(self, line: str) -> bool:
        """A numbered line of what is to be explained. Inside a question it counts only after the question has ended."""
        item = _ITEM.fullmatch(line)
        waiting = self.section == "none" and bool(self.question) and not self.asked and self.after_blank
        if item is None or not (self.section == "asked" or waiting):
            return False
        self.section = "asked"
        self.asked.append([(item["text"] or "").strip()])
        return True

    def _label(self, line: str) -> bool:
        """A line `Model: ...`, `Paper: ...` and so on. Entries that stand before any heading are models."""
        label = _LABEL.fullmatch(line)
        if label is None:
            return False
        if self.section not in ("models", "papers"):
            self._open("models")
        self.field = _FIELDS[label["label"].lower()]
        entries = self.entries[self.section]
        if self.field == "name" or not entries:
            entries.append({})
        entries[-1].setdefault(self.field, []).append(label["value"].strip())
        return True

    def _text(self, line: str) -> None:
        """A line without a mark goes on with what stands above it; below a link or a finished name it is summary."""
        if self.section == "question":
            self.question.append(line)
        elif self.section == "asked" and self.asked and not self.after_blank:
            self.asked[-1].append(line)
        elif self.section in ("models", "papers") and (entries := self.entries[self.section]):
            self.field = "name" if self.field == "name" else "summary"
            entries[-1].setdefault(self.field, []).append(line)


def _entry(fields: dict[Field, list[str]]) -> BriefEntry:
    return BriefEntry(
        name=_joined(fields.get("name", [])),
        paper=_value(fields.get("paper", [])),
        github=_value(fields.get("github", [])),
        summary=_value(fields.get("summary", [])),
    )


def _value(parts: list[str]) -> str | None:
    value = _joined(parts)
    return None if _is_absent(value) else value


def _joined(parts: list[str]) -> str:
    return " ".join(part for part in parts if part)


def _is_absent(value: str) -> bool:
    return value.lower() in ("", "none")


def _entry_text(entry: BriefEntry, *, always_paper: bool) -> str:
    """The lines of one entry and the blank line after it. A model without a paper says so, as platforms write it."""
    values = {"Model": entry.name, "Paper": entry.paper, "GitHub": entry.github, "Summary": entry.summary}
    shown = {label: one_line(value or "") for label, value in values.items()}
    lines = [f"Model: {shown.pop('Model')}".rstrip()]
    for label, value in shown.items():
        if not _is_absent(value):
            lines.append(f"{label}: {value}")
        elif label == "Paper" and always_paper:
            lines.append("Paper: None")
    return "\n".join([*lines, ""])


def _is_open(lines: list[str]) -> bool:
    """Whether the question starts with a quotation mark that has not been closed at its end."""
    closing = _QUOTE_PAIRS.get(lines[0][0])
    return closing is not None and not (lines[-1].endswith(closing) and (len(lines) > 1 or len(lines[0]) > 1))


def _without_quotes(question: str) -> str:
    """Take off exactly one pair of quotation marks that encloses the whole question."""
    if len(question) > 1 and question[0] in _QUOTE_PAIRS and question.endswith(_QUOTE_PAIRS[question[0]]):
        inner = question[1:-1]
        if question[0] == '"' or _is_balanced(inner, question[0], question[-1]):
            return inner.strip()
    return question


def _is_balanced(inner: str, opening: str, closing: str) -> bool:
    """False for `A” or “B`, where the outer marks belong to two quotations."""
    depth = 0
    for character in inner:
        depth += (character == opening) - (character == closing)
        if depth < 0:
            return False
    return True


def _check_text(text: str) -> None:
    if not text.strip("\ufeff \t\r\n"):
        raise BriefError("the prompt is empty; expected a question, models and papers", hint="Give a prompt with text.")
    if "\0" in text:
        raise BriefError(
            f"the prompt holds a NUL at character {text.index(chr(0))}; expected text", hint="Give a text file."
        )
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BriefError(
            f"the prompt holds half a character (a lone surrogate) at character {error.start}", hint="Save it as UTF-8."
        ) from error
    if size > MAX_BYTES:
        raise _too_large("the prompt")


def _too_large(subject: str) -> BriefError:
    return BriefError(
        f"{subject} is larger than {MAX_BYTES:,} bytes; expected at most 1 MB", hint="Shorten the summaries."
    )
