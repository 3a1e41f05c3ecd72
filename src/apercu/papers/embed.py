"""Texts to vectors of their meaning.

The vectors of words are those of the package `wordllama`: a table with a vector for each token. Its files are read as
data; the package itself is never imported. A text is the mean of its tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from apercu.errors import MissingDependencyError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FloatArray = NDArray[np.float32]

_TABLE, _TOKENS = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"


class Embedder(Protocol):
    """A way from texts to vectors. `name` stands in the index: vectors of different ways are never compared."""

    name: str
    size: int

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(N, size) float32 of unit length; zeros for a text without a known word."""


class WordVectors:
    """The mean of the vectors of a text's tokens.

    Args:
        table: (tokens, size) float32.
        tokenizer: gives the rows of the table for a text.
        name: of this way.
    """

    def __init__(self, table: FloatArray, tokenizer: Tokenizer, name: str) -> None:
        self.name, self.size = name, int(table.shape[1])
        self._table, self._tokenizer = table, tokenizer

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(N, size) of unit length."""
        vectors = np.zeros((len(texts), self.size), np.float32)
        for i, encoded in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if encoded.ids:
                vectors[i] = self._table[encoded.ids].sum(axis=0)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: FloatArray = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
        return unit


class NoVectors:
    """No meaning at all: an index with it finds papers by their words alone."""

    name, size = "none", 1

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Zeros."""
        return np.zeros((len(texts), 1), np.float32)


@cache
def word_vectors() -> WordVectors:
    """The vectors of the installed package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    spec = find_spec("wordllama")
    folder = next((Path(place) for place in (spec.submodule_search_locations or ())), None) if spec else None
    missing = next((name for name in ("tokenizers", "wordllama") if find_spec(name) is None), None)
    if missing or folder is None or not (folder / _TABLE).is_file() or not (folder / _TOKENS).is_file():
        raise MissingDependencyError(
            f"searching papers by meaning needs {missing or 'wordllama'}, which is not installed",
            hint="Install it with `pip install 'apercu[papers]'`.",
        )
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    [table] = load_file(folder / _TABLE).values()
    tokenizer = Tokenizer.from_file(str(folder / _TOKENS))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return WordVectors(table.astype(np.float32), tokenizer, "wordllama-l2_supercat")
