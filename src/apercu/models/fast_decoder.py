"""The quick decoder: all layers run on input pixels, an output pixel is two short sums.

Each input pixel has coefficients of products of cosines, colour(y, x) = sum over i, j of c[j, i] cos_i(y) cos_j(x), and
the weights of the four nearest ones split into a share of the row and one of the column. So the columns are worked out
first, for every input row, and the rows after that. Either is a matrix that is zero but for a band; its band is
multiplied block by block, as small dense products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from apercu.models.axes import EPS_AREA, Axis, Span, pieces
from apercu.models.graphs import load_graph, run_graph
from apercu.registry import Block

FloatArray = NDArray[np.float32]

REACH = 2.0
BLOCK = 16
"""Output rows, or columns, of one product. More would make a product large enough for BLAS to share it out over
threads, which then wait for work on the processors that the next network needs."""
BLOCK_ROWS = 64
STRIP = 6144
"""Input pixels that the network runs on at a time: its memory, which is kept for the next call, stays small."""


class FastDecoder:
    """The decoder with one set of weights.

    Args:
        weights: the `decoder.*` tensors of a checkpoint, without that prefix.
        threads: threads of its graph.
    """

    def __init__(self, weights: Mapping[str, FloatArray], *, threads: int) -> None:
        outputs = len(weights["last.weight"])
        self._count = round((outputs / 3) ** 0.5)
        # In the checkpoint (colour, y, x); here (x, y, colour), so that both sums run over neighbouring numbers.
        order = np.arange(outputs).reshape(3, self._count, self._count).transpose(2, 1, 0).reshape(-1)
        last = {name: weights[name][order] for name in ("last.weight", "last.bias")}
        self._parts = load_graph("fast-parts.onnx", {**weights, **last}, threads=threads, arena=True)

    def project(self, inp: FloatArray, feat: FloatArray, cell: tuple[np.float32, np.float32]) -> FloatArray:
        """Coefficients (h, w, x, y, colour) of a picture (3, h, w) in [-1, 1] with its features (1, C, h, w)."""
        height, width = feat.shape[2:]
        parts = np.empty((height, width, 3 * self._count**2), np.float32)
        for top, bottom in pieces((0, height), max(1, STRIP // width)):
            begin, end = max(0, top - 1), min(height, bottom + 1)  # what the 3x3 convolution sees
            feed = {"feat": np.ascontiguousarray(feat[:, :, begin:end]), "cell": np.array([cell], np.float32)}
            parts[top:bottom] = run_graph(self._parts, feed)[top - begin : bottom - begin]
        parts[:, :, :3] += inp.transpose(1, 2, 0)
        return parts

    def decode(
        self, parts: FloatArray, origin: tuple[int, int], y: Axis, x: Axis, rows: Span, columns: Span
    ) -> Iterator[Block]:
        """The pixels of `rows` and `columns`; the arguments are those of `LiifDecoder.decode`."""
        height, count, across = parts.shape[0], self._count, columns[1] - columns[0]
        by_column = np.zeros((-(-across // BLOCK), height, 3 * count, BLOCK), np.float32)
        for summed, left in zip(by_column, range(*columns, BLOCK), strict=True):
            span = left, min(left + BLOCK, columns[1])
            (begin, end), band = _band(x, span, origin[1], count)
            piece = parts[:, begin:end].reshape(height, (end - begin) * count, 3 * count)
            summed[:, :, : span[1] - span[0]] = piece.swapaxes(1, 2) @ band
        by_column = by_column.reshape(-1, height, count, 3 * BLOCK)
        for top, bottom in pieces(rows, BLOCK_ROWS):
            pixels = np.empty((bottom - top, across, 3), np.float32)
            for span in pieces((top, bottom), BLOCK):
                (begin, end), band = _band(y, span, origin[0], count)
                sums = band.T @ by_column[:, begin:end].reshape(-1, (end - begin) * count, 3 * BLOCK)
                ordered = sums.reshape(-1, span[1] - span[0], 3, BLOCK).transpose(1, 0, 3, 2)
                pixels[span[0] - top : span[1] - top] = ordered.reshape(span[1] - span[0], -1, 3)[:, :across]
            yield Block(top, columns[0], pixels)


def _band(axis: Axis, span: Span, origin: int, count: int) -> tuple[Span, FloatArray]:
    """Which inputs a span of outputs reads, and by which factors: (inputs * count, outputs)."""
    index, rel = axis.index[:, slice(*span)] - origin, axis.rel[:, slice(*span)]
    begin, end = int(index.min()), int(index.max()) + 1
    area = np.abs(rel) + np.float32(EPS_AREA)
    share = area[::-1] / area.sum(axis=0)
    order = np.arange(count, dtype=np.float32)
    factors = np.cos(np.float32(np.pi / (2 * REACH)) * (rel[..., None] + np.float32(REACH)) * order) * share[..., None]
    band = np.zeros((end - begin, span[1] - span[0], count), np.float32)
    for v in (0, 1):
        np.add.at(band, (index[v] - begin, np.arange(span[1] - span[0])), factors[v])
    return (begin, end), np.ascontiguousarray(band.transpose(0, 2, 1)).reshape(-1, span[1] - span[0])
