"""What a linear model and a small transformer, taught by 43,500 labelled questions, take a question for.

The model sees a question as words, pairs of words, and parts of words, each weighted by how rare it is, beside what the
vocabulary found (`words.toml`). It has one weight for each of them and each task; the file `tasks.safetensors` has
them in 8 bits. `tools/reader/learn.py` makes it. Since the model is a sum, every word's share in a finding is known,
and a finding is quoted by the words that speak most for it. What the transformer says (`encoder.transformer`) is added
to the sum: it knows words that stood in no question.
"""

from __future__ import annotations

import json
import math
import re
import sys
import unicodedata
import zlib
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import cast

from apercu.encoder.transformer import encoder_scores
from apercu.errors import EvidenceError
from apercu.question.chain import in_order, place_of
from apercu.records import TaskId

NOTHING, CHAIN = "nothing", "chain"
FILE = "tasks.safetensors"
CLOSE = -0.6
"""A task is taken for the second of a chain down to this value; alone it needs none."""
ENCODER = 0.15
"""What a log odds of the encoder adds to the linear model, whose values are about -1 for no and 1 for yes."""
AHEAD = 0.25
"""How far "nothing" must be ahead of the task that the vocabulary decides for."""
DETAIL = {"content": 0.0, "damage": 0.2, "wish": 0.2}
"""Kinds of picture, damage and wishes are taken for said above this value."""
_KNOWN_SHARE = 0.45
_TYPES = {"U32": "I", "F32": "f", "I8": "b"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.?!%×→]|->")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


Span = tuple[int, int]
_EMPTY = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "big", "bigger", "by", "can", "do", "double", "enlarge", "for", "from",
    "get", "give", "how", "i", "in", "into", "is", "it", "its", "larger", "make", "me", "my", "need", "of", "on", "one",
    "or", "our", "please", "side", "so", "than", "that", "the",
    "them", "then", "this", "times", "to", "too", "upscale", "use",
    "want", "we", "what", "when", "which", "wide", "with", "without", "you", "your", "das", "der", "die", "ein", "eine",
    "es", "ist", "mit", "und", "zu", "auf", "bitte", "le", "la", "les", "un", "une", "de", "des", "et", "à", "en", "el",
    "los", "las", "una", "y", "por", "para", "que",
})  # fmt: skip
"""Words that tell nothing of what a picture shows."""


@dataclass(frozen=True)
class Reading:
    """The tasks of a question in their order (none where nothing fits), and for each where the words for it stand.

    `margin` is how far what was decided is ahead of the next best; `details` are kinds of picture, damage and wishes,
    such as ("content", "ui"), with the words that speak most for each.
    """

    tasks: tuple[TaskId, ...]
    quotes: Mapping[TaskId, tuple[Span, ...]]
    margin: float = 0.0
    details: Mapping[tuple[str, str], tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """Weights of features by sorted hash, `len(outputs)` for each, in units of `scale`.

    The outputs are the tasks, NOTHING, CHAIN and details such as "content:ui". `usual` (outputs x outputs, by rows)
    and `order` are what `question.chain` puts the tasks of a chain in order by.
    """

    outputs: tuple[str, ...]
    keys: Sequence[int]
    rarity: Sequence[float]
    weights: Sequence[int]
    scale: Sequence[float]
    bias: Sequence[float]
    usual: Sequence[float]
    order: Sequence[float]

    def shares(self, features: Sequence[str]) -> dict[str, list[float]]:
        """What each known feature adds to each output."""
        known: dict[str, tuple[int, float]] = {}
        for feature, count in Counter(features).items():
            hashed = hash_of(feature)
            place = bisect_left(self.keys, hashed)
            if place < len(self.keys) and self.keys[place] == hashed:
                known[feature] = place, (1 + math.log(count)) * self.rarity[place]
        length = math.sqrt(sum(amount * amount for _, amount in known.values())) or 1.0
        n = len(self.outputs)
        return {
            feature: [
                amount / length * weight * scale
                for weight, scale in zip(self.weights[place * n : (place + 1) * n], self.scale, strict=True)
            ]
            for feature, (place, amount) in known.items()
        }

    def usually_first(self, one: str, other: str) -> float:
        """Log odds that the first of two tasks comes first."""
        return self.usual[self.outputs.index(one) * len(self.outputs) + self.outputs.index(other)]


@cache
def load_model() -> Model:
    """The model that comes with Apercu. Read once.

    Raises:
        EvidenceError: the file is damaged.
    """
    try:
        return model_of(files("apercu.question").joinpath(FILE).read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvidenceError(
            f"the reader's weights {FILE} are damaged ({error})", hint="Install Apercu again."
        ) from error


def model_of(data: bytes) -> Model:
    """The model in a safetensors file: a header in JSON that says where each array lies, then the arrays."""
    begins = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begins])
    outputs = json.loads(header.pop("__metadata__")["outputs"])
    arrays = {}
    for name, about in header.items():
        first, last = about["data_offsets"]
        values = array(_TYPES[about["dtype"]], data[begins + first : begins + last])
        if sys.byteorder == "big":
            values.byteswap()
        arrays[name] = values
    if len(arrays["weights"]) != len(arrays["keys"]) * len(outputs):
        raise ValueError(f"{len(arrays['weights'])} weights for {len(arrays['keys'])} features")
    return Model(tuple(outputs), **arrays)


