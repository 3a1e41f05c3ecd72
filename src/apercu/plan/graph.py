"""A workflow as a typed graph: is it sound, in which order does it run, and how is it written down.

What an op takes and gives is handed in as `OpSignature` records, so this module knows nothing of the
functions behind them.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeGuard

from pydantic import ValidationError

from apercu.errors import InputError, PlanError
from apercu.records import Node, Plan

ParamType = Literal["str", "float", "int", "bool", "scale", "size"]

RESULT_TYPES = frozenset({"file", "report", "findings"})
"""Outputs that are a result in themselves. Any other output that no node takes is work done for nothing."""

MAX_JSON_BYTES = 1_000_000
MAX_NODES = 500
NODE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_MAKE_ONE = "`apercu plan --json` prints a valid one."

_EXPECTED: Mapping[ParamType, str] = {
    "str": "text",
    "float": "a finite number",
    "int": "a whole number",
    "bool": "true or false",
    "scale": "[y, x], two finite numbers above 0",
    "size": "[height, width], two whole numbers of at least 1",
}


@dataclass(frozen=True)
class ParamSpec:
    """One parameter of an op.

    Attributes:
        type: "scale" is [y, x] as numbers above 0, "size" is [height, width] in pixels; the others are what they say.
        doc: what it does, in a few words.
    """

    type: ParamType
    doc: str = ""


@dataclass(frozen=True)
class OpSignature:
    """What a step takes and gives.

    Attributes:
        name: the name that `Node.op` holds.
        ports: type names of the inputs, in order, e.g. ("image", "image").
        variadic: the last port repeats, at least once.
        output: type name of what comes out.
        params: every parameter that a node may set.
        required: those that it must set.
    """

    name: str
    ports: tuple[str, ...]
    output: str
    variadic: bool = False
    params: Mapping[str, ParamSpec] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


def validate_plan(plan: Plan, ops: Mapping[str, OpSignature]) -> None:
    """Check a plan against the ops that exist.

    Args:
        plan: the workflow.
        ops: signature of every op, by name.

    Raises:
        PlanError: lists all problems at once: ids, ops, parameters, inputs, types, cycles, outputs that nobody takes.
    """
    if len(plan.nodes) > MAX_NODES:
        raise PlanError([f"it has {len(plan.nodes)} nodes, expected at most {MAX_NODES}"])
    problems = list(_structure_problems(plan))
    outputs = {node.id: ops[node.op].output for node in plan.nodes if node.op in ops}
    for node in plan.nodes:
        if node.op in ops:
            problems += _param_problems(node, ops[node.op])
            problems += _input_problems(node, ops[node.op], outputs)
        else:
            problems.append(f"node {_say(node.id)}: no op is named {_say(node.op)}{_nearest(node.op, ops)}")
    problems += _unused_problems(plan, outputs)
    if problems:
        raise PlanError(problems, hint="The ops and their parameters stand in docs/plan.md.")


def order(plan: Plan) -> tuple[Node, ...]:
    """The nodes so that each comes after its inputs; of several that could be next, the first in the plan.

    Raises:
        PlanError: no nodes, a bad or repeated id, an input that names no node, or nodes that wait for each other.
    """
    problems = list(_structure_problems(plan))
    if problems:
        raise PlanError(problems)
    position = {node.id: index for index, node in enumerate(plan.nodes)}
    sorter = TopologicalSorter({node.id: node.inputs for node in plan.nodes})
    sorter.prepare()
    ready: list[int] = []
    ordered: list[Node] = []
    while sorter.is_active():
        for ready_id in sorter.get_ready():
            heappush(ready, position[ready_id])
        node = plan.nodes[heappop(ready)]
        ordered.append(node)
        sorter.done(node.id)
    return tuple(ordered)


def plan_to_json(plan: Plan) -> str:
    """The plan as indented JSON; `plan_from_json` gives it back unchanged if parameters are JSON values (no tuples).

    Raises:
        PlanError: a parameter is not a JSON value.
    """
    try:
        return json.dumps(plan.model_dump(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise PlanError([f"a parameter cannot be written as JSON: {error}"]) from error


def plan_from_json(text: str) -> Plan:
    """Read a plan that `plan_to_json` wrote, or that a person did. Only its form is checked; see `validate_plan`.

    Args:
        text: JSON of at most 1,000,000 bytes, `{"nodes": [{"id", "op", "params", "inputs"}]}`, without further fields.

    Raises:
        InputError: too long, or not JSON.
        PlanError: JSON of another form; lists every problem.
    """
    length = len(text.encode(errors="replace"))
    if length > MAX_JSON_BYTES:
        raise InputError(f"the plan is {length:,} bytes long, expected at most {MAX_JSON_BYTES:,}")
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"the plan is not valid JSON: {reason}", hint=_MAKE_ONE) from error
    if not isinstance(data, dict):
        raise PlanError([f'it is {type(data).__name__}, expected an object with "nodes"'], hint=_MAKE_ONE)
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        problems = [_form_problem(item["loc"], item["msg"]) for item in error.errors(include_input=False)]
        raise PlanError(problems, hint=_MAKE_ONE) from error


def read_plan_file(path: Path) -> Plan:
    """`plan_from_json` of a file.

    Raises:
        InputError: the file is missing, unreadable, too long or not UTF-8.
        PlanError: as `plan_from_json`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
        return plan_from_json(data.decode("utf-8-sig"))
    except OSError as error:
        hint = "Check the path, or make a plan with `apercu plan --json`."
        raise InputError(f"the plan {path} cannot be read: {error.strerror or error}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise InputError(f"the plan {path} is not UTF-8 text", hint=_MAKE_ONE) from error


# --- what can be wrong ------------------------------------------------------------------------------------------------


def _structure_problems(plan: Plan) -> Iterator[str]:
    if not plan.nodes:
        yield "it has no nodes, expected at least one"
    counts = Counter(node.id for node in plan.nodes)
    for node_id, count in counts.items():
        if count > 1:
            yield f"node {_say(node_id)}: {count} nodes have this id, expected one"
        if not NODE_ID.fullmatch(node_id):
            yield f"node {_say(node_id)}: expected an id of 1 to 64 letters, digits, - or _, the first no - or _"
    for node in plan.nodes:
        for source in dict.fromkeys(node.inputs):
            if source not in counts:
                yield f"node {_say(node.id)}: no node has the id of its input {_say(source)}"
    yield from _cycle_problems({node.id: tuple(i for i in node.inputs if i in counts) for node in plan.nodes})


def _cycle_problems(inputs: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """One line for each of the disjoint cycles."""
    while True:
        try:
            TopologicalSorter(inputs).prepare()
        except CycleError as error:
            members = error.args[1]
            yield "these nodes wait for each other: " + " -> ".join(_say(member) for member in members)
            inputs = {
                node: tuple(source for source in sources if source not in members)
                for node, sources in inputs.items()
                if node not in members
            }
        else:
            return


def _param_problems(node: Node, op: OpSignature) -> Iterator[str]:
    for name, value in node.params.items():
        if name not in op.params:
            yield f"node {_say(node.id)}: op {op.name} has no parameter {_say(name)}{_nearest(name, op.params)}"
        elif not _is_a(op.params[name].type, value):
            yield f"node {_say(node.id)}: {name} is {_say(value)}, expected {_EXPECTED[op.params[name].type]}"
    for name in sorted(op.required - node.params.keys()):
        yield f"node {_say(node.id)}: op {op.name} needs the parameter {name}"


def _is_a(kind: ParamType, value: object) -> bool:
    match kind:
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return _is_number(value)
        case "scale":
            return _is_pair(value) and all(_is_number(part) and part > 0 for part in value)
        case "size":
            return _is_pair(value) and all(_is_a("int", part) and part >= 1 for part in value)


def _is_pair(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple) and len(value) == 2


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def _input_problems(node: Node, op: OpSignature, outputs: Mapping[str, str]) -> Iterator[str]:
    given, ports = len(node.inputs), len(op.ports)
    if given < ports or (given > ports and not op.variadic):
        expected = f"at least {ports}" if op.variadic else str(ports)
        yield f"node {_say(node.id)}: op {op.name} got {given} inputs, expected {expected}"
    for index, source in enumerate(node.inputs[: None if op.variadic else ports]):
        port = op.ports[min(index, ports - 1)]
        output = outputs.get(source, port)
        if output != port:
            yield f"node {_say(node.id)}: input {index + 1} takes {port}, but {_say(source)} gives {output}"


def _unused_problems(plan: Plan, outputs: Mapping[str, str]) -> Iterator[str]:
    used = {source for node in plan.nodes for source in node.inputs}
    for node_id, output in outputs.items():
        if node_id not in used and output not in RESULT_TYPES:
            yield f"node {_say(node_id)}: nobody takes the {output} that it gives"


# --- words and JSON details -------------------------------------------------------------------------------------------


def _say(value: object) -> str:
    """A value on one line, not longer than a glance."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name[:64], list(known), n=1)
    return f", did you mean {_say(close[0])}?" if close else ""


def _form_problem(place: Sequence[int | str], message: str) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{ascii(part)[1:-1][:60]}" for part in place)
    return f"{''.join(parts).lstrip('.')}: {message[0].lower()}{message[1:]}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"an object holds {_say(twice)} more than once")
    return result


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:30]} is too large")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON allows")
