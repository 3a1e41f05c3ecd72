"""Run a function on many cases in other processes, so that a crash, a hang or a greedy case is seen and named."""

from __future__ import annotations

import multiprocessing
import queue
import resource
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What became of a case: `words` of the function, or "crash ..." or "hang"; seconds; peak memory of its process."""

    case: Any
    words: str
    seconds: float
    peak_mb: float


def supervised(
    task: Callable[[Any], str], cases: Sequence[Any], *, limit: float, batch: int = 1, processes: int = 2
) -> Iterator[Outcome]:
    """The outcomes of `task` for all cases, in no fixed order.

    Args:
        task: a function of a module, from a case to a few words.
        cases: what it is called with.
        limit: seconds that a case may take.
        batch: cases that share a process; only with 1 the peak memory is that of the case.
        processes: at a time.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["numpy", "scipy.ndimage", "apercu.pictures", "apercu.run.execute", "PIL.Image"])
    waiting: queue.SimpleQueue[Sequence[Any]] = queue.SimpleQueue()
    done: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
    for start in range(0, len(cases), batch):
        waiting.put(cases[start : start + batch])
    threads = [
        threading.Thread(target=_supervise, args=(context, task, waiting, done, limit), daemon=True)
        for _ in range(processes)
    ]
    for thread in threads:
        thread.start()
    ended = 0
    while ended < processes:
        outcome = done.get()
        if outcome is None:
            ended += 1
        else:
            yield outcome


def _supervise(
    context: Any,
    task: Callable[[Any], str],
    waiting: queue.SimpleQueue[Sequence[Any]],
    done: queue.SimpleQueue[Outcome | None],
    limit: float,
) -> None:
    try:
        while True:
            left = waiting.get_nowait()
            while left:
                left = _run_until_trouble(context, task, left, done, limit)
    except queue.Empty:
        done.put(None)


def _run_until_trouble(
    context: Any,
    task: Callable[[Any], str],
    cases: Sequence[Any],
    done: queue.SimpleQueue[Outcome | None],
    limit: float,
) -> Sequence[Any]:
    """Run cases in one new process; returns those after one that crashed or hung."""
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, cases, theirs), daemon=True)
    process.start()
    theirs.close()
    for number, case in enumerate(cases):
        begun = time.perf_counter()
        try:
            trouble = "" if ours.poll(limit + (5 if number == 0 else 0)) else "hang"
            words, seconds, peak = ours.recv() if not trouble else (trouble, limit, 0.0)
        except EOFError:
            process.join()
            trouble = f"crash, exit status {process.exitcode}"
            words, seconds, peak = trouble, time.perf_counter() - begun, 0.0
        done.put(Outcome(case, words, seconds, peak))
        if trouble:
            process.kill()
            process.join()
            return cases[number + 1 :]
    process.join()
    return ()


def _work(task: Callable[[Any], str], cases: Sequence[Any], out: Any) -> None:
    for case in cases:
        begun = time.perf_counter()
        words = task(case)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        out.send((words, time.perf_counter() - begun, peak))
