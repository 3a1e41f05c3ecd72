"""Which papers of an index in PostgreSQL a query names, by their words and by their meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.papers.base import Filters
from apercu.papers.embed import Embedder
from apercu.papers.postgres import Link
from apercu.papers.postgres_rows import as_tsquery, as_vector, clean, condition_of, numbers_of
from apercu.papers.postgres_tables import Tables, noted
from apercu.papers.rank import CANDIDATES, Asked, text_of
from apercu.papers.stems import Stems
from apercu.papers.vectors import quantised

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


class Candidates:
    """Finds candidates, inside a transaction.

    Args:
        link: to the server.
        tables: that are searched.
        embedder: how texts become vectors.
        stems: of words.
    """

    def __init__(self, link: Link, tables: Tables, embedder: Embedder, stems: Stems) -> None:
        self._link, self._tables, self._embedder, self._stems = link, tables, embedder, stems

    def make_graph(self, count: int) -> None:
        """Make the graph that finds the nearest vectors, where there are so many papers that it is worth it."""
        if count > COMPARED_UP_TO:
            way = f"hnsw (meaning {self._tables.type}_cosine_ops)"
            self._link.run(f"CREATE INDEX IF NOT EXISTS meanings_graph ON meanings USING {way}")

    def asked(self, query: str, count: int) -> list[Asked]:
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

    def by_words(self, query: str, filters: Filters | None) -> dict[int, float]:
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

    def by_meaning(self, query: str, filters: Filters | None) -> tuple[list[int], dict[int, NDArray[np.float32]]]:
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

    def vectors_of(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors of unit length by key, of some keys."""
        there = "meaning IS NOT NULL AND key = ANY(:keys::bigint[])"
        sql = f"SELECT key, {self._tables.type}_send(meaning) FROM meanings WHERE {there}"
        return {key: _unit(self._numbers(sent)) for key, sent in self._link.run(sql, keys=list(keys))}

    def texts_of(self, keys: Sequence[int]) -> dict[int, str]:
        """What is read of some papers, by key."""
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


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return vector / np.float32(np.linalg.norm(vector))
