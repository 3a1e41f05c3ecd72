"""Trained weights as the package holds them: safetensors in half precision."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from apercu.errors import RunError
from apercu.registry import file_digest
from apercu.train.whole import write_whole


def save_weights(weights: Mapping[str, Tensor], path: Path) -> str:
    """Write weights as safetensors in half precision, names in order.

    Args:
        weights: name -> tensor.
        path: the file, which is replaced if it is there.

    Returns:
        The file's sha256.

    Raises:
        RunError: a weight is not a number, or larger than half precision can hold (65504).
        OutputError: the file cannot be written.
    """
    half = {name: weights[name].detach().to("cpu", torch.float16).contiguous() for name in sorted(weights)}
    wrong = next((name for name, value in half.items() if not value.isfinite().all()), None)
    if wrong is not None:
        raise RunError(
            f"{wrong} holds numbers that half precision has no place for; expected at most 65504",
            hint="Train again with a lower learning rate.",
        )
    write_whole(path, save(half))
    return file_digest(path)
