"""From a task and the models at hand to the workflow graph that will run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from apercu.errors import ShapeError
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
    """Wire a workflow: load -> inspect, enlargers side by side -> choose, other models in a row, measure -> save.

    Args:
        models: the models to use, the preferred ones first. Those that do not enlarge follow the choice in a row.
        scale: factors (y, x); when neither scale nor size is given the picture keeps its size.
        size: exact (height, width).
        baseline: add plain interpolation as a last candidate, to compare with and to fall back on.
        faithful: project the result onto the input before it is measured.
        kernel: shrinking kernel of the measurements.
        required: a model that cannot run stops the run instead of being skipped.

    Raises:
        ShapeError: scale and size are both given, a factor is not a number of at least 1, or a side is below 1.
    """
    wanted = _wanted(scale, size)
    enlargers = [card.id for card in models if card.task == "super_resolution"] if wanted else []
    if wanted and (baseline or not enlargers) and BASELINE not in enlargers:
        enlargers.append(BASELINE)
    skips = {} if required else {"optional": True}
    nodes = [Node(id="load", op="load"), Node(id="inspect", op="inspect", inputs=("load",))]
    for name in enlargers:
        params = {"model": name} | wanted | (skips if name != BASELINE else {})
        nodes.append(Node(id=_id(name), op="enlarge", params=params, inputs=("load",)))
    last = _id(enlargers[0]) if enlargers else "load"
    if len(enlargers) > 1:
        nodes.append(Node(id="choose", op="choose", params={"kernel": kernel}, inputs=tuple(map(_id, enlargers))))
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


def _wanted(scale: tuple[float, float] | None, size: tuple[int, int] | None) -> dict[str, Any]:
    """The parameters that say how large; none when the picture keeps its size."""
    if scale is not None and size is not None:
        raise ShapeError("a factor and a size were both given, expected one of them", hint="Leave one out.")
    if scale is not None:
        for factor in scale:
            if not (math.isfinite(factor) and factor >= 1):
                hint = "Apercu enlarges; give a factor such as 2, 3.7 or 4."
                raise ShapeError(f"the factor is {factor:g}, expected a number of at least 1", hint=hint)
        return {"scale": list(scale)}
    if size is not None:
        if min(size) < 1:
            hint = "Give WIDTHxHEIGHT in pixels, for example 1920x1080."
            raise ShapeError(f"the size is {size[1]}x{size[0]}, expected at least 1x1", hint=hint)
        return {"size": list(size)}
    return {}


def _id(name: str) -> str:
    """A node's id from a model's: letters, digits, dash and underscore."""
    return "".join(ch if ch.isalnum() or ch in "-_" else "-" for ch in name)
