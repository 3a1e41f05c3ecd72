"""Pictures of random samples, and somebody without permission."""

import os
from contextlib import contextmanager

import numpy as np
import pytest

from apercu.image import Image


def picture(channels=3, bits=8, *, alpha=False, size=(7, 9), **fields):
    rng = np.random.default_rng(channels + bits)
    highest = 2**bits - 1
    pixels = (rng.integers(0, highest + 1, (*size, channels)) / highest).astype(np.float32)
    opacity = (rng.integers(0, highest + 1, size) / highest).astype(np.float32) if alpha else None
    return Image.of(pixels, alpha=opacity, bit_depth=bits, **fields)


def samples(image):
    return np.rint(np.asarray(image.pixels) * (2**image.bit_depth - 1)).astype(int)


@contextmanager
def nobody():
    """Act without permission to anything that pytest made, also when the tests run as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as somebody else")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
