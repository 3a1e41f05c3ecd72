"""How long `apercu answer` takes on prompt files, each a process of its own from a cold start, and `apercu --help`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
RUNS = 7


def seconds(*arguments: str) -> list[float]:
    """Wall seconds of several runs of the command."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "apercu", *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return times


def main() -> None:
    """Print median and maximum for each prompt."""
    prompts = (
        sorted(SEEDS.glob("*.txt"))
        or sorted((Path(__file__).parents[1] / "tests" / "golden" / "prompts").glob("*.txt"))[:5]
    )
    for name, arguments in [("--help", ["--help"]), *((path.name, ["answer", str(path)]) for path in prompts)]:
        times = seconds(*arguments)
        print(f"{name:<40} median {statistics.median(times):.2f} s, max {max(times):.2f} s of {RUNS}")


if __name__ == "__main__":
    main()
