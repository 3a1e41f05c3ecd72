"""The brief that a recommendation amounts to: what an answer may use of it."""

from __future__ import annotations

from apercu.records import Brief, BriefEntry, Recommendation, RecommendedModel, RelatedPaper

MODELS_IN_BRIEF = 1
PAPERS_IN_BRIEF = 4


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
