"""Write every number that stands beside a word for times or per cent in plain digits: "三十倍" is "30倍".

The patterns of the other files then have one way of writing to know. Where each character comes from is kept, so that
findings are quoted in the question's own words. A number that cannot be worked out becomes 0, by which nothing grows.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apercu.question.many_times import NUMERALS
from apercu.question.number_words import (
    CJK_DIGITS,
    NATIVE_KOREAN,
    NUMBER_IN_WORDS,
    value_of_cjk,
    value_of_native_korean,
    value_of_words,
)

_HUGE = 10**9
_KNOWN = frozenset(NUMERALS) - {"hundred", "cent", "cien", "hundert"}
"""Single words that the patterns read as they are."""
_UNREAD = "0"


@dataclass(frozen=True, slots=True)
class Digits:
    """A text with plain digits, and what was put in: where it stands, and where what it stands for stood."""

    text: str
    pieces: tuple[tuple[int, int, int, int], ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of the new text stood in the old one."""
        begins, _ = self._old(start)
        _, ends = self._old(end - 1)
        return begins, ends

    def _old(self, at: int) -> tuple[int, int]:
        before = bisect_right(self.pieces, (at, math.inf, 0, 0)) - 1
        if before < 0:
            return at, at + 1
        _, ends, old_start, old_end = self.pieces[before]
        return (old_start, old_end) if at < ends else (at - ends + old_end, at - ends + old_end + 1)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PER_CENT = r"(?:%|percent\b|per cent\b|prozent\b|pour cent\b|por ciento\b|퍼센트|パーセント)"
