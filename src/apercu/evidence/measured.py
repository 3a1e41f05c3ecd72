"""How well the models measured on held-out pictures, and which of those figures speak to a question.

The figures lie in `cards/measured.json`. `tools/publish_models.py` writes them from what `benchmarks/models.py` found.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, NamedTuple

from pydantic import Field, ValidationError

from apercu.errors import EvidenceError
from apercu.records import Content, Record, Task

BASE = "liif-edsr"
BASE_NAME = "LIIF-EDSR"
FACTORS = (2, 3, 4)
DEFAULT_FACTOR = 2
"""The factor of a question that names none."""
_SAME_FACTOR = 0.005
STYLE_WORDS = {
    "photo": "photographs",
    "drawn": "drawings",
    "cartoon": "cartoons",
    "ui": "interfaces",
    "all": "photographs, drawings, cartoons and interfaces",
}
_STYLES: dict[Content, str] = {
    "photo": "photo",
    "face": "photo",
    "illustration": "drawn",
    "anime": "cartoon",
    "ui": "ui",
}
"""Where pictures of a kind were measured; of text and pixel art there are none."""


class Scores(NamedTuple):
    """Means over the cases: PSNR over RGB and of luma in dB, SSIM of luma."""

    psnr: float
    psnr_y: float
    ssim_y: float


class Gain(NamedTuple):
    """Mean difference from the base in dB with the ends of its 95 % interval.

    Of PSNR over RGB; on the classical sets, as is usual there, of luma.
    """

    mean: float
    low: float
    high: float


class MeasuredRow(Record):
    """The figures of one group of cases, by the id of the model.

    `group` is a style, a set or, of the protocol "damage", the name of a damage; `factor` is None where all are joined.
    """

    protocol: Literal["clean", "chance", "mixed", "damage", "vector", "sets"]
    group: str
    factor: int | None
    cases: int
    pictures: int
    scores: dict[str, Scores]
    gains: dict[str, Gain]


class Cost(Record):
    """What enlarging 128 x 128 pixels four times took: seconds, and multiply-adds of an output pixel where known."""

    seconds_x4: float
    multiply_adds_x4: float | None


class Measured(Record):
    """All figures.

    `date` is the day of the measurement. `base` is the model that gains are over. Of the crops every `every`-th was
    taken. `protocols` say in words what the rows are. `weights` hold the sha256 of what was measured, by model.
    """

    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    base: Literal["liif-edsr"]
    every: int
    figures: str
    protocols: dict[str, str]
    weights: dict[str, str]
    costs: dict[str, Cost]
    rows: tuple[MeasuredRow, ...]


class Figure(Record):
    """How a model measured beside the base on pictures as a question has them: `gain` in dB of PSNR over RGB."""

    model: str
    gain: Gain
    text: str


@cache
def measured() -> Measured:
    """The figures of this version. Read once.

    Raises:
        EvidenceError: the file is damaged; the message names the field.
    """
    return read_measured(files("apercu") / "cards" / "measured.json")


def read_measured(file: Traversable) -> Measured:
    """Read and check a file of figures.

    Raises:
        EvidenceError: it cannot be read, or a field is missing, unknown or of the wrong kind.
    """
    try:
        return Measured.model_validate_json(file.read_text("utf-8"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = f"field {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except (OSError, ValueError) as error:
        problem = f"it cannot be read ({error})"
    raise EvidenceError(
        f"the figures in {file.name} are damaged: {problem}", hint="Write them again with tools/publish_models.py."
    )


def figures_for(task: Task) -> dict[str, tuple[Figure, ...]]:
    """What was measured on pictures as a question has them, by the id of the model; nothing of the base itself.

    The kind of picture names the style; any damage leads to the protocol "mixed", otherwise to "clean"; of the factors
    2, 3 and 4 the nearest is taken. A question about a damaged picture of no named kind gets all styles together. Where
    the kind is another one, or neither kind nor damage is named, there are no figures.
    """
    asked = _asked(task)
    rows = _rows(task, asked, measured())
    models = dict.fromkeys(model for row in rows for model in row.gains)
    return {
        model: tuple(
            Figure(model=model, gain=row.gains[model], text=sentence(row, row.gains[model], asked))
            for row in rows
            if model in row.gains
        )
        for model in models
    }


def _asked(task: Task) -> float:
    """The factor that a question is about: of two the larger."""
    return max(task.scale) if task.scale else task.factor or DEFAULT_FACTOR


def _rows(task: Task, asked: float, found: Measured) -> list[MeasuredRow]:
    if task.id != "super_resolution":
        return []
    styles = list(dict.fromkeys(_STYLES[kind] for kind in task.content if kind in _STYLES))
    if task.damage and not task.content:
        styles = ["all"]
    factor = min(FACTORS, key=lambda measured: abs(measured - asked))
    wanted = ("mixed" if task.damage else "clean", factor)
    return [row for row in found.rows if (row.protocol, row.factor) == wanted and row.group in styles]


def quickness(model: str) -> str | None:
    """The reason for a model that took at most half as long as the base; None for others and for those not timed."""
    costs = measured().costs
    if model not in costs or costs[model].seconds_x4 > costs[BASE].seconds_x4 / 2:
        return None
    share = costs[model].seconds_x4 / costs[BASE].seconds_x4
    return f"To enlarge 128 x 128 pixels 4 times it took {max(share, 0.01):.0%} of the time of {BASE_NAME}."


def sentence(row: MeasuredRow, gain: Gain, asked: float) -> str:
    """What a gain means, as a reason for or against a model; `asked` is the factor of the question."""
    damage = " with mixed damage" if row.protocol == "mixed" else ""
    where = f"On {row.cases} held-out crops of {STYLE_WORDS[row.group]}{damage} at x{row.factor}"
    if row.factor and abs(row.factor - asked) > _SAME_FACTOR:
        where += f" (of the measured factors the nearest to {asked:.4g})"
    if gain.low <= 0 <= gain.high:
        return (
            f"{where} it measured about the same as {BASE_NAME} "
            f"(PSNR over RGB; 95 % interval of the difference {gain.low:.2f} to {gain.high:.2f} dB)."
        )
    side, ends = ("above", (gain.low, gain.high)) if gain.low > 0 else ("below", (-gain.high, -gain.low))
    return (
        f"{where} it measured {abs(gain.mean):.2f} dB {side} {BASE_NAME} "
        f"(PSNR over RGB; 95 % interval {ends[0]:.2f} to {ends[1]:.2f})."
    )
