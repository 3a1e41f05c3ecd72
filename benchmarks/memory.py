"""Peak memory of enlarging with LIIF through the command, for pictures of growing size.

What is needed beside input and output must not grow. Ends with 1 when a peak exceeds 2.5 GB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SIZES = ((750, 1000), (1500, 2000), (2250, 3000))
SCALE = 2
MOST_MB = 2.5e9 / 2**20  # 2.5 GB; an MB is 2**20 bytes here


def peak(picture: Path, output: Path, model: str) -> float:
    """Peak resident memory of one `apercu enlarge`, in MB."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [
        sys.executable,
        "-m",
        "apercu",
        "enlarge",
        str(picture),
        "-o",
        str(output),
        "--scale",
        str(SCALE),
        "--model",
        model,
        "--overwrite",
    ]
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def main() -> None:
    """Print one row for each size, and end with 1 when one of them needs too much."""
    from apercu.image import Image, write_image

    rng = np.random.default_rng(0)
    peaks = []
    print(f"{'picture':>11} {'float32 in+out MB':>18} {'peak MB':>8} {'peak - in - out':>16}")
    with tempfile.TemporaryDirectory() as folder:
        for height, width in SIZES:
            picture, output = Path(folder) / "in.png", Path(folder) / "out.png"
            smooth = np.cumsum(rng.normal(0, 0.01, (height, width, 3)), axis=1) % 1
            write_image(Image.of(smooth.astype(np.float32)), picture, overwrite=True)
            own = height * width * 3 * 4 * (1 + SCALE**2) / 2**20
            used = peak(picture, output, "liif-edsr")
            peaks.append(used)
            print(f"{width}x{height:>5} {own:18.0f} {used:8.0f} {used - own:16.0f}")
    if max(peaks) > MOST_MB:
        sys.exit(f"{max(peaks):.0f} MB exceed the {MOST_MB:.0f} MB that are allowed")


if __name__ == "__main__":
    main()
