"""What the commands share: reading factors and sizes, progress, printing, and where errors become a line and a code."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from apercu.addresses import without_steering
from apercu.errors import EXIT_CODES, ApercuError, CatalogueError, OutOfMemoryError, OutputError, ShapeError
from apercu.records import Record

INTERRUPTED = 130
SMALLER_PICTURE = "Take a smaller picture or factor, or set APERCU_TILE_SIZE to 128."
LESS_AT_ONCE = "Close other programs, or give less at once."
SHOWN_PROBLEMS = 20
"""So many problems of a file are printed for a person; --json gives them all."""

_STEERING_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What `apercu.addresses.without_steering` takes out and JSON does not escape of its own."""


def read_scale(text: str | None) -> tuple[float, float] | None:
    """Read --scale: "3" or "3.7" for both axes, "2x1.5" for width x height; given back as (y, x).

    Raises:
        ShapeError: not a number, or a number below 1.
    """
    if text is None:
        return None
    numbers = text.strip().lower().replace("×", "x").split("x")
    if len(numbers) == 2 and not numbers[1]:
        numbers = numbers[:1]
    try:
        factors = [float(number) for number in numbers]
    except ValueError:
        factors = []
    if len(factors) not in (1, 2) or not all(math.isfinite(factor) for factor in factors):
        hint = "Give one number (3 or 3.7), or WIDTHxHEIGHT factors (2x1.5)."
        raise ShapeError(f"--scale {clean(text)!r} is not a factor, expected a number of at least 1", hint=hint)
    if min(factors) < 1:
        hint = "Apercu enlarges and does not shrink; give a factor such as 2, 3.7 or 4."
        raise ShapeError(f"--scale {clean(text)} is below 1, expected a factor of at least 1", hint=hint)
    return factors[-1], factors[0]


def read_size(text: str | None) -> tuple[int, int] | None:
    """Read --size: "1920x1080" (width x height), given back as (height, width).

    Raises:
        ShapeError: not two whole numbers of at least 1.
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6})\s*[x×X]\s*(\d{1,6})\s*", text)
    if not match or int(match[1]) < 1 or int(match[2]) < 1:
        hint = "Give WIDTHxHEIGHT in pixels, for example 1920x1080."
        raise ShapeError(f"--size {clean(text)!r} is not a size, expected two whole numbers of at least 1", hint=hint)
    return int(match[2]), int(match[1])


def one_of(scale: str | None, size: str | None) -> tuple[tuple[float, float] | None, tuple[int, int] | None]:
    """Read --scale and --size, of which at most one may be given.

    Raises:
        ShapeError: both are given, or one cannot be read.
    """
    factors, exact = read_scale(scale), read_size(size)
    if factors and exact:
        raise ShapeError("both --scale and --size were given, expected one of them", hint="Leave one out.")
    return factors, exact


def clean(text: str) -> str:
    """Text without control characters, so that a file name cannot steer the terminal."""
    return without_steering(text, "?")


def print_json(record: Record) -> None:
    """A record as JSON on standard output."""
    say(harmless_json(record.model_dump_json(indent=2, by_alias=True)))


def say_json(value: object, *, indent: int | None = None) -> None:
    """What JSON can hold as JSON on standard output."""
    say(harmless_json(json.dumps(value, indent=indent, ensure_ascii=False)))


def harmless_json(text: str) -> str:
    """JSON with escapes, which read the same, in place of the characters that steer a terminal."""
    return _STEERING_IN_JSON.sub(lambda character: f"\\u{ord(character[0]):04x}", text)


def say(text: str = "") -> None:
    """A line on standard output."""
    sys.stdout.write(text + "\n")


def warn(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"warning: {clean(text)}\n")


def tell(text: str) -> None:
    """A line on standard error about what was chosen, which is no reason to worry."""
    sys.stderr.write(f"note: {clean(text)}\n")


def write_all_of_it() -> None:
    """Put a buffer before a standard output that has none (PYTHONUNBUFFERED), which is emptied at each end of a line.

    Without one, Python takes it for success where the system writes a part, as a disk does that is getting full.
    """
    bare = getattr(sys.stdout, "buffer", None)
    if isinstance(bare, io.RawIOBase):
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(bare), encoding, errors, line_buffering=True)


@contextmanager
def reported_errors(*, as_json: bool, memory: str = LESS_AT_ONCE) -> Iterator[None]:
    """Turn an error into one line (or, with --json, one object on standard output) and its exit code.

    Args:
        as_json: whether an object is wanted.
        memory: what to do where the memory runs out.
    """
    try:
        yield
        sys.stdout.flush()
    except CatalogueError as error:
        _fail_with_problems(error, as_json=as_json)
    except ApercuError as error:
        fail(error.code, error.message, error.hint, status=EXIT_CODES[type(error)], as_json=as_json)
    except MemoryError:
        fail(OutOfMemoryError.code, "memory ran out", memory, status=EXIT_CODES[OutOfMemoryError], as_json=as_json)
    except KeyboardInterrupt as stopped:
        came_in = "".join(f"; {note}" for note in getattr(stopped, "__notes__", ()))
        end_interrupted(f"nothing was left half-written{came_in}", "Run the command again.", as_json=as_json)
    except BrokenPipeError:  # whoever was reading has seen enough
        _drop_output()
        raise SystemExit(1) from None
    except OSError as error:
        message, hint = _refusal(error)
        status = EXIT_CODES[OutputError]
        if _printed(error_json(OutputError.code, message, hint) + "\n" if as_json else "") and as_json:
            raise SystemExit(status) from None
        fail(OutputError.code, message, hint, status=status, as_json=False)


def end_interrupted(said: str, hint: str, *, as_json: bool) -> NoReturn:
    """Say on standard error how far it came, with --json also as an error on standard output, and end."""
    sys.stderr.write(f"\ninterrupted: {clean(said)}\n")
    if as_json:
        _printed(error_json("interrupted", f"interrupted: {said}", hint) + "\n")
    raise SystemExit(INTERRUPTED) from None


def _refusal(error: OSError) -> tuple[str, str]:
    """What the system did not do, on which path, and what was expected; and what to do about it."""
    names = [os.fsencode(name).decode("utf-8", "replace") for name in (error.filename, error.filename2)
             if isinstance(name, str | bytes | os.PathLike)]  # fmt: skip
    what = f"{' and '.join(names)} cannot be used" if names else "the system refused to read or write"
    expected = {
        errno.EEXIST: "expected a folder, or nothing there yet",
        errno.ENOTDIR: "expected folders all along the path",
        errno.EISDIR: "expected a file",
        errno.ENOENT: "expected it to be there",
        errno.ENOSPC: "expected room on the disk",
    }.get(error.errno or 0, "expected to be allowed to read and write it")
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "Make room on the disk, or write elsewhere." if full else "Check the path, the permissions and the disk."
    return f"{what}: {error.strerror or error}; {expected}", hint


def _printed(text: str) -> bool:
    """Whether standard output takes a text and what was printed before; where it does not, nothing more goes there."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        _drop_output()
        return False
    return True


