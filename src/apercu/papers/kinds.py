"""Kinds of records of papers that are JSON: what tells them apart, and what they say in the words of this index."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_NUMBER = re.compile(r"(\d{2})(\d{2})\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/(\d{2})\d{5}")


_JSON_KINDS: dict[type, str] = {
    str: "text", list: "a list", dict: "an object", int: "a number", float: "a number", bool: "true or false",
}  # fmt: skip


def _field(record: Mapping[str, Any], name: str, *kinds: type) -> Any:  # noqa: ANN401 - of one of those kinds
    """A field of a record; None where it is missing or empty.

    Raises:
        ValueError: it is of another kind than those.
    """
    value = record.get(name)
    if value and not isinstance(value, kinds):
        expected = " or ".join(_JSON_KINDS[kind] for kind in kinds)
        raise ValueError(f"the field {name!r} holds {_JSON_KINDS[type(value)]}, expected {expected}")
    return value or None


def _objects(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a field that is a list of them."""
    found: list[dict[str, Any]] = _field(record, name, list) or []
    if not all(isinstance(each, dict) for each in found):
        raise ValueError(f"the field {name!r} holds a list of something else than objects")
    return found


def _title(record: Mapping[str, Any], name: str = "title") -> str:
    if name not in record:
        raise KeyError(name)
    return flat(_field(record, name, str) or "")


def _abstract(record: Mapping[str, Any]) -> str:
    return flat(_field(record, "abstract", str) or "")


def _arxiv_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    number = _field(record, "arxiv_id", str) or _field(record, "id", str) or ""
    categories = _field(record, "categories", str, list) or ()
    return {
        "id": f"arxiv:{number}",
        "title": _title(record),
        "abstract": _abstract(record),
        "year": arxiv_year(number),
        "arxiv": number,
        "doi": record.get("doi") or None,
        "links": (f"https://arxiv.org/abs/{number}",),
        "categories": tuple(categories.split() if isinstance(categories, str) else categories),
        "source": "arXiv",
    }


def _openalex_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    places: Mapping[str, list[int]] = _field(record, "abstract_inverted_index", dict) or {}
    words = sorted((place, word) for word, at in places.items() for place in at)
    topics = [topic["display_name"] for topic in _objects(record, "topics") if topic.get("display_name")]
    doi = _field(record, "doi", str)
    return {
        "id": record["id"].replace("https://openalex.org/", "openalex:"),
        "title": _title(record, "title" if record.get("title") else "display_name"),
        "abstract": flat(" ".join(word for _, word in words)),
        "year": record.get("publication_year"),
        "doi": doi.removeprefix("https://doi.org/") if doi else None,
        "links": (doi or record["id"],),
        "categories": tuple(topics),
        "source": "OpenAlex",
    }


def _semantic_scholar_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    known = _field(record, "externalids", dict) or _field(record, "externalIds", dict) or {}
    number = record.get("corpusid") or record.get("corpusId") or record.get("paperId")
    arxiv, doi = known.get("ArXiv"), known.get("DOI")
    fields = _objects(record, "s2fieldsofstudy") or _objects(record, "s2FieldsOfStudy")
    link = record.get("url") or (f"https://arxiv.org/abs/{arxiv}" if arxiv else None)
    return {
        "id": f"s2:{number}",
        "title": _title(record),
        "abstract": _abstract(record),
        "year": record.get("year"),
        "arxiv": arxiv,
        "doi": doi,
        "links": (link,) if link else (),
        "categories": tuple(dict.fromkeys(field["category"] for field in fields)),
        "source": "Semantic Scholar",
    }


def _own_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(record) | {"title": _title(record), "abstract": flat(record.get("abstract") or "")}


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
