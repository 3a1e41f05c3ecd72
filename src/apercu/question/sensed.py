"""What must hold of a model, said in words that no pattern of `limits.toml` knows, where the encoder is sure of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from apercu.encoder.transformer import encoder_scores, load_encoder
from apercu.question.limits import Licence, Limits
from apercu.records import Facet

SURE = {"commercial": 1.5, "open": 1.5, "no_gpu": 1.5, "runs_here": 1.5}
"""From which log odds on a limit is taken for said."""
_WORD = re.compile(r"\S+")
_MOST_WORDS = 60
_ASIDE = 0.5
"""Words next to the most telling one that tell at least this share of what it tells are quoted with it."""


def with_sensed(text: str, limits: Limits) -> Limits:
    """Limits with those that only the encoder finds; each quotes the words without which it would be least sure."""
    odds = encoder_scores(text)
    known = {"no_gpu": limits.no_gpu, "runs_here": limits.runs_here}
    found = [name for name, missing in known.items() if not missing and odds[f"limit:{name}"] > SURE[name]]
    if limits.licence is None:
        licence = max(("commercial", "open"), key=lambda name: odds[f"limit:{name}"] - SURE[name])
        if odds[f"limit:{licence}"] > SURE[licence]:
            found.append(licence)
            limits = replace(limits, licence=cast("Licence", licence))
    if not found:
        return limits
    return replace(
        limits,
        no_gpu=limits.no_gpu or "no_gpu" in found,
        runs_here=limits.runs_here or "runs_here" in found,
        facets=(*limits.facets, *(_facet(text, name, odds[f"limit:{name}"]) for name in found)),
    )


def _facet(text: str, name: str, sure: float) -> Facet:
    start, end = _telling(text, f"limit:{name}", sure)
    return Facet(kind="limit", value=name, start=start, end=end, quote=text[start:end])


def _telling(text: str, output: str, sure: float) -> tuple[int, int]:
    """Where the words stand that tell most: without one of them the encoder is less sure."""
    words = [match.span() for match in _WORD.finditer(text)][:_MOST_WORDS]
    encoder = load_encoder()
    tells = [sure - encoder.scores(text[:begin] + text[end:])[output] for begin, end in words]
    first = last = max(range(len(words)), key=tells.__getitem__)
    least = _ASIDE * tells[first]
    while first > 0 and tells[first - 1] >= least:
        first -= 1
    while last + 1 < len(words) and tells[last + 1] >= least:
        last += 1
    return words[first][0], words[last][1]
