"""`apercu batch`: how much faster several processes are than one, and that a batch survives being killed.

Throughput: 40 crops of 128x128 from BSD100, four times as large by LIIF-EDSR, with --jobs 2, with --jobs 1, and in one
process that uses two threads for each picture. The three take turns, for several rounds, since other work on the
machine would favour whichever runs in a quiet moment; each includes its start. Ends with 1 when the median of the ratio
of --jobs 2 to --jobs 1 is below 1.6 (only where there are two processors).

Kills: 200 crops of 64x64, twice as large by LIIF-EDSR, in a process group that is killed three times at random moments
and resumed, against an undisturbed run: every result byte for byte, none finished twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from PIL import Image

from sets import pictures

LEAST_RATIO = 1.6
LEDGER = "apercu-batch.jsonl"
TWO_THREADS = """
import sys
from pathlib import Path
from apercu import enlarge, load_settings
source, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir()
for picture in sorted(source.iterdir()):
    enlarge(picture, out / picture.name, settings=load_settings(threads=2), scale=(4, 4))
"""


def crops(folder: Path, count: int, side: int) -> Path:
    """`count` crops of BSD100, as many from each picture, beside each other in its middle row."""
    folder.mkdir()
    files = pictures("BSD100")
    for number in range(count):
        picture = Image.open(files[number % len(files)]).convert("RGB")
        left, top = 10 + number // len(files) * side, (picture.height - side) // 2
        picture.crop((left, top, left + side, top + side)).save(folder / f"{number:03}.png")
    return folder


def command(source: Path, out: Path, *options: str) -> list[str]:
    """The command line of a batch."""
    return [sys.executable, "-m", "apercu", "batch", str(source), str(out), *options]


def seconds_of(arguments: list[str]) -> tuple[float, float]:
    """Wall-clock time of a process, and the processor time of it and of those that it started."""
    started, before = time.perf_counter(), os.times()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, worked


def results(folder: Path) -> dict[str, bytes]:
    """Every file of a batch's results, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LEDGER}


def throughput(count: int, rounds: int) -> float:
    """Print the times; gives the median of how many times faster two processes are than one."""
    times: dict[str, list[float]] = {"--jobs 2": [], "--jobs 1": [], "one process, two threads": []}
    work: dict[str, list[float]] = {way: [] for way in times}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = crops(folder / "in", count, 128)
        for number in range(rounds):
            for way, measured in times.items():
                out = folder / f"{way}-{number}"
                if way.startswith("--jobs"):
                    arguments = command(source, out, "--scale", "4", *way.split())
                else:
                    arguments = [sys.executable, "-c", TWO_THREADS, str(source), str(out)]
                for kind, seconds in zip((measured, work[way]), seconds_of(arguments), strict=True):
                    kind.append(seconds)
        same = results(folder / "--jobs 2-0") == results(folder / "--jobs 1-0")
    print(f"{count} pictures of 128x128 x4 by liif-edsr, {rounds} rounds in turn, medians (min..max)")
    for way, measured in times.items():
        ratios = [other / own for other, own in zip(times["--jobs 1"], measured, strict=True)]
        middle, faster = statistics.median(measured), statistics.median(ratios)
        print(
            f"{way:<25} {middle:6.1f} s ({min(measured):.1f}..{max(measured):.1f}), {count / middle:.2f} a second, "
            f"{statistics.median(work[way]):.1f} s of processors; "
            f"{faster:.2f} x --jobs 1 ({min(ratios):.2f}..{max(ratios):.2f})"
        )
    print(f"--jobs 2 and --jobs 1 give the same bytes: {same}")
    return statistics.median(one / two for one, two in zip(times["--jobs 1"], times["--jobs 2"], strict=True))


def finished(out: Path) -> list[str]:
    """The pictures that the ledger calls done; a line that is being written does not count."""
    ledger = out / LEDGER
    lines = ledger.read_bytes().splitlines(keepends=True) if ledger.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return [line["done"] for line in whole if "done" in line]


def kills(count: int) -> None:
    """Print what three kills at random moments have cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = crops(folder / "in", count, 64)
        calm, out = folder / "calm", folder / "out"
        undisturbed, _ = seconds_of(command(source, calm, "--scale", "2", "--jobs", "2"))
        again = command(source, out, "--scale", "2", "--jobs", "2", "--resume")
        killed_at = []
        started = time.perf_counter()
        for count_at_kill in sorted(random.randint(1, count * 9 // 10) for _ in range(3)):
            with subprocess.Popen(again, start_new_session=True, stdout=subprocess.DEVNULL) as process:
                while len(finished(out)) < count_at_kill and process.poll() is None:
                    time.sleep(random.uniform(0.01, 0.1))
                os.killpg(process.pid, signal.SIGKILL)
            killed_at.append(len(finished(out)))
        subprocess.run(again, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        twice = [name for name, times in Counter(finished(out)).items() if times > 1]
        print(f"{count} pictures of 64x64 x2 by liif-edsr, --jobs 2: {undisturbed:.1f} s undisturbed")
        print(f"killed with {', '.join(map(str, killed_at))} done and resumed: {seconds:.1f} s in all")
        print(f"results equal byte for byte: {results(out) == results(calm)}; finished twice: {len(twice)}")
        if results(out) != results(calm) or twice or len(finished(out)) != count:
            sys.exit("a batch that was killed and resumed differs from one that was not")


def main() -> None:
    """Print both; end with 1 where one of them is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=40, help="for the throughput")
    parser.add_argument("--only", choices=("throughput", "kills"))
    arguments = parser.parse_args()
    if arguments.only != "throughput":
        kills(200)
    if arguments.only != "kills":
        ratio = throughput(arguments.pictures, arguments.rounds)
        if ratio < LEAST_RATIO and (os.cpu_count() or 1) > 1:
            sys.exit(f"two processes are {ratio:.2f} times as fast as one, expected {LEAST_RATIO}")


if __name__ == "__main__":
    main()
