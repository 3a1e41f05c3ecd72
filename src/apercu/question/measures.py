"""Read a factor from two measures of one kind that a question names.

"64 px to 512 px", "we have 90x30, we need 900x300", "72 dpi, they want 300", "A5 to A3" and "12 MP to 48 MP" all name
two measures of the same kind; the larger over the smaller is the factor of a side.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

LARGEST = 100.0
_MOST_MEGA, _ENOUGH = 1_000, 1.05
_LEAST_BARE, _YEARS = 12, range(1800, 2050)


@dataclass(frozen=True, slots=True)
class Said:
    """A factor with the place of the words that say it."""

    factor: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Measure:
    kind: str
    values: tuple[float, ...]
    start: int
    end: int
    wide: bool = False


# What follows a number of times when it does not speak of size.
NOT_SIZE = (
    r"(?!\s*(?:times\s+)*as\s+(?:fast|quick|slow)|\s*(?:(?:as|times|much|way|more)\s+)*"
    r"(?:faster|quicker|slower|fast[- ]?forward|slow[- ]?mo|"
    r"speed|cheap|better|worse|sharper|clearer|more(?!\s+pixels)|less|fewer|"
    r"often|per\b|optical|aa\b|"
    r"an? (?:day|week|month|year|night)|the (?:price|cost|speed|time|money|amount|number of (?!pixels))|"
    r"already|in a row|and (?:it )?fail|before|so far))"
)
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,6}(?:[.,]\d{1,3})?)"
ALONE = r"(?<![a-z0-9_.,@/])(?<!\s-)(?<!^-)"
_TIMES = r"\s?(?:x|×|✕|\*|by|par|por|mal|auf)\s?"
_PIXEL = r"(?:px|pixe?ls?\b|pixeln|pix|píxel(?:es)?|píxels?|像素|픽셀|ピクセル|画素|lines|角)"
_LENGTH = {
    r"mm|millimet\w*": 1.0,
    r"cm|centim\w*|zentim\w*|厘米|公分|センチ|센티": 10.0,
    r"inch(?:es)?|in\b|zoll|pouces?|pulgadas?|英寸|寸|インチ|인치": 25.4,
    r"ft\b|foot|feet": 304.8,
    r"metres?|meters?|mètres?|metros?|m\b|米|メートル|미터": 1e3,
    r"km": 1e6,
}
"""Units as patterns, in millimetres."""
_LENGTHS = "|".join(_LENGTH)
_SCREENS = {"fhd": 1080, "fullhd": 1080, "풀hd": 1080, "2k": 1440, "qhd": 1440, "4k": 2160, "uhd": 2160, "8k": 4320}
_DENSITIES = {"ldpi": 0.75, "mdpi": 1.0, "hdpi": 1.5, "xhdpi": 2.0, "xxhdpi": 3.0, "xxxhdpi": 4.0}


def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PAIR = compiled(
    rf"{ALONE}(?P<w>{NUMBER})(?:\s?{_PIXEL})?{_TIMES}(?P<h>{NUMBER})(?![\w.]*\d)\s?(?P<unit>{_LENGTHS}|{_PIXEL})?"
)
_SIDE = compiled(rf"{ALONE}(?P<n>{NUMBER})[\s-]?{_PIXEL}")
_WIDE = compiled(r"\s?(?:wide|in width|across|breit|breite|de (?:large|largeur|ancho|anchura))\b")
_WIDTH = compiled(r"(?:\b(?:width|breite|largeur|ancho|anchura)\b|가로|너비|폭|横幅?|幅|宽度?|寬度?)[^\d.,;!?]*$")
_BESIDE = 24
_SCREEN = compiled(rf"{ALONE}(?:(?P<p>\d{{3,4}})p(?![a-z])|(?P<name>full ?hd|풀 ?hd|fhd|4k|8k|2k|uhd|qhd)(?![a-z]))")
_DPI = compiled(rf"{ALONE}(?P<n>{NUMBER})\s?-?(?:dpi|ppi|dots per inch|ppp|점)")
_MEGA = compiled(
    rf"{ALONE}(?P<n>{NUMBER})[\s-]?(?:mp\b|mpx|mpix\w*|mega-?pixels?|mega-?píxe\w+|メガピクセル|[万萬](?:像素|画素)|만\s?화소|메가픽셀|mégap\w+|megapíx\w+)"
)
_MEGA_TOO = compiled(
    r"\b(?:out of|from|aus|mindestens|at least|au moins|al menos|mínimo|wants?|needs?|requires?|asks? for|"
    r"demands?|will|"
    rf"verlangt|braucht|piden?|exigen?|demande\w*|exige\w*|veu\w+|quier\w+)\s(?P<n>{NUMBER})(?=\s*(?:[,;!?)]|\.(?!\d)|$))"
)
_PAPER = compiled(r"(?<![\w-])(?:DIN[ -]?)?(?P<series>[AB])(?P<n>[0-7])(?!\w|\.\d)")
_SHARED = compiled(
    rf"{ALONE}(?P<a>{NUMBER})\s?(?:to|up to|auf|bis|à|a|→|->|から|到)\s?(?P<b>{NUMBER})\s?-?"
    r"(?:(?P<area>mp\b|mpx|mega-?p\w+|メガピクセル|万像素|메가픽셀)|(?:dpi|ppi|cm|mm|inch(?:es)?|zoll|pouces?|pulgadas?)\b)"
)
"""Two numbers with one unit: "1.2 to 4.8 megapixels"."""
_DENSITY = compiled(r"(?<!\w)(?P<n>x{0,3}hdpi|mdpi|ldpi)(?!\w)")
_AT = compiled(r"@(?P<n>[1-5])x")
_PER_PIXEL = compiled(
    rf"{ALONE}(?P<n>{NUMBER})\s?-?(?P<unit>km|cm|m|metres?|meters?)\s?(?:/|per|pro|par|por|each)?\s?(?:pixel|px|band|gsd)"
)
_RULED = compiled(rf"{ALONE}(?P<n>{NUMBER})[\s-]?(?P<unit>{_LENGTHS})(?![a-z])")
_BARE = compiled(
    r"(?<![a-z0-9_.,@/×%#-])(?P<n>\d{2,5})(?!\w?[.,]?\d)(?![a-z])(?!\s?(?:%|x\b|×|times|fold|°|\$|€|£|gb|mb|kb|fps|hz|years?|min|sec))"
)


def two_measures(text: str) -> Said | None:
    """The factor that two measures of one kind make, of the first kind that a text names exactly two different ones of.

    Bare numbers count last, and only when they cannot be years.
    """
    if pair := _SHARED.search(text):
        ratio = plain_number(pair["b"]) / max(plain_number(pair["a"]), 1e-9)
        if 1 < ratio <= LARGEST:
            return Said(math.sqrt(ratio) if pair["area"] else ratio, *pair.span())
    kinds: dict[str, list[_Measure]] = {}
    for measure in _measures(text):
        kinds.setdefault(measure.kind, []).append(measure)
    bare = kinds.pop("bare", [])
    if said := _printed(kinds) or _ratio([*kinds.get("mega", ()), *_of_megapixels(text, kinds)]):
        return said
    for kind, found in kinds.items():
        if said := _ratio(found):
            return said
        # "my file has 72 dpi, they want 300": a number without a unit beside one with it.
        if kind in ("pixels", "dpi", "mega") and len(found) == 1 and len(set(found[0].values)) == 1:
            alike = [
                _Measure(kind, (math.sqrt(m.values[0]) if kind == "mega" else m.values[0],), m.start, m.end)
                for m in bare
            ]
            if len(alike) == 1 and (said := _ratio([found[0], *alike])):
                return said
    return _ratio(bare)


def _printed(kinds: Mapping[str, list[_Measure]]) -> Said | None:
    """Lengths at so many dots per inch against each other, each before its dots, or against a number of pixels."""
    lengths, dots, pixels = (kinds.get(kind, []) for kind in ("length", "dpi", "pixels"))
    if not (1 <= len(lengths) == len(dots) and len(lengths) + len(pixels) == 2):
        return None
    in_turn = [measure.start for pair in zip(lengths, dots, strict=True) for measure in pair]
    if not pixels and in_turn != sorted(in_turn):
        return None
    sized = [
        _Measure(
            "pixels", tuple(value / 25.4 * at.values[0] for value in length.values), length.start, at.end, length.wide
        )
        for length, at in zip(lengths, dots, strict=True)
    ]
    both = [*pixels, *sized]
    if len({len(measure.values) for measure in both}) != 1:
        return None
    if pixels and max(sized[0].values) < _ENOUGH * max(pixels[0].values):
        return None  # there are enough
    # A picture may be printed lying or standing.
    return _ratio([replace(measure, values=tuple(sorted(measure.values))) for measure in both])


def _of_megapixels(text: str, kinds: Mapping[str, list[_Measure]]) -> Iterator[_Measure]:
    """A small number beside one of megapixels: "I need 24 megapixels out of 6"."""
    bare = _MEGA_TOO.search(text)
    if len(kinds.get("mega", ())) == 1 and bare and plain_number(bare["n"]) < _MOST_MEGA:
        yield _Measure("mega", (math.sqrt(plain_number(bare["n"])),), *bare.span("n"))


def _measures(text: str) -> Iterator[_Measure]:
    """All measures, a kind after the other, the surest kind first; what one has read another does not read again."""
    rest = text
    for kind, pattern in (
        ("pixels", _PAIR), ("pixels", _SCREEN), ("dpi", _DPI), ("density", _DENSITY), ("density", _AT),
        ("mega", _MEGA), ("pixels", _SIDE), ("paper", _PAPER), ("ground", _PER_PIXEL), ("length", _RULED),
        ("bare", _BARE),
    ):  # fmt: skip
        found = []
        for match in pattern.finditer(rest):
            named = kind
            if pattern is _PAIR and match["unit"] and not re.fullmatch(_PIXEL, match["unit"], re.IGNORECASE):
                named = "length"
            if (values := _values(pattern, match)) is not None:
                found.append(match)
                yield _Measure(named, values, *match.span(), wide=pattern is _SIDE and _is_width(rest, match))
        for match in found:
            rest = rest[: match.start()] + "\0" * len(match.group()) + rest[match.end() :]


def _is_width(text: str, match: re.Match[str]) -> bool:
    """Whether the words beside one side call it the width."""
    return bool(_WIDE.match(text, match.end()) or _WIDTH.search(text, max(0, match.start() - _BESIDE), match.start()))


def _values(pattern: re.Pattern[str], match: re.Match[str]) -> tuple[float, ...] | None:
    """What a match measures, one number or two; larger is larger."""
    if pattern is _PAIR:
        unit = _unit(match["unit"]) if match["unit"] else 1.0
        return tuple(plain_number(match[side]) * unit for side in "wh")
    if pattern is _SCREEN:
        return (float(match["p"] or _SCREENS[match["name"].lower().replace(" ", "")]),)
    if pattern is _MEGA:
        return (math.sqrt(plain_number(match["n"])),)
    if pattern is _PAPER:
        return ((2**0.5 if match["series"] in "Bb" else 1.0) ** 0.5 * 2 ** (-int(match["n"]) / 2),)
    if pattern is _DENSITY:
        return (_DENSITIES[match["n"].lower()],)
    if pattern is _PER_PIXEL:
        return (1 / max(plain_number(match["n"]) * _unit(match["unit"]), 1e-9),)
    if pattern is _RULED:
        return (plain_number(match["n"]) * _unit(match["unit"]),)
    value = plain_number(match["n"])
    if pattern is _BARE and (value < _LEAST_BARE or value in _YEARS):
        return None
    return (value,)


def _ratio(found: list[_Measure]) -> Said | None:
    """The larger over the smaller of two that differ; both sides of a picture must grow alike."""
    distinct = list({measure.values: measure for measure in found}.values())
    if len(distinct) != 2:
        return None
    one, other = distinct
    if len(one.values) == len(other.values) == 2:
        ratios = [max(a, b) / max(min(a, b), 1e-9) for a, b in zip(one.values, other.values, strict=True)]
        grows = {a < b for a, b in zip(one.values, other.values, strict=True)}
        if len(grows) != 1 or max(ratios) > 1.02 * min(ratios):
            return None
        factor = sum(ratios) / 2
    else:
        # One side beside a pair is held against the pair's height ("1080p"), or its width where it is said to be one.
        wide = one.wide or other.wide
        one_side, other_side = (m.values[0] if wide or len(m.values) == 1 else m.values[1] for m in distinct)
        factor = max(one_side, other_side) / max(min(one_side, other_side), 1e-9)
    if not 1 < factor <= LARGEST:
        return None
    return Said(factor, min(one.start, other.start), max(one.end, other.end))


def _unit(name: str) -> float:
    return next((size for pattern, size in _LENGTH.items() if re.fullmatch(pattern, name, re.IGNORECASE)), 1.0)


def plain_number(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))
