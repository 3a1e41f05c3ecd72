"""How well the index of papers finds what is meant, against plain BM25 and plain vectors.

    python benchmarks/papers/retrieval.py ../shared/data/papers/arxiv_61k.jsonl.gz [--vectors apercu] [--split test]
        [--most 1000] [--keep FOLDER]

Two kinds of query: the paraphrases of `paraphrases.jsonl`, and the titles of the papers in `titles.jsonl`, whose own
titles are taken out of the index (their number stands there instead), so that a title has to find its abstract. None of
these papers was seen when the word table was trained. One paper is right for each query. Prints recall@10, nDCG@10 and
their differences with 95 % intervals by paired bootstrap (10,000 draws), the time of the import and of a search.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from apercu.papers.embed import embedder
from apercu.papers.importers import AT_ONCE, Found, read_papers
from apercu.papers.sqlite_index import SqliteIndex

HERE = Path(__file__).parent


def queries(split: str) -> dict[str, list[dict]]:
    kinds = {}
    for kind in ("paraphrases", "titles"):
        rows = map(json.loads, (HERE / f"{kind}.jsonl").read_text().splitlines())
        kinds[kind] = [row for row in rows if split in (row["split"], "all")]
    return kinds


def build(papers: Path, index: SqliteIndex) -> dict[str, str]:
    """Fill the index; gives the titles that were taken out, by arXiv number."""
    hidden = {json.loads(row)["arxiv_id"] for row in (HERE / "titles.jsonl").read_text().splitlines()}
    titles, waiting = {}, []
    started, cpu = time.perf_counter(), time.process_time()
    for entry in read_papers(papers):
        if not isinstance(entry, Found):
            continue
        paper = entry.paper
        if paper.arxiv in hidden:
            titles[paper.arxiv] = paper.title
            paper = paper.model_copy(update={"title": paper.id})
        waiting.append(paper)
        if len(waiting) == AT_ONCE:
            index.put(waiting)
            waiting = []
    index.put(waiting)
    index.settle()
    print(
        f"import of {index.count():,} papers: {time.perf_counter() - started:.0f} s by the clock, "
        f"{time.process_time() - cpu:.0f} s of one processor"
    )
    return titles


def gains(found: list[list[str]], right: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Recall@10 and nDCG@10 of each query."""
    ranks = [ids.index(id) + 1 if id in ids[:10] else 0 for ids, id in zip(found, right, strict=True)]
    return (
        np.array([float(rank > 0) for rank in ranks]),
        np.array([1 / np.log2(1 + rank) if rank else 0.0 for rank in ranks]),
    )


def interval(difference: np.ndarray) -> str:
    rng = np.random.default_rng(0)
    drawn = difference[rng.integers(0, len(difference), (10_000, len(difference)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{difference.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", type=Path)
    parser.add_argument("--vectors", default="apercu")
    parser.add_argument("--split", choices=("dev", "test", "all"), default="test")
    parser.add_argument("--most", type=int, default=1000, help="queries of each kind")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the index, or has it already")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        index = SqliteIndex(folder / "papers.db", embedder(arguments.vectors))
        if not (folder / "titles.json").exists():
            (folder / "titles.json").write_text(json.dumps(build(arguments.papers, index)))
        titles = json.loads((folder / "titles.json").read_text())
        scores: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
        walls, cpus = [], []
        for kind, every in queries(arguments.split).items():
            rows = every[: arguments.most]
            asked = [row.get("query") or titles[row["arxiv_id"]] for row in rows]
            right = [f"arxiv:{row['arxiv_id']}" for row in rows]
            index.search("warm")
            found = []
            for query in asked:
                wall, cpu = time.perf_counter(), time.process_time()
                found.append([hit.paper.id for hit in index.search(query)])
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - cpu)
            scores[kind] = {
                "index": gains(found, right),
                "BM25": gains([index.by_words(query) for query in asked], right),
                "vectors": gains([index.by_meaning(query) for query in asked], right),
            }
        scores["both"] = {
            way: tuple(np.concatenate([scores[kind][way][i] for kind in ("paraphrases", "titles")]) for i in (0, 1))
            for way in ("index", "BM25", "vectors")
        }
        for kind, ways in scores.items():
            print(f"\n{kind}, {len(ways['index'][0])} queries ({arguments.split})")
            for way, (recall, ndcg) in ways.items():
                more = "" if way == "index" else f"; the index has {interval(ways['index'][1] - ndcg)} more"
                print(f"  {way:<8} recall@10 {recall.mean():.3f}  nDCG@10 {ndcg.mean():.3f}{more}")
        for name, times in (("clock", walls), ("processor", cpus)):
            print(
                f"search, ms by the {name}: median {1e3 * np.median(times):.1f}, "
                f"95th percentile {1e3 * np.percentile(times, 95):.1f}"
            )


if __name__ == "__main__":
    main()
