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
BLOCK = 32
"""Output rows, or columns, of one product."""
BLOCK_ROWS = 64


class FastDecoder:
    """The decoder with one set of weights.

    Args:
        weights: the `decoder.*` tensors of a checkpoint, without that prefix.
        threads: threads of its graph.
    """

    def __init__(self, weights: Mapping[str, FloatArray], *, threads: int) -> None:
        hidden = {name: value for name, value in weights.items() if not name.startswith("last.")}
        self._hidden = load_graph("fast-hidden.onnx", hidden, threads=threads)
        outputs, width = weights["last.weight"].shape[:2]
        self._count = round((outputs / 3) ** 0.5)
        shape = (3, self._count, self._count)
        # In the checkpoint (colour, y, x); here (x, y, colour), so that both sums run over neighbouring numbers.
        last = weights["last.weight"].reshape(*shape, width).transpose(3, 2, 1, 0)
        self._last = np.ascontiguousarray(last.reshape(width, outputs))
        self._bias = weights["last.bias"].reshape(shape).transpose(2, 1, 0).reshape(outputs).copy()

    def project(self, inp: FloatArray, feat: FloatArray, cell: tuple[np.float32, np.float32]) -> FloatArray:
        """Coefficients (h, w, x, y, colour) of a picture (3, h, w) in [-1, 1] with its features (1, C, h, w)."""
        hidden = run_graph(self._hidden, {"feat": feat, "cell": np.array([cell], np.float32)})
        height, width = feat.shape[2:]
        parts = (hidden.reshape(hidden.shape[1], -1).T @ self._last).reshape(height, width, -1)
        parts += self._bias
        parts[:, :, :3] += inp.transpose(1, 2, 0)
        return parts

    def decode(
        self, parts: FloatArray, origin: tuple[int, int], y: Axis, x: Axis, rows: Span, columns: Span
    ) -> Iterator[Block]:
        """The pixels of `rows` and `columns`; the arguments are those of `LiifDecoder.decode`."""
        height, count, across = parts.shape[0], self._count, columns[1] - columns[0]
        by_column = np.empty((height, 3 * count, across), np.float32)
        for span in pieces(columns, BLOCK):
            (begin, end), band = _band(x, span, origin[1], count)
            piece = parts[:, begin:end].reshape(height, (end - begin) * count, 3 * count)
            by_column[:, :, span[0] - columns[0] : span[1] - columns[0]] = piece.swapaxes(1, 2) @ band
        by_column = by_column.reshape(height, count, 3 * across)
        for top, bottom in pieces(rows, BLOCK_ROWS):
            pixels = np.empty((bottom - top, across, 3), np.float32)
            for span in pieces((top, bottom), BLOCK):
                (begin, end), band = _band(y, span, origin[0], count)
                sums = band.T @ by_column[begin:end].reshape((end - begin) * count, 3 * across)
                pixels[span[0] - top : span[1] - top] = sums.reshape(-1, 3, across).transpose(0, 2, 1)
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
