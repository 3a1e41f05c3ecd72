"""Sizes in a question that go down: "from 500 to 100 px", "A3 to A5"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apercu.question.impossible import signed_number


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


UNIT = (
    r"(?:px|pixe?ls?|pixeln|píxeles|픽셀|ピクセル|像素|画素|%|percent|prozent|dpi|ppi|mp|mpx|megapixels?|megapíxeles|"
    r"mm|cm|met(?:ers?|res?|ros?|ern)|mètres?|m|inch(?:es)?|in|zoll|pouces?|pulgadas?)"
)
SIZE = (
    r"(?<![a-z0-9_.,:/-])(?P<a{0}>\d+(?:[.,]\d+)*)(?:\s?[x×]\s?(?P<b{0}>\d+))?(?:\s?(?P<u{0}>"
    + UNIT
    + r")(?![a-z]))?(?![a-z0-9])"
)
_FALLS = _compiled(
    rf"(?P<from>\b(?:from|von|de|desde)\s+)?{SIZE.format(1)}\s?(?:(?:[^\W\d]+\s){{0,2}}?(?:down\s)?"
    r"(?:to|auf|bis|hasta|(?(from)[aà]|(?!)))\s|(?P<arrow>→|->|=>)|から|에서\s?|[^\s\d]{0,3}[到至])\s?(?:an?\s)?"
    rf"{SIZE.format(2)}"
)
_GROUND = _compiled(
    r"gsd|drone|aerial|uav\b|dem\b|imagery|luftbild\w*|terrain|(?:per|je|pro|por|par|/)\s?(?:pixel|píxel|px)|satel+it|landsat|sentinel|orthoph|auflösung|resolu[tc]i[oó]n|résolution"
)
"""Where metres tell how much ground a pixel shows, fewer are finer."""
_TO_PART = _compiled(
    r"\b(?:scal|resiz|skalier)\w*\s(?:(?!\bup\b|\bfrom\b|\bvon\b|qualit|contrast|opacity|bright)[^.;!?\d]){0,40}?\b"
    r"(?:to|auf)\s\d{1,2}(?:[.,]\d+)?\s?(?:%|percent\b|per cent\b|prozent\b)"
    r"(?!\s(?:quality|opacity|qualität|of (?!its|the original|what)))"
)
_FALLING_PAPER = _compiled(r"\b(?P<s>[AB])(?P<a>[0-7])\s(?:\w+\s){0,2}?(?:to|auf|à|a|into)\s(?P=s)(?P<b>[0-7])\b")
_LENGTHS = ("mm", "cm", "m", "me", "mè")
_LEAST = 16


def falling(text: str) -> Iterator[re.Match[str]]:
    """Sizes that go down: "from 500 to 100 px", "256x256 -> 64x64", "A3 to A5"."""
    for match in _FALLS.finditer(text):
        a, b = (signed_number(match[name]) or 0.0 for name in ("a1", "a2"))
        pairs = match["b1"] is not None and match["b2"] is not None
        units = match["u1"] or match["u2"] or match["from"] or match["arrow"] or pairs
        same = match["u1"] is None or match["u2"] is None or match["u1"][0].lower() == match["u2"][0].lower()
        both = not pairs or int(match["b1"]) >= int(match["b2"])
        ground = (match["u1"] or "px").lower()[:2] in _LENGTHS and _GROUND.search(text)
        years = all(re.fullmatch(r"(?:1[89]|20)\d\d", match[name]) for name in ("a1", "a2")) and not (
            match["u1"] or match["u2"] not in (None, "in") or pairs
        )
        if (
            units
            and not years
            and not ground
            and same
            and both
            and a > b
            and a >= _LEAST
            and (match["b1"] is None) == (match["b2"] is None)
        ):
            yield match
    yield from _TO_PART.finditer(text)
    for match in _FALLING_PAPER.finditer(text):
        if int(match["a"]) < int(match["b"]):
            yield match
