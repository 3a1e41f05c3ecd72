"""Read by how many times a picture is to grow, said in one expression: "3x", "by half again", "to 250 %", "三倍"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from apercu.question.area import NOT_A_SIDE
from apercu.question.measures import LARGEST, NOT_SIZE, Said
from apercu.question.portions import portions
from apercu.question.target import TIMES
from apercu.question.words import NUMBER_WORDS


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_WORDS = "|".join(sorted((word for word in NUMBER_WORDS if word.isascii()), key=len, reverse=True))
_OTHER_WORDS = "|".join(word for word in NUMBER_WORDS if not word.isascii())
NUMBER = r"\d{1,6}(?:[.,]\d{1,20})?"
AMOUNT = rf"(?:{NUMBER}|\b(?:{_WORDS}))"
_ALONE = r"(?<![\w.,/])(?<!\s-)(?<!^-)"
ENLARGING = (
    r"enlarg\w*|upscal\w*|upsampl\w*|upsiz\w*|magnif\w*|blow\w*|blew|scal(?:e|es|ed|ing)|zoom\w*|resiz\w*|"
    r"increas\w*|grow\w*|bigger|larger|widen\w*|heighten\w*|vergröß\w*|größer|agrand\w*|grand\w*|ampli\w*|aument\w*"
)
_LARGER = (
    r"(?:bigger|larger|greater|wider|taller|higher|enlarge\w*|magnif\w*|upscal\w*|zoom|size\b|resolution|"
    r"the (?:original )?(?:size|resolution|dimensions)|(?:as|so) (?:large|big|wide|tall|high)|"
    r"its (?:original |current )?(?:size|resolution)|original size)"
)
PICTURE = (
    r"size|resolution|dimensions?|pixels|scale|pictures?|images?|photos?|icons?|drawings?|sprites?|illustrations?|"
    r"logos?|screenshots?|scans?|it|them|this"
)
_FACTOR_OF = _compiled(
    r"\b(?:factor|faktor|facteur(?: d['’]agrandissement)?|scale|ratio|magnification)(?: factor)?"
    rf"(?: of| by| de|:| =|=)?\s+(?P<n>{AMOUNT})(?![\w%])(?!\.\d)(?:\s*{TIMES}\b)?"
)
_N_X = _compiled(rf"{_ALONE}@?(?P<n>{NUMBER})\s?{TIMES}(?![A-Za-z0-9_×]){NOT_SIZE}")
_X_N = _compiled(rf"(?<![A-Za-z0-9_.]){TIMES}\s?(?P<n>(?!64\b|86\b|32\b){NUMBER})(?![A-Za-z0-9_%.]*[A-Za-z0-9_])")
_N_TIMES = _compiled(rf"{_ALONE}(?P<n>{AMOUNT})\s*-?\s*(?:times|fold)\b{NOT_SIZE}(?P<larger>\s+(?:as\s+)?{_LARGER})?")
_FOLD = _compiled(rf"\b(?P<n>{_WORDS}|hundred)fold\b")
_FOREIGN = _compiled(
    rf"(?<![\d/])(?<!\d[.,])(?<!\D-)(?<!^-)(?P<n>{NUMBER}|{_OTHER_WORDS})\s?-?(?:배|倍|fache[nsr]?\b|fach\b|fois\b|veces\b)"
)
_OF_SIZE = _compiled(
    rf"\bto (?:about )?(?P<n>{NUMBER}) (?:of|times|x) (?:its|the|their) (?:(?:current|original|present) )?"
    r"(?:size|dimensions|width|height|resolution)\b"
)
_FOREIGN_FACTOR = _compiled(
    r"(?:\bescala|\béchelle|\bmaßstab|\bvergrößerungsfaktor|倍率|배율)(?: de| von| :|:|は|은|を)?\s?"
    rf"(?P<n>{NUMBER})(?![\d%])"
)
_FOREIGN_VERB = _compiled(
    r"(?P<two>\bverdopp\w+|\bduplic\w+|\bdupliqu\w+|\bdoubl(?:er|ez|é|ée)\b|(?:放大|变大|扩大)一倍|(?:サイズ|大きさ)(?:だけ)?(?:を)?倍)"
    r"|(?P<three>\bverdreifach\w+|\btriplic\w+|\btripliqu\w+|\btripl(?:er|ez|é|ée)\b)"
    r"|(?P<four>\bvervierfach\w+|\bcuadruplic\w+|\bcuadrupliqu\w+|\bquadrupl(?:er|ez|é|ée)\b)"
    r"|(?P<half>两倍半|兩倍半|2倍半)|(?P<more>\bde moitié\b|절반 더|半分増し)"
)
_FOREIGN_VERBS = {"two": 2.0, "three": 3.0, "four": 4.0, "half": 2.5, "more": 1.5}
_PERCENT = _compiled(
    rf"(?P<by>\bby\s+)?{_ALONE}(?P<n>{NUMBER})\s?(?:%|percent\b|per cent\b)"
    r"(?P<larger>\s+(?:bigger|larger|wider|taller|more))?"
    r"(?P<whole>\s+(?:of\s+)?(?:(?:its|their)(?:\s+original|\s+current)?|the\s+(?:original|current))\s+"
    r"(?:size|width|dimensions|resolution)\b)?"
)
_BY_N = _compiled(
    rf"\b(?:{ENLARGING})\b[^.?!;]{{0,60}}?\bby\s+(?P<n>{AMOUNT})"
    r"(?=\s*(?:$|[.?!,;:)]|\s(?:and|or|for|with|without|to|please|so|in|using|but|while|on|at|then)\b))"
)
_HALF_AGAIN = _compiled(r"\bhalf as (?:large|big|wide|tall) again\b|\bhalf again as (?:large|big|wide|tall)\b")
_VERB = _compiled(
    r"\b(?P<n>doubl(?:e|ed|es|ing)|tripl(?:e|ed|es|ing)|quadrupl(?:e|ed|es|ing))\b"
    rf"(?:\s+(?:in\s+)?(?:(?:the|its|my|this|our|of|their|your)\s+)*(?:\w+\s+){{0,2}}?(?:{PICTURE})\b|\s*$|\s*[.,!?])"
)
_PASSIVE = _compiled(rf"\b(?:{PICTURE})\b[^.?!;]{{0,30}}?\b(?P<n>doubled|tripled|quadrupled)\b")
_TWICE = _compiled(rf"\b(?P<n>twice|thrice)\s+(?:as\s+)?{_LARGER}")
_AREA = _compiled(
    rf"\s*(?:the\s+|as many\s+|more\s+)?(?:area|pixels|pixel count|number of pixels|megapixels)\b{NOT_A_SIDE}"
)
_COMPARED = 2
_TRIES = _compiled(r"\b(?:tried|tries|try|asked|failed|attempted|clicked)\b")
_ADDED = _compiled(r"\b(?:add\w*|plus|gain\w*|extra)\s$")
_GROWING = _compiled(rf"\b(?:{ENLARGING})\b")
_WORD_FACTORS = {"doubl": 2.0, "twice": 2.0, "tripl": 3.0, "thric": 3.0, "quadr": 4.0}


def first_factor(text: str, *, enlarging: bool) -> Said | None:
    """The first factor that a text names; None where it names more than two, or none.

    Args:
        text: the question, with spaces in place of what names no factor.
        enlarging: whether it holds a word for enlarging; "three times" alone is a factor only then.
    """
    found = [item for item in _factors(text, enlarging=enlarging) if is_factor(item.factor)]
    if len({round(item.factor, 3) for item in found}) > _COMPARED:
        return None  # "at 2x, 3x and 4x" compares factors and asks for none
    return min(found, key=lambda item: (item.start, -item.end), default=None)


def _factors(text: str, *, enlarging: bool) -> Iterator[Said]:
    for pattern in (_FACTOR_OF, _X_N, _FOLD, _FOREIGN, _TWICE, _OF_SIZE):
        for match in pattern.finditer(text):
            yield Said(amount_of(match["n"]), match.start(), match.end())
    for pattern in (_BY_N, _VERB, _PASSIVE):
        for match in pattern.finditer(text):
            yield Said(amount_of(match["n"]), match.start("n"), match.end("n"))
    for match in _N_X.finditer(text):
        yield _counted(text, match)
    for match in _N_TIMES.finditer(text):
        counted = _counted(text, match)
        tries = _TRIES.search(text, max(0, match.start() - 60), match.start())
        if match["larger"] or counted.end > match.end() or (enlarging and not tries):
            yield counted
    for match in _FOREIGN_FACTOR.finditer(text):
        yield Said(number_of(match["n"]), match.start(), match.end())
    for match in _FOREIGN_VERB.finditer(text):
        yield Said(_FOREIGN_VERBS[str(match.lastgroup)], match.start(), match.end())
    for start, end, share in portions(text):
        yield Said(1 + share, start, end)
    for match in _HALF_AGAIN.finditer(text):
        yield Said(1.5, match.start(), match.end())
    yield from _percentages(text)


def _counted(text: str, match: re.Match[str]) -> Said:
    """Four times the area or the pixels is twice the side."""
    area = _AREA.match(text, match.end())
    factor = amount_of(match["n"])
    return Said(math.sqrt(factor) if area else factor, match.start(), (area or match).end())


def _percentages(text: str) -> Iterator[Said]:
    """Read percentages near a word for growing: "by 50 %" adds to the whole, "200 %" is of the whole."""
    for match in _PERCENT.finditer(text):
        grows = _GROWING.search(text, max(0, match.start() - 60), match.start()) is not None
        before = text[max(0, match.start("n") - 12) : match.start("n")].lower().split()
        added = _ADDED.search(text, 0, match.start("n"))
        if not (grows or added or match["larger"] or match["whole"] or (before and before[-1] in ("to", "at", "by"))):
            continue
        share = number_of(match["n"]) / 100
        adds = added or match["larger"] or (match["by"] and share <= 1)
        yield Said(1 + share if adds else share, match.start(), match.end())


def amount_of(text: str) -> float:
    """The number in "3", "2,5", "four", "doubled" or "3 times"."""
    lowered = text.lower().strip()
    if lowered[:5] in _WORD_FACTORS:
        return _WORD_FACTORS[lowered[:5]]
    if digits := re.match(NUMBER, lowered):
        return number_of(digits.group())
    words = re.sub(r"(?:times|fold|[\s-])+$", "", lowered)
    return NUMBER_WORDS.get(words, NUMBER_WORDS.get(f"a {words}", 0.0))


def number_of(text: str) -> float:
    """A number as people write it: "2,5" is two and a half, "1,000" a thousand."""
    if re.fullmatch(r"\d{1,3},\d{3}", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


def is_factor(value: float) -> bool:
    return 1 < value <= LARGEST
