"""The two backends of the paper index side by side: importing, searching, and what words alone find.

    python benchmarks/papers/postgres.py --papers ../shared/data/papers/arxiv_61k.jsonl.gz --count 20000

Starts a PostgreSQL server of its own, as the tests do. Both backends get the same records and the same vectors: sums
of random directions, one for each word (256 numbers), which say nothing of how well meanings are found. The queries
are the paraphrases of the test half of `paraphrases.jsonl`, whose papers are among the records; each search asks for
ten papers. Times are of one process that asks one question after the other, after a round that is not counted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.papers.base import PaperIndex
from apercu.papers.importers import import_file
from apercu.papers.postgres_index import PostgresIndex, open_postgres
from apercu.papers.sqlite_index import SqliteIndex

HERE = Path(__file__).parent


class Directions:
    """Words as random directions, remembered: costs about nothing beside an index."""

    name, size = "directions", 256

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._vectors = np.zeros((1 << 19, self.size), np.float32)
        self._random = np.random.default_rng(0)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), self.size), np.float32)
        for i, text in enumerate(texts):
            words = [self._of(word) for word in text.casefold().split()]
            found[i] = self._vectors[words].sum(axis=0)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.divide(found, length, out=found, where=length > 0)

    def words(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.embed(words), np.ones(len(words), np.float32)

    def _of(self, word: str) -> int:
        if word not in self._known:
            place = self._known[word] = len(self._known) % len(self._vectors)
            self._vectors[place] = self._random.standard_normal(self.size)
        return self._known[word]


class Query(NamedTuple):
    text: str
    wanted: str


def chosen_records(source: Path, count: int, wanted: set[str], target: Path) -> None:
    """The records that are asked for, then others in the file's order."""
    with gzip.open(source, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    first = [line for line in lines if json.loads(line)["arxiv_id"] in wanted]
    others = [line for line in lines if json.loads(line)["arxiv_id"] not in wanted]
    target.write_text("".join((first + others)[:count]), "utf-8")


def share(found: Callable[[str], list[str]], queries: Sequence[Query]) -> float:
    """Of the queries whose paper is among the first ten."""
    return sum(any(query.wanted in id for id in found(query.text)) for query in queries) / len(queries)


def measure(name: str, index: SqliteIndex | PostgresIndex, records: Path, queries: Sequence[Query]) -> None:
    start = time.perf_counter()
    report = import_file(index, records)
    imported = time.perf_counter()
    index.settle()
    settled = time.perf_counter()
    times = sorted(searched(index, queries))
    print(
        f"| {name} | {report.added:,} | {imported - start:.1f} s | {settled - imported:.1f} s | "
        f"{1000 * times[len(times) // 2]:.1f} ms | {1000 * times[int(0.95 * len(times))]:.1f} ms | "
        f"{share(index.by_words, queries):.3f} |",
        flush=True,
    )
    problems = index.doctor().problems
    if problems:
        print(f"{name}: {problems}")


def searched(index: PaperIndex, queries: Sequence[Query]) -> list[float]:
    """Seconds of each search, after a round that is not counted."""
    for query in queries:
        index.search(query.text)
    times = []
    for query in queries:
        start = time.perf_counter()
        index.search(query.text)
        times.append(time.perf_counter() - start)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--papers", type=Path, required=True, help="arxiv_61k.jsonl.gz")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=1_000, help="how many of the paraphrases are asked")
    asked = parser.parse_args()
    sys.path.insert(0, str(HERE.parents[1] / "tests/papers"))
    from postgres_server import running_server

    lines = [json.loads(line) for line in (HERE / "paraphrases.jsonl").read_text("utf-8").splitlines()]
    queries = [Query(line["query"], line["arxiv_id"]) for line in lines if line["split"] == "test"][: asked.queries]
    embedder = Directions()
    with tempfile.TemporaryDirectory() as folder, running_server() as dsn:
        records = Path(folder) / "records.jsonl"
        chosen_records(asked.papers, asked.count, {query.wanted for query in queries}, records)
        embedder.embed([line["abstract"] for line in map(json.loads, records.read_text("utf-8").splitlines())])
        print("| backend | papers | import | settle | search, median | 95th percentile | recall@10 by words |")
        print("|---|---|---|---|---|---|---|")
        for name in ("SQLite", "PostgreSQL"):
            index = SqliteIndex(Path(folder) / "p.db", embedder) if name == "SQLite" else open_postgres(dsn, embedder)
            measure(name, index, records, queries)
            index.close()


if __name__ == "__main__":
    main()
