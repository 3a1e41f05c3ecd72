"""What an index of papers keeps in a SQLite file and in the file of vectors beside it, and how both change together.

A paper's vector lies at its `place` in that file. Vectors are written first, past all places that are in use, and the
papers that point to them are committed then; so after a crash the file holds at most some vectors that nothing points
to, and those are written over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.errors import InputError
from apercu.papers.stems import TOKENIZE
from apercu.papers.vectors import VectorFile
from apercu.records import IndexedPaper

FORMAT = 1

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


class Stored(NamedTuple):
    """A paper, its key, and the place of its vector."""

    key: int
    place: int
    paper: IndexedPaper


class Store:
    """The tables and the vectors of an index.

    Args:
        path: the file; made if it is absent.
        way: how the vectors are made, as "name/size".
        size: numbers of a vector.

    `changes` counts the changes that went through this store.

    Raises:
        InputError: the file is no index of papers, is damaged, or holds vectors that were made in another way.
    """

    def __init__(self, path: Path, way: str, size: int) -> None:
        self.path, self.changes = path, 0
        self._way, self._size = way, size
        self.database = _opened(path)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.database.close()
            raise _damaged(path, error) from error
        except InputError:
            self.database.close()
            raise
        self.vectors = self.vector_file(self.generation())

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    # --- changes -----------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One change, whole or not at all; another process that changes is waited for."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.rollback()
            raise
        finally:
            self.changes += 1
        self.database.commit()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several questions to the same state of the index."""
        self.database.execute("BEGIN")
        try:
            now = self.vector_file(self.generation())
            if self.vectors.path != now.path:
                self.vectors = now
            yield
        finally:
            self.database.rollback()

    # --- rows --------------------------------------------------------------------------------------------------------

    def insert(self, paper: IndexedPaper, place: int) -> None:
        """Add a paper whose vector lies at a place."""
        values = (
            paper.id, place, paper.title, paper.abstract, paper.year, paper.arxiv, paper.doi,
            json.dumps(paper.links), json.dumps(paper.categories), paper.source,
        )  # fmt: skip
        marks = ",".join("?" * len(values))
        key = self.database.execute(
            f"INSERT INTO papers (id, place, {_COLUMNS.removeprefix('id, ')}) VALUES ({marks})", values
        ).lastrowid
        self.database.execute(
            "INSERT INTO words (rowid, title, abstract) VALUES (?, ?, ?)", (key, paper.title, paper.abstract)
        )

    def drop(self, stored: Stored) -> None:
        """Take a paper out."""
        self.database.execute(
            "INSERT INTO words (words, rowid, title, abstract) VALUES ('delete', ?, ?, ?)",
            (stored.key, stored.paper.title, stored.paper.abstract),
        )
        self.database.execute("DELETE FROM papers WHERE key = ?", (stored.key,))

    def by_ids(self, ids: Sequence[str]) -> list[Stored]:
        """Those of some ids that are there, in no order."""
        return self._chosen("id", ids)

    def by_keys(self, keys: Sequence[int]) -> list[Stored]:
        """Those of some keys that are there, in no order."""
        return self._chosen("key", keys)

    def _chosen(self, column: str, values: Sequence[str] | Sequence[int]) -> list[Stored]:
        found = []
        for part in parts(values):
            marks = ",".join("?" * len(part))
            rows = self.database.execute(f"SELECT key, place, {_COLUMNS} FROM papers WHERE {column} IN ({marks})", part)
            found += [_stored(row) for row in rows]
        return found

    def count(self) -> int:
        """How many papers there are."""
        return int(self.database.execute("SELECT count(*) FROM papers").fetchone()[0])

    def all(self) -> Iterator[Stored]:
        """Every paper, by key."""
        last = -1
        while rows := self.database.execute(
            f"SELECT key, place, {_COLUMNS} FROM papers WHERE key > ? ORDER BY key LIMIT 2048", (last,)
        ).fetchall():
            yield from map(_stored, rows)
            last = rows[-1][0]

    def next_place(self) -> int:
        """The first place of the vectors that was never used."""
        return int(self.noted("places"))

    def vectors_of(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors by key, of some keys."""
        rows: list[tuple[int, int]] = []
        for part in parts(keys):
            marks = ",".join("?" * len(part))
            rows += self.database.execute(f"SELECT key, place FROM papers WHERE key IN ({marks})", part).fetchall()
        return self.vectors_at(rows, self.next_place())

    def vectors_at(self, rows: Sequence[tuple[int, int]], count: int) -> dict[int, NDArray[np.float32]]:
        """Vectors by key, of (key, place); without those that the file is too short for."""
        read = self.vectors.read(count)
        there = [(key, place) for key, place in rows if place < len(read)]
        chosen = read[[place for _, place in there]]
        vectors = chosen["values"].astype(np.float32) * chosen["scale"][:, None]
        return dict(zip((key for key, _ in there), vectors, strict=True))

    # --- the file ----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the tables of a new file; check those of one that is there."""
        tables = {name for (name,) in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            with self.changing():
                for statement in _SCHEMA.strip().split(";\n"):
                    self.database.execute(statement)
                for name, value in (("format", FORMAT), ("vectors", self._way), ("generation", 0), ("places", 0)):
                    self.note(name, value)
            return
        if not {"about", "papers", "words"} <= tables:
            raise InputError(f"{self.path} is a database, but no index of papers", hint="Name another file.")
        if self.noted("format") != str(FORMAT):
            raise InputError(
                f"{self.path} is an index of format {self.noted('format')}, expected {FORMAT}",
                hint="Import the papers again into a new file.",
            )
        if self.noted("vectors") != self._way:
            raise InputError(
                f"the vectors of {self.path} were made by {self.noted('vectors')}, not by {self._way}",
                hint="Open it with that way, or import the papers again into a new file.",
            )

    def noted(self, name: str) -> str:
        """What the index says about itself."""
        row = self.database.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise InputError(f"{self.path} does not say its {name}", hint="Import the papers again into a new file.")
        return str(row[0])

    def note(self, name: str, value: str | int) -> None:
        """Have the index say something about itself."""
        self.database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, str(value)))

    def generation(self) -> int:
        """How often the vectors were made anew: each time they go into a file of their own."""
        return int(self.noted("generation"))

    def vector_file(self, generation: int) -> VectorFile:
        """The vectors of a generation."""
        return VectorFile(self.path.with_name(f"{self.path.name}.{generation}.vectors"), self._size)


def vectors_of(path: Path) -> str | None:
    """By what an index says that its vectors were made, as "name/size"; None where it says nothing."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT value FROM about WHERE name = 'vectors'").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def _stored(row: tuple[Any, ...]) -> Stored:
    key, place, id, title, abstract, year, arxiv, doi, links, categories, source = row
    paper = IndexedPaper.model_construct(
        id=id, title=title, abstract=abstract, year=year, arxiv=arxiv, doi=doi, links=tuple(json.loads(links)),
        categories=tuple(json.loads(categories)), source=source,
    )  # fmt: skip
    return Stored(key, place, paper)


def parts(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    """Pieces that fit into one statement."""
    for begin in range(0, len(values), 500):
        yield values[begin : begin + 500]


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
