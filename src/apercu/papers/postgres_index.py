"""An index of papers in a PostgreSQL database with pgvector, for a team that shares one.

Words are searched by PostgreSQL's text search: its English stems, and its rank of each word of the query weighted by
how rare that word is. Meanings are searched by pgvector. The words of a paper are a column that the server derives from
the texts, so no change can part them; its vector lies in a table beside it and is changed with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import EvidenceError, InputError
from apercu.papers.base import Change, Filters, Health, Hit
from apercu.papers.embed import Embedder
from apercu.papers.fuse import Fused, mixed, without_twins
from apercu.papers.postgres import Link, is_dsn, read_dsn
from apercu.papers.postgres_rows import (
    COLUMNS,
    Stored,
    as_row,
    as_tsquery,
    as_vector,
    check_texts,
    clean,
    condition_of,
    kinds_of,
    numbers_of,
    put_statement,
    sayable,
    stored,
)
from apercu.papers.postgres_tables import drop_words, make_words, note, noted, prepare
from apercu.papers.rank import CANDIDATES, READ, Asked, ranked, text_of
from apercu.papers.stems import Stems
from apercu.papers.vectors import quantised
from apercu.records import IndexedPaper

__all__ = ["PostgresIndex", "is_dsn", "open_postgres"]

LONGEST_QUERY = 10_000
"""Characters; what comes after is not looked at."""
MOST_WORDS = 64
"""Different words of a query that are looked for, the rarest first."""
RANK_WEIGHTS = "{0.6, 0.6, 0.6, 1}"
"""What a word counts in the abstract (label D) and in the title (label A), for `ts_rank`.

