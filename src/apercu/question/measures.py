"""Read a factor from what a question says beside "3x": two measures of one kind, or a word for many times.

"64 px to 512 px", "we have 90x30, we need 900x300", "72 dpi, they want 300", "A5 to A3" and "12 MP to 48 MP" all name
two measures of the same kind; the larger over the smaller is the factor of a side. Words for many times are those of
English, German, French, Spanish, Korean, Japanese and Chinese.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

LARGEST = 100.0
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
_N = r"(?:\d{1,3}(?:,\d{3})+|\d{1,6}(?:[.,]\d{1,3})?)"
_ALONE = r"(?<![a-z0-9_.,@/])(?<!\s-)(?<!^-)"
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


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PAIR = _compiled(
    rf"{_ALONE}(?P<w>{_N})(?:\s?{_PIXEL})?{_TIMES}(?P<h>{_N})(?![\w.]*\d)\s?(?P<unit>{_LENGTHS}|{_PIXEL})?"
)
_SIDE = _compiled(rf"{_ALONE}(?P<n>{_N})[\s-]?{_PIXEL}")
_WIDE = _compiled(r"\s?(?:wide|in width|across|breit|breite|de (?:large|largeur|ancho|anchura))\b")
_WIDTH = _compiled(r"(?:\b(?:width|breite|largeur|ancho|anchura)\b|가로|너비|폭|横幅?|幅|宽度?|寬度?)[^\d.,;!?]*$")
_BESIDE = 24
_SCREEN = _compiled(rf"{_ALONE}(?:(?P<p>\d{{3,4}})p(?![a-z])|(?P<name>full ?hd|풀 ?hd|fhd|4k|8k|2k|uhd|qhd)(?![a-z]))")
_DPI = _compiled(rf"{_ALONE}(?P<n>{_N})\s?-?(?:dpi|ppi|dots per inch|ppp|점)")
_MEGA = _compiled(
    rf"{_ALONE}(?P<n>{_N})[\s-]?(?:mp\b|mpx|mpix\w*|mega-?pixels?|mega-?píxe\w+|メガピクセル|[万萬](?:像素|画素)|만\s?화소|메가픽셀|mégap\w+|megapíx\w+)"
)
_MEGA_TOO = _compiled(
    r"\b(?:out of|from|aus|mindestens|at least|au moins|al menos|mínimo|wants?|needs?|requires?|asks? for|"
    r"demands?|will|"
    rf"verlangt|braucht|piden?|exigen?|demande\w*|exige\w*|veu\w+|quier\w+)\s(?P<n>{_N})(?=\s*(?:[,;!?)]|\.(?!\d)|$))"
)
_PAPER = _compiled(r"(?<![\w-])(?:DIN[ -]?)?(?P<series>[AB])(?P<n>[0-7])(?!\w|\.\d)")
_SHARED = _compiled(
    rf"{_ALONE}(?P<a>{_N})\s?(?:to|up to|auf|bis|à|a|→|->|から|到)\s?(?P<b>{_N})\s?-?"
    r"(?:(?P<area>mp\b|mpx|mega-?p\w+|メガピクセル|万像素|메가픽셀)|(?:dpi|ppi|cm|mm|inch(?:es)?|zoll|pouces?|pulgadas?)\b)"
)
"""Two numbers with one unit: "1.2 to 4.8 megapixels"."""
_TO_ONE = _compiled(r"(?<![\d:.,/])(?P<n>\d{1,2}(?:[.,]\d)?)\s?:\s?1(?![\d:.,])")
_DENSITY = _compiled(r"(?<!\w)(?P<n>x{0,3}hdpi|mdpi|ldpi)(?!\w)")
_AT = _compiled(r"@(?P<n>[1-5])x")
_PER_PIXEL = _compiled(
    rf"{_ALONE}(?P<n>{_N})\s?-?(?P<unit>km|cm|m|metres?|meters?)\s?(?:/|per|pro|par|por|each)?\s?(?:pixel|px|band|gsd)"
)
_RULED = _compiled(rf"{_ALONE}(?P<n>{_N})[\s-]?(?P<unit>{_LENGTHS})(?![a-z])")
_BARE = _compiled(
    r"(?<![a-z0-9_.,@/×%#-])(?P<n>\d{2,5})(?!\w?[.,]?\d)(?![a-z])(?!\s?(?:%|x\b|×|times|fold|°|\$|€|£|gb|mb|kb|fps|hz|years?|min|sec))"
)


def two_measures(text: str) -> Said | None:
    """The factor that two measures of one kind make, of the first kind that a text names exactly two different ones of.

    Bare numbers count last, and only when they cannot be years.
    """
    if pair := _SHARED.search(text):
        ratio = _number(pair["b"]) / max(_number(pair["a"]), 1e-9)
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
    # A picture may be printed lying or standing.
    return _ratio([replace(measure, values=tuple(sorted(measure.values))) for measure in both])


def _of_megapixels(text: str, kinds: Mapping[str, list[_Measure]]) -> Iterator[_Measure]:
    """A small number beside one of megapixels: "I need 24 megapixels out of 6"."""
    if len(kinds.get("mega", ())) == 1 and (bare := _MEGA_TOO.search(text)):
        yield _Measure("mega", (math.sqrt(_number(bare["n"])),), *bare.span("n"))


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
        return tuple(_number(match[side]) * unit for side in "wh")
    if pattern is _SCREEN:
        return (float(match["p"] or _SCREENS[match["name"].lower().replace(" ", "")]),)
    if pattern is _MEGA:
        return (math.sqrt(_number(match["n"])),)
    if pattern is _PAPER:
        return ((2**0.5 if match["series"] in "Bb" else 1.0) ** 0.5 * 2 ** (-int(match["n"]) / 2),)
    if pattern is _DENSITY:
        return (_DENSITIES[match["n"].lower()],)
    if pattern is _PER_PIXEL:
        return (1 / max(_number(match["n"]) * _unit(match["unit"]), 1e-9),)
    if pattern is _RULED:
        return (_number(match["n"]) * _unit(match["unit"]),)
    value = _number(match["n"])
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


def _number(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


# --- words for many times ---------------------------------------------------------------------------------------------

NUMERALS = {
    "one and a half": 1.5, "two and a half": 2.5, "three and a half": 3.5, "two": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "sixteen": 16, "twenty": 20,
    "thirty": 30,
    "hundred": 100, "anderthalb": 1.5, "eineinhalb": 1.5, "zweieinhalb": 2.5, "dreieinhalb": 3.5,
    "zwei": 2, "drei": 3, "vier": 4,
    "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "zwölf": 12, "hundert": 100,
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "douze": 12, "cent": 100,
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "doce": 12,
    "cien": 100, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
    "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_LATIN = "|".join(sorted((word for word in NUMERALS if ord(word[0]) < 0x2000), key=len, reverse=True))
_COUNT = rf"(?:{_N}|\b(?:{_LATIN}))"
_CJK_ALONE = r"(?<![\d/])(?<!\d[.,])(?<!\D-)(?<!^-)"
_CJK = rf"{_CJK_ALONE}(?:\d+(?:[.,]\d+)?|[一二两兩三四五六七八九十]|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_HALF = r"(?P<half>\s?(?:et demie?|y medi[ao]|and a half|半|반))?"

_TIMES_OF = (
    _compiled(
        rf"{_ALONE}(?P<n>{_COUNT})[\s-]?(?:times|fold|fach\w*|mal\b|fois|veces)\w*{_HALF}{NOT_SIZE}"
        r"(?!\s(?:a|per|pro|par|por|am)\s?(?:day|week|month|year|tag|jour|día))"
    ),
    _compiled(rf"(?P<n>{_CJK})\s?[배倍]{_HALF}"),
    _compiled(
        rf"\b(?:times|factor|faktor|facteur|multiplica\w* por|multipli\w* par|por|par|um das|fois|mal)"
        rf"\s(?P<n>{_COUNT})\b(?!\s?(?:%|px|cm|mm))"
    ),
    _compiled(rf"{_ALONE}(?P<n>{_N})\s?[x×](?![\w×]|\s?\d){NOT_SIZE}"),
    _compiled(rf"(?<![\w.])(?<!\d\s)[x×]\s?(?P<n>(?!64\b|86\b|32\b){_N})(?![\w%])"),
)
_MANY = {
    2.0: r"doubl\w*|twice|two-?fold|doppel\w*|verdoppel\w*|doble|dobl\w+|duplic\w+|곱절|갑절|두배|翻倍|加倍|翻一番|"
    r"(?:提高|提升|增加|增大|加大|扩大|变大|大)了?一倍|"
    r"(?<![\d一二两三四五六七八九十.])倍(?=に|サイズ|の|寸|角)",
    3.0: r"tripl\w*|thrice|treble\w*|verdreifach\w*|dreifach\w*",
    4.0: r"quadrupl\w*|vervierfach\w*|cuádruple|cuadruplic\w+|quadrupel\w*",
    5.0: r"quintupl\w*|verfünffach\w*",
    1.5: r"(?:by\s)?half again(?: as)?|half as \w+ again|by half\b|"
    r"une fois et demie|(?:una )?vez y media|um die hälfte|la mitad más|moitié plus",
}
_BEGINS = r"(?:(?<!\w)|(?<=[\u3040-\u9fff\uac00-\ud7af]))"
"""Where a word begins; Chinese, Japanese and Korean words need no space before them."""
_MANY_WORDS = {factor: _compiled(f"{_BEGINS}(?:{words})") for factor, words in _MANY.items()}
_TENS = {
    "ten zehn dix diez": 10, "fifteen fünfzehn quinze quince": 15, "twenty zwanzig vingt veinte": 20,
    "twenty-five fünfundzwanzig vingt-cinq veinticinco": 25, "thirty dreißig trente treinta": 30,
    "forty vierzig quarante cuarenta": 40, "fifty fünfzig cinquante cincuenta": 50,
    "sixty sechzig soixante sesenta": 60,
    "seventy siebzig setenta": 70, "eighty achtzig ochenta": 80, "ninety neunzig noventa": 90,
    "hundred hundert cien": 100,
}  # fmt: skip
_PERCENT_WORDS = {
    "two hundred": 200.0,
    "three hundred": 300.0,
    **{word: float(share) for words, share in _TENS.items() for word in words.split()},
}
_PERCENT = _compiled(
    rf"(?P<by>\b(?:by|um|de|un)\s)?{_ALONE}(?P<n>{_N}|(?:\b(?:{'|'.join(_PERCENT_WORDS)})))\s?"
    r"(?:%|％|percent|per cent|prozent|pour cent|por ciento|퍼센트|パーセント)"
    r"(?P<more>\s(?:bigger|larger|wider|taller|more|größer|plus (?:grand|gros)\w*|de plus|más (?:grand|ampli)\w*|"
    r"mayor|más|mehr)"
    r"|(?P<grown>\s?(?:만큼|정도|쯤|ほど|だけ|くらい|ぐらい|分)?\s?(?:더|크게|키[우워]|늘[리려]|大き|拡大|増|大一?些|大一?点|増やし|확대)))?"
)
_GROWS_BY = re.compile(r"(?:放大|增大|扩大|变大|加大|大了?)\s?$")
_SIZE_BEFORE = re.compile(
    r"(?:分辨率|解析度|尺寸|大小|解像度|サイズ|大きさ|寸法|해상도|크기|사이즈)\S{0,2}?\s?(?:提高|提升|增加|增高|调高)?了?\s?$"
)
_RAISED = re.compile(r"(?<=提高)|(?<=提升)|(?<=增加)|(?<=增高)|(?<=调高)")
_RAISED_AFTER = re.compile(r"\s?(?:ほど|だけ|くらい|만큼|정도)?\s?(?:上げ|アップ|引き上げ|높[이여]|올[리려])")
_HUNDREDTHS = _compiled(r"百分之(?P<tens>[二三四五六七八九])?十(?P<ones>[一二三四五六七八九])?")
_SHRUNK = _compiled(
    r"\b(?:shrank|shrunk|shrink|reduced|scaled down|downsized|verkleinert|réduit\w*|reduc\w+|缩小|縮小|줄)\w*"
)
EACH_SIDE = (
    r",? (?:(?:in|on|along|per|pro|par|por|auf|sur|en|dans|a|de|entlang) (?:each|every|both|one|a|the|jede\w*|beide\w*|"
    r"chaque|cada|le|la|les deux|ambas?|ambos|des deux|todas las|all) "
    r"(?:sides?|directions?|ways?|axis|axes|width|height|edges?|dimensions?|seite\w*|richtung\w*|achse\w*|kante\w*|"
    r"côtés?|sens|bords?|lados?|dirección|direcciones|ejes?|longest|long|largeur|hauteur|ancho|alto)"
    r"|(?:each|either|both) (?:way|ways|side|direction|directions)|(?:both )?horizontally and vertically|"
    r"(?:per|pro|par|por) (?:side|edge|axis|dimension|seite|kante|achse|côté|bord|lado|eje))\b"
)
"""After pixels, by which these are told of one side: "twice as many pixels in each direction" is twice as wide."""
_AREA = _compiled(
    rf"(?:\w*\s){{0,3}}?(?:area|pixels\b|pixel count|píxeles|megapixels?|fläche)(?!{EACH_SIDE})|.{{0,3}}(?:面積|"
    rf"面积|면적)"
)
_AREA_BEFORE = _compiled(r"(?:面積|面积|면적|area|fläche|surface)\S*\s?(?:\S+\s?){0,2}$")


def many_times(text: str) -> Said | None:
    """The factor that words say, of a question that is known to be about enlarging; None where they say several."""
    found = sorted(_said(text), key=lambda said: (said.start, -said.end))
    kept: list[Said] = []
    for said in found:
        if not kept or said.start >= kept[-1].end:
            kept.append(said)
    return kept[0] if kept and len({round(said.factor, 3) for said in kept}) == 1 else None


def _said(text: str) -> Iterator[Said]:
    for pattern in _TIMES_OF:
        for match in pattern.finditer(text):
            factor = _count(match["n"]) + (0.5 if "half" in pattern.groupindex and match["half"] else 0.0)
            yield from _grown(text, match, factor)
    for match in _TO_ONE.finditer(text):
        yield from _limited(_number(match["n"]), *match.span())
    for factor, words in _MANY_WORDS.items():
        for match in words.finditer(text):
            yield from _grown(text, match, factor)
    for match in _HUNDREDTHS.finditer(text):
        tens, ones = (NUMERALS.get(match[part] or "", default) for part, default in (("tens", 1), ("ones", 0)))
        yield from _limited(1 + (10 * tens + ones) / 100, *match.span())
    for match in _PERCENT.finditer(text):
        share = _PERCENT_WORDS.get(match["n"].lower()) or _number(match["n"])
        shrunk = _SHRUNK.search(text, max(0, match.start() - 40), match.end() + 12)
        if share < 100 and shrunk:
            yield from _limited(100 / share, match.start(), match.end())
        elif (
            (match["more"] and not match["grown"])
            or ((match["by"] or match["grown"] or _GROWS_BY.search(text, 0, match.start())) and share <= 100)
            or (share <= 100 and _is_raised(text, match))
        ):
            yield from _limited(1 + share / 100, match.start(), match.end())
        else:
            yield from _limited(share / 100, match.start(), match.end())


def _is_raised(text: str, match: re.Match[str]) -> bool:
    """Whether the resolution or the size is said to rise by it: "分辨率提高50%", "解像度を50%上げたい"."""
    before = text[max(0, match.start() - 10) : match.start()]
    if not _SIZE_BEFORE.search(before):
        return False
    return bool(_RAISED_AFTER.match(text, match.end()) or _RAISED.search(before))


def _grown(text: str, match: re.Match[str], factor: float) -> Iterator[Said]:
    area = _AREA.match(text, match.end()) or _AREA_BEFORE.search(text, max(0, match.start() - 14), match.start())
    yield from _limited(math.sqrt(factor) if area else factor, match.start(), match.end())


def _limited(factor: float, start: int, end: int) -> Iterator[Said]:
    if 1 < factor <= LARGEST:
        yield Said(factor, start, end)


def _count(text: str) -> float:
    lowered = text.lower().strip()
    return float(NUMERALS[lowered]) if lowered in NUMERALS else _number(lowered)
