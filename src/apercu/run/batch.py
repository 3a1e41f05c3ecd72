"""Do many pictures, each once, whatever happens to some of them or to the processes that do them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from apercu.errors import ImageError, OutputError, RunError
from apercu.run.ledger import Ledger
from apercu.run.tasks import Failed, Finished, Outcome, Spread, Task

SHOWN_FAILURES = 20

_DIED = Failed(
    RunError.code, "the process died on this picture, twice: it may need more memory than there is, or break a decoder"
)


@dataclass
class Tally:
    """How far a batch is: pictures in all, done now, kept from before, failed; and the first failures."""

    total: int
    done: int = 0
    kept: int = 0
    failed: int = 0
    warned: int = 0
    failures: list[tuple[str, Failed]] = field(default_factory=list)

    def add(self, picture: str, outcome: Outcome) -> None:
        """Count a picture that has ended."""
        if isinstance(outcome, Finished):
            self.done += 1
            self.warned += bool(outcome.warnings)
            return
        self.failed += 1
        if len(self.failures) < SHOWN_FAILURES:
            self.failures.append((picture, outcome))


@dataclass(frozen=True)
class Batch:
    """Where the pictures of a batch are, where its results go, and how these are called.

    `overwrite`: whether files may be replaced that this batch has not made.
    """

    folder: Path
    out: Path
    naming: Callable[[str], str]
    overwrite: bool

    def task(self, picture: str, ledger: Ledger) -> Task:
        """What is to be done for a picture: its result's name is ours if we have taken it before."""
        output = self.naming(picture)
        last = ledger.last(picture)
        ours = last is not None and last["output"] == output and bool(last.get("ours", True))
        return Task(picture, output, replace=ours or self.overwrite, ours=ours)

    def is_done(self, picture: str, ledger: Ledger) -> bool:
        """Whether the ledger says so, with these parameters, and both files still have the bytes that it names."""
        last = ledger.last(picture) if ledger.counts(picture) else None
        if last is None or "done" not in last or last["output"] != self.naming(picture):
            return False
        made_from_it = _has_bytes(self.folder / picture, last["input_sha256"], size=last["size"])
        return made_from_it and _has_bytes(self.out / last["output"], last["sha256"])


def run_batch(
    pictures: Iterable[str],
    batch: Batch,
    ledger: Ledger,
    spread: Spread,
    *,
    tally: Tally,
    progress: Callable[[Tally], None],
) -> None:
    """Do every picture that is not done yet.

    A picture whose worker dies is done again after all others and alone, when there is the most memory for it; if that
    worker dies too, the picture has failed.

    Args:
        pictures: paths relative to the batch's folder.
        batch: the folders and names.
        ledger: what is done already; gets a line for each event.
        spread: runs tasks in workers.
        tally: counts what happens; right also when this is interrupted.
        progress: called with the tally at the beginning and after every picture.
    """

    def note(task: Task, outcome: Outcome) -> None:
        ledger.end(task, outcome)
        tally.add(task.picture, outcome)
        progress(tally)

    def tasks() -> Iterator[Task]:
        for picture in pictures:
            if batch.is_done(picture, ledger):
                tally.kept += 1
                progress(tally)
                continue
            task = batch.task(picture, ledger)
            if not task.replace and os.path.lexists(batch.out / task.output):
                note(task, Failed(OutputError.code, f"{task.output} exists already and was not made by this batch"))
                continue
            ledger.begin(task)
            yield task

    died: list[Task] = []
    progress(tally)
    try:
        sweep(batch.out, ledger.unfinished.values())
        with closing(spread(tasks(), None)) as ended:
            for task, outcome in ended:
                if outcome is None:
                    died.append(task._replace(replace=True, ours=True))  # it may have written the result
                else:
                    note(task, outcome)
        with closing(spread(iter(died), 1)) as ended:
            for task, outcome in ended:
                note(task, outcome or _DIED)
    finally:
        sweep(batch.out, [*ledger.unfinished.values(), *(task.output for task in died)])


def sweep(out: Path, outputs: Iterable[str]) -> None:
    """Take away the hidden files that killed workers left beside results.

    A result is written as `.NAME.<random>.part` (`apercu.image.write_image`) and gets its name when it is complete.
    """
    from apercu.image.publish import hidden_prefix

    for output in outputs:
        path = out / output
        left = re.compile(rf"{re.escape(hidden_prefix(path.name))}[0-9a-f]+\.part")
        try:
            with os.scandir(path.parent) as entries:
                found = [entry.path for entry in entries if left.fullmatch(entry.name)]
        except OSError:  # its folder was not made yet
            continue
        for hidden in found:
            Path(hidden).unlink(missing_ok=True)


def _has_bytes(path: Path, sha256: str, *, size: int | None = None) -> bool:
    from apercu.image import file_sha256

    try:
        status = os.stat(path)
        same_size = size is None or status.st_size == size
        return stat.S_ISREG(status.st_mode) and same_size and file_sha256(path) == sha256
    except (OSError, ImageError):
        return False
