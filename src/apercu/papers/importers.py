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
from apercu.records import IndexedPaper, Record

MOST_BYTES = 2_000_000
"""Of a line; a longer one is passed over without being held in memory."""
AT_ONCE = 2_000
"""Papers of one change: so many are lost at most when the import is killed, and then they are imported again."""
MOST_TOLD = 100_000
"""Problems that are kept; of further ones only the number."""
LONGEST_TOLD = 300
"""Characters of a problem; a line of rubbish is not repeated as a whole."""

_HALF = "holds half of a surrogate pair, which is no character"


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
    thousand of `problem_count`, each a line and a sentence.
    """

    path: str
    added: int = 0
    updated: int = 0
    same: int = 0
    repeated: int = 0
    problem_count: int = 0
    problems: tuple[Problem, ...] = ()


def import_file(
    index: PaperIndex, path: Path, *, progress: Callable[[float], None] = lambda share: None
) -> ImportReport:
    """Read a file of papers into an index, two thousand at a time.

    Args:
        index: where they go.
        path: the file.
        progress: is told the share of the file that was read, after each change.

    Raises:
        InputError: the file cannot be read, or is of no known kind.
    """
    waiting: dict[str, IndexedPaper] = {}
    seen: dict[int, int] = {}
    problems: list[Problem] = []
    totals = [0, 0, 0]
    repeated = problem_count = 0

    def put() -> None:
        for i, number in enumerate(index.put(waiting.values())):
            totals[i] += number
        waiting.clear()
        progress(share[0])

    share = [0.0]
    for entry in read_papers(path, share):
        if isinstance(entry, Found):
            before = seen.setdefault(hash(entry.paper.id), entry.line)
            if before != entry.line:
                repeated += 1
                entry_problem = Problem(entry.line, f"{entry.paper.id} stood on line {before}; this one is kept")
            else:
                entry_problem = None
            waiting[entry.paper.id] = entry.paper
            if len(waiting) == AT_ONCE:
                put()
        else:
            entry_problem = entry
        if entry_problem is not None:
            problem_count += 1
            if len(problems) < MOST_TOLD:
                problems.append(entry_problem._replace(text=_short(entry_problem.text)))
    put()
    added, updated, same = totals
    return ImportReport(
        path=str(path), added=added, updated=updated, same=same, repeated=repeated, problem_count=problem_count,
        problems=tuple(problems),
    )  # fmt: skip


def _short(text: str) -> str:
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
        raise InputError(f"{path} cannot be read ({error})") from error


def check_file(path: Path) -> Callable[[Iterator[tuple[int, bytes | None]]], Iterator[Found | Problem]]:
    """What reads a file, by its name.

    Raises:
        InputError: it is not there, or is of no known kind.
    """
    if not path.is_file():
        raise InputError(f"{path} is {'a folder' if path.is_dir() else 'not there'}", hint="Name a file of papers.")
    name = path.name.removesuffix(".gz")
    if name.endswith((".bib", ".bibtex")):
        return _bibtex
    if name.endswith((".jsonl", ".json", ".ndjson")) or "." not in name:
        return _json_lines
    raise InputError(
        f"{path.name} is of no known kind, expected .jsonl, .ndjson, .json (one record a line) or .bib",
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
            yield _json_line(number, line)


def _json_line(number: int, line: bytes) -> Found | Problem:
    try:
        record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return Problem(number, f"not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return Problem(number, f"no JSON ({error})")
    if not isinstance(record, dict):
        return Problem(number, f"expected an object with the fields of a paper, got {type(record).__name__}")
    return _as_paper(number, record)


def _as_paper(number: int, record: Mapping[str, Any]) -> Found | Problem:
    kind = next((kind for kind, (belongs, _) in KINDS.items() if belongs(record)), None)
    if kind is None:
        some = ", ".join(sorted(map(str, record))[:6])
        return Problem(number, f"of no known kind of record: it has the fields {some or '(none)'}")
    try:
        fields = KINDS[kind][1](record)
        paper = IndexedPaper.model_validate(fields)
        for value in (
            paper.id,
            paper.title,
            paper.abstract,
            paper.arxiv,
            paper.doi,
            paper.source,
            *paper.links,
            *paper.categories,
        ):
            (value or "").encode()  # half of a surrogate pair cannot be kept
        return Found(number, paper)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "string_unicode":
            return Problem(number, _HALF)
        return Problem(number, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    except UnicodeEncodeError:
        return Problem(number, _HALF)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
        return Problem(number, f"not a record of {kind}: {what}")


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
        try:
            paper = IndexedPaper(
                id=f"bib:{key}", title=flat(fields["title"]), abstract=flat(fields.get("abstract", "")),
                year=int(year) if year.isdecimal() and len(year) == 4 else None, arxiv=arxiv, doi=fields.get("doi"),
                links=(link,) if link else (), categories=(), source="BibTeX",
            )  # fmt: skip
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            yield Problem(number, f"{key}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
        else:
            yield Found(number, paper)
