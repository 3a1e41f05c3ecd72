"""An index of papers in one SQLite file, with the vectors in a file beside it.

Words are searched by SQLite's FTS5 (BM25, Porter stems), meanings in the vectors (`vectors.VectorFile`). A paper's
vector lies at its `place` in that file. Vectors are written first, past all places that are in use, and the papers that
point to them are committed then; so after a crash the file holds at most some vectors that nothing points to, and
those are written over.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.errors import InputError
from apercu.papers.base import Change, Filters, Health, Hit
from apercu.papers.embed import Embedder
from apercu.papers.fuse import Fused, mixed, without_twins
from apercu.papers.rank import CANDIDATES, READ, Asked, ranked, rarity, text_of
from apercu.papers.stems import TOKENIZE, Stems
from apercu.papers.vectors import VectorFile, largest, quantised
from apercu.records import IndexedPaper

FloatArray = NDArray[np.float32]

FORMAT = 1
LONGEST_QUERY = 10_000
"""Characters; what comes after is not looked at."""
COMMON_FROM = 200
"""Papers that must hold a word before it is worth counting them."""
MOST_POSTINGS = 60_000
"""Occurrences that a search by words may go through, or half as many as there are papers where that is more: a query's
rarest words fit in, and its common ones only count among the candidates."""
MOST_KEPT = 32_000_000
"""Occurrences that are remembered between searches, 4 bytes each."""

_SCHEMA = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, place INTEGER NOT NULL UNIQUE, title TEXT NOT NULL,
    abstract TEXT NOT NULL, year INTEGER, arxiv TEXT, doi TEXT, links TEXT NOT NULL, categories TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5(
    title, abstract, content='papers', content_rowid='key', tokenize='{TOKENIZE}'
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row');
CREATE TABLE common (term TEXT PRIMARY KEY, papers INTEGER NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "id, title, abstract, year, arxiv, doi, links, categories, source"


class _Stored(NamedTuple):
    key: int
    place: int
    paper: IndexedPaper


class SqliteIndex:
    """A `PaperIndex` in a SQLite file.

    Args:
        path: the file; made if it is absent.
        embedder: how texts become vectors.

    Raises:
        InputError: the file is no index of papers, is damaged, or holds vectors that were made in another way.
    """

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self.path, self._embedder = path, embedder
        self._database = _opened(path)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise _damaged(path, error) from error
        except InputError:
            self._database.close()
            raise
        self._vectors = self._vector_file()
        self._stems = Stems()
        self._version, self._postings = -1, dict[str, NDArray[np.int32]]()

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        self._stems.close()

    # --- changing ----------------------------------------------------------------------------------------------------

    def put(self, papers: Iterable[IndexedPaper]) -> Change:
        """Add papers, or replace those whose ids are there; all of them, or none.

        Of papers with the same id the last one counts.
        """
        given = {paper.id: paper for paper in papers}
        if not given:
            return Change(0, 0, 0)
        with self._changing():
            known = {stored.paper.id: stored for stored in self._by_ids(list(given))}
            new = [paper for paper in given.values() if paper.id not in known]
            changed = [paper for paper in given.values() if paper.id in known and known[paper.id].paper != paper]
            if not new and not changed:
                return Change(0, 0, len(given))
            place = self._next_place()
            self._vectors.write(
                place, self._embedder.embed([text_of(paper.title, paper.abstract) for paper in (*new, *changed)])
            )
            for paper in changed:
                self._drop(known[paper.id])
            for offset, paper in enumerate((*new, *changed)):
                self._insert(paper, place + offset)
            self._note("places", place + len(new) + len(changed))
        return Change(len(new), len(changed), len(given) - len(new) - len(changed))

    def delete(self, ids: Sequence[str]) -> int:
        """Take papers out; returns how many were there."""
        with self._changing():
            known = self._by_ids(list(dict.fromkeys(ids)))
            for stored in known:
                self._drop(stored)
        return len(known)

    def settle(self) -> None:
        """Note which words are common, so that searches can leave them out: once after many papers have come."""
        with self._changing():
            self._database.execute("DELETE FROM common")
            self._database.execute("INSERT INTO common SELECT term, doc FROM vocabulary WHERE doc >= ?", (COMMON_FROM,))

    # --- asking ------------------------------------------------------------------------------------------------------

    def get(self, id: str) -> IndexedPaper | None:
        """One paper."""
        found = self._by_ids([id])
        return found[0].paper if found else None

    def count(self) -> int:
        """How many papers there are."""
        return int(self._database.execute("SELECT count(*) FROM papers").fetchone()[0])

    def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The papers that fit a question or some words best.

        Words and meanings each name up to 200 papers; the texts of the best 100 of them are read and put in order by
        `rank.ranked`, and near twins of a paper that was told already are put behind the others. What stands in the
        query is looked for as it is: it is no language of operators.
        """
        if limit < 1:
            return []
        query = query.encode("utf-8", "ignore").decode()[:LONGEST_QUERY]
        with self._reading():
            admitted = _Admitted(filters)
            asked = self._asked(query)
            by_words, words = self._by_words(asked, admitted)
            vector = self._embedder.embed([query])[0]
            vectors = self._by_meaning(vector, admitted)
            nearest = list(vectors)
            if nearest:
                vectors |= self._vectors_of([key for key in by_words if key not in vectors])
            found = np.array(list(vectors.values())).reshape(-1, len(vector)) @ vector
            cosines = dict(zip(vectors, found.tolist(), strict=True))
            named = mixed((by_words, nearest), {key: float(words[key]) for key in (*by_words, *nearest)}, cosines)
            texts = self._texts_of([entry.key for entry in named[:READ]])
            told = ranked(named, texts, asked, self._next_place(), cosines, self._embedder, self._stems)
            chosen = without_twins(told, vectors, limit)
            papers = {stored.key: stored.paper for stored in self._by_keys([entry.key for entry in chosen])}
        return [_hit(entry, papers[entry.key]) for entry in chosen if entry.key in papers]

    def by_words(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by words alone, for comparison: the BM25 of FTS5 over every word of the query."""
        asked = " OR ".join(f'"{word}"' for word in self._stems.of(query).values())
        if not asked:
            return []
        found = self._database.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid LIMIT ?", (asked, limit)
        )
        return self._ids([key for (key,) in found])

    def by_meaning(self, query: str, *, limit: int = 10) -> list[str]:
        """Ids by meaning alone, for comparison."""
        vector = self._embedder.embed([query])[0]
        return self._ids(list(self._by_meaning(vector, _Admitted(None)))[:limit])

    def _ids(self, keys: Sequence[int]) -> list[str]:
        found = {stored.key: stored.paper.id for stored in self._by_keys(keys)}
        return [found[key] for key in keys if key in found]

    def _asked(self, query: str) -> list[Asked]:
        """The words of a query, the rarest first; how many papers hold a word is exact where it is common or known."""
        stems = self._stems.of(query)
        marks = ",".join("?" * len(stems))
        rows = self._database.execute(f"SELECT term, papers FROM common WHERE term IN ({marks})", list(stems))
        often = dict(rows.fetchall())
        asked = [
            Asked(stem, word, often[stem] if stem in often else len(self._holding(stem, word)))
            for stem, word in stems.items()
        ]
        return sorted(asked, key=lambda word: (word.papers, word.stem))

    def _by_words(self, asked: Sequence[Asked], admitted: _Admitted) -> tuple[list[int], FloatArray]:
        """Keys, the best first, and a score for every key: the sum of the roots of the rarities of the words it holds.

        The commonest words are left out.
        """
        places = self._next_place()
        most = max(MOST_POSTINGS, places // 2)
        row = self._database.execute("SELECT max(key) FROM papers").fetchone()
        total = np.zeros((row[0] or 0) + 1, np.float32)
        postings = 0
        for i, word in enumerate(asked):
            postings += word.papers
            if i and postings > most:
                break
            keys = self._holding(word.stem, word.word)
            total[keys[keys < len(total)]] += math.sqrt(rarity(word.papers, places))  # a damaged index may hold others
        best = largest(total, CANDIDATES if admitted.all else len(total))
        return self._admitted(best[total[best] > 0], admitted), total

    def _admitted(self, keys: NDArray[np.intp], admitted: _Admitted) -> list[int]:
        """The first of some keys, as many as candidates are wanted, that filters let through."""
        if admitted.all:
            return [int(key) for key in keys]
        condition, values = admitted.condition("papers")
        found: list[int] = []
        for part in _parts(keys.tolist()):
            marks = ",".join("?" * len(part))
            rows = self._database.execute(
                f"SELECT key FROM papers WHERE key IN ({marks}) {condition}", [*part, *values]
            )
            there = {key for (key,) in rows}
            found += [int(key) for key in part if key in there]
            if len(found) >= CANDIDATES:
                break
        return found[:CANDIDATES]

    def _holding(self, stem: str, word: str) -> NDArray[np.int32]:
        """Keys of the papers that hold a word; remembered until the index changes."""
        now = int(self._database.execute("PRAGMA data_version").fetchone()[0])
        if now != self._version or sum(map(len, self._postings.values())) > MOST_KEPT:
            self._version, self._postings = now, {}
        if stem not in self._postings:
            sql = "SELECT group_concat(rowid) FROM words WHERE words MATCH ?"
            text = self._database.execute(sql, (f'"{word}"',)).fetchone()[0]
            self._postings[stem] = np.fromstring(text or "", np.int32, sep=",")
        return self._postings[stem]

    def _by_meaning(self, vector: NDArray[np.float32], admitted: _Admitted) -> dict[int, NDArray[np.float32]]:
        """Keys with their vectors, the nearest to a vector first."""
        if not vector.any():
            return {}
        count = self._next_place()
        wanted = CANDIDATES if admitted.all else 10 * CANDIDATES
        places, _ = self._vectors.nearest(vector, count, wanted)
        at = {place: i for i, place in enumerate(places.tolist())}
        condition, values = admitted.condition("papers")
        rows: list[tuple[int, int]] = []
        for part in _parts(list(at)):
            marks = ",".join("?" * len(part))
            found = self._database.execute(
                f"SELECT key, place FROM papers WHERE place IN ({marks}) {condition}", [*part, *values]
            )
            rows += found.fetchall()
        rows.sort(key=lambda row: at[row[1]])
        return self._vectors_at(rows[:CANDIDATES], count)

    def _texts_of(self, keys: Sequence[int]) -> dict[int, str]:
        marks = ",".join("?" * len(keys))
        rows = self._database.execute(f"SELECT key, title, abstract FROM papers WHERE key IN ({marks})", list(keys))
        return {key: text_of(title, abstract) for key, title, abstract in rows}

    def _vectors_of(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        rows: list[tuple[int, int]] = []
        for part in _parts(keys):
            marks = ",".join("?" * len(part))
            rows += self._database.execute(f"SELECT key, place FROM papers WHERE key IN ({marks})", part).fetchall()
        return self._vectors_at(rows, self._next_place())

    def _vectors_at(self, rows: Sequence[tuple[int, int]], count: int) -> dict[int, NDArray[np.float32]]:
        """Vectors by key, of (key, place); without those that the file is too short for."""
        read = self._vectors.read(count)
        there = [(key, place) for key, place in rows if place < len(read)]
        chosen = read[[place for _, place in there]]
        vectors = chosen["values"].astype(np.float32) * chosen["scale"][:, None]
        return dict(zip((key for key, _ in there), vectors, strict=True))

    # --- health ------------------------------------------------------------------------------------------------------

    def doctor(self) -> Health:
        """Whether both halves hold every paper and agree.

        The words are compared by FTS5's own check with the texts; the vector of each paper is made again and compared.
        """
        with self._reading():
            problems: list[str] = []
            count, words = self.count(), self._words_held(problems)
            vectors = 0
            places = {place for (place,) in self._database.execute("SELECT place FROM papers")}
            rows = self._vectors.read(self._next_place())
            missing = sum(place >= len(rows) for place in places)
            if missing:
                problems.append(f"{missing} papers have no vector: {self._vectors.path.name} is too short")
            differing: list[str] = []
            for part in _chunks(self._all(), 512):
                here = [stored for stored in part if stored.place < len(rows)]
                again = quantised(
                    self._embedder.embed([text_of(stored.paper.title, stored.paper.abstract) for stored in here])
                )
                for stored, row in zip(here, again, strict=True):
                    same = _alike(rows[stored.place], row)
                    vectors += same
                    if not same:
                        differing.append(stored.paper.id)
            if differing:
                problems.append(f"{len(differing)} papers have the vector of another text, the first is {differing[0]}")
        return Health(
            papers=count, words=words, vectors=vectors, holes=self._next_place() - len(places), problems=tuple(problems)
        )

    def mend(self) -> Health:
        """Make both halves again from the papers' texts, without holes."""
        with self._changing():
            self._database.execute("INSERT INTO words(words) VALUES ('rebuild')")
            generation = int(self._noted("generation")) + 1
            fresh = VectorFile(self._vector_path(generation), self._embedder.size)
            fresh.path.unlink(missing_ok=True)
            place = 0
            # Places are unique: they are moved out of the way first.
            self._database.execute("UPDATE papers SET place = -1 - place")
            for part in _chunks(self._all(), 2048):
                fresh.write(
                    place, self._embedder.embed([text_of(stored.paper.title, stored.paper.abstract) for stored in part])
                )
                for offset, stored in enumerate(part):
                    self._database.execute("UPDATE papers SET place = ? WHERE key = ?", (place + offset, stored.key))
                place += len(part)
            self._note("places", place)
            self._note("generation", generation)
        self._vectors.path.unlink(missing_ok=True)
        self._vectors = fresh
        return self.doctor()

    def _words_held(self, problems: list[str]) -> int:
        """How many papers the words hold; what is wrong with them is added to `problems`."""
        try:
            self._database.execute("INSERT INTO words(words, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            problems.append(f"the words do not agree with the texts ({error})")
        finally:
            if self._database.in_transaction:
                self._database.rollback()
        return int(self._database.execute("SELECT count(*) FROM words_docsize").fetchone()[0])

    # --- rows --------------------------------------------------------------------------------------------------------

    def _insert(self, paper: IndexedPaper, place: int) -> None:
        values = (
            paper.id, place, paper.title, paper.abstract, paper.year, paper.arxiv, paper.doi,
            json.dumps(paper.links), json.dumps(paper.categories), paper.source,
        )  # fmt: skip
        marks = ",".join("?" * len(values))
        key = self._database.execute(
            f"INSERT INTO papers (id, place, {_COLUMNS.removeprefix('id, ')}) VALUES ({marks})", values
        ).lastrowid
        self._database.execute(
            "INSERT INTO words (rowid, title, abstract) VALUES (?, ?, ?)", (key, paper.title, paper.abstract)
        )

    def _drop(self, stored: _Stored) -> None:
        self._database.execute(
            "INSERT INTO words (words, rowid, title, abstract) VALUES ('delete', ?, ?, ?)",
            (stored.key, stored.paper.title, stored.paper.abstract),
        )
        self._database.execute("DELETE FROM papers WHERE key = ?", (stored.key,))

    def _by_ids(self, ids: Sequence[str]) -> list[_Stored]:
        return self._chosen("id", ids)

    def _by_keys(self, keys: Sequence[int]) -> list[_Stored]:
        return self._chosen("key", keys)

    def _chosen(self, column: str, values: Sequence[str] | Sequence[int]) -> list[_Stored]:
        found = []
        for part in _parts(values):
            marks = ",".join("?" * len(part))
            rows = self._database.execute(
                f"SELECT key, place, {_COLUMNS} FROM papers WHERE {column} IN ({marks})", part
            )
            found += [_stored(row) for row in rows]
        return found

    def _all(self) -> Iterator[_Stored]:
        last = -1
        while rows := self._database.execute(
            f"SELECT key, place, {_COLUMNS} FROM papers WHERE key > ? ORDER BY key LIMIT 2048", (last,)
        ).fetchall():
            yield from map(_stored, rows)
            last = rows[-1][0]

    def _next_place(self) -> int:
        return int(self._noted("places"))

    # --- the file ----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the tables of a new file; check those of one that is there."""
        tables = {name for (name,) in self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            with self._changing():
                for statement in _SCHEMA.strip().split(";\n"):
                    self._database.execute(statement)
                for name, value in (("format", FORMAT), ("vectors", self._way()), ("generation", 0), ("places", 0)):
                    self._note(name, value)
            return
        if not {"about", "papers", "words"} <= tables:
            raise InputError(f"{self.path} is a database, but no index of papers", hint="Name another file.")
        if self._noted("format") != str(FORMAT):
            raise InputError(
                f"{self.path} is an index of format {self._noted('format')}, expected {FORMAT}",
                hint="Import the papers again into a new file.",
            )
        if self._noted("vectors") != self._way():
            raise InputError(
                f"the vectors of {self.path} were made by {self._noted('vectors')}, not by {self._way()}",
                hint="Open it with that way, or import the papers again into a new file.",
            )

    def _way(self) -> str:
        return f"{self._embedder.name}/{self._embedder.size}"

    def _noted(self, name: str) -> str:
        row = self._database.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise InputError(f"{self.path} does not say its {name}", hint="Import the papers again into a new file.")
        return str(row[0])

    def _note(self, name: str, value: str | int) -> None:
        self._database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, str(value)))

    def _vector_path(self, generation: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{generation}.vectors")

    def _vector_file(self) -> VectorFile:
        return VectorFile(self._vector_path(int(self._noted("generation"))), self._embedder.size)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change, whole or not at all; another process that changes is waited for."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.rollback()
            raise
        finally:
            self._postings = {}
        self._database.commit()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Several questions to the same state of the index."""
        self._database.execute("BEGIN")
        try:
            if self._vectors.path != (now := self._vector_path(int(self._noted("generation")))):
                self._vectors = VectorFile(now, self._embedder.size)
            yield
        finally:
            self._database.rollback()


class _Admitted:
    """The part of a WHERE clause that filters stand for."""

    def __init__(self, filters: Filters | None) -> None:
        self._filters = filters or Filters()
        self.all = self._filters == Filters()

    def condition(self, table: str) -> tuple[str, list[str | int]]:
        parts: list[str] = []
        values: list[str | int] = []
        if self._filters.year_from is not None:
            parts.append(f"{table}.year >= ?")
            values.append(self._filters.year_from)
        if self._filters.year_to is not None:
            parts.append(f"{table}.year <= ?")
            values.append(self._filters.year_to)
        if self._filters.categories:
            one = f"EXISTS (SELECT 1 FROM json_each({table}.categories) WHERE value = ? OR substr(value, 1, ?) = ?)"
            parts.append("(" + " OR ".join([one] * len(self._filters.categories)) + ")")
            for category in self._filters.categories:
                values += [category, len(category) + 1, f"{category}."]
        return ("AND " + " AND ".join(parts) if parts else ""), values


def vectors_of(path: Path) -> str | None:
    """By what an index says that its vectors were made, as "name/size"; None where it says nothing."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT value FROM about WHERE name = 'vectors'").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def _stored(row: tuple[Any, ...]) -> _Stored:
    key, place, id, title, abstract, year, arxiv, doi, links, categories, source = row
    paper = IndexedPaper.model_construct(
        id=id, title=title, abstract=abstract, year=year, arxiv=arxiv, doi=doi, links=tuple(json.loads(links)),
        categories=tuple(json.loads(categories)), source=source,
    )  # fmt: skip
    return _Stored(key, place, paper)


def _hit(entry: Fused, paper: IndexedPaper) -> Hit:
    by_words, by_meaning = entry.ranks
    return Hit(paper=paper, score=round(entry.score, 6), by_words=by_words, by_meaning=by_meaning)


def _alike(stored: NDArray[np.void], made: NDArray[np.void]) -> bool:
    """Equal up to the last bits of another processor's sums."""
    a, b = (row["values"].astype(np.float32) * row["scale"] for row in (stored, made))
    return bool(np.abs(a - b).max() < 0.01)


def _parts(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    """Pieces that fit into one statement."""
    for begin in range(0, len(values), 500):
        yield values[begin : begin + 500]


def _chunks(rows: Iterable[_Stored], size: int) -> Iterator[list[_Stored]]:
    part: list[_Stored] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _opened(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    return database


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} cannot be used as an index of papers ({error})", hint="Name another file.")
