"""How often each level of sureness was right: `python benchmarks/recommend/sureness.py`.

Counted on questions that the reader was not tuned on (LABELS.md): the half "test" of `questions.jsonl`, of which only
these totals are printed, `fresh5.jsonl` and `fresh11.jsonl`. What it prints stands in `apercu.evidence.sure.SHARES`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from apercu.evidence.recommend import recommend_for
from apercu.evidence.sure import level_of
from apercu.question.read import read_question
from apercu.settings import Settings

FOLDER = Path(__file__).parent
UNSEEN = ("questions", "fresh5", "fresh11")


def main() -> None:
    """Print for each level how many questions there were, and of how many the task and the family were right."""
    questions = [json.loads(line) for name in UNSEEN for line in (FOLDER / f"{name}.jsonl").open(encoding="utf-8")]
    tasks: dict[str, list[bool]] = defaultdict(list)
    families: dict[str, list[bool]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for q in questions:
            if q.get("split") == "dev":
                continue
            task = read_question(q["question"])
            found = recommend_for(task, Settings(data_dir=Path(folder)), question=q["question"])
            level = level_of(task.margin)
            main_task = "super_resolution" if "super_resolution" in q["tasks"] else (q["tasks"] or ["other"])[-1]
            tasks[level].append(not task.steps if q["abstain"] else task.id == main_task)
            if found.models and (q["families"] or q["abstain"]):
                families[level].append(found.models[0].family in q["families"])
    for level, right in sorted(tasks.items()):
        own = families[level]
        print(f'"{level}": Share({sum(right) / len(right):.3f}, {sum(own) / len(own):.3f}, {len(right)}),')


if __name__ == "__main__":
    main()
