"""Which papers of a SQLite index a query names, by their words and by their meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apercu.papers.base import Filters
from apercu.papers.rank import CANDIDATES, Asked, rarity, text_of
from apercu.papers.sqlite_store import Store, parts
from apercu.papers.stems import Stems
from apercu.papers.usable import shown
from apercu.papers.vectors import largest

FloatArray = NDArray[np.float32]

MOST_POSTINGS = 60_000
"""Occurrences that a search by words may go through, or half as many as there are papers where that is more: a query's
rarest words fit in, and its common ones only count among the candidates."""
MOST_KEPT = 32_000_000
"""Occurrences that are remembered between searches, 4 bytes each."""


class Admitted:
    """Which papers filters let through; `all` of them without filters."""

    def __init__(self, filters: Filters | None) -> None:
        self._filters = filters or Filters()
        self.all = self._filters == Filters()

    def condition(self, table: str) -> tuple[str, list[str | int]]:
        """The part of a WHERE clause that the filters stand for, and its values."""
        parts: list[str] = []
        values: list[str | int] = []
        if self._filters.year_from is not None:
            parts.append(f"{table}.year >= ?")
            values.append(_year(self._filters.year_from))
        if self._filters.year_to is not None:
            parts.append(f"{table}.year <= ?")
            values.append(_year(self._filters.year_to))
        if self._filters.categories:
            one = f"EXISTS (SELECT 1 FROM json_each({table}.categories) WHERE value = ? OR substr(value, 1, ?) = ?)"
            parts.append("(" + " OR ".join([one] * len(self._filters.categories)) + ")")
            for category in map(shown, self._filters.categories):
                values += [category, len(category) + 1, f"{category}."]
        return ("AND " + " AND ".join(parts) if parts else ""), values


def _year(year: int) -> int:
    """A year that SQLite takes; those of papers lie between."""
    return min(max(year, 0), 9_999)


class Candidates:
    """Finds candidates in a store.

    Args:
        store: what is searched, inside `Store.reading`.
        stems: of words.
    """

    def __init__(self, store: Store, stems: Stems) -> None:
        self._store, self._stems = store, stems
        self._version, self._postings = (-1, -1), dict[str, NDArray[np.int32]]()

    def asked(self, query: str) -> list[Asked]:
        """The words of a query, the rarest first; how many papers hold a word is exact where it is common or known."""
        stems = self._stems.of(query)
        marks = ",".join("?" * len(stems))
        rows = self._store.database.execute(f"SELECT term, papers FROM common WHERE term IN ({marks})", list(stems))
        often = dict(rows.fetchall())
        asked = [
            Asked(stem, word, often[stem] if stem in often else len(self._holding(stem, word)))
            for stem, word in stems.items()
        ]
        return sorted(asked, key=lambda word: (word.papers, word.stem))

    def by_words(self, asked: Sequence[Asked], admitted: Admitted) -> tuple[list[int], FloatArray]:
        """Keys, the best first, and a score for every key: the sum of the roots of the rarities of the words it holds.

        The commonest words are left out.
        """
        places = self._store.next_place()
        most = max(MOST_POSTINGS, places // 2)
        total = np.zeros(self._store.last_key() + 1, np.float32)
        postings = 0
        for i, word in enumerate(asked):
            postings += word.papers
            if i and postings > most:
                break
            keys = self._holding(word.stem, word.word)
            total[keys[keys < len(total)]] += math.sqrt(rarity(word.papers, places))  # a damaged index may hold others
        best = largest(total, CANDIDATES if admitted.all else len(total))
        return self._admitted(best[total[best] > 0], admitted), total

    def _admitted(self, keys: NDArray[np.intp], admitted: Admitted) -> list[int]:
        """The first of some keys, as many as candidates are wanted, that filters let through."""
        if admitted.all:
            return [int(key) for key in keys]
        condition, values = admitted.condition("papers")
        found: list[int] = []
        for part in parts(keys.tolist()):
            marks = ",".join("?" * len(part))
            rows = self._store.database.execute(
                f"SELECT key FROM papers WHERE key IN ({marks}) {condition}", [*part, *values]
            )
            there = {key for (key,) in rows}
            found += [int(key) for key in part if key in there]
            if len(found) >= CANDIDATES:
                break
        return found[:CANDIDATES]

    def _holding(self, stem: str, word: str) -> NDArray[np.int32]:
        """Keys of the papers that hold a word; remembered until the index changes."""
        # The first says whether another connection changed the file, the second whether this one did.
        now = (int(self._store.database.execute("PRAGMA data_version").fetchone()[0]), self._store.changes)
        if now != self._version or sum(map(len, self._postings.values())) > MOST_KEPT:
            self._version, self._postings = now, {}
        if stem not in self._postings:
            sql = "SELECT group_concat(rowid) FROM words WHERE words MATCH ?"
            text = self._store.database.execute(sql, (f'"{word}"',)).fetchone()[0]
            self._postings[stem] = np.fromstring(text or "", np.int32, sep=",")
        return self._postings[stem]

    def by_meaning(self, vector: NDArray[np.float32], admitted: Admitted) -> dict[int, NDArray[np.float32]]:
        """Keys with their vectors, the nearest to a vector first."""
        if not vector.any():
            return {}
        count = self._store.next_place()
        wanted = CANDIDATES if admitted.all else 10 * CANDIDATES
        places, _ = self._store.vectors.nearest(vector, count, wanted)
        at = {place: i for i, place in enumerate(places.tolist())}
        condition, values = admitted.condition("papers")
        rows: list[tuple[int, int]] = []
        for part in parts(list(at)):
            marks = ",".join("?" * len(part))
            found = self._store.database.execute(
                f"SELECT key, place FROM papers WHERE place IN ({marks}) {condition}", [*part, *values]
            )
            rows += found.fetchall()
        rows.sort(key=lambda row: at[row[1]])
        return self._store.vectors_at(rows[:CANDIDATES], count)

    def texts_of(self, keys: Sequence[int]) -> dict[int, str]:
        """What is read of some papers, by key."""
        marks = ",".join("?" * len(keys))
        rows = self._store.database.execute(
            f"SELECT key, title, abstract FROM papers WHERE key IN ({marks})", list(keys)
        )
        return {key: text_of(title, abstract) for key, title, abstract in rows}