It grows little when a word comes again, so a title counts less than the three times of BM25; chosen on the development
half of `benchmarks/papers/paraphrases.jsonl`.
"""
MOST_POSTINGS = 60_000
"""Occurrences that a search by words may go through: a question's rarest words fit in, common ones are left out."""
COMPARED_UP_TO = 50_000
"""Vectors that are all compared; for more `settle` makes a graph (HNSW) that finds the nearest."""


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
            if count > COMPARED_UP_TO:
                way = f"hnsw (meaning {self._tables.type}_cosine_ops)"
                self._link.run(f"CREATE INDEX IF NOT EXISTS meanings_graph ON meanings USING {way}")
            self._link.run("ANALYZE papers, meanings, terms")

    def _write(self, papers: Sequence[IndexedPaper]) -> None:
        rows = [as_row(paper, meaning) for paper, meaning in zip(papers, self._meanings(papers), strict=True)]
        self._link.run(put_statement(self._tables.type), rows=json.dumps(rows, ensure_ascii=False))

    def _meanings(self, papers: Sequence[IndexedPaper]) -> NDArray[np.int8]:
        """(N, D) whole numbers in -127..127: a cosine does not ask how long a vector is, and half floats hold them."""
        values: NDArray[np.int8] = quantised(
            self._embedder.embed([text_of(paper.title, paper.abstract) for paper in papers])
        )["values"]
        return values

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
            words = self._by_words(query, filters)
            nearest, vectors = self._by_meaning(query, filters)
            if nearest:
                vectors |= self._vectors_of([key for key in words if key not in vectors])
            vector = self._embedder.embed([query])[0]
            cosines = {key: float(found @ vector) for key, found in vectors.items()}
            named = mixed((list(words), nearest), words, cosines)
            texts = self._texts_of([entry.key for entry in named[:READ]])
            count = int(noted(self._link, "counted")) or self._counted()
            told = ranked(named, texts, self._asked(query, count), count, cosines, self._embedder, self._stems)
            chosen = without_twins(told, vectors, limit)
            papers = {stored.key: stored.paper for stored in self._by_keys([entry.key for entry in chosen])}
        return [_hit(entry, papers[entry.key]) for entry in chosen]

    def by_words(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by words alone, for comparison."""
        with self._reading():
            return self._ids(list(self._by_words(query, None))[:limit])

    def by_meaning(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by meaning alone, for comparison."""
        with self._reading():
            return self._ids(self._by_meaning(query, None)[0][:limit])

    def _ids(self, keys: Sequence[int]) -> list[str]:
        found = {stored.key: stored.paper.id for stored in self._by_keys(keys)}
        return [found[key] for key in keys]

    def _asked(self, query: str, count: int) -> list[Asked]:
        """The words of a query; one that PostgreSQL leaves out counts as one that all papers hold."""
        stems = self._stems.of(query)
        rows = self._link.run(
            "SELECT given.word, min(CASE WHEN lexeme IS NULL THEN :count::bigint ELSE coalesce(papers, 1) END) "
            "FROM unnest(:words::text[]) AS given(word) LEFT JOIN LATERAL "
            "unnest(tsvector_to_array(to_tsvector('pg_catalog.english', plain(given.word)))) AS asked(lexeme) ON true "
            "LEFT JOIN terms ON terms.word = lexeme GROUP BY given.word",
            count=count, words=list(stems.values()),
        )  # fmt: skip
        often = dict(rows)
        return [Asked(stem, word, int(often[word])) for stem, word in stems.items()]

    def _by_words(self, query: str, filters: Filters | None) -> dict[int, float]:
        """Keys with their ranks, the best first, of papers that hold any of the words.

        The commonest are left out where there are rarer.

        The rank of a paper is the sum over the words of `ts_rank` times the word's inverse document frequency.
        """
        asked = self._link.run(
            "SELECT word, coalesce(papers, 1) FROM "
            "unnest(tsvector_to_array(to_tsvector('pg_catalog.english', plain(:query::text)))) AS asked(word) "
            "LEFT JOIN terms USING (word) ORDER BY 2, 1 LIMIT :most::integer",
            query=clean(query, LONGEST_QUERY), most=MOST_WORDS,
        )  # fmt: skip
        chosen: list[tuple[str, int]] = []
        for word, often in asked:
            if chosen and sum(count for _, count in chosen) + often > MOST_POSTINGS:
                break
            chosen.append((word, often))
        if not chosen:
            return {}
        counted = int(noted(self._link, "counted"))
        values: dict[str, str | int | list[str]] = {}
        ranks = []
        for i, (word, often) in enumerate(chosen):
            values[f"word{i}"] = as_tsquery(word)
            rarity = math.log(1 + max(counted - often, 0) / (often + 0.5)) if counted else 1.0
            ranks.append(f"{max(rarity, 0.01):.4f} * ts_rank('{RANK_WEIGHTS}', words, :word{i}::tsquery)")
        condition, more = condition_of(filters)
        found = self._link.run(
            f"SELECT key, {' + '.join(ranks)} AS score FROM papers WHERE words @@ :any::tsquery {condition} "
            f"ORDER BY score DESC, key LIMIT {CANDIDATES}",
            any=" | ".join(as_tsquery(word) for word, _ in chosen), **values, **more,
        )  # fmt: skip
        return {key: float(score) for key, score in found}

    def _by_meaning(self, query: str, filters: Filters | None) -> tuple[list[int], dict[int, NDArray[np.float32]]]:
        """Keys by cosine, the nearest first, and their vectors of unit length."""
        vector = quantised(self._embedder.embed([clean(query, LONGEST_QUERY)]))["values"][0]
        if not vector.any():
            return [], {}
        condition, values = condition_of(filters)
        nearest = f"ORDER BY distance LIMIT {CANDIDATES}"
        told = f"key, {self._tables.type}_send(meaning), meaning <=> :vector::{self._tables.type} AS distance"
        if not condition:
            sql = f"SELECT {told} FROM meanings WHERE meaning IS NOT NULL {nearest}"
        else:
            admitted = f"meanings JOIN papers USING (key) WHERE meaning IS NOT NULL {condition}"
            sql = f"SELECT {told} FROM {admitted} {nearest}"
            if self._compares_all(condition, values):
                few = f"WITH few AS MATERIALIZED (SELECT key, meaning FROM {admitted})"
                sql = f"{few} SELECT {told} FROM few {nearest}"
        found = self._link.run(sql, vector=as_vector(vector), **values)
        ordered = sorted(found, key=lambda row: (row[2], row[0]))
        vectors = {key: _unit(self._numbers(sent)) for key, sent, _ in ordered}
        return list(vectors), vectors

    def _vectors_of(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        there = "meaning IS NOT NULL AND key = ANY(:keys::bigint[])"
        sql = f"SELECT key, {self._tables.type}_send(meaning) FROM meanings WHERE {there}"
        return {key: _unit(self._numbers(sent)) for key, sent in self._link.run(sql, keys=list(keys))}

    def _texts_of(self, keys: Sequence[int]) -> dict[int, str]:
        sql = "SELECT key, title, abstract FROM papers WHERE key = ANY(:keys::bigint[])"
        return {key: text_of(title, abstract) for key, title, abstract in self._link.run(sql, keys=list(keys))}

    def _compares_all(self, condition: str, values: dict[str, Any]) -> bool:
        """Whether so few papers pass a filter that all are compared; the graph would lose some of them."""
        if not self._tables.graph_filters:
            return True
        sql = f"SELECT count(*) FROM (SELECT FROM papers WHERE true {condition} LIMIT {COMPARED_UP_TO + 1}) AS admitted"
        return int(self._link.run(sql, **values)[0][0]) <= COMPARED_UP_TO

    def _numbers(self, sent: bytes) -> NDArray[np.float32]:
        return numbers_of(sent, self._tables.type)

    # --- health ------------------------------------------------------------------------------------------------------

    def doctor(self) -> Health:
        """Whether both halves hold every paper and agree.

        The words are derived from the texts and compared by the server; the vector of each paper is made again and
        compared.
        """
        with self._reading():
            problems = []
            wrong_words = self._wrong_words()
            if wrong_words:
                problems.append(f"the words do not agree with the texts of {_some(wrong_words)}")
            missing, differing, kinds = self._wrong_meanings()
            if missing:
                problems.append(f"no vector is there for {_some(missing)}")
            if differing:
                problems.append(f"{len(differing)} papers have the vector of another text, the first is {differing[0]}")
            if kinds:
                problems.append(f"filters by category do not see the categories of {_some(kinds)}")
            count = self._counted()
        return Health(
            papers=count, words=count - len(wrong_words), vectors=count - len(missing) - len(differing), holes=0,
            problems=tuple(problems),
        )  # fmt: skip

    def mend(self) -> Health:
        """Make again whatever the doctor complains of, from the papers' texts."""
        with self._changing():
            missing, differing, kinds = self._wrong_meanings()
            wrong = list(dict.fromkeys((*missing, *differing, *kinds)))
            for begin in range(0, len(wrong), 2048):
                self._write([stored.paper for stored in self._by_ids(wrong[begin : begin + 2048])])
            if self._wrong_words():
                drop_words(self._link)
                make_words(self._link)
        return self.doctor()

    def _wrong_words(self) -> list[str]:
        found = self._link.run(
            "SELECT id FROM papers WHERE words IS DISTINCT FROM words_of(title, abstract) ORDER BY key"
        )
        return [id for (id,) in found]

    def _wrong_meanings(self) -> tuple[list[str], list[str], list[str]]:
        """Ids without a vector, with that of another text, and with other categories than the filters look at."""
        missing, differing, kinds = [], [], []
        last = 0
        while rows := self._link.run(
            f"SELECT key, {COLUMNS}, kinds, meanings.key, {self._tables.type}_send(meaning) FROM papers "
            "LEFT JOIN meanings USING (key) WHERE papers.key > :last::bigint ORDER BY papers.key LIMIT 512",
            last=last,
        ):  # fmt: skip
            found = [stored(row[:10]) for row in rows]
            made = self._meanings([each.paper for each in found])
            for (_, paper), again, (*_, held_kinds, held, sent) in zip(found, made, rows, strict=True):
                if held is None:
                    missing.append(paper.id)
                elif not self._alike(sent, again):
                    differing.append(paper.id)
                if held_kinds != kinds_of(paper):
                    kinds.append(paper.id)
            last = found[-1].key
        return missing, differing, kinds

    def _alike(self, sent: bytes | None, made: NDArray[np.int8]) -> bool:
        """Equal up to the last bits of another processor's sums."""
        if sent is None or not made.any():
            return sent is None and not made.any()
        return bool(np.abs(self._numbers(sent) - made).max() <= 2)

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


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return vector / np.float32(np.linalg.norm(vector))


def _hit(entry: Fused, paper: IndexedPaper) -> Hit:
    by_words, by_meaning = entry.ranks
    return Hit(paper=paper, score=round(entry.score, 6), by_words=by_words, by_meaning=by_meaning)


def _some(ids: Sequence[str]) -> str:
    return f"{len(ids)} papers, the first is {ids[0]}"
