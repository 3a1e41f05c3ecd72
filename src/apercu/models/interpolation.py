"""Plain interpolation: the baselines that every trained model is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from apercu.errors import ModelError
from apercu.records import ModelCard
from apercu.registry import Enlarger, Progress
from apercu.resample import Kernel, resize
from apercu.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Interpolation(Enlarger):
    """Enlarges by a fixed kernel; nothing is learned and nothing is looked up."""

    def __init__(self, card: ModelCard, kernel: Kernel) -> None:
        self.card = card
        self._kernel = kernel

    def enlarge(
        self, pixels: NDArray[np.float32], size: tuple[int, int], *, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Enlarge (H, W, C) in [0, 1] to `size` (height, width); bicubic and lanczos may overshoot a little."""
        result = resize(pixels, size, self._kernel)
        if progress:
            progress(1.0)
        return result


def load_interpolation(card: ModelCard, settings: Settings) -> Interpolation:
    """The kernel is the card's id."""
    kernels: dict[str, Kernel] = {kernel: kernel for kernel in get_args(Kernel)}
    if card.id not in kernels:
        raise ModelError(f"no interpolation kernel is called {card.id!r}", hint=f"Known kernels: {', '.join(kernels)}.")
    return Interpolation(card, kernels[card.id])
