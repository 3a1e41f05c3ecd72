"""Peak memory of enlarging through the command, for pictures of growing size, beside what was predicted.

The picture is a Kodak photograph, enlarged by libvips to the size of the row. What is needed must not grow with it.
Ends with 1 when a LIIF run exceeds 2.5 GB or the largest bicubic one 1.5 GB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyvips

from sets import pictures

SCALE = 2
ROWS = (
    ("liif-edsr", 1000, 750),
    ("liif-edsr", 2000, 1500),
    ("liif-edsr", 3000, 2250),
    ("bicubic", 2000, 1500),
    ("bicubic", 12000, 9000),
)
MOST_MB = {"liif-edsr": 2.5e9 / 1e6, "bicubic": 1.5e9 / 1e6}


def peak(picture: Path, output: Path, model: str) -> tuple[float, float, float]:
    """Peak resident memory of one `apercu enlarge` in MB, the prediction in MB, and the seconds it took."""
    code = (
        "import resource, subprocess, sys;"
        "done = subprocess.run(sys.argv[1:], check=True, capture_output=True, text=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);"
        "print(done.stdout)"
    )
    command = [sys.executable, "-m", "apercu", "enlarge", str(picture), "-o", str(output), "--overwrite", "--json"]
    command += ["--scale", str(SCALE), "--model", model, "--no-manifest"]
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    kilobytes, _, record = done.stdout.partition("\n")
    run = json.loads(record)["run"]
    return int(kilobytes) * 1024 / 1e6, run["predicted_memory_mb"], run["seconds"]


def main() -> None:
    """Print one row for each size, and end with 1 when one of them needs too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the rows that take more than two minutes")
    arguments = parser.parse_args()
    failed = False
    print(f"{'model':<10} {'picture':>11} {'samples in+out':>15} {'peak':>8} {'predicted':>10} {'time':>8}")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for model, width, height in ROWS:
            if arguments.quick and width > 2000:
                continue
            picture, output = Path(folder) / "in.png", Path(folder) / "out.png"
            kodak = pyvips.Image.new_from_file(str(pictures("Kodak")[0]))
            kodak.resize(width / kodak.width, vscale=height / kodak.height, kernel="cubic").pngsave(str(picture))
            held = height * width * 3 * (1 + SCALE**2) / 1e6
            used, predicted, seconds = peak(picture, output, model)
            failed |= used > MOST_MB[model]
            size = f"{width}x{height}"
            print(
                f"{model:<10} {size:>11} {held:12.0f} MB {used:5.0f} MB {predicted:7.0f} MB {seconds:6.0f} s",
                flush=True,
            )
    if failed:
        sys.exit("a run needed more memory than it may")


if __name__ == "__main__":
    main()
