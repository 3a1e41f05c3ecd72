"""Whether the models of a file are right: nothing is taken over unless all of it is, and every problem is listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from reprlib import Repr
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from apercu.addresses import escaped
from apercu.errors import CatalogueError
from apercu.imported.files import MOST_PROBLEMS, NO_SUCH_FIELD, Raw, no_such_field, read_records
from apercu.imported.team import FIELDS, LICENCE_NOT_KNOWN, MOST_IN_A_LIST, MOST_MODELS, TeamModel, same_name
from apercu.records import TaskId

_LISTS = ("factors", "content", "damage", "links", "aliases")
_SAYS_NOTHING = re.compile(r"[-–—?./ ]*|n/?a|tbd|none|null|unknown|unbekannt|k\. ?a\.|keine angaben?", re.IGNORECASE)
_OF_ANOTHER = re.compile(r"is a model of the catalogue ([a-z0-9_-]+) already$")
_OTHER_WORDS: Mapping[str, TaskId] = {
    **dict.fromkeys(
        ("upscaling", "upscale", "upscaler", "enlarging", "enlarge", "enlargement", "sr", "sisr"), "super_resolution"
    ),
    **dict.fromkeys(("denoising", "noise"), "denoise"),
    **dict.fromkeys(("deblurring", "blur", "sharpen", "sharpening"), "deblur"),
}
"""What teams call a task whose id is another word."""
_SHORT = Repr()
_SHORT.maxstring, _SHORT.maxother, _SHORT.maxlevel = 60, 60, 2


def read_catalogue_file(path: Path, *, taken: Mapping[str, str] | None = None) -> tuple[TeamModel, ...]:
    """Read and check a file of models.

    Args:
        path: JSON (a list, or an object with the list "models"), JSON lines, CSV or YAML, by its ending.
        taken: names that other catalogues have already, as `same_name` gives them, with which catalogue has each.

    Raises:
        CatalogueError: the file cannot be read, is too large, or its models are not right; all problems are listed.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    raws, problems = read_records(path)
    if len(raws) > MOST_MODELS:
        problems.append(f"too many models, expected at most {MOST_MODELS:,}")
    models: list[tuple[str, TeamModel]] = []
    for raw in raws[:MOST_MODELS]:
        if len(problems) >= MOST_PROBLEMS:
            problems.append(f"{raw.where}: not checked from here on")
            break
        model, wrong = _checked(raw)
        problems += wrong
        if model:
            models.append((raw.where, model))
    problems += _names_that_are_taken(models, taken or {})
    if not raws and not problems:
        problems.append("no models in it")
    if problems:
        raise CatalogueError(path.name, problems, hint=_hint(problems))
    return tuple(model for _, model in models)


def _hint(problems: Sequence[str]) -> str:
    """What to do about them; a file that belongs to a catalogue which has another name needs that name only."""
    others = {match[1] for problem in problems if (match := _OF_ANOTHER.search(problem))}
    if len(others) == 1 and all(_OF_ANOTHER.search(problem) for problem in problems):
        return f"To replace that catalogue by this file, add --name {others.pop()}; otherwise give other ids."
    if any(NO_SUCH_FIELD in problem for problem in problems):
        return f"The fields are {', '.join(FIELDS)}; docs/catalogue.md tells what they mean."
    return ""


def _checked(raw: Raw) -> tuple[TeamModel | None, list[str]]:
    """A record as a model, or what is wrong with it."""
    tidy = _tidied(raw.value)
    if wrong := [f"{raw.where}{problem}" for problem in _too_long(tidy)]:
        return None, wrong
    try:
        return TeamModel.model_validate(tidy), []
    except ValidationError as error:
        # a value that is no factor is neither "any" nor a list of them; once is enough to say so
        every = error.errors(include_url=False)
        found = [one for one in every if "literal['any']" not in one["loc"]]
        return None, [f"{raw.where}, {_problem(one)}" for one in found]


def _too_long(record: object) -> Iterator[str]:
    """Lists that pydantic must not see: it keeps an error for each of nine million items, in 14 GB."""
    if isinstance(record, dict):
        if len(record) > MOST_IN_A_LIST:
            yield f": {len(record):,} fields, expected at most {len(FIELDS)}"
            return
        for name, value in record.items():
            if isinstance(value, list | dict | set) and len(value) > MOST_IN_A_LIST:
                field = _shown(name).strip("'")
                yield f", field {field}: {len(value):,} items, expected at most {MOST_IN_A_LIST}"


def _names_that_are_taken(models: Sequence[tuple[str, TeamModel]], taken: Mapping[str, str]) -> Iterator[str]:
    names = Counter(same_name(name) for _, model in models for name in {model.id, *model.aliases})
    for where, model in models:
        for name in dict.fromkeys((model.id, *model.aliases)):
            if names[same_name(name)] > 1:
                yield f"{where}, field id or aliases: '{escaped(name)}' stands there more than once"
            if other := taken.get(same_name(name)):
                yield f"{where}, field id or aliases: '{escaped(name)}' is a model of {other} already"


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
    licence = tidy.get("licence")
    if isinstance(licence, str) and _SAYS_NOTHING.fullmatch(licence.strip()):
        tidy["licence"] = LICENCE_NOT_KNOWN  # a dash must not pass for a licence that allows everything
    return tidy


def _problem(found: ErrorDetails) -> str:
    """One problem in one line: the field, what was expected, and the value, escaped and cut."""
    inside = [str(part) for part in found["loc"] if not re.match(r"(?:tuple|literal|constrained)", str(part))]
    field = escaped(".".join(inside)) or "record"
    given = "" if found["type"] == "missing" else f" (given {_shown(found['input'])})"
    match found["type"]:
        case "extra_forbidden":
            return no_such_field(".".join(inside)) + given
        case "missing":
            return f"field {field}: missing"
        case "model_type":
            return f"field {field}: expected an object with the fields of a model{given}"
        case "literal_error" if field == "task":
            said = _shown(found["input"]).strip("'").lower()
            near = [_OTHER_WORDS[said]] if said in _OTHER_WORDS else get_close_matches(said, get_args(TaskId), n=1)
            listed = f"the nearest is {near[0]}" if near else "`apercu models --help` lists them"
            return f"field task: no such task; {listed}{given}"
        case "float_parsing" | "float_type":
            return f"field {field}: expected a number, or several with semicolons between them (2;4){given}"
        case "string_type":
            return f"field {field}: expected text; a number or a word such as no stands in quotes{given}"
    said = found["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"field {field}: {said}{given}"


def _shown(value: object) -> str:
    try:
        return escaped(_SHORT.repr(value), 80)
    except ValueError:  # a number of more digits than Python prints
        return "a very long number"
