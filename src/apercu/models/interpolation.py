"""Plain interpolation: the baselines that every trained model is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from apercu.errors import ModelError
from apercu.records import ModelCard
from apercu.registry import Block, Enlarger
from apercu.resample import Kernel, PixelSource, resize_strips
from apercu.settings import Settings

_VALUES_AT_ONCE = 2**22


class Interpolation(Enlarger):
    """Enlarges by a fixed kernel; nothing is learned and nothing is looked up."""

    def __init__(self, card: ModelCard, kernel: Kernel) -> None:
        self.card = card
        self._kernel = kernel

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, C) in [0, 1] to `size` (height, width); bicubic and lanczos may overshoot a little."""
        for rows, strip in resize_strips(pixels, size, self._kernel):
            yield Block(rows.start, 0, strip)

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a strip needs."""
        return 96 * 2**20


class Nearest(Enlarger):
    """Repeats pixels: every pixel of the result is the pixel of the picture that its centre lies in."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, C) to `size` (height, width); no value is made that the picture does not hold."""
        rows, columns = (_nearest(n_in, n_out) for n_in, n_out in zip(pixels.shape[:2], size, strict=True))
        at_once = max(1, _VALUES_AT_ONCE // (size[1] * pixels.shape[2]))
        for top in range(0, size[0], at_once):
            taken = rows[top : top + at_once]
            read = pixels[taken[0] : taken[-1] + 1]
            yield Block(top, 0, read[taken - taken[0]][:, columns])

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a strip needs."""
        return 96 * 2**20


def load_nearest(card: ModelCard, settings: Settings) -> Nearest:
    """The model that repeats pixels."""
    return Nearest(card)


def _nearest(n_in: int, n_out: int) -> NDArray[np.int64]:
    """The input sample in which the centre of each output sample lies; whole numbers, so that ties never wander."""
    return (2 * np.arange(n_out, dtype=np.int64) + 1) * n_in // (2 * n_out)


def load_interpolation(card: ModelCard, settings: Settings) -> Interpolation:
    """The kernel is the card's id."""
    kernels: dict[str, Kernel] = {kernel: kernel for kernel in get_args(Kernel)}
    if card.id not in kernels:
        raise ModelError(f"no interpolation kernel is called {card.id!r}", hint=f"Known kernels: {', '.join(kernels)}.")
    return Interpolation(card, kernels[card.id])
