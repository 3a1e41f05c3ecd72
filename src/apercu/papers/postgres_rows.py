"""Papers, filters and words as PostgreSQL is told them, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.errors import InputError
from apercu.papers.base import Filters
from apercu.papers.embed import Embedder
from apercu.papers.rank import text_of
from apercu.papers.usable import paper_as_kept
from apercu.papers.vectors import quantised
from apercu.records import IndexedPaper

COLUMNS = "id, title, abstract, year, arxiv, doi, links, categories, source"

_TYPES = "id text, title text, abstract text, year integer, arxiv text, doi text, links text[], categories text[]"


class Stored(NamedTuple):
    """A paper and its key."""

    key: int
    paper: IndexedPaper


def put_statement(type: str) -> str:
    """The statement that writes papers, given as JSON in `:rows`, with vectors of a type; those there are replaced."""
    return f"""
        WITH given AS (
            SELECT * FROM json_to_recordset(:rows::json) AS given({_TYPES}, source text, kinds text[], meaning text)
        ), put AS (
            INSERT INTO papers ({COLUMNS}, kinds) SELECT {COLUMNS}, kinds FROM given
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, abstract = excluded.abstract, year = excluded.year,
                arxiv = excluded.arxiv, doi = excluded.doi, links = excluded.links, categories = excluded.categories,
                source = excluded.source, kinds = excluded.kinds
            RETURNING key, id
        )
        INSERT INTO meanings (key, meaning) SELECT put.key, given.meaning::{type} FROM put JOIN given USING (id)
        ON CONFLICT (key) DO UPDATE SET meaning = excluded.meaning
        """


def as_row(paper: IndexedPaper, meaning: NDArray[np.int8]) -> dict[str, Any]:
    """A paper as `put_statement` takes it."""
    return {**paper.model_dump(), "kinds": kinds_of(paper), "meaning": as_vector(meaning)}


def stored(row: Sequence[Any]) -> Stored:
    """A row of the key and `COLUMNS`."""
    key, id, title, abstract, year, arxiv, doi, links, categories, source = row
    paper, _ = paper_as_kept({
        "id": id, "title": title, "abstract": abstract, "year": year, "arxiv": arxiv, "doi": doi, "links": links,
        "categories": categories, "source": source,
    })  # fmt: skip
    return Stored(key, paper)


def condition_of(filters: Filters | None) -> tuple[str, dict[str, Any]]:
    """The part of a WHERE clause that filters stand for, and its values."""
    asked = filters or Filters()
    parts: list[str] = []
    values: dict[str, Any] = {}
    for name, sign, year in (("year_from", ">=", asked.year_from), ("year_to", "<=", asked.year_to)):
        if year is not None:
            parts.append(f"papers.year {sign} :{name}::integer")
            values[name] = min(max(year, 0), 9_999)  # beyond all years of papers, and a number that the server takes
    if asked.categories:
        parts.append("papers.kinds && :kinds::text[]")
        values["kinds"] = sayable(asked.categories)
    return ("AND " + " AND ".join(parts) if parts else ""), values


def kinds_of(paper: IndexedPaper) -> list[str]:
    """A paper's categories and those above them: "cs.CV" is also "cs"."""
    found: dict[str, None] = {}
    for category in paper.categories:
        found |= dict.fromkeys(category[:i] for i, letter in enumerate(category) if letter == ".")
        found[category] = None
    return list(found)


def as_tsquery(word: str) -> str:
    """A word as a `tsquery` that asks for just this word, whatever letters it has."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def as_vector(meaning: NDArray[np.int8]) -> str | None:
    """(D,) whole numbers as pgvector reads them; None for zeros, which have no direction."""
    return f"[{','.join(map(str, meaning.tolist()))}]" if meaning.any() else None


def meanings(embedder: Embedder, papers: Sequence[IndexedPaper]) -> NDArray[np.int8]:
    """(N, D) whole numbers in -127..127: a cosine does not ask how long a vector is, and half floats hold them."""
    values: NDArray[np.int8] = quantised(embedder.embed([text_of(paper.title, paper.abstract) for paper in papers]))[
        "values"
    ]
    return values


def numbers_of(sent: bytes, type: str) -> NDArray[np.float32]:
    """(D,) of a vector as pgvector sends it: two numbers of two bytes, then its own."""
    return np.frombuffer(sent, ">f2" if type == "halfvec" else ">f4", offset=4).astype(np.float32)


def clean(query: str, longest: int) -> str:
    """What PostgreSQL can be told of a query."""
    return query[:longest].encode("utf-8", "ignore").decode().replace("\0", " ")


def sayable(texts: Sequence[str]) -> list[str]:
    """Those that PostgreSQL can be told; it holds none of the others."""
    return [text for text in texts if "\0" not in text and text.encode("utf-8", "ignore").decode() == text]


def check_texts(paper: IndexedPaper) -> None:
    """Raises:
    InputError: a text of the paper holds the character U+0000.
    """
    texts = (paper.id, paper.title, paper.abstract, paper.arxiv, paper.doi, paper.source)
    if any("\0" in text for text in (*texts, *paper.links, *paper.categories) if text):
        raise InputError(
            f"the paper {paper.id!r} holds the character U+0000, which PostgreSQL cannot keep", hint="Take it out."
        )