def fail(code: str, message: str, hint: str, *, status: int, as_json: bool) -> NoReturn:
    """Say what is wrong in one line on standard error, or as JSON on standard output, and end with an exit code."""
    if as_json:
        say(error_json(code, message, hint))
    else:
        sys.stderr.write(clean(f"error: {_sentence(message)} {_sentence(hint)}").rstrip() + "\n")
    raise SystemExit(status)


def _fail_with_problems(error: CatalogueError, *, as_json: bool) -> NoReturn:
    """Say what is wrong with a file: one problem in one line, several in a line each, and end with an exit code."""
    status = EXIT_CODES[CatalogueError]
    if as_json:
        say(error_json(error.code, error.message, error.hint, problems=error.problems))
        raise SystemExit(status)
    if len(error.problems) == 1:
        fail(error.code, error.message, error.hint, status=status, as_json=False)
    more = len(error.problems) - SHOWN_PROBLEMS
    lines = [f"error: {error.summary}:", *(f"  {problem}" for problem in error.problems[:SHOWN_PROBLEMS])]
    if more > 0:
        lines.append(f"  and {more:,} more; all of them: --json")
    sys.stderr.writelines(f"{clean(line)}\n" for line in (*lines, error.hint))
    raise SystemExit(status)


def error_json(code: str, message: str, hint: str, *, problems: Sequence[str] = ()) -> str:
    """An error as the object that stands where a result would; `problems` are those of a file, all of them."""
    error: dict[str, object] = {"code": code, "message": message, "hint": hint}
    if problems:
        error["problems"] = problems
    return harmless_json(json.dumps({"error": error}, ensure_ascii=False))


def _sentence(text: str) -> str:
    """With a full stop, unless it ends with one or is empty."""
    ends = text.endswith((".", "!", "?", '?"')) or not text
    return text if ends else text + "."


def _drop_output() -> None:
    """Nothing more can be printed; Python would try once again when it ends, and complain."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on standard error where a person is looking; it appears only when the work takes a moment."""
    if quiet or not sys.stderr.isatty():
        yield lambda node, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    started = time.monotonic()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(node: str, share: float) -> None:
            if node not in tasks and (share >= 1 or time.monotonic() - started < 0.3):
                return
            if node not in tasks:
                tasks[node] = bar.add_task(clean(node), total=1.0)
            bar.update(tasks[node], completed=share)

        yield show
