"""Find a factor that a question names and that is not taken: "0x", "-3x", "1000000x", "2x2x2", "to 20 %".

It is asked only where no factor was read, of a question whose numbers are in digits (`numerals`). A number before a
word for times that cannot be worked out ("2.5.3x") is not taken either.
"""

from __future__ import annotations

import re

from apercu.question.measures import LARGEST, NOT_SIZE

_NUMBER = r"(?P<{0}>[-−–]?(?:\d[\d.,]*|∞))"
_TIMES = r"(?:[x×✕](?![\w×]|\s?\d)|times\b|-?fold\b|-?fach\w*|mal\b|fois\b|veces\b|[배倍](?![속速率]))"
_NAMED = re.compile(
    rf"(?<![a-zäöüß0-9_.,/-])(?:{_NUMBER.format('times')}\s?-?{_TIMES}{NOT_SIZE}(?!\s?zoom)"
    r"|\b(?:factor|faktor|facteur|scale|ratio|escala|échelle)(?: of| by| de| von|:| =|=|:)?"
    rf"\s{_NUMBER.format('factor')}(?![\w%])"
    rf"|\bby\s{_NUMBER.format('by')}(?=\s*(?:$|[.?!;:)]|x\b))"
    rf"|\b(?P<to>by|to|auf|um|à|de|al?|hasta)\s{_NUMBER.format('share')}\s?"
    r"(?:%|percent|per cent|prozent|pour cent|por ciento)"
    r"|(?<![\d.,])(?P<cjk_share>\d[\d.,]*)\s?(?:%|퍼센트|パーセント)(?:로|으로|に)"
    r"|(?P<word>(?:a |one )?(?:thousand|million|billion)|infinit\w+|unendlich|infini\w*)[ -]?"
    r"(?:times|fold|x|mal|fach|fois|veces)\b"
    r"|(?P<unknown>nan\s?(?:x|times)\b|\d[\d.,]*(?:\s?[x×]\s?\d[\d.,]*){2,}))",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:been|was|were|has|have|had|told|asked|said|merci|thanks?|danke|gracias)\b[^.;!?]*$", re.IGNORECASE
)
"""What tells how often something was done: "reposted a million times"."""
_GROWS = re.compile(
    r"\b(?:enlarg|upscal|scal|resiz|zoom|magnif|vergröß|agrand|ampl[ií])\w*[^.;!?]{0,40}$", re.IGNORECASE
)
_CJK = re.compile(r"(?<![\d.,])(?P<n>-?\d[\d.,]*|[十百千万億亿십백천만]+|无限|無限|무한)\s?[배倍](?![속速率])")


def impossible_factor(text: str) -> tuple[int, int] | None:
    """The place of the first factor that is not above 1 or above `LARGEST`, in a question whose factor was not read.

    A percentage is one only where it is no part that may be added: "by -50 %", "enlarge to 20 %".
    """
    for match in _NAMED.finditer(text):
        counted = _COUNTED.search(text, max(0, match.start() - 30), match.start())
        if (times := match["times"] or match["word"]) and not counted and not _is_possible(times, version=False):
            return match.span()
        said = match["factor"] or match["by"]
        if match["unknown"] or (said and not _is_possible(said, version=True)):
            return match.span()
        if (share := match["share"] or match["cjk_share"]) and _is_no_share(text, match, signed_number(share) or 0.0):
            return match.span()
    for match in _CJK.finditer(text):
        if not _is_possible(match["n"], version=False):
            return match.span()
    return None


def _is_no_share(text: str, match: re.Match[str], share: float) -> bool:
    whole = (match["to"] or "").lower() in ("to", "auf", "à", "hasta") and _GROWS.search(text, 0, match.start())
    return share <= 0 or share > 100 * LARGEST or bool(whole and share <= 100)


def _is_possible(said: str, *, version: bool) -> bool:
    """Whether it is a number that a factor can be; "1.2.3" is a version, but not before a word for times."""
    number = signed_number(said)
    return version if number is None else 1 < number <= LARGEST


def signed_number(text: str) -> float | None:
    """A number as people write it, with a sign; "1,000" is a thousand. None for what is none."""
    plain = text.rstrip(".,").translate(str.maketrans("−–", "--"))
    if re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", plain) and not plain.lstrip("-").startswith("0"):
        return float(re.sub("[.,]", "", plain))
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None
