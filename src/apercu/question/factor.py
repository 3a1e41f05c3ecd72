"""Read how much larger the picture is to become: a factor, a factor for each axis, or an exact size."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from apercu.question.area import NOT_A_SIDE, grown_area
from apercu.question.axes import factors_of_axes
from apercu.question.impossible import impossible_factor
from apercu.question.measures import NOT_SIZE, many_times, two_measures
from apercu.question.portions import portions
from apercu.question.side import one_side
from apercu.question.target import NAMED_HEIGHTS, PIXELS, SIDE_LIMITS, TIMES, is_size, pair_of_pixels, target_size
from apercu.question.words import NUMBER_WORDS
from apercu.records import FACTOR_NOT_TAKEN, Facet

MAX_FACTOR = 100.0


@dataclass(frozen=True, slots=True)
class Enlargement:
    """What a question says about the size of the result. Scales are (y, x), sizes (height, width)."""

    factor: float | None = None
    scale: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    width: int | None = None
    height: int | None = None
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    factor: float


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_WORDS = "|".join(sorted((word for word in NUMBER_WORDS if word.isascii()), key=len, reverse=True))
_OTHER_WORDS = "|".join(word for word in NUMBER_WORDS if not word.isascii())
_NUMBER = r"\d{1,6}(?:[.,]\d{1,4})?"
_AMOUNT = rf"(?:{_NUMBER}|\b(?:{_WORDS}))"
_ALONE = r"(?<![\w.,/])(?<!\s-)(?<!^-)"
_ENLARGING = (
    r"enlarg\w*|upscal\w*|upsampl\w*|upsiz\w*|magnif\w*|blow\w*|blew|scal(?:e|es|ed|ing)|zoom\w*|resiz\w*|"
    r"increas\w*|grow\w*|bigger|larger|widen\w*|heighten\w*|vergröß\w*|größer|agrand\w*|grand\w*|ampli\w*|aument\w*"
)
_LARGER = (
    r"(?:bigger|larger|greater|wider|taller|higher|enlarge\w*|magnif\w*|upscal\w*|zoom|size\b|resolution|"
    r"the (?:original )?(?:size|resolution|dimensions)|(?:as|so) (?:large|big|wide|tall|high)|"
    r"its (?:original |current )?(?:size|resolution)|original size)"
)
_PICTURE = (
    r"size|resolution|dimensions?|pixels|scale|pictures?|images?|photos?|icons?|drawings?|sprites?|illustrations?|"
    r"logos?|screenshots?|scans?|it|them|this"
)


def _side(number: int) -> str:
    """A side: "64 px", "480p" or "4K" as groups s and u."""
    return rf"(?P<s{number}>\d{{1,5}}|\b(?:full hd|4k|8k))(?P<u{number}>p\b|{PIXELS})?"


_ANY_PAIR = _compiled(pair_of_pixels(1))
_FROM_TO = _compiled(
    rf"{pair_of_pixels(1)}(?:(?:\W+(?:\w+\W+){{0,4}}?(?:in)?to|\s*(?:→|->|=>))(?:\s+an?)?\s*|\s+(?:{_PICTURE})\s+){pair_of_pixels(2)}"
)
_SIDE_TO_SIDE = _compiled(
    rf"(?<![\w.,@-]){_side(1)}\s*(?:\w+\s+){{0,2}}?(?:to|→|->|into)\s*{_side(2)}(?![\d.]|\s?[x×])"
)
_AXIS = _compiled(
    r"(?P<n>\b(?:doubl(?:e|ed|ing)|twice|tripl(?:e|ed|ing)|quadrupl(?:e|ed|ing))\b|"
    rf"(?<![\w.,@-]){_AMOUNT}(?:\s*(?:{TIMES}|times|fold)\b|\s*-\s*(?:fold|times)\b))\s*"
    r"(?:(?:as )?(?P<adjective>wide|wider|tall|taller|high|higher)\b|"
    r"(?:in |both )?(?:the |its |my )?(?:\w+['’]s )?"
    r"(?P<noun>(?:width|height) and (?:the |its )?(?:height|width)|width|height|horizontally|vertically)\b)"
)
_BY_PAIR = _compiled(
    rf"\b(?:{_ENLARGING})\b[^.?!;]{{0,60}}?\b(?:by|factors? of)\s+"
    rf"(?P<pair>(?P<x>{_NUMBER})\s?{TIMES}\s?(?P<y>{_NUMBER}))(?![\w%])(?![.,]\d)(?!{PIXELS})"
)
_FACTOR_OF = _compiled(
    r"\b(?:factor|faktor|facteur(?: d['’]agrandissement)?|scale|ratio|magnification)(?: factor)?"
    rf"(?: of| by| de|:| =|=)?\s+(?P<n>{_AMOUNT})(?![\w%])(?!\.\d)(?:\s*{TIMES}\b)?"
)
_N_X = _compiled(rf"{_ALONE}@?(?P<n>{_NUMBER})\s?{TIMES}(?![A-Za-z0-9_×]){NOT_SIZE}")
_X_N = _compiled(rf"(?<![A-Za-z0-9_.]){TIMES}\s?(?P<n>(?!64\b|86\b|32\b){_NUMBER})(?![A-Za-z0-9_%.]*[A-Za-z0-9_])")
_N_TIMES = _compiled(rf"{_ALONE}(?P<n>{_AMOUNT})\s*-?\s*(?:times|fold)\b{NOT_SIZE}(?P<larger>\s+(?:as\s+)?{_LARGER})?")
_FOLD = _compiled(rf"\b(?P<n>{_WORDS}|hundred)fold\b")
_FOREIGN = _compiled(rf"(?P<n>{_NUMBER}|{_OTHER_WORDS})\s?-?(?:배|倍|fache[nsr]?\b|fach\b|fois\b|veces\b)")
_OF_SIZE = _compiled(
    rf"\bto (?:about )?(?P<n>{_NUMBER}) (?:of|times|x) (?:its|the|their) (?:(?:current|original|present) )?"
    r"(?:size|dimensions|width|height|resolution)\b"
)
_FOREIGN_FACTOR = _compiled(
    r"(?:\bescala|\béchelle|\bmaßstab|\bvergrößerungsfaktor|倍率|배율)(?: de| von| :|:|は|은|を)?\s?"
    rf"(?P<n>{_NUMBER})(?![\d%])"
)
_FOREIGN_VERB = _compiled(
    r"(?P<two>\bverdopp\w+|\bduplic\w+|\bdupliqu\w+|\bdoubl(?:er|ez|é|ée)\b|(?:放大|变大|扩大)一倍|(?:サイズ|大きさ)(?:だけ)?(?:を)?倍)"
    r"|(?P<three>\bverdreifach\w+|\btriplic\w+|\btripliqu\w+|\btripl(?:er|ez|é|ée)\b)"
    r"|(?P<four>\bvervierfach\w+|\bcuadruplic\w+|\bcuadrupliqu\w+|\bquadrupl(?:er|ez|é|ée)\b)"
    r"|(?P<half>两倍半|兩倍半|2倍半)|(?P<more>\bde moitié\b|절반 더|半分増し)"
)
_FOREIGN_VERBS = {"two": 2.0, "three": 3.0, "four": 4.0, "half": 2.5, "more": 1.5}
_NUMBER_TO_NUMBER = _compiled(
    r"(?<![\d.,:/x×])(?P<a>\d{2,5})(?:\s?(?:px|pixels?|píxeles|픽셀|ピクセル|像素|宽|breit|wide|squared))?"
    r"(?:\s?(?:to|auf|à|a|hasta|jusqu'à|up to|から|을|를|에서|を|到|放到|变成|→|->)\s?|"
    r"[^.!?\d]{1,40}\b(?:wants?|needs?|requires?|will|braucht|pide|exige|veut|demande|súbelo a|arrive à|to)\s"
    r"|[^.!?\d]{1,12}(?:要|필요|にしたい)\s?)"
    r"(?P<b>\d{3,5})(?![\d%万만]|[.,]\d|\s?(?:[x×]|dpi|ppi|ms|kb|mb|euro|dollars|€|\$))"
)
_PERCENT = _compiled(
    rf"(?P<by>\bby\s+)?{_ALONE}(?P<n>{_NUMBER})\s?(?:%|percent\b|per cent\b)"
    r"(?P<larger>\s+(?:bigger|larger|wider|taller|more))?"
    r"(?P<whole>\s+(?:of\s+)?(?:(?:its|their)(?:\s+original|\s+current)?|the\s+(?:original|current))\s+"
    r"(?:size|width|dimensions|resolution)\b)?"
)
_BY_N = _compiled(
    rf"\b(?:{_ENLARGING})\b[^.?!;]{{0,60}}?\bby\s+(?P<n>{_AMOUNT})"
    r"(?=\s*(?:$|[.?!,;:)]|\s(?:and|or|for|with|without|to|please|so|in|using|but|while|on|at)\b))"
)
_HALF_AGAIN = _compiled(r"\bhalf as (?:large|big|wide|tall) again\b|\bhalf again as (?:large|big|wide|tall)\b")
_VERB = _compiled(
    r"\b(?P<n>doubl(?:e|ed|es|ing)|tripl(?:e|ed|es|ing)|quadrupl(?:e|ed|es|ing))\b"
    rf"(?:\s+(?:in\s+)?(?:(?:the|its|my|this|our|of|their|your)\s+)*(?:\w+\s+){{0,2}}?(?:{_PICTURE})\b|\s*$|\s*[.,!?])"
)
_PASSIVE = _compiled(rf"\b(?:{_PICTURE})\b[^.?!;]{{0,30}}?\b(?P<n>doubled|tripled|quadrupled)\b")
_TWICE = _compiled(rf"\b(?P<n>twice|thrice)\s+(?:as\s+)?{_LARGER}")
_AREA = _compiled(
    rf"\s*(?:the\s+|as many\s+|more\s+)?(?:area|pixels|pixel count|number of pixels|megapixels)\b{NOT_A_SIDE}"
)
_COMPARED = 2
_TRIES = _compiled(r"\b(?:tried|tries|try|asked|failed|attempted|clicked)\b")
_NO_SIZE = (
    _compiled(rf"(?<![\w.]){_NUMBER}\s?{TIMES}\s?(?:optical |digital |lens |tele )?zoom\b(?! (?:in|into)\b)"),
    _compiled(rf"\bzoom (?:lens|factor|range|camera) (?:of )?{_NUMBER}\s?{TIMES}"),
    _compiled(
        rf"\b(?:tried|tries|asked|asks|failed|attempted|clicked|said|told|complained|read|called|happened)\b"
        rf"[^.;!?]{{0,30}}?(?P<n>\b(?:twice|thrice)|{_AMOUNT} times)\b"
    ),
    _compiled(r"\b(?:twice|thrice)(?= (?:already|a (?:day|week|month|year)|before|in a row)\b)"),
)
"""A zoom of a camera, and how often something was tried: numbers of times that are no factor."""
_ADDED = _compiled(r"\b(?:add\w*|plus|gain\w*|extra)\s$")
_GROWING = _compiled(rf"\b(?:{_ENLARGING})\b")
_WORD_FACTORS = {"doubl": 2.0, "twice": 2.0, "tripl": 3.0, "thric": 3.0, "quadr": 4.0}


def read_enlargement(text: str, *, enlarging: bool) -> Enlargement:
    """Read the factor, the factors per axis, and the exact size that a question names; the first of each counts.

    Factors not above 1 or above `MAX_FACTOR` are not taken; where nothing else is, a facet says so. "WIDTHxHEIGHT" is a
    target only after a word such as "to"; elsewhere it is the size of the picture as it is.

    Args:
        text: the question.
        enlarging: whether the question holds a word for enlarging; "three times" alone is a factor only then.
    """
    facets: list[Facet] = []
    factor, scale, size, rest = _read_from_to(text, facets)
    if size is None:
        size, rest = _read_target(text, rest, facets)
    if factor is None and scale is None:
        factor, scale, rest = _read_pair_of_factors(text, rest, facets)
    for pattern in _NO_SIZE:
        rest = pattern.sub(lambda count: " " * len(count.group()), rest)
    rest = _ANY_PAIR.sub(lambda pair: " " * len(pair.group()), rest)
    if enlarging and factor is None and scale is None and (grown := grown_area(rest)):
        factor = grown.factor
        facets.append(_facet(text, "factor", f"{factor:g}", grown.start, grown.end))
    if factor is None and scale is None:
        factor, scale, rest = _read_axes(text, rest, facets)
    if factor is None and scale is None and (found := _first_factor(rest, enlarging=enlarging)):
        factor = found.factor
        facets.append(_facet(text, "factor", f"{factor:g}", found.start, found.end))
    if enlarging and factor is None and scale is None and (said := two_measures(text) or many_times(rest)):
        factor = round(said.factor, 4)
        facets.append(_facet(text, "factor", f"{factor:g}", said.start, said.end))
    if enlarging and factor is None and scale is None and size is None and (pair := _NUMBER_TO_NUMBER.search(rest)):
        ratio = int(pair["b"]) / max(int(pair["a"]), 1)
        if int(pair["a"]) >= SIDE_LIMITS[0] and _is_factor(ratio):
            factor = round(ratio, 4)
            facets.append(_facet(text, "factor", f"{factor:g}", *pair.span()))
    side = one_side(text) if enlarging and factor is None and scale is None and size is None else None
    if side:
        facets.append(
            _facet(text, "size", f"{'width' if side.axis == 'x' else 'height'} {side.pixels}", side.start, side.end)
        )
    nothing = factor is None and scale is None and size is None and side is None
    if enlarging and nothing and (place := impossible_factor(rest)):
        facets.append(_facet(text, "factor", FACTOR_NOT_TAKEN, *place))
    width, height = (side.pixels if side and side.axis == axis else None for axis in "xy")
    return Enlargement(factor, scale, size, width, height, tuple(facets))


def _read_from_to(
    text: str, facets: list[Facet]
) -> tuple[float | None, tuple[float, float] | None, tuple[int, int] | None, str]:
    """Read from what to what: "64x64 to 256x256" is a factor and a size, "64 px to 512 px" a factor."""
    if pair := _FROM_TO.search(text):
        width, height, new_width, new_height = (int(pair[name]) for name in ("w1", "h1", "w2", "h2"))
        y, x = (new_height / max(height, 1), new_width / max(width, 1))
        if is_size(new_height, new_width) and _is_factor(max(y, x)) and min(y, x) >= 1:
            facets.append(_facet(text, "size", f"height {new_height}, width {new_width}", pair.start("w2"), pair.end()))
            facets.append(_facet(text, "factor", _scale_text(y, x), *pair.span()))
            rest = _blanked(text, pair)
            return *_one_or_two(y, x), (new_height, new_width), rest
    if (sides := _SIDE_TO_SIDE.search(text)) and (sides["u1"] or sides["u2"]):
        old, new = (NAMED_HEIGHTS.get(sides[name].lower()) or int(sides[name]) for name in ("s1", "s2"))
        if old >= 8 and _is_factor(new / old):
            facets.append(_facet(text, "factor", f"{new / old:g}", *sides.span()))
            return new / old, None, None, _blanked(text, sides)
    return None, None, None, text


def _read_target(text: str, rest: str, facets: list[Facet]) -> tuple[tuple[int, int] | None, str]:
    target = target_size(rest)
    if target is None:
        return None, rest
    height, width = target.height, target.width
    facets.append(_facet(text, "size", f"height {height}, width {width}", target.start, target.end))
    return (height, width), rest[: target.begins] + " " * (target.end - target.begins) + rest[target.end :]


def _read_pair_of_factors(
    text: str, rest: str, facets: list[Facet]
) -> tuple[float | None, tuple[float, float] | None, str]:
    """Read "enlarge by 2x1.5": the factor of the width, then that of the height; larger numbers are a size."""
    pair = _BY_PAIR.search(rest)
    if not pair:
        return None, None, rest
    y, x = _number(pair["y"]), _number(pair["x"])
    if not (min(y, x) >= 1 and 1 < max(y, x) < SIDE_LIMITS[0]):
        return None, None, rest
    facets.append(_facet(text, "factor", _scale_text(y, x), *pair.span("pair")))
    return *_one_or_two(y, x), _blanked(rest, pair)


def _read_axes(text: str, rest: str, facets: list[Facet]) -> tuple[float | None, tuple[float, float] | None, str]:
    """Read factors per axis: "double the width" is about one axis; "twice as wide" alone is said for twice as large."""
    if (told := factors_of_axes(rest)) and told.y != told.x:
        facets.append(_facet(text, "factor", _scale_text(told.y, told.x), told.start, told.end))
        return None, (told.y, told.x), rest
    axes: dict[str, tuple[float, re.Match[str]]] = {}
    for match in _AXIS.finditer(rest):
        word = (match["noun"] or match["adjective"]).lower()
        named = "yx" if " and " in word else "x" if word.startswith(("wid", "hor")) else "y"
        if _is_factor(amount := _amount(match["n"])):
            axes.update({axis: (amount, match) for axis in named if axis not in axes})
    if not axes or (len(axes) == 1 and next(iter(axes.values()))[1]["adjective"]):
        return None, None, rest
    y, x = (axes[axis][0] if axis in axes else 1.0 for axis in "yx")
    start, end = min(m.start() for _, m in axes.values()), max(m.end() for _, m in axes.values())
    facets.append(_facet(text, "factor", _scale_text(y, x), start, end))
    return *_one_or_two(y, x), rest


def _first_factor(text: str, *, enlarging: bool) -> _Found | None:
    found = [item for item in _factors(text, enlarging=enlarging) if _is_factor(item.factor)]
    if len({round(item.factor, 3) for item in found}) > _COMPARED:
        return None  # "at 2x, 3x and 4x" compares factors and asks for none
    return min(found, key=lambda item: (item.start, -item.end), default=None)


def _factors(text: str, *, enlarging: bool) -> Iterator[_Found]:
    for pattern in (_FACTOR_OF, _X_N, _FOLD, _FOREIGN, _TWICE, _OF_SIZE):
        for match in pattern.finditer(text):
            yield _Found(match.start(), match.end(), _amount(match["n"]))
    for pattern in (_BY_N, _VERB, _PASSIVE):
        for match in pattern.finditer(text):
            yield _Found(match.start("n"), match.end("n"), _amount(match["n"]))
    for match in _N_X.finditer(text):
        yield _counted(text, match)
    for match in _N_TIMES.finditer(text):
        counted = _counted(text, match)
        tries = _TRIES.search(text, max(0, match.start() - 60), match.start())
        if match["larger"] or counted.end > match.end() or (enlarging and not tries):
            yield counted
    for match in _FOREIGN_FACTOR.finditer(text):
        yield _Found(match.start(), match.end(), _number(match["n"]))
    for match in _FOREIGN_VERB.finditer(text):
        yield _Found(match.start(), match.end(), _FOREIGN_VERBS[str(match.lastgroup)])
    for start, end, share in portions(text):
        yield _Found(start, end, 1 + share)
    for match in _HALF_AGAIN.finditer(text):
        yield _Found(match.start(), match.end(), 1.5)
    yield from _percentages(text)


def _counted(text: str, match: re.Match[str]) -> _Found:
    """Four times the area or the pixels is twice the side."""
    area = _AREA.match(text, match.end())
    factor = _amount(match["n"])
    return _Found(match.start(), (area or match).end(), math.sqrt(factor) if area else factor)


def _percentages(text: str) -> Iterator[_Found]:
    """Read percentages near a word for growing: "by 50 %" adds to the whole, "200 %" is of the whole."""
    for match in _PERCENT.finditer(text):
        grows = _GROWING.search(text, max(0, match.start() - 60), match.start()) is not None
        before = text[max(0, match.start("n") - 12) : match.start("n")].lower().split()
        added = _ADDED.search(text, 0, match.start("n"))
        if not (grows or added or match["larger"] or match["whole"] or (before and before[-1] in ("to", "at", "by"))):
            continue
        share = _number(match["n"]) / 100
        adds = added or match["larger"] or (match["by"] and share <= 1)
        yield _Found(match.start(), match.end(), 1 + share if adds else share)


def _amount(text: str) -> float:
    """The number in "3", "2,5", "four", "doubled" or "3 times"."""
    lowered = text.lower().strip()
    if lowered[:5] in _WORD_FACTORS:
        return _WORD_FACTORS[lowered[:5]]
    if digits := re.match(_NUMBER, lowered):
        return _number(digits.group())
    words = re.sub(r"(?:times|fold|[\s-])+$", "", lowered)
    return NUMBER_WORDS.get(words, NUMBER_WORDS.get(f"a {words}", 0.0))


def _number(text: str) -> float:
    """A number as people write it: "2,5" is two and a half, "1,000" a thousand."""
    if re.fullmatch(r"\d{1,3},\d{3}", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


def _is_factor(value: float) -> bool:
    return 1 < value <= MAX_FACTOR


def _one_or_two(y: float, x: float) -> tuple[float | None, tuple[float, float] | None]:
    """A factor when both axes agree, else one per axis."""
    return (y, None) if math.isclose(y, x, rel_tol=1e-3) else (None, (y, x))


def _scale_text(y: float, x: float) -> str:
    return f"{y:g}" if math.isclose(y, x, rel_tol=1e-3) else f"height {y:g}, width {x:g}"


def _blanked(text: str, match: re.Match[str]) -> str:
    """Spaces in place of what has been read, so that positions stay and nothing is read twice."""
    return text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]


def _facet(text: str, kind: str, value: str, start: int, end: int) -> Facet:
    return Facet(kind=kind, value=value, start=start, end=end, quote=text[start:end])
