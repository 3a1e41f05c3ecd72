"""Opening the SQLite file of an index, and what SQLite says of it in one line.

Whoever only reads changes nothing: neither a file that is somebody else's database, nor one in a folder that may not be
written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from apercu.errors import ApercuError, EvidenceError, InputError, OutputError

PATIENCE = 30.0
"""Seconds for which another process that writes is waited for."""
MEND = "Run `apercu papers doctor --mend`; if that does not help, import the papers again into a new file."
_CORRUPT, _NOT_WRITABLE = 11, (8, 14)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns what SQLite refuses inside the block into one line that says what to do.

    Raises:
        InputError: another process holds the file, or it cannot be opened.
        OutputError: the disk is full, or the file may not be written.
        EvidenceError: it is damaged.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # of this program, not of the file
    except sqlite3.Error as error:
        raise _as_told(path, error) from error


def _as_told(path: Path, error: sqlite3.Error) -> ApercuError:
    said = f"({error})"
    match _kind(error):
        case 5 | 6:
            return InputError(
                f"{path} is held by another process that writes into it; waited {PATIENCE:g} s for it {said}",
                hint="Try again when that process is done.",
            )
        case 13:
            return OutputError(
                f"{path} cannot be written: the disk is full {said}", hint="Make room on the disk, then try again."
            )
        case 8:
            return OutputError(
                f"{path} may not be written {said}", hint="Allow it to be written, or name another file with --index."
            )
        case 10:
            return OutputError(
                f"{path} cannot be read or written: the disk reports an error {said}",
                hint="Look at the disk, then try again.",
            )
        case 14:
            return InputError(
                f"{path} cannot be used as an index of papers {said}", hint="Check the folder, or name another file."
            )
        case 26:
            return InputError(f"{path} cannot be used as an index of papers {said}", hint="Name another file.")
    return EvidenceError(f"the index {path} is damaged {said}, expected papers with their words", hint=MEND)


def _kind(error: sqlite3.Error) -> int:
    """SQLite's primary code; 0 where the driver itself complains, for example of text that is not UTF-8."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite says that what it found is not as it should be."""
    return _kind(error) == _CORRUPT


def holds_nothing(path: Path) -> bool:
    """Whether a file is not there, or holds no table: an index of papers can be begun there.

    Raises:
        InputError: it is a folder, or no database.
    """
    if not path.exists():
        return True
    if not path.is_file():
        raise InputError(f"{path} is {'a folder' if path.is_dir() else 'no file'}", hint="Name a file.")
    return not path.stat().st_size or not tables_of(path)


def tables_of(path: Path) -> set[str]:
    """The names of the tables of a database, without changing anything.

    Raises:
        InputError: it is no database.
    """
    with told(path), closing(_looked_into(path)) as database:
        return tables(database)


def tables(database: sqlite3.Connection) -> set[str]:
    """The names of its tables."""
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def vectors_of(path: Path) -> str | None:
    """By what an index says that its vectors were made, as "name/size"; None where it says nothing."""
    try:
        with closing(_looked_into(path)) as database:
            row = database.execute("SELECT value FROM about WHERE name = 'vectors'").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def opened(path: Path) -> sqlite3.Connection:
    """The file for changing; made if it is absent."""
    return sqlite3.connect(path, isolation_level=None, timeout=PATIENCE, check_same_thread=False)


def opened_for_reading(path: Path) -> sqlite3.Connection:
    """The file for reading, also where nothing may be written."""
    database = _by_name(path, "mode=rw")  # the last one that reads takes SQLite's two files beside it away again
    try:
        database.execute("PRAGMA query_only = ON")
        tables(database)
    except sqlite3.Error as error:
        database.close()
        if _kind(error) not in _NOT_WRITABLE:
            raise
        database = _looked_into(path)
    return database


@contextmanager
def opened_for_checks(path: Path) -> Iterator[sqlite3.Connection]:
    """The file for FTS5's own check, which is a statement that writes, although it changes nothing.

    Others that write are waited for and wait; where nothing may be written, a copy is checked.
    """
    with closing(_by_name(path, "mode=rw")) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if _kind(error) not in _NOT_WRITABLE:
                raise
        else:
            try:
                yield database
            finally:
                if database.in_transaction:
                    database.rollback()
            return
    with TemporaryDirectory() as folder, closing(opened(Path(folder) / path.name)) as copy:
        with closing(_looked_into(path)) as database:
            database.backup(copy)
        yield copy


def _looked_into(path: Path) -> sqlite3.Connection:
    """The file as it is: SQLite neither makes files beside it nor asks whether somebody holds it.

    Changes that lie in the file beside it, because somebody writes or broke off, are read too.
    """
    log = path.with_name(f"{path.name}-wal")
    pending = log.exists() and log.stat().st_size > 0
    return _by_name(path, "mode=ro" if pending else "mode=ro&immutable=1")


def _by_name(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None, timeout=PATIENCE,
        check_same_thread=False,
    )  # fmt: skip
