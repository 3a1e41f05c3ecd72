"""From a task and the models at hand to the workflow graph that will run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apercu.records import ModelCard, Node, Plan

BASELINE = "bicubic"


def build_plan(
    models: Sequence[ModelCard],
    *,
    scale: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    baseline: bool = True,
    faithful: bool = False,
    kernel: str = "bicubic",
    required: bool = False,
) -> Plan:
    """Wire load -> inspect, the enlargers in parallel -> choose, the other models in series, and at the end (project ->) measure -> save.

    Args:
        models: the models to use, the preferred ones first. Those that do not enlarge follow the choice in a row.
        scale: factors (y, x); when neither scale nor size is given the picture keeps its size.
        size: exact (height, width).
        baseline: add plain interpolation as a last candidate, to compare with and to fall back on.
        faithful: project the result onto the input before it is measured.
        kernel: shrinking kernel of the measurements.
        required: a model that cannot run stops the run instead of being skipped.
    """
    grows = scale is not None or size is not None
    wanted: dict[str, Any] = {"scale": list(scale)} if scale is not None else {"size": list(size)} if size is not None else {}
    enlargers = [card.id for card in models if card.task == "super_resolution"] if grows else []
    if grows and (baseline or not enlargers) and BASELINE not in enlargers:
        enlargers.append(BASELINE)
    nodes = [Node(id="load", op="load"), Node(id="inspect", op="inspect", inputs=("load",))]
    skips = {} if required else {"optional": True}
    nodes += [Node(id=_id(name), op="enlarge", params={"model": name} | wanted | (skips if name != BASELINE else {}), inputs=("load",)) for name in enlargers]
    last = _id(enlargers[0]) if enlargers else "load"
    if len(enlargers) > 1:
        nodes.append(Node(id="choose", op="choose", params={"kernel": kernel}, inputs=tuple(_id(name) for name in enlargers)))
        last = "choose"
    for card in models:
        if card.task != "super_resolution":
            nodes.append(Node(id=_id(card.id), op="apply", params={"model": card.id} | skips, inputs=(last,)))
            last = _id(card.id)
    if faithful:
        nodes.append(Node(id="project", op="project", params={"kernel": kernel}, inputs=("load", last)))
        last = "project"
    nodes.append(Node(id="measure", op="measure", params={"kernel": kernel}, inputs=("load", last)))
    nodes.append(Node(id="save", op="save", inputs=(last, "measure")))
    return Plan(nodes=tuple(nodes))


def _id(name: str) -> str:
    """A node's id from a model's: letters, digits, dash and underscore."""
    return "".join(ch if ch.isalnum() or ch in "-_" else "-" for ch in name)
