"""Plain interpolation: the baselines that every trained model is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from apercu.errors import ModelError
from apercu.records import ModelCard
from apercu.registry import Block, Enlarger
from apercu.resample import Kernel, PixelSource, resize_strips
from apercu.settings import Settings


class Interpolation(Enlarger):
    """Enlarges by a fixed kernel; nothing is learned and nothing is looked up."""

    def __init__(self, card: ModelCard, kernel: Kernel) -> None:
        self.card = card
        self._kernel = kernel

    def enlarge(self, pixels: PixelSource, size: tuple[int, int]) -> Iterator[Block]:
        """Enlarge (H, W, C) in [0, 1] to `size` (height, width); bicubic and lanczos may overshoot a little."""
        for rows, strip in resize_strips(pixels, size, self._kernel):
            yield Block(rows.start, 0, strip)

    def memory(self) -> int:
        """Bytes that a strip needs."""
        return 96 * 2**20


def load_interpolation(card: ModelCard, settings: Settings) -> Interpolation:
    """The kernel is the card's id."""
    kernels: dict[str, Kernel] = {kernel: kernel for kernel in get_args(Kernel)}
    if card.id not in kernels:
        raise ModelError(f"no interpolation kernel is called {card.id!r}", hint=f"Known kernels: {', '.join(kernels)}.")
    return Interpolation(card, kernels[card.id])
