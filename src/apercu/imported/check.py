"""Whether the models of a file are right: nothing is taken over unless all of it is, and every problem is listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from apercu.addresses import without_steering
from apercu.errors import CatalogueError
from apercu.imported.files import read_records
from apercu.imported.team import MOST_MODELS, TeamModel

_LISTS = ("factors", "content", "damage", "links", "aliases")


def read_catalogue_file(path: Path, *, taken: Collection[str] = ()) -> tuple[TeamModel, ...]:
    """Read and check a file of models.

    Args:
        path: JSON (a list, or an object with the list "models"), JSON lines, CSV or YAML, by its ending.
        taken: names that other catalogues have already, in small letters.

    Raises:
        CatalogueError: the file cannot be read, is too large, or its models are not right; all problems are listed.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    raws, problems = read_records(path)
    if len(raws) > MOST_MODELS:
        problems.append(f"{len(raws):,} models, expected at most {MOST_MODELS:,}")
    models: list[tuple[str, TeamModel]] = []
    for raw in raws[:MOST_MODELS]:
        try:
            models.append((raw.where, TeamModel.model_validate(_tidied(raw.value))))
        except ValidationError as error:
            problems += [f"{raw.where}, {_problem(found)}" for found in error.errors(include_url=False)]
    names = Counter(name.casefold() for _, model in models for name in {model.id, *model.aliases})
    for where, model in models:
        for name in dict.fromkeys((model.id, *model.aliases)):
            if names[name.casefold()] > 1:
                problems.append(f"{where}, field id or aliases: {name!r} stands there more than once")
            if name.casefold() in taken:
                problems.append(f"{where}, field id or aliases: {name!r} is a model of another catalogue")
    if not raws and not problems:
        problems.append("no models in it")
    if problems:
        raise CatalogueError(path.name, problems)
    return tuple(model for _, model in models)


def _tidied(value: object) -> object:
    """A record with its lists as lists: text stands for one or, with semicolons, several, as in CSV."""
    if not isinstance(value, dict):
        return value
    tidy: dict[Any, Any] = dict(value)
    for name in _LISTS:
        found = tidy.get(name)
        if name == "factors" and isinstance(found, str) and found.strip().lower() == "any":
            tidy[name] = "any"
        elif isinstance(found, str):
            split = [part.strip() for part in found.split(";") if part.strip()]
            tidy[name] = [part.removesuffix("x") for part in split] if name == "factors" else split
        elif name == "factors" and isinstance(found, int | float):
            tidy[name] = [found]
    return tidy


def _problem(found: ErrorDetails) -> str:
    inside = [str(part) for part in found["loc"] if not re.match(r"(?:tuple|literal|constrained)", str(part))]
    given = without_steering(repr(found["input"])[:60], "?")
    return f"field {'.'.join(inside) or 'record'}: {found['msg']} (given {given})"
