"""Networks with a fixed factor, tile by tile: read a tile with its surroundings, run, cut the surroundings off again.

The memory needed beside the network's own is that of one tile, whatever the picture's size. How much surroundings a
tile needs so that it comes out as it would in the whole picture is the network's rule, measured for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apercu.errors import RunError, ShapeError, UnsupportedScaleError
from apercu.records import ModelCard
from apercu.registry import Block, Enlarger
from apercu.resample import PixelSource

FloatArray = NDArray[np.float32]
Span = tuple[int, int]
Size = tuple[int, int]

Network = Callable[[FloatArray], FloatArray]
"""From (h, w, 3) RGB in [0, 1] to the enlarged picture, less what the network cuts off at the border."""

Prepare = Callable[[Callable[[], Iterator[FloatArray]]], Network]
"""Makes the network for one picture from a way to walk over all its tiles, as often as needed."""

_FIXED_BYTES = 60 * 2**20
_BYTES_PER_PIXEL = 15_000


@dataclass(frozen=True)
class Rule:
    """How a network wants to be fed; all lengths in input pixels.

    `scale`: its factor. `border`: what it cuts off on each side, because its convolutions do not pad. `overlap`: the
    surroundings that a tile needs beyond that, to come out as in the whole picture. `margin`: how far the picture is
    continued beyond its edge. `multiple`: the length of a side, border not counted, is a multiple of this. `align`:
    tiles begin at multiples of this, so that networks which work in cells have them at the same places in every tile.
    `tile`: the largest side of a tile, overlap not counted; None when the network must see the whole picture at once.
    """

    scale: int
    border: int = 0
    overlap: int = 0
    margin: int = 0
    multiple: int = 1
    align: int = 1
    tile: int | None = 256


class FixedFactor(Enlarger):
    """A network that enlarges by its own factor and no other.

    Args:
        card: the model's card.
        rule: how the network is fed.
        network: runs it on one tile.
        tile_size: the largest side of a tile that the settings allow.
        prepare: for networks that use averages over the whole picture; called where there is more than one tile.
    """

    def __init__(
        self, card: ModelCard, rule: Rule, network: Network, *, tile_size: int, prepare: Prepare | None = None
    ) -> None:
        self.card = card
        self._rule = rule
        self._network = network
        self._prepare = prepare
        self.tile_size = tile_size

    @property
    def _tile(self) -> int | None:
        return self._rule.tile and min(self._rule.tile, self.tile_size)

    def enlarge(self, pixels: PixelSource, size: Size) -> Iterator[Block]:
        """Enlarge a picture to `size`, block by block; values are cut off at 0 and 1.

        Raises:
            ShapeError: the picture has another shape.
            UnsupportedScaleError: `size` is not the factor times the picture's size.
            RunError: the network gave numbers that are not finite, or another size than it should.
            MemoryError: the machine's memory did not suffice.
        """
        if len(pixels.shape) != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise ShapeError(f"{self.card.name} takes pictures of the shape (H, W, 3), got {pixels.shape}")
        height, width, scale = *pixels.shape[:2], self._rule.scale
        if size != (height * scale, width * scale):
            raise UnsupportedScaleError(
                f"{self.card.name} enlarges {scale} times only: {width}x{height} becomes "
                f"{width * scale}x{height * scale}, and {size[1]}x{size[0]} was asked for",
                hint=f"Ask for the factor {scale}, or let a resize step follow.",
            )
        return self._blocks(pixels)

    def memory(self, size: Size) -> int:
        """Bytes that a tile of a picture of `size` needs at most, surroundings counted.

        Measured for the hungriest networks, as so much for each pixel of it.
        """
        sides = [
            max(end - begin for begin, end in (window(span, n, self._rule) for span in tiles(n, self._tile)))
            for n in size
        ]
        return _FIXED_BYTES + _BYTES_PER_PIXEL * math.prod(side + 2 * self._rule.border for side in sides)

    def _blocks(self, source: PixelSource) -> Iterator[Block]:
        (height, width), network = source.shape[:2], self._network
        cut = [(rows, columns) for rows in tiles(height, self._tile) for columns in tiles(width, self._tile)]
        if self._prepare and len(cut) > 1:
            alone = replace(self._rule, overlap=0)
            network = self._prepare(lambda: (self._read(source, *spans, alone)[0] for spans in cut))
        for rows, columns in cut:
            yield self._block(source, rows, columns, network)

    @staticmethod
    def _read(source: PixelSource, rows: Span, columns: Span, rule: Rule) -> tuple[FloatArray, list[Span]]:
        """A tile with its surroundings, and what of it is not border."""
        seen = [window(span, n, rule) for span, n in zip((rows, columns), source.shape[:2], strict=True)]
        read_rows, read_columns = ((begin - rule.border, end + rule.border) for begin, end in seen)
        return read_beyond(source, read_rows, read_columns), seen

    def _block(self, source: PixelSource, rows: Span, columns: Span, network: Network) -> Block:
        """Run the network on one tile with its surroundings."""
        scale = self._rule.scale
        pixels, seen = self._read(source, rows, columns, self._rule)
        made = network(pixels)
        expected = tuple((end - begin) * scale for begin, end in seen)
        if made.shape != (*expected, 3):
            raise RunError(
                f"{self.card.name} made a tile of the shape {made.shape}, expected {(*expected, 3)}",
                hint="The file is not the model that it is taken for.",
            )
        top, left = ((span[0] - begin) * scale for span, (begin, _) in zip((rows, columns), seen, strict=True))
        kept = made[top : top + (rows[1] - rows[0]) * scale, left : left + (columns[1] - columns[0]) * scale]
        if not np.isfinite(kept).all():
            raise RunError(f"{self.card.name} made values that are not numbers", hint="Try another model.")
        return Block(rows[0] * scale, columns[0] * scale, np.clip(kept, 0, 1, dtype=np.float32))


def tiles(n: int, tile: int | None) -> Iterator[Span]:
    """Cut n pixels into nearly equal spans of at most `tile`."""
    count = 1 if tile is None else -(-n // tile)
    for index in range(count):
        yield n * index // count, n * (index + 1) // count


def window(span: Span, n: int, rule: Rule) -> Span:
    """What the network sees, border not counted, to make the pixels of `span` in a picture of n.

    It ends at the margin around the picture; where it begins and how long it is fits the cells that the network works
    in.
    """
    step = math.lcm(rule.multiple, rule.align)
    low = -rule.margin // rule.multiple * rule.multiple
    begin = max(low, span[0] - rule.overlap)
    begin -= (begin - low) % step
    end = min(n + rule.margin, span[1] + rule.overlap)
    return begin, end + (begin - end) % rule.multiple


def read_beyond(source: PixelSource, rows: Span, columns: Span) -> FloatArray:
    """A piece that may reach beyond the picture's edge; there the outermost pixels are repeated."""
    spans = [(max(0, begin), min(n, end)) for (begin, end), n in zip((rows, columns), source.shape[:2], strict=True)]
    pixels = source[slice(*spans[0]), slice(*spans[1])]
    missing = [(inner[0] - outer[0], outer[1] - inner[1]) for inner, outer in zip(spans, (rows, columns), strict=True)]
    return np.pad(pixels, (*missing, (0, 0)), mode="edge")
