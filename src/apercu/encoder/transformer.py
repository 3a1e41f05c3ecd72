"""What a small transformer takes a question for: it knows words that stood in no question that the reader learned from.

It is the first four layers of all-MiniLM-L6-v2 (Apache-2.0), which go on learning from the same questions as
`question.learned`; `tools/reader/teach.py` makes its files. Their matrices have 8 bits. It runs in numpy, on one thread
or as many as numpy's own library takes, and says one number for each task: the log odds that the question asks for it.

What must hold of a model is the matter of a second pair of last layers on top of the same first two, which
`tools/reader/teach_limits.py` teaches: whether a limit is said, and whether a model that is named is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.encoder.wordpiece import pieces
from apercu.errors import EvidenceError

WORDS_FILE, LAYERS_FILE, LIMITS_FILE = "words.safetensors", "layers.safetensors", "limits.safetensors"
HEADS, LONGEST = 12, 96
"""Heads of the attention, and how many pieces of words are read; what a longer question says after them is not."""
LAYERS, SHARED = 4, 2
"""Layers, and how many of them, from the first, the tasks and the limits have in common."""
MARK = "modelx"
"""What a name of a model is replaced by, so that what is said of it does not hang on which it is."""
_AROUND = 200
"""How many characters on each side of a name are read."""
_TINY = 1e-12
_REMEMBERED = 256

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """`outputs` are tasks, "nothing", "chain" and details such as "content:ui"; `limits` are such as "no_gpu".

    `arrays` are the weights by their names, in 32 bits but for the vectors of the pieces; matrices as (in, out).
    """

    outputs: tuple[str, ...]
    limits: tuple[str, ...]
    vocabulary: Mapping[str, int]
    arrays: Mapping[str, NDArray[Any]]
    _last_begun: dict[str, tuple[str, Floats]] = field(default_factory=dict, repr=False, compare=False)

    def scores(self, text: str) -> dict[str, float]:
        """Log odds for each output."""
        x = self._last(self._begun(text), "layers")
        return dict(zip(self.outputs, map(float, self._linear(x.mean(axis=0), "head")), strict=True))

    def limit_scores(self, text: str) -> dict[str, float]:
        """Log odds for each limit that the question says it."""
        x = self._last(self._begun(text), "limits.layers")
        return dict(zip(self.limits, map(float, self._linear(x.mean(axis=0), "limits.head")), strict=True))

    def refusal_score(self, text: str, start: int, end: int) -> float:
        """Log odds that the model whose name stands from `start` to `end` is refused."""
        ids, at = marked(self, text, start, end)
        if at == 0:  # so many pieces stand before it that it is not read
            return -math.inf
        x = self._last(self.first(ids), "limits.layers")
        return float(self._linear(np.concatenate((x.mean(axis=0), x[at])), "limits.refused")[0])

    def pieces(self, text: str) -> list[int]:
        """Numbers of the pieces of a text, at most `LONGEST`."""
        return pieces(text, self.vocabulary, LONGEST)

    def _begun(self, text: str) -> Floats:
        """What tasks and limits share; the last text is remembered, since both are asked of it."""
        last = self._last_begun.get("")
        if last is None or last[0] != text:  # one pair, so that threads that ask at once do no harm
            last = self._last_begun[""] = (text, self.first(self.pieces(text)))
        return last[1]

    def first(self, ids: Sequence[int]) -> Floats:
        """Through the layers that all outputs share: (pieces, width)."""
        words: Floats = self.arrays["words.weight"][list(ids)] * self.arrays["words.weight.scale"][list(ids)][:, None]
        x = self._normed(words + self.arrays["places.weight"][: len(ids)], "norm")
        for layer in range(SHARED):
            x = self._through(x, f"layers.{layer}")
        return x

    def _last(self, x: Floats, at: str) -> Floats:
        for layer in range(SHARED, LAYERS):
            x = self._through(x, f"{at}.{layer}")
        return x

    def _through(self, x: Floats, at: str) -> Floats:
        length, width = x.shape
        split = self._linear(x, f"{at}.qkv").reshape(length, 3, HEADS, width // HEADS)
        q, k, v = np.ascontiguousarray(split.transpose(1, 2, 0, 3))  # pieces of other strides are multiplied slowly
        near = q @ np.ascontiguousarray(k.transpose(0, 2, 1)) / np.float32(np.sqrt(width // HEADS))
        near = np.exp(near - near.max(axis=-1, keepdims=True))
        seen = (near / near.sum(axis=-1, keepdims=True)) @ v
        x = self._normed(x + self._linear(seen.transpose(1, 0, 2).reshape(length, width), f"{at}.out"), f"{at}.norm1")
        inner = self._linear(x, f"{at}.inner")
        # GELU by its usual approximation, with which it was taught
        inner *= 0.5 * (
            1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (inner + np.float32(0.044715) * inner * inner * inner))
        )
        return self._normed(x + self._linear(inner, f"{at}.outer"), f"{at}.norm2")

    def _linear(self, x: Floats, name: str) -> Floats:
        y: Floats = x @ self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]
        return y

    def _normed(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _TINY)
        y: Floats = centred / spread * self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]
        return y


def marked(encoder: Encoder, text: str, start: int, end: int) -> tuple[list[int], int]:
    """The pieces of a text around a name, which is replaced by `MARK`, and at which of them that stands."""
    ids = encoder.pieces(f"{text[max(0, start - _AROUND) : start]} {MARK} {text[end : end + _AROUND]}")
    mark = encoder.pieces(MARK)[1:-1]
    return ids, next((at for at in range(len(ids)) if ids[at : at + len(mark)] == mark), 0)


@lru_cache(maxsize=_REMEMBERED)
def encoder_scores(text: str) -> Mapping[str, float]:
    """Log odds of each output by the encoder that comes with Apercu; the last questions are remembered."""
    return MappingProxyType(load_encoder().scores(text))


@lru_cache(maxsize=_REMEMBERED)
def limit_scores(text: str) -> Mapping[str, float]:
    """Log odds of each limit by the encoder that comes with Apercu; the last questions are remembered."""
    return MappingProxyType(load_encoder().limit_scores(text))


@lru_cache(maxsize=_REMEMBERED)
def refusal_score(text: str, start: int, end: int) -> float:
    """Log odds that a question refuses the model whose name stands there, by the encoder that comes with Apercu."""
    return load_encoder().refusal_score(text, start, end)


@cache
def load_encoder() -> Encoder:
    """The encoder that comes with Apercu. Read once.

    Raises:
        EvidenceError: a file is damaged.
    """
    from safetensors import SafetensorError

    try:
        folder = files("apercu.encoder")
        words, about_words = _arrays(folder.joinpath(WORDS_FILE).read_bytes())
        layers, about = _arrays(folder.joinpath(LAYERS_FILE).read_bytes())
        limits, about_limits = _arrays(folder.joinpath(LIMITS_FILE).read_bytes())
        arrays = words | _wholes(layers) | _wholes(limits)
        vocabulary = {piece: number for number, piece in enumerate(json.loads(about_words["pieces"]))}
        outputs, limited = (tuple(json.loads(names["outputs"])) for names in (about, about_limits))
        return Encoder(outputs, limited, vocabulary, arrays)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise EvidenceError(
            f"the reader's weights {WORDS_FILE}, {LAYERS_FILE}, {LIMITS_FILE} are damaged ({error})",
            hint="Install Apercu again.",
        ) from error


def _wholes(arrays: dict[str, NDArray[Any]]) -> dict[str, Floats]:
    return {name: _whole(name, array, arrays) for name, array in arrays.items() if not name.endswith(".scale")}


def _whole(name: str, array: NDArray[Any], layers: Mapping[str, NDArray[Any]]) -> Floats:
    if f"{name}.scale" in layers:
        return np.ascontiguousarray((array * layers[f"{name}.scale"][:, None]).T, np.float32)
    return array.astype(np.float32)


def _arrays(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    from safetensors.numpy import load

    size = int.from_bytes(data[:8], "little")
    about: dict[str, str] = json.loads(data[8 : 8 + size]).pop("__metadata__")
    return load(data), about
