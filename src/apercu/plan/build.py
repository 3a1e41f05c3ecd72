"""From a task and the models at hand to the workflow graph that will run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from apercu.errors import ShapeError
from apercu.records import NEAREST, ModelCard, Node, Plan

BASELINE = "bicubic"
AUTO = "auto"
"""In place of a model's name: the one that the self-test before it chose."""


def build_plan(
    models: Sequence[ModelCard],
    *,
    scale: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    baseline: bool = True,
    faithful: bool = False,
    kernel: str | None = None,
    required: bool = False,
    native: tuple[int, int] | None = None,
) -> Plan:
    """Wire a workflow: load -> inspect, enlargers side by side -> choose, other models in a row, measure -> save.

    Args:
        models: the models to use, the preferred ones first. Those that do not enlarge follow the choice in a row.
        scale: factors (y, x); when neither scale nor size is given the picture keeps its size.
        size: exact (height, width).
        baseline: add plain interpolation as a last candidate, to compare with and to fall back on.
        faithful: project the result onto the input before it is measured.
        kernel: shrinking kernel of the measurements; by default the one that undoes the first enlarger: "box" for one
            that repeats pixels, "bicubic" for all others.
        required: a model that cannot run stops the run instead of being skipped.
        native: (height, width) to shrink the picture to first, because it was enlarged before; goes with `size`.

    Raises:
        ShapeError: scale and size are both given, a factor is not a number of at least 1, or a side is below 1.
    """
    wanted = _wanted(scale, size)
    enlargers = [card.id for card in models if card.task == "super_resolution"] if wanted else []
    if wanted and (baseline or not enlargers) and BASELINE not in enlargers:
        enlargers.append(BASELINE)
    kernel = kernel or ("box" if enlargers and enlargers[0] == NEAREST else "bicubic")
    skips = {} if required else {"optional": True}
    nodes, first = _beginning(native)
    fixed = {card.id: card for card in models if card.factors != "any"}
    ends = []
    for name in enlargers:
        more = skips if name != BASELINE else {}
        own = native_scale(fixed[name], scale or _factors(size, native)) if name in fixed else None
        nodes += _branch(name, first, wanted, more, own)
        ends.append(nodes[-1].id)
    last = ends[0] if ends else first
    if len(ends) > 1:
        nodes.append(Node(id="choose", op="choose", params={"kernel": kernel}, inputs=tuple(ends)))
        last = "choose"
    for card in models:
        if card.task != "super_resolution":
            nodes.append(Node(id=_id(card.id), op="apply", params={"model": card.id} | skips, inputs=(last,)))
            last = _id(card.id)
    return Plan(nodes=(*nodes, *_ending(last, faithful=faithful, kernel=kernel)))


def build_auto_plan(
    candidates: Sequence[ModelCard],
    *,
    scale: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    faithful: bool = False,
    kernel: str = "bicubic",
    native: tuple[int, int] | None = None,
) -> Plan:
    """The workflow that tries the candidates on the picture, shrunk, and enlarges with the one that does best.

    Args:
        candidates: models that run here, the preferred ones first.
        scale: factors (y, x); or
        size: exact (height, width).
        faithful: project the result onto the input before it is measured.
        kernel: shrinking kernel of the measurements.
        native: (height, width) to shrink the picture to first, because it was enlarged before; goes with `size`.

    Raises:
        ShapeError: scale and size are both given or neither is, or one makes no sense.
    """
    wanted = _wanted(scale, size)
    if not wanted:
        raise ShapeError("neither a factor nor a size was given", hint="Give --scale 3 or --size 1920x1080.")
    names = ",".join(card.id for card in candidates)
    nodes, first = _beginning(native)
    nodes += [
        Node(id="selftest", op="selftest", params={"models": names} | wanted, inputs=(first,)),
        Node(id="enlarge", op="enlarge", params={"model": AUTO} | wanted, inputs=("selftest",)),
    ]
    last = "enlarge"
    if any(card.factors != "any" for card in candidates):  # one of them might need it; it changes nothing otherwise
        nodes.append(Node(id="resize", op="resize", params=wanted, inputs=("load", "enlarge")))
        last = "resize"
    return Plan(nodes=(*nodes, *_ending(last, faithful=faithful, kernel=kernel)))


def native_scale(card: ModelCard, scale: tuple[float, float]) -> float | None:
    """The factor that a model of fixed factors takes for a wish: the smallest that suffices, otherwise its largest.

    None for a model that takes any factor.
    """
    if card.factors == "any" or not card.factors:
        return None
    enough = [factor for factor in card.factors if factor >= max(scale) - 1e-9]
    return min(enough) if enough else max(card.factors)


def _beginning(native: tuple[int, int] | None) -> tuple[list[Node], str]:
    """Read and look; shrink where that was asked for. Also the id of the node whose picture is enlarged."""
    nodes = [Node(id="load", op="load"), Node(id="inspect", op="inspect", inputs=("load",))]
    if native is None:
        return nodes, "load"
    return [*nodes, Node(id="shrink", op="shrink", params={"size": list(native)}, inputs=("load",))], "shrink"


def _factors(size: tuple[int, int] | None, native: tuple[int, int] | None) -> tuple[float, float]:
    """An exact size says nothing of the factor before the picture's own size is known: take the largest there is."""
    if size and native:
        return size[0] / native[0], size[1] / native[1]
    return (math.inf, math.inf) if size else (1.0, 1.0)


def _branch(name: str, first: str, wanted: dict[str, Any], more: dict[str, Any], native: float | None) -> list[Node]:
    """One candidate; a model of a fixed factor is followed by a plain resize to what was asked for."""
    if native is None:
        return [Node(id=_id(name), op="enlarge", params={"model": name} | wanted | more, inputs=(first,))]
    enlarge = Node(
        id=_id(name), op="enlarge", params={"model": name, "scale": [native, native]} | more, inputs=(first,)
    )
    if wanted.get("scale") == [native, native]:
        return [enlarge]
    return [enlarge, Node(id=f"{_id(name)}-size", op="resize", params=wanted, inputs=("load", enlarge.id))]


def _ending(last: str, *, faithful: bool, kernel: str) -> Iterator[Node]:
    if faithful:
        yield Node(id="project", op="project", params={"kernel": kernel}, inputs=("load", last))
        last = "project"
    yield Node(id="measure", op="measure", params={"kernel": kernel}, inputs=("load", last))
    yield Node(id="save", op="save", inputs=(last, "measure"))


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
