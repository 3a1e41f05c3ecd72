"""Find a factor that a question names and that no enlargement can have: "0x", "-3x", "1000000x", "to 20 %"."""

from __future__ import annotations

import re

from apercu.question.measures import LARGEST, NOT_SIZE

_NUMBER = r"(?P<{0}>[-−–]?\d[\d.,]{{0,12}})"
_NAMED = re.compile(
    rf"(?<![\w.,/-])(?:{_NUMBER.format('times')}\s?-?(?:[x×✕](?![\w×]|\s?\d)|times\b|-?fold\b|-?fach\w*|mal\b|fois\b|"
    rf"veces\b|배|倍){NOT_SIZE}(?!\s?zoom)"
    r"|\b(?:factor|faktor|facteur|scale|ratio|escala|échelle)(?: of| by| de|:| =|=|:)?"
    rf"\s{_NUMBER.format('factor')}(?![\w%])"
    rf"|\bby\s{_NUMBER.format('by')}(?=\s*(?:$|[.?!;:)]|x\b))"
    rf"|\b(?:by|to)\s{_NUMBER.format('share')}\s?(?:%|percent|per cent))"
    r"|\b(?P<word>(?:a |one )?(?:thousand|million|billion)|infinit\w+)[ -]?(?:times|fold|x)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\b(?:been|was|were|has|have|had)\b[^.;!?]*$", re.IGNORECASE)
"""What tells how often something was done: "reposted a million times"."""
_CJK = re.compile(r"(?P<n>\d[\d.,]{0,12}|[千万億亿백천만]+)\s?[배倍]")


def impossible_factor(text: str) -> tuple[int, int] | None:
    """The place of the first factor that is not above 1 or above `LARGEST`, in a question whose factor was not read.

    A percentage is one only where it is no part that may be added: "by -50 %", "to 20 %".
    """
    for match in _NAMED.finditer(text):
        said = match["times"] or match["factor"] or match["by"]
        counted = _COUNTED.search(text, max(0, match.start() - 30), match.start())
        if (match["word"] and not counted) or (said and not _is_possible(_number(said))):
            return match.span()
        share = match["share"]
        if share and (_number(share) <= 0 or _number(share) > 100 * LARGEST):
            return match.span()
    for match in _CJK.finditer(text):
        if not match["n"][0].isdigit() or not _is_possible(_number(match["n"])):
            return match.span()
    return None


def _is_possible(factor: float) -> bool:
    return 1 < factor <= LARGEST


def _number(text: str) -> float:
    """A number as people write it, with a sign; "1,000" is a thousand."""
    plain = text.rstrip(".,").translate(str.maketrans("−–", "--"))
    if re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", plain) and not plain.lstrip("-").startswith("0"):
        return float(re.sub("[.,]", "", plain))
    try:
        return float(plain.replace(",", "."))
    except ValueError:  # "1.2.3" is a version
        return 2.0
