"""Trained weights as the package holds them: safetensors in half precision."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from apercu.registry import file_digest


def save_weights(weights: dict[str, Tensor], path: Path) -> str:
    """Write weights as fp16 safetensors, names in order, and return the file's sha256."""
    half = {name: weights[name].to("cpu", torch.float16).contiguous() for name in sorted(weights)}
    part = path.with_name(f".{path.name}.part")
    save_file(half, part)
    part.replace(path)
    return file_digest(path)
