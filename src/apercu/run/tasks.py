"""One picture of a batch: what is to be done, what came of it, and the function that does it in a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from apercu.errors import ApercuError, OutOfMemoryError, OutputError
from apercu.records import Enlargement


class Task(NamedTuple):
    """A picture to enlarge; both paths are relative to the folders of the batch.

    `replace`: whether a file of the output's name may be replaced; `ours`: whether such a file would be this batch's.
    """

    picture: str
    output: str
    replace: bool
    ours: bool


@dataclass(frozen=True)
class Finished:
    """A written result: of which bytes it was made, and which it has. `size` is in bytes."""

    size: int
    mtime_ns: int
    input_sha256: str
    sha256: str
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    """Why there is no result, as the error of the same code says it."""

    code: str
    message: str


Outcome: TypeAlias = Finished | Failed

Spread: TypeAlias = Callable[[Iterator[Task], int | None], Generator[tuple[Task, Outcome | None], None, None]]
"""Runs tasks in workers, at most so many at a time, and gives each back as it ends, with None where its worker died.

It takes at most one task more from the iterator than it has workers, and ends its workers when it is closed.
"""


class Enlarge(Protocol):
    """`apercu.pictures.enlarge` with everything given but the files."""

    def __call__(self, picture: Path, output: Path, *, overwrite: bool) -> Enlargement: ...


@dataclass(frozen=True)
class Work:
    """What every worker of a batch does; it travels to other processes.

    Args:
        enlarge: makes and writes one result.
        folder: where the pictures are, absolute.
        out: where the results go, absolute.
    """

    enlarge: Enlarge
    folder: Path
    out: Path

    def __call__(self, task: Task) -> Outcome:
        """Do one picture. Whatever is wrong with it becomes an outcome: one bad picture never stops the rest."""
        picture, output = self.folder / task.picture, self.out / task.output
        try:
            status = os.stat(picture)
            output.parent.mkdir(parents=True, exist_ok=True)
            if not output.parent.resolve().is_relative_to(self.out.resolve()):
                message = f"{task.output} would lie elsewhere, through a link in the results' folder"
                return Failed(OutputError.code, message)
            done = self.enlarge(picture, output, overwrite=task.replace)
        except ApercuError as error:
            return Failed(
                error.code, error.message.replace(str(picture), task.picture).replace(str(output), task.output)
            )
        except MemoryError:
            return Failed(OutOfMemoryError.code, "memory ran out")
        except OSError as error:
            return Failed(ApercuError.code, f"the system refused: {error.strerror or error}")
        except Exception as error:  # a fault of the program itself: it belongs in the list as well
            return Failed(ApercuError.code, f"{type(error).__name__}: {error}")
        return Finished(
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            input_sha256=done.run.input_sha256,
            sha256=done.sha256,
            seconds=done.seconds,
            warnings=done.warnings,
        )


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VIPS_CONCURRENCY"), "1")
"""Environment of a worker: as many workers as processors, one thread in each."""
