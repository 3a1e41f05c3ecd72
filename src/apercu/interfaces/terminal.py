"""What the command line shares: reading factors and sizes, progress, printing, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apercu.errors import EXIT_CODES, ApercuError, ShapeError
from apercu.records import Record

INTERRUPTED = 130


def read_scale(text: str | None) -> tuple[float, float] | None:
    """ "3" or "3.7" for both axes, "2x1.5" for width x height; given back as (y, x).

    Raises:
        ShapeError: not a number.
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
    if len(factors) not in (1, 2):
        raise ShapeError(f"--scale {clean(text)!r} is not a factor", hint="Give one number (3 or 3.7), or WIDTHxHEIGHT factors (2x1.5).")
    return factors[-1], factors[0]


def read_size(text: str | None) -> tuple[int, int] | None:
    """ "1920x1080" (width x height), given back as (height, width).

    Raises:
        ShapeError: not two whole numbers of at least 1.
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6})\s*[x×X]\s*(\d{1,6})\s*", text)
    if not match or int(match[1]) < 1 or int(match[2]) < 1:
        raise ShapeError(f"--size {clean(text)!r} is not a size", hint="Give WIDTHxHEIGHT in pixels, for example 1920x1080.")
    return int(match[2]), int(match[1])


def clean(text: str) -> str:
    """Text without control characters, so that a file name cannot steer the terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text)


def print_json(record: Record) -> None:
    """A record as JSON on standard output."""
    sys.stdout.write(record.model_dump_json(indent=2, by_alias=True) + "\n")


def say(text: str = "") -> None:
    """A line on standard output."""
    sys.stdout.write(text + "\n")


def warn(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"warning: {clean(text)}\n")


@contextmanager
def reported_errors(*, as_json: bool) -> Iterator[None]:
    """Turn an error into one line (or, with --json, one object on standard output) and its exit code."""
    try:
        yield
    except ApercuError as error:
        if as_json:
            say(json.dumps({"error": {"code": error.code, "message": error.message, "hint": error.hint}}, ensure_ascii=False))
        else:
            sys.stderr.write(clean(f"error: {error.message.rstrip('.')}. {error.hint}").rstrip() + "\n")
        raise SystemExit(EXIT_CODES[type(error)]) from None
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted: nothing was left half-written\n")
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on standard error where a person is looking; it appears only when the work takes a moment."""
    if quiet or not sys.stderr.isatty():
        yield lambda node, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    started = time.monotonic()
    with Progress(TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def show(node: str, share: float) -> None:
            if node not in tasks and (share >= 1 or time.monotonic() - started < 0.3):
                return
            if node not in tasks:
                tasks[node] = bar.add_task(clean(node), total=1.0)
            bar.update(tasks[node], completed=share)  # type: ignore[arg-type]

        yield show
