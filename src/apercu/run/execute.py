"""Execute a plan and record what each node did. The plan that is explained is this very object."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apercu.errors import OutputError, PlanError, RunError
from apercu.figures import share
from apercu.image import Image, check_output, shown_path
from apercu.plan.build import AUTO
from apercu.plan.graph import order, validate_plan
from apercu.records import NO_MODEL, FidelityReport, Node, NodeRun, Plan, RunRecord
from apercu.registry import find_model, model_status, weights_digest
from apercu.run.enlarge import Scale, Size
from apercu.run.memory import forecast
from apercu.run.ops import (
    STEPS,
    Findings,
    Run,
    SavedFile,
    op_choices,
    op_signatures,
    versions,
    weights_used,
)
from apercu.settings import Settings

Progress = Callable[[str, float], None]

_PASSES = frozenset({"apply"})
"""Ops that hand on their input when they are skipped. A skipped `enlarge` gives nothing, and `choose` does without."""


@dataclass(frozen=True)
class Executed:
    """The record of a run and the two pictures that it is about."""

    record: RunRecord
    before: Image
    after: Image


def execute_plan(
    plan: Plan,
    picture: Path,
    output: Path | None,
    *,
    settings: Settings,
    overwrite: bool = False,
    progress: Progress = lambda node, share: None,
    tile_sizes: Mapping[str, int] | None = None,
) -> Executed:
    """Run every node of a plan once, inputs before outputs.

    Args:
        plan: the workflow; it needs one load and one measure step, and saves at most the picture that was measured.
        picture: the file that `load` reads.
        output: the file that `save` writes; None only for a plan that saves nothing.
        settings: limits, threads, where weights are.
        overwrite: whether `output` may be replaced.
        progress: called with a node's id and the finished share of it.
        tile_sizes: node id -> side of its tiles, of a run that is repeated; without it they are worked out.

    Raises:
        PlanError: the plan is not sound.
        UnknownModelError: it names a model that has no card.
        OutputError: `output` cannot be written, is missing for a plan that saves, or is given for one that does not.
        RunError, ModelError, InputError: a step failed; nothing is left half-written.
    """
    _check_plan(plan, settings)
    _check_output(plan, output, overwrite=overwrite)
    run = Run(plan=plan, settings=settings, input=picture, output=output, overwrite=overwrite, progress=progress)
    started = time.perf_counter()
    values: dict[str, Any] = {}
    records = []
    predicted = 0
    for node in order(plan):
        progress(node.id, 0.0)
        records.append(_run_node(node, plan, run, values))
        progress(node.id, 1.0)
        if node.op == "load" and run.source is not None:
            foreseen = forecast(plan, run.source, settings)
            # Tiles of a run that is repeated, unless there is less memory now than then.
            then = tile_sizes or {}
            run.tile_sizes = {name: min(then.get(name, tile), tile) for name, tile in foreseen.tile_sizes.items()}
            predicted = foreseen.bytes
    return _summarise(plan, records, run, values, time.perf_counter() - started, predicted)


def _check_plan(plan: Plan, settings: Settings) -> None:
    validate_plan(plan, op_signatures())
    problems = [
        f"node {node.id!r}: {name} is {node.params[name]!r}, expected one of {', '.join(allowed)}"
        for node in plan.nodes
        for name, allowed in op_choices(node.op).items()
        if node.params.get(name, allowed[0]) not in allowed
    ]
    problems += _report_problems(plan)
    if problems:
        raise PlanError(problems, hint="`apercu plan --json` prints a complete one.")
    for node in plan.nodes:
        for name in _models_of(node):
            find_model(name, settings)


def _models_of(node: Node) -> list[str]:
    """Every model that a node names."""
    if node.op == "selftest":
        return [name for name in node.params["models"].split(",") if name.strip()]
    return [node.params["model"]] if "model" in node.params and node.params["model"] != AUTO else []


def _report_problems(plan: Plan) -> Iterator[str]:
    """The report of a run is about one picture: the one that is loaded, and what became of it and is saved."""
    ops = Counter(node.op for node in plan.nodes)
    if not ops["measure"]:
        yield "it has no measure step, so there would be nothing to report"
    for op in ("load", "measure", "save"):
        if ops[op] > 1:
            yield f"it has {ops[op]} {op} steps, expected one"
    loads = {node.id for node in plan.nodes if node.op == "load"}
    measured = {node.id: node.inputs[1] for node in plan.nodes if node.op == "measure"}
    for node in plan.nodes:
        if node.op == "measure" and node.inputs[0] not in loads:
            yield f"node {node.id!r} measures against {node.inputs[0]!r}, expected what load gives"
        if node.op == "save" and measured[node.inputs[1]] != node.inputs[0]:
            yield f"node {node.id!r} saves {node.inputs[0]!r}, but its report measures {measured[node.inputs[1]]!r}"


def _check_output(plan: Plan, output: Path | None, *, overwrite: bool) -> None:
    saves = any(node.op == "save" for node in plan.nodes)
    if output is None and saves:
        raise OutputError("the plan saves a picture, but no file was named for it", hint="Name one with -o out.png.")
    if output is not None and not saves:
        raise OutputError(f"the plan saves nothing, so {output} would not be written", hint="Leave -o out.")
    if output is not None:
        check_output(output, overwrite=overwrite)


def _run_node(node: Node, plan: Plan, run: Run, values: dict[str, Any]) -> NodeRun:
    present = tuple(source for source in node.inputs if source in values)
    run.node, run.inputs = node.id, present
    started = time.perf_counter()
    if len(present) < len(node.inputs) and not (present and op_signatures()[node.op].variadic):
        missing = ", ".join(source for source in node.inputs if source not in values)
        raise RunError(
            f"step {node.id} has no input: {missing} was skipped or failed"
            + "".join(f"; {warning}" for warning in run.warnings if warning.partition(":")[0] in node.inputs),
            hint="Bring the file that the skipped step needs, or leave the step out.",
        )
    reason = _cannot_run(node, run.settings)
    if reason:
        if node.op in _PASSES:
            values[node.id] = values[present[0]]
            if present[0] in run.models:
                run.models[node.id] = run.models[present[0]]
        return NodeRun(id=node.id, op=node.op, status="skipped", seconds=0.0, note=reason)
    try:
        value = STEPS[node.op](run, *(values[source] for source in present), **_params(node))
    except RunError as error:
        if not _is_one_of_several(node, plan):
            raise
        run.warnings.append(f"{node.id}: {error.message}")
        return NodeRun(
            id=node.id, op=node.op, status="failed", seconds=round(time.perf_counter() - started, 4), note=error.message
        )
    values[node.id] = value
    return NodeRun(
        id=node.id, op=node.op, status="done", seconds=round(time.perf_counter() - started, 4), output=_describe(value)
    )


def _is_one_of_several(node: Node, plan: Plan) -> bool:
    """Whether only steps that choose among several use what the node gives: they can do without it."""
    users = [other.op for other in plan.nodes if node.id in other.inputs]
    return bool(users) and all(op_signatures()[op].variadic for op in users)


def _cannot_run(node: Node, settings: Settings) -> str:
    """Why an optional node is skipped, or nothing. Only a model that is not here is: damaged weights stop the run."""
    if not node.params.get("optional") or node.params.get("model") == AUTO:
        return ""
    card = find_model(node.params["model"], settings)
    match model_status(card, settings):
        case "described":
            return f"{card.name} is described here but not run by this version"
        case "needs-file":
            return f"{card.name} has no trained weights on this machine; it needs {card.needs}"
    return ""


def _params(node: Node) -> dict[str, Any]:
    """Parameters as the step wants them: JSON knows lists where a factor or a size is a pair."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in node.params.items()}


