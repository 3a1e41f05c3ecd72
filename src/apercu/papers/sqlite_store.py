"""What an index of papers keeps in a SQLite file and in the file of vectors beside it, and how both change together.

A paper's vector lies at its `place` in that file. Vectors are written first, past all places that are in use, and the
papers that point to them are committed then; so after a crash the file holds at most some vectors that nothing points
to, and those are written over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import EvidenceError, InputError
from apercu.papers.sqlite_file import MEND, holds_nothing, opened, opened_for_reading, tables, told
from apercu.papers.sqlite_rows import COLUMNS, Stored, cells, stored_in
from apercu.papers.stems import TOKENIZE
from apercu.papers.usable import shown
from apercu.papers.vectors import VectorFile
from apercu.records import IndexedPaper

FORMAT = 1
LAST_KEY = 200_000_000
"""Of a paper, far more than were ever handed out; a search needs 4 bytes for each key up to the last one."""

TABLES = ("about", "papers", "words", "vocabulary", "common")
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, place INTEGER NOT NULL UNIQUE, title TEXT NOT NULL,
    abstract TEXT NOT NULL, year INTEGER, arxiv TEXT, doi TEXT, links TEXT NOT NULL, categories TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    title, abstract, content='papers', content_rowid='key', tokenize='{TOKENIZE}'
);
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, 'row');
CREATE TABLE IF NOT EXISTS common (term TEXT PRIMARY KEY, papers INTEGER NOT NULL) WITHOUT ROWID;
"""


