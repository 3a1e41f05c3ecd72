"""How well questions are read and models are chosen: `python benchmarks/recommend/recommend.py [--split test]`.

`questions.jsonl` holds 519 labelled questions (LABELS.md says how); the reader was tuned on the half "dev". Printed
are the shares of right tasks, chains, families, of hard constraints that the recommendation honours, of names that
exist, of abstentions, and the time of a question. Beside the families stands what "always LIIF" would get.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apercu.catalogue import Entry, catalogue
from apercu.evidence.recommend import recommend_for
from apercu.evidence.suits import ruled_out
from apercu.question.read import read_question
from apercu.records import Draws, Recommendation, Task
from apercu.settings import Settings

QUESTIONS = Path(__file__).parent / "questions.jsonl"
KINDS: dict[Draws, set[str]] = {
    "gan": {"Real-ESRGAN", "ESRGAN", "BSRGAN"},
    "diffusion": {"StableSR", "DiffBIR", "ResShift"},
}
"""Where a label rules out all of these, every model that was trained so is out, whatever its family."""
HARD = {"licence", "no_gpu", "runs_here", "exclude_families", "any_factor"}
SAYS_SO = ("shrunk to", "plain interpolation", "plain resize")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--file", type=Path, help="another file of labelled questions, such as fresh.jsonl")
    parser.add_argument("--wrong", action="store_true", help="list what went wrong; for dev only")
    arguments = parser.parse_args()
    if arguments.wrong and arguments.split == "test" and not arguments.file:
        raise SystemExit("the questions of the test half are not looked at: use --split dev")
    lines = (arguments.file or QUESTIONS).open(encoding="utf-8")
    questions = [q for q in map(json.loads, lines) if q.get("split", arguments.split) == arguments.split]
    with TemporaryDirectory() as folder:
        judge(questions, Settings(data_dir=Path(folder)), arguments.wrong)


def judge(questions: list[dict[str, Any]], settings: Settings, tell: bool) -> None:
    """Answer every question and print what came of it."""
    entries = {alias: entry for entry in catalogue(settings).values() for alias in (entry.id, *entry.aliases)}
    right: dict[str, Counter[str]] = defaultdict(Counter)
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    times = []
    recommend_for(read_question("enlarge a picture"), settings)
    for q in questions:
        started = time.perf_counter()
        task = read_question(q["question"])
        found = recommend_for(task, settings, question=q["question"])
        times.append(time.perf_counter() - started)
        for measure, good in judged(q, task, found, entries).items():
            asked[measure][q["kind"]] += 1
            right[measure][q["kind"]] += good
            if tell and not good and not measure.startswith("("):
                first = found.models[0].id if found.models else None
                print(f"{measure}: {q['question']} | {q['tasks']} {q['constraints']} | {task.steps} {first}")
    kinds = sorted({q["kind"] for q in questions})
    print(f"| {len(questions)} questions | all | {' | '.join(kinds)} |\n|{'---|' * (len(kinds) + 2)}")
    for measure in asked:
        shares = [f"{right[measure][kind]}/{asked[measure][kind]}" for kind in kinds]
        n, ok = asked[measure].total(), right[measure].total()
        print(f"| {measure} | {ok / n:.1%} of {n} | {' | '.join(shares)} |")
    times.sort()
    print(f"\ntime of a question: median {1e3 * statistics.median(times):.1f} ms, ", end="")
    print(f"95th percentile {1e3 * times[int(0.95 * len(times))]:.1f} ms")


def judged(q: dict[str, Any], task: Task, found: Recommendation, entries: dict[str, Entry]) -> dict[str, bool]:
    """What a question asks for, and whether it came."""
    if q["abstain"]:
        return {"abstains where nothing fits": found.abstained, "right task": not task.steps}
    main = "super_resolution" if "super_resolution" in q["tasks"] else q["tasks"][-1]
    marks = {"right task": task.id == main, "right chain, in order": list(task.steps) == q["tasks"]}
    if q["families"]:
        first = found.models[0].family if found.models else None
        marks["right family"] = first in q["families"]
        marks["(always LIIF)"] = "LIIF" in q["families"]
    if found.models:
        marks["every recommended id exists"] = all(model.id in entries for model in found.models)
    if q["constraints"].get("factor") or set(q["constraints"]) & HARD:
        marks["hard constraints honoured"] = honoured(q["constraints"], found, entries)
    return marks


def honoured(constraints: dict[str, Any], found: Recommendation, entries: dict[str, Entry]) -> bool:
    """Whether no recommended model breaks a constraint, and the first does the factor or says what is added."""
    if not found.models:
        return False
    wanted = Task(
        id=found.task.id,
        name=found.task.name,
        licence=constraints.get("licence"),
        no_gpu=constraints.get("no_gpu", False),
        runs_here=constraints.get("runs_here", False),
        excluded=tuple(constraints.get("exclude_families", ())),
        excluded_kinds=tuple(
            kind for kind, known in KINDS.items() if known <= set(constraints.get("exclude_families", ()))
        ),
    )
    if any(ruled_out(entries[model.id], wanted) for model in found.models):
        return False
    factor, first = constraints.get("factor"), found.models[0]
    native = constraints.get("native") and first.factors != "any" and factor in first.factors
    if (constraints.get("any_factor") or constraints.get("native")) and first.factors != "any" and not native:
        return False
    if factor is None or first.factors == "any" or factor in first.factors or found.task.id != "super_resolution":
        return True
    return any(words in reason for words in SAYS_SO for reason in first.reasons_against)


if __name__ == "__main__":
    main()
