"""Where the pixels of an output look on the input: the part of LIIF's decoders that knows no weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Span = tuple[int, int]

EPS_SHIFT = 1e-6
EPS_AREA = 1e-9
SHIFTS = (-1, 1)


@dataclass(frozen=True)
class Axis:
    """Where the pixels of one output axis look.

    `index[v, o]`: low-resolution index that output pixel o reads under shift v. `rel[v, o]`: its offset from that
    pixel's centre, in units of half pixels. `cell`: size of an output pixel in the same unit.
    """

    index: IntArray
    rel: FloatArray
    cell: np.float32


def make_coord(n: int) -> FloatArray:
    """Centres of n pixels on [-1, 1], with the reference's order of float32 operations."""
    radius = 1.0 / n
    return np.float32(-1 + radius) + np.float32(2 * radius) * np.arange(n, dtype=np.float32)


def make_axis(n_in: int, n_out: int) -> Axis:
    """Tables of one axis. Float32 throughout, so that ties fall as they do in the reference."""
    coord, centre = make_coord(n_out), make_coord(n_in)
    index = np.empty((2, n_out), np.int64)
    for row, shift in enumerate(SHIFTS):
        moved = np.clip(
            coord + np.float32(shift / n_in + EPS_SHIFT), np.float32(-1 + EPS_SHIFT), np.float32(1 - EPS_SHIFT)
        )
        index[row] = np.rint(((moved + 1) * np.float32(n_in) - 1) / 2).astype(np.int64)
    rel = (coord[None, :] - centre[index]) * np.float32(n_in)
    return Axis(index, rel.astype(np.float32), np.float32(2 / n_out) * np.float32(n_in))


def pieces(span: Span, longest: int) -> Iterator[Span]:
    """Cut a span into nearly equal pieces of at most `longest`."""
    begin, end = span
    count = -(-(end - begin) // longest)
    edges = np.linspace(begin, end, count + 1).astype(int)
    yield from zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
