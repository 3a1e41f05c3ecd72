"""LIIF on ONNX Runtime: any factor from 1 upwards, also one for each axis; tiles give the same result as the whole.

A tile's features are exact because it is encoded together with a rim as wide as the encoder can see; only then is the
rim thrown away. The memory needed beside input and output is therefore that of one tile, whatever the picture's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apercu.errors import ShapeError, UnsupportedScaleError, WeightsError
from apercu.models.axes import Axis, Span, make_axis, pieces
from apercu.models.checkpoint import read_checkpoint
from apercu.models.fast_decoder import FastDecoder
from apercu.models.graphs import load_graph, run_graph
from apercu.models.liif_decoder import LiifDecoder
from apercu.records import ModelCard
from apercu.registry import Block, Enlarger, weights_path
from apercu.resample import PixelSource
from apercu.settings import Settings

FloatArray = NDArray[np.float32]

RECEPTIVE_RADIUS = {"edsr": 34, "edsr-14": 30, "rdn": 131, "rdn-small": 27}
"""Pixels that a feature can see on each side, one for each 3x3 convolution on the encoder's longest path."""

FAST = "decoder.first.weight"
"""A weight that only the quick decoder has."""

_FIXED_BYTES = 40 * 2**20
_BYTES_PER_PIXEL = {"edsr": 3_000, "edsr-14": 3_000, "rdn": 9_000, "rdn-small": 3_000}


class Liif(Enlarger):
    """A LIIF model with its weights.

    Args:
        card: the model's card.
        state: a checkpoint's tensors under their official names (`encoder.*`, `imnet.layers.*`).
        encoder: name of the encoder's graph, one of `RECEPTIVE_RADIUS`.
        threads: processor threads to use.
        tile_size: side of a tile in low-resolution pixels, rim not counted.
    """

    def __init__(
        self, card: ModelCard, state: dict[str, FloatArray], *, encoder: str, threads: int, tile_size: int
    ) -> None:
        self.card = card
        self._radius = RECEPTIVE_RADIUS[encoder]
        self.tile_size = tile_size
        self._encoder_name = encoder
        self._encoder = load_graph(f"{encoder}.onnx", _below(state, "encoder."), threads=threads)
        self._decoder: LiifDecoder | FastDecoder
        if FAST in state:
            self._decoder = FastDecoder(_below(state, "decoder."), threads=threads)
        else:
            self._decoder = LiifDecoder(_below(state, "imnet.layers."), threads=threads)

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, 3) RGB in [0, 1] to `size` (height, width); the result is not clipped.

        Raises:
            ShapeError: the picture has another shape.
            UnsupportedScaleError: `size` is smaller than the picture.
            MemoryError: the machine's memory did not suffice.
        """
        shape = pixels.shape
        if len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise ShapeError(f"{self.card.name} takes pictures of the shape (H, W, 3), got {shape}")
        if size[0] < shape[0] or size[1] < shape[1]:
            raise UnsupportedScaleError(
                f"{self.card.name} cannot make {shape[1]}x{shape[0]} smaller, to {size[1]}x{size[0]}",
                hint="Give a factor of 1 or more.",
            )
        y, x = make_axis(shape[0], size[0]), make_axis(shape[1], size[1])
        for rows in self._tiles(shape[0], y):
            for columns in self._tiles(shape[1], x):
                yield from self._enlarge_tile(pixels, y, x, rows, columns)

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a tile needs: measured, for tiles of 32 to 256 pixels, as so much for each encoded pixel."""
        height, width = (min(side, self.tile_size + 2 * (self._radius + 1)) for side in size)
        return _FIXED_BYTES + _BYTES_PER_PIXEL[self._encoder_name] * height * width

    def encode(self, pixels: FloatArray) -> FloatArray:
        """Features (1, 64, h, w) of (h, w, 3) RGB in [0, 1]."""
        return run_graph(self._encoder, {"inp": _as_input(pixels)[None]})

    def _tiles(self, n_in: int, axis: Axis) -> Iterator[Span]:
        """Output spans whose pixels lie in the same tile of the low-resolution axis."""
        n_out = axis.index.shape[1]
        for begin, end in pieces((0, n_in), self.tile_size):
            yield -(-begin * n_out // n_in), -(-end * n_out // n_in)

    def _enlarge_tile(self, pixels: PixelSource, y: Axis, x: Axis, rows: Span, columns: Span) -> Iterator[Block]:
        """Encode the piece of the picture that an output tile reads, with its rim, and decode the tile."""
        read_y, read_x = _read_span(y, rows), _read_span(x, columns)
        rim_y, rim_x = (
            _widen(span, self._radius + 1, n) for span, n in zip((read_y, read_x), pixels.shape[:2], strict=True)
        )
        inp = _as_input(pixels[slice(*rim_y), slice(*rim_x)])
        feat = run_graph(self._encoder, {"inp": inp[None]})
        # One more feature on each side for the 3x3 convolution; at the picture's edge it meets zeros, as in the whole.
        near_y, near_x = (_widen(span, 1, n) for span, n in zip((read_y, read_x), pixels.shape[:2], strict=True))
        near = np.s_[..., near_y[0] - rim_y[0] : near_y[1] - rim_y[0], near_x[0] - rim_x[0] : near_x[1] - rim_x[0]]
        first = self._decoder.project(inp[near], np.ascontiguousarray(feat[near]), (y.cell, x.cell))
        del inp, feat  # the largest arrays of a tile; decoding needs neither
        for block in self._decoder.decode(first, (near_y[0], near_x[0]), y, x, rows, columns):
            block.pixels[:] = block.pixels * np.float32(0.5) + np.float32(0.5)
            yield block


def _as_input(pixels: FloatArray) -> FloatArray:
    """(h, w, 3) in [0, 1] -> (3, h, w) in [-1, 1]."""
    return np.ascontiguousarray(((pixels - np.float32(0.5)) / np.float32(0.5)).transpose(2, 0, 1))


def _below(state: dict[str, FloatArray], prefix: str) -> dict[str, FloatArray]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _read_span(axis: Axis, outputs: Span) -> Span:
    """Low-resolution indices that a span of outputs reads, (begin, end)."""
    read = axis.index[:, slice(*outputs)]
    return int(read.min()), int(read.max()) + 1


def _widen(span: Span, rim: int, n: int) -> Span:
    return max(0, span[0] - rim), min(n, span[1] + rim)


def load_liif(card: ModelCard, settings: Settings) -> Liif:
    """Open a LIIF card's weights; the registry has already checked that the file is the known one."""
    state = _load_state(weights_path(card, settings))
    return Liif(card, state, encoder=_encoder_name(state), threads=settings.threads, tile_size=settings.tile_size)


def _encoder_name(state: dict[str, FloatArray]) -> str:
    """Which graph the encoder's weights belong to; where none fits, opening the nearest one says what is missing."""
    if "encoder.SFENet1.weight" in state:
        return "rdn" if "encoder.RDBs.15.LFF.weight" in state else "rdn-small"
    return "edsr-14" if "encoder.body.15.body.0.weight" not in state else "edsr"


def _load_state(path: Path) -> dict[str, FloatArray]:
    state = read_checkpoint(path)
    if "imnet.layers.0.weight" not in state and FAST not in state:
        raise WeightsError(
            f"{path.name} holds no LIIF weights (no imnet.layers.0.weight)",
            hint="Add the published checkpoint with `apercu models add FILE`.",
        )
    return {name: np.asarray(value, np.float32) for name, value in state.items()}
