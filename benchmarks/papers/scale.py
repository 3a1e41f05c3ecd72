"""How the index of papers does with a million of them.

    python benchmarks/papers/scale.py ../shared/data/papers/arxiv_61k.jsonl.gz [--papers 1000000] [--keep FOLDER]

The papers are those of the file, again and again, each time with a tenth of the words of the abstract exchanged for
words of another paper and with an id of its own. Searches are the paraphrases of `paraphrases.jsonl`, run once to warm
up and once for the time. Prints the time of the import, of a search, and the most memory that the process held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from apercu.papers.embed import embedder
from apercu.papers.importers import AT_ONCE, Found, read_papers
from apercu.papers.sqlite_index import SqliteIndex
from apercu.records import IndexedPaper

HERE = Path(__file__).parent


def perturbed(papers: list[IndexedPaper], count: int) -> Iterator[IndexedPaper]:
    rng = np.random.default_rng(0)
    for i in range(count):
        paper, other = papers[i % len(papers)], papers[int(rng.integers(len(papers)))]
        words, spare = paper.abstract.split(), other.abstract.split() or ["none"]
        if i >= len(papers):
            for place in rng.integers(0, max(1, len(words)), len(words) // 10):
                words[place] = spare[int(rng.integers(len(spare)))]
        yield paper.model_copy(update={"id": f"{paper.id}/{i // len(papers)}", "abstract": " ".join(words)})


def fill(papers: Path, folder: Path, count: int) -> None:
    index = SqliteIndex(folder / "papers.db", embedder())
    read = [entry.paper for entry in read_papers(papers) if isinstance(entry, Found)]
    started, waiting = time.perf_counter(), []
    for paper in perturbed(read, count):
        waiting.append(paper)
        if len(waiting) == AT_ONCE:
            index.put(waiting)
            waiting = []
    index.put(waiting)
    index.settle()
    print(
        f"import of {index.count():,}: {time.perf_counter() - started:.0f} s, "
        f"{sum(path.stat().st_size for path in folder.iterdir()) / 1e9:.2f} GB on disk",
        flush=True,
    )
    index.close()


def ask(folder: Path) -> None:
    """In a process of its own, so that its memory is that of searching alone."""
    index = SqliteIndex(folder / "papers.db", embedder())
    queries = [json.loads(line)["query"] for line in (HERE / "paraphrases.jsonl").read_text().splitlines()]
    for _ in range(2):
        walls, cpus = [], []
        for query in queries:
            wall, cpu = time.perf_counter(), time.process_time()
            index.search(query)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    for name, times in (("clock", walls), ("processor", cpus)):
        print(
            f"search of {index.count():,}, ms by the {name}: median {1e3 * np.median(times):.1f}, "
            f"95th percentile {1e3 * np.percentile(times, 95):.1f}"
        )
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB (mapped files counted)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--papers", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder that keeps the index, or has it already")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        ask(arguments.ask)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        if not (folder / "papers.db").exists():
            folder.mkdir(exist_ok=True)
            fill(arguments.source, folder, arguments.papers)
        subprocess.run([sys.executable, __file__, "-", "--ask", str(folder)], check=True, env=os.environ)


if __name__ == "__main__":
    main()
