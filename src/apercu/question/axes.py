"""Read a factor for each axis: "200% wide, 300% high", "doppelt so breit, dreimal so hoch", "가로 2배, 세로 1.5배".

Amounts and axes are looked for by themselves, in seven languages, and then dealt to each other by their order: the
amounts stand all before their axes, or all after them. A single amount counts only where it is said that the other
axis stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LEAST, _MOST = 1.0, 100.0
_N = r"\d{1,3}(?:[.,]\d{1,4})?"
_WIDTH = re.compile(
    r"\b(?:wide|wider|widen|width|widthwise|across|horizontal\w*|sideways|breite?r?|in die breite|waagerecht|"
    r"larges?|largeur|horizontalement|anch[oa]s?|anchura|(?:in|along) (?:the )?x|x(?= (?:by|times)\b)|"
    r"x[- ](?:axis|direction))\b|"
    r"가로|너비|폭|横[幅向]?|幅|宽度?|寬度?|水平",
    re.IGNORECASE,
)
_HEIGHT = re.compile(
    r"\b(?:tall|taller|high(?![- ](?:res|qual|def|end|dpi))|higher|height|heighten|"
    r"heightwise|vertical\w*|upwards?|hoch|höher|höhe|senkrecht|"
    r"hauts?|hautes?|hauteur|verticalement|alt[oa]s?|altura|(?:in|along) (?:the )?y|y(?= (?:by|times)\b)|"
    r"y[- ](?:axis|direction))\b|"
    r"세로|높이|縦|纵向?|高さ|高度|高(?![清质質分画解精级速])|竖直|垂直",
    re.IGNORECASE,
)
_WORDS = {
    2.0: r"twice|doubl\w*|two times|two-?fold|doppelt|zweimal|zweifach|verdoppel\w*|deux fois|doubler|"
    r"dos veces|doble|duplicar|"
    r"두\s?배|二倍|两倍|兩倍|一倍",
    3.0: r"thrice|tripl\w*|three times|three-?fold|dreimal|dreifach\w*|verdreifach\w*|trois fois|tres veces|"
    r"triple|세\s?배|三倍",
    4.0: r"quadrupl\w*|four times|four-?fold|viermal|vierfach\w*|quatre fois|cuatro veces|네\s?배|四倍",
    5.0: r"five times|fünfmal|fünffach\w*|cinq fois|cinco veces|다섯\s?배|五倍",
    1.5: r"one and a half times|half again(?: as)?|anderthalb(?:mal|fach)|eineinhalb(?:mal|fach)|une fois et demie|"
    r"vez y media|한 배 반|一倍半",
    2.5: r"two and a half times|zweieinhalb(?:mal|fach)|deux fois et demie|dos veces y media|두 배 반|两倍半|二倍半",
}
_WORD = re.compile(
    "|".join(f"(?P<w{i}>(?<![a-zäöüé])(?:{words}))" for i, words in enumerate(_WORDS.values())), re.IGNORECASE
)
_NUMBER = re.compile(
    rf"(?<![a-z0-9.,/-])(?P<by>\b(?:by|um|de|un|factor of|mal|times|par|por|fois)\s)?(?P<n>{_N})\s?"
    r"(?:(?P<share>%|％|percent\b|per cent\b|prozent\b|퍼센트)(?P<more>\s(?:more|larger|wider|taller|higher|größer))?|"
    r"[x×✕]|-?\s?times\b|-?fold\b|-?fach\w*|-?mal\b|fois\b|veces\b|배|倍|"
    r"(?=\s?(?:in|along|on|for)\s(?:the\s)?(?:x|y|width|height|horizontal|vertical)\b)|"
    r"(?(by)(?![\w.%]|\s?(?:px|pix|cm|mm|m\b|inch|in\b|dpi|ppi))|(?!)))"
    rf"|(?<![\w])[x×](?P<x>{_N})(?![\w.])",
    re.IGNORECASE,
)
_AS_IT_IS = (
    r"[^.;!?]{0,12}(?:stays?|same|unchanged|as (?:it )?is|untouched|bleib\w*|gleich\w*|unverändert|beibehalten|"
    r"inchangée?|identique|intacte?|constante?|igual|그대로|そのまま|不变)"
)
_KEPT = re.compile(_AS_IT_IS, re.IGNORECASE)
_STAYS = re.compile(
    r"\b(?:only|just|nur|seulement|uniquement|solo|sólo|solamente|alone)\b|만|だけ|のみ|只|仅|"
    r"(?:n['’]t|\b(?:without|not|keep\w*|leav\w*|same|unchanged|untouched|ohne|bleibt|sans|garde\w*|"
    r"sin|mantén|manteniendo|(?:bei )?gleiche[rnms]?|dieselbe|selbe[rn]?|même|mism[oa]|igual|constante?))\b"
    r"[^.;!?]{0,40}(?:width|height|horizontal|vertical|breite|höhe|largeur|hauteur|ancho|alto|anchura|altura|"
    r"other (?:side|axis|direction|way))|"
    r"(?:width|height|other (?:side|axis|direction)|breite|höhe|largeur|hauteur|ancho|alto|anchura|altura|세로|가로|縦|"
    rf"横|高|宽){_AS_IT_IS}",
    re.IGNORECASE,
)
_GAP = 32
_JOINED = re.compile(r"^\s?(?:and|und|et|y|,|/|&|와|과|と|、|和)\s?(?:the |its |die |la |el |le )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Axes:
    """A factor for the height and one for the width, and the place of the words that say so."""

    y: float
    x: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    """An axis ("x" or "y") or an amount (a factor) of a question."""

    start: int
    end: int
    axis: str = ""
    factor: float = 0.0


def factors_of_axes(text: str) -> Axes | None:
    """The factors that a question names for its two axes; None where it does not tell them apart."""
    words = sorted([*_amounts(text), *_axes(text)], key=lambda word: word.start)
    for i in range(len(words) - 3):
        found = _dealt(text, words[i : i + 4])
        if found:
            return found
    if len([word for word in words if word.factor]) == 1 and _STAYS.search(text):
        return _one_axis(text, words)
    return None


def _dealt(text: str, four: list[_Word]) -> Axes | None:
    """Four words in a row, an amount and an axis in turn, the other axis second."""
    kinds = ["axis" if word.axis else "factor" for word in four]
    if kinds not in (["axis", "factor"] * 2, ["factor", "axis"] * 2):
        return None
    one, other = four[:2], four[2:]
    if any(pair[1].start - pair[0].end > _GAP for pair in (one, other)) or other[0].start - one[1].end > 2 * _GAP:
        return None
    named = {max(word.axis for word in pair): max(word.factor for word in pair) for pair in (one, other)}
    if set(named) != {"x", "y"} or re.search(r"[.!?]\s", text[four[0].end : four[3].start]):
        return None
    return Axes(named["y"], named["x"], four[0].start, four[3].end)


def _one_axis(text: str, words: list[_Word]) -> Axes | None:
    """One amount and the axis next to it; the other stays as it is."""
    place = next(i for i, word in enumerate(words) if word.factor)
    amount = words[place]
    near = [word for word in words[max(0, place - 1) : place + 2] if word.axis]
    if not near or amount.factor <= 1:
        return None
    best = min(near, key=lambda word: max(word.start - amount.end, amount.start - word.end))
    if max(best.start - amount.end, amount.start - best.end) > _GAP:
        return None
    after = [word for word in words if word.start >= best.end and word.axis and word.axis != best.axis]
    if after and _JOINED.match(text[best.end : after[0].start]) and not _KEPT.match(text, after[0].end):
        return None  # "double the width and the height"
    y, x = (amount.factor if best.axis == axis else 1.0 for axis in "yx")
    return Axes(y, x, min(best.start, amount.start), max(best.end, amount.end))


def _axes(text: str) -> list[_Word]:
    return [
        _Word(match.start(), match.end(), axis=axis)
        for axis, pattern in (("x", _WIDTH), ("y", _HEIGHT))
        for match in pattern.finditer(text)
    ]


def _amounts(text: str) -> list[_Word]:
    found = [
        _Word(match.start(), match.end(), factor=list(_WORDS)[int(str(match.lastgroup)[1:])])
        for match in _WORD.finditer(text)
    ]
    for match in _NUMBER.finditer(_WORD.sub(lambda word: " " * len(word.group()), text)):
        number = float((match["n"] or match["x"]).replace(",", "."))
        if match["share"]:
            number = 1 + number / 100 if match["more"] or (match["by"] and number <= 100) else number / 100
        if _LEAST <= number <= _MOST:
            found.append(_Word(match.start(), match.end(), factor=number))
    return found
