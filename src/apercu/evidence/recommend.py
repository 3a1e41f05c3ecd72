"""Choose models for a question from the catalogue, with reasons on both sides, or abstain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from apercu.catalogue import Entry, catalogue
from apercu.evidence.by_picture import dealt_by_picture, told_which_counts
from apercu.evidence.fit import TASK_WORDS, verdict_on
from apercu.evidence.measured import BASE, Figure, figures_for, quickness
from apercu.evidence.prefer import chosen_before, held_behind, past_choices, preferred
from apercu.evidence.suits import (
    NAMED,
    Part,
    by_content,
    by_damage,
    by_guessing,
    parts,
    ruled_out,
    shared_words,
    speed_part,
)
from apercu.evidence.sure import (
    in_letters_that_are_read,
    runner_up_of,
    sureness_of,
    what_tells_apart,
    what_was_not_taken,
)
from apercu.records import (
    Brief,
    BriefEntry,
    Content,
    Damage,
    ModelCard,
    Preference,
    Recommendation,
    RecommendedModel,
    RelatedPaper,
    Task,
    Verdict,
)
from apercu.registry import model_cards
from apercu.settings import Settings

_VERDICT_SCORE: dict[Verdict, float] = {"direct": 1.0, "transferable": 0.3, "off-topic": 0.0, "unknown": 0.0}
_STATUS_SCORE = {"runs": 0.3, "needs-file": 0.05, "described": 0.0}
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
_ASKED_FOR, _REFUSED = Part(1.0, "The question names this very model."), Part(-2.0, "The question does not want it.")
MOST_DESCRIBED = 12
_REPAIRS = frozenset({"restoration", "denoise", "deblur"})
_LANGUAGES = "English, German, French, Spanish, Korean, Japanese and Chinese"
MODELS_IN_BRIEF = 1
PAPERS_IN_BRIEF = 4


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
        if (entry := by_card.get(card.id)) and (model := _consider(card, entry, task, figures))
    ]
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
            best[family] = _described(entries[id], task, score, found)
    models = tuple(sorted((*carded, *best.values()), key=lambda model: -model.score))
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
    return Recommendation(
        task=task,
        abstained=abstained,
        why=_why_not(task, given.values(), readable=readable) if abstained else "",
        sureness=sure,
        runner_up=other.id if other else None,
        against_runner_up=what_tells_apart(models[0], other) if other else "",
        models=() if abstained else models,
    )


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
    _say(shifts, speaks_for, against)
    score = round(model.score + sum(part.score for part in shifts), 3)
    because = (*model.because, *(part.reason for part in shifts))
    more = {"score": score, "reasons_for": tuple(speaks_for), "reasons_against": tuple(against), "because": because}
    return model.model_copy(update=more)


def _why_not(task: Task, entries: Iterable[Entry], *, readable: bool) -> str:
    """Why nothing is recommended."""
    if not readable:
        return f"The question is written in letters of a language that is not read; {_LANGUAGES} are."
    if task.id == "other" and task.margin is None:
        return f"Few words of the question are known; {_LANGUAGES} are read."
    if task.id == "other":
        return "Nothing that a model of the catalogue does was found in the question."
    doing = [entry for entry in entries if entry.task == task.id]
    if not doing:
        return f"No model of the catalogue is made for {TASK_WORDS[task.id]}."
    reasons = [reason for entry in doing if (reason := ruled_out(entry, task))]
    named = dict.fromkeys(reasons)
    return f"Of {len(doing)} models for {TASK_WORDS[task.id]} none is left: {'; '.join(list(named)[:3])}."


def taken_of(recommendation: Recommendation) -> tuple[RecommendedModel, ...]:
    """What a brief takes of the models: the best, one that runs here if any."""
    runs = [model for model in recommendation.models if model.status == "runs"]
    return (*(runs or recommendation.models),)[:MODELS_IN_BRIEF]


def brief_of(question: str, recommendation: Recommendation, asked: tuple[str, ...]) -> Brief:
    """The brief that a recommendation amounts to: the best model, one that runs here if any, and nearest papers.

    None of the papers is about what the question rules out.
    """
    chosen = taken_of(recommendation)
    papers = [paper for paper in recommendation.papers if not paper.ruled_out][:PAPERS_IN_BRIEF]
    return Brief(
        question=question,
        models=tuple(_model_entry(model) for model in chosen),
        papers=tuple(_paper_entry(paper) for paper in papers),
        asked=asked,
    )


def _parts_of(entry: Entry, task: Task, words: Mapping[str, float]) -> list[Part]:
    """What of a model that has no card of its own counts."""
    found = list(parts(entry, task, words))
    if task.id == "super_resolution" and entry.factors and entry.factors != "any":
        cost, reason = _by_factor(entry.factors, task)
        found.append(Part(-cost, reason))
    return found


def _score_of(entry: Entry, found: Sequence[Part]) -> float:
    return round(_VERDICT_SCORE["direct"] + _STATUS_SCORE[entry.status] + sum(part.score for part in found), 3)


def _described(entry: Entry, task: Task, score: float, found: Sequence[Part]) -> RecommendedModel:
    """A model that has no card of its own, by what the catalogue says of it."""
    speaks_for, against = [f"It was made for {TASK_WORDS[task.id]}."], [_not_here(entry)]
    if task.id == "super_resolution" and entry.factors == "any":
        speaks_for.append("It does any factor from 1 upwards.")
    _say(found, speaks_for, against)
    return RecommendedModel(
        id=entry.id, name=entry.id, family=entry.family, task=entry.task, factors=entry.factors, status=entry.status,
        links=entry.links,
        score=score,
        reasons_for=tuple(speaks_for), reasons_against=tuple(against),
    )  # fmt: skip


def _consider(
    card: ModelCard, entry: Entry, task: Task, figures: Mapping[str, tuple[Figure, ...]]
) -> RecommendedModel | None:
    verdict = verdict_on(card, task)[0]
    if verdict not in ("direct", "transferable"):
        return None
    status = entry.status
    score = _VERDICT_SCORE[verdict] + _STATUS_SCORE[status]
    speaks_for = [f"It was made for {TASK_WORDS[task.id]}."] if verdict == "direct" else []
    against = [relation.reason for relation in card.relations if relation.task == task.id and verdict != "direct"]
    if status == "runs":
        speaks_for.append("It runs on this machine now.")
    else:
        against.append(_not_here(entry))
    if task.id == "super_resolution" and card.factors == "any":
        speaks_for.append("It does any factor from 1 upwards.")
    elif task.id == "super_resolution" and card.factors and card.factors != "any":
        cost, reason = _by_factor(card.factors, task)
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
    _say(found_parts, speaks_for, against)
    if card.family in task.named:
        score += NAMED
        speaks_for.append("The question names it.")
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
        _say((part,), speaks_for, against)
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
        links=card.links,
        score=round(score, 3), reasons_for=tuple(speaks_for), reasons_against=tuple(against),
    )  # fmt: skip


def _not_here(entry: Entry) -> str:
    """Why a model does not run here."""
    if entry.status == "needs-file":
        return f"It does not run here yet: it needs {entry.needs}."
    if entry.source:
        return f"The catalogue {entry.source} describes it; Apercu does not run it."
    return "This version only describes it."


def _say(found: Iterable[Part], speaks_for: list[str], against: list[str]) -> None:
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


def _by_factor(factors: tuple[float, ...], task: Task) -> tuple[float, str]:
    """What fixed factors cost a model in rank, and the reason for or against it."""
    asked = max(task.scale) if task.scale else task.factor
    does = " or ".join(f"{factor:g}" for factor in factors)
    if asked is None:
        return _TOO_LARGE_A_FACTOR, f"It enlarges {does} times only; another factor takes a plain resize."
    if asked in factors:
        return 0.0, f"It enlarges {asked:g} times, as asked."
    if asked < max(factors):
        cost = _TOO_LARGE_A_FACTOR if asked.is_integer() else _SHRUNK_TO_A_FRACTION
        return cost, f"It enlarges {does} times only, so its result is shrunk to {asked:g} times."
    return _TOO_SMALL_A_FACTOR, f"It enlarges {does} times only; the rest to {asked:g} times is plain interpolation."


def _model_entry(model: RecommendedModel) -> BriefEntry:
    paper, code = _first(model.links, "arxiv.org"), _first(model.links, "github.com")
    return BriefEntry(name=model.name, paper=paper, github=code)


def _paper_entry(paper: RelatedPaper) -> BriefEntry:
    return BriefEntry(
        name=paper.title,
        paper=_first(paper.links, "arxiv.org") or next(iter(paper.links), None),
        github=_first(paper.links, "github.com"),
        summary=paper.summary or None,
    )


def _first(links: tuple[str, ...], host: str) -> str | None:
    return next((link for link in links if f"//{host}/" in link), None)
