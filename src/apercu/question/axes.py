"""Read a factor for each axis: "200% wide, 300% high", "doppelt so breit, dreimal so hoch", "가로 2배, 세로 1.5배".

Amounts and axes are looked for by themselves, in seven languages, and then dealt to each other by their order: the
amounts stand all before their axes, or all after them. A single amount counts for one axis only where it is said that
the other one stays as it is, or that nothing but this one grows: a picture is never stretched by a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LEAST, _MOST = 1.0, 100.0
_N = r"\d{1,3}(?:[.,]\d{1,4})?"
_GOOD = (
    r"[- ](?:res|qual|def|end|dpi|fid|detail|contrast|pixel|mountain|file|size|bit|frame|aufg|aufl|wie|possible|as\b|"
    r"calidad|fidelidad|nitidez)\w*"
)
"""What "high" is said of where it is about no axis."""
_WIDTH = re.compile(
    r"\b(?:wide(?! angle|-angle)|wider|widen|width|widthwise|across(?= by|\s*(?:[,;.!?]|$|and\b|only\b))|horizontal\w*|"
    rf"sideways|breite?r?(?!{_GOOD})|in die breite|waagerecht|(?:(?<=plus )|(?<=aussi )|(?<=fois ))larges?|largeur|"
    r"horizontalement|anch[oa]s?|anchura|(?:in|along) (?:the )?x|x(?= (?:by|times)\b)|x[- ](?:axis|direction))\b|"
    r"가로|너비|폭(?![발포탄풍력])|横(?![浜長型断版屏竖構])[幅向]?|幅|(?<!放)宽(?!屏)度?|寬度?|水平",
    re.IGNORECASE,
)
_HEIGHT = re.compile(
    rf"\b(?:taller|tall|higher(?!{_GOOD})|heightwise|heighten|height|high(?!{_GOOD})|vertical\w*|upwards?|"
    rf"hoch(?!{_GOOD})|höher(?!{_GOOD})|höhe|senkrecht|(?:haut|haute)s?(?! (?:qual|réso|défi|fidé)\w*)|hauteur|"
    rf"verticalement|alt[oa]s?(?!{_GOOD}| resol| def)|altura|(?:in|along) (?:the )?y|y(?= (?:by|times)\b)|"
    r"y[- ](?:axis|direction))\b|"
    r"세로|높이(?!고|기|려|며|면|자|다|도록|는(?!\s?[\d그유같변한두세네고바]))|縦(?![書長横断型読])|纵(?![横观])向?|高さ|高度(?!还原|清晰|逼真|精细|真实|相似|压缩|保真)|"
    r"(?<![越更要很提最较够])高(?=\d|\s\d|[二两三四一]倍|放|拉|不变|不動|保持|为|是)|竖直|垂直",
    re.IGNORECASE,
)
_BARE = frozenset({"wide", "high", "tall", "hoch", "breit", "haut", "hauts", "haute", "hautes"}) | {
    f"{stem}{end}" for stem in ("alt", "anch") for end in ("o", "a", "os", "as")
}
_COMPARED = re.compile(
    r"(?:\b(?:as|so|tan|más|plus|aussi|times|fois|veces|fold|mal|fach|the|el|lo|del?|to be|be|only|just|nur|solo|sólo)|"
    r"\d\s?[x×%]|\dx|%)\s?$",
    re.IGNORECASE,
)
"""What stands before a bare adjective that is about an axis: "twice as wide", not "a wide street"."""
_UNIT = r"(?:px|pix\w*|píxeles|cm|mm|m|in|inch\w*|zoll|pouces|pulgadas|\"|픽셀|ピクセル|画素|像素|厘米|センチ)"
_SIDES = r"width|height|largeur|hauteur|breiten?|höhen?|ancho|alto|anchura|altura"
_ASIDE = re.compile(
    # A ratio of the sides, or the width of something that is drawn.
    rf"\b(?:aspect|{_SIDES})(?:[-/:x ]{{1,3}}|[- ](?:to|und|zu|and|sur|et|y|por|vs|against)[- ](?:the )?)(?:{_SIDES})?"
    r"[- ]?(?:ratio|proportions?|verhältnis\w*|rapport|relation)\b|"
    r"\b(?:ratio|proportions?|verhältnis\w*|rapport|relación|proporción)(?: \w+){0,2} "
    rf"(?:{_SIDES})[-/: ]{{1,3}}(?:\w+ ){{0,2}}(?:{_SIDES})?|"
    r"[縦纵宽寬長长][横高宽寬]比|가로[ ,/:]?세로\s?비율?|"
    rf"\b(?:{_SIDES}|thickness|grosor) (?:of|der|von|des|de las|de los) (?:the |all |my )?"
    r"(?:lines?|strokes?|outlines?|letters?|text|borders?|linien|striche|traits|lignes|líneas|trazos)\b|"
    # What a side measures today.
    rf"(?<!\d)\d[\d.,]{{0,8}}\s?{_UNIT}\s?(?:in |de |d['’])?"
    r"(?:wide|width|high|height|tall|across|breit|hoch|large|largeur|haut|hauteur|ancho|alto|宽|高|幅)\b|"
    rf"(?:가로|세로|너비|높이|폭|横幅?|縦|高さ|幅|宽度?|高度?|width|height|breite|höhe|largeur|hauteur|ancho|alto)"
    rf"(?:\sis|\sist|\sde|\sof|が|は|是|为)?\s?\d[\d.,]{{0,8}}\s?{_UNIT}",
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
    r"(?:(?P<share>%|％|percent\b|per cent\b|prozent\b|퍼센트)(?P<more>\s(?:more|larger|wider|taller|higher|größer|"
    r"breiter|höher|plus (?:large|haut)e?|más (?:anch|alt)[oa]))?|"
    r"[x×✕]|-?\s?times\b|-?fold\b|-?fach\w*|-?mal\b|fois\b|veces\b|배|倍|"
    r"(?=\s?(?:in|along|on|for)\s(?:the\s)?(?:x|y|width|height|horizontal|vertical)\b)|"
    r"(?(by)(?![\w.%]|\s?(?:px|pix|cm|mm|m\b|inch|in\b|dpi|ppi))|(?!)))"
    rf"|(?<![\w])[x×](?P<x>{_N})(?![\w.])",
    re.IGNORECASE,
)
_KEEPING = re.compile(
    r"(?:n['’]t|\b(?:without|not(?! (?:just|only))|never|keep\w*|leav\w*|same|unchanged|untouched|ohne|nicht|"
    r"behalt\w*|lass\w*|sans|pas|gard\w*|sin|mant[eé]n\w*|(?:bei )?gleiche[rnms]?|dieselbe|selbe[rn]?|même|mism[oa]|"
    r"no (?:cambi|toqu|toc|modifi)\w*)\b|保持|不改变|不改變|不动|维持)"
    r"[^.;!?,。，、；]{0,24}$",
    re.IGNORECASE,
)
"""What stands before an axis that stays: "keep the height"."""
_KEPT_AS_IT_IS = re.compile(
    r"(?:\b(?:keep(?:ing)?|leav(?:e|ing)|without (?:chang|alter|touch|stretch)\w*|"
    r"(?:n['’]t|not) (?:change|touch|alter|stretch)|behalt\w*|lass\w*|(?:sans|pas) (?:chang|touch|modifi)\w*|gard\w*|"
    r"(?:sin|no) (?:cambi|toc|toqu|modific)\w*|mant[eé]n\w*)\s(?:the |its |die |den |la |le |el )?|保持|不改变)$",
    re.IGNORECASE,
)
"""What stands before an axis that stays where none is said to grow."""
_STAYS = re.compile(
    r"[^.;!?,。，、；]{0,14}?(?:\b(?:stays?|same|unchanged|as (?:it )?is|untouched|alone|fixed|constant|bleib\w*|"
    r"gleich\w*|unverändert|beibehalten|inchangée?s?|identiques?|intacte?s?|constantes?|igual(?:es)?|fij[oa]|"
    r"sin cambi\w+|no cambi\w+|ne chang\w+ pas|ändert sich nicht|(?:does not|doesn['’]t|must not|should not) change|"
    r"zu (?:ver)?ändern|zu strecken)\b|그대로|유지|고정|변경 없|바꾸지|"
    r"そのまま|変えず|変えない|固定|同じ|不变|不變|保持|不动|一样)",
    re.IGNORECASE,
)
"""What stands behind an axis that stays: "height unchanged"."""
_OTHER_STAYS = re.compile(
    r"\bother (?:side|axis|direction|way)\b|\bnothing else\b|\bsonst nichts\b|\bnichts (?:sonst|anderes)\b|"
    r"\brien d['’]autre\b|\bnada más\b",
    re.IGNORECASE,
)
_ONLY_BEFORE = re.compile(
    r"(?<!not )(?<!nicht )(?<!pas )(?<!no )(?:\b(?:only|just|nur|seulement|uniquement|solo|sólo|solamente)\b"
    r"[^.;!?,。，、；]{0,36}|(?:只|仅)[^.;!?,。，、；]{0,6})$",
    re.IGNORECASE,
)
_ONLY_BEHIND = re.compile(r"\s?(?:\b(?:only|alone|nur|seulement|solo)\b|.{0,4}?(?:만|だけ|のみ))", re.IGNORECASE)
_ONLY_AT_LAST = re.compile(
    r"\s?(?:only|alone|nur|seulement|solo)\s?(?:[.,;!]|$|(?:please|thanks?|thx|bitte|danke|merci|gracias|por favor)\b)",
    re.IGNORECASE,
)
_GAP, _LOOKED = 32, 64
_JOINED = re.compile(
    r"^\s?(?:and|und|et|y|or|oder|ou|o|,|/|&|와|과|と|、|和)\s?(?:the |its |die |la |el |le )?$", re.IGNORECASE
)
_ENDS = re.compile(r"\s?(?:[,.;:!?，。；、)]|$|(?:and|but|und|aber|et|mais|y|pero)\b)")


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


_BEGIN, _END = _Word(0, 0), _Word(1_000_000, 1_000_000)


def factors_of_axes(text: str) -> Axes | None:
    """The factors that a question names for its two axes; None where it does not tell them apart."""
    text = _ASIDE.sub(lambda aside: " " * len(aside.group()), text)
    words = sorted([*_amounts(text), *_axes(text)], key=lambda word: word.start)
    for i in range(len(words) - 3):
        found = _dealt(text, words[i : i + 4])
        if found:
            return found
    amounts = [word for word in words if word.factor]
    if len(amounts) == 1 and amounts[0].factor > 1:
        return _one_axis(text, amounts[0], words)
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


def _one_axis(text: str, amount: _Word, words: list[_Word]) -> Axes | None:
    """One amount and the one axis that grows by it."""
    kept, grows = list[_Word](), list[_Word]()
    for before, word, after in zip([_BEGIN, *words], words, [*words[1:], _END], strict=False):
        if not word.axis:
            continue
        with_last = kept and kept[-1] is before and _JOINED.match(text[before.end : word.start])
        if with_last or _is_kept(text, word, before.end, after.start):
            kept.append(word)
        elif _is_compared(text, word):
            grows.append(word)
    if len({word.axis for word in grows}) > 1 or len({word.axis for word in kept}) > 1:
        return None  # "double the width and the height", or both are kept
    if kept:
        axis = "y" if kept[0].axis == "x" else "x"
        if grows[0].axis != axis if grows else not _is_left_alone(text, kept[0]):
            return None
    elif grows and _is_near(text, amount, grows) and (_OTHER_STAYS.search(text) or _is_alone(text, amount, grows)):
        axis = grows[0].axis
    else:
        return None
    said = [amount, *(grows or kept)]
    y, x = (amount.factor if axis == name else 1.0 for name in "yx")
    return Axes(y, x, min(word.start for word in said), max(word.end for word in said))


def _is_kept(text: str, word: _Word, begin: int, end: int) -> bool:
    """Whether an axis is said to stay between two other words; "twice as tall as it is" is no such thing."""
    if _is_compared(text, word) and _KEEPING.search(text, max(begin, word.start - _LOOKED), word.start):
        return True
    named = text[word.start : word.end].lower()
    return (named not in _BARE or named.startswith(("alt", "anch"))) and bool(_STAYS.match(text, word.end, end))


def _is_left_alone(text: str, word: _Word) -> bool:
    """Whether it is an order that an axis stays: "keep the height", not "of the same height"."""
    kept = _KEPT_AS_IT_IS.search(text, max(0, word.start - _LOOKED), word.start)
    return bool(_STAYS.match(text, word.end) or (kept and _ENDS.match(text, word.end)))


def _is_near(text: str, amount: _Word, axes: list[_Word]) -> bool:
    """Whether an amount stands beside one of the words, in the same sentence."""
    gaps = (sorted((amount, word), key=lambda one: one.start) for word in axes)
    return any(re.fullmatch(rf"[^.!?。！？]{{0,{_GAP}}}", text[one.end : other.start]) for one, other in gaps)


def _is_compared(text: str, word: _Word) -> bool:
    """Whether a word is about how large an axis becomes."""
    bare = text[word.start : word.end].lower() in _BARE
    return not bare or bool(_COMPARED.search(text, max(0, word.start - _LOOKED), word.start))


def _is_alone(text: str, amount: _Word, axes: list[_Word]) -> bool:
    """Whether nothing but this axis is to grow: "only the width"."""
    for word in axes:
        before = max(0, word.start - _LOOKED)
        if _ONLY_BEFORE.search(text, before, word.start) or _ONLY_BEHIND.match(text, word.end):
            return True
    return bool(_ONLY_AT_LAST.match(text, amount.end))


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
