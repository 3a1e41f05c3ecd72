"""Processes that work for another one: they do not hear its Ctrl-C, and do not outlive it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started meanwhile never sees it: the one that started it ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Wait for the parent to end, then end at once; for a thread of its own.

    A parent that was killed tells its children nothing: they would wait for work for ever, or finish what the next run
    has already begun again.
    """
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
