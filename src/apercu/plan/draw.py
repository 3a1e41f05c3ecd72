"""A workflow drawn for a terminal, for Markdown (Mermaid) and for the report (SVG), with what flows through it.

Everything that comes from the plan is treated as hostile: it is escaped for the language it is drawn in and cannot
leave its label.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from apercu.plan.graph import order
from apercu.plan.layout import CURVE, LINE_HEIGHT, NAME_LIMIT, Cell, Chart, lay_out
from apercu.records import Node, Plan

_NOTHING: Mapping[str, str] = MappingProxyType({})

Side = int | float
"""One side of a picture: whole pixels (int), or a multiple of the input's side when that is not known (float)."""


def flow_shapes(plan: Plan, input_size: tuple[int, int] | None = None, *, channels: int = 3) -> dict[str, str]:
    """What each node gives: "144 x 192 x 3" (width x height x channels), "3W x 3H x 3", "findings", "report" or "file".

    Args:
        plan: the workflow. Nodes with an op that this function does not know get no entry.
        input_size: (height, width) of the picture that `load` reads, None when there is none.
        channels: colour channels of that picture, 1 or 3, without alpha; 3 when there is none.

    Raises:
        PlanError: the plan cannot be put in order.
    """
    sizes: dict[str, tuple[Side, Side]] = {}
    notes: dict[str, str] = {}
    for node in order(plan):
        if node.op in _RESULTS:
            notes[node.id] = _RESULTS[node.op]
        elif size := _size_after(node, [sizes[source] for source in node.inputs if source in sizes], input_size):
            sizes[node.id] = size
            notes[node.id] = f"{_side(size[1], 'W')} x {_side(size[0], 'H')} x {channels}"
    return notes


_RESULTS: Mapping[str, str] = {"inspect": "findings", "measure": "report", "save": "file"}


def _size_after(
    node: Node, inputs: Sequence[tuple[Side, Side]], loaded: tuple[int, int] | None
) -> tuple[Side, Side] | None:
    if node.op == "load":
        return loaded or (1.0, 1.0)
    if not inputs or node.op not in {"enlarge", "apply", "choose", "project", "selftest", "resize", "shrink"}:
        return None
    if node.op not in {"enlarge", "resize", "shrink"}:
        return inputs[-1]
    height, width = inputs[0]
    match node.params:
        case {"size": [int(new_height), int(new_width)]}:
            return new_height, new_width
        case {"scale": [int() | float() as scale_y, int() | float() as scale_x]}:
            return _times(height, scale_y), _times(width, scale_x)
    return None


def _times(side: Side, scale: float) -> Side:
    """The nearest whole number of pixels, halves up, as the enlarge step does."""
    return math.floor(side * scale + 0.5) if isinstance(side, int) else float(side * scale)


def _side(side: Side, symbol: str) -> str:
    if isinstance(side, int):
        return str(side)
    return symbol if side == 1 else f"{side:g}{symbol}"


# --- words ------------------------------------------------------------------------------------------------------------


