"""The index that the commands use: the user's own, or, before anything was imported, the papers that Apercu knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from apercu.errors import ApercuError, EvidenceError, InputError, OutputError
from apercu.papers.base import Filters, Health, Hit
from apercu.papers.importers import Importing, ImportReport, check_file
from apercu.papers.usable import shown
from apercu.records import CuratedPaper, IndexedPaper, Record
from apercu.settings import Settings

if TYPE_CHECKING:
    from apercu.papers.base import PaperIndex

NAME = "papers.db"
Place: TypeAlias = Path | str
"""Of an index: a file, or the address of a PostgreSQL server (`postgresql://...`, docs/papers-postgres.md)."""


class FoundPapers(Record):
    """What a search of the papers found, the best first; `warning` says what of the index could not be searched."""

    query: str
    papers: tuple[Hit, ...]
    warning: str = ""


class Imported(Record):
    """What an import did with each file, and how many papers the index holds now."""

    files: tuple[ImportReport, ...]
    papers: int


class Deleted(Record):
    """How many papers were taken out, how many the index holds now, and which ids it did not hold."""

    deleted: int
    papers: int
    unknown: tuple[str, ...] = ()


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


def is_address(place: Place | None) -> bool:
    """Whether a place is the address of a server and no file.

    Raises:
        InputError: it is empty, or an address of another kind of server.
    """
    if place == "":
        raise InputError("the place of the index is empty", hint="Name a file, or leave --index out.")
    if not isinstance(place, str) or "://" not in place:
        return False
    from apercu.papers.postgres import is_dsn

    if not is_dsn(place):
        raise InputError(
            f"{place.partition('://')[0]}:// is no kind of server that can hold an index, expected postgresql://",
            hint="Name a file, or see docs/papers-postgres.md.",
        )
    return True


def own_index(settings: Settings) -> Path | None:
    """The user's index, if there is one."""
    path = settings.data_dir / NAME
    return None if _holds_nothing(path) else path


def _holds_nothing(path: Path) -> bool:
    from apercu.papers.sqlite_file import holds_nothing

    return holds_nothing(path)


@contextmanager
def _on_server(dsn: str, settings: Settings) -> Iterator[PaperIndex]:
    """The index of a team at the address of a PostgreSQL server."""
    from apercu.papers.embed import embedder
    from apercu.papers.postgres_index import open_postgres

    index = open_postgres(dsn, embedder(settings.papers_vectors))
    try:
        yield index
    finally:
        index.close()


@contextmanager
def opened_for_search(place: Place | None, settings: Settings) -> Iterator[PaperIndex]:
    """An index to ask, which is not changed; without one of the user's own, the curated papers alone.

    Raises:
        InputError: `place` names no index.
        EvidenceError: the index is damaged.
    """
    from apercu.papers.embed import embedder
    from apercu.papers.sqlite_index import SqliteIndex

    if place is not None or own_index(settings):
        with _opened_for_reading(place, settings) as index:
            yield index
        return
    with TemporaryDirectory() as folder:
        own = SqliteIndex(Path(folder) / NAME, embedder(settings.papers_vectors))
        try:
            own.put(indexed(paper) for paper in curated())
            yield own
        finally:
            own.close()


@contextmanager
def _opened_for_reading(place: Place | None, settings: Settings) -> Iterator[PaperIndex]:
    """An index that is there, by default the user's."""
    from apercu.papers.embed import embedder
    from apercu.papers.sqlite_index import SqliteIndex

    if is_address(place):
        with _on_server(str(place), settings) as team:
            yield team
        return
    path = Path(place) if place else settings.data_dir / NAME
    if _holds_nothing(path):
        to = f" --index {shown(str(place))}" if place else ""
        raise InputError(
            f"there is no index at {shown(str(path))}{', the file is empty' if path.exists() else ''}",
            hint=f"Make one with `apercu papers import FILE{to}`.",
        )
    index = SqliteIndex(path, embedder(_way_of(path) or settings.papers_vectors), change=False)
    try:
        yield index
    finally:
        index.close()


@contextmanager
def opened_for_change(place: Place | None, settings: Settings, *, make: bool = True) -> Iterator[PaperIndex]:
    """The user's index; one that never held a paper begins with the curated papers.

    Args:
        place: where, by default in the data folder.
        settings: say where that is.
        make: whether one that is not there is made.

    Raises:
        InputError: it is not there and is not to be made.
        OutputError: its folder cannot be made.
    """
    from apercu.papers.embed import embedder
    from apercu.papers.sqlite_index import SqliteIndex

    if is_address(place):
        with _on_server(str(place), settings) as team:
            yield team
        return
    own = Path(place) if place else settings.data_dir / NAME
    if not make and _holds_nothing(own):
        raise InputError(f"there is no index at {shown(str(own))}", hint="Make one with `apercu papers import FILE`.")
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {shown(str(own.parent))} cannot be made ({error.strerror or error}), expected folders",
            hint="Name another file with --index, or another folder with APERCU_DATA_DIR.",
        ) from error
    index = SqliteIndex(own, embedder(_way_of(own) or settings.papers_vectors))
    try:
        if make and index.is_new():
            index.put(indexed(paper) for paper in curated())
        yield index
    finally:
        index.close()


