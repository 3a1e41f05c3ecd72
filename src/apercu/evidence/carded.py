"""How a model that has a card of its own suits a task: its rank, and the reasons for and against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apercu.catalogue import Entry
from apercu.evidence.fit import verdict_on
from apercu.evidence.measured import BASE, Figure, quickness
from apercu.evidence.suits import Part, by_content, by_damage, by_guessing, by_name, speed_part
from apercu.records import Content, Damage, ModelCard, RecommendedModel, Task, Verdict
from apercu.registry import model_cards
from apercu.tasks import TASK_WORDS

VERDICT_SCORE: dict[Verdict, float] = {"direct": 1.0, "transferable": 0.3, "off-topic": 0.0, "unknown": 0.0}
STATUS_SCORE = {"runs": 0.3, "needs-file": 0.05, "described": 0.0}
_OTHER_CONTENT, _OWN_CONTENT = 0.1, 0.05
_TOO_LARGE_A_FACTOR, _TOO_SMALL_A_FACTOR = 0.1, 0.3
_SHRUNK_TO_A_FRACTION = 0.3
_FOR_A_DECIBEL, _MOST_FOR_DECIBELS = 0.05, 0.15
_MEASURED_QUICK = 0.2
_NEXT_TO_NO_TIME = 0.2
_PIXELS_STAY = 1.0
LIGHT_DAMAGE = "liif-edsr-web"
_LIGHT_DAMAGE: frozenset[Damage] = frozenset({"blur", "noise", "jpeg"})
_DRAWN: frozenset[Content] = frozenset({"ui", "illustration", "text"})
_DAMAGE_OF_DRAWN = 0.5
"""Networks that undo damage learned from photographs; for drawings and interfaces one LIIF did."""


def consider(
    card: ModelCard, entry: Entry, task: Task, figures: Mapping[str, tuple[Figure, ...]]
) -> RecommendedModel | None:
    """A model with its rank and reasons; None where its card says nothing of the task."""
    verdict = verdict_on(card, task)[0]
    if verdict not in ("direct", "transferable"):
        return None
    status = entry.status
    score = VERDICT_SCORE[verdict] + STATUS_SCORE[status]
    speaks_for = [f"It was made for {TASK_WORDS[task.id]}."] if verdict == "direct" else []
    against = [relation.reason for relation in card.relations if relation.task == task.id and verdict != "direct"]
    if status == "runs":
        speaks_for.append("It runs on this machine now.")
    else:
        against.append(not_here(entry))
    if task.id == "super_resolution" and card.factors == "any":
        speaks_for.append("It does any factor from 1 upwards.")
    elif task.id == "super_resolution" and card.factors and card.factors != "any":
        cost, reason = by_factor(card.factors, task)
        score -= cost
        (against if cost else speaks_for).append(reason)
    if card.family == "interpolation":
        score -= 0.5
        against.append(
            "It repeats the pixels that are there, so edges become steps."
            if card.id == "nearest"
            else "It only blends the pixels that are there, so edges stay soft."
        )
        if "fidelity" in task.wish:
            score += 0.1
            speaks_for.append("It adds next to nothing of its own.")
    if card.id == "nearest" and "pixel_art" in task.content:
        score += _PIXELS_STAY
        speaks_for.append("It repeats every pixel as it is, so that blocks stay square.")
    found_parts = (by_damage(entry, task), by_guessing(entry, task))
    score += sum(part.score for part in found_parts)
    say(found_parts, speaks_for, against)
    if (named := by_name(entry, task)).score:
        score += named.score
        speaks_for.append(named.reason)
    if card.family == "LIIF" and "fidelity" in task.wish:
        score += 0.2
        speaks_for.append("It was trained for a small average difference, not for likely texture.")
    found = figures.get(card.id, ())
    for figure in found:
        (against if figure.gain.high < 0 else speaks_for).append(figure.text)
    if found and card.family == "LIIF":
        score += _by_figures(card, found, task)
    elif card.family not in ("LIIF", "interpolation"):
        part = by_content(entry, task)
        score += part.score
        say((part,), speaks_for, against)
    else:
        score += _by_content(card, task)
        if _is_other_content(card, task):
            learned, asked = " and ".join(card.content), " and ".join(task.content)
            against.append(f"It learned from pictures of the kind {learned}, and the question is about {asked}.")
    drawn = _DRAWN & set(task.content)
    if card.id == LIGHT_DAMAGE and drawn and set(task.damage) & _LIGHT_DAMAGE:
        score += _DAMAGE_OF_DRAWN
        speaks_for.append(f"It was trained on light damage of pictures of the kind {' and '.join(sorted(drawn))}.")
    if task.damage and card.expects and card.family != "interpolation":  # a formula expects nothing
        against.append(f"It expects {card.expects}.")
    if "speed" in task.wish:
        score += speed_part(entry, task).score
        if card.family == "interpolation":
            score += _NEXT_TO_NO_TIME
        if quick := quickness(card.id):
            score += _MEASURED_QUICK if card.family == "LIIF" else 0.0
            speaks_for.append(quick)
    return RecommendedModel(
        id=card.id, name=card.name, family=card.family, task=card.task, factors=card.factors, status=status,
        links=card.links, licence=entry.licence,
        score=round(score, 3), reasons_for=tuple(speaks_for), reasons_against=tuple(against),
    )  # fmt: skip


def not_here(entry: Entry) -> str:
    """Why a model does not run here."""
    if entry.status == "needs-file":
        return f"It does not run here yet: it needs {entry.needs}."
    if entry.source:
        return f"The catalogue {entry.source} describes it; Apercu does not run it."
    return "This version only describes it."


def say(found: Iterable[Part], speaks_for: list[str], against: list[str]) -> None:
    """Put each part's sentence on its side."""
    for part in found:
        if part.reason:
            (against if part.score < 0 else speaks_for).append(part.reason)


