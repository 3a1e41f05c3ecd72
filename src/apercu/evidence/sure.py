"""How sure a recommendation is, and what tells its first model from the runner-up.

Two numbers say it: how far the reading of the task is ahead of the next best (`Task.margin`), and how far the first
model's rank is ahead of the best of another family. How often each level was right was counted on labelled questions
that nothing was tuned on (`benchmarks/recommend/sureness.py`); those shares stand in `SHARES`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from apercu.records import RecommendedModel, Sureness, Task

SureLevel = Literal["sure", "fairly sure", "unsure"]
SURE_MARGIN, FAIR_MARGIN = 1.0, 0.4
CLOSE_LEAD = 0.05
_READ_LETTERS = frozenset({"LATIN", "FULLWIDTH", "HANGUL", "HIRAGANA", "KATAKANA", "HALFWIDTH", "CJK"})
"""How Unicode's names of letters begin; the questions that reading was learned from have no others."""


class Share(NamedTuple):
    """In what share of the `questions` of a level the task was right, and the family where a model was recommended."""

    task: float
    family: float
    questions: int


SHARES: dict[SureLevel, Share] = {
    "sure": Share(0.993, 0.938, 460),
    "fairly sure": Share(0.913, 1.0, 23),
    "unsure": Share(0.625, 0.583, 16),
}


def in_letters_that_are_read(question: str) -> bool:
    """Whether most letters of a question are Latin, Hangul, Kana or Han, those of the languages that are read."""
    kinds = [name.split()[0] for letter in question if letter.isalpha() and (name := unicodedata.name(letter, "?"))]
    read = sum(kind in _READ_LETTERS for kind in kinds)
    return not kinds or read >= len(kinds) / 2


def level_of(margin: float | None) -> SureLevel:
    """The level that a margin of the reading stands for."""
    if margin is None or margin < FAIR_MARGIN:
        return "unsure"
    return "sure" if margin >= SURE_MARGIN else "fairly sure"


def runner_up_of(models: Sequence[RecommendedModel]) -> RecommendedModel | None:
    """The best model of another family than the first."""
    return next((model for model in models[1:] if model.family != models[0].family), None)


def what_tells_apart(models: Sequence[RecommendedModel], other: RecommendedModel) -> str:
    """What speaks for the first and not for the best of another family, or against that one only, in sentences."""
    first, place = models[0], list(models).index(other) + 1
    gains = [reason for reason in first.reasons_for if reason not in other.reasons_for]
    losses = [reason for reason in other.reasons_against if reason not in first.reasons_against]
    lead = first.score - other.score
    told = [_of(first.id, gains[0])] if gains else []
    told += [_of(other.id, losses[0])] if losses else []
    near = "as good by rank" if lead < CLOSE_LEAD else f"{lead:.2f} behind by score"
    more = sum(model.family == first.family for model in models[1 : place - 1])
    same = f" after {more} more of the family {first.family}" if more else ""
    who = f"The best of another family, in place {place}{same}, is" if place > 2 else "The second is"
    who = f"{who} {other.id}"
    return f"{who}, {near}. {' '.join(told)}".strip()


def _of(id: str, reason: str) -> str:
    """A reason as a sentence that names its model."""
    if reason.startswith("It "):
        return f"{id} {reason.removeprefix('It ')}"
    if reason.endswith(" describes it."):
        return f"{reason.removesuffix('it.')}{id}."
    return f"Of {id}: {reason[:1].lower()}{reason[1:]}"


def sureness_of(margin: float | None, models: Sequence[RecommendedModel]) -> Sureness:
    """How sure a recommendation is; without models, how sure it is that nothing fits."""
    level = level_of(margin)
    share = SHARES[level]
    other = runner_up_of(models) if models else None
    lead = round(models[0].score - other.score, 3) if other else None
    text = f"The reading is {level}: of {share.questions} unseen questions that were read as surely, "
    text += f"the task was right in {share.task:.0%}"
    text += f" and the first model's family in {share.family:.0%}." if models else "."
    if lead is not None and lead < CLOSE_LEAD:
        text += " The first models are close to each other."
    family_right = share.family if models else None
    return Sureness(level=level, margin=margin, lead=lead, task_right=share.task, family_right=family_right, text=text)


def what_was_not_taken(task: Task) -> str:
    """Says in one sentence that a factor of the question was passed over; empty where none was."""
    passed = task.impossible_factor
    if passed is None:
        return ""
    return (
        f"“{passed}” was not taken for a factor: an enlargement is by more than 1 and at most 100 times, "
        "and by nothing that is refused or shrinks."
    )
