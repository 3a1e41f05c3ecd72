"""The records of a file of models, each with its place there: JSON, JSON lines, CSV or YAML (docs/catalogue.md)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from apercu.addresses import escaped
from apercu.errors import CatalogueError, MissingDependencyError
from apercu.imported.team import FIELDS, MOST_MODELS, NEEDED

if TYPE_CHECKING:
    from yaml import Node

LARGEST_FILE = 20_000_000
MOST_PROBLEMS = 100_000
"""Reading stops there: a file of twenty million bad lines would fill the memory with what is wrong with it."""
DEEPEST = 20
"""Lists within lists of a YAML file: its reader takes far longer than twice as long for twice as many."""
_UNREADABLE = "it is nested too deeply, or holds a value that cannot be read"
NO_SUCH_FIELD = "there is no such field"
_TABLES = (".csv", ".tsv")
_READ_KINDS = (".json", ".jsonl", ".ndjson", *_TABLES, ".yaml", ".yml")
_DELIMITERS = ",;\t"


class Raw(NamedTuple):
    """A record of a file, and where it stands there."""

    where: str
    value: object


def read_records(path: Path) -> tuple[list[Raw], list[str]]:
    """The records of a file with their places, at most one more than a catalogue may hold, and what was not readable.

    Raises:
        CatalogueError: it is none of the kinds that are read, too large, no text, or not there.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    kind = path.suffix.lower()
    if kind not in _READ_KINDS:
        raise CatalogueError(
            path.name, [f"its ending is {escaped(kind) or 'missing'}, expected one of {', '.join(_READ_KINDS)}"]
        )
    try:
        if not path.is_file():
            raise CatalogueError(path.name, ["there is no such file"], hint="Check the path.")
        if path.stat().st_size > LARGEST_FILE:
            problem = f"{path.stat().st_size:,} bytes, expected at most {LARGEST_FILE:,}"
            raise CatalogueError(path.name, [problem], hint="Import it in parts.")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        hint = "In a spreadsheet, save it as CSV UTF-8." if kind in _TABLES else "Save it as UTF-8."
        raise CatalogueError(path.name, [f"line {line}: not UTF-8 text (byte {error.start:,})"], hint=hint) from error
    except OSError as error:
        raise CatalogueError(path.name, [f"it cannot be read ({error.strerror})"]) from error
    if kind in (".jsonl", ".ndjson"):
        return _from_lines(text)
    if kind in _TABLES:
        return _from_table(text)
    return _from_json(text) if kind == ".json" else _from_yaml(text, path)


def _from_json(text: str) -> tuple[list[Raw], list[str]]:
    try:
        return _records(json.loads(text, object_pairs_hook=_as_object))
    except json.JSONDecodeError as error:
        return [], [f"line {error.lineno}: not JSON ({error.msg})"]
    except (ValueError, RecursionError):
        return [], ["it is nested too deeply, or holds a number that is too long"]


class _Object(dict[str, object]):
    """An object of a file that names some of its fields more than once, of which Python keeps the last."""

    repeated: str


def _as_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Object(found)
    twice.repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
    return twice


def _repeated(where: str, value: object) -> Iterator[str]:
    if isinstance(value, _Object):
        yield f"{where}, field {escaped(value.repeated)}: stands there more than once"


def _from_lines(text: str) -> tuple[list[Raw], list[str]]:
    raws: list[Raw] = []
    problems: list[str] = []
    for number, line in enumerate(io.StringIO(text), start=1):
        if not line.strip():
            continue
        if len(raws) > MOST_MODELS or len(problems) >= MOST_PROBLEMS:
            problems.append(f"line {number}: not read from here on")
            break
        try:
            value = json.loads(line, object_pairs_hook=_as_object)
            problems += _repeated(f"line {number}", value)
            raws.append(Raw(f"line {number}", value))
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: not JSON ({getattr(error, 'msg', 'nested too deeply')})")
    return raws, problems


def _from_table(text: str) -> tuple[list[Raw], list[str]]:
    """CSV with commas, with semicolons as spreadsheets of some countries write it, or with tabs."""
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    raws: list[Raw] = []
    problems: list[str] = []
    try:
        names = [name.strip().casefold() for name in next(rows, [])]
        problems += _wrong_columns(names)
        if not set(NEEDED) <= set(names):
            return [], problems
        for row in rows:
            if len(raws) > MOST_MODELS or len(problems) >= MOST_PROBLEMS:
                problems.append(f"line {rows.line_num}: not read from here on")
                break
            cells = [cell.strip() for cell in row]
            if extra := [cell for cell in cells[len(names) :] if cell]:
                seen = f"line {rows.line_num}: more fields than the first line names"
                problems.append(f"{seen} (the first is '{escaped(extra[0])}')")
            elif any(cells):
                named = {name: cell for name, cell in zip(names, cells, strict=False) if cell and name in FIELDS}
                raws.append(Raw(f"line {rows.line_num}", named))
    except csv.Error as error:
        problems.append(f"line {rows.line_num}: not CSV ({error})")
    return raws, problems


