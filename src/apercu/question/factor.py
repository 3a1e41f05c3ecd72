"""Read how much larger the picture is to become: a factor, a factor for each axis, or an exact size."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from apercu.question.words import NUMBER_WORDS
from apercu.records import Facet

MAX_FACTOR = 100.0
_SIDE_LIMITS = (16, 100_000)


@dataclass(frozen=True, slots=True)
class Enlargement:
    """What a question says about the size of the result. Scales are (y, x), sizes (height, width)."""

    factor: float | None = None
    scale: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    factor: float


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_WORDS = "|".join(sorted((re.escape(word) for word in NUMBER_WORDS if word.isascii()), key=len, reverse=True))
_OTHER_WORDS = "|".join(word for word in NUMBER_WORDS if not word.isascii())
_NUMBER = r"\d{1,6}(?:[.,]\d{1,4})?"
_AMOUNT = rf"(?:{_NUMBER}|\b(?:{_WORDS}))"
_FREE = r"(?<![\w.,@-])"
_UNIT = r"[ ]?(?:px|pixels?)\b"
_X = r"[x×✕✖]"
_PAIR = rf"(?<![\w.])(?P<w{{0}}>\d{{{{1,6}}}})(?:{_UNIT})?(?:{_X}|[ ]{_X}[ ]|[ ]by[ ])(?P<h{{0}}>\d{{{{1,6}}}})(?![\d.]*{_X}?\w)"
_SIDE = r"(?P<s{0}>\d{{1,5}}|\b(?:full hd|4k|8k))(?P<u{0}>p\b|[ ]?px\b|[ ]?pixels?\b)?"
_NAMED_HEIGHTS = {"full hd": 1080, "4k": 2160, "uhd": 2160, "8k": 4320, "1080p": 1080}
_ENLARGING = r"enlarg\w*|upscal\w*|upsampl\w*|magnif\w*|blow\w*|blew|scal(?:e|es|ed|ing)|zoom\w*|resiz\w*|increas\w*|grow\w*|bigger|larger|upsiz\w*"
_LARGER = (
    r"(?:bigger|larger|greater|wider|taller|higher|enlarge\w*|magnif\w*|upscal\w*|zoom|the (?:original )?(?:size|resolution|dimensions)|"
    r"(?:as|so) (?:large|big|wide|tall|high)|its (?:original |current )?(?:size|resolution)|original size|size\b|resolution)"
)
# What follows a number of times when it does not speak of size.
_NOT_SIZE = (
    r"(?!\s*(?:(?:as|times|much|way|more)\s+)*(?:fast|quick|slow|speed|cheap|better|worse|sharper|clearer|more(?!\s+pixels)|less|fewer|often|per\b|"
    r"optical|aa\b|an? (?:day|week|month|year|night)|the (?:price|cost|speed|time|money|amount|number of (?!pixels))|already|in a row|"
    r"and (?:it )?fail|before|so far))"
)
_AREA = r"\s*(?:the\s+|as many\s+|more\s+)?(?:area|pixels|pixel count|number of pixels|megapixels)\b"

_FROM_TO = _compiled(
    rf"{_PAIR.format(1)}(?:\W+(?:\w+\W+){{0,4}}?(?:in)?to|\s*(?:→|->|=>))(?:\s+an?)?\s*{_PAIR.format(2)}(?:{_UNIT})?"
)
_SIDE_TO_SIDE = _compiled(
    rf"{_FREE}{_SIDE.format(1)}\s*(?:\w+\s+){{0,2}}?(?:to|→|->|into)\s*{_SIDE.format(2)}(?![\d.]|\s?[x×])"
)
_TARGET = _compiled(
    rf"\b(?:to|into|as|be|make (?:it|this|the \w+|my \w+)|need(?: it| this)?|want(?: it| this)?|size(?: of)?|output|export(?:ed)? at|=|an?(?= \S+ version))"
    rf"(?: (?:exactly|about|be|a|an|at|at least|in)){{0,2}}\s*:?\s*{_PAIR.format(1)}(?:{_UNIT})?"
)
_NAMED_TARGET = _compiled(r"\b(?:to|into|in|at|as)\s+(?P<name>full hd|4k(?: uhd)?|uhd|8k|1080p)\b")
_ANY_PAIR = _compiled(_PAIR.format(1))
_TIMES = rf"{_AMOUNT}(?:\s*(?:{_X}|times|fold)\b|\s*-\s*(?:fold|times)\b)"
_AXIS = _compiled(
    rf"(?P<n>\b(?:doubl(?:e|ed|ing)|twice|tripl(?:e|ed|ing)|quadrupl(?:e|ed|ing))\b|{_FREE}{_TIMES})\s*"
    rf"(?:(?P<adjective>(?:as )?(?P<adj>wide|wider|tall|taller|high|higher)\b)|(?:in )?(?:the |its |my )?(?P<noun>width|height|horizontally|vertically)\b)"
)
_FACTOR_OF = _compiled(
    rf"\b(?:factor|scale|ratio|magnification)(?: factor)?(?: of| by|:| =|=)?\s+(?P<n>{_AMOUNT})(?![\w%])(?!\.\d)(?:\s*{_X}\b)?"
)
_N_X = _compiled(rf"(?<![\w.,])@?(?P<n>{_NUMBER})\s?{_X}(?![\w×])(?!\s?\d){_NOT_SIZE}")
_X_N = _compiled(rf"(?<![\w.]){_X}\s?(?P<n>(?!64\b|86\b|32\b){_NUMBER})(?![\w%.]*\w)")
_N_TIMES = _compiled(
    rf"(?<![\w.,])(?P<n>{_AMOUNT})\s*-?\s*(?:times|fold)\b{_NOT_SIZE}(?P<larger>\s+(?:as\s+)?{_LARGER})?"
)
_COMPOUND_FOLD = _compiled(rf"\b(?P<n>{_WORDS}|hundred)fold\b")
_FOREIGN = _compiled(rf"(?P<n>{_NUMBER}|{_OTHER_WORDS})\s?-?(?:배|倍|fache[nsr]?\b|fach\b|fois\b|veces\b)")
_PERCENT = _compiled(
    rf"(?P<by>\bby\s+)?(?<![\w.,])(?P<n>{_NUMBER})\s?(?:%|percent\b|per cent\b)(?P<larger>\s+(?:bigger|larger|wider|taller|more))?"
)
_BY_N = _compiled(
    rf"\b(?:{_ENLARGING})\b[^.?!;]{{0,60}}?\bby\s+(?P<n>{_AMOUNT})(?=\s*(?:$|[.?!,;:)]|\s(?:and|or|for|with|without|to|please|so|in|using|but|while|on|at)\b))"
)
_HALF_AGAIN = _compiled(r"\bhalf as (?:large|big|wide|tall) again\b|\bhalf again as (?:large|big|wide|tall)\b")
_PICTURE = r"size|resolution|dimensions?|pixels|scale|pictures?|images?|photos?|icons?|drawings?|sprites?|illustrations?|logos?|screenshots?|scans?|it|them|this"
_VERB = _compiled(
    rf"\b(?P<n>doubl(?:e|ed|es|ing)|tripl(?:e|ed|es|ing)|quadrupl(?:e|ed|es|ing))\b(?:\s+(?:in\s+)?(?:(?:the|its|my|this|our|of|their|your)\s+)*(?:\w+\s+){{0,2}}?(?:{_PICTURE})\b|\s*$|\s*[.,!?])"
)
_PASSIVE = _compiled(rf"\b(?:{_PICTURE})\b[^.?!;]{{0,30}}?\b(?P<n>doubled|tripled|quadrupled)\b")
_TWICE = _compiled(rf"\b(?P<n>twice|thrice)\s+(?:as\s+)?{_LARGER}")
_WORD_FACTORS = {"doubl": 2.0, "twice": 2.0, "tripl": 3.0, "thric": 3.0, "quadr": 4.0}
_TRIES = re.compile(r"\b(?:tried|tries|try|asked|failed|attempted|clicked)\b", re.IGNORECASE)
_GROWING = re.compile(rf"\b(?:{_ENLARGING})\b", re.IGNORECASE)


def read_enlargement(text: str, *, enlarging: bool) -> Enlargement:
    """Read the factor, the factors per axis, and the exact size that a question names; the first of each counts.

    Factors not above 1 or above `MAX_FACTOR` are not taken. "WIDTHxHEIGHT" is a target only after a word such as "to"; elsewhere it is the size
    of the picture as it is.

    Args:
        text: the question.
        enlarging: whether the question holds a word for enlarging; "three times" alone is a factor only then.
    """
    facets: list[Facet] = []
    factor, scale, size, rest = _read_from_to(text, facets)
    if size is None:
        size, rest = _read_target(text, rest, facets)
    rest = _ANY_PAIR.sub(lambda pair: " " * len(pair.group()), rest)
    if factor is None and scale is None:
        factor, scale, rest = _read_axes(text, rest, facets)
    if factor is None and scale is None and (found := _first_factor(rest, enlarging=enlarging)):
        factor = found.factor
        facets.append(_facet(text, "factor", f"{factor:g}", found.start, found.end))
    return Enlargement(factor, scale, size, tuple(facets))


def _read_from_to(
    text: str, facets: list[Facet]
) -> tuple[float | None, tuple[float, float] | None, tuple[int, int] | None, str]:
    """ "64x64 to 256x256" gives a factor and a size, "64 px to 512 px" and "480p to 1080p" a factor."""
    if pair := _FROM_TO.search(text):
        width, height, new_width, new_height = (int(pair[name]) for name in ("w1", "h1", "w2", "h2"))
        y, x = (new_height / max(height, 1), new_width / max(width, 1))
        if _is_size(new_height, new_width) and _is_factor(max(y, x)) and min(y, x) >= 1:
            facets.append(_facet(text, "size", f"height {new_height}, width {new_width}", pair.start("w2"), pair.end()))
            facets.append(_facet(text, "factor", _scale_text(y, x), *pair.span()))
            rest = _blanked(text, pair)
            return *_one_or_two(y, x), (new_height, new_width), rest
    if (sides := _SIDE_TO_SIDE.search(text)) and (sides["u1"] or sides["u2"]):
        old, new = (_NAMED_HEIGHTS.get(sides[name].lower()) or int(sides[name]) for name in ("s1", "s2"))
        if old >= 8 and _is_factor(new / old):
            facets.append(_facet(text, "factor", f"{new / old:g}", *sides.span()))
            return new / old, None, None, _blanked(text, sides)
    return None, None, None, text


def _read_target(text: str, rest: str, facets: list[Facet]) -> tuple[tuple[int, int] | None, str]:
    if pair := _TARGET.search(rest):
        width, height = int(pair["w1"]), int(pair["h1"])
        if _is_size(height, width):
            facets.append(_facet(text, "size", f"height {height}, width {width}", pair.start("w1"), pair.end()))
            return (height, width), _blanked(rest, pair)
    if named := _NAMED_TARGET.search(rest):
        height = _NAMED_HEIGHTS[named["name"].lower().removesuffix(" uhd")]
        width = height * 16 // 9
        facets.append(_facet(text, "size", f"height {height}, width {width}", *named.span("name")))
        return (height, width), _blanked(rest, named)
    return None, rest


def _read_axes(text: str, rest: str, facets: list[Facet]) -> tuple[float | None, tuple[float, float] | None, str]:
    """ "Double the width" names one axis; "twice as wide" alone is how people say twice as large."""
    axes: dict[str, tuple[float, re.Match[str]]] = {}
    for match in _AXIS.finditer(rest):
        word = (match["noun"] or match["adj"]).lower()
        axis = "x" if word.startswith(("wid", "hor")) else "y"
        if _is_factor(amount := _amount(match["n"])):
            axes.setdefault(axis, (amount, match))
    if not axes or (len(axes) == 1 and next(iter(axes.values()))[1]["adjective"]):
        return None, None, rest
    y, x = (axes[axis][0] if axis in axes else 1.0 for axis in "yx")
    start, end = min(m.start() for _, m in axes.values()), max(m.end() for _, m in axes.values())
    facets.append(_facet(text, "factor", _scale_text(y, x), start, end))
    return *_one_or_two(y, x), rest


def _first_factor(text: str, *, enlarging: bool) -> _Found | None:
    found = [item for item in _factors(text, enlarging=enlarging) if _is_factor(item.factor)]
    return min(found, key=lambda item: (item.start, -item.end), default=None)


def _factors(text: str, *, enlarging: bool) -> Iterator[_Found]:
    for pattern in (_FACTOR_OF, _X_N, _COMPOUND_FOLD, _FOREIGN, _BY_N, _VERB, _PASSIVE, _TWICE):
        for match in pattern.finditer(text):
            yield _Found(match.start("n"), match.end("n"), _amount(match["n"]))
    for match in _N_X.finditer(text):
        yield _counted(text, match)
    for match in _N_TIMES.finditer(text):
        counted = _counted(text, match)
        tries = _TRIES.search(text, max(0, match.start() - 60), match.start())
        if match["larger"] or counted.end > match.end() or (enlarging and not tries):
            yield counted
    for match in _HALF_AGAIN.finditer(text):
        yield _Found(match.start(), match.end(), 1.5)
    yield from _percentages(text)


def _counted(text: str, match: re.Match[str]) -> _Found:
    """Four times the area or the pixels is twice the side."""
    area = re.compile(_AREA, re.IGNORECASE).match(text, match.end())
    factor = _amount(match["n"])
    return _Found(match.start(), (area or match).end(), math.sqrt(factor) if area else factor)


def _percentages(text: str) -> Iterator[_Found]:
    """ "By 50 %" and "50 % larger" add to the whole, "200 %" is of the whole; both only near a word for growing."""
    for match in _PERCENT.finditer(text):
        grows = _GROWING.search(text, max(0, match.start() - 60), match.start()) is not None
        before = text[max(0, match.start("n") - 12) : match.start("n")].lower().split()
        if not (grows or match["larger"] or (before and before[-1] in ("to", "at", "by"))):
            continue
        share = _number(match["n"]) / 100
        adds = match["larger"] or (match["by"] and share <= 1)
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
    """ "2,5" is two and a half, "1,000" a thousand."""
    if re.fullmatch(r"\d{1,3},\d{3}", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


def _is_factor(value: float) -> bool:
    return 1 < value <= MAX_FACTOR


def _is_size(height: int, width: int) -> bool:
    low, high = _SIDE_LIMITS
    return low <= height <= high and low <= width <= high


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
