"""Choose models and papers for a question from the cards that exist, with reasons on both sides, or abstain."""

from __future__ import annotations

from collections.abc import Mapping

from apercu.evidence.cards import paper_cards
from apercu.evidence.fit import TASK_WORDS, verdict_on
from apercu.evidence.measured import BASE, Figure, figures_for, quickness
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
from apercu.registry import model_cards, model_status
from apercu.settings import Settings

_VERDICT_SCORE: dict[Verdict, float] = {"direct": 1.0, "transferable": 0.3, "off-topic": 0.0, "unknown": 0.0}
_STATUS_SCORE = {"runs": 0.3, "needs-file": 0.1, "described": 0.0}
_OTHER_CONTENT, _OWN_CONTENT = 0.1, 0.05
_TOO_LARGE_A_FACTOR, _TOO_SMALL_A_FACTOR = 0.1, 0.3
_FOR_A_DECIBEL, _MOST_FOR_DECIBELS = 0.05, 0.15
_SPEED = {"low": 0.3, "medium": 0.0, "high": -0.2}
_MEASURED_QUICK = 0.2
MODELS_IN_BRIEF = 1
PAPERS_IN_BRIEF = 4


def recommend_for(task: Task, settings: Settings) -> Recommendation:
    """Rank the models and papers that bear on a task.

    A model is proposed when its card says that it does the task, or that it bears on it. The score adds up the verdict,
    whether it runs here, and how it suits the kind of picture and the wish: it is a rank, not a probability. Among the
    LIIF models, what was measured on that kind of picture counts in place of what a card says about it. Where no model
    does the task, nothing is proposed.
    """
    figures = figures_for(task)
    models = sorted(
        (model for card in model_cards().values() if (model := _consider(card, task, figures, settings))),
        key=lambda model: -model.score,
    )
    papers = [_related(paper, task) for paper in paper_cards().values()]
    fitting = sorted(
        (paper for paper in papers if paper.verdict in ("direct", "transferable")),
        key=lambda paper: -_VERDICT_SCORE[paper.verdict],
    )
    abstained = not any(verdict_on(card, task)[0] == "direct" for card in model_cards().values())
    return Recommendation(
        task=task,
        abstained=abstained,
        models=() if abstained else tuple(models),
        papers=() if abstained else tuple(fitting),
    )


def brief_of(question: str, recommendation: Recommendation, asked: tuple[str, ...]) -> Brief:
    """The brief that a recommendation amounts to: the best model and the nearest papers, as in a prompt."""
    chosen = recommendation.models[:MODELS_IN_BRIEF]
    papers = recommendation.papers[:PAPERS_IN_BRIEF]
    return Brief(
        question=question,
        models=tuple(_model_entry(model.id) for model in chosen),
        papers=tuple(_paper_entry(paper) for paper in papers),
        asked=asked,
    )


def _consider(
    card: ModelCard, task: Task, figures: Mapping[str, tuple[Figure, ...]], settings: Settings
) -> RecommendedModel | None:
    verdict = verdict_on(card, task)[0]
    if verdict not in ("direct", "transferable"):
        return None
    status = model_status(card, settings)
    score = _VERDICT_SCORE[verdict] + _STATUS_SCORE[status]
    speaks_for = [f"It was made for {TASK_WORDS[task.id]}."] if verdict == "direct" else []
    against = [relation.reason for relation in card.relations if relation.task == task.id and verdict != "direct"]
    if status == "runs":
        speaks_for.append("It runs on this machine now.")
    else:
        against.append(
            f"It does not run here yet: it needs {card.needs}."
            if status == "needs-file"
            else "This version only describes it."
        )
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
        score=round(score, 3), reasons_for=tuple(speaks_for), reasons_against=tuple(against),
    )  # fmt: skip


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


def _model_entry(name: str) -> BriefEntry:
    card = model_cards()[name]
    return BriefEntry(name=card.name, paper=_first(card.links, "arxiv.org"), github=_first(card.links, "github.com"))


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
