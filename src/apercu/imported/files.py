"""The records of a file of models, each with its place there: JSON, JSON lines, CSV or YAML (docs/catalogue.md)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import NamedTuple

from apercu.addresses import without_steering
from apercu.errors import CatalogueError, MissingDependencyError

LARGEST_FILE = 20_000_000
DEEPEST = 20
"""Lists within lists of a YAML file: its reader takes far longer than twice as long for twice as many."""
_READ_KINDS = (".json", ".jsonl", ".ndjson", ".csv", ".yaml", ".yml")


class Raw(NamedTuple):
    """A record of a file, and where it stands there."""

    where: str
    value: object


def read_records(path: Path) -> tuple[list[Raw], list[str]]:
    """The records of a file with their places, and what of it could not be read."""
    kind = path.suffix.lower()
    if kind not in _READ_KINDS:
        raise CatalogueError(
            path.name, [f"its ending is {kind or 'missing'}, expected one of {', '.join(_READ_KINDS)}"]
        )
    try:
        if not path.is_file():
            raise CatalogueError(path.name, ["there is no such file"], hint="Check the path.")
        if path.stat().st_size > LARGEST_FILE:
            problem = f"{path.stat().st_size:,} bytes, expected at most {LARGEST_FILE:,}"
            raise CatalogueError(path.name, [problem], hint="Import it in parts.")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(path.name, [f"it is not UTF-8 text (byte {error.start:,})"]) from error
    except OSError as error:
        raise CatalogueError(path.name, [f"it cannot be read ({error.strerror})"]) from error
    if kind in (".jsonl", ".ndjson"):
        return _from_lines(text)
    if kind == ".csv":
        return _from_csv(text)
    return _from_json(text) if kind == ".json" else _from_yaml(text, path)


def _from_json(text: str) -> tuple[list[Raw], list[str]]:
    try:
        return _records(json.loads(text))
    except json.JSONDecodeError as error:
        return [], [f"line {error.lineno}: not JSON ({error.msg})"]
    except (ValueError, RecursionError):
        return [], ["it is nested too deeply, or holds a number that is too long"]


def _from_lines(text: str) -> tuple[list[Raw], list[str]]:
    raws, problems = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            raws.append(Raw(f"line {number}", json.loads(line)))
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: not JSON ({getattr(error, 'msg', 'nested too deeply')})")
    return raws, problems


def _from_csv(text: str) -> tuple[list[Raw], list[str]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    raws: list[Raw] = []
    problems: list[str] = []
    try:
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row:
                problems.append(f"{where}: more fields than the first line names")
                continue
            raws.append(Raw(where, {key.strip(): value for key, value in row.items() if value and value.strip()}))
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: not CSV ({error})")
    return raws, problems


def _from_yaml(text: str, path: Path) -> tuple[list[Raw], list[str]]:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(
            f"{path.name} is YAML, and PyYAML is not installed",
            hint="Install it with `pip install pyyaml`, or write the file as JSON.",
        ) from error
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                return [], ["it holds aliases (*name), which are not followed"]  # a few of them can stand for billions
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return [], ["it is nested too deeply, or holds a value that cannot be read"]
        return _records(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where, reason = f"line {mark.line + 1 if mark else 1}", getattr(error, "problem", None) or "broken"
        return [], [f"{where}: not YAML ({without_steering(str(reason), '?')})"]
    except (ValueError, RecursionError):
        return [], ["it is nested too deeply, or holds a value that cannot be read"]


def _records(value: object) -> tuple[list[Raw], list[str]]:
    if isinstance(value, dict) and isinstance(value.get("models"), list):
        value = value["models"]
    if not isinstance(value, list):
        return [], ['expected a list of models, or an object with the list "models"']
    return [Raw(f"record {number}", item) for number, item in enumerate(value, start=1)], []
