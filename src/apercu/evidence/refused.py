"""Papers about networks that a question rules out: what it says of models holds of what it is told to read, too."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache

from apercu.catalogue import families, transformers
from apercu.evidence.suits import NETWORKS
from apercu.records import Task

_IN_WORDS: Mapping[str, str] = {**{str(kind): words for kind, words in NETWORKS.items()}, "transformer": "transformers"}
_NAMED = {
    "gan": re.compile(r"GANs?\b|\bgans\b|(?i:generative adversarial|adversarial (?:train|loss|learn|network))"),
    "diffusion": re.compile(r"diffusion(?! (?:equation|tensor|mri|weighted|coefficient))", re.IGNORECASE),
    "transformer": re.compile(r"transformers?\b", re.IGNORECASE),
}
"""How titles and abstracts name a kind of network."""
_OWN = re.compile(
    r"\b(?:we|our|ours|this (?:paper|work)|is (?:trained|optimi[sz]ed)|propos\w+|present\w*|introduc\w+)\b",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"\b(?:unlike|instead of|in place of|rather than|without|compared|than|over|existing|previous|prior|other|most"
    r"|many)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def why_refused(task: Task, *, arxiv: str | None, title: str, topics: Collection[str] = (), abstract: str = "") -> str:
    """What a paper is about that the question rules out, in one sentence; empty where there is nothing.

    Args:
        task: what was read from the question.
        arxiv: the paper's number, by which the catalogue may know a family.
        title: its title.
        topics: those of a curated paper.
        abstract: its own words about itself; what they say of other work does not count.
    """
    for name, drawn in _families().get(arxiv or "", ()):
        if name in task.excluded:
            return _sentence(_IN_WORDS[drawn] if drawn in task.excluded_kinds else name)
    for kind in _kinds(task):
        if kind in topics or _NAMED[kind].search(title) or _is_its_own(abstract, kind):
            return _sentence(_IN_WORDS[kind])
    return ""


def _sentence(what: str) -> str:
    return f"It is about {what}, which the question rules out."


def _is_its_own(abstract: str, kind: str) -> bool:
    """Whether an abstract says of its own work, not of what others did, that it is of a kind."""
    return any(
        _NAMED[kind].search(sentence) and _OWN.search(sentence) and not _OF_OTHERS.search(sentence)
        for sentence in _SENTENCE.split(abstract)
    )


def _kinds(task: Task) -> tuple[str, ...]:
    """The kinds of network that a question rules out as a whole."""
    return (*task.excluded_kinds, *(("transformer",) if set(transformers()) <= set(task.excluded) else ()))


@cache
def _families() -> dict[str, tuple[tuple[str, str], ...]]:
    """The families of the catalogue, each with how it draws, by the arXiv number of their paper."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for family in families():
        if family.paper and family.paper.arxiv:
            number = family.paper.arxiv
            found[number] = (*found.get(number, ()), (family.family, family.draws))
    return found
