"""A batch on a Ray cluster: one actor for each processor, one picture at a time for each actor.

Pictures are read and results written by the actors, so both folders must be there under the same path on every machine
(a shared file system), and so must Apercu and added weights. Only paths and outcomes travel through Ray; the ledger is
written by the process that started the batch.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from apercu.errors import MissingDependencyError, RunError
from apercu.run.tasks import ONE_THREAD, Outcome, Spread, Task

LOCAL = "local"
"""The address that stands for a cluster of this machine alone, started for this batch."""


class PictureActor:
    """Its process loads the libraries once and then enlarges one picture after the other."""

    def __init__(self, work: Callable[[Task], Outcome]) -> None:
        os.environ.update(ONE_THREAD)
        self._work = work

    def ready(self) -> None:
        """Answers once the actor has found a place in the cluster."""

    def do(self, task: Task) -> Outcome:
        """One picture."""
        return self._work(task)


_PATIENCE_SECONDS = 10
_STORE_BYTES = 100 * 2**20  # only paths and outcomes travel: do not set a third of the memory aside for arrays
_STARTS = 3
"""So many actors in a row, for each processor, may end before they are ready: a machine may be lost at that moment."""


@contextmanager
def ray_cluster(work: Callable[[Task], Outcome], address: str, jobs: int | None) -> Iterator[Spread]:
    """Connect to a cluster for the time of a batch.

    Args:
        work: what each actor does with a task.
        address: of a running cluster ("HOST:PORT", "auto", "ray://HOST:PORT"), or "local" to start one here.
        jobs: actors at most; None for one for each processor of the cluster.

    Yields:
        The function that runs tasks there.

    Raises:
        MissingDependencyError: Ray is not installed.
        RunError: there is no cluster at that address, or none of its machines can run Apercu.
    """
    ray = _ray()
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        _knock(address)
        if address == LOCAL:
            ray.init(address=LOCAL, num_cpus=jobs, include_dashboard=False, object_store_memory=_STORE_BYTES, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError, AssertionError, OverflowError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RunError(
            f"Ray at {address!r} cannot be used: {reason}",
            hint="Give the address that `ray start --head` prints, or `--ray local`.",
        ) from error
    try:
        yield lambda tasks, most: _on_actors(ray, work, tasks, most or jobs)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Fail at once where nobody listens: Ray itself would try for minutes and then end the whole process."""
    if match := re.fullmatch(r"(?:ray://)?\[?(.+?)\]?:(\d{1,5})", address):
        socket.create_connection((match[1], int(match[2])), timeout=_PATIENCE_SECONDS).close()


def _ray() -> Any:  # noqa: ANN401 -- loaded only when it is asked for
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when Ray is loaded, and by what it starts
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            f"--ray needs Ray, which is not installed ({error})", hint="Install it with `pip install 'apercu[ray]'`."
        ) from error
    return ray


def _on_actors(
    ray: Any,  # noqa: ANN401 -- the module
    work: Callable[[Task], Outcome],
    tasks: Iterator[Task],
    most: int | None,
) -> Generator[tuple[Task, Outcome | None], None, None]:
    """See `apercu.run.tasks.Spread`.

    An actor gets tasks only once it is placed: where a machine is lost for good, its actors' successors wait for a
    place that never comes, and the others go on. Nothing is retried by Ray itself: the batch does so, alone.
    """
    actor_class = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(PictureActor)
    slots = max(1, int(ray.cluster_resources().get("CPU", 1)))
    slots = slots if most is None else min(slots, most)
    running: dict[Any, tuple[Any, Task | None]] = {}
    idle: list[Any] = []
    never_ready = 0
    try:
        waiting = next(tasks, None)
        while waiting is not None or any(task is not None for _, task in running.values()):
            while waiting is not None and idle:
                actor = idle.pop()
                running[actor.do.remote(waiting)] = actor, waiting
                waiting = next(tasks, None)
            while waiting is not None and len(running) < slots:
                actor = actor_class.remote(work)
                running[actor.ready.remote()] = actor, None
            (reference, *_), _ = ray.wait(list(running), num_returns=1)
            actor, task = running.pop(reference)
            try:
                outcome: Outcome | None = ray.get(reference)
                idle.append(actor)
                never_ready = 0
            except ray.exceptions.RayError as error:  # the process or its whole machine is gone
                outcome = None
                never_ready += task is None
                if never_ready > _STARTS * slots:
                    raise _no_actor(error) from error
            if task is not None:
                yield task, outcome
    finally:
        for actor in [*idle, *(actor for actor, _ in running.values())]:
            ray.kill(actor)


def _no_actor(error: Exception) -> RunError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return RunError(
        f"no process of the Ray cluster can begin: {reason}",
        hint="Every machine of the cluster needs the same version of Apercu.",
    )
