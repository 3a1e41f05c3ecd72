"""How well the index of papers finds what is meant, against plain BM25 and plain vectors.

    python benchmarks/papers/retrieval.py ../shared/data/papers/arxiv_61k.jsonl.gz [--vectors apercu] [--split dev]
        [--most 1000] [--folds 5] [--learn] [--no-baselines] [--keep FOLDER]

Two kinds of query: the paraphrases of `paraphrases.jsonl`, and the titles of the papers in `titles.jsonl`, whose own
titles are taken out of the index (their number stands there instead), so that a title has to find its abstract. None of
these papers was seen when the word table was trained. One paper is right for each query. Prints recall@10, nDCG@10 and
their differences with 95 % intervals by paired bootstrap (10,000 draws), the time of the import and of a search.

`--split dev` and `--split test` judge the weights that Apercu has, which were learned on dev (`--split dev --learn`
prints them). `--split cross` judges every query of both halves by weights that were learned on the other half, and
`--folds 5` those of one half by weights learned on the other four fifths of it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from weights import Example, learned

from apercu.papers import rank
from apercu.papers.embed import embedder
from apercu.papers.importers import AT_ONCE, Found, read_papers
from apercu.papers.sqlite_index import SqliteIndex

HERE = Path(__file__).parent


TITLE_WORTH = 0.6
"""What a title counts beside a paraphrase when weights are learned."""


class Query(NamedTuple):
    kind: str
    half: str
    text: str
    right: str


def queries(split: str, titles: dict[str, str], most: int) -> list[Query]:
    found = []
    for kind in ("paraphrases", "titles"):
        rows = map(json.loads, (HERE / f"{kind}.jsonl").read_text().splitlines())
        chosen = [row for row in rows if row["split"] == split or split in ("all", "cross")]
        found += [
            Query(kind, row["split"], row.get("query") or titles[row["arxiv_id"]], f"arxiv:{row['arxiv_id']}")
            for row in chosen[:most]
        ]
    return found


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


def bounds(values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of a mean, by bootstrap."""
    rng = np.random.default_rng(0)
    drawn = values[rng.integers(0, len(values), (10_000, len(values)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def interval(difference: np.ndarray) -> str:
    low, high = bounds(difference)
    return f"{difference.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def span(values: np.ndarray) -> str:
    low, high = bounds(values)
    return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"


def parts(asked: list[Query], split: str, folds: int) -> np.ndarray:
    """Of each query the part whose weights are learned on the other parts; all 0 where they are not learned."""
    if split == "cross":
        return np.array([int(query.half == "test") for query in asked])
    if folds:
        return np.random.default_rng(0).permutation(len(asked)) % folds
    return np.zeros(len(asked), int)


def example(index: SqliteIndex, query: Query) -> Example | None:
    """What a query teaches; nothing where the right paper is not among those that are read."""
    ids, numbers = index.numbers(query.text)
    if query.right not in ids:
        return None
    return Example(numbers.astype(float), ids.index(query.right), TITLE_WORTH if query.kind == "titles" else 1.0)


def searched(index: SqliteIndex, asked: list[Query], part: np.ndarray, learn: bool) -> list[list[str]]:
    """Ids that each query finds; prints the time of a search."""
    taught = [example(index, query) for query in asked] if learn or part.any() else []
    if learn:
        weights = learned([one for one in taught if one])
        print(f"weights learned on these queries: {weights.round(1).tolist()}")
    found, walls, cpus = [[] for _ in asked], [], []
    shipped = rank.WEIGHTS.copy()
    index.search("warm")
    for number in np.unique(part):
        if part.any():
            others = [one for one, its in zip(taught, part, strict=True) if one and its != number]
            rank.WEIGHTS[:] = learned(others)
        for i in np.flatnonzero(part == number):
            wall, cpu = time.perf_counter(), time.process_time()
            found[i] = [hit.paper.id for hit in index.search(asked[i].text)]
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    rank.WEIGHTS[:] = shipped
    for name, times in (("clock", walls), ("processor", cpus)):
        print(
            f"search, ms by the {name}: median {1e3 * np.median(times):.1f}, "
            f"95th percentile {1e3 * np.percentile(times, 95):.1f}"
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", type=Path)
    parser.add_argument("--vectors", default="apercu")
    parser.add_argument("--split", choices=("dev", "test", "all", "cross"), default="dev")
    parser.add_argument("--most", type=int, default=1000, help="queries of each kind")
    parser.add_argument("--folds", type=int, default=0, help="learn weights on all parts but one, and judge that one")
    parser.add_argument("--learn", action="store_true", help="print weights learned on these queries")
    parser.add_argument("--baselines", action=argparse.BooleanOptionalAction, default=True, help="BM25 and vectors")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the index, or has it already")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        index = SqliteIndex(folder / "papers.db", embedder(arguments.vectors))
        if not (folder / "titles.json").exists():
            (folder / "titles.json").write_text(json.dumps(build(arguments.papers, index)))
        asked = queries(arguments.split, json.loads((folder / "titles.json").read_text()), arguments.most)
        part = parts(asked, arguments.split, arguments.folds)
        found = {"index": searched(index, asked, part, arguments.learn)}
        if arguments.baselines:
            found["BM25"] = [index.by_words(query.text) for query in asked]
            found["vectors"] = [index.by_meaning(query.text) for query in asked]
    for kind in ("paraphrases", "titles", "both"):
        chosen = [i for i, query in enumerate(asked) if kind in (query.kind, "both")]
        right = [asked[i].right for i in chosen]
        ways = {way: gains([ids[i] for i in chosen], right) for way, ids in found.items()}
        print(f"\n{kind}, {len(chosen)} queries ({arguments.split})")
        for way, (recall, ndcg) in ways.items():
            more = "" if way == "index" else f"; the index has {interval(ways['index'][1] - ndcg)} more"
            print(f"  {way:<8} recall@10 {span(recall)}  nDCG@10 {ndcg.mean():.3f}{more}")


if __name__ == "__main__":
    main()