def _plain(text: object, limit: int = 200) -> str:
    """One line without control or direction characters: a drawing must not move the cursor or turn text round."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in str(text)[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _param(name: str, value: object) -> str:
    if value is True:
        return _plain(name)
    match name, value:
        case "scale", [int() | float() as scale_y, int() | float() as scale_x]:
            return f"scale {scale_y:g}x" if scale_y == scale_x else f"scale {scale_x:g} x {scale_y:g}"
        case "size", [int(height), int(width)]:
            return f"size {width} x {height}"
    return _plain(f"{name} {value if isinstance(value, str) else json.dumps(value, default=str)}")


def _params(node: Node) -> list[str]:
    return [_param(name, value) for name, value in node.params.items()]


# --- terminal ---------------------------------------------------------------------------------------------------------


def draw_text(plan: Plan, notes: Mapping[str, str] = _NOTHING, *, width: int = 100) -> str:
    """The graph for a terminal: a row for each node, a rail for each value that a later node still takes.

    Args:
        plan: the workflow.
        notes: node id -> what flows out of it; see `flow_shapes`.
        width: columns; longer lines end in "…".

    Raises:
        PlanError: the plan cannot be put in order.
    """
    nodes = order(plan)
    rails = _rails(nodes)
    graph = max(len(head) for head, _ in rails) + 3
    name = max(len(_plain(node.op, 24)) for node in nodes) + 2
    label = max(len(_id_beside(node)) for node in nodes) + 2
    lines = []
    for node, (head, tail) in zip(nodes, rails, strict=True):
        note = f"-> {_plain(notes[node.id])}" if node.id in notes else ""
        lines.append(f"{head:{graph}}{_plain(node.op, 24):{name}}{_id_beside(node):{label}}{note}".rstrip())
        lines.append(f"{tail:{graph}}{'  '.join(_params(node))}".rstrip())
    return "\n".join(_plain(line, width) for line in lines if line) + "\n"


def _id_beside(node: Node) -> str:
    return "" if node.id == node.op else _plain(node.id, 32)


def _rails(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    """For each node its own row and the row below it. A rail holds the id of the node whose output runs down it."""
    waiting = Counter(source for node in nodes for source in set(node.inputs))
    rails: list[str | None] = []
    rows: list[tuple[str, str]] = []
    for node in nodes:
        waiting.subtract(set(node.inputs))
        joined = [rail for rail, holder in enumerate(rails) if holder in node.inputs]
        ending = [rail for rail in joined if not waiting[str(rails[rail])]]
        free = [rail for rail, holder in enumerate(rails) if holder is None and rail > min(joined, default=-1)]
        at = (ending + free + [len(rails)])[0]
        rails += [None] * (at + 1 - len(rails))
        head = _join(rails, at, joined, ending)
        for rail in ending:
            rails[rail] = None
        rails[at] = node.id if waiting[node.id] else None
        rows.append((head, " ".join(" " if holder is None else "│" for holder in rails)))
    return rows


def _join(rails: Sequence[str | None], at: int, joined: Sequence[int], ending: Sequence[int]) -> str:
    first, last = min([at, *joined]), max([at, *joined])
    row = ""
    for rail, holder in enumerate(rails):
        inside = first <= rail <= last
        if rail == at:
            row += "●"
        elif rail in joined:
            shapes = "└┘┴" if rail in ending else "├┤┼"
            row += shapes[0 if rail == first else 1 if rail == last else 2]
        else:
            row += "│" if holder is not None else "─" if inside else " "
        row += "─" if first <= rail < last else " "
    return row.rstrip()


# --- Mermaid ----------------------------------------------------------------------------------------------------------


def draw_mermaid(plan: Plan, notes: Mapping[str, str] = _NOTHING) -> str:
    """The graph as a Mermaid flow chart, left to right; nodes are numbered, so no id of the plan is part of its syntax.

    Raises:
        PlanError: the plan cannot be put in order.
    """
    nodes = order(plan)
    number = {node.id: f"n{index}" for index, node in enumerate(nodes)}
    lines = ["flowchart LR"]
    for node in nodes:
        parts = [part for part in (node.op, _id_beside(node), *_params(node)) if part]
        lines.append(f'  {number[node.id]}["{"<br/>".join(_entities(_plain(part)) for part in parts)}"]')
    for node in nodes:
        for source in node.inputs:
            note = f'|"{_entities(_plain(notes[source]))}"|' if notes.get(source) else ""
            lines.append(f"  {number[source]} -->{note} {number[node.id]}")
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    """Mermaid's own character codes for everything but plain words: `#34;` is a quotation mark."""
    return "".join(
        character if character.isascii() and (character.isalnum() or character in " .-_") else f"#{ord(character)};"
        for character in text
    )


# --- SVG --------------------------------------------------------------------------------------------------------------

_STYLE = """
.apercu-plan{color-scheme:light dark;--ink:var(--plan-ink,#1d1c1a);--soft:var(--plan-soft,#5f5b53);
--card:var(--plan-card,#fff);--line:var(--plan-line,#8b857a);
--accent:var(--plan-accent,#0b6157);--bad:var(--plan-bad,#a3271b);
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
@media(prefers-color-scheme:dark){.apercu-plan{--ink:var(--plan-ink,#ece9e2);--soft:var(--plan-soft,#aaa59a);
--card:var(--plan-card,#24231f);--line:var(--plan-line,#7d786e);
--accent:var(--plan-accent,#67c7b6);--bad:var(--plan-bad,#f0968a)}}
.apercu-plan .edge{fill:none;stroke:var(--line)}.apercu-plan .tip{fill:var(--line)}
.apercu-plan .card{fill:var(--card);stroke:var(--line)}.apercu-plan .op{fill:var(--ink)}
.apercu-plan .small,.apercu-plan .flow{fill:var(--soft)}.apercu-plan .done .card{stroke:var(--accent)}
.apercu-plan .done .tag{fill:var(--accent)}.apercu-plan .skipped .tag{fill:var(--soft)}
.apercu-plan .skipped .card{stroke-dasharray:5 4;fill:none}.apercu-plan .skipped .op{fill:var(--soft)}
.apercu-plan .failed .card{stroke:var(--bad)}.apercu-plan .failed .tag{fill:var(--bad)}
"""


