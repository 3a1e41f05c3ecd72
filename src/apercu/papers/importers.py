"""Files of papers, read one record at a time: a bad one is told with its line, and the others are read on.

JSON lines (also `.gz`) of arXiv's metadata snapshot, of OpenAlex works, of Semantic Scholar papers, or of this index's
own records; and BibTeX.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from apercu.errors import InputError
from apercu.papers.base import PaperIndex
from apercu.papers.bibtex import read_bibtex
from apercu.papers.kinds import KINDS, flat
from apercu.papers.usable import FOREIGN, paper_without, shown
from apercu.records import IndexedPaper, Record

MOST_BYTES = 2_000_000
"""Of a line; a longer one is passed over without being held in memory."""
AT_ONCE = 2_000
"""Papers of one change: so many are lost at most when the import is killed, and then they are imported again."""
MOST_TOLD = 100_000
"""Problems that are kept; of further ones only the number."""
LONGEST_TOLD = 300
"""Characters of a problem; a line of rubbish is not repeated as a whole."""


class Problem(NamedTuple):
    """What is wrong with the record that begins on a line (from 1)."""

    line: int
    text: str


class Found(NamedTuple):
    """A record and the line (from 1) on which it begins."""

    line: int
    paper: IndexedPaper


class ImportReport(Record):
    """What an import did: papers that were `added`, `updated` or the `same` as before, and what was wrong.

    `repeated` ids stood in the file more than once; the last one is kept. `problems` holds the first hundred
    thousand of `problem_count`, each a line and a sentence. `broken` says why the file could not be read to its
    end, and is empty where it could; what stood before that is in the index.
    """

    path: str
    added: int = 0
    updated: int = 0
    same: int = 0
    repeated: int = 0
    problem_count: int = 0
    problems: tuple[Problem, ...] = ()
    broken: str = ""

    @property
    def said(self) -> str:
        """What came of it, in some words."""
        bad = ""
        if self.problems:
            many = "s" if self.problem_count > 1 else ""
            bad = f", {self.problem_count:,} problem{many}, the first on line {self.problems[0].line}"
        return f"{self.path}: {self.added:,} added, {self.updated:,} updated, {self.same:,} as before{bad}"


class Importing:
    """An import of a file, two thousand papers at a time; `report` says at any moment what came in so far.

    Args:
        index: where the papers go.
        path: the file.
        progress: is told the share of the file that was read, after each change.
    """

    def __init__(self, index: PaperIndex, path: Path, progress: Callable[[float], None]) -> None:
        self._index, self._path, self._progress = index, path, progress
        self._waiting: dict[str, IndexedPaper] = {}
        self._seen: dict[int, int] = {}
        self._problems: list[Problem] = []
        self._totals = [0, 0, 0]
        self._repeated = self._problem_count = 0
        self._share = [0.0]
        self._broken = ""

    @property
    def report(self) -> ImportReport:
        """What came in so far, and what was wrong."""
        added, updated, same = self._totals
        return ImportReport(
            path=shown(str(self._path)), added=added, updated=updated, same=same, repeated=self._repeated,
            problem_count=self._problem_count, problems=tuple(self._problems), broken=self._broken,
        )  # fmt: skip

    def run(self) -> None:
        """Read the file; where it breaks off, what was read before comes in all the same.

        Raises:
            InputError: the file is not there or of no known kind, or the index cannot be written to.
        """
        line = 0
        check_file(self._path)
        entries = read_papers(self._path, self._share)
        while True:
            try:
                entry = next(entries, None)
            except InputError as error:
                self._broken = f"{error.message}; it breaks off after line {line:,}" if line else error.message
                break
            if entry is None:
                break
            line = entry.line
            self._take(entry)
        self._put()

    def _take(self, entry: Found | Problem) -> None:
        if isinstance(entry, Problem):
            self._tell(entry)
            return
        before = self._seen.setdefault(hash(entry.paper.id), entry.line)
        if before != entry.line:
            self._repeated += 1
            self._tell(Problem(entry.line, f"{entry.paper.id} stood on line {before}; this one is kept"))
        self._waiting[entry.paper.id] = entry.paper
        if len(self._waiting) == AT_ONCE:
            self._put()

    def _tell(self, problem: Problem) -> None:
        self._problem_count += 1
        if len(self._problems) < MOST_TOLD:
            self._problems.append(problem._replace(text=_short(problem.text)))

    def _put(self) -> None:
        for i, number in enumerate(self._index.put(self._waiting.values())):
            self._totals[i] += number
        self._waiting.clear()
        self._progress(self._share[0])


def import_file(
    index: PaperIndex, path: Path, *, progress: Callable[[float], None] = lambda share: None
) -> ImportReport:
    """Read a file of papers into an index, two thousand at a time.

    Args:
        index: where they go.
        path: the file.
        progress: is told the share of the file that was read, after each change.

    Raises:
        InputError: the file is not there or of no known kind; where it breaks off, the report says so.
    """
    importing = Importing(index, path, progress)
    importing.run()
    return importing.report


def _short(text: str) -> str:
    text = shown(text)
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]} ..."


def read_papers(path: Path, share: list[float] | None = None) -> Iterator[Found | Problem]:
    """The records of a file, in order, and what is wrong with those that are none.

    Args:
        path: the file.
        share: its only element is set to the share of the file that was read.

    Raises:
        InputError: the file cannot be read, or is of no known kind.
    """
    parse = check_file(path)
    try:
        with path.open("rb") as raw, _unpacked(raw) as file:
            size = max(1, path.stat().st_size)
            for entry in parse(_lines(file)):
                if share is not None:
                    share[0] = raw.tell() / size
                yield entry
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"{shown(str(path))} cannot be read to its end ({why}), expected a whole file",
            hint="Get the file again, then import it once more.",
        ) from error


def check_file(path: Path) -> Callable[[Iterator[tuple[int, bytes | None]]], Iterator[Found | Problem]]:
    """What reads a file, by its name.

    Raises:
        InputError: it is not there, or is of no known kind.
    """
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no plain file" if path.exists() else "not there"
        raise InputError(f"{shown(str(path))} is {what}, expected a file of papers", hint="Name a file of papers.")
    name = path.name.removesuffix(".gz")
    if name.endswith((".bib", ".bibtex")):
        return _bibtex
    if name.endswith((".jsonl", ".json", ".ndjson")) or "." not in name:
        return _json_lines
    raise InputError(
        f"{shown(path.name)} is of no known kind, expected .jsonl, .ndjson, .json (one record a line) or .bib",
        hint="Give the file the ending of what it holds; each may be packed as .gz.",
    )


def _unpacked(file: BinaryIO) -> BinaryIO:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value]


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one that is too long."""
    number = 0
    while line := file.readline(MOST_BYTES + 1):
        number += 1
        if len(line) <= MOST_BYTES or line.endswith(b"\n"):
            yield number, line
            continue
        while (rest := file.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield number, None


# --- JSON lines ------------------------------------------------------------------------------------------------------


def _json_lines(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[Found | Problem]:
    for number, line in lines:
        if line is None:
            yield Problem(number, f"longer than {MOST_BYTES:,} bytes, expected one record")
        elif line.strip(b" \t\r\n\xef\xbb\xbf"):
            yield from _json_line(number, line)


def _json_line(number: int, line: bytes) -> Iterator[Found | Problem]:
    try:
        record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        yield Problem(number, f"not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        yield Problem(number, f"no JSON ({error})")
    else:
        if isinstance(record, dict):
            yield from _as_paper(number, record)
        else:
            yield Problem(number, f"expected an object with the fields of a paper, got {type(record).__name__}")


_EXPECTED = (
    "; expected arxiv_id (arXiv), paperId or corpusid (Semantic Scholar), an id of openalex.org, or id and source (an "
    "index of Apercu), each with a title"
)


def _as_paper(number: int, record: Mapping[str, Any]) -> Iterator[Found | Problem]:
    kind = next((kind for kind, (belongs, _) in KINDS.items() if belongs(record)), None)
    if kind is None:
        some = ", ".join(sorted(map(str, record))[:6])
        yield Problem(number, f"of no known kind of record: it has the fields {some or '(none)'}{_EXPECTED}")
        return
    try:
        fields = KINDS[kind][1](record)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = str(error)
        if isinstance(error, KeyError):
            what = f"the field {error} is missing"
        elif not isinstance(error, ValueError):  # Python's own words are about the code and not about the file
            what = "a field holds something of another kind than is expected there"
        yield Problem(number, f"not a record of {kind}: {what}")
    else:
        yield from _checked(number, fields)


def _checked(number: int, fields: Mapping[str, Any], name: str = "") -> Iterator[Found | Problem]:
    """The paper, and what of it was left out; or what is wrong with it. `name` is what problems call it."""
    begin = f"{name}: " if name else ""
    if any(text != shown(text) for text in _texts(fields)):
        yield Problem(number, f"{begin}holds half of a surrogate pair, which is no character")
        return
    try:
        paper, left_out = paper_without(fields, FOREIGN)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        yield Problem(number, f"{begin}{'.'.join(map(str, first['loc']))}: {first['msg']}")
        return
    yield Found(number, paper)
    for each in left_out:
        yield Problem(number, f"{begin or f'{paper.id}: '}{each}")


def _texts(fields: Mapping[str, Any]) -> Iterator[str]:
    for value in fields.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (each for each in value if isinstance(each, str))


# --- BibTeX ----------------------------------------------------------------------------------------------------------


def _bibtex(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[Found | Problem]:
    for number, entry in read_bibtex(lines, longest=MOST_BYTES):
        if isinstance(entry, str):
            yield Problem(number, entry)
            continue
        key, fields = entry
        if not fields.get("title"):
            yield Problem(number, f"{key} has no title")
            continue
        arxiv = fields.get("eprint") if fields.get("archiveprefix", "").casefold() == "arxiv" else None
        year = fields.get("year", "")
        link = fields.get("url") or (f"https://arxiv.org/abs/{arxiv}" if arxiv else None)
        yield from _checked(
            number,
            {
                "id": f"bib:{key}", "title": flat(fields["title"]), "abstract": flat(fields.get("abstract", "")),
                "year": int(year) if year.isdecimal() and len(year) == 4 else None, "arxiv": arxiv,
                "doi": fields.get("doi"), "links": (link,) if link else (), "source": "BibTeX",
            },
            key,
        )  # fmt: skip
