"""What a small transformer takes a question for: it knows words that stood in no question that the reader learned from.

It is the first four layers of all-MiniLM-L6-v2 (Apache-2.0), which go on learning from the same questions as
`question.learned`; `tools/reader/teach.py` makes its files. Their matrices have 8 bits. It runs in numpy, on one thread
or as many as numpy's own library takes, and says one number for each task: the log odds that the question asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.encoder.wordpiece import pieces
from apercu.errors import EvidenceError

WORDS_FILE, LAYERS_FILE = "words.safetensors", "layers.safetensors"
HEADS, LONGEST = 12, 96
"""Heads of the attention, and how many pieces of words are read; what a longer question says after them is not."""
_TINY = 1e-12
_REMEMBERED = 256

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """`outputs` are tasks, "nothing", "chain" and details such as "content:ui".

    `arrays` are the weights by their names, in 32 bits but for the vectors of the pieces; matrices as (in, out).
    """

    outputs: tuple[str, ...]
    vocabulary: Mapping[str, int]
    arrays: Mapping[str, NDArray[Any]]

    def scores(self, text: str) -> dict[str, float]:
        """Log odds for each output."""
        ids = pieces(text, self.vocabulary, LONGEST)
        words: Floats = self.arrays["words.weight"][ids] * self.arrays["words.weight.scale"][ids][:, None]
        x = self._normed(words + self.arrays["places.weight"][: len(ids)], "norm")
        for layer in range(sum(name.endswith("qkv.weight") for name in self.arrays)):
            x = self._through(x, f"layers.{layer}")
        return dict(zip(self.outputs, map(float, self._linear(x.mean(axis=0), "head")), strict=True))

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


@lru_cache(maxsize=_REMEMBERED)
def encoder_scores(text: str) -> Mapping[str, float]:
    """Log odds of each output by the encoder that comes with Apercu; the last questions are remembered."""
    return MappingProxyType(load_encoder().scores(text))


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
        arrays = words | {
            name: _whole(name, array, layers) for name, array in layers.items() if not name.endswith(".scale")
        }
        vocabulary = {piece: number for number, piece in enumerate(json.loads(about_words["pieces"]))}
        return Encoder(tuple(json.loads(about["outputs"])), vocabulary, arrays)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise EvidenceError(
            f"the reader's weights {WORDS_FILE}, {LAYERS_FILE} are damaged ({error})", hint="Install Apercu again."
        ) from error


def _whole(name: str, array: NDArray[Any], layers: Mapping[str, NDArray[Any]]) -> Floats:
    if f"{name}.scale" in layers:
        return np.ascontiguousarray((array * layers[f"{name}.scale"][:, None]).T, np.float32)
    return array.astype(np.float32)


def _arrays(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    from safetensors.numpy import load

    size = int.from_bytes(data[:8], "little")
    about: dict[str, str] = json.loads(data[8 : 8 + size]).pop("__metadata__")
    return load(data), about
