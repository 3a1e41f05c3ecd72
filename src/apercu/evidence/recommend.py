"""Choose models for a question from the catalogue, with reasons on both sides, or abstain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apercu.catalogue import Entry, catalogue
from apercu.evidence.by_picture import dealt_by_picture, told_which_counts
from apercu.evidence.carded import STATUS_SCORE, VERDICT_SCORE, by_factor, consider, not_here, say
from apercu.evidence.conditions import as_asked, conditions_of, left_out_of
from apercu.evidence.measured import figures_for
from apercu.evidence.prefer import chosen_before, held_behind, past_choices, preferred
from apercu.evidence.suits import Part, called_families, parts, ruled_out, shared_words
from apercu.evidence.sure import (
    in_letters_that_are_read,
    runner_up_of,
    sureness_of,
    what_tells_apart,
    what_was_not_taken,
)
from apercu.records import Preference, Recommendation, RecommendedModel, Task
from apercu.registry import model_cards
from apercu.settings import Settings
from apercu.tasks import TASK_WORDS

_ASKED_FOR, _REFUSED = Part(1.0, "The question names this very model."), Part(-2.0, "The question does not want it.")
MOST_DESCRIBED = 12
_REPAIRS = frozenset({"restoration", "denoise", "deblur"})
_LANGUAGES = "English, German, French, Spanish, Korean, Japanese and Chinese"


def recommend_for(
    task: Task,
    settings: Settings,
    *,
    question: str = "",
    prefer: Sequence[Preference] = (),
    source: str | None = None,
    predicted: Mapping[str, Part] | None = None,
    asked: Mapping[str, bool] | None = None,
) -> Recommendation:
    """Rank the models that bear on a task; `related.related_papers` finds the papers.

    A model is proposed when its card says that it does the task, or that it bears on it. The score adds up the verdict,
    whether it runs here, and how it suits the kind of picture and the wish: it is a rank, not a probability. Among the
    LIIF models, what was measured on that kind of picture counts in place of what a card says about it. What a question
    forbids is not proposed (`suits.ruled_out`), and where no model does the task, nothing is.

    Args:
        task: what was read from the question.
        settings: where the weights are, and whether past choices count.
        question: its words, which are held against those of the catalogue.
        prefer: what somebody prefers whatever the question says; each shifts the ranks, with a reason.
        source: the name of an imported catalogue; only its models are proposed then.
        predicted: how models will do on the picture that the question is about, by id (`evidence.by_picture`).
        asked: ids of models that the question names, not only their family: True where it asks for one, False if it
            refuses it.
    """
    if len(task.steps) > 1 and set(task.steps) & _REPAIRS:
        task = task.model_copy(update={"damage": ()})  # another step undoes it first
    figures = figures_for(task)
    every = catalogue(settings)
    given = {id: entry for id, entry in every.items() if source is None or entry.source == source}
    entries = {id: entry for id, entry in given.items() if not ruled_out(entry, task)}
    if task.damage:
        entries = {id: _with_damage_of_its_weights(entry, every) for id, entry in entries.items()}
    by_card = {alias: entry for entry in entries.values() for alias in entry.aliases if not entry.source}
    counted = past_choices(task.id, settings)

    def shifts(entry: Entry) -> list[Part]:
        found = (*preferred(entry, task, prefer), chosen_before((entry.id, *entry.aliases), counted))
        return [part for part in found if part.score]

    asked_for = {id: _ASKED_FOR if wanted else _REFUSED for id, wanted in (asked or {}).items()}
    carded = [
        _shifted(model, [part]) if (part := asked_for.get(card.id)) else model
        for card in model_cards(settings).values()
        if (entry := by_card.get(card.id)) and (model := consider(card, entry, task, figures))
    ]
    carded = [_meeting(model, by_card[model.id], task) for model in carded]
    named = bool(task.named or asked_for)
    carded = dealt_by_picture(carded, predicted or {}, keep_order=named)
    if predicted and not named and not {"speed", "crispness"} & set(task.wish):  # they weigh more than dB
        carded = told_which_counts(carded, predicted, figures)
    unmoved = carded
    carded = [_shifted(model, shifts(by_card[model.id])) for model in carded]
    known = {model.name for model in carded}
    words = shared_words(question, {id: entry for id, entry in entries.items() if entry.task == task.id})
    scored = sorted(
        (
            (_score_of(entry, found := [*_parts_of(entry, task, words), *shifts(entry)]), id, found)
            for id, entry in entries.items()
            if entry.task == task.id and id not in known
        ),
        key=lambda item: -item[0],
    )
    best: dict[str, RecommendedModel] = {}
    for score, id, found in scored:
        family = entries[id].family
        if family not in best and len(best) < MOST_DESCRIBED:  # the best of its variants stands for a family
            best[family] = _meeting(_described(entries[id], task, score, found), entries[id], task)
    models = tuple(sorted((*carded, *best.values()), key=lambda model: -model.score))
    beside = _called_beside(models, entries, task)
    if len(task.steps) == 1:
        models, beside = tuple(sorted((*models, *beside), key=lambda model: -model.score)), ()
    if prefer or counted:
        others = [
            (_score_of(entries[id], _parts_of(entries[id], task, words)), entries[id].status) for _, id, _ in scored
        ]
        ranks = [*((model.score, model.status) for model in unmoved), *others]
        if max(ranks, default=(0.0, "described"))[1] == "runs":  # by the question itself no other model comes first
            models = tuple(held_behind(models))
    abstained = task.id == "other" or not any(model.task == task.id for model in models)
    other = runner_up_of(models) if models and not abstained else None
    readable = in_letters_that_are_read(question)
    sure = sureness_of(task.margin if readable else None, () if abstained else models)
    if passed := what_was_not_taken(task):
        sure = sure.model_copy(update={"text": f"{sure.text} {passed}"})
    models = (*models[:1], *beside, *models[1:])
    doing = [entry for entry in given.values() if entry.task == task.id]
    return Recommendation(
        task=task,
        abstained=abstained,
        conditions=tuple(conditions_of(task)),
        considered=len(doing),
        left_out=left_out_of(doing, task),
        why=_why_not(task, doing, readable=readable) if abstained else "",
        sureness=sure,
        runner_up=other.id if other else None,
        against_runner_up=what_tells_apart(models, other) if other else "",
        models=() if abstained else models,
    )


def _called_beside(
    models: Sequence[RecommendedModel], entries: Mapping[str, Entry], task: Task
) -> tuple[RecommendedModel, ...]:
    """Models that the question calls by name and whose task stands beside its own, the best of each family.

    They repair faces, which the catalogue counts as a task of its own, or do another step of a chain; these come after
    the first model for the main task, by whose rank they are listed.
    """
    known = {model.family for model in models}
    best: dict[str, RecommendedModel] = {}
    for entry in entries.values():
        repairs = entry.task == "face_edit" and entry.damage and set(task.steps) & _REPAIRS
        if entry.family not in called_families(task) - known or not (repairs or entry.task in task.steps):
            continue
        own = task.model_copy(update={"id": entry.task})
        found = _parts_of(entry, own, {})
        score = _score_of(entry, found)
        if entry.family not in best or score > best[entry.family].score:
            best[entry.family] = _meeting(_described(entry, own, score, found), entry, task)
    if len(task.steps) == 1 or not models:
        return tuple(best.values())
    return tuple(model.model_copy(update={"score": models[0].score}) for model in best.values())


def _meeting(model: RecommendedModel, entry: Entry, task: Task) -> RecommendedModel:
    """A model that says how it meets what the question demands."""
    said = as_asked(entry, task)
    return model.model_copy(update={"as_asked": said, "reasons_for": (*model.reasons_for, *said)}) if said else model


def _with_damage_of_its_weights(entry: Entry, entries: Mapping[str, Entry]) -> Entry:
    """A model that runs here with the damage that the family's file says of the same weights."""
    if entry.damage or entry.status != "runs":
        return entry
    names = {name.casefold() for name in entry.aliases}
    for other in entries.values():
        if other.damage and other.family == entry.family and names & {name.casefold() for name in other.aliases}:
            return entry.model_copy(update={"damage": other.damage})
    return entry


