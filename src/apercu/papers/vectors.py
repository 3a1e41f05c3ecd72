"""Vectors of papers in a file: 8 bits for each number, and a scale for each vector.

Searching compares a query with all of them. Where there are many, the signs alone say first which ones are worth it: of
vectors with 256 numbers they fit into 32 bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apercu.errors import OutputError

FloatArray = NDArray[np.float32]

ALL_UP_TO = 20_000
"""Vectors that are all compared; of more, the signs choose which."""
_ROWS = 16_384
_MANY, _BINS = 10_000, 4_096
_CHOSEN = 40
"""Candidates by their signs for each vector that is asked for."""
_LEAST_CHOSEN = 4_000
_ALONE, _ALONE_FOR_ONE = 200_000, 9_000
"""Multiplications for which OpenBLAS takes one thread, with a matrix and with a vector."""


def row_type(size: int) -> np.dtype[np.void]:
    """One vector in the file: `scale`, and `values` of `size` numbers in -127..127."""
    return np.dtype([("scale", "<f4"), ("values", "i1", (size,))])


def quantised(vectors: FloatArray) -> NDArray[np.void]:
    """(N, D) float32 of any length -> N rows of unit length; vectors of zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    largest = np.abs(unit).max(axis=1, initial=0)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    rows = np.zeros(len(vectors), row_type(vectors.shape[1]))
    rows["scale"], rows["values"] = scale, np.rint(unit / scale[:, None])
    return rows


class VectorFile:
    """Vectors at numbered places of a file. Whoever keeps the numbers decides which places count.

    Args:
        path: the file; made if it is absent.
        size: numbers of a vector.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self._rows: NDArray[np.void] = np.zeros(0, row_type(size))
        self._signs: NDArray[np.uint64] = np.zeros((0, -(-size // 64)), np.uint64)

    def write(self, place: int, vectors: FloatArray) -> None:
        """Put vectors from `place` on; they are on the disk when this returns.

        Raises:
            OutputError: they cannot be written.
        """
        rows = quantised(vectors)
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
                file.seek(place * rows.dtype.itemsize)
                file.write(rows.tobytes())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror or error})",
                hint="Make room on the disk, allow the file to be written, then try again.",
            ) from error
        if place < len(self._rows):
            self._rows, self._signs = self._rows[:0], self._signs[:0]  # what was read is no longer true

    def read(self, count: int) -> NDArray[np.void]:
        """The first `count` vectors, mapped into memory; fewer where the file is shorter."""
        if len(self._rows) < count:
            size = self.path.stat().st_size if self.path.is_file() else 0
            there = min(count, size // row_type(self.size).itemsize)
            if there:
                mapped = np.memmap(self.path, row_type(self.size), "r", shape=(there,))
                self._rows = mapped.view(np.ndarray)  # as a memmap every slice of it would cost ten times as long
            else:
                self._rows = self._rows[:0]
        return self._rows[:count]

    def nearest(self, query: FloatArray, count: int, limit: int) -> tuple[NDArray[np.intp], FloatArray]:
        """Places of the `limit` vectors nearest to a query among the first `count`, and their cosines, nearest first.

        Args:
            query: (D,) of unit length.
            count: places that are looked at.
            limit: how many to find.
        """
        rows = self.read(count)
        if len(rows) <= ALL_UP_TO:
            cosines = _cosines(rows, query)
            places = largest(cosines, limit)
            return places, cosines[places]
        likely = self._by_signs(query, rows, max(_LEAST_CHOSEN, _CHOSEN * limit))
        cosines = _cosines(rows[likely], query)
        chosen = largest(cosines, limit)
        return likely[chosen], cosines[chosen]

    def _by_signs(self, query: FloatArray, rows: NDArray[np.void], limit: int) -> NDArray[np.intp]:
        """Places of the vectors whose signs agree most with those of the query."""
        if len(self._signs) < len(rows):
            added = [
                packed_signs(rows["values"][begin : begin + _ROWS])
                for begin in range(len(self._signs), len(rows), _ROWS)
            ]
            self._signs = np.concatenate([self._signs, *added])
        bits = np.bitwise_count(self._signs[: len(rows)] ^ packed_signs(query[None]))
        differing = np.zeros(len(rows), np.int16)
        for column in bits.T:  # a sum over so short an axis takes numpy four times as long
            differing += column
        return np.sort(largest((-differing).astype(np.float32), limit))


def _cosines(rows: NDArray[np.void], query: FloatArray) -> FloatArray:
    """Of each row with a query of unit length, some rows at a time: as float32 all would be four times as large."""
    cosines = np.empty(len(rows), np.float32)
    for begin in range(0, len(rows), _ROWS):
        part = rows[begin : begin + _ROWS]
        cosines[begin : begin + _ROWS] = products(part["values"].astype(np.float32), query[None])[:, 0] * part["scale"]
    return cosines


def products(rows: FloatArray, others: FloatArray) -> FloatArray:
    """(N, D) and (M, D) -> (N, M), each row times each other one: in parts so small that BLAS keeps to one thread.

    For so little work the other threads cost more, as they wait without sleeping, than they give.
    """
    most = _ALONE_FOR_ONE if len(others) == 1 else _ALONE
    step = max(1, most // max(1, others.size))
    found = np.empty((len(rows), len(others)), np.float32)
    for begin in range(0, len(rows), step):
        np.matmul(rows[begin : begin + step], others.T, out=found[begin : begin + step])
    return found


def packed_signs(vectors: NDArray[np.int8] | FloatArray) -> NDArray[np.uint64]:
    """(N, D) -> (N, D / 64), a bit for each number above zero."""
    bits = np.packbits(vectors > 0, axis=1)
    bits = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8)))
    return np.ascontiguousarray(bits).view(np.uint64)


def largest(values: FloatArray, limit: int) -> NDArray[np.intp]:
    """Indices of the largest values, the largest first, equal ones in their order."""
    limit = min(limit, len(values))
    if limit <= 0:
        return np.zeros(0, np.intp)
    among = np.arange(len(values))
    if len(values) > _MANY and values.max() > values.min():
        # Partitioning many equal values is slow, so a histogram first takes away what is surely too small.
        bins = ((values - values.min()) * np.float32(_BINS / (values.max() - values.min()))).astype(np.int32)
        above = np.bincount(bins, minlength=_BINS + 1)[::-1].cumsum()[::-1]  # how many lie in this bin or above
        among = np.flatnonzero(bins >= np.flatnonzero(above >= limit)[-1])
    left = values[among]
    chosen = among[np.argpartition(left, -limit)[-limit:]] if limit < len(left) else among
    return chosen[np.lexsort((chosen, -values[chosen]))]