def _is_other_content(card: ModelCard, task: Task) -> bool:
    asked = {"photo" if kind == "face" else kind for kind in task.content}
    return bool(card.content and task.content) and not set(card.content) & asked


def _by_content(card: ModelCard, task: Task) -> float:
    """What the kinds of picture that a model learned from add to its rank."""
    if not (card.content and task.content):
        return 0.0
    return -_OTHER_CONTENT if _is_other_content(card, task) else _OWN_CONTENT


def _by_figures(card: ModelCard, figures: tuple[Figure, ...], task: Task) -> float:
    """What the figures of a LIIF model add to its rank: it stands beside the base, as far off as it measured.

    What it learned from counts only where it is surely better than the base: then as learned from this kind of picture;
    where that is so for one of several kinds, and for none the contrary, the base's own kind is not held against it.
    Where speed is wished for, the base is not what it is held against.
    """
    level = _by_content(card if "speed" in task.wish else model_cards()[BASE], task)
    if task.content and all(figure.gain.low > 0 for figure in figures):
        level = _OWN_CONTENT
    elif set(task.content) & set(card.content) and any(figure.gain.low > 0 for figure in figures):
        level = level if any(figure.gain.high < 0 for figure in figures) else max(level, 0.0)
    mean = sum(figure.gain.mean for figure in figures) / len(figures)
    return level + max(-_MOST_FOR_DECIBELS, min(_MOST_FOR_DECIBELS, _FOR_A_DECIBEL * mean))


def by_factor(factors: tuple[float, ...], task: Task) -> tuple[float, str]:
    """What fixed factors cost a model in rank, and the reason for or against it."""
    asked = max(task.scale) if task.scale else task.factor
    does = " or ".join(f"{factor:g}" for factor in factors)
    if asked is None:
        return _TOO_LARGE_A_FACTOR, f"It enlarges {does} times only; another factor takes a plain resize."
    if task.scale and min(task.scale) < max(task.scale) <= max(factors):
        y, x = task.scale
        return _SHRUNK_TO_A_FRACTION, (
            f"It enlarges {does} times on both axes, so its result is shrunk to {x:g}x the width and {y:g}x the height."
        )
    if asked in factors:
        return 0.0, f"It enlarges {asked:g} times, as asked."
    if asked < max(factors):
        cost = _TOO_LARGE_A_FACTOR if asked.is_integer() else _SHRUNK_TO_A_FRACTION
        return cost, f"It enlarges {does} times only, so its result is shrunk to {asked:g} times."
    return _TOO_SMALL_A_FACTOR, f"It enlarges {does} times only; the rest to {asked:g} times is plain interpolation."
