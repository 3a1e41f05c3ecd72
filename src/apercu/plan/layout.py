"""Where the cards and lines of a drawn workflow stand: a column for each step, no overlaps, few crossings.

A value that is taken several columns later passes through the columns between in a narrow cell of its own, so no line
runs behind a card.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from apercu.records import Node

LINE_HEIGHT = 17
NAME_LIMIT = 14
CURVE = 36
"""The last px before a column: lines run straight up to there, clear of the labels, and bend within."""

_GAP = 26
_MARGIN = 16
_PADDING = 14
_TAG = 56
# generous widths of a character at 16, 12 and 11 px, since the reader's font is not known
_NAME_CHARACTER = 10.0
_LINE_CHARACTER = 7.0
_LABEL_CHARACTER = 6.4
_SWEEPS = 8

Cell = tuple[str, int]
"""A node's id and a column: the node itself in its own column, its output passing through in a later one."""


@dataclass(frozen=True)
class Chart:
    """Positions in px.

    Attributes:
        column: node id -> column.
        lines: node id -> small lines on its card.
        labels: node id -> what is written on the line that leaves it.
        segments: the lines, each from one cell to a cell in the next column.
        entries: for each cell, where its lines come from, top to bottom.
        y: centre of each cell; `height`: its height.
        left: left edge of each column; `width`: width of its cards.
        size: (width, height) of the whole.
    """

    column: Mapping[str, int]
    lines: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    segments: Sequence[tuple[Cell, Cell]]
    entries: Mapping[Cell, Sequence[Cell]]
    y: Mapping[Cell, float]
    height: Mapping[Cell, float]
    left: Sequence[float]
    width: Sequence[float]
    size: tuple[float, float]


def lay_out(nodes: Mapping[str, Node], lines: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> Chart:
    """Place an ordered graph.

    Args:
        nodes: node id -> node, each after its inputs.
        lines: node id -> small lines on its card.
        labels: node id -> label of what flows out, for every node whose output is taken.
    """
    column: dict[str, int] = {}
    for key, node in nodes.items():
        column[key] = 1 + max((column[source] for source in node.inputs), default=-1)
    segments = _segments(nodes, column)
    cells = dict.fromkeys([*(cell for pair in segments for cell in pair), *column.items()])
    height = {cell: _height(len(lines[cell[0]])) if column[cell[0]] == cell[1] else 18.0 for cell in cells}
    y = _settle(height, segments)
    last = max(column.values())
    width = [max(_width(nodes[key].op, lines[key]) for key in nodes if column[key] == at) for at in range(last + 1)]
    left = [float(_MARGIN)]
    for at in range(last):
        longest = max((len(label) for key, label in labels.items() if column[key] == at), default=0)
        left.append(left[-1] + width[at] + 12 + _LABEL_CHARACTER * longest + CURVE)
    bottom = max(y[cell] + height[cell] / 2 for cell in cells)
    entries: dict[Cell, list[Cell]] = defaultdict(list)
    for source, target in sorted(segments, key=lambda pair: y[pair[0]]):
        entries[target].append(source)
    size = (left[-1] + width[-1] + _MARGIN, bottom + _MARGIN)
    return Chart(column, lines, labels, segments, entries, y, height, left, width, size)


def _height(lines: int) -> float:
    return 42.0 + LINE_HEIGHT * lines


def _width(op: str, lines: Sequence[str]) -> float:
    name = _NAME_CHARACTER * min(len(op), NAME_LIMIT) + _TAG
    return 2 * _PADDING + max([name, *(_LINE_CHARACTER * len(line) for line in lines)])


def _segments(nodes: Mapping[str, Node], column: Mapping[str, int]) -> list[tuple[Cell, Cell]]:
    found: dict[tuple[Cell, Cell], None] = {}
    for key, node in nodes.items():
        for source in node.inputs:
            passed: list[Cell] = [(source, at) for at in range(column[source], column[key])]
            found |= dict.fromkeys(zip(passed, [*passed[1:], (key, column[key])], strict=True))
    return list(found)


def _settle(height: Mapping[Cell, float], segments: Sequence[tuple[Cell, Cell]]) -> dict[Cell, float]:
    """Centres: forwards and backwards in turn, each cell goes as near to the mean of its neighbours as it can."""
    before: dict[Cell, list[Cell]] = defaultdict(list)
    after: dict[Cell, list[Cell]] = defaultdict(list)
    for source, target in segments:
        after[source].append(target)
        before[target].append(source)
    columns: dict[int, list[Cell]] = defaultdict(list)
    for cell in height:
        columns[cell[1]].append(cell)
    y = {cell: 100.0 * index for cells in columns.values() for index, cell in enumerate(cells)}
    for sweep in range(_SWEEPS):
        near, far = (before, after) if sweep % 2 == 0 else (after, before)
        for at in sorted(columns, reverse=sweep % 2 == 1):
            wanted = {cell: fmean([y[other] for other in near[cell] or far[cell]] or [y[cell]]) for cell in columns[at]}
            columns[at].sort(key=wanted.__getitem__)
            y |= _spread(columns[at], wanted, height)
    top = min(y[cell] - height[cell] / 2 for cell in height)
    return {cell: value - top + _MARGIN for cell, value in y.items()}


def _spread(cells: Sequence[Cell], wanted: Mapping[Cell, float], height: Mapping[Cell, float]) -> dict[Cell, float]:
    placed: dict[Cell, float] = {}
    edge = float("-inf")
    for cell in cells:
        placed[cell] = max(wanted[cell], edge + height[cell] / 2)
        edge = placed[cell] + height[cell] / 2 + _GAP
    shift = fmean(wanted[cell] - placed[cell] for cell in cells)
    return {cell: value + shift for cell, value in placed.items()}
