"""An index of papers in one SQLite file, with the vectors in a file beside it.

Words are searched by SQLite's FTS5 (BM25, Porter stems), meanings in the vectors: `sqlite_store` keeps them,
`sqlite_search` finds candidates, and `sqlite_doctor` looks after both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from apercu.papers.base import Change, Filters, Health, Hit
from apercu.papers.embed import Embedder
from apercu.papers.fuse import Fused, mixed, without_twins
from apercu.papers.rank import READ, FloatArray, Question, features, ranked, text_of
from apercu.papers.sqlite_doctor import examined, mended
from apercu.papers.sqlite_file import MEND
from apercu.papers.sqlite_search import Admitted, Candidates
from apercu.papers.sqlite_store import Store
from apercu.papers.stems import Stems
from apercu.papers.vectors import products
from apercu.records import IndexedPaper

LONGEST_QUERY = 10_000
"""Characters; what comes after is not looked at."""
COMMON_FROM = 200
"""Papers that must hold a word before it is worth counting them."""


class _Found(NamedTuple):
    """Candidates of a query, the texts of those that are read, and what is known of both."""

    named: list[Fused]
    texts: dict[int, str]
    question: Question
    cosines: dict[int, float]
    vectors: dict[int, FloatArray]


class SqliteIndex:
    """A `PaperIndex` in a SQLite file.

    Args:
        path: the file; made if it is absent.
        embedder: how texts become vectors.
        change: whether it is opened for changes; else it must be there, and nothing is written.

    Every method says in one line what is wrong with the file, as the constructor does.

    Raises:
        InputError: the file is no index of papers, another process holds it, or its vectors were made in another way.
        OutputError: it cannot be written.
        EvidenceError: it is damaged.
    """

    def __init__(self, path: Path, embedder: Embedder, *, change: bool = True) -> None:
        self.path, self._embedder = path, embedder
        self._store = Store(path, f"{embedder.name}/{embedder.size}", embedder.size, change=change)
        self._stems = Stems()
        self._candidates = Candidates(self._store, self._stems)

    def close(self) -> None:
        """Close the file."""
        self._store.close()
        self._stems.close()

    # --- changing ----------------------------------------------------------------------------------------------------

    def put(self, papers: Iterable[IndexedPaper]) -> Change:
        """Add papers, or replace those whose ids are there; all of them, or none.

        Of papers with the same id the last one counts.
        """
        given = {paper.id: paper for paper in papers}
        if not given:
            return Change(0, 0, 0)
        with self._store.changing():
            known = {stored.paper.id: stored for stored in self._store.by_ids(list(given))}
            new = [paper for paper in given.values() if paper.id not in known]
            changed = [paper for paper in given.values() if paper.id in known and known[paper.id].paper != paper]
            if not new and not changed:
                return Change(0, 0, len(given))
            place = self._store.next_place()
            self._store.vectors.write(
                place, self._embedder.embed([text_of(paper.title, paper.abstract) for paper in (*new, *changed)])
            )
            for paper in changed:
                self._store.drop(known[paper.id])
            for offset, paper in enumerate((*new, *changed)):
                self._store.insert(paper, place + offset)
            self._store.note("places", place + len(new) + len(changed))
        return Change(len(new), len(changed), len(given) - len(new) - len(changed))

    def delete(self, ids: Sequence[str]) -> int:
        """Take papers out; returns how many were there."""
        with self._store.changing():
            known = self._store.by_ids(list(dict.fromkeys(ids)))
            for stored in known:
                self._store.drop(stored)
        return len(known)

    def settle(self) -> None:
        """Note which words are common, so that searches can leave them out: once after many papers have come."""
        with self._store.changing():
            self._store.database.execute("DELETE FROM common")
            self._store.database.execute(
                "INSERT INTO common SELECT term, doc FROM vocabulary WHERE doc >= ?", (COMMON_FROM,)
            )

    # --- asking ------------------------------------------------------------------------------------------------------

    def get(self, id: str) -> IndexedPaper | None:
        """One paper."""
        with self._store.reading():
            found = self._store.by_ids([id])
        return found[0].paper if found else None

    def count(self) -> int:
        """How many papers there are."""
        with self._store.reading():
            return self._store.count()

    def lacks(self) -> str:
        """What of the index cannot be searched because it is lost, and what to do; empty where all is there."""
        with self._store.reading():
            short = self._store.find_vectors()
        return f"searched by words only: {short}. {MEND}" if short else ""

    def is_new(self) -> bool:
        """Whether no paper was ever put into it."""
        with self._store.reading():
            return not (self._store.next_place() or self._store.generation() or self._store.count())

    def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The papers that fit a question or some words best.

        Words and meanings each name up to 200 papers; the texts of the best 100 of them are read and put in order by
        `rank.ranked`, and near twins of a paper that was told already are put behind the others. What stands in the
        query is looked for as it is: it is no language of operators.
        """
        if limit < 1:
            return []
        with self._store.reading():
            found = self._found(query, filters)
            told = ranked(found.named, found.texts, found.question, found.cosines, self._embedder, self._stems)
            chosen = without_twins(told, found.vectors, limit)
            papers = {stored.key: stored.paper for stored in self._store.by_keys([entry.key for entry in chosen])}
        return [_hit(entry, papers[entry.key]) for entry in chosen if entry.key in papers]

    def numbers(self, query: str) -> tuple[list[str], FloatArray]:
        """Ids of the papers that are read for a query, and the numbers that order them: to learn their weights."""
        with self._store.reading():
            found = self._found(query, None)
            keys = list(found.texts)
            near = [found.cosines.get(key, 0.0) for key in keys]
            numbers = features(found.question, list(found.texts.values()), near, self._embedder, self._stems)
            return self._ids(keys), numbers

    def _found(self, query: str, filters: Filters | None) -> _Found:
        query = query.encode("utf-8", "ignore").decode()[:LONGEST_QUERY]
        admitted = Admitted(filters)
        asked = self._candidates.asked(query)
        by_words, words = self._candidates.by_words(asked, admitted)
        vector = self._embedder.embed([query])[0]
        vectors = self._candidates.by_meaning(vector, admitted)
        nearest = list(vectors)
        if nearest:
            vectors |= self._store.vectors_of([key for key in by_words if key not in vectors])
        near = products(np.array(list(vectors.values())).reshape(-1, len(vector)), vector[None])[:, 0]
        cosines = dict(zip(vectors, near.tolist(), strict=True))
        named = mixed((by_words, nearest), {key: float(words[key]) for key in (*by_words, *nearest)}, cosines)
        texts = self._candidates.texts_of([entry.key for entry in named[:READ]])
        return _Found(named, texts, Question(query, asked, self._store.next_place()), cosines, vectors)

    def by_words(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by words alone, for comparison: the BM25 of FTS5 over every word of the query."""
        asked = " OR ".join(f'"{word}"' for word in self._stems.of(query).values())
        if not asked:
            return []
        with self._store.reading():
            found = self._store.database.execute(
                "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid LIMIT ?", (asked, limit)
            )
            return self._ids([key for (key,) in found])

    def by_meaning(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by meaning alone, for comparison."""
        vector = self._embedder.embed([query])[0]
        with self._store.reading():
            return self._ids(list(self._candidates.by_meaning(vector, Admitted(None)))[:limit])

    def _ids(self, keys: Sequence[int]) -> list[str]:
        found = {stored.key: stored.paper.id for stored in self._store.by_keys(keys)}
        return [found[key] for key in keys if key in found]

    # --- health ------------------------------------------------------------------------------------------------------

    def doctor(self) -> Health:
        """Whether both halves hold every paper and agree."""
        return examined(self._store, self._embedder)

    def mend(self) -> Health:
        """Make both halves again from the papers' texts, without holes."""
        return mended(self._store, self._embedder)


def _hit(entry: Fused, paper: IndexedPaper) -> Hit:
    by_words, by_meaning = entry.ranks
    return Hit(paper=paper, score=round(entry.score, 6), by_words=by_words, by_meaning=by_meaning)
