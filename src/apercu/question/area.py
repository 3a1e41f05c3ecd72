"""Read a growth that is said of the area or of the number of pixels: twice the area is the square root of 2 a side."""

from __future__ import annotations

import math
import re

from apercu.question.many_times import EACH_SIDE, NUMERALS
from apercu.question.measures import LARGEST, Said

_N = r"\d{1,4}(?:[.,]\d{1,2})?"
_WORD = "|".join(sorted((word for word in NUMERALS if word[0].isalpha()), key=len, reverse=True))
_CJK = r"(?:[一二两兩三四五六七八九十]|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_MANY = {
    2.0: r"doubl\w*|twice|doppel\w*|verdopp\w*|doble|duplic\w*|dupliqu\w*|두\s?배|갑절|倍増|翻倍|翻一番|加倍",
    3.0: r"tripl\w*|treble\w*|thrice|dreifach\w*|verdreifach\w*",
    9.0: r"verneunfach\w*|neunfach\w*",
    4.0: r"quadrupl\w*|vierfach\w*|vervierfach\w*|cuádruple|cuadrupli\w*",
    1.5: r"half again|half as (?:much|many|large|big) again|anderthalb\w*|eineinhalb\w*",
}
_MANY_WORDS = {factor: re.compile(words, re.IGNORECASE) for factor, words in _MANY.items()}
_AMOUNT = (
    rf"(?P<amount>(?<![A-Za-z0-9.,/-])(?P<n>{_N}|\b(?:{_WORD})|{_CJK})"
    r"(?:[\s-]?(?:times|fold|fach\w*|mal|fois|veces|[x×](?![\w×]))|\s?[배倍])"
    rf"|(?P<share>(?<![A-Za-z0-9.,/-]){_N})\s?(?:%|％|percent|per cent|prozent|pour cent|por ciento|"
    r"퍼센트|パーセント|프로)"
    rf"|(?:(?<!\w)|(?<=[\u3040-\u9fff\uac00-\ud7af]))(?:{'|'.join(_MANY.values())}))"
)
NOT_A_SIDE = (
    r"(?![- ](?:art|grid|size|dimension\w*|width|height|wide|across|tall|high|long|edge|ratio)\b)"
    rf"(?!{EACH_SIDE})"
)
_AREA = (
    rf"(?P<area>\b(?:surface area|surface|area|square (?:inch\w*|feet|cent\w*|met\w*|footage)|"
    r"(?:mega)?pixels?(?: count)?|number of (?:mega)?pixels|\w*fläche\w*|flächeninhalt\w*|pixelzahl|"
    r"(?:bild)?pixeln?|bildpunkte\w*|megapixel\w*|"
    r"quadrat(?:zentimeter|meter)\w*|superficie|aire|nombre de pixels|área|p[ií]xeles|número de p[ií]xeles|"
    rf"megap[ií]xeles)\b{NOT_A_SIDE}"
    r"|(?:면적|넓이|픽셀\s?총?수|화소(?:\s?수)?|총\s?픽셀)|(?:総)?(?:面積|画素数?|ピクセル数)|(?:总)?(?:面积|像素(?:总?数)?))"
)
_BETWEEN = (
    r"(?:\s(?:the|as|much|many|more|of|its|it|has|original|present|current|printed?|total|image|picture|paper|wall|"
    r"larger|greater|in|so|viel\w*|mehr|groß\w*|größer\w*|die|der|den|das|an|bedruckte?|gesamte?|plus|grande?|de|la|le|"
    r"les|du|des|d['’]|l['’]|imprimée?|totale?|más|mayor|el|los|las|que|number|count|autant|tant[oa]s?)\b){0,5}\s?(?:d['’]|l['’])?"
)
_OF_IT = (
    r"(?:\s?(?:of|the|my|our|this|a|photo|picture|image|print|printed|poster|scan|logo|drawing|it|its|factor|des|der|"
    r"vom|von|bild(?:es)?|foto\w*|das|die|de|du|la|le|l['’]|d['’]|imagen|un|une|una|que)\b){0,6}"
)
_TO_BECOME = (
    rf"{_OF_IT}(?:\s(?:should|shall|must|has|have|needs?|is|be|become|grow|grows|by|to|multiplied|increased?|raised?|"
    r"enlarged|soll(?:te)?|muss|auf|um|doit|devrait|être|par|multipliée?|por|multiplicad[ao]|debe|ser|sea|tiene|werden|"
    rf"sein)\b){{1,4}}{_OF_IT}\s"
)
_AFTER = re.compile(rf"{_AMOUNT}{_BETWEEN}\s?(?:の|의|的)?\s?{_AREA}", re.IGNORECASE)
_BEFORE = re.compile(
    rf"(?<!this )(?<!that )(?<!an )(?<!one ){_AREA}"
    rf"(?:{_TO_BECOME}|\s?(?:を|が|は|で|だけ|을|를|이|가|은|는|으로|로|要|变成?|变为|放大到?|扩大到?|增加到?|是|为|得|有|的|原来|原图|元|"
    rf"원래|원본|지금|현재|보다|의|기준|\s){{0,6}}){_AMOUNT}",
    re.IGNORECASE,
)
_VERB_AT_END = re.compile(
    r"(?P<area>\b\w*(?:fläche|pixelzahl|bildpunkte|surface|superficie|área|area)\w*\b)[^.,;!?]{0,24}?"
    r"(?P<amount>\b(?:verdopp\w+|ver(?:drei|vier|neun)fach\w+|doubl(?:ed|ée?|er)|tripl(?:ed|ée?|er)|quadrupl(?:ed|ée?|er)|"
    r"duplicad\w+|triplicad\w+|cuadruplicad\w+)\b)",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:more|larger|greater|extra|mehr|größer\w*|plus|de plus|más|mayor|by|um|de)\b|더|多|増|增", re.IGNORECASE
)


_EACH_SIDE = re.compile(
    r"(?:縦横|上下左右|가로\s?세로|长宽|長寬|宽高|两个?方向|両方向|各辺|每边|각 변)\S{0,6}\s?\S{0,2}\s?$"
)


def grown_area(text: str) -> Said | None:
    """The factor of a side where a text says how much larger the area, or how many more the pixels are to become."""
    for pattern in (_AFTER, _BEFORE, _VERB_AT_END):
        for match in pattern.finditer(text):
            if not match.string.isascii() and _EACH_SIDE.search(text, max(0, match.start() - 12), match.start()):
                continue
            factor = math.sqrt(_times(match))
            if 1 < factor <= LARGEST:
                return Said(round(factor, 4), *match.span())
    return None


def _times(match: re.Match[str]) -> float:
    """What the area is multiplied with; 0 where nothing is said."""
    found = match.groupdict()
    if found.get("share"):
        share = _number(found["share"]) / 100
        adds = _MORE.search(match.string, max(0, match.start("amount") - 5), min(len(match.string), match.end() + 8))
        return 1 + share if adds and share <= 1 else share
    if said := found.get("n"):
        lowered = said.lower()
        return float(NUMERALS[lowered]) if lowered in NUMERALS else _number(lowered)
    return next((factor for factor, words in _MANY_WORDS.items() if words.match(match["amount"])), 0.0)


def _number(text: str) -> float:
    return float(text.replace(",", "."))