def _wrong_columns(names: Sequence[str]) -> Iterator[str]:
    """What is wrong with the first line of a table; a column without a name may stand there if nothing is in it."""
    for name, count in Counter(names).items():
        if name and name not in FIELDS:
            yield f"line 1, {no_such_field(name)}"
        elif name and count > 1:
            yield f"line 1: {count} columns are called {name}"
    for name in NEEDED:
        if name not in names:
            yield f"line 1: no column is called {name}"


def no_such_field(name: str) -> str:
    """That a model has no such field, and which is nearest."""
    near = get_close_matches(name.casefold(), FIELDS, n=1, cutoff=0.7)
    return f"field {escaped(name)}: {NO_SUCH_FIELD}" + (f"; the nearest is {near[0]}" if near else "")


def _from_yaml(text: str, path: Path) -> tuple[list[Raw], list[str]]:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(
            f"{path.name} is YAML, and PyYAML is not installed",
            hint="Install it with `pip install 'apercu[yaml]'`, or write the file as JSON.",
        ) from error
    reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it was built
    node = None
    try:
        depth = 0
        for event in yaml.parse(text, Loader=reader):
            if isinstance(event, yaml.AliasEvent):
                return [], ["it holds aliases (*name), which are not followed"]  # a few of them can stand for billions
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return [], [f"line {event.start_mark.line + 1}: nested too deeply"]
        loading = reader(text)
        try:
            node = loading.get_single_node()
            twice = list(islice(_repeated_in_yaml(node), MOST_PROBLEMS))
            raws, problems = _records(None if node is None else loading.construct_document(node))
        finally:
            loading.dispose()
        return raws, twice + problems
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where, reason = f"line {mark.line + 1 if mark else 1}", getattr(error, "problem", None) or "broken"
        return [], [f"{where}: not YAML ({escaped(str(reason))})"]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        # PyYAML raises any of them for a value that is not of its kind, such as "2024-13-45" and "!!bool maybe".
        return [], [next(_wrong_in_yaml(node, reader), _UNREADABLE)]


def _wrong_in_yaml(node: Node | None, reader: type[Any]) -> Iterator[str]:
    """Values that cannot be read as what YAML takes them for, with their lines."""
    from yaml import CollectionNode

    if isinstance(node, CollectionNode):
        for item in node.value:
            for each in item if isinstance(item, tuple) else (item,):
                yield from _wrong_in_yaml(each, reader)
    elif node is not None:
        try:
            reader("").construct_document(node)
        except Exception:
            kind, value = escaped(node.tag.rpartition(":")[2][:30]), escaped(node.value[:60])
            where = f"line {node.start_mark.line + 1}"
            yield f"{where}: '{value}' cannot be read as the {kind} that YAML takes it for; put it in quotes"


def _repeated_in_yaml(node: Node | None) -> Iterator[str]:
    """Fields that stand more than once in a mapping, at any depth, with their lines."""
    from yaml import MappingNode, SequenceNode

    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _repeated_in_yaml(item)
    if not isinstance(node, MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if isinstance(key.value, str) and key.value in seen:
            yield f"line {key.start_mark.line + 1}, field {escaped(key.value)}: stands there more than once"
        elif isinstance(key.value, str):
            seen.add(key.value)
        yield from _repeated_in_yaml(value)


def _records(value: object) -> tuple[list[Raw], list[str]]:
    problems = list(_repeated("the file", value))
    if isinstance(value, dict) and isinstance(value.get("models"), list):
        others = [escaped(str(name)) for name in islice((name for name in value if name != "models"), 3)]
        if others:
            problems.append(f'beside "models" there are {", ".join(others)}, expected the list "models" alone')
        value = value["models"]
    if not isinstance(value, list):
        return [], [*problems, 'expected a list of models, or an object with the list "models"']
    raws = [Raw(_place(number, item), item) for number, item in enumerate(value[: MOST_MODELS + 1], start=1)]
    return raws, [*problems, *(problem for raw in raws for problem in _repeated(raw.where, raw.value))]


def _place(number: int, item: object) -> str:
    """Records of a list have no line; the id helps to find one."""
    called = item.get("id") if isinstance(item, dict) else None
    return f"record {number} ('{escaped(called)}')" if isinstance(called, str) and called else f"record {number}"
