"""Read an exact size in pixels that the result is to have: "to 1920x1080", "auf 1080x1350 Pixel", "放大到1920×1080"."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIDE_LIMITS = (16, 100_000)
PIXELS = r"[ ]?(?:px|pixels?)\b"
TIMES = r"[x×✕✖]"
_BETWEEN = rf"(?:{TIMES}|[ ]{TIMES}[ ]|[ ]by[ ])"
NAMED_HEIGHTS = {"full hd": 1080, "4k": 2160, "uhd": 2160, "8k": 4320, "1080p": 1080}


@dataclass(frozen=True, slots=True)
class Target:
    """A size in pixels: where the words for it begin, and where the numbers stand."""

    height: int
    width: int
    begins: int
    start: int
    end: int


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def pair_of_pixels(number: int) -> str:
    """A size: "1920x1080", "1920 × 1080 px" or "1920 by 1080" as groups w and h; not the start of "1x1x1"."""
    return (
        rf"(?<![\w.])(?P<w{number}>\d{{1,6}})(?:{PIXELS})?{_BETWEEN}"
        rf"(?P<h{number}>\d{{1,6}})(?![\d.]*{TIMES}?\w)(?:{PIXELS})?"
    )


_TARGET = _compiled(
    r"\b(?:to|into|as|be|make (?:it|this|the \w+|my \w+)|need(?: it| this)?|want(?: it| this)?|size(?: of)?|output|"
    r"export(?:ed)? at|=|an?(?= \S+ version)|auf|"
    r"(?:output|final|target|resulting|result|end|new|desired|wanted|required) (?:size|resolution|dimensions?|format)|"
    r"(?:need|want|must|should|make|get|render|output|export|deliver|print)\b[^.;!?\d]{0,40}? (?:at|in)|"
    r"(?:agrand|pass|redimension|export|veux|voudr|faut|besoin|ampl|escal|aument|quier|necesit)\w*[^.;!?\d]{0,40}? "
    r"(?:à|a|en|de|hasta)|"
    r"(?:must|should|has to|needs? to|have to|doit|devra|fasse|tiene que|debe|soll\w*|muss)(?: [^\W\d]+){0,2}|"
    r"(?:ziel|zielgröße|taille finale|tamaño final) (?:ist|sind|est|es|von|de)|"
    r"in(?= \d+ ?[x×] ?\d+ (?:px |pixeln? )?(?:ausgeb|speicher|exportier|umrechn)))"
    rf"(?: (?:exactly|about|be|a|an|at|at least|in|of|is|are|der|die|genau|exactement)){{0,2}}"
    rf"\s*:?\s*{pair_of_pixels(1)}"
)
_CJK_PAIR = r"(?<![a-z0-9.])(?P<w{0}>\d{{1,6}})\s?[x×✕*]\s?(?P<h{0}>\d{{1,6}})(?:\s?px)?(?![a-z0-9.])"
_CJK_TARGET = _compiled(
    rf"{_CJK_PAIR.format(1)}\s?(?:크기|사이즈|해상도|サイズ|大|ピクセル|픽셀|像素|の大きさ|px)?"
    r"(?:으로|로|까지|に|へ|まで|が必要|가 필요|이 필요)"
    rf"|(?:到|成|为|至|要)\s?{_CJK_PAIR.format(2)}"
)
_IN_PIXELS = _compiled(rf"{PIXELS}$")
_LENGTH = _compiled(r"[\s-]?(?:inch(?:es)?|in(?=[.,;!?)]|$)|cm|mm|zoll|feet|foot|ft|pouces?|pulgadas?|[\"″”])(?![a-z])")
"""What is measured in inches or centimetres is no number of pixels."""
_NAMED_TARGET = _compiled(r"\b(?:to|into|in|at|as)\s+(?P<name>full hd|4k(?: uhd)?|uhd|8k|1080p)\b")


def target_size(text: str) -> Target | None:
    """The size that a question asks for; one without a word that asks for it is the size of the picture as it is."""
    if (pair := _TARGET.search(text)) and not _LENGTH.match(text, pair.end()):
        height, width = int(pair["h1"]), int(pair["w1"])
        if is_size(height, width, low=1 if _IN_PIXELS.search(pair.group()) else SIDE_LIMITS[0]):
            return Target(height, width, pair.start(), pair.start("w1"), pair.end())
    if not text.isascii() and (pair := _CJK_TARGET.search(text)):
        n = 1 if pair["w1"] else 2
        height, width = int(pair[f"h{n}"]), int(pair[f"w{n}"])
        if is_size(height, width):
            return Target(height, width, pair.start(), pair.start(f"w{n}"), pair.end())
    if named := _NAMED_TARGET.search(text):
        height = NAMED_HEIGHTS[named["name"].lower().removesuffix(" uhd")]
        return Target(height, height * 16 // 9, named.start(), *named.span("name"))
    return None


def is_size(height: int, width: int, *, low: int = SIDE_LIMITS[0]) -> bool:
    """Whether both sides are sides that a picture may have."""
    high = SIDE_LIMITS[1]
    return low <= height <= high and low <= width <= high
