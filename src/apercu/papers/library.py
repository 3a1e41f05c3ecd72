"""The index that the commands use: the user's own, or, before anything was imported, the papers that Apercu knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from apercu.errors import EvidenceError, InputError, MissingDependencyError
from apercu.papers.embed import Embedder, NoVectors, word_vectors
from apercu.papers.sqlite_index import SqliteIndex
from apercu.records import CuratedPaper, IndexedPaper
from apercu.settings import Settings

NAME = "papers.db"


def embedder() -> Embedder:
    """The vectors of words, or none where they are not installed."""
    try:
        return word_vectors()
    except MissingDependencyError:
        return NoVectors()


@cache
def curated() -> tuple[CuratedPaper, ...]:
    """The papers that Apercu's developers chose and described, in the order of their file. Read once.

    Raises:
        EvidenceError: the file is damaged; the message names the line.
    """
    found = []
    file = files("apercu") / "cards" / "papers.jsonl"
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            found.append(CuratedPaper.model_validate_json(line))
        except ValueError as error:
            raise EvidenceError(f"line {number} of {file.name} is damaged ({error})") from error
    return tuple(found)


def indexed(paper: CuratedPaper) -> IndexedPaper:
    """A curated paper as the index keeps it: what it is about, in our words, stands for its abstract."""
    return IndexedPaper(
        id=f"arxiv:{paper.arxiv}" if paper.arxiv else f"apercu:{paper.short}",
        title=paper.title,
        abstract=f"The paper is about {paper.about}. Topics: {', '.join(paper.topics)}.",
        year=paper.year,
        arxiv=paper.arxiv,
        links=paper.links,
        categories=paper.tasks,
        source="Apercu",
    )


@contextmanager
def opened_for_search(path: Path | None, settings: Settings) -> Iterator[SqliteIndex]:
    """An index to ask; without one of the user's own, the curated papers alone.

    Raises:
        InputError: `path` names no index.
    """
    own = path or settings.data_dir / NAME
    if own.exists():
        index = SqliteIndex(own, embedder())
        try:
            yield index
        finally:
            index.close()
        return
    if path is not None:
        raise InputError(f"there is no index at {path}", hint="Make one with `apercu papers import FILE --index PATH`.")
    with TemporaryDirectory() as folder:
        index = SqliteIndex(Path(folder) / NAME, embedder())
        try:
            index.put(indexed(paper) for paper in curated())
            yield index
        finally:
            index.close()


@contextmanager
def opened_for_change(path: Path | None, settings: Settings, *, make: bool = True) -> Iterator[SqliteIndex]:
    """The user's index; a new one begins with the curated papers.

    Args:
        path: where, by default in the data folder.
        settings: say where that is.
        make: whether one that is not there is made.

    Raises:
        InputError: it is not there and is not to be made.
    """
    own = path or settings.data_dir / NAME
    new = not own.exists()
    if new and not make:
        raise InputError(f"there is no index at {own}", hint="Make one with `apercu papers import FILE`.")
    own.parent.mkdir(parents=True, exist_ok=True)
    index = SqliteIndex(own, embedder())
    try:
        if new:
            index.put(indexed(paper) for paper in curated())
        yield index
    finally:
        index.close()
