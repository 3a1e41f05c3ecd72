"""Choose models and papers for a question from the cards that exist, with reasons on both sides, or abstain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apercu.catalogue import Entry, catalogue
from apercu.evidence.by_picture import dealt_by_picture
from apercu.evidence.cards import paper_cards
from apercu.evidence.fit import TASK_WORDS, verdict_on
from apercu.evidence.measured import BASE, Figure, figures_for, quickness
from apercu.evidence.suits import NAMED, Part, by_damage, by_guessing, parts, ruled_out, shared_words
from apercu.records import (
    Brief,
    BriefEntry,
    ModelCard,
    Paper,
    Recommendation,
    RecommendedModel,
    RelatedPaper,
    Task,
    Verdict,
)
from apercu.registry import model_cards
from apercu.settings import Settings

_VERDICT_SCORE: dict[Verdict, float] = {"direct": 1.0, "transferable": 0.3, "off-topic": 0.0, "unknown": 0.0}
_STATUS_SCORE = {"runs": 0.3, "needs-file": 0.1, "described": 0.0}
_OTHER_CONTENT, _OWN_CONTENT = 0.1, 0.05
_TOO_LARGE_A_FACTOR, _TOO_SMALL_A_FACTOR = 0.1, 0.3
_FOR_A_DECIBEL, _MOST_FOR_DECIBELS = 0.05, 0.15
_SPEED = {"low": 0.3, "medium": 0.0, "high": -0.2}
_MEASURED_QUICK = 0.2
_PIXELS_STAY = 1.0
MOST_DESCRIBED = 12
_REPAIRS = frozenset({"restoration", "denoise", "deblur"})
MODELS_IN_BRIEF = 1
PAPERS_IN_BRIEF = 4


def recommend_for(
    task: Task, settings: Settings, *, question: str = "", predicted: Mapping[str, Part] | None = None
) -> Recommendation:
    """Rank the models and papers that bear on a task.

    A model is proposed when its card says that it does the task, or that it bears on it. The score adds up the verdict,
    whether it runs here, and how it suits the kind of picture and the wish: it is a rank, not a probability. Among the
    LIIF models, what was measured on that kind of picture counts in place of what a card says about it. What a question
    forbids is not proposed (`suits.ruled_out`), and where no model does the task, nothing is.

    Args:
        task: what was read from the question.
        settings: where the weights are.
        question: its words, which are held against those of the catalogue.
        predicted: how models will do on the picture that the question is about, by id (`evidence.by_picture`).
    """
    if len(task.steps) > 1 and set(task.steps) & _REPAIRS:
        task = task.model_copy(update={"damage": ()})  # another step undoes it first
    figures = figures_for(task)
    entries = {id: entry for id, entry in catalogue(settings).items() if not ruled_out(entry, task)}
    by_card = {alias: entry for entry in entries.values() for alias in entry.aliases}
    carded = [
        model
        for card in model_cards(settings).values()
        if (entry := by_card.get(card.id)) and (model := _consider(card, entry, task, figures))
    ]
    carded = dealt_by_picture(carded, predicted or {}, keep_order=bool(task.named))
    known = {model.name for model in carded}
    words = shared_words(question, {id: entry for id, entry in entries.items() if entry.task == task.id})
    described = [
        _described(entry, task, words) for id, entry in entries.items() if entry.task == task.id and id not in known
    ]
    by_family: dict[str, RecommendedModel] = {}
    for model in sorted(described, key=lambda model: -model.score):
        by_family.setdefault(model.family, model)  # the best of its variants stands for a family
    models = sorted((*carded, *list(by_family.values())[:MOST_DESCRIBED]), key=lambda model: -model.score)
    papers = [_related(paper, task) for paper in paper_cards().values()]
    fitting = sorted(
        (paper for paper in papers if paper.verdict in ("direct", "transferable")),
        key=lambda paper: -_VERDICT_SCORE[paper.verdict],
    )
    abstained = task.id == "other" or not any(model.task == task.id for model in models)
    return Recommendation(
        task=task,
        abstained=abstained,
        models=() if abstained else tuple(models),
        papers=() if abstained else tuple(fitting),
    )


def brief_of(question: str, recommendation: Recommendation, asked: tuple[str, ...]) -> Brief:
    """The brief that a recommendation amounts to: the best model, one that runs here if any, and nearest papers."""
    runs = [model for model in recommendation.models if model.status == "runs"]
    chosen = (runs or list(recommendation.models))[:MODELS_IN_BRIEF]
    papers = recommendation.papers[:PAPERS_IN_BRIEF]
    return Brief(
        question=question,
        models=tuple(_model_entry(model) for model in chosen),
        papers=tuple(_paper_entry(paper) for paper in papers),
        asked=asked,
    )


def _described(entry: Entry, task: Task, words: Mapping[str, float]) -> RecommendedModel:
    """A model that has no card of its own, by what the catalogue says of it."""
    score = _VERDICT_SCORE["direct"] + _STATUS_SCORE[entry.status]
    speaks_for, against = [f"It was made for {TASK_WORDS[task.id]}."], [_not_here(entry)]
    if task.id == "super_resolution" and entry.factors == "any":
        speaks_for.append("It does any factor from 1 upwards.")
    found = list(parts(entry, task, words))
    if task.id == "super_resolution" and entry.factors and entry.factors != "any":
        cost, reason = _by_factor(entry.factors, task)
        found.append(Part(-cost, reason))
    _say(found, speaks_for, against)
    return RecommendedModel(
        id=entry.id, name=entry.id, family=entry.family, task=entry.task, factors=entry.factors, status=entry.status,
        links=entry.links,
        score=round(score + sum(part.score for part in found), 3),
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
        against.append("It only blends the pixels that are there, so edges stay soft.")
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
    else:
        score += _by_content(card, task)
        if _is_other_content(card, task):
            learned, asked = " and ".join(card.content), " and ".join(task.content)
            against.append(f"It learned from pictures of the kind {learned}, and the question is about {asked}.")
    if task.damage and card.expects and card.family != "interpolation":  # a formula expects nothing
        against.append(f"It expects {card.expects}.")
    if "speed" in task.wish:
        score += _SPEED[card.cost]
        if card.family == "LIIF" and (quick := quickness(card.id)):
            score += _MEASURED_QUICK
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
    return "This version only describes it."


def _say(found: Iterable[Part], speaks_for: list[str], against: list[str]) -> None:
    """Put each part's sentence on its side."""
    for part in found:
        if part.reason:
            (against if part.score < 0 else speaks_for).append(part.reason)


