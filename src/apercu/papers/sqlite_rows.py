"""Papers as the rows of a SQLite index, and back."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from apercu.papers.usable import listed, paper_as_kept
from apercu.records import IndexedPaper

COLUMNS = "id, title, abstract, year, arxiv, doi, links, categories, source"


class Stored(NamedTuple):
    """A paper, its key, and the place of its vector; `whole` is false where its row held what no paper may hold."""

    key: int
    place: int
    paper: IndexedPaper
    whole: bool = True


def cells(paper: IndexedPaper) -> tuple[str | int | None, ...]:
    """A paper as the columns of its row, save key and place."""
    return (
        paper.id, paper.title, paper.abstract, paper.year, paper.arxiv, paper.doi, json.dumps(paper.links),
        json.dumps(paper.categories), paper.source,
    )  # fmt: skip


def stored_in(row: tuple[Any, ...]) -> Stored:
    """A row of key, place and `COLUMNS`, whatever stands in it."""
    key, place, id, title, abstract, year, arxiv, doi, links, categories, source = row
    paper, whole = paper_as_kept({
        "id": id, "title": title, "abstract": abstract, "year": year, "arxiv": arxiv, "doi": doi,
        "links": listed(links), "categories": listed(categories), "source": source,
    })  # fmt: skip
    return Stored(key, place if isinstance(place, int) else -1, paper, whole)
