"""What a small network that learned to tell things apart sees in a picture, as 192 numbers.

The network is the first fifteen blocks of EfficientNet-Lite0 (`networks/efficientnet.py`), trained by its authors on
ImageNet; `tools/styles/network.py` makes its file. It was never told what a style is: `inspection.likeness` says what
its numbers mean for that.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors.numpy import load

from apercu.errors import ShapeError, WeightsError
from apercu.models.graphs import FloatArray, load_graph, run_graph
from apercu.resample import resize

Samples: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]

SIDE = 224
FEATURES = 192
NAME = "efficientnet-lite0"
SHA256 = "0c9e6e9cb72ca0671c90c4e33a13bf0066ebbebcdb4af3eb5fb22d1f63b0c766"
_FINEST = 1024
_LEAST_CORNER = 96


def picture_features(samples: Samples) -> FloatArray:
    """The mean features of six views: the whole picture, its middle at its own resolution, and its four corners.

    All are resized to 224 x 224: the whole whatever its shape is, the middle only where the picture is smaller. A
    corner is a square of half the shorter side, of at least 96 pixels where there are as many. Along a side of a view
    of 2048 pixels or more every second pixel is read, along one of 3072 every third, and so on.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16, without transparency; may be a memory map.

    Returns:
        (192,) float32.

    Raises:
        ShapeError: the array is no such picture.
        WeightsError: the file of the network is not the known one.
    """
    if samples.ndim != 3 or samples.shape[2] not in (1, 3) or 0 in samples.shape:
        raise ShapeError(f"a picture must have the shape (H, W, 1) or (H, W, 3); this array has {samples.shape}")
    views = np.stack([_view(part) for part in (samples, _middle(samples), *_corners(samples))])
    mean: FloatArray = run_graph(_network(), {"inp": views}).mean(axis=0)
    return mean


def _middle(samples: Samples) -> Samples:
    side = min(*samples.shape[:2], SIDE)
    top, left = ((length - side) // 2 for length in samples.shape[:2])
    return samples[top : top + side, left : left + side]


def _corners(samples: Samples) -> list[Samples]:
    height, width = samples.shape[:2]
    shorter = min(height, width)
    side = max(shorter // 2, min(shorter, _LEAST_CORNER))
    return [samples[y : y + side, x : x + side] for y in (0, height - side) for x in (0, width - side)]


def _view(samples: Samples) -> FloatArray:
    """(3, 224, 224) on 0..255."""
    down, across = (max(1, length // _FINEST) for length in samples.shape[:2])
    values = samples[::down, ::across].astype(np.float32)
    if samples.dtype == np.uint16:
        values /= 257
    seen = np.clip(resize(values, (SIDE, SIDE), "bicubic"), 0, 255)
    return np.ascontiguousarray(np.broadcast_to(seen, (SIDE, SIDE, 3)).transpose(2, 0, 1))


@cache
def _network() -> onnxruntime.InferenceSession:
    data = (files("apercu") / "weights" / f"{NAME}.safetensors").read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise WeightsError(f"{NAME}.safetensors is not the file that Apercu came with", hint="Install Apercu again.")
    weights = {name: value.astype(np.float32) for name, value in load(data).items()}
    return load_graph(f"{NAME}.onnx", weights, threads=1)
