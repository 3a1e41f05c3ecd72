"""Kinds of records of papers that are JSON: what tells them apart, and what they say in the words of this index."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_NUMBER = re.compile(r"(\d{2})(\d{2})\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/(\d{2})\d{5}")


def _arxiv_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    number = record.get("arxiv_id") or record["id"]
    categories = record.get("categories") or ()
    return {
        "id": f"arxiv:{number}",
        "title": flat(record["title"]),
        "abstract": flat(record.get("abstract") or ""),
        "year": arxiv_year(number),
        "arxiv": number,
        "doi": record.get("doi") or None,
        "links": (f"https://arxiv.org/abs/{number}",),
        "categories": tuple(categories.split() if isinstance(categories, str) else categories),
        "source": "arXiv",
    }


def _openalex_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    places: Mapping[str, list[int]] = record.get("abstract_inverted_index") or {}
    words = sorted((place, word) for word, at in places.items() for place in at)
    topics = [topic["display_name"] for topic in record.get("topics") or () if topic.get("display_name")]
    doi = record.get("doi")
    return {
        "id": record["id"].replace("https://openalex.org/", "openalex:"),
        "title": flat(record.get("title") or record["display_name"]),
        "abstract": flat(" ".join(word for _, word in words)),
        "year": record.get("publication_year"),
        "doi": doi.removeprefix("https://doi.org/") if doi else None,
        "links": (doi or record["id"],),
        "categories": tuple(topics),
        "source": "OpenAlex",
    }


def _semantic_scholar_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    known = record.get("externalids") or record.get("externalIds") or {}
    number = record.get("corpusid") or record.get("corpusId") or record.get("paperId")
    arxiv, doi = known.get("ArXiv"), known.get("DOI")
    fields = record.get("s2fieldsofstudy") or record.get("s2FieldsOfStudy") or ()
    link = record.get("url") or (f"https://arxiv.org/abs/{arxiv}" if arxiv else None)
    return {
        "id": f"s2:{number}",
        "title": flat(record["title"]),
        "abstract": flat(record.get("abstract") or ""),
        "year": record.get("year"),
        "arxiv": arxiv,
        "doi": doi,
        "links": (link,) if link else (),
        "categories": tuple(dict.fromkeys(field["category"] for field in fields)),
        "source": "Semantic Scholar",
    }


def _own_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(record) | {"title": flat(record["title"]), "abstract": flat(record.get("abstract") or "")}


def _has(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda record: any(name in record for name in names)


_Given = Mapping[str, Any]
KINDS: dict[str, tuple[Callable[[_Given], bool], Callable[[_Given], dict[str, Any]]]] = {
    "OpenAlex": (lambda record: str(record.get("id", "")).startswith("https://openalex.org/"), _openalex_fields),
    "Semantic Scholar": (_has("corpusid", "corpusId", "paperId"), _semantic_scholar_fields),
    "this index": (lambda record: "id" in record and "source" in record, _own_fields),
    "arXiv": (
        lambda record: (
            "arxiv_id" in record or ("id" in record and _has("categories", "abstract", "update_date")(record))
        ),
        _arxiv_fields,
    ),
}
"""Kinds of records, by what tells them apart; the first that fits is taken."""


def arxiv_year(number: str) -> int | None:
    """The year of the first version, from an arXiv number such as "2012.09161" or "hep-th/9901001"."""
    found = _NUMBER.fullmatch(number)
    if not found:
        return None
    if found[3]:
        return 1900 + int(found[3]) if int(found[3]) > 90 else 2000 + int(found[3])
    return 2000 + int(found[1]) if 1 <= int(found[2]) <= 12 else None


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())
