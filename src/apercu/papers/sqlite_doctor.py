"""Whether both halves of a SQLite index agree, and making them so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from apercu.papers.base import Health
from apercu.papers.embed import Embedder
from apercu.papers.rank import text_of
from apercu.papers.sqlite_store import Store, Stored
from apercu.papers.vectors import quantised


def examined(store: Store, embedder: Embedder) -> Health:
    """Whether both halves hold every paper and agree.

    The words are compared by FTS5's own check with the texts; the vector of each paper is made again and compared.
    """
    with store.reading():
        problems: list[str] = []
        count, words = store.count(), _words_held(store, problems)
        vectors = 0
        places = {place for (place,) in store.database.execute("SELECT place FROM papers")}
        rows = store.vectors.read(store.next_place())
        missing = sum(place >= len(rows) for place in places)
        if missing:
            problems.append(f"{missing} papers have no vector: {store.vectors.path.name} is too short")
        differing: list[str] = []
        for part in _chunks(store.all(), 512):
            here = [stored for stored in part if stored.place < len(rows)]
            again = quantised(embedder.embed([text_of(stored.paper.title, stored.paper.abstract) for stored in here]))
            for stored, row in zip(here, again, strict=True):
                same = _same(rows[stored.place], row)
                vectors += same
                if not same:
                    differing.append(stored.paper.id)
        if differing:
            problems.append(f"{len(differing)} papers have the vector of another text, the first is {differing[0]}")
    return Health(
        papers=count, words=words, vectors=vectors, holes=store.next_place() - len(places), problems=tuple(problems)
    )


def mended(store: Store, embedder: Embedder) -> Health:
    """Make both halves again from the papers' texts, without holes."""
    with store.changing():
        store.database.execute("INSERT INTO words(words) VALUES ('rebuild')")
        generation = store.generation() + 1
        fresh = store.vector_file(generation)
        fresh.path.unlink(missing_ok=True)
        place = 0
        # Places are unique: they are moved out of the way first.
        store.database.execute("UPDATE papers SET place = -1 - place")
        for part in _chunks(store.all(), 2048):
            fresh.write(place, embedder.embed([text_of(stored.paper.title, stored.paper.abstract) for stored in part]))
            for offset, stored in enumerate(part):
                store.database.execute("UPDATE papers SET place = ? WHERE key = ?", (place + offset, stored.key))
            place += len(part)
        store.note("places", place)
        store.note("generation", generation)
    store.vectors.path.unlink(missing_ok=True)
    store.vectors = fresh
    return examined(store, embedder)


def _words_held(store: Store, problems: list[str]) -> int:
    """How many papers the words hold; what is wrong with them is added to `problems`."""
    try:
        store.database.execute("INSERT INTO words(words, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        problems.append(f"the words do not agree with the texts ({error})")
    finally:
        if store.database.in_transaction:
            store.database.rollback()
    return int(store.database.execute("SELECT count(*) FROM words_docsize").fetchone()[0])


def _same(stored: NDArray[np.void], made: NDArray[np.void]) -> bool:
    """Equal up to the last bits of another processor's sums."""
    a, b = (row["values"].astype(np.float32) * row["scale"] for row in (stored, made))
    return bool(np.abs(a - b).max() < 0.01)


def _chunks(rows: Iterable[Stored], size: int) -> Iterator[list[Stored]]:
    part: list[Stored] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
