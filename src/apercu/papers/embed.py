"""Texts to vectors of their meaning.

Three ways, by name: `apercu`, a table of 42,536 words that this project trained on titles and abstracts (it comes with
the package and needs nothing else); `wordllama`, the table of the package of that name, whose files are read as data
and whose code is never imported; and `none`, words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from apercu.errors import EvidenceError, InputError, MissingDependencyError
from apercu.papers.stems import words_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FloatArray = NDArray[np.float32]

DEFAULT = "apercu"
_OWN = "words.safetensors"
_TABLE, _TOKENS = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"


class Embedder(Protocol):
    """A way from texts to vectors. `name` stands in the index: vectors of different ways are never compared."""

    name: str
    size: int

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(N, size) float32 of unit length; zeros for a text without a known word."""

    def words(self, words: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """(N, size) of unit length, for single words, and (N,) how much each of them says, never below 0."""


class WordTable:
    """The sum of the vectors of a text's different words; a word's weight is the length of its vector.

    Args:
        words: each word, in lower case, with its row of the table.
        vectors: (words, size) in -127..127, int8.
        scales: (words,) what a row is multiplied by.
        name: of this way.
    """

    def __init__(self, words: Mapping[str, int], vectors: NDArray[np.int8], scales: FloatArray, name: str) -> None:
        self.name, self.size = name, int(vectors.shape[1])
        self._words, self._vectors, self._scales = words, vectors, scales

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(N, size) of unit length."""
        sums = np.zeros((len(texts), self.size), np.float32)
        for i, text in enumerate(texts):
            found = {self._words.get(word, -1) for word in words_of(text)} - {-1}
            if found:
                chosen = np.fromiter(sorted(found), np.intp, len(found))
                sums[i] = self._scales[chosen] @ self._vectors[chosen].astype(np.float32)
        return _unit(sums)

    def words(self, words: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """(N, size) of unit length, and their weights; both are 0 for words that are not in the table."""
        places = np.array([self._words.get(word, -1) for word in words], np.intp)
        known = places >= 0
        rows = self._vectors[places].astype(np.float32)
        length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows *= np.divide(known, length, out=np.zeros_like(length), where=length > 0)[:, None]
        return rows, length * self._scales[places] * known


class TokenTable:
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
        return _unit(vectors)

    def words(self, words: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """(N, size) of unit length; all words say the same."""
        return self.embed(words), np.ones(len(words), np.float32)


class NoVectors:
    """No meaning at all: an index with it finds papers by their words alone."""

    name, size = "none", 1

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Zeros."""
        return np.zeros((len(texts), 1), np.float32)

    def words(self, words: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Zeros; all words say the same."""
        return self.embed(words), np.ones(len(words), np.float32)


def embedder(name: str = DEFAULT) -> Embedder:
    """One of the ways, by the name that settings and commands use.

    Raises:
        InputError: there is no such way.
        MissingDependencyError: it needs a package that is not installed.
    """
    if name not in WAYS:
        raise InputError(f"papers_vectors = {name!r} is no way to vectors", hint=f"Expected one of {', '.join(WAYS)}.")
    return WAYS[name]()


@cache
def own_words() -> WordTable:
    """The table that comes with the package. Read once.

    Raises:
        EvidenceError: the file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    with as_file(files("apercu") / "papers" / _OWN) as path:
        try:
            table = load_file(path)
            words = table["words"].tobytes().decode().split("\n")
            return WordTable(
                {word: i for i, word in enumerate(words)}, table["vectors"], table["scales"], "apercu-words-1"
            )
        except (OSError, SafetensorError, KeyError, UnicodeDecodeError) as error:
            raise EvidenceError(f"{_OWN} is damaged ({error})", hint="Install Apercu again.") from error


@cache
def wordllama() -> TokenTable:
    """The vectors of the package `wordllama`.

    Raises:
        MissingDependencyError: it is not installed.
    """
    spec = find_spec("wordllama")
    folder = next((Path(place) for place in (spec.submodule_search_locations or ())), None) if spec else None
    missing = next((name for name in ("tokenizers", "wordllama") if find_spec(name) is None), None)
    if missing or folder is None or not (folder / _TABLE).is_file() or not (folder / _TOKENS).is_file():
        raise MissingDependencyError(
            f"the vectors of wordllama need {missing or 'its files'}, which is not installed",
            hint="Install it with `pip install 'apercu[papers]'`.",
        )
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    [table] = load_file(folder / _TABLE).values()
    tokenizer = Tokenizer.from_file(str(folder / _TOKENS))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return TokenTable(table.astype(np.float32), tokenizer, "wordllama-l2_supercat")


def _unit(sums: FloatArray) -> FloatArray:
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: FloatArray = np.divide(sums, length, out=np.zeros_like(sums), where=length > 0)
    return unit


WAYS: Mapping[str, Callable[[], Embedder]] = {"apercu": own_words, "wordllama": wordllama, "none": NoVectors}
