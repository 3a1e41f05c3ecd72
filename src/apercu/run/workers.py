"""A batch on this machine: worker processes of which one may die without taking the others along.

`concurrent.futures` gives up its whole pool when a process dies, and does not say on which task. Here every worker has
a pipe of its own and one task at a time, so that the end of the pipe names the task.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from apercu.errors import RunError
from apercu.processes import end_with_parent, without_interrupts
from apercu.run.tasks import ONE_THREAD, Outcome, Task

_PROCESSES = get_context("spawn")  # a fork would copy the locks of the threads that draw the progress bar
_STARTS = 3
"""So many processes in a row, for each job, may end before they are ready."""


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    task: Task | None = None
    ready: bool = False

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # dead already: the closed pipe tells so when its answer is awaited
            self.pipe.send(task)


def in_processes(
    work: Callable[[Task], Outcome], tasks: Iterator[Task], jobs: int
) -> Generator[tuple[Task, Outcome | None], None, None]:
    """Run tasks in up to `jobs` processes; see `apercu.run.tasks.Spread`.

    Raises:
        RunError: no process lives long enough to take a task.
    """
    workers: list[_Worker] = []
    idle: list[_Worker] = []
    never_ready = 0
    try:
        while True:
            while len(workers) - len(idle) < jobs and (task := next(tasks, None)) is not None:
                if not idle:
                    idle.append(_started(work))
                    workers.append(idle[-1])
                idle.pop().give(task)
            busy = {worker.pipe: worker for worker in workers if worker.task is not None}
            if not busy:
                return
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]  # one of the pipes that were handed in
                task, alive, outcome = worker.task, *_answer(worker)
                if alive and outcome is None:
                    continue
                worker.task = None
                if alive:
                    idle.append(worker)
                    never_ready = 0
                else:
                    workers.remove(worker)
                    _end(worker)
                    never_ready += not worker.ready
                if never_ready > _STARTS * jobs:
                    raise RunError(
                        f"{never_ready} worker processes ended before they could begin, the last with "
                        f"{worker.process.exitcode}",
                        hint="Run `apercu enlarge` on one of the pictures to see why.",
                    )
                if task is not None:
                    yield task, outcome
    finally:
        for worker in workers:
            _end(worker)


def _answer(worker: _Worker) -> tuple[bool, Outcome | None]:
    """Whether the worker lives, and what it says: nothing when it has only just become ready."""
    try:
        outcome: Outcome | None = worker.pipe.recv()
    except (EOFError, OSError):
        return False, None
    worker.ready = True
    return True, outcome


def _started(work: Callable[[Task], Outcome]) -> _Worker:
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_serve, args=(theirs, work), daemon=True)
    with without_interrupts():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _end(worker: _Worker) -> None:
    """At once: results are written under another name first, so none is ever left half-written."""
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _serve(pipe: Connection, work: Callable[[Task], Outcome]) -> None:
    """The life of a worker process: say that it is ready, then one answer for each task."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(ONE_THREAD)  # read when the numeric libraries are loaded, which is later
    threading.Thread(target=end_with_parent, daemon=True).start()
    pipe.send(None)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv()))
