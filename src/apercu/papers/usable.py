"""Papers of records that are not to be trusted: what is wrong with a part that a paper can do without costs that part.

What must be there is wrong for the whole paper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from apercu.records import IndexedPaper

FOREIGN = ("doi", "links")
"""What a record of a file may have wrong, where only the value is bad and not its kind."""
_KEPT = ("year", "arxiv", "doi", "links", "categories")
_OF_VALUE = ("value_error", "string_too_long")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def shown(text: str) -> str:
    """A text, a name of a file or a question, as it can be printed: a byte that was no UTF-8 becomes U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def paper_without(
    fields: Mapping[str, Any], parts: Collection[str], kinds: Collection[str] = _OF_VALUE
) -> tuple[IndexedPaper, list[str]]:
    """A paper, and in a line each what of it was left out.

    Args:
        fields: of the paper.
        parts: which fields may be left out; of a list only the element.
        kinds: of errors for which they are, as pydantic calls them; none stands for all.

    Raises:
        ValidationError: something else is wrong.
    """
    left = dict(fields)
    said: list[str] = []
    while True:
        try:
            return IndexedPaper.model_validate(left), said
        except ValidationError as error:
            wrong: dict[str, list[Any]] = {}
            for each in error.errors(include_url=False):
                name, *at = each["loc"]
                if name not in parts or (kinds and each["type"] not in kinds):
                    raise
                if name not in wrong:
                    said.append(f"{name} left out: {each['msg']}, got {str(each['input'])[:60]!r}")
                wrong.setdefault(str(name), []).extend(at[:1])
        for name, places in wrong.items():
            value, gone = left.pop(name), set(places)
            kept = [each for i, each in enumerate(value) if i not in gone] if gone else None
            if kept:
                left[name] = tuple(kept)


def paper_as_kept(row: Mapping[str, Any]) -> tuple[IndexedPaper, bool]:
    """The paper of a row of an index, whatever stands there, and whether it is whole.

    What cannot be is left out or made to fit; that steering characters are taken out of a text does not count.

    Rows of earlier versions, and of files that somebody else wrote, may hold what no paper may hold.
    """
    try:
        return IndexedPaper.model_validate(row), True
    except ValidationError:
        fields = dict(row)
    fields["id"] = "".join(letter if letter.isprintable() else "?" for letter in _text(row["id"]))[:200] or "?"
    fields["title"] = " ".join(_text(row["title"]).split())[:2_000] or "?"
    fields["abstract"] = _text(row["abstract"])[:50_000]
    fields["source"] = _text(row["source"])[:200]
    for name, longest in (("links", 50), ("categories", 100)):
        fields[name] = tuple(row[name] or ())[:longest]
    try:
        return paper_without(fields, _KEPT, ())[0], False
    except ValidationError:  # a title of nothing but marks of direction
        return paper_without(fields | {"title": "?", "id": shown(fields["id"])}, _KEPT, ())[0], False


def _text(cell: object) -> str:
    """What a cell holds as text: of bytes, which SQLite takes in any column, those that are UTF-8."""
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def listed(text: object) -> list[Any] | None:
    """The list that a cell holds as JSON, if it does."""
    try:
        found = json.loads(_text(text))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None
