"""Room for samples: in memory while they are few, in a nameless file on the disk when they are many.

A file that is mapped into memory reads and writes like an array. Its pages count as memory of the process for as long
as they are in use, so whoever walks through such an array lets go of it from time to time; what was written stays in
the file. The file has no name from the start: nothing is left behind, however the process ends.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from apercu.errors import OutOfMemoryError

Samples = NDArray[np.unsignedinteger[Any]]

IN_MEMORY_BYTES = 64 * 2**20
"""Larger arrays of samples are kept in a file."""
LET_GO_BYTES = 32 * 2**20
"""After so many bytes read or written it is time to let go of a mapped file's pages."""


def new_samples(shape: tuple[int, ...], dtype: DTypeLike) -> Samples:
    """An array of zeros for samples, on the disk when it is large.

    Raises:
        OutOfMemoryError: neither the memory nor the disk has room for it.
    """
    count = int(np.prod(shape, dtype=np.int64))
    size = count * np.dtype(dtype).itemsize
    if size <= IN_MEMORY_BYTES:
        return np.zeros(shape, dtype)
    folder = scratch_folder()
    try:
        with tempfile.TemporaryFile(prefix="apercu-", dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a disk that fills up later would end the process
            else:
                file.truncate(size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise OutOfMemoryError(
            f"{size / 2**20:,.0f} MB for the picture's samples cannot be had in {folder} ({error.strerror or error})",
            hint="Make room there, or name another folder with TMPDIR.",
        ) from error
    samples: Samples = np.frombuffer(mapped, dtype, count).reshape(shape)
    return samples


def scratch_folder() -> str:
    """TMPDIR where it is set; otherwise /var/tmp, which unlike /tmp is never kept in memory; otherwise the system's."""
    on_disk = "/var/tmp"  # noqa: S108 -- files there are made by tempfile, under names that nobody can foresee
    return on_disk if "TMPDIR" not in os.environ and os.access(on_disk, os.W_OK) else tempfile.gettempdir()


def let_go(samples: NDArray[Any]) -> None:
    """Give the pages of a mapped array back to the system; an array in memory stays as it is."""
    base: object = samples
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