def read_tasks(text: str, findings: Sequence[str], told: TaskId = "other") -> Reading:
    """The tasks of a question.

    Args:
        text: the question.
        findings: what the vocabulary found, as features.
        told: the task that the vocabulary decides for, "other" for none; where the model sees nothing, but hardly so,
            that one is taken.
    """
    model = load_model()
    shares = model.shares((*(feature for _, feature in text_features(text)), *findings))
    sums = [sum(column) for column in zip(model.bias, *shares.values(), strict=True)]
    odds = encoder_scores(text)
    values = {name: value + ENCODER * odds[name] for name, value in zip(model.outputs, sums, strict=True)}
    said = {name: value for name, value in values.items() if ":" in name}
    values = {name: value for name, value in values.items() if ":" not in name}
    chained = values.pop(CHAIN) > 0
    nothing = values.pop(NOTHING)
    best = max(values, key=values.__getitem__)
    if nothing > values[best]:
        if told == "other" or nothing > values[told] + AHEAD:
            return Reading((), {}, nothing - values[best])
        values[told] = nothing
    ranked = sorted(values, key=lambda task: -values[task])
    tasks = ranked[:1]
    if chained and values[ranked[1]] > CLOSE:
        tasks = ranked[:2] + [task for task in ranked[2:3] if values[task] > 0]
    margin = min(values[tasks[-1]] - values[ranked[len(tasks)]], values[ranked[0]] - nothing)
    if len(tasks) > 1:
        places = places_of(text, shares, tasks, model.outputs)
        tasks = list(in_order(text, places, model.usually_first, model.order))
    named = cast("list[TaskId]", tasks)
    details = {
        (kind, what): telling
        for name, value in said.items()
        for kind, what in [name.split(":")]
        if value > DETAIL[kind]
        if (telling := _telling(text, _quotes(text, shares, model.outputs.index(name))))
    }
    quotes = {task: _quotes(text, shares, model.outputs.index(task)) for task in named}
    return Reading(tuple(named), quotes, margin, details)


def is_strange(text: str) -> bool:
    """Whether most words of a text stand in no question that taught the reader: another language, or no words at all.

    Texts in letters that put no spaces between words, or endings on them, are not judged.
    """
    if _UNSPACED.search(text):
        return False
    keys = load_model().keys
    words = [
        hash_of(feature) for _, feature in text_features(text) if feature.startswith("w:") and feature[2].isalpha()
    ]
    known = sum(place < len(keys) and keys[place] == word for word in words for place in [bisect_left(keys, word)])
    return known < _KNOWN_SHARE * len(words)


def places_of(
    text: str, shares: Mapping[str, Sequence[float]], tasks: Sequence[str], outputs: Sequence[str]
) -> dict[str, float]:
    """Where the words stand that speak for each of several tasks and not for the others, as a share of the text."""
    places = {}
    for task in tasks:
        own = outputs.index(task)
        others = [outputs.index(other) for other in tasks if other != task]
        says: dict[tuple[int, int], float] = {}
        for span, feature in text_features(text):
            if feature in shares:
                more = shares[feature][own] - max(0.0, *(shares[feature][other] for other in others))
                says[span] = says.get(span, 0.0) + max(0.0, more)
        places[task] = place_of(list(says.items()), len(text))
    return places


def text_features(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Features of a text, each with the place of the word that it begins at."""
    words = [(match.span(), _normal(match.group())) for match in _WORD.finditer(text)]
    for i, (span, word) in enumerate(words):
        yield span, f"w:{word}"
        if i + 1 < len(words):
            yield span, f"b:{word} {words[i + 1][1]}"
        if i + 2 < len(words):
            yield span, f"s:{word} {words[i + 2][1]}"
        unspaced = _UNSPACED.search(word)
        framed = word if unspaced else f"^{word}$"
        for n in (1, 2, 3) if unspaced else (3, 4, 5):
            for k in range(len(framed) - n + 1):
                yield span, f"c:{framed[k : k + n]}"
    if words:
        yield words[0][0], f"first:{words[0][1]}"


def hash_of(feature: str) -> int:
    """The number that a feature is known by, 32 bits."""
    return zlib.crc32(feature.encode())


def _normal(word: str) -> str:
    return _DIGITS.sub("0", unicodedata.normalize("NFKC", word).casefold())


def _telling(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Those of some words that say what a picture is of: "it", "the" and "10x15" do not."""
    words = ((span, text[slice(*span)].casefold()) for span in spans)
    return tuple(span for span, word in words if word not in _EMPTY and not _DIGITS.search(word))


def _quotes(text: str, shares: Mapping[str, Sequence[float]], output: int) -> tuple[tuple[int, int], ...]:
    """Where the words stand that speak most for an output: those of at least half the share of the strongest."""
    by_word: dict[tuple[int, int], float] = {}
    for span, feature in text_features(text):
        if feature in shares and text[slice(*span)][0].isalnum():
            by_word[span] = by_word.get(span, 0.0) + shares[feature][output]
    strongest = max(by_word.values(), default=0.0)
    return tuple(sorted(span for span, share in by_word.items() if strongest > 0 and share >= strongest / 2))
