"""Our own observations as texts, which sentences about the question, the plan and the run quote like a source."""

from __future__ import annotations

from collections.abc import Mapping

from apercu.figures import number, of_255, share
from apercu.records import NO_MODEL, Choice, Finding, Node, Plan, RunRecord, Task


def reading_text(task: Task) -> str:
    """What was read from the question, line by line."""
    lines = [f"task: {task.name}"]
    scale = task.scale or ((task.factor, task.factor) if task.factor else None)
    if scale:
        y, x, many = number(scale[0]), number(scale[1]), number(scale[0] * scale[1])
        lines.append(f"factor: {x} in width and {y} in height, so {many} new pixels for each 1 of the input")
    elif not (task.size or task.width or task.height):
        lines.append("factor: none is named")
    if task.size:
        lines.append(f"size: {task.size[1]} x {task.size[0]} pixels (width x height)")
    elif task.width or task.height:
        side = f"width {task.width}" if task.width else f"height {task.height}"
        lines.append(f"size: {side} pixels; the other side follows from the picture")
    lines += [f"{facet.kind}: {facet.value} <- {facet.quote}" for facet in task.facets]
    return "\n".join(lines)


def plan_text(plan: Plan, status: Mapping[str, str]) -> str:
    """The workflow, one line a step. `status` maps a model's id to what is true of it on this machine."""
    lines = []
    for node in plan.nodes:
        model = node.params.get("model")
        with_model = f" with {model} ({status.get(model, 'runs here')}){_growth(node)}" if model else ""
        if node.op == "resize":
            with_model = f" (plain interpolation){_growth(node)}"
        after = f" after {', '.join(node.inputs)}" if node.inputs else ""
        lines.append(f"{node.id}: {node.op}{with_model}{after}")
    return "\n".join(lines)


def _growth(node: Node) -> str:
    """How much larger a step makes the picture, in words."""
    if scale := node.params.get("scale"):
        return f", {number(scale[1])} times in width and {number(scale[0])} times in height"
    if size := node.params.get("size"):
        return f", to {size[1]} x {size[0]} pixels"
    return ""


def run_text(run: RunRecord) -> str:
    """The measurements of a run, one line each, rounded as they are shown; the exact values stand in the record."""
    report = run.fidelity
    before, after = f"{run.input_size[1]} x {run.input_size[0]}", f"{run.size[1]} x {run.size[0]}"
    worker = "no model worked on it" if run.model == NO_MODEL else f"with {run.model}"
    lines = [
        f"enlarged: {before} pixels to {after} pixels, {worker}, in {run.seconds:.2f} seconds",
        f"kept: {report.lr_psnr_db:.2f} dB between the input and the result shrunk by {report.kernel}, "
        f"largest difference {of_255(report.max_abs_lr_error)} of 255",
        f"added: {share(report.added_share)} of the contrast energy, "
        f"root mean square {of_255(report.added_rms)} of 255, at most {of_255(report.added_max)} of 255",
        f"changed: {share(report.changed_share)} of the contrast energy contradicts the input",
    ]
    for branch in run.branches:
        taken = "taken as the first sound one" if branch.chosen else "not taken"
        lines.append(f"candidate {branch.node}: {branch.lr_psnr_db:.2f} dB, {share(branch.added_share)} added, {taken}")
    lines += [f"skipped {node.id}: {node.note}" for node in run.nodes if node.status == "skipped"]
    lines += [f"noticed: {said(finding)}" for finding in run.findings]
    lines += [f"warning: {warning}" for warning in run.warnings]
    return "\n".join(lines)


def choice_text(choice: Choice) -> str:
    """Why the model was taken, line by line: what was predicted for the picture, in its order, and what else counted.

    Each predicted line holds the words in which an answer must say it.
    """
    lines, found = [f"taken: {choice.model}"], choice.prediction
    if found:
        lines.append(f"traits of the picture: {found.shows}")
        lines += [f"pixel art: {found.pixel_art}"] if found.pixel_art else []
        lines += [f"nothing is predicted for this picture: {found.why_not}"] if found.why_not else []
        if choice.model in found.unknown:
            lines.append(f"not predicted: {choice.model}. {found.unknown[choice.model]}")
        lines += [
            f"{id} {found.said_of(id)}; learned from {model.cases} measurements" for id, model in found.models.items()
        ]
    lines += [f"because: {reason}" for reason in choice.because]
    return "\n".join(lines)


def said(finding: Finding) -> str:
    """A finding and its advice as one line."""
    return f"{finding.text} {finding.suggestion}" if finding.suggestion else finding.text
