"""What turns texts into vectors of their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Embedder(Protocol):
    """A way from texts to vectors. `name` stands in the index: vectors of different ways are never compared."""

    name: str
    size: int

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, size) float32 of unit length; zeros for a text without a known word."""
