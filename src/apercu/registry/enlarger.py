"""What every way to enlarge is: it reads a picture by slices and gives the result in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import TYPE_CHECKING, NamedTuple, Protocol

from apercu.records import ModelCard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from apercu.resample import PixelSource

Progress = Callable[[float], None]
"""Called with the finished share, 0..1, from the thread that asked for the work."""


class Block(NamedTuple):
    """A finished piece of a result: `pixels`, (h, w, 3) float32, belong at row `top` and column `left`."""

    top: int
    left: int
    pixels: NDArray[np.float32]


class Enlarger(Protocol):
    """A way to enlarge that is ready to run. `tile_size` is the longest side of a tile, in pixels of the picture."""

    card: ModelCard
    tile_size: int = 256

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, 3) RGB in [0, 1] to `size` (height, width), piece by piece.

        Args:
            pixels: an array, or whatever gives float32 arrays when it is sliced by rows and columns.
            size: (height, width) of the result.

        Yields:
            Blocks in any order that cover the result just once; values may leave [0, 1] a little.
        """
        ...

    def in_tiles(self, tile_size: int) -> Enlarger:
        """The same model, its weights shared, with tiles of another size."""
        twin = copy(self)
        twin.tile_size = tile_size
        return twin

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a tile of a picture of `size` (height, width) needs at most, beside the picture and its result."""
        return 256 * 2**20


def enlarge_whole(model: Enlarger, pixels: PixelSource, size: tuple[int, int]) -> NDArray[np.float32]:
    """The whole result at once, (h, w, 3) float32, not clipped; for pictures that fit into memory."""
    import numpy as np

    result = np.empty((*size, pixels.shape[-1]), np.float32)
    for block in model.enlarge(pixels, size):
        height, width = block.pixels.shape[:2]
        result[block.top : block.top + height, block.left : block.left + width] = block.pixels
    return result
