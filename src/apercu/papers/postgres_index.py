"""An index of papers in a PostgreSQL database with pgvector, for a team that shares one.

Words are searched by PostgreSQL's text search: its English stems, and its rank of each word of the query weighted by
how rare that word is. Meanings are searched by pgvector. The words of a paper are a column that the server derives from
the texts, so no change can part them; its vector lies in a table beside it and is changed with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from apercu.errors import EvidenceError, InputError
from apercu.papers.base import Change, Filters, Health, Hit
from apercu.papers.embed import Embedder
from apercu.papers.fuse import Fused, mixed, without_twins
from apercu.papers.postgres import Link, is_dsn, read_dsn
from apercu.papers.postgres_doctor import examined, wrong_meanings, wrong_words
from apercu.papers.postgres_rows import (
    COLUMNS,
    Stored,
    as_row,
    check_texts,
    clean,
    meanings,
    put_statement,
    sayable,
    stored,
)
from apercu.papers.postgres_search import LONGEST_QUERY, Candidates
from apercu.papers.postgres_tables import drop_words, make_words, note, noted, prepare
from apercu.papers.rank import READ, Question, ranked
from apercu.papers.stems import Stems
from apercu.records import IndexedPaper

__all__ = ["PostgresIndex", "is_dsn", "open_postgres"]


def open_postgres(dsn: str, embedder: Embedder) -> PostgresIndex:
    """Open the index of papers at an address, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; made if it is absent.

    Raises:
        InputError: the address, the server or what lies there cannot be used.
        MissingDependencyError: the extra `postgres` is not installed.
    """
    return PostgresIndex(dsn, embedder)


class PostgresIndex:
    """A `PaperIndex` in a schema of a PostgreSQL database, `apercu_papers` unless the address says `?schema=NAME`.

    Args:
        dsn: the address of the database (`postgres.read_dsn`).
        embedder: how texts become vectors.

    Raises:
        InputError: the server cannot be reached, has no pgvector, or holds something else or vectors that were made in
            another way.
        MissingDependencyError: the driver is not installed.
    """

    def __init__(self, dsn: str, embedder: Embedder) -> None:
        self._embedder = embedder
        self._stems = Stems()
        self._link = Link(read_dsn(dsn))
        try:
            self._tables = prepare(self._link, f"{embedder.name}/{embedder.size}", embedder.size)
        except EvidenceError as error:
            self._link.close()
            raise InputError(f"no index of papers can be used there: {error}", hint=error.hint) from error
        except BaseException:
            self._link.close()
            raise
        self._link.first = self._tables.first
        self._candidates = Candidates(self._link, self._tables, embedder, self._stems)

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()
        self._stems.close()

    # --- changing ----------------------------------------------------------------------------------------------------

    def put(self, papers: Iterable[IndexedPaper]) -> Change:
        """Add papers, or replace those whose ids are there; all of them, or none.

        Of papers with the same id the last one counts.

        Raises:
            InputError: a text holds the character U+0000, which PostgreSQL cannot keep.
            EvidenceError: the server does not do it.
        """
        given = {paper.id: paper for paper in papers}
        if not given:
            return Change(0, 0, 0)
        for paper in given.values():
            check_texts(paper)
        with self._changing():
            known = {stored.paper.id: stored.paper for stored in self._by_ids(list(given))}
            new = [paper for paper in given.values() if paper.id not in known]
            changed = [paper for paper in given.values() if paper.id in known and known[paper.id] != paper]
            if new or changed:
                self._write([*new, *changed])
        return Change(len(new), len(changed), len(given) - len(new) - len(changed))

    def delete(self, ids: Sequence[str]) -> int:
        """Take papers out; returns how many were there."""
        with self._changing():
            gone = self._link.run("DELETE FROM papers WHERE id = ANY(:ids::text[]) RETURNING key", ids=sayable(ids))
        return len(gone)

    def settle(self) -> None:
        """Count how many papers hold each word and look at the sizes: once after many papers have come.

        Where there are more than 50,000 papers, the graph that finds the nearest vectors is made too, which takes a
        while; later papers go into it as they come.
        """
        with self._changing():
            count = self._counted()
            self._link.run("DELETE FROM terms")
            self._link.run(
                "INSERT INTO terms SELECT word, ndoc FROM ts_stat('SELECT words FROM papers') WHERE ndoc > 1"
            )
            note(self._link, "counted", count)
            self._link.run("SELECT gin_clean_pending_list('papers_by_word'), gin_clean_pending_list('papers_by_kind')")
            self._candidates.make_graph(count)
            self._link.run("ANALYZE papers, meanings, terms")

    def _write(self, papers: Sequence[IndexedPaper]) -> None:
        rows = [as_row(paper, meaning) for paper, meaning in zip(papers, meanings(self._embedder, papers), strict=True)]
        self._link.run(put_statement(self._tables.type), rows=json.dumps(rows, ensure_ascii=False))

    # --- asking ------------------------------------------------------------------------------------------------------

    def get(self, id: str) -> IndexedPaper | None:
        """One paper."""
        with self._reading():
            found = self._by_ids([id])
        return found[0].paper if found else None

    def count(self) -> int:
        """How many papers there are."""
        with self._reading():
            return self._counted()

    def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The papers that fit a question or some words best.

        Words and meanings each name up to 200 papers; the texts of the best 100 of them are read and put in order by
        `rank.ranked`, and near twins of a paper that was told already are put behind the others. What stands in the
        query is looked for as it is: it is no language of operators.
        """
        if limit < 1:
            return []
        query = clean(query, LONGEST_QUERY)
        with self._reading():
            words = self._candidates.by_words(query, filters)
            nearest, vectors = self._candidates.by_meaning(query, filters)
            if nearest:
                vectors |= self._candidates.vectors_of([key for key in words if key not in vectors])
            vector = self._embedder.embed([query])[0]
            cosines = {key: float(found @ vector) for key, found in vectors.items()}
            named = mixed((list(words), nearest), words, cosines)
            texts = self._candidates.texts_of([entry.key for entry in named[:READ]])
            count = int(noted(self._link, "counted")) or self._counted()
            question = Question(query, self._candidates.asked(query, count), count)
            told = ranked(named, texts, question, cosines, self._embedder, self._stems)
            chosen = without_twins(told, vectors, limit)
            papers = {stored.key: stored.paper for stored in self._by_keys([entry.key for entry in chosen])}
        return [_hit(entry, papers[entry.key]) for entry in chosen]

    def lacks(self) -> str:
        """Nothing: the server keeps both halves together."""
        return ""

    def by_words(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by words alone, for comparison."""
        with self._reading():
            return self._ids(list(self._candidates.by_words(query, None))[:limit])

    def by_meaning(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by meaning alone, for comparison."""
        with self._reading():
            return self._ids(self._candidates.by_meaning(query, None)[0][:limit])

    def _ids(self, keys: Sequence[int]) -> list[str]:
        found = {stored.key: stored.paper.id for stored in self._by_keys(keys)}
        return [found[key] for key in keys]

    # --- health ------------------------------------------------------------------------------------------------------

    def doctor(self) -> Health:
        """Whether both halves hold every paper and agree.

        The words are derived from the texts and compared by the server; the vector of each paper is made again and
        compared.
        """
        with self._reading():
            return examined(self._link, self._tables.type, self._embedder)

    def mend(self) -> Health:
        """Make again whatever the doctor complains of, from the papers' texts."""
        with self._changing():
            faults = wrong_meanings(self._link, self._tables.type, self._embedder)
            wrong = list(dict.fromkeys((*faults.missing, *faults.differing, *faults.kinds)))
            for begin in range(0, len(wrong), 2048):
                self._write([stored.paper for stored in self._by_ids(wrong[begin : begin + 2048])])
            if wrong_words(self._link):
                drop_words(self._link)
                make_words(self._link)
        return self.doctor()

    # --- rows --------------------------------------------------------------------------------------------------------

    def _by_ids(self, ids: Sequence[str]) -> list[Stored]:
        sql = f"SELECT key, {COLUMNS} FROM papers WHERE id = ANY(:ids::text[])"
        return [stored(row) for row in self._link.run(sql, ids=sayable(ids))]

    def _by_keys(self, keys: Sequence[int]) -> list[Stored]:
        sql = f"SELECT key, {COLUMNS} FROM papers WHERE key = ANY(:keys::bigint[])"
        return [stored(row) for row in self._link.run(sql, keys=list(keys))]

    def _counted(self) -> int:
        return int(self._link.run("SELECT count(*) FROM papers")[0][0])

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change, whole or not at all; another process that changes is waited for, those that read go on."""
        with self._link.transaction("ISOLATION LEVEL READ COMMITTED"):
            self._link.run("LOCK TABLE about IN SHARE ROW EXCLUSIVE MODE")
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Several questions to the same state of the index."""
        with self._link.transaction("ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            yield


def _hit(entry: Fused, paper: IndexedPaper) -> Hit:
    by_words, by_meaning = entry.ranks
    return Hit(paper=paper, score=round(entry.score, 6), by_words=by_words, by_meaning=by_meaning)