def _way_of(path: Path) -> str | None:
    """The way to vectors by which an index was made; None for one that is new, or that says nothing known."""
    from apercu.papers.sqlite_file import vectors_of

    if not path.is_file():
        return None
    name = (vectors_of(path) or "").rpartition("/")[0]
    return {"apercu-words-1": "apercu", "wordllama-l2_supercat": "wordllama", "none": "none"}.get(name)


# --- what the commands do, from Python -----------------------------------------------------------------------------


def search_papers(
    query: str,
    *,
    settings: Settings,
    limit: int = 10,
    filters: Filters | None = None,
    index: Place | None = None,
) -> FoundPapers:
    """The papers that fit a question or some words best: of the user's index, or of the curated papers without one.

    Args:
        query: a question or some words; no language of operators.
        settings: where the user's index is, and how texts become vectors.
        limit: how many at most.
        filters: which may be found.
        index: another index than the user's: a file, or the address of a PostgreSQL server.

    Raises:
        InputError: there is no index at `index`, it is damaged, the query is empty, or no year can pass the filters.
    """
    if not query.strip():
        raise InputError("the query is empty, expected a question or some words", hint="Type what to look for.")
    begin, end = (filters.year_from, filters.year_to) if filters else (None, None)
    if begin is not None and end is not None and begin > end:
        raise InputError(
            f"no year is from {begin} on and not after {end}", hint=f"Turn them round: from {end} to {begin}."
        )
    with opened_for_search(index, settings) as papers:
        found = tuple(papers.search(query, limit=limit, filters=filters))
        return FoundPapers(query=shown(query), papers=found, warning=papers.lacks())


def import_papers(
    *paths: Path,
    settings: Settings,
    index: Place | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Imported:
    """Read files of papers into an index; without one it is made and begins with the curated papers.

    What was read is kept two thousand papers at a time: an import that is broken off can be begun again.

    Raises:
        InputError: a file is not there or of no known kind, and nothing was read from any; or one breaks off, and the
            message says what of all files is in the index.
    """
    for path in paths:
        check_file(path)
    with opened_for_change(index, settings) as papers:
        files: list[Importing] = []
        try:
            for i, path in enumerate(paths):
                files.append(
                    Importing(papers, path, lambda share, i=i: progress((i + share) / len(paths)))  # type: ignore[misc]
                )
                files[-1].run()
            papers.settle()
        except ApercuError as error:
            if kept := _kept(files):
                raise type(error)(f"{error.message}; {kept}", hint=error.hint) from error
            raise
        except KeyboardInterrupt as error:
            error.add_note(_kept(files) or "nothing came in")
            raise
        done = Imported(files=tuple(file.report for file in files), papers=papers.count())
    if broken := next((report.broken for report in done.files if report.broken), ""):
        raise InputError(
            f"{broken}; {_kept(files) or 'nothing came in'}; the index holds {done.papers:,} papers",
            hint="Get the file again, then import it once more: what is in stays as it is.",
        )
    return done


def _kept(files: Sequence[Importing]) -> str:
    """What of some files is in an index after an import that ended early; nothing where nothing is."""
    reports = [file.report for file in files]
    if not any((report.added, report.updated, report.same, report.problem_count) != (0, 0, 0, 0) for report in reports):
        return ""
    return f"what came in before is kept: {'; '.join(report.said for report in reports)}"


def delete_papers(ids: Sequence[str], *, settings: Settings, index: Place | None = None) -> Deleted:
    """Take papers out of an index.

    Raises:
        InputError: there is no index, or none of the papers is in it.
    """
    with opened_for_change(index, settings, make=False) as papers:
        unknown = tuple(id for id in dict.fromkeys(ids) if papers.get(id) is None)
        deleted = papers.delete(ids)
        if not deleted:
            raise InputError(
                f"none of {len(ids)} ids is in the index, the first is {ids[0]!r}" if ids else "no id was given",
                hint="`apercu papers search ... --json` shows the ids.",
            )
        return Deleted(deleted=deleted, papers=papers.count(), unknown=unknown)


def check_papers(*, settings: Settings, index: Place | None = None, mend: bool = False) -> Health:
    """Whether both halves of an index, words and vectors, hold every paper and agree; `mend` makes them so.

    Raises:
        InputError: there is no index.
    """
    if not mend:
        with _opened_for_reading(index, settings) as papers:
            return papers.doctor()
    with opened_for_change(index, settings, make=False) as papers:
        return papers.mend()