def _shifted(model: RecommendedModel, shifts: Sequence[Part]) -> RecommendedModel:
    """A model with what preferences, past choices and predictions add to its rank, each with its reason."""
    if not shifts:
        return model
    speaks_for, against = list(model.reasons_for), list(model.reasons_against)
    say(shifts, speaks_for, against)
    score = round(model.score + sum(part.score for part in shifts), 3)
    because = (*model.because, *(part.reason for part in shifts))
    more = {"score": score, "reasons_for": tuple(speaks_for), "reasons_against": tuple(against), "because": because}
    return model.model_copy(update=more)


def _why_not(task: Task, doing: Sequence[Entry], *, readable: bool) -> str:
    """Why nothing is recommended, though the entries of `doing` do the task."""
    if not readable:
        return f"The question is written in letters of a language that is not read; {_LANGUAGES} are."
    if task.id == "other" and task.margin is None:
        return f"Few words of the question are known; {_LANGUAGES} are read."
    if task.id == "other":
        return "Nothing that a model of the catalogue does was found in the question."
    if not doing:
        return f"No model of the catalogue is made for {TASK_WORDS[task.id]}."
    reasons = [reason for entry in doing if (reason := ruled_out(entry, task))]
    named = dict.fromkeys(reasons)
    return f"Of {len(doing)} models for {TASK_WORDS[task.id]} none is left: {'; '.join(list(named)[:3])}."


def _parts_of(entry: Entry, task: Task, words: Mapping[str, float]) -> list[Part]:
    """What of a model that has no card of its own counts."""
    found = list(parts(entry, task, words))
    if task.id == "super_resolution" and entry.factors and entry.factors != "any":
        cost, reason = by_factor(entry.factors, task)
        found.append(Part(-cost, reason))
    return found


def _score_of(entry: Entry, found: Sequence[Part]) -> float:
    return round(VERDICT_SCORE["direct"] + STATUS_SCORE[entry.status] + sum(part.score for part in found), 3)


def _described(entry: Entry, task: Task, score: float, found: Sequence[Part]) -> RecommendedModel:
    """A model that has no card of its own, by what the catalogue says of it."""
    speaks_for, against = [f"It was made for {TASK_WORDS[task.id]}."], [not_here(entry)]
    if task.id == "super_resolution" and entry.factors == "any":
        speaks_for.append("It does any factor from 1 upwards.")
    say(found, speaks_for, against)
    return RecommendedModel(
        id=entry.id, name=entry.id, family=entry.family, task=entry.task, factors=entry.factors, status=entry.status,
        links=entry.links, licence=entry.licence,
        score=score,
        reasons_for=tuple(speaks_for), reasons_against=tuple(against),
    )  # fmt: skip
