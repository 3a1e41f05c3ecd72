"""The gate: no sentence enters an answer unless it stays inside the provided sources.

A sentence passes when

1. it has a support,
2. each support quotes its source verbatim at the stated place, and the source is one of the answer's texts,
3. its web addresses are provided ones, byte for byte,
4. each number in it, and each word that holds a digit, stands in one of its quotes, with its sign if it has one,
5. words that it puts in quotation marks stand in one of its quotes,
6. it names no model or paper that the sources do not name, and
7. what it says is predicted of a model on the picture stands word for word in a quote from the prediction.

Sentences that fail are kept apart with the reason, never dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from apercu.addresses import trimmed
from apercu.answer.chosen import CHOICE
from apercu.records import Claim, Support, Unsupported

# Every pattern takes time in proportion to the text, however hostile: a word is tried from its first letter only, and
# the scheme of an address is bounded.
_NUMBER = re.compile(r"(?<![^\W\d])[^\W\d]*\d\w*(?:[.,]\d+)*")
"""A number with the letters that touch it: 3, 34.42, 2,500, x4, 3x, Txt2Img."""
_PLAIN_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SIGNED = re.compile(r"(?<![\w.,)\]])[+\-−]\d+(?:[.,]\d+)*")
"""A number with its sign: +3.9, not the second part of 3-4."""
_PREDICTED = "is predicted to measure"
_PREDICTION = re.compile(rf"(?<!\S)\S{{1,200}} {_PREDICTED} [^()\n]{{1,100}}\([^()\n]{{1,100}}\)")
"""The one form in which a prediction is said, from the model's name to the interval (`Prediction.said_of`)."""
_DECIBELS = re.compile(r"\d\s*dB")
_QUOTED = re.compile(r"“([^“”]+)”")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}://|www\.)[^\s<>\"]+", re.IGNORECASE)
_SHORT_NAME = 4
"""Names up to this length may be ordinary words too (REAL, CoF), so their capitals count."""


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
    everything = " ".join("\n".join(texts.values()).split())
    folded = everything.casefold()
    foreign = _any_of([name for name in known_names if not _is_named(name, everything, folded)])
    passed, refused = [], []
    for claim in claims:
        why = _problem(claim, texts, provided_links, foreign)
        if why:
            refused.append(Unsupported(text=claim.text, why=why))
        else:
            passed.append(claim)
    return tuple(passed), tuple(refused)


def _problem(
    claim: Claim, texts: Mapping[str, str], provided_links: Set[str], foreign: Sequence[re.Pattern[str]]
) -> str:
    """Why a claim may not be shown, or nothing."""
    if not claim.supports:
        return "it rests on nothing"
    quotes = "\n".join(support.quote for support in claim.supports)
    said = _QUOTED.findall(claim.text)
    problems = (
        *(_support_problem(support, texts) for support in claim.supports),
        _address_problem(claim.text, provided_links),
        _number_problem(_URL.sub("", claim.text), quotes),
        _prediction_problem(claim, texts),
        *(f"the words “{words}” do not stand in its quotes" for words in said if words not in quotes),
        *(f"it names {name}, which the sources do not name" for name in _named(" ".join(claim.text.split()), foreign)),
    )
    return next((problem for problem in problems if problem), "")


def _support_problem(support: Support, texts: Mapping[str, str]) -> str:
    if support.source not in texts:
        return f"it rests on {support.source!r}, which is not a source of this answer"
    inside = 0 <= support.start < support.end
    if not inside or texts[support.source][support.start : support.end] != support.quote:
        return f"its quote does not stand at {support.start}..{support.end} of {support.source!r}"
    return ""


def _address_problem(text: str, provided_links: Set[str]) -> str:
    for url in _URL.findall(text):
        if url not in provided_links and trimmed(url) not in provided_links:
            return f"it shows the address {url}, which was not provided"
    return ""


def _number_problem(text: str, quotes: str) -> str:
    """A plain number may touch other letters in the quote (3 in "3x"); a word that holds digits may not change."""
    words, numbers = set(_NUMBER.findall(quotes)), set(_PLAIN_NUMBER.findall(quotes))
    for word in _NUMBER.findall(text):
        if word not in words and not (word in numbers and _PLAIN_NUMBER.fullmatch(word)):
            return f"the number {word} does not stand in its quotes"
    signed = set(_SIGNED.findall(quotes))
    return next((f"the number {n} does not stand in its quotes" for n in _SIGNED.findall(text) if n not in signed), "")


def _prediction_problem(claim: Claim, texts: Mapping[str, str]) -> str:
    """A prediction is bound to its model: no number, sign or name may change, nor may it be told in other words."""
    said, rest = _PREDICTION.findall(claim.text), _PREDICTION.sub("", claim.text)
    chosen = [support for support in claim.supports if support.source == CHOICE]
    lines = [support.quote for support in chosen if texts.get(CHOICE, "")[: support.start][-1:] in ("", "\n")]
    for words in said:
        if words not in lines:
            return f"the words “{words}” are no quote from the prediction"
    if _PREDICTED in rest or (chosen and _DECIBELS.search(rest)):
        return "it says what is predicted in another form than the prediction"
    return ""


def _is_named(name: str, everything: str, folded: str) -> bool:
    """Whether the sources name a model or paper, also as a part of a longer name; `folded` is without capitals."""
    return any(_named(everything, _any_of([name]))) if len(name) <= _SHORT_NAME else name.casefold() in folded


def _any_of(names: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """What finds any of some names of models and papers as a whole, all at once."""
    short: list[str] = []
    long: list[str] = []
    for name in names:
        (short if len(name) <= _SHORT_NAME else long).append(re.escape(name))
    return tuple(
        re.compile(rf"(?<![\w-])(?:{'|'.join(group)})(?![\w-])", flags)
        for group, flags in ((short, 0), (long, re.IGNORECASE))
        if group
    )


def _named(text: str, names: Iterable[re.Pattern[str]]) -> Iterator[str]:
    """The names that a text holds, the first of each length, as they stand in it."""
    yield from (found[0] for pattern in names if (found := pattern.search(text)))