_LATIN_TIMES = r"(?:times\b|-?fold\b|-?fach\w*|-?mal\b|fois\b|veces\b)"
_TIMES = rf"(?:[x×✕](?![\w×]|\s?\d)|{_LATIN_TIMES}|배|倍|{_PER_CENT})"
_AFTER_NUMBER = rf"(?=[\s-]{{0,2}}{_TIMES})"
_FACTOR = (
    r"(?:factors?|faktor|facteur|ratio|by|um das|auf das|multiplie\w* par|escala|échelle|maßstab)"
    r"(?:\s(?:of|von|de|d'|:|=))?\s"
)
_FRACTIONS = {c: unicodedata.numeric(c) for c in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def in_digits(text: str) -> Digits:
    """The text with its factors and percentages in plain digits."""
    plain = "".join(_plain(text, i, character) for i, character in enumerate(text))
    found = [
        (*match.span("all"), written)
        for pattern, write in _PATTERNS
        for match in pattern.finditer(plain)
        if (written := write(match)) is not None
    ]
    return _replaced(plain, sorted(found, key=lambda item: (item[0], -item[1])))


def _replaced(text: str, found: Iterable[tuple[int, int, str]]) -> Digits:
    parts: list[str] = []
    pieces: list[tuple[int, int, int, int]] = []
    read = length = 0
    for start, end, written in found:
        if start < read:
            continue
        parts += [text[read:start], written]
        length += start - read
        pieces.append((length, length + len(written), start, end))
        length += len(written)
        read = end
    return Digits("".join([*parts, text[read:]]), tuple(pieces))


def _plain(text: str, at: int, character: str) -> str:
    """A full-width digit, or the sign between two, as ASCII; each character stays one."""
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character in "−–－":
        return "-" if text[at + 1 : at + 2].isdecimal() and not text[max(0, at - 1) : at].isalnum() else character
    near = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    if character in "．，％ｘＸ" and near[:1].isdecimal():
        return unicodedata.normalize("NFKC", character) if character in "％ｘＸ" or near[1:].isdecimal() else character
    return character


def _written(value: float | None) -> str:
    if value is None or math.isnan(value):
        return _UNREAD
    if abs(value) >= _HUGE:
        return f"{math.copysign(_HUGE, value):.0f}"
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")


def _words(match: re.Match[str]) -> str | None:
    said = match["all"].lower()
    if re.search(r"\bhal(?:f|bes)\s$", match.string[max(0, match.start("all") - 8) : match.start("all")].lower()):
        return _UNREAD
    if said in _KNOWN or said in ("one", "ein", "eins", "un", "une", "una", "uno", "null"):
        return None
    value = value_of_words(match["words"], match["more"], match["decimals"])
    return None if value is None else _written(value)


def _fraction(match: re.Match[str]) -> str:
    whole, below = float(match["whole"] or 0), float(match["below"])
    return _written(whole + float(match["above"]) / below if below else None)


def _power(match: re.Match[str]) -> str:
    exponent = match["exponent"] or match["raised"].translate(_SUPERSCRIPTS)
    base = (match["base"] or "").replace(",", ".")
    if match["e"]:
        return _written(float(f"{base}e{exponent}"))
    try:
        return _written(float(base) ** int(exponent) if base else float(exponent))
    except OverflowError:
        return _written(math.inf)


def _cjk(match: re.Match[str]) -> str | None:
    n, value = match["n"], value_of_cjk(match["n"])
    glued = "가" <= n[0] <= "힣" and "가" <= match.string[max(0, match.start() - 1)] <= "힣" and match.start() > 0
    if glued or (n == "이" and match["unit"] != "배"):  # "길이2배": a syllable of the word before; "이 배": this pear
        return None
    if match["half"]:
        return None if value in (1, None) else _written(float(value or 0) + 0.5) + "倍"
    if re.fullmatch(r"\d+(?:\.\d+)?", n) or n in NUMERALS:
        return None
    return _written(value) + match["unit"]


def _korean(match: re.Match[str]) -> str | None:
    value = value_of_native_korean(match["n"])
    if match["half"]:
        return _written(value + 0.5) + "배"
    return None if match["n"] in NUMERALS or value == 1 else _written(value) + "배"


_NOT_INSIDE = r"(?<![a-zäöüß0-9_.,/])"
_WAYS: tuple[tuple[str, Callable[[re.Match[str]], str | None]], ...] = (
    # 2 1/2, 3/2
    (
        rf"{_NOT_INSIDE}(?P<all>(?:(?P<whole>\d{{1,6}})(?:\s|-|\sand\s|\sund\s|\set\s|\sy\s))?"
        rf"(?P<above>\d{{1,6}})\s?[/⁄]\s?(?P<below>\d{{1,6}}))(?![/\d.]){_AFTER_NUMBER}",
        _fraction,
    ),
    (
        rf"\b{_FACTOR}(?P<all>(?P<whole>\d{{1,6}})(?:\s|-|\sand\s)(?P<above>\d{{1,6}})/(?P<below>\d{{1,6}}))"
        r"(?![/\w.])",
        _fraction,
    ),
    (
        rf"{_NOT_INSIDE}(?P<all>(?:(?P<whole>\d{{1,6}})\s?)?(?P<sign>[{''.join(_FRACTIONS)}]))",
        lambda match: _written(float(match["whole"] or 0) + _FRACTIONS[match["sign"]]),
    ),
    # 1e9, 10^3, 10³
    (
        rf"{_NOT_INSIDE}(?P<all>(?P<base>\d{{1,9}}(?:[.,]\d{{1,9}})?)(?:(?P<e>e)\+?|\^|\*\*)(?P<exponent>-?\d{{1,4}})"
        rf"(?P<raised>)){_AFTER_NUMBER}",
        _power,
    ),
    (
        rf"{_NOT_INSIDE}(?P<all>(?P<base>\d{{1,9}})?(?P<e>(?!))?(?P<exponent>(?!))?(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,3}}))"
        rf"{_AFTER_NUMBER}",
        _power,
    ),
    # "2 tiems": slips of the keyboard
    (
        r"(?:(?<=\d\s)|(?<=two )|(?<=three )|(?<=four )|(?<=five )|(?<=ten ))"
        r"(?P<all>tiems|tims|tmes|timse|itmes|tiimes|timess)\b",
        lambda match: "times",
    ),
    # 1 003, 1'000; a point before three digits parts thousands in German, French and Spanish
    (
        rf"{_NOT_INSIDE}(?P<all>\d{{1,3}}(?:[ \u00a0\u202f'’]\d{{3}})+){_AFTER_NUMBER}",
        lambda match: re.sub(r"\D", "", match["all"]),
    ),
    (
        rf"{_NOT_INSIDE}(?P<all>(?!0)\d{{1,3}}\.\d{{3}})"
        r"(?=\s?-?(?:fach|mal\b|fois\b|veces\b|prozent|pour cent|por ciento))",
        lambda match: match["all"].replace(".", ""),
    ),
    (
        r"\b(?:faktor|facteur|factor de)\s(?:von\s|de\s)?(?P<all>(?!0)\d{1,3}\.\d{3})(?![\w.,])",
        lambda match: match["all"].replace(".", ""),
    ),
    # 二十五倍, 이십오배, 열두 배
    (
        rf"(?<![\d{CJK_DIGITS}/])(?<!\d[.,])(?P<all>(?P<n>[\d{CJK_DIGITS}]+(?:[点點점.．][\d{CJK_DIGITS}]+)?)"
        r"(?P<unit>\s?[배倍])(?:\s?(?P<half>[半반]))?)",
        _cjk,
    ),
    (
        rf"(?P<all>(?:(?<![素画個])[几幾数數](?=[十百千万億亿])|[몇수](?=[십백천만]))[\d{CJK_DIGITS}]+|(?<![\d{CJK_DIGITS}])[\d{CJK_DIGITS}]+[几幾数數몇여])(?=\s?[배倍])",
        lambda match: _UNREAD,
    ),
    (rf"(?<![가-힣])(?P<all>(?P<n>{NATIVE_KOREAN})\s?배(?:\s?(?P<half>반))?)", _korean),
    (rf"(?<![\w-])(?P<all>{NUMBER_IN_WORDS}){_AFTER_NUMBER}", _words),
    (rf"\b{_FACTOR}(?P<all>{NUMBER_IN_WORDS})(?![\w-])", _words),
)
_PATTERNS = tuple((_compiled(pattern), write) for pattern, write in _WAYS)