def _describe(value: object) -> str:
    """What came out of a node, in a few words."""
    match value:
        case Image():
            kind = {"grey": "grey", "rgb": "RGB", "cmyk": "CMYK"}[value.space]
            alpha = " with alpha" if value.has_alpha else ""
            frames = f", {value.frames} frames" if value.frames > 1 else ""
            return f"{value.size[1]} x {value.size[0]} {kind}{alpha}, {value.bit_depth} bit{frames}"
        case Findings():
            return f"{value.colours:,} colours, {value.flat_share:.0%} flat"
        case FidelityReport():
            return f"{value.lr_psnr_db:.2f} dB back to the input, {share(value.added_share)} added"
        case SavedFile():
            return value.path
    return type(value).__name__


def _summarise(
    plan: Plan, records: list[NodeRun], run: Run, values: Mapping[str, Any], seconds: float, predicted: int
) -> Executed:
    measured = next(node for node in plan.nodes if node.op == "measure")
    if run.source is None:  # unreachable in a sound plan: only load gives a picture; tells the type checker
        raise RunError("the plan has no load step")
    after: Image = values[measured.inputs[1]]
    saved = next((value for value in values.values() if isinstance(value, SavedFile)), None)
    model = run.models.get(measured.inputs[1])
    record = RunRecord(
        plan=plan,
        nodes=tuple(records),
        input=shown_path(run.input),
        output=saved.path if saved else None,
        model=model or NO_MODEL,
        scale=_scale_of(plan, run.source.size, after.size),
        size=after.size,
        input_size=run.source.size,
        seconds=round(seconds, 4),
        predicted_memory_mb=round(predicted / 1e6),
        fidelity=values[measured.id],
        branches=tuple(run.branches),
        findings=run.findings,
        self_test=run.self_test,
        input_sha256=run.input_sha256,
        output_sha256=saved.sha256 if saved else None,
        weights_sha256=weights_digest(find_model(model, run.settings), run.settings) if model else None,
        weights=weights_used(plan, run.settings, run.self_test),
        tile_sizes=run.tile_sizes,
        threads=run.settings.threads,
        warnings=tuple(dict.fromkeys(run.warnings)),
        versions=versions(),
    )
    return Executed(record, run.source, after)


def _scale_of(plan: Plan, before: Size, after: Size) -> Scale:
    """The factors that were asked for where they explain the result's size, otherwise the ratio of the sizes."""
    for node in plan.nodes:
        if node.op in ("enlarge", "resize") and node.params.get("scale"):
            y, x = (float(factor) for factor in node.params["scale"])
            if (math.floor(before[0] * y + 0.5), math.floor(before[1] * x + 0.5)) == after:
                return y, x
    return after[0] / before[0], after[1] / before[1]
