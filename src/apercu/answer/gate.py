"""The gate: no sentence enters an answer unless it stays inside the provided sources.

A sentence passes when (1) it has a support, (2) each support quotes its source verbatim at the stated place and the source is one of the answer's texts,
(3) its web addresses are provided ones, byte for byte, (4) each number in it stands in one of its quotes, (5) words it puts in quotation marks stand in one
of its quotes, and (6) it names no model or paper that the sources do not name. Sentences that fail are kept apart with the reason, never dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

from apercu.records import Claim, Unsupported

_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?:[.,]\d+)*")
"""A number; digits inside a name such as Txt2Img or V1 are part of the name."""

_QUOTED = re.compile(r"“([^”]+)”")
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def check_claims(
    claims: Iterable[Claim], texts: Mapping[str, str], *, provided_links: Set[str], known_names: Iterable[str]
) -> tuple[tuple[Claim, ...], tuple[Unsupported, ...]]:
    """Part claims into those that may be shown and those that may not.

    Args:
        claims: candidate sentences with their supports.
        texts: every text that may be quoted, by source id.
        provided_links: the addresses of the brief.
        known_names: names of models and papers that Apercu knows, provided or not.

    Returns:
        The claims that pass, in order, and the others with the reason.
    """
    everything = "\n".join(texts.values()).casefold()
    foreign = [name for name in known_names if name.casefold() not in everything]
    passed, refused = [], []
    for claim in claims:
        why = _problem(claim, texts, provided_links, foreign)
        if why:
            refused.append(Unsupported(text=claim.text, why=why))
        else:
            passed.append(claim)
    return tuple(passed), tuple(refused)


def _problem(claim: Claim, texts: Mapping[str, str], provided_links: Set[str], foreign: Iterable[str]) -> str:
    """Why a claim may not be shown, or nothing."""
    if not claim.supports:
        return "it rests on nothing"
    for support in claim.supports:
        if support.source not in texts:
            return f"it rests on {support.source!r}, which is not a source of this answer"
        if not support.quote or texts[support.source][support.start : support.end] != support.quote:
            return f"its quote does not stand at {support.start}..{support.end} of {support.source!r}"
    quotes = "\n".join(support.quote for support in claim.supports)
    for url in _URL.findall(claim.text):
        if url.rstrip(".,;:)") not in provided_links:
            return f"it shows the address {url}, which was not provided"
    numbers = set(_NUMBER.findall(quotes))
    for number in _NUMBER.findall(_URL.sub("", claim.text)):
        if number not in numbers:
            return f"the number {number} does not stand in its quotes"
    for words in _QUOTED.findall(claim.text):
        if words not in quotes:
            return f"the words “{words}” do not stand in its quotes"
    for name in foreign:
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", claim.text, re.IGNORECASE):
            return f"it names {name}, which the sources do not name"
    return ""
