"""Where the evaluation pictures are, and how a low-resolution picture is made from one: shared by the benchmarks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(os.environ.get("APERCU_EVAL", Path(__file__).parents[2] / "shared" / "data" / "eval"))


def pictures(name: str) -> list[Path]:
    """The files of an evaluation set ("Set5", "Set14", ...)."""
    files = sorted(path for path in (ROOT / name).glob("*") if path.suffix.lower() in {".png", ".bmp"})
    if not files:
        raise SystemExit(f"no pictures in {ROOT / name}: set APERCU_EVAL to the folder that holds Set5, Set14, ...")
    return files


def pair(path: Path, scale: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(lr, hr) as 8-bit RGB: the picture cropped to a multiple of `scale`, and its Pillow-bicubic reduction."""
    hr = Image.open(path).convert("RGB")
    width, height = hr.width // scale * scale, hr.height // scale * scale
    hr = hr.crop((0, 0, width, height))
    return np.asarray(hr.resize((width // scale, height // scale), Image.Resampling.BICUBIC)), np.asarray(hr)
