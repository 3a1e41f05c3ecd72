"""Numbers that are written in words, in seven languages: "twenty-five", "zehneinhalb", "cien mil", "二十五", "열두"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

_SMALL = (
    "zero:0 one:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 ten:10 eleven:11 twelve:12 thirteen:13 "
    "fourteen:14 fifteen:15 sixteen:16 seventeen:17 eighteen:18 nineteen:19 twenty:20 thirty:30 forty:40 fifty:50 "
    "sixty:60 seventy:70 eighty:80 ninety:90 "
    "null:0 ein:1 eins:1 zwei:2 drei:3 vier:4 fünf:5 sechs:6 sieben:7 acht:8 neun:9 zehn:10 elf:11 zwölf:12 "
    "dreizehn:13 vierzehn:14 fünfzehn:15 sechzehn:16 siebzehn:17 achtzehn:18 neunzehn:19 zwanzig:20 dreißig:30 "
    "dreissig:30 vierzig:40 fünfzig:50 sechzig:60 siebzig:70 achtzig:80 neunzig:90 "
    "zéro:0 un:1 une:1 deux:2 trois:3 quatre:4 cinq:5 sept:7 huit:8 neuf:9 dix:10 onze:11 douze:12 treize:13 "
    "quatorze:14 quinze:15 seize:16 vingt:20 vingts:20 trente:30 quarante:40 cinquante:50 soixante:60 "
    "cero:0 uno:1 una:1 dos:2 tres:3 cuatro:4 cinco:5 seis:6 siete:7 ocho:8 nueve:9 diez:10 once:11 doce:12 trece:13 "
    "catorce:14 quince:15 dieciséis:16 diecisiete:17 dieciocho:18 diecinueve:19 veinte:20 veintiuna:21 veintidós:22 "
    "veintitrés:23 veinticuatro:24 veinticinco:25 veintiséis:26 veintisiete:27 veintiocho:28 veintinueve:29 "
    "treinta:30 cuarenta:40 cincuenta:50 sesenta:60 setenta:70 ochenta:80 noventa:90 ciento:100 doscient:200 "
    "trescient:300 cuatrocient:400 quinient:500 seiscient:600 setecient:700 ochocient:800 novecient:900"
)
_MANY = (
    "dozen:12 hundred:100 thousand:1000 million:1000000 millions:1000000 billion:1000000000 hundert:100 tausend:1000 "
    "dutzend:12 millionen:1000000 milliarden:1000000000 cent:100 cents:100 mille:1000 milliard:1000000000 cien:100 "
    "mil:1000 millón:1000000 millones:1000000"
)


def _table(text: str) -> dict[str, float]:
    return {word: float(value) for word, _, value in (entry.partition(":") for entry in text.split())}


_VALUES, _POWERS = _table(_SMALL), _table(_MANY)
_VALUES |= {f"{word}{end}": value for word, value in _VALUES.items() if word.endswith("cient") for end in ("os", "as")}
_VALUES |= {f"quinient{end}": 500.0 for end in ("os", "as")}
_JOINED = r"(?:[\s-]{1,2}(?:(?:and|und|et|y)[\s-]{1,2})?)"
_HALVES = {
    "half": 0.5, "demi": 0.5, "demie": 0.5, "media": 0.5, "medio": 0.5, "quarter": 0.25, "third": 1 / 3,
    "quart": 0.25, "tiers": 1 / 3, "cuarto": 0.25, "tercio": 1 / 3, "three quarters": 0.75,
}  # fmt: skip
_PARTS = sorted({*_VALUES, *_POWERS, "und", "einhalb"}, key=len, reverse=True)
_GLUED = re.compile("|".join(map(re.escape, _PARTS)))
_GERMAN = (
    r"(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|sech|sieb|zig|ßig|zwanzig|und|hundert|tausend)"
)


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_ONE = rf"(?:once(?=\sveces)|(?!once\b)(?:{_any({*_VALUES, *_POWERS})}))"
NUMBER_IN_WORDS = (
    rf"(?P<words>(?:(?:an?\s|une?\s|eine?\s)?{_ONE}(?:{_JOINED}{_ONE}\b){{0,8}}"
    r"|\d{1,3}(?=\s(?:and|et|y)\s(?:an?\s|une?\s)?(?:half|demie?|medi[ao])\b)"
    rf"|\d{{1,6}}(?:[.,]\d{{1,3}})?[\s-](?:{_any(_POWERS)})|{_GERMAN}{{1,12}}(?:einhalb)?)(?:\b|(?=fach|mal)))"
    rf"(?:\s(?:point|komma|virgule|coma|punto)(?P<decimals>(?:\s{_ONE}){{1,6}})\b)?"
    rf"(?:\s(?:and|et|y)\s(?:an?\s|une?\s)?(?P<more>{_any(_HALVES)})\b)?"
)
"""Words for one number, as groups "words", "decimals" and "more" (a fraction that is added)."""

_CJK_VALUES = dict(zip("〇零一二两兩三四五六七八九", (0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_CJK_VALUES |= dict(zip("영공일이삼사오육칠팔구", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_CJK_POWERS = {
    "十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8,
    "십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8,
}  # fmt: skip
_NATIVE = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "아홉": 9,
}  # fmt: skip
_TENS = "열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔"
_ONES = "한|하나|두|둘|세|셋|네|넷|다섯|여섯|일곱|여덟|아홉"
CJK_DIGITS = "".join({*_CJK_VALUES, *_CJK_POWERS})
NATIVE_KOREAN = rf"(?:(?:{_TENS})\s?(?:{_ONES})?|{_ONES})"


def value_of_words(words: str, more: str | None = None, decimals: str | None = None) -> float | None:
    """The number that words of English, German, French or Spanish say; None where they say none together.

    Args:
        words: "twenty-five", "2 million", "zweieinhalb".
        more: a fraction that is added: "half".
        decimals: digits behind the point in words: " one four".
    """
    total = current = 0.0
    last = math.inf  # what was read before; units may follow it only where it ends in noughts
    parts = list(_parts(words.lower()))
    if not parts:
        return None
    for part, previous in zip(parts, [None, *parts], strict=False):
        if part in _POWERS:
            power = _POWERS[part]
            if power >= 1000:
                total, current, last = total + (current or 1) * power, 0.0, power
            else:
                current, last = (current or 1) * power, power
        elif part in ("vingt", "vingts") and previous == "quatre":
            current, last = current - 4 + 80, 20.0
        else:
            value = 0.5 if part == "einhalb" else _VALUES[part] if part in _VALUES else float(part.replace(",", "."))
            german = part.endswith(("zig", "ßig", "ssig")) and last < 10  # "fünfundzwanzig"
            french = last in (20.0, 60.0) and 10 <= value < 20  # "soixante-dix"
            tens = 20 <= last < 100 and value < 10
            if not (last >= 100 or tens or german or french or part == "einhalb"):
                return None
            current, last = current + value, value
    tail = "".join(f"{_VALUES[word]:g}" for word in (decimals or "").lower().split() if word in _VALUES)
    return total + current + (float(f"0.{tail}") if tail else 0.0) + (_HALVES[more.lower()] if more else 0.0)


def _parts(words: str) -> Iterator[str]:
    for word in re.split(r"[\s-]+", words):
        if word in _VALUES or word in _POWERS or word[:1].isdigit():
            yield word
        elif word not in ("and", "und", "et", "y", "a", "an", "eine"):
            yield from (part for part in _GLUED.findall(word) if part != "und")


def value_of_cjk(text: str) -> float | None:
    """The number that Chinese, Japanese or Sino-Korean numerals say, which digits may stand among: "一百零三", "3千".

    None for digits in a row: "二三" is two or three.
    """
    whole, _, decimals = re.sub("[点點점．]", ".", text).partition(".")
    total = section = current = 0.0
    before = ""
    for character in whole:
        if character in _CJK_POWERS:
            power = _CJK_POWERS[character]
            if power >= 10**4:
                total, section = total + (section + current or 1) * power, 0.0
            else:
                section += (current or 1) * power
            current, before = 0.0, ""
        else:
            digit = _CJK_VALUES.get(character)
            if digit is not None and before.strip("0"):
                return None
            before += str(character if digit is None else digit)
            current = float(before)
    places = "".join(str(_CJK_VALUES.get(character, character)) for character in decimals)
    if places and not places.isdigit():
        return None
    return total + section + current + (float(f"0.{places}") if places else 0.0)


def value_of_native_korean(text: str) -> float:
    """The number of "열두" or "스물 다섯"."""
    return float(sum(_NATIVE[part] for part in re.findall(f"{_TENS}|{_ONES}", text)))
