"""Read an exact size of one side: "exactly 1920 px wide", "auf 800 px Breite", "横1920pxに".

Only what the result is to have counts: words that ask for it must stand before ("to", "exactly", "need") or after it.
"My logo is 400 px wide" says how the picture is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

LEAST, MOST = 16, 100_000
_PX = r"(?:px|pixe?ls?|pixeln|píxel(?:es)?|픽셀|ピクセル|画素|像素)"
_WIDE = r"(?:wide|in width|across|breit|breite|de (?:large|largeur|ancho|anchura))"
_HIGH = r"(?:high|tall|in height|hoch|höhe|de (?:haut|hauteur|alto|altura))"
_WIDTH = r"(?:width|breite|largeur|ancho|anchura)"
_HEIGHT = r"(?:height|höhe|hauteur|alto|altura)"
_N = r"(?P<n>\d{2,6})"
_ASKS = (
    r"\b(?:(?:until|so(?: that)?) it(?:['’]s| is)|dass (?:es|er|sie)|fasse|so|so that|final|output|target|"
    r"resulting|export\w*|with|exactly|precisely|to|until|at least|needs?|must|should|want(?:s|ed)?|make|get|requires?|"
    r"genau|auf|soll\w*|braucht?|muss|exactement|doit|faut|veux|exactamente|hasta|debe|quiero|necesito|[aà](?= \d))\b"
)
_GAP = r"(?:(?!\b(?:is|are|has|have|only|just|ist|hat|nur|est|es|tiene|mide|fait)\b|['’]s\b|[.!?\d]).)"
_OF_THE_PICTURE = (
    r"(?!\s(?:logo|icon|photo|picture|image|scan|banner|screenshot|file|jpe?g|png|drawing|sprite|original|now|"
    r"already)\b)"
)
_CJK_ASKS = r"\s?(?:으로|로|까지|가 되|に|まで|が必要|欲しい|ほしい)"
_FORMS = tuple(
    (axis, re.compile(pattern, re.IGNORECASE))
    for axis, after, before, cjk in (
        ("x", _WIDE, _WIDTH, r"(?:가로|너비|폭|横幅?|幅|宽度?|寬度?)"),
        ("y", _HIGH, _HEIGHT, r"(?:세로|높이|縦|高さ|高度?)"),
    )
    for pattern in (
        rf"{_ASKS}{_GAP}{{0,24}}?(?<![\d.,x×]){_N}\s?{_PX}?\s(?:in )?(?:der )?{after}\b{_OF_THE_PICTURE}",
        rf"{_ASKS}{_GAP}{{0,30}}?\b{before}\s(?:of |von |de |to |auf |is |be |[:=] ?| = ?)?"
        rf"{_N}(?:\s?{_PX})?(?![\d.,]*\s?[%x×])",
        rf"\b{before} (?:must|should|shall|has to|needs to|soll|muss|doit|debe|tiene que) "
        rf"(?:be |être |ser |at least |exactly )*{_N}(?:\s?{_PX})?(?![\d.,]*\s?[%x×])",
        rf"{cjk}(?:를|을|가|은|는|を|が|は|到|为|成)?\s?{_N}\s?{_PX}?{_CJK_ASKS}",
        rf"(?:放大|变|改|做|调|要|需要|拉)[^。\d]{{0,8}}?{cjk}(?:到|为|成)?\s?{_N}\s?{_PX}?",
    )
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the result in pixels: the width ("x") or the height ("y"), and where the words for it stand."""

    axis: Literal["x", "y"]
    pixels: int
    start: int
    end: int


def one_side(text: str) -> Side | None:
    """The one side that a question names for the result; None where it names none or both."""
    found: dict[str, Side] = {}
    for axis, pattern in _FORMS:
        match = pattern.search(text)
        if match and axis not in found and LEAST <= int(match["n"]) <= MOST:
            found[axis] = Side("x" if axis == "x" else "y", int(match["n"]), match.start("n"), match.end())
    return next(iter(found.values())) if len(found) == 1 else None
