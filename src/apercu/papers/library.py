"""The papers that Apercu's developers chose, and how an index keeps them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from apercu.errors import EvidenceError
from apercu.records import CuratedPaper, IndexedPaper


@cache
def curated() -> tuple[CuratedPaper, ...]:
    """The papers that Apercu's developers chose and described, in the order of their file. Read once.

    Raises:
        EvidenceError: the file is damaged; the message names the line.
    """
    found = []
    file = files("apercu") / "cards" / "papers.jsonl"
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            found.append(CuratedPaper.model_validate_json(line))
        except ValueError as error:
            raise EvidenceError(f"line {number} of {file.name} is damaged ({error})") from error
    return tuple(found)


def indexed(paper: CuratedPaper) -> IndexedPaper:
    """A curated paper as the index keeps it: what it is about, in our words, stands for its abstract."""
    return IndexedPaper(
        id=f"arxiv:{paper.arxiv}" if paper.arxiv else f"apercu:{paper.short}",
        title=paper.title,
        abstract=f"The paper is about {paper.about}. Topics: {', '.join(paper.topics)}.",
        year=paper.year,
        arxiv=paper.arxiv,
        links=paper.links,
        categories=paper.tasks,
        source="Apercu",
    )
