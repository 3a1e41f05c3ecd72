"""Read a factor from a word for many times or a share: "three times", "verdoppeln", "50 % más", "放大三倍".

The words are those of English, German, French, Spanish, Korean, Japanese and Chinese.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from apercu.question.measures import ALONE, LARGEST, NOT_SIZE, NUMBER, Said, compiled, plain_number

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
_COUNT = rf"(?:{NUMBER}|\b(?:{_LATIN}))"
_CJK_ALONE = r"(?<![\d/])(?<!\d[.,])(?<!\D-)(?<!^-)"
_CJK = rf"{_CJK_ALONE}(?:\d+(?:[.,]\d+)?|[一二两兩三四五六七八九十]|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_HALF = r"(?P<half>\s?(?:et demie?|y medi[ao]|and a half|半|반))?"

_TIMES_OF = (
    compiled(
        rf"{ALONE}(?P<n>{_COUNT})[\s-]?(?:times|fold|fach\w*|mal\b|fois|veces)\w*{_HALF}{NOT_SIZE}"
        r"(?!\s(?:a|per|pro|par|por|am)\s?(?:day|week|month|year|tag|jour|día))"
    ),
    compiled(rf"(?P<n>{_CJK})\s?[배倍]{_HALF}"),
    compiled(
        rf"\b(?:times|factor|faktor|facteur|multiplica\w* por|multipli\w* par|por|par|um das|fois|mal)"
        rf"\s(?P<n>{_COUNT})\b(?!\s?(?:%|px|cm|mm))"
    ),
    compiled(rf"{ALONE}(?P<n>{NUMBER})\s?[x×](?![\w×]|\s?\d){NOT_SIZE}"),
    compiled(rf"(?<![\w.])(?<!\d\s)[x×]\s?(?P<n>(?!64\b|86\b|32\b){NUMBER})(?![\w%])"),
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
_MANY_WORDS = {factor: compiled(f"{_BEGINS}(?:{words})") for factor, words in _MANY.items()}
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
_PERCENT = compiled(
    rf"(?P<by>\b(?:by|um|de|un)\s)?{ALONE}(?P<n>{NUMBER}|(?:\b(?:{'|'.join(_PERCENT_WORDS)})))\s?"
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
_HUNDREDTHS = compiled(r"百分之(?P<tens>[二三四五六七八九])?十(?P<ones>[一二三四五六七八九])?")
_TO_ONE = compiled(r"(?<![\d:.,/])(?P<n>\d{1,2}(?:[.,]\d)?)\s?:\s?1(?![\d:.,])")
_SHRUNK = compiled(
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
_AREA = compiled(
    rf"(?:\w*\s){{0,3}}?(?:area|pixels\b|pixel count|píxeles|megapixels?|fläche)(?!{EACH_SIDE})|.{{0,3}}(?:面積|"
    rf"面积|면적)"
)
_AREA_BEFORE = compiled(r"(?:面積|面积|면적|area|fläche|surface)\S*\s?(?:\S+\s?){0,2}$")


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
        yield from _limited(plain_number(match["n"]), *match.span())
    for factor, words in _MANY_WORDS.items():
        for match in words.finditer(text):
            yield from _grown(text, match, factor)
    for match in _HUNDREDTHS.finditer(text):
        tens, ones = (NUMERALS.get(match[part] or "", default) for part, default in (("tens", 1), ("ones", 0)))
        yield from _limited(1 + (10 * tens + ones) / 100, *match.span())
    for match in _PERCENT.finditer(text):
        share = _PERCENT_WORDS.get(match["n"].lower()) or plain_number(match["n"])
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
    return float(NUMERALS[lowered]) if lowered in NUMERALS else plain_number(lowered)
