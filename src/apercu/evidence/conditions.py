"""What a question demands of a model, how many models that leaves out, and how one that stays meets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from apercu.catalogue import Entry
from apercu.evidence.suits import against_a_condition
from apercu.records import ConditionKind, LeftOut, Recommendation, Task
from apercu.tasks import TASK_WORDS

_ALLOWS = {"commercial": "allows commercial use", "open": "is an open one"}
_GROUPS: dict[ConditionKind, str] = {
    "network": "of a kind of network that is ruled out",
    "family": "of a family that is ruled out",
    "licence": "by their licence",
    "runs_here": "that do not run here",
    "no_gpu": "too heavy without a graphics card",
}
_LEARNED = "that learned"
_TELLING = frozenset(text for kind, text in _GROUPS.items() if kind in ("network", "family", "licence"))
"""What is worth a word of which licences, families and networks they are."""
_NAMED, _LONGEST_NAME = 3, 40
NO_LEARNING = "no_learning"
"""The value of the facet of a question that wants nothing that learned."""


def conditions_of(task: Task) -> Iterator[str]:
    """What must hold of a model, each with the words of the question that it was read from."""
    if task.licence:
        yield f"its licence {_ALLOWS[task.licence]}{_words(task, task.licence)}"
    if task.no_gpu:
        yield f"it works without a graphics card{_words(task, 'no_gpu')}"
    if task.runs_here:
        yield f"it runs here{_words(task, 'runs_here')}"
    if learned := _words(task, NO_LEARNING):
        yield f"it learned nothing{learned}"
    elif task.excluded:
        yield f"it is none of what the question rules out{_words(task, 'not')}"


def left_out_of(entries: Iterable[Entry], task: Task) -> tuple[LeftOut, ...]:
    """How many entries that do a task do not meet a condition, by condition and reason, the most first."""
    counted = Counter(
        found for entry in entries if entry.task == task.id and (found := against_a_condition(entry, task))
    )
    return tuple(LeftOut(kind=kind, reason=reason, models=n) for (kind, reason), n in counted.most_common())


def as_asked(entry: Entry, task: Task) -> tuple[str, ...]:
    """How an entry meets the conditions that its other reasons say nothing of."""
    said = []
    if task.licence:
        said.append(f"Its licence is {entry.licence}, which {_ALLOWS[task.licence]}, as asked.")
    if task.no_gpu and entry.status == "runs":
        said.append("It needs no graphics card, as asked.")
    elif task.no_gpu:
        said.append(f"Its cost counts as {entry.cost}, so the lack of a graphics card does not rule it out.")
    return tuple(said)


def what_is_left_out(found: Recommendation, *, named: bool = True) -> str:
    """How many models were left out for which condition, in one sentence; empty where none was.

    Args:
        found: a recommendation.
        named: also name the licences, families and networks, those of the most models.
    """
    groups: dict[str, list[LeftOut]] = {}
    learned = any(facet.value == NO_LEARNING for facet in found.task.facets)
    for left in found.left_out:
        group = _LEARNED if learned and left.kind in ("network", "family") else _GROUPS[left.kind]
        groups.setdefault(group, []).append(left)
    if not groups:
        return ""
    told = [
        f"{sum(left.models for left in group)} {why}{_names(group) if named and why in _TELLING else ''}"
        for why, group in groups.items()
    ]
    count = sum(left.models for left in found.left_out)
    what = f"{found.considered} model{'s' * (found.considered != 1)} for {TASK_WORDS[found.task.id]}"
    return f"{count} of {what} {'is' if count == 1 else 'are'} left out: {', '.join(told)}."


def _names(group: list[LeftOut]) -> str:
    """What the models of a condition are, in brackets."""
    names = [left.reason.removeprefix("its licence is ").removeprefix("the question rules out ") for left in group]
    shown = [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…" for name in names[:_NAMED]]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" ({'; '.join(shown)}{more})"


def _words(task: Task, value: str) -> str:
    """The words of the question that a condition was read from, in brackets; empty where there are none."""
    quotes = dict.fromkeys(facet.quote for facet in task.facets if facet.kind == "limit" and facet.value == value)
    return f" ({', '.join(f'“{quote}”' for quote in quotes)})" if quotes else ""
