"""Enlarge every file of a folder of odd and hostile pictures x2, each in a process of its own, and count what happened.

    python benchmarks/robust.py FOLDER [FOLDER ...]

A file is enlarged, or refused with one of Apercu's errors. Anything else is a fault and is named: another exception, a
crash, more than 20 seconds, more than 2 GB of memory.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

SECONDS = 20
MEGABYTES = 2000


def enlarged(case: tuple[str, str]) -> str:
    """Enlarge one file: "enlarged", "refused ..." or what went wrong."""
    from apercu.errors import ApercuError, OutputError
    from apercu.pictures import enlarge
    from apercu.settings import load_settings

    path, folder = case
    output = Path(folder) / f"{os.getpid()}.png"
    try:
        for target in (output, output.with_suffix(".tif")):  # PNG holds no CMYK
            try:
                enlarge(Path(path), target, settings=load_settings(), model="bicubic", scale=(2.0, 2.0))
            except OutputError:
                if target.suffix == ".tif":
                    raise
            else:
                target.unlink()
                return "enlarged"
    except ApercuError as error:
        return f"refused {type(error).__name__}: {error.message}"
    except BaseException as error:
        return f"fault {type(error).__name__}: {error}"
    return "fault: nothing happened"


def main() -> int:
    """Print the counts; the exit status says whether there was a fault."""
    from workers import supervised

    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    files = [path for folder in arguments.folders for path in sorted(folder.rglob("*")) if path.is_file()]
    counts: Counter[str] = Counter()
    faults, others, slowest, greediest = [], [], (0.0, ""), (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        cases = [(str(path), folder) for path in files]
        for outcome in supervised(enlarged, cases, limit=SECONDS, processes=arguments.processes):
            kind = outcome.words.partition(":")[0]
            counts[kind] += 1
            name = Path(outcome.case[0]).name
            if not kind.startswith(("enlarged", "refused")) or outcome.peak_mb > MEGABYTES:
                faults.append(f"{outcome.case[0]}: {outcome.words} ({outcome.peak_mb:.0f} MB)")
            if kind.startswith("refused") and kind != "refused ImageError":
                others.append(f"{name}: {outcome.words}")
            slowest = max(slowest, (outcome.seconds, name))
            greediest = max(greediest, (outcome.peak_mb, name))
    print(f"{len(files)} files")
    for kind, count in counts.most_common():
        print(f"  {count:6} {kind}")
    print(f"  slowest {slowest[0]:.1f} s ({slowest[1]}), most memory {greediest[0]:.0f} MB ({greediest[1]})")
    print("  refused for another reason than the file:", *others[:20], sep="\n    ")
    print(f"  {len(faults)} faults", *faults, sep="\n    ")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