def _is_other_content(card: ModelCard, task: Task) -> bool:
    return bool(card.content and task.content) and not set(card.content) & set(task.content)


def _by_content(card: ModelCard, task: Task) -> float:
    """What the kinds of picture that a model learned from add to its rank."""
    if not (card.content and task.content):
        return 0.0
    return -_OTHER_CONTENT if _is_other_content(card, task) else _OWN_CONTENT


def _by_figures(card: ModelCard, figures: tuple[Figure, ...], task: Task) -> float:
    """What the figures of a LIIF model add to its rank: it stands beside the base, as far off as it measured.

    What it learned from counts only where it is surely better than the base: then as learned from this kind of picture.
    Where speed is wished for, the base is not what it is held against.
    """
    level = _by_content(card if "speed" in task.wish else model_cards()[BASE], task)
    if task.content and all(figure.gain.low > 0 for figure in figures):
        level = _OWN_CONTENT
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
        return _TOO_LARGE_A_FACTOR, f"It enlarges {does} times only, so its result is shrunk to {asked:g} times."
    return _TOO_SMALL_A_FACTOR, f"It enlarges {does} times only; the rest to {asked:g} times is plain interpolation."


def _related(paper: Paper, task: Task) -> RelatedPaper:
    verdict, relation = verdict_on(paper, task)
    reason = relation.reason if relation else f"{paper.short} is about {paper.about}."
    return RelatedPaper(
        id=paper.id,
        title=paper.title,
        arxiv=paper.arxiv,
        links=paper.links,
        verdict=verdict,
        reason=reason,
    )


def _model_entry(model: RecommendedModel) -> BriefEntry:
    paper, code = _first(model.links, "arxiv.org"), _first(model.links, "github.com")
    return BriefEntry(name=model.name, paper=paper, github=code)


def _paper_entry(paper: RelatedPaper) -> BriefEntry:
    card = paper_cards()[paper.id]
    return BriefEntry(
        name=card.title,
        paper=_first(card.links, "arxiv.org"),
        github=_first(card.links, "github.com"),
        summary=f"It is about {card.about}.",
    )


def _first(links: tuple[str, ...], host: str) -> str | None:
    return next((link for link in links if f"//{host}/" in link), None)