def draw_svg(plan: Plan, notes: Mapping[str, str] = _NOTHING, *, status: Mapping[str, str] = _NOTHING) -> str:
    """The graph as one SVG element, left to right: a column for each step, a card for each node.

    Args:
        plan: the workflow.
        notes: node id -> what flows out of it; see `flow_shapes`.
        status: node id -> "done", "skipped" or "failed", as `NodeRun.status`; others are drawn plain.

    Colours follow the light or dark setting, or the page's `--plan-ink`, `-soft`, `-card`, `-line`, `-accent`, `-bad`.

    Raises:
        PlanError: the plan cannot be put in order.
    """
    nodes = {node.id: node for node in order(plan)}
    used = dict.fromkeys(source for node in plan.nodes for source in node.inputs)  # in one order, so that bytes stay
    lines = {key: _card_lines(node, "" if key in used else notes.get(key, "")) for key, node in nodes.items()}
    labels = {key: _plain(notes.get(key, ""), 26) for key in used}
    chart = lay_out(nodes, lines, labels)
    told = "; ".join(_sentence(node, notes.get(key, ""), status.get(key, "")) for key, node in nodes.items())
    width, height = chart.size
    body = [
        *(_edge(chart, source, target, status.get(source[0], "")) for source, target in chart.segments),
        *(_card(chart, node, status.get(key, "")) for key, node in nodes.items()),
        *(_flow(chart, key) for key in labels),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="apercu-plan" role="img" aria-label="The workflow as a graph" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="sans-serif" font-size="12"><title>The workflow as a graph</title><desc>{escape(told)}.</desc>'
        f"<style>{_STYLE}</style>{''.join(body)}</svg>"
    )


def _sentence(node: Node, note: str, state: str) -> str:
    parts = [node.op, _id_beside(node), *_params(node)]
    taken = f"takes {', '.join(node.inputs)}" if node.inputs else ""
    words = [*parts, taken, f"gives {note}" if note else "", state]
    return _plain(", ".join(word for word in words if word), 400)


def _card_lines(node: Node, note: str) -> list[str]:
    texts = [_id_beside(node), *_params(node), f"gives {note}" if note else ""]
    return [_plain(text, 27) for text in texts if text]


def _edge(chart: Chart, source: Cell, target: Cell, state: str) -> str:
    """One stretch of a line: straight along the label, then a curve into the next column; dashed if skipped."""
    start_x, y0 = chart.left[source[1]] + chart.width[source[1]], chart.y[source]
    entries = chart.entries[target]
    end_x, y1 = chart.left[target[1]], chart.y[target] + 14 * (entries.index(source) - (len(entries) - 1) / 2)
    is_node = chart.column[target[0]] == target[1]
    x0, x1 = end_x - CURVE, end_x - 8 if is_node else end_x
    bend = (x1 - x0) / 2
    curve = f"C{x0 + bend:.1f} {y0:.1f} {x1 - bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    through = "" if is_node else f"H{end_x + chart.width[target[1]]:.1f}"
    tip = f'<path class="tip" fill="#8b857a" d="M{end_x:.1f} {y1:.1f}l-9 -4.5v9z"/>' if is_node else ""
    path = f"M{start_x:.1f} {y0:.1f}H{x0:.1f}{curve}{through}"
    dashes = ' stroke-dasharray="5 4"' if state == "skipped" else ""
    return f'<path class="edge" fill="none" stroke="#8b857a" stroke-width="1.5"{dashes} d="{path}"/>{tip}'


def _flow(chart: Chart, key: str) -> str:
    at = chart.column[key]
    x, y = chart.left[at] + chart.width[at] + 8, chart.y[key, at] - 6
    return _text("flow", chart.labels[key], x, y, 'font-size="11" fill="#5f5b53"')


def _card(chart: Chart, node: Node, state: str) -> str:
    cell = (node.id, chart.column[node.id])
    x, width, height = chart.left[cell[1]], chart.width[cell[1]], chart.height[cell]
    y = chart.y[cell] - height / 2
    known = state if state in {"done", "skipped", "failed"} else ""
    whole = escape("\n".join(part for part in (_plain(node.op), _id_beside(node), *_params(node)) if part))
    texts = [
        _text("op", _plain(node.op, NAME_LIMIT), x + 14, y + 27, 'font-size="16" font-weight="600" fill="#1d1c1a"')
    ]
    texts += [_text("tag", known, x + width - 12, y + 26, 'font-size="11" text-anchor="end"')] if known else []
    for index, line in enumerate(chart.lines[node.id]):
        texts.append(_text("small", line, x + 14, y + 46 + LINE_HEIGHT * index, 'fill="#5f5b53"'))
    return (
        f'<g class="node {known}"><title>{whole}</title><rect class="card" x="{x:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="10" fill="#fff" stroke="#8b857a" stroke-width="1.5"/>'
        f"{''.join(texts)}</g>"
    )


def _text(kind: str, words: str, x: float, y: float, look: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'
