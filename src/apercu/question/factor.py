"""Read how much larger the picture is to become: a factor, a factor for each axis, or an exact size."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from apercu.question.area import grown_area
from apercu.question.axes import factors_of_axes
from apercu.question.impossible import impossible_factor
from apercu.question.many_times import many_times
from apercu.question.measures import two_measures
from apercu.question.multiples import AMOUNT, ENLARGING, NUMBER, PICTURE, amount_of, first_factor, is_factor, number_of
from apercu.question.numerals import Digits, in_digits
from apercu.question.shrinking import wants_undoing, what_is_wanted
from apercu.question.side import one_side
from apercu.question.target import (
    LENGTH,
    NAMED_HEIGHTS,
    PIXELS,
    SIDE_LIMITS,
    TIMES,
    is_size,
    pair_of_pixels,
    target_size,
)
from apercu.question.unfit import TONED
from apercu.records import FACTOR_NOT_TAKEN, Facet


@dataclass(frozen=True, slots=True)
class Enlargement:
    """What a question says about the size of the result. Scales are (y, x), sizes (height, width)."""

    factor: float | None = None
    scale: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    width: int | None = None
    height: int | None = None
    facets: tuple[Facet, ...] = ()


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _side(number: int) -> str:
    """A side: "64 px", "480p" or "4K" as groups s and u."""
    return rf"(?P<s{number}>\d{{1,5}}|\b(?:full hd|4k|8k))(?P<u{number}>p\b|{PIXELS})?"


_LEAST_LETTERS = 2
"""Of a task in Chinese."""
_NO_SIZE = (
    _compiled(rf"(?<![\w.]){NUMBER}\s?{TIMES}\s?(?:optical |digital |lens |tele )?zoom\b(?! (?:in|into)\b)"),
    _compiled(rf"\bzoom (?:lens|factor|range|camera) (?:of )?{NUMBER}\s?{TIMES}"),
    _compiled(
        rf"\b(?:tried|tries|asked|asks|failed|attempted|clicked|said|told|complained|read|called|happened)\b"
        rf"[^.;!?]{{0,30}}?(?P<n>\b(?:twice|thrice)|{AMOUNT} times)\b"
    ),
    _compiled(
        r"(?<![A-Za-z0-9.,])(?:16|32|64|128|256|512)x\s?(?:(?:minecraft|resource|texture)\s(?:packs?|textures)|textures|texturen|"
        r"텍스처|テクスチャ|材质|纹理)"
    ),
    *TONED,
    _compiled(r"\b(?:twice|thrice)(?= (?:already|a (?:day|week|month|year)|before|in a row)\b)"),
)
"""A zoom of a camera, and how often something was tried: numbers of times that are no factor."""
_ANY_PAIR = _compiled(pair_of_pixels(1))
_YEAR_BY = _compiled(r"(?:1[89]|20)\d\d by [2-9]")
"""A year and a factor, no pair of pixels: "a photo from 1930 by 3"."""
_FROM_TO = _compiled(
    rf"{pair_of_pixels(1)}(?:(?:\W+(?:\w+\W+){{0,4}}?(?:in)?to|\s*(?:→|->|=>))(?:\s+an?)?\s*|\s+(?:{PICTURE})\s+|"
    rf"(?:\s\w+){{0,2}}\s(?:auf|à|vers|jusqu['’]à|hasta)\s|\s(?:a|en)\s){pair_of_pixels(2)}"
)
_SIDE_TO_SIDE = _compiled(
    rf"(?<![\w.,@-]){_side(1)}\s*(?:\w+\s+){{0,2}}?(?:to|→|->|into)\s*{_side(2)}(?![\d.]|\s?[x×])"
)
_PACK_SIZE = r"(?<![A-Za-z0-9.,]){}x(?![A-Za-z0-9])"
_PACK_TO_PACK = _compiled(
    _PACK_SIZE.format(r"(?P<a>8|16|32|64|128|256)")
    + r"[^.;!?\d]{0,40}?(?:\b(?:to|into|auf|à|a|en|hasta)\s|→|->|から|を|에서|[를을]|[到成])\s?"
    + _PACK_SIZE.format(r"(?P<b>16|32|64|128|256|512|1024)").replace(r"(?<![A-Za-z0-9.,])", "")
)
_PACKED = _compiled(r"textur|minecraft|resource ?pack|sprite|tiles?\b|tileset|텍스처|テクスチャ|材质|纹理|贴图")
"""Textures are called by the pixels of their sides: "16x textures to 64x"."""
_SHARES = _compiled(
    r"\b(?:from|von|de|desde)\s(?P<a>\d{1,3})\s?%\s(?:to|up to|auf|à|a|hasta)\s(?P<b>\d{2,4})\s?%"
    r"(?!\s(?:quality|opacity|contrast|brightness|qualität|qualité|calidad))"
)
_NO_SHARE_OF_SIZE = _compiled(
    r"\b(?:quality|contrast|opacity|brightness|saturation|transparen\w+|battery|qualität|kontrast|helligkeit|sättigung|"
    r"qualité|contraste|luminosité|calidad|brillo|saturación)\b[^.;!?,]{0,20}$"
)
_AXIS = _compiled(
    r"(?P<n>\b(?:doubl(?:e|ed|ing)|twice|tripl(?:e|ed|ing)|quadrupl(?:e|ed|ing))\b|"
    rf"(?<![\w.,@-]){AMOUNT}(?:\s*(?:{TIMES}|times|fold)\b|\s*-\s*(?:fold|times)\b))\s*"
    r"(?:(?:as )?(?P<adjective>wide|wider|tall|taller|high|higher)\b|"
    r"(?:in |both )?(?:the |its |my )?(?:\w+['’]s )?"
    r"(?P<noun>(?:width|height) and (?:the |its )?(?:height|width)|width|height|horizontally|vertically)\b)"
)
_BY_PAIR = _compiled(
    rf"\b(?:{ENLARGING})\b[^.?!;]{{0,60}}?\b(?:by|factors? of)\s+"
    rf"(?P<pair>(?P<x>{NUMBER})\s?{TIMES}\s?(?P<y>{NUMBER}))(?![\w%])(?![.,]\d)(?!{PIXELS})"
)
_NUMBER_TO_NUMBER = _compiled(
    r"(?<![\d.,:/x×])(?P<a>\d{2,5})(?:\s?(?:px|pixels?|píxeles|픽셀|ピクセル|像素|宽|breit|wide|squared))?"
    r"(?:\s?(?:to|auf|à|a|hasta|jusqu'à|up to|から|을|를|에서|を|到|放到|变成|→|->)\s?|"
    r"[^.!?\d]{1,40}\b(?:wants?|needs?|requires?|will|braucht|pide|exige|veut|demande|súbelo a|arrive à|to)\s"
    r"|[^.!?\d]{1,12}(?:要|필요|にしたい)\s?)"
    r"(?P<b>\d{3,5})(?![\d%万만]|[.,]\d|\s?(?:[x×]|dpi|ppi|ms|kb|mb|euro|dollars|€|\$))"
)


def read_enlargement(text: str, *, enlarging: bool) -> Enlargement:
    """Read the factor, the factors per axis, and the exact size that a question names; the first of each counts.

    Factors not above 1 or above `LARGEST` are not taken; where nothing else is, a facet says so. "WIDTHxHEIGHT" is a
    target only after a word such as "to"; elsewhere it is the size of the picture as it is.

    Args:
        text: the question.
        enlarging: whether the question holds a word for enlarging; "three times" alone is a factor only then.
    """
    digits = in_digits(text)
    wanted = what_is_wanted(digits.text)
    found = _read(wanted.text, enlarging=enlarging)
    if found == Enlargement() and wants_undoing(text):
        found = _read(what_is_wanted(digits.text, undo=True).text, enlarging=enlarging)
    if (
        found == Enlargement()
        and enlarging
        and (place := wanted.passed or impossible_factor(_without_sizes(wanted.text)))
    ):
        found = Enlargement(facets=(_facet(digits.text, "factor", FACTOR_NOT_TAKEN, *place),))
    return replace(found, facets=tuple(_in_own_words(text, facet, digits) for facet in found.facets))


def only_shrinks(text: str) -> bool:
    """Whether a picture is to become smaller, or is not to grow, and nothing is said of how it is to grow."""
    wanted = what_is_wanted(in_digits(text).text)
    if not wanted.shrinks or wanted.grows or wants_undoing(text) or not (wanted.passed or wanted.leads):
        return False
    found = read_enlargement(text, enlarging=True)
    return not any((found.factor, found.scale, found.size, found.width, found.height))


def without_refused(text: str) -> str:
    """A question with spaces in place of enlarging that is refused; the text itself where it grows all the same."""
    digits = in_digits(text)
    wanted = what_is_wanted(digits.text)
    if not wanted.refuses or wanted.grows or wants_undoing(text):
        return text
    found = read_enlargement(text, enlarging=True)
    if any((found.factor, found.scale, found.size, found.width, found.height)):
        return text
    whole = list(text)
    for at, (before, after) in enumerate(zip(digits.text, wanted.text, strict=True)):
        if before != after:
            start, end = digits.place(at, at + 1)
            whole[start:end] = " " * (end - start)
    rest = "".join(whole)
    return rest if sum(map(str.isalpha, rest)) >= _LEAST_LETTERS else text


def _in_own_words(text: str, facet: Facet, digits: Digits) -> Facet:
    start, end = digits.place(facet.start, facet.end)
    return Facet(kind=facet.kind, value=facet.value, start=start, end=end, quote=text[start:end])


def _read(text: str, *, enlarging: bool) -> Enlargement:
    """What a question says whose numbers are in digits and from which what is not wanted was taken out."""
    facets: list[Facet] = []
    factor, scale, size, rest = _read_from_to(text, facets)
    if size is None:
        size, rest = _read_target(text, rest, facets)
    if factor is None and scale is None:
        factor, scale, rest = _read_pair_of_factors(text, rest, facets)
    rest = _without_sizes(rest)
    if enlarging and factor is None and scale is None and (grown := grown_area(rest)):
        factor = grown.factor
        facets.append(_facet(text, "factor", f"{factor:g}", grown.start, grown.end))
    if factor is None and scale is None:
        factor, scale, rest = _read_axes(text, rest, facets)
    if factor is None and scale is None and (found := first_factor(rest, enlarging=enlarging)):
        factor = found.factor
        facets.append(_facet(text, "factor", f"{factor:g}", found.start, found.end))
    if enlarging and factor is None and scale is None and (said := two_measures(text) or many_times(rest)):
        factor = round(said.factor, 4)
        facets.append(_facet(text, "factor", f"{factor:g}", said.start, said.end))
    if enlarging and factor is None and scale is None and size is None and (pair := _NUMBER_TO_NUMBER.search(rest)):
        ratio = int(pair["b"]) / max(int(pair["a"]), 1)
        if int(pair["a"]) >= SIDE_LIMITS[0] and is_factor(ratio):
            factor = round(ratio, 4)
            facets.append(_facet(text, "factor", f"{factor:g}", *pair.span()))
    side = one_side(text) if enlarging and factor is None and scale is None and size is None else None
    if side:
        facets.append(
            _facet(text, "size", f"{'width' if side.axis == 'x' else 'height'} {side.pixels}", side.start, side.end)
        )
    width, height = (side.pixels if side and side.axis == axis else None for axis in "xy")
    return Enlargement(factor, scale, size, width, height, tuple(facets))


def _without_sizes(text: str) -> str:
    """Without zooms of cameras, numbers of tries, and sizes in pixels: none of them is a factor."""
    for pattern in (*_NO_SIZE, _ANY_PAIR):
        text = pattern.sub(
            lambda found: found.group() if _YEAR_BY.fullmatch(found.group()) else " " * len(found.group()), text
        )
    return text


def _read_from_to(
    text: str, facets: list[Facet]
) -> tuple[float | None, tuple[float, float] | None, tuple[int, int] | None, str]:
    """Read from what to what: "64x64 to 256x256" is a factor and a size, "64 px to 512 px" a factor."""
    if (pair := _FROM_TO.search(text)) and not LENGTH.match(text, pair.end()):
        width, height, new_width, new_height = (int(pair[name]) for name in ("w1", "h1", "w2", "h2"))
        y, x = (new_height / max(height, 1), new_width / max(width, 1))
        if is_size(new_height, new_width) and is_factor(max(y, x)) and min(y, x) >= 1:
            facets.append(_facet(text, "size", f"height {new_height}, width {new_width}", pair.start("w2"), pair.end()))
            facets.append(_facet(text, "factor", _scale_text(y, x), *pair.span()))
            rest = _blanked(text, pair)
            return *_one_or_two(y, x), (new_height, new_width), rest
    if (sides := _SIDE_TO_SIDE.search(text)) and (sides["u1"] or sides["u2"]):
        old, new = (NAMED_HEIGHTS.get(sides[name].lower()) or int(sides[name]) for name in ("s1", "s2"))
        if old >= 8 and is_factor(new / old):
            facets.append(_facet(text, "factor", f"{new / old:g}", *sides.span()))
            return new / old, None, None, _blanked(text, sides)
    pack = _PACK_TO_PACK.search(text) if _PACKED.search(text) else None
    shares = _SHARES.search(text)
    if shares and _NO_SHARE_OF_SIZE.search(text, max(0, shares.start() - 40), shares.start()):
        shares = None
    for told in (pack, shares):
        if told and is_factor(ratio := int(told["b"]) / max(int(told["a"]), 1)):
            facets.append(_facet(text, "factor", f"{ratio:g}", *told.span()))
            return ratio, None, None, _blanked(text, told)
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
    y, x = number_of(pair["y"]), number_of(pair["x"])
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
        if is_factor(amount := amount_of(match["n"])):
            axes.update({axis: (amount, match) for axis in named if axis not in axes})
    if not axes or (len(axes) == 1 and next(iter(axes.values()))[1]["adjective"]):
        return None, None, rest
    y, x = (axes[axis][0] if axis in axes else 1.0 for axis in "yx")
    start, end = min(m.start() for _, m in axes.values()), max(m.end() for _, m in axes.values())
    facets.append(_facet(text, "factor", _scale_text(y, x), start, end))
    return *_one_or_two(y, x), rest


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
