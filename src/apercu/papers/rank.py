"""In which order papers are told that a search by words and a search by meaning named.

Both ways of keeping papers find candidates in their own manner; here those are read, and each is judged by six numbers
of its text beside the query:

1. BM25;
2. the share of the query's words that the text holds;
3. how near its words come to those that it does not hold;
4. the cosine of the whole texts;
5. the other way round, how far the text's different words are among the query's or near them;
6. the share of the query's pairs of neighbours that are neighbours in the text, too.

Their weights were learned (see `WEIGHTS`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, count, pairwise
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from apercu.papers.embed import Embedder
from apercu.papers.fuse import Fused
from apercu.papers.stems import Stems, words_of
from apercu.papers.vectors import products

FloatArray = NDArray[np.float32]

CANDIDATES = 200
"""Papers that each of the two searches names."""
READ = 100
"""Candidates whose texts are read."""
LONGEST_READ = 6_000
"""Characters of a text that are read."""
WEIGHTS = np.array([5.0, 24.5, 48.0, 5.5, 38.0, 7.0], np.float32)
"""What the six numbers of `features` count: learned on the first half of `benchmarks/papers` (`retrieval.py --split dev
--learn`: softmax over candidates), with titles out of the index counting 0.6 of a paraphrase."""
SATURATION, LENGTH = 0.8, 0.75
"""k1 and b of BM25."""
FAR = 0.1
"""Cosine of two words up to which they have nothing to do with each other."""


_NAMED = 1_000.0
"""More than all else: a title that begins with what was typed, and a colon, is the paper of that name."""


class Asked(NamedTuple):
    """A word of the query: its stem, itself, and how many papers of the index hold it."""

    stem: str
    word: str
    papers: int


class Question(NamedTuple):
    """What was asked: the text as it was typed, its words, and how many papers the index has."""

    text: str
    words: Sequence[Asked]
    papers: int


def text_of(title: str, abstract: str) -> str:
    """What is embedded and read of a paper."""
    return f"{title}. {abstract}"


def rarity(papers: int, count: int) -> float:
    """Inverse document frequency of a word that so many papers of an index hold, never below 0.01."""
    return max(float(np.log((count - papers + 0.5) / (papers + 0.5))) if papers < count else 0.0, 0.01)


def ranked(
    named: Sequence[Fused],
    texts: Mapping[int, str],
    question: Question,
    cosines: Mapping[int, float],
    embedder: Embedder,
    stems: Stems,
) -> list[Fused]:
    """Candidates by how well their texts fit; the others, whose texts are not given, behind them in their order.

    Args:
        named: the candidates, the best first by what the two searches say.
        texts: by key.
        question: what was asked.
        cosines: of candidates with the query, by key.
        embedder: how words become vectors.
        stems: of words.
    """  # fmt: skip
    read = [entry for entry in named if entry.key in texts]
    near = [cosines.get(entry.key, 0.0) for entry in read]
    scores = features(question, [texts[entry.key] for entry in read], near, embedder, stems) @ WEIGHTS
    scores += [_NAMED * _is_its_name(question.text, texts[entry.key]) for entry in read]
    # Stable: equal scores stay in the order of the searches.
    told = [read[i]._replace(score=float(scores[i])) for i in np.argsort(-scores, kind="stable").tolist()]
    return [*told, *(entry for entry in named if entry.key not in texts)]


def _is_its_name(typed: str, text: str) -> bool:
    """Whether the text is of a paper "Name: what it does" of which the name alone was typed."""
    name, colon, _ = text[: len(typed) + 9].partition(":")
    words = words_of(name) if colon else []
    return bool(words) and words == words_of(typed)


def features(
    question: Question, texts: Sequence[str], cosines: Sequence[float], embedder: Embedder, stems: Stems
) -> FloatArray:
    """(N, 6): the numbers of each text, in the order of the head of this file."""
    found = np.zeros((len(texts), 6), np.float32)
    found[:, 3] = cosines
    asked = question.words
    if not asked or not texts:
        return found
    known, places, lengths = _numbered(texts)
    starts = np.cumsum(lengths) - lengths
    equal = _equal(asked, known, stems)
    often = np.add.reduceat(equal[:, places], starts, axis=1, dtype=np.float32).T  # (N, words of the query)
    vectors, weights = embedder.words([*(word.word for word in asked), *known])
    weights = weights[len(asked) :]
    nearness = np.clip((products(vectors[len(asked) :], vectors[: len(asked)]).T - FAR) / (1 - FAR), 0, 1)
    near = np.maximum.reduceat(nearness[:, places], starts, axis=1).T
    rare = np.array([rarity(word.papers, question.papers) for word in asked], np.float32)
    root = np.sqrt(rare)
    longer = SATURATION * (1 - LENGTH + LENGTH * lengths / lengths.mean())[:, None]
    found[:, 0] = (often * (1 + SATURATION) / (often + longer)) @ rare / rare.sum()
    found[:, 1] = (often > 0) @ root / root.sum()
    found[:, 2] = np.where(often > 0, 0, near) @ root / root.sum()
    owners = np.repeat(np.arange(len(texts)), lengths)
    holds = np.zeros((len(texts), len(known)), np.float32)
    holds[owners, places] = 1
    answered = np.where(equal, 1, nearness).max(axis=0) * weights
    told = products(holds, np.stack([answered, weights]))
    found[:, 4] = told[:, 0] / np.maximum(told[:, 1], 1e-6)
    found[:, 5] = _beside(question, rare, equal, places, owners, stems)
    return found


def _beside(
    question: Question,
    rare: FloatArray,
    equal: NDArray[np.bool_],
    places: NDArray[np.intp],
    owners: NDArray[np.intp],
    stems: Stems,
) -> FloatArray:
    """(N,) of the pairs of neighbours in the query, those that are neighbours in a text, too, in either order.

    Args:
        question: what was asked.
        rare: (words of the query,) their rarities; a pair counts the root of the product.
        equal: as `_equal` gives it.
        places: known words of all texts, one text after the other.
        owners: of each of them, its text.
        stems: of words.
    """  # fmt: skip
    at = {word.stem: i for i, word in enumerate(question.words)}
    said = words_of(question.text)
    of_words = stems.of_words(said)
    order = [at[stem] for word in said for stem in of_words[word] if stem in at]
    pairs = list(dict.fromkeys((min(a, b), max(a, b)) for a, b in pairwise(order) if a != b))
    found = np.zeros((int(owners[-1]) + 1, len(pairs)), np.float32)
    if not pairs:
        return np.zeros(len(found), np.float32)
    number = np.full((len(at) + 1, len(at) + 1), -1)
    for i, (a, b) in enumerate(pairs):
        number[a, b] = number[b, a] = i
    which = np.where(equal.any(axis=0), equal.argmax(axis=0), len(at))[places]
    # Each text begins with the number of no word, so a pair never lies in two texts.
    pair = number[which[:-1], which[1:]]
    there = np.flatnonzero(pair >= 0)
    found[owners[there], pair[there]] = 1
    one, other = np.array(pairs).T
    worth = np.sqrt(rare[one] * rare[other])
    shares: FloatArray = found @ worth / worth.sum()
    return shares


def _numbered(texts: Sequence[str]) -> tuple[Mapping[str, int], NDArray[np.intp], NDArray[np.intp]]:
    """The different words of all texts by number, the texts as numbers, and how many of these each text has.

    The first number of each text is that of no word.
    """
    known = defaultdict[str, int](count().__next__)
    number = known.__getitem__
    rows = [[number(""), *map(number, words_of(text[:LONGEST_READ]))] for text in texts]
    lengths = np.array([len(row) for row in rows])
    return known, np.fromiter(chain.from_iterable(rows), np.intp, int(lengths.sum())), lengths


def _equal(asked: Sequence[Asked], known: Mapping[str, int], stems: Stems) -> NDArray[np.bool_]:
    """(words of the query, known words): which have the same stem.

    A word of plain letters begins as its stem does, up to the stem's last letter ("happy", "happi"); one with accents
    begins with the same letter, apart from them. The others need no stemming.
    """
    plain = tuple({word.stem[: max(2, len(word.stem) - 1)] for word in asked})
    accented = {normalize("NFD", word.stem)[:1] for word in asked}
    near = (
        word for word in known if (word.startswith(plain) if word.isascii() else normalize("NFD", word)[:1] in accented)
    )
    rows = {word.stem: i for i, word in enumerate(asked)}
    equal = np.zeros((len(asked), len(known)), np.bool_)
    for word, its in stems.of_words(near).items():
        for stem in its:
            if stem in rows:
                equal[rows[stem], known[word]] = True
    return equal
