"""BibTeX, as much of it as a list of papers needs: entries with their fields, and the lines where they begin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ENTRY = re.compile(r"@\s*(\w+)\s*([{(])\s*", re.ASCII)
_NAME = re.compile(r"\s*([\w:.+/-]+)\s*=\s*")
_KEY = re.compile(r"\s*([^\s,{}]+)\s*(,|(?=[})]))")
_PART = re.compile(r"\s*(#|,|[})])?")
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_BLANK = re.compile(r"\s*")
_WORD = re.compile(r"[^\s,#{}()]+")
MOST_FROM_MACROS = 20_000
"""Characters that the macros of one entry may stand for: ten macros that hold ten of the next each make ten billion."""
_PASSED_OVER = {"comment", "preamble"}
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_SYMBOLS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "i": "i", "j": "j", "&": "&", "%": "%", "$": "$", "_": "_", "#": "#", "textendash": "–", "textemdash": "—",
}  # fmt: skip
_ACCENTED = re.compile(r"""\\(?:([`'^~"=.])\s*\{?\\?([A-Za-z])\}?|([uvHckr])\s*\{\\?([A-Za-z])\})""")
_SYMBOL = re.compile(r"\\([A-Za-z]+|[&%$_#])\s?")

Entry = tuple[str, dict[str, str]]


def read_bibtex(lines: Iterator[tuple[int, bytes | None]], *, longest: int) -> Iterator[tuple[int, Entry | str]]:
    """Entries as (key, fields by lower-case name), or what is wrong, with the line on which each begins.

    An entry ends with its bracket; a line that begins with "@" before that begins the next one. Macros (`@string`) are
    put in, commands for accents become letters, other commands and braces are dropped.

    Args:
        lines: numbered; None for a line that was too long to read.
        longest: characters of an entry, and of all macros together; what is longer is a problem.
    """
    macros: dict[str, str] = {}
    room = longest
    for number, text in _entries(lines, longest):
        if text is None:
            yield number, f"longer than {longest:,} characters, expected an entry"
            continue
        if "\ufffd" in text:
            yield number, "not UTF-8"
            continue
        head = _ENTRY.match(text)
        if not head:
            yield number, "an @ that begins no entry"
            continue
        kind = head[1].casefold()
        if kind in _PASSED_OVER:
            continue
        if kind == "string":
            fields = _fields(text, head.end(), macros)
            if isinstance(fields, str):
                yield number, fields
                continue
            more = sum(len(value) - len(macros.get(name, "")) for name, value in fields.items())
            if more > room:
                yield number, f"all macros together are longer than {longest:,} characters; this one is left out"
                continue
            macros |= fields
            room -= more
            continue
        key = _KEY.match(text, head.end())
        if not key:
            yield number, "an entry without a key"
            continue
        fields = _fields(text, key.end(), macros)
        if isinstance(fields, str):
            yield number, f"{key[1]}: {fields}"
        else:
            yield number, (key[1], {name: plain(value) for name, value in fields.items()})


def _entries(lines: Iterator[tuple[int, bytes | None]], longest: int) -> Iterator[tuple[int, str | None]]:
    """Pieces that begin with a line whose first character is "@"."""
    begin, length = 0, 0
    parts: list[str] = []
    for number, line in lines:
        text = None if line is None else line.decode("utf-8", "replace")
        if text is not None and text.lstrip().startswith("@"):
            if begin:
                yield begin, "".join(parts) if length <= longest else None
            begin, parts, length = number, [], 0
        if begin:
            length += longest + 1 if text is None else len(text)
            if text is not None and length <= longest:
                parts.append(text)
    if begin:
        yield begin, "".join(parts) if length <= longest else None


def _fields(text: str, at: int, macros: dict[str, str]) -> dict[str, str] | str:
    """`name = value` pairs up to the closing bracket, or what is wrong."""
    fields: dict[str, str] = {}
    from_macros = 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if text[at : at + 1] in ("}", ")"):
            return fields
        name = _NAME.match(text, at)
        if not name:
            rest = " ".join(text[at : at + 200].split())[:40]
            return f"expected a field, found {rest!r}" if rest else "it does not end"
        at = name.end()
        value: list[str] = []
        while True:
            found = _value(text, at, macros)
            if found is None:
                return f"the value of {name[1]} does not end"
            piece, end = found
            from_macros += max(0, len(piece) - (end - at))
            if from_macros > MOST_FROM_MACROS:
                return f"its macros stand for more than {MOST_FROM_MACROS:,} characters"
            value.append(piece)
            at = end
            mark = _PART.match(text, at)
            if mark is None or mark[1] is None:
                return f"after the value of {name[1]} expected a comma or a bracket"
            if mark[1] != "#":
                at = mark.start(1)
                break
            at = mark.end()
        fields[name[1].casefold()] = "".join(value)


def _value(text: str, at: int, macros: dict[str, str]) -> tuple[str, int] | None:
    """One piece of a value, and where it ends; None where it does not."""
    at = _BLANK.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    opening = text[at : at + 1]
    if opening not in ('"', "{"):
        word = _WORD.match(text, at)
        return (macros.get(word[0].casefold(), word[0]), word.end()) if word else None
    depth = 0
    for i in range(at + 1, len(text)):
        character = text[i]
        if character == "\\":
            continue
        escaped = text[i - 1] == "\\"
        if character == "{" and not escaped:
            depth += 1
        elif depth == 0 and not escaped and character == ('"' if opening == '"' else "}"):
            return text[at + 1 : i], i + 1
        elif character == "}" and not escaped:
            depth -= 1
    return None


def plain(value: str) -> str:
    """Text without LaTeX: accents become letters, other commands and braces go."""
    value = _ACCENTED.sub(lambda m: (m[2] or m[4]) + _ACCENTS[m[1] or m[3]], value)
    value = _SYMBOL.sub(lambda m: _SYMBOLS.get(m[1], ""), value)
    value = value.replace("{", "").replace("}", "").replace("~", " ").replace("---", "—").replace("--", "–")
    return unicodedata.normalize("NFC", value)
