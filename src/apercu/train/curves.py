"""Curves of trainings: the loss and the validation figures against the steps, as SVG or PNG.

Each figure has a panel with an axis of its own, since groups lie many decibels apart; each training has a colour.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from apercu.errors import InputError
from apercu.train.log import LOG, read_log
from apercu.train.whole import write_whole

Point: TypeAlias = tuple[float, float]
Series: TypeAlias = dict[str, list[Point]]
"""Title of a panel -> (step, value) in the order of the steps."""

LOSS = "loss"
_COLUMNS = 3
_PANEL = (320, 200)
_MARGIN = (58, 30, 14, 30)  # left, top, right, bottom of a panel's axes
_LINE = 20  # height of a line of the legend
_COLOURS = ("#0b5fa5", "#d1495b", "#2e8b57", "#b8860b", "#6a4c93", "#444444")
_GREY, _INK = "#d8d8d8", "#222222"
_TICKS = 5
_MANY = 40
"""Curves of more points are drawn without dots."""
_DENSITY = 2
"""Pixels of a PNG for each unit of an SVG."""
_FINER = 3
"""A PNG is drawn this many times larger and then shrunk, so that its lines are smooth."""


class _Line(NamedTuple):
    points: Sequence[Point]
    colour: str
    width: float


class _Dot(NamedTuple):
    centre: Point
    colour: str
    radius: float


class _Text(NamedTuple):
    place: Point
    text: str
    anchor: Literal["start", "middle", "end"]
    size: int


_Mark: TypeAlias = _Line | _Dot | _Text


def draw_curves(runs: Sequence[Path], out: Path) -> Path:
    """Draw what the logs of trainings hold.

    Args:
        runs: folders of trainings.
        out: the file, `.svg` or `.png`; replaced if it is there.

    Returns:
        `out`.

    Raises:
        InputError: a folder has no log with a figure in it, or `out` is of another kind.
        OutputError: it cannot be written.
    """
    if out.suffix not in (".svg", ".png"):
        raise InputError(f"cannot draw curves as {out.name}", hint="Give a file that ends in .svg or .png.")
    every = [_series(run) for run in runs]
    titles = list(dict.fromkeys(title for series in every for title in series))
    names = [run.resolve().name for run in runs]
    size, marks = _drawing(names, every, titles)
    write_whole(out, _svg(size, marks) if out.suffix == ".svg" else _png(size, marks))
    return out


def _series(run: Path) -> Series:
    series: Series = {}
    for event in read_log(run / LOG):
        if LOSS in event:
            series.setdefault(LOSS, []).append((event["step"], event[LOSS]))
        for group, value in event.get("validation", {}).items():
            series.setdefault(f"{group}, dB", []).append((event["step"], value))
    if not series:
        raise InputError(f"{run / LOG} holds no figure of a training", hint="The first one comes after 100 steps.")
    return series


def _drawing(names: list[str], every: list[Series], titles: list[str]) -> tuple[tuple[int, int], list[_Mark]]:
    """Size, and all that is to be drawn: the legend, then a panel for each title."""
    columns = min(_COLUMNS, len(titles))
    legend = _LINE * len(names) + 12
    size = (columns * _PANEL[0], legend + -(-len(titles) // columns) * _PANEL[1])
    marks: list[_Mark] = []
    for i, name in enumerate(names):
        y = 16 + _LINE * i
        marks += [_Line(((14, y), (40, y)), _colour(i), 2.5), _Text((48, y + 4), name, "start", 13)]
    last = max(point[0] for series in every for points in series.values() for point in points)
    for i, title in enumerate(titles):
        row, column = divmod(i, columns)
        corner = (column * _PANEL[0], legend + row * _PANEL[1])
        marks += _panel(title, [series.get(title, []) for series in every], last, corner)
    return size, marks


def _panel(title: str, curves: list[list[Point]], last: float, corner: Point) -> Iterator[_Mark]:
    left, top, right, bottom = _MARGIN
    x0, x1 = corner[0] + left, corner[0] + _PANEL[0] - right
    y0, y1 = corner[1] + _PANEL[1] - bottom, corner[1] + top
    values = [value for curve in curves for _, value in curve]
    ticks = nice_ticks(min(values), max(values))
    low, high = min(ticks[0], *values), max(ticks[-1], *values)

    def place(step: float, value: float) -> Point:
        return x0 + (x1 - x0) * step / last, y0 + (y1 - y0) * (value - low) / (high - low)

    yield _Text((x0, y1 - 10), title, "start", 13)
    for tick in ticks:
        y = place(0, tick)[1]
        yield _Line(((x0, y), (x1, y)), _GREY, 1)
        yield _Text((x0 - 6, y + 4), _number(tick, ticks[1] - ticks[0]), "end", 11)
    for step in nice_ticks(0, last):
        if step <= last:
            x = place(step, low)[0]
            yield _Line(((x, y0), (x, y0 + 4)), _INK, 1)
            yield _Text((x, y0 + 17), f"{step:g}", "middle", 11)
    yield _Line(((x0, y0), (x1, y0)), _INK, 1)
    for i, curve in enumerate(curves):
        points = [place(*point) for point in curve]
        yield _Line(points, _colour(i), 1.6)
        if len(points) <= _MANY:
            yield from (_Dot(point, _colour(i), 2.4) for point in points)


def nice_ticks(low: float, high: float) -> list[float]:
    """At most 6 values at steps of 1, 2 or 5 times a power of ten, from at or below `low` to at or above `high`."""
    if low == high:
        around = abs(high) / 200 or 0.5
        low, high = low - around, high + around
    power = 10.0 ** math.floor(math.log10((high - low) / _TICKS))
    for step in (m * power for m in (1, 2, 5, 10, 20)):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= _TICKS:
            break
    return [i * step for i in range(first, last + 1)]


def _number(value: float, step: float) -> str:
    return f"{value:.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


def _colour(i: int) -> str:
    return _COLOURS[i % len(_COLOURS)]


def _svg(size: tuple[int, int], marks: list[_Mark]) -> bytes:
    width, height = size
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *map(_svg_mark, marks),
        "</svg>\n",
    ]
    return "\n".join(lines).encode()


def _svg_mark(mark: _Mark) -> str:
    if isinstance(mark, _Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
        return f'<polyline points="{points}" fill="none" stroke="{mark.colour}" stroke-width="{mark.width}"/>'
    if isinstance(mark, _Dot):
        return f'<circle cx="{mark.centre[0]:.1f}" cy="{mark.centre[1]:.1f}" r="{mark.radius}" fill="{mark.colour}"/>'
    x, y = mark.place
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{mark.anchor}" font-size="{mark.size}" fill="{_INK}"'
    return f"<text {place}>{escape(mark.text)}</text>"


def _png(size: tuple[int, int], marks: list[_Mark]) -> bytes:
    finer = _DENSITY * _FINER
    image = Image.new("RGB", (size[0] * finer, size[1] * finer), "white")
    draw = ImageDraw.Draw(image)
    for mark in marks:
        if isinstance(mark, _Line):
            points = [(x * finer, y * finer) for x, y in mark.points]
            draw.line(points, fill=mark.colour, width=round(mark.width * finer), joint="curve")
        elif isinstance(mark, _Dot):
            centre = (mark.centre[0] * finer, mark.centre[1] * finer)
            draw.circle(centre, mark.radius * finer, fill=mark.colour)
        else:
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
            place = (mark.place[0] * finer, mark.place[1] * finer)
            draw.text(place, mark.text, _INK, ImageFont.load_default(mark.size * finer), anchor=anchor)
    file = io.BytesIO()
    image.resize((size[0] * _DENSITY, size[1] * _DENSITY), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()
