"""Teach the reader of questions: `python tools/reader/learn.py` writes `src/apercu/question/tasks.safetensors`.

It needs scikit-learn, which no extra installs. The same questions and versions give the same file.
Questions that stand in `benchmarks/recommend` are refused; its test half is never opened here but for that.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import scipy.sparse
from compose import composed
from numpy.typing import NDArray
from safetensors.numpy import save
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from apercu.question.chain import SIZE, signs
from apercu.question.learned import CHAIN, FILE, NOTHING, Model, hash_of, model_of, places_of, text_features
from apercu.question.read import findings_of
from apercu.records import Content, Damage, Wish

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
LEAST = 3
"""Questions that a feature must stand in."""
STRENGTH = 2.0
DETAILS = {"content": get_args(Content), "damage": get_args(Damage), "wish": get_args(Wish)}
"""What else is learned, from the questions that say it; those that are put together say nothing of it."""


def main() -> None:
    """Learn, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "apercu" / "question" / FILE)
    arguments = parser.parse_args()
    questions = [json.loads(line) for path in sorted(CORPUS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    folder = ROOT / "benchmarks" / "recommend"
    judged = {_alike(json.loads(line)["question"]) for path in folder.glob("*.jsonl") for line in path.open()}
    questions += [question for question in composed() if _alike(question["question"]) not in judged]
    if shared := [q["question"] for q in questions if _alike(q["question"]) in judged]:
        raise SystemExit(f"{len(shared)} questions stand in the benchmark, such as {shared[0]!r}: take them out")
    arguments.out.write_bytes(learned(questions))
    print(f"{arguments.out}: {len(questions):,} questions, {arguments.out.stat().st_size:,} bytes")


def learned(questions: list[dict[str, Any]]) -> bytes:
    """The file of weights that `questions` teach."""
    features = [
        Counter((*(feature for _, feature in text_features(q["question"])), *findings_of(q["question"])))
        for q in questions
    ]
    stands_in = Counter(feature for counts in features for feature in counts)
    often = sorted(feature for feature, n in stands_in.items() if n >= LEAST)
    by_hash = {hash_of(feature): feature for feature in often}  # of two with one hash, only one can be looked up
    kept = [by_hash[number] for number in sorted(by_hash)]
    rarity = np.array([math.log((1 + len(questions)) / (1 + stands_in[f])) + 1 for f in kept], np.float32)
    matrix = _matrix(features, {feature: i for i, feature in enumerate(kept)}, rarity)
    details = [f"{kind}:{value}" for kind, values in DETAILS.items() for value in values]
    outputs = [*sorted({task for q in questions for task in q["tasks"]}), NOTHING, CHAIN, *details]
    weights, bias = np.zeros((len(kept), len(outputs))), np.zeros(len(outputs), np.float32)
    for i, output in enumerate(outputs):
        told = [row for row, q in enumerate(questions) if output not in details or "content" in q]
        taught = LinearSVC(C=STRENGTH, random_state=0).fit(matrix[told], [_is(questions[row], output) for row in told])
        weights[:, i], bias[i] = taught.coef_[0], taught.intercept_[0]
    scale = np.abs(weights).max(axis=0) / 127
    arrays = {
        "keys": np.array([hash_of(feature) for feature in kept], np.uint32),
        "rarity": rarity,
        "weights": np.round(weights / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": bias,
        "usual": _usual(questions, outputs),
        "order": np.zeros(SIZE, np.float32),
    }
    about = {"outputs": json.dumps(outputs)}
    arrays["order"] = _order(questions, model_of(save(arrays, about)))
    return save(arrays, about)


def _usual(questions: list[dict[str, Any]], outputs: list[str]) -> NDArray[np.float32]:
    """Log odds that one task comes before another, each pair counted once more than it was seen."""
    seen = np.ones((len(outputs), len(outputs)))
    for question in questions:
        for one, other in itertools.combinations(question["tasks"], 2):
            seen[outputs.index(one), outputs.index(other)] += 1
    return np.log(seen / seen.T).astype(np.float32)


def _order(questions: list[dict[str, Any]], model: Model) -> NDArray[np.float32]:
    """Factors of what tells the order of two tasks, learned from the chains."""
    found = []
    for question in questions:
        text, tasks = question["question"], question["tasks"]
        if len(tasks) < 2:
            continue
        shares = model.shares((*(feature for _, feature in text_features(text)), *findings_of(text)))
        places = places_of(text, shares, tasks, model.outputs)
        found += [
            signs(text, places[a], places[b], model.usually_first(a, b)) for a, b in itertools.combinations(tasks, 2)
        ]
    both = np.concatenate([found, -np.array(found)])
    told = LogisticRegression(fit_intercept=False, C=0.3).fit(both, np.repeat([1, 0], len(found)))
    return told.coef_[0].astype(np.float32)


def _matrix(
    features: list[Counter[str]], places: dict[str, int], rarity: NDArray[np.float32]
) -> scipy.sparse.csr_matrix:
    rows, columns, values = [], [], []
    for row, counts in enumerate(features):
        known = [(places[feature], count) for feature, count in counts.items() if feature in places]
        amounts = np.array([(1 + math.log(count)) * rarity[place] for place, count in known])
        amounts /= max(float(np.linalg.norm(amounts)), 1e-9)
        rows += [row] * len(known)
        columns += [place for place, _ in known]
        values += amounts.tolist()
    return scipy.sparse.csr_matrix((values, (rows, columns)), (len(features), len(places)))


def _is(question: dict[str, Any], output: str) -> bool:
    if output == CHAIN:
        return len(question["tasks"]) > 1
    if ":" in output:
        kind, value = output.split(":")
        return value in question[kind]
    return output in (question["tasks"] or [NOTHING])


def _alike(question: str) -> str:
    return "".join(character for character in question.casefold() if character.isalnum())


if __name__ == "__main__":
    main()
