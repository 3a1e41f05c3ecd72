"""Papers about the task of a question: of the user's own index if there is one, else of the curated papers.

A paper is about a task if its curated card says so, or, for a paper of the user's own, if its title names the task, or
its abstract names it before any other and more than once. Others are not proposed, save the few with a card of their
own that says how they bear on the task; those come last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from apercu.evidence.cards import arxiv_id, paper_cards
from apercu.evidence.fit import verdict_on
from apercu.evidence.refused import why_refused
from apercu.evidence.suits import shared_rarity
from apercu.evidence.topics import tasks_in
from apercu.papers.library import curated, own_index, search_papers
from apercu.records import CuratedPaper, IndexedPaper, Paper, RecommendedModel, RelatedPaper, Task
from apercu.settings import Settings
from apercu.tasks import TASK_WORDS

MOST = 10
"""Papers about the task that are proposed."""
SEARCHED = 60
"""Papers that the user's index is asked for; those about the task are taken."""
_TOPICS = {
    "ui": ("icon", "user interface"), "illustration": ("illustration", "hand-drawn texture"), "anime": ("anime",),
    "text": ("text",), "pixel_art": ("vector graphics",), "face": ("face",), "photo": ("real-world degradation",),
    "jpeg": ("jpeg",), "blur": ("blur kernel", "blind"), "noise": ("noise", "denoising"),
    "fidelity": ("fidelity", "fidelity control", "invention"), "crispness": ("perceptual quality",),
    "speed": ("lightweight",),
}  # fmt: skip
"""Which topics of a curated paper speak to a kind of picture, a damage or a wish."""
_GENERATIVE = frozenset({"gan", "diffusion"})
_ASIDE = {"video": 0.6, "data set": 0.6, "benchmark": 0.6, "challenge": 0.6, "survey": 0.2, "text prompt": 0.3}
"""Topics that stand in the way of an explanation, unless the question names them."""
_TOPIC, _OF_THE_MODEL, _OF_THE_INDEX = 0.4, 20.0, 10.0
_OF_ANOTHER = (1.0, 0.1, 0.3)
"""What the paper of a model in one of the first places gains: so much, less so much for each place, but this at least
where any model of the recommendation is its own."""
_SHARED_AT_LEAST = 3.0
"""Rarity of shared words from which they count in full: "enlarge" alone tells these papers apart by little."""
_MADE_UP = 0.6
"""What a paper about networks that draw likely texture loses where nothing may be made up."""


def related_papers(
    question: str, task: Task, models: Sequence[RecommendedModel], settings: Settings
) -> tuple[RelatedPaper, ...]:
    """The papers for a question, the best first.

    The papers of the first model, and of the first that runs here, lead. With an index of the user's own, what it finds
    comes next, in its order; then the curated papers by the rare words that they share with the question, by their
    topics, and by whether they are of another of the models. Papers about networks that the question rules out come
    last and say so, as many as would have come first.

    Raises:
        InputError: the user's index is damaged.
    """
    leading = (*models[:1], *[model for model in models if model.status == "runs"][:1])
    wanted = {number for model in leading for link in model.links if (number := arxiv_id(link))}
    scores = _curated_scores(question, task, models)
    found = {paper_id(paper): _of_curated(paper, task) for paper, _ in scores}
    order = {paper_id(paper): score + _OF_THE_MODEL * (paper.arxiv in wanted) for paper, score in scores}
    abstracts = {}
    if own_index(settings):
        for rank, paper in enumerate(_found_by_user(question, task, settings)):
            key = paper.arxiv or paper.id
            if key not in found:
                found[key], abstracts[key] = _of_index(paper, task), paper.abstract
            order[key] = _OF_THE_MODEL * (key in wanted) + _OF_THE_INDEX - rank / SEARCHED
    kept, refused = _parted(task, sorted(found, key=lambda key: (-order[key], key)), found, abstracts)
    told = {paper.id for paper in (*kept, *refused)}
    bearing = {
        card.id: _of_card(card, task)
        for card in paper_cards().values()
        if card.id not in told and verdict_on(card, task)[0] == "transferable"
    }
    bears, refused_bearing = _parted(task, list(bearing), bearing, {})
    return (*kept, *bears, *refused, *refused_bearing)


def _parted(
    task: Task, ranked: Sequence[str], found: Mapping[str, RelatedPaper], abstracts: Mapping[str, str]
) -> tuple[list[RelatedPaper], list[RelatedPaper]]:
    """The first papers about what a question allows, and those it rules out that would have been among the first."""
    topics = {paper_id(paper): paper.topics for paper in curated()}
    kept: list[RelatedPaper] = []
    refused: list[RelatedPaper] = []
    for rank, key in enumerate(ranked):
        if len(kept) == MOST:
            break
        paper = found[key]
        why = why_refused(
            task, arxiv=paper.arxiv, title=paper.title, topics=topics.get(key, ()), abstract=abstracts.get(key, "")
        )
        if not why:
            kept.append(paper)
        elif rank < MOST:
            refused.append(paper.model_copy(update={"ruled_out": why}))
    return kept, refused


