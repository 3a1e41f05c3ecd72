"""Whether both halves of a SQLite index agree, and making them so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from apercu.errors import EvidenceError
from apercu.papers.base import Health
from apercu.papers.embed import Embedder
from apercu.papers.rank import text_of
from apercu.papers.sqlite_file import is_corrupt, opened_for_checks, told
from apercu.papers.sqlite_rows import cells, stored_in
from apercu.papers.sqlite_store import LAST_KEY, Store
from apercu.papers.vectors import VectorFile, quantised

_Row = TypeVar("_Row")


def examined(store: Store, embedder: Embedder) -> Health:
    """Whether both halves hold every paper and agree.

    The words are compared by FTS5's own check with the texts; the vector of each paper is made again and compared.
    """
    with told(store.path):
        missing = store.missing_tables()
        problems = [f"the table {name} is missing" for name in missing]
        if "words" not in missing:
            problems += _wrong_words(store)
    with store.reading():
        problems += _wrong_keys(store)
        count = store.count()
        words = 0 if "words" in missing else store.count("words_docsize")
        vectors, used, of_vectors = _examined_vectors(store, embedder)
        holes = max(0, store.next_place() - used)
    return Health(papers=count, words=words, vectors=vectors, holes=holes, problems=(*problems, *of_vectors))


def _examined_vectors(store: Store, embedder: Embedder) -> tuple[int, int, list[str]]:
    """How many papers have their vector, how many places are in use, and what is wrong with vectors and rows."""
    rows = store.vectors.read(store.next_place())
    vectors = missing = 0
    used: set[int] = set()
    differing: list[str] = []
    unreadable: list[str] = []
    for part in _chunks(((stored_in(row), row) for row in store.rows()), 512):
        unreadable += [stored.paper.id for stored, _ in part if not stored.whole]
        placed = [(stored, row) for stored, row in part if 0 <= stored.place < len(rows)]
        missing += len(part) - len(placed)
        used.update(stored.place for stored, _ in placed)
        again = quantised(embedder.embed([text_of(title, abstract) for _, (_, _, _, title, abstract, *_) in placed]))
        for (stored, _), row in zip(placed, again, strict=True):
            same = _same(rows[stored.place], row)
            vectors += same
            if not same:
                differing.append(stored.paper.id)
    problems = []
    if missing:
        problems.append(f"{missing} papers have no vector: {store.vectors.path.name} is too short")
    if differing:
        problems.append(f"{len(differing)} papers have the vector of another text, the first is {differing[0]}")
    if unreadable:
        problems.append(f"{len(unreadable)} papers hold what no paper may hold, the first is {unreadable[0]}")
    return vectors, len(used), problems


def mended(store: Store, embedder: Embedder) -> Health:
    """Make both halves again from the papers' texts, without holes; what no paper may hold goes.

    A link or a category that is lost so comes back when the papers are imported again.
    """
    with store.changing(damaged=True):
        store.make_tables()
        _give_keys(store)
        for row in store.rows():
            key, _, paper, _ = stored_in(row)
            if cells(paper) != row[2:]:
                taken = paper.id != row[2] and store.by_ids([paper.id])
                store.write_over(key, paper.model_copy(update={"id": f"damaged:{key}"}) if taken else paper)
        store.database.execute("INSERT INTO words(words) VALUES ('rebuild')")
        before = _generation(store)
        fresh = _unused(store, before + 1)
        place = 0
        # Places are unique: they are moved out of the way first, to where no number is.
        store.database.execute("UPDATE papers SET place = 'of ' || key")
        for part in _chunks(store.all(), 2048):
            fresh.vectors.write(
                place, embedder.embed([text_of(stored.paper.title, stored.paper.abstract) for stored in part])
            )
            for offset, stored in enumerate(part):
                store.database.execute("UPDATE papers SET place = ? WHERE key = ?", (place + offset, stored.key))
            place += len(part)
        store.note("places", place)
        store.note("generation", fresh.generation)
    with suppress(OSError):  # it is in nobody's way
        store.vector_file(before).path.unlink()
    store.vectors = fresh.vectors
    return examined(store, embedder)


class _Fresh(NamedTuple):
    """Vectors that are made anew, and their generation."""

    generation: int
    vectors: VectorFile


def _unused(store: Store, generation: int) -> _Fresh:
    """The first generation, from a number on, of which nothing lies on the disk."""
    while True:
        found = store.vector_file(generation)
        with suppress(OSError):
            found.path.unlink()  # of a mending that was broken off
        if not found.path.exists():
            return _Fresh(generation, found)
        generation += 1


def _generation(store: Store) -> int:
    try:
        return store.generation()
    except EvidenceError:
        return 0


def _give_keys(store: Store) -> None:
    """Give papers whose keys are out of range the next ones."""
    next_key, *_ = store.database.execute(
        "SELECT coalesce(max(key), 0) + 1 FROM papers WHERE key BETWEEN 1 AND ?", (LAST_KEY // 2,)
    ).fetchone()
    for offset, key in enumerate(_keys_out_of_range(store, LAST_KEY // 2)):
        store.database.execute("UPDATE papers SET key = ? WHERE key = ?", (next_key + offset, key))


def _keys_out_of_range(store: Store, last: int) -> list[int]:
    found = store.database.execute("SELECT key FROM papers WHERE key NOT BETWEEN 1 AND ? ORDER BY key", (last,))
    return [key for (key,) in found]


def _wrong_keys(store: Store) -> list[str]:
    wrong = _keys_out_of_range(store, LAST_KEY)
    return [f"{len(wrong)} papers have keys that are out of range, the first is {wrong[0]}"] if wrong else []


def _wrong_words(store: Store) -> list[str]:
    """What FTS5 finds wrong with the words, if anything."""
    with opened_for_checks(store.path) as database:
        try:
            database.execute("INSERT INTO words(words, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            return [f"the words do not agree with the texts ({error})"]
    return []


def _same(stored: NDArray[np.void], made: NDArray[np.void]) -> bool:
    """Equal up to the last bits of another processor's sums."""
    a, b = (row["values"].astype(np.float32) * row["scale"] for row in (stored, made))
    return bool(np.abs(a - b).max() < 0.01)


def _chunks(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    part: list[_Row] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
