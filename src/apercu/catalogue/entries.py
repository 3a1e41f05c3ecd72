"""The records of the catalogue: a family with its variants as its file says, and an entry as it is listed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from apercu.records import Content, Damage, Draws, Record, Status, TaskId

Cost = Literal["low", "medium", "high"]


class PaperOf(Record):
    """The paper of a family."""

    title: str
    url: str
    arxiv: str | None = None
    year: int


class Note(Record):
    """A sentence about a family, in our own words, with where it stands and how it was checked."""

    kind: Literal["step", "mechanism", "limit", "result"]
    text: str
    source: str
    locator: str
    verified: str


class WeightsOf(Record):
    """The official file of weights of a variant; what is not known is None or "not known"."""

    url: str | None = None
    file: str
    size: int | None = None
    sha256: str | None = None
    licence: str = "not known"


class Variant(Record):
    """One set of weights of a family.

    `factors` are those that it enlarges by, "any", or empty for models that do not enlarge; `content` the kinds of
    picture that it learned from, empty where general or not known; `damage` what it was trained to undo or withstand;
    `draws` stands where it is another than the family's; `narrow` is as for a family; `verified` says where the facts
    were checked.
    """

    id: str = Field(min_length=1, max_length=200)
    aliases: tuple[str, ...] = ()
    task: TaskId
    factors: Literal["any"] | tuple[float, ...] = ()
    content: tuple[Content, ...] = ()
    damage: tuple[Damage, ...] = ()
    expects: str = ""
    trained_on: tuple[str, ...] = ()
    inputs: str
    outputs: str
    cost: Cost
    parameters: int | None = None
    weights: WeightsOf | None = None
    links: tuple[str, ...] = ()
    draws: Draws | None = None
    narrow: bool = False
    verified: str


class Family(Record):
    """A family of models.

    `about` completes "NAME is ..."; `loads` names the library and architecture that open its official files
    ("spandrel:SwinIR"), None where none does; `draws` what it makes of missing detail: the mean of what it may be, or
    one likely guess, learned against a discriminator or by undoing noise; `narrow` is true where it serves one purpose
    that most questions about its task are not about.
    """

    family: str
    paper: PaperOf | None
    code: str | None
    licence: str
    about: str
    loads: str | None = None
    draws: Draws = "mean"
    narrow: bool = False
    notes: tuple[Note, ...] = ()
    variants: tuple[Variant, ...]


class Entry(Record):
    """A model of the catalogue.

    `id` is its name there; `card` the id of its card, "" where it has none; `source` the name of the imported
    catalogue that it comes from, "" for Apercu's.
    """

    id: str
    card: str = ""
    family: str
    aliases: tuple[str, ...] = ()
    task: TaskId
    factors: Literal["any"] | tuple[float, ...] = ()
    content: tuple[Content, ...] = ()
    damage: tuple[Damage, ...] = ()
    about: str
    expects: str = ""
    trained_on: tuple[str, ...] = ()
    inputs: str = ""
    outputs: str = ""
    paper: PaperOf | None = None
    licence: str = "not known"
    cost: Cost = "medium"
    parameters: int | None = None
    weights: WeightsOf | None = None
    links: tuple[str, ...] = ()
    status: Status = "described"
    needs: str = ""
    notes: tuple[Note, ...] = ()
    draws: Draws = "mean"
    narrow: bool = False
    source: str = ""
    verified: str = ""

    @property
    def called(self) -> str:
        """The id that every command takes: `--model` that of the card, where there is one."""
        return self.card or self.id