def is_about(title: str, abstract: str, task: Task) -> bool:
    """Whether a paper's own words say that it is about a task."""
    if any(hit.task == task.id for hit in tasks_in(title)):
        return True
    first = next(iter(tasks_in(abstract)), None)
    return bool(first and first.task == task.id and abstract.casefold().count(first.quote.casefold()) > 1)


def paper_id(paper: CuratedPaper) -> str:
    """What a curated paper is called in a recommendation: its arXiv number, else its short name."""
    return paper.arxiv or paper.short


def _curated_scores(question: str, task: Task, models: Sequence[RecommendedModel]) -> list[tuple[CuratedPaper, float]]:
    papers = [paper for paper in curated() if task.id in paper.tasks and task.id != "other"]
    places: dict[str, int] = {}
    for place, model in enumerate(models):
        for link in model.links:
            places.setdefault(arxiv_id(link) or link, place)
    texts = {paper_id(paper): f"{paper.title} {paper.about} {' '.join(paper.topics)}" for paper in papers}
    shared = shared_rarity(_without_kinds(question, task), texts, least=_SHARED_AT_LEAST)
    wished = {topic for name in (*task.content, *task.damage, *task.wish) for topic in _TOPICS.get(name, ())}
    if task.factor and task.factor not in (2, 3, 4, 8):
        wished.add("any-factor")
    asked = question.casefold()
    scored = []
    for paper in papers:
        score = shared.get(paper_id(paper), 0.0) + _TOPIC * len(wished.intersection(paper.topics))
        score -= sum(cost for topic, cost in _ASIDE.items() if topic in paper.topics and topic not in asked)
        score += bool(re.search(rf"(?<!\w){re.escape(paper.short.casefold())}(?!\w)", asked))
        score -= 0.1 * (len(paper.tasks) - 1)
        score -= _MADE_UP * ("fidelity" in task.wish and not _GENERATIVE.isdisjoint(paper.topics))
        found = [places[link] for link in (paper.arxiv, *paper.links) if link in places]
        score += max(_OF_ANOTHER[0] - _OF_ANOTHER[1] * min(found), _OF_ANOTHER[2]) if found else 0
        scored.append((paper, score))
    return scored


def _without_kinds(question: str, task: Task) -> str:
    """A question less words for kinds of picture that mean something else in papers: a "drawing" is not "drawn at any
    size", nor "pixel art" a shuffle of pixels.
    """
    for facet in task.facets:
        if facet.kind == "content" and facet.value in ("illustration", "pixel_art"):
            question = question.replace(facet.quote, " ")
    return question


def _found_by_user(question: str, task: Task, settings: Settings) -> list[IndexedPaper]:
    words = "image super-resolution" if task.id == "super_resolution" else TASK_WORDS[task.id]
    found = search_papers(f"{question} {words}", settings=settings, limit=SEARCHED).papers
    return [
        hit.paper
        for hit in found
        if (task.id in hit.paper.categories if hit.paper.source == "Apercu" else _is_about(hit.paper, task))
    ]


def _is_about(paper: IndexedPaper, task: Task) -> bool:
    return is_about(paper.title, paper.abstract, task)


def _of_curated(paper: CuratedPaper, task: Task) -> RelatedPaper:
    card = paper_cards().get(paper.arxiv or "")
    if card and verdict_on(card, task)[0] == "direct":
        return _of_card(card, task)
    return RelatedPaper(
        id=paper_id(paper), title=paper.title, arxiv=paper.arxiv, links=paper.links, verdict="direct",
        reason=f"{paper.short} is about {paper.about}.", summary=f"It is about {paper.about}.",
    )  # fmt: skip


def _of_index(paper: IndexedPaper, task: Task) -> RelatedPaper:
    first = re.split(r"(?<=[.!?])\s", paper.abstract, maxsplit=1)[0][:300]
    return RelatedPaper(
        id=paper.arxiv or paper.id, title=paper.title, arxiv=paper.arxiv, links=paper.links, verdict="direct",
        reason=f"Found in your index of papers; its own words name {TASK_WORDS[task.id]}.", summary=first,
    )  # fmt: skip


def _of_card(card: Paper, task: Task) -> RelatedPaper:
    verdict, relation = verdict_on(card, task)
    return RelatedPaper(
        id=card.id, title=card.title, arxiv=card.arxiv, links=card.links, verdict=verdict,
        reason=relation.reason if relation else f"{card.short} is about {card.about}.",
        summary=f"It is about {card.about}.",
    )  # fmt: skip
