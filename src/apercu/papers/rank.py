"""In which order papers are told that a search by words and a search by meaning named.

Both ways of keeping papers find candidates in their own manner; here those are read, and each is judged by four numbers
of its text beside the query: BM25; the share of the query's words that it holds; how near its words come to those that
it does not hold; and the cosine of the whole texts. Their weights were learned (see `WEIGHTS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.papers.embed import Embedder
from apercu.papers.fuse import Fused
from apercu.papers.stems import WORD, Stems

FloatArray = NDArray[np.float32]

CANDIDATES = 200
"""Papers that each of the two searches names."""
READ = 100
"""Candidates whose texts are read."""
LONGEST_READ = 6_000
"""Characters of a text that are read."""
WEIGHTS = np.array([9.5, 20.0, 39.0, 13.0], np.float32)
"""What the four numbers of `features` count: learned on the first half of `benchmarks/papers` (softmax over candidates,
five-fold cross-validated), with titles out of the index counting 0.6 of a paraphrase."""
SATURATION, LENGTH = 0.8, 0.75
"""k1 and b of BM25."""
FAR = 0.1
"""Cosine of two words up to which they have nothing to do with each other."""


class Asked(NamedTuple):
    """A word of the query: its stem, itself, and how many papers of the index hold it."""

    stem: str
    word: str
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
    asked: Sequence[Asked],
    count: int,
    cosines: Mapping[int, float],
    embedder: Embedder,
    stems: Stems,
) -> list[Fused]:
    """Candidates by how well their texts fit; the others, whose texts are not given, behind them in their order.

    Args:
        named: the candidates, the best first by what the two searches say.
        texts: by key.
        asked: the words of the query.
        count: papers of the index.
        cosines: of candidates with the query, by key.
        embedder: how words become vectors.
        stems: of words.
    """  # fmt: skip
    read = [entry for entry in named if entry.key in texts]
    near = [cosines.get(entry.key, 0.0) for entry in read]
    scores = features(asked, count, [texts[entry.key] for entry in read], near, embedder, stems) @ WEIGHTS
    # Stable: equal scores stay in the order of the searches.
    told = [read[i]._replace(score=float(scores[i])) for i in np.argsort(-scores, kind="stable").tolist()]
    return [*told, *(entry for entry in named if entry.key not in texts)]


def features(
    asked: Sequence[Asked], count: int, texts: Sequence[str], cosines: Sequence[float], embedder: Embedder, stems: Stems
) -> FloatArray:
    """(N, 4): BM25, share of the words held, nearness of those not held (each as a mean over the query), and cosine."""
    found = np.zeros((len(texts), 4), np.float32)
    found[:, 3] = cosines
    if not asked or not texts:
        return found
    known, rows = _numbered(texts)
    places, lengths = np.concatenate(rows), np.array([len(row) for row in rows])
    starts = np.cumsum(lengths) - lengths
    equal = _equal(asked, known, stems)
    often = np.add.reduceat(equal[:, places], starts, axis=1, dtype=np.float32).T  # (N, words of the query)
    vectors = embedder.embed([*(word.word for word in asked), *known])
    cosine = vectors[: len(asked)] @ vectors[len(asked) :].T
    near = np.maximum.reduceat(np.clip((cosine - FAR) / (1 - FAR), 0, 1)[:, places], starts, axis=1).T
    rare = np.array([rarity(word.papers, count) for word in asked], np.float32)
    root = np.sqrt(rare)
    longer = SATURATION * (1 - LENGTH + LENGTH * lengths / lengths.mean())[:, None]
    found[:, 0] = (often * (1 + SATURATION) / (often + longer)) @ rare / rare.sum()
    found[:, 1] = (often > 0) @ root / root.sum()
    found[:, 2] = np.where(often > 0, 0, near) @ root / root.sum()
    return found


class _Numbers(dict[str, int]):
    """Words by number, each new one by the next."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def _numbered(texts: Sequence[str]) -> tuple[dict[str, int], list[NDArray[np.intp]]]:
    """The different words of all texts by number, and each text as numbers; the first of each is that of no word."""
    known = _Numbers({"": 0})
    number = known.__getitem__
    rows = [np.array([0, *map(number, WORD.findall(text[:LONGEST_READ].casefold()))], np.intp) for text in texts]
    return known, rows


def _equal(asked: Sequence[Asked], known: Mapping[str, int], stems: Stems) -> NDArray[np.bool_]:
    """(words of the query, known words): which have the same stem. Stems keep the first two letters of a word."""
    begins = {word.word[:2] for word in asked} | {word.stem[:2] for word in asked}
    rows = {word.stem: i for i, word in enumerate(asked)}
    equal = np.zeros((len(asked), len(known)), np.bool_)
    for word, its in stems.of_words(word for word in known if word[:2] in begins).items():
        for stem in its:
            if stem in rows:
                equal[rows[stem], known[word]] = True
    return equal