class Store:
    """The tables and the vectors of an index.

    Args:
        path: the file; made if it is absent.
        way: how the vectors are made, as "name/size".
        size: numbers of a vector.
        change: whether it is opened for changes; else it must be there, and nothing is written.

    `changes` counts the changes that went through this store.

    Raises:
        InputError: the file is no index of papers, cannot be opened, or holds vectors that were made in another way.
        EvidenceError: it is damaged.
    """

    def __init__(self, path: Path, way: str, size: int, *, change: bool = True) -> None:
        self.path, self.changes = path, 0
        self._way, self._size = way, size
        with told(path):
            # A file that is no index is left as it is, so it is looked into before it is opened for changes.
            empty = holds_nothing(path)
            if empty and not change:
                raise InputError(f"there is no index at {path}", hint="Make one with `apercu papers import FILE`.")
            self.database = opened(path) if change else opened_for_reading(path)
            try:
                if not empty:
                    self._check()
                if change:
                    self._prepare()
            except BaseException:
                self.database.close()
                raise
        self.vectors = self.vector_file(0)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    # --- changes -----------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self, *, damaged: bool = False) -> Iterator[None]:
        """One change, whole or not at all; another process that changes is waited for.

        Args:
            damaged: whether the vectors may be missing, because they are about to be made again.

        Raises:
            InputError: another process holds the file for too long.
            OutputError: the file cannot be written.
            EvidenceError: it is damaged.
        """
        with told(self.path):
            self.database.execute("BEGIN IMMEDIATE")
            try:
                short = "" if damaged else self.find_vectors()
                if short:
                    raise EvidenceError(short, hint=MEND)
                yield
                self.database.commit()
            except BaseException:
                if self.database.in_transaction:
                    with suppress(sqlite3.Error):
                        self.database.rollback()
                raise
            finally:
                self.changes += 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several questions to the same state of the index; vectors may be missing (`find_vectors`).

        Raises:
            InputError: another process holds the file for too long.
            EvidenceError: it is damaged.
        """
        with told(self.path):
            self.database.execute("BEGIN")
            try:
                if self.find_vectors():  # if another process is just making them anew, they are elsewhere now
                    self.database.rollback()
                    self.database.execute("BEGIN")
                    self.find_vectors()
                yield
            finally:
                if self.database.in_transaction:
                    with suppress(sqlite3.Error):
                        self.database.rollback()

    def find_vectors(self) -> str:
        """Take the vectors of the generation that this transaction sees: another process may have made them anew.

        Returns:
            What is wrong where there are fewer than there should be.
        """
        now = self.vector_file(self.generation())
        if self.vectors.path != now.path:
            self.vectors = now
        count = self.next_place()
        held = len(self.vectors.read(count))
        return f"{self.vectors.path} holds {held:,} vectors, expected {count:,}" if held < count else ""

    # --- rows --------------------------------------------------------------------------------------------------------

    def insert(self, paper: IndexedPaper, place: int) -> None:
        """Add a paper whose vector lies at a place."""
        id, *others = cells(paper)
        values = (id, place, *others)
        marks = ",".join("?" * len(values))
        key = self.database.execute(
            f"INSERT INTO papers (id, place, {COLUMNS.removeprefix('id, ')}) VALUES ({marks})", values
        ).lastrowid
        self.database.execute(
            "INSERT INTO words (rowid, title, abstract) VALUES (?, ?, ?)", (key, paper.title, paper.abstract)
        )

    def drop(self, stored: Stored) -> None:
        """Take a paper out."""
        self.database.execute(
            # The texts as they stand in the row, which an earlier version may have written in another way.
            "INSERT INTO words (words, rowid, title, abstract) SELECT 'delete', key, title, abstract FROM papers "
            "WHERE key = ?",
            (stored.key,),
        )
        self.database.execute("DELETE FROM papers WHERE key = ?", (stored.key,))

    def by_ids(self, ids: Sequence[str]) -> list[Stored]:
        """Those of some ids that are there, in no order."""
        return self._chosen("id", [id for id in ids if id == shown(id)])  # SQLite cannot be asked for others

    def by_keys(self, keys: Sequence[int]) -> list[Stored]:
        """Those of some keys that are there, in no order."""
        return self._chosen("key", keys)

    def _chosen(self, column: str, values: Sequence[str] | Sequence[int]) -> list[Stored]:
        found = []
        for part in parts(values):
            marks = ",".join("?" * len(part))
            rows = self.database.execute(f"SELECT key, place, {COLUMNS} FROM papers WHERE {column} IN ({marks})", part)
            found += [stored_in(row) for row in rows]
        return found

    def count(self, table: str = "papers") -> int:
        """How many papers there are, or rows of another table."""
        return int(self.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def last_key(self) -> int:
        """The greatest key, 0 without papers."""
        # Each by itself is looked up; both in one statement would read every row.
        both = "SELECT (SELECT min(key) FROM papers), (SELECT max(key) FROM papers)"
        [least, greatest] = self.database.execute(both).fetchone()
        if greatest is None:
            return 0
        if least < 1 or greatest > LAST_KEY:
            wrong = least if least < 1 else greatest
            raise EvidenceError(
                f"the index {self.path} is damaged: a paper has the key {wrong}, expected 1 to {LAST_KEY}", hint=MEND
            )
        return int(greatest)

    def all(self) -> Iterator[Stored]:
        """Every paper, by key."""
        yield from map(stored_in, self.rows())

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Every paper as it stands in the file, key and place first, by key."""
        last = -(2**63)
        while rows := self.database.execute(
            f"SELECT key, place, {COLUMNS} FROM papers WHERE key > ? ORDER BY key LIMIT 2048", (last,)
        ).fetchall():
            yield from rows
            last = rows[-1][0]

    def write_over(self, key: int, paper: IndexedPaper) -> None:
        """Put what a paper says into a row, in place of what stands there; the words are left as they are."""
        names = ", ".join(f"{name} = ?" for name in COLUMNS.split(", "))
        self.database.execute(f"UPDATE papers SET {names} WHERE key = ?", (*cells(paper), key))

    def next_place(self) -> int:
        """The first place of the vectors that was never used."""
        return self._number("places")

    def vectors_of(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors by key, of some keys."""
        rows: list[tuple[int, int]] = []
        for part in parts(keys):
            marks = ",".join("?" * len(part))
            rows += self.database.execute(
                f"SELECT key, place FROM papers WHERE key IN ({marks}) AND typeof(place) = 'integer'", part
            ).fetchall()
        return self.vectors_at(rows, self.next_place())

    def vectors_at(self, rows: Sequence[tuple[int, int]], count: int) -> dict[int, NDArray[np.float32]]:
        """Vectors by key, of (key, place); without those that the file is too short for."""
        read = self.vectors.read(count)
        there = [(key, place) for key, place in rows if 0 <= place < len(read)]
        chosen = read[[place for _, place in there]]
        vectors = chosen["values"].astype(np.float32) * chosen["scale"][:, None]
        return dict(zip((key for key, _ in there), vectors, strict=True))

    # --- the file ----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the tables of a new file; another process may be about to do the same."""
        if not tables(self.database):
            self.database.execute("BEGIN IMMEDIATE")
            try:
                if not tables(self.database):
                    self.make_tables()
                    for name, value in (("format", FORMAT), ("vectors", self._way), ("generation", 0), ("places", 0)):
                        self.note(name, value)
                self.database.commit()
            except BaseException:
                self.database.rollback()
                raise
            self._check()
        with suppress(sqlite3.OperationalError):  # another process holds the file, and has the same in mind
            self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")

    def make_tables(self) -> None:
        """Make those tables that are not there."""
        for statement in _SCHEMA.strip().split(";\n"):
            self.database.execute(statement)

    def missing_tables(self) -> list[str]:
        """Tables that are not there."""
        return [name for name in TABLES if name not in tables(self.database)]

    def _check(self) -> None:
        """That the file is an index whose vectors were made in the same way."""
        if not {"about", "papers"} <= tables(self.database):
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

    def _number(self, name: str) -> int:
        """A number that the index says about itself, from 0."""
        text = self.noted(name)
        if not (text.isascii() and text.isdecimal() and len(text) < 12):
            raise EvidenceError(
                f"the index {self.path} is damaged: its {name} is {shown(text)[:40]!r}, expected a number", hint=MEND
            )
        return int(text)

    def noted(self, name: str) -> str:
        """What the index says about itself."""
        row = self.database.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise EvidenceError(f"the index {self.path} is damaged: it does not say its {name}", hint=MEND)
        return str(row[0])

    def note(self, name: str, value: str | int) -> None:
        """Have the index say something about itself."""
        self.database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, str(value)))

    def generation(self) -> int:
        """How often the vectors were made anew: each time they go into a file of their own."""
        return self._number("generation")

    def vector_file(self, generation: int) -> VectorFile:
        """The vectors of a generation."""
        return VectorFile(self.path.with_name(f"{self.path.name}.{generation}.vectors"), self._size)


def parts(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    """Pieces that fit into one statement."""
    for begin in range(0, len(values), 500):
        yield values[begin : begin + 500]
