"""What must hold of a model, said in words that no pattern of `limits.toml` knows, where the encoder is sure of it."""

from __future__ import annotations

import re
from dataclasses import replace

from apercu.encoder.transformer import limit_scores, load_encoder
from apercu.question.limits import Limits, is_spoken_of, stays_here, what_is_meant
from apercu.records import Facet

SURE = {"commercial": 2.0, "open": 2.0, "no_gpu": 2.0, "runs_here": 2.0}
"""From which log odds on a limit is taken for said."""
_SURER = 2.0
"""How much more it takes where a pattern knows words for what the limit is about."""
_UNKNOWN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Writing in which MiniLM, which learned from English, has little to say of limits."""
_WORD = re.compile(r"\S+")
_ENDS = frozenset(".;:!?")
_MOST_PARTS = 12
"""Parts of a question, of one word or some, of which each is left out once to see what it tells."""
_ASIDE = 0.5
"""Words next to the most telling one that tell at least this share of what it tells are quoted with it."""


def with_sensed(text: str, limits: Limits, *, here: bool) -> Limits:
    """Limits with those that only the encoder finds; each quotes the words without which it would be least sure.

    Args:
        text: the question.
        limits: what the patterns found.
        here: whether "on my own machine" rules out models that do not run here: where none does, it would rule out all.
    """
    if here and not limits.runs_here and (private := stays_here(text)):
        limits = replace(limits, runs_here=True, facets=(*limits.facets, private))
    if _UNKNOWN.search(text):
        return limits
    said = what_is_meant(text)
    scores = limit_scores(said)
    over = {name: scores[name] - least for name, least in SURE.items() if scores[name] > least}
    over = {name: more - _SURER * is_spoken_of(text, name) for name, more in over.items()}
    odds = {name: more for name, more in over.items() if more > 0 and (here or name != "runs_here")}
    known = {"no_gpu": limits.no_gpu, "runs_here": limits.runs_here}
    found = [name for name, is_known in known.items() if not is_known and name in odds]
    if "no_gpu" in found and (private := stays_here(text)) and not _is_without(said, private, "no_gpu"):
        found.remove("no_gpu")  # "on our own computers only" says where, not on what
    licences = [name for name in ("commercial", "open") if name in odds]
    if limits.licence is None and licences:
        licence = max(licences, key=odds.__getitem__)
        found.append(licence)
        limits = replace(limits, licence=licence)
    if not found:
        return limits
    return replace(
        limits,
        no_gpu=limits.no_gpu or "no_gpu" in found,
        runs_here=limits.runs_here or "runs_here" in found,
        facets=(*limits.facets, *(_facet(text, said, name) for name in found)),
    )


def _is_without(said: str, told: Facet, name: str) -> bool:
    """Whether a limit is still told without the words that tell another one."""
    rest = said[: told.start] + " " * (told.end - told.start) + said[told.end :]
    return limit_scores(rest)[name] > SURE[name]


def _facet(text: str, said: str, name: str) -> Facet:
    start, end = _telling(said, name)
    return Facet(kind="limit", value=name, start=start, end=end, quote=text[start:end])


def _telling(text: str, output: str) -> tuple[int, int]:
    """Where the words stand that tell most: without one of them the encoder is less sure."""
    words = _parts(text)
    encoder, sure = load_encoder(), limit_scores(text)[output]
    tells = [sure - encoder.limit_scores(text[:begin] + text[end:])[output] for begin, end in words]
    first = last = max(range(len(words)), key=tells.__getitem__)
    least = _ASIDE * tells[first]
    while first > 0 and tells[first - 1] >= least and text[words[first - 1][1] - 1] not in _ENDS:
        first -= 1
    while last + 1 < len(words) and tells[last + 1] >= least and text[words[last][1] - 1] not in _ENDS:
        last += 1
    start, end = words[first][0], words[last][1]
    return start, max(start + 1, start + len(text[start:end].rstrip(".,;:!?")))


def _parts(text: str) -> list[tuple[int, int]]:
    """Words in at most about `_MOST_PARTS` parts, none of which goes on past the end of a sentence."""
    single = [match.span() for match in _WORD.finditer(text)]
    step = -(-len(single) // _MOST_PARTS)
    parts: list[tuple[int, int]] = []
    count = 0
    for start, end in single:
        if count % step == 0 or text[parts[-1][1] - 1] in _ENDS:
            parts.append((start, end))
            count = 1
        else:
            parts[-1] = (parts[-1][0], end)
            count += 1
    return parts
