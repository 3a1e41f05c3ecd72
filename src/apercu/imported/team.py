"""A model of a team's catalogue, and the catalogue as it is kept."""

from __future__ import annotations

from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import BaseModel, ConfigDict, Field, field_validator

from apercu.addresses import escaped, is_url, without_steering
from apercu.records import Content, Damage, Draws, Record, TaskId

MOST_MODELS = 10_000
MOST_IN_A_LIST = 50
LICENCE_NOT_KNOWN = "not known"

Factor = Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2_000)]


class TeamModel(Record):
    """A model of a team's catalogue, as its file says; all but `id` and `task` may be left out.

    `factors` is "any", one factor or several; the other fields mean what they mean for `catalogue.Entry`.
    """

    id: str = Field(min_length=1, max_length=200)
    task: TaskId
    family: str = Field(default="", max_length=200)
    aliases: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(), max_length=MOST_IN_A_LIST
    )
    factors: Literal["any"] | Annotated[tuple[Factor, ...], Field(max_length=MOST_IN_A_LIST)] = ()
    content: tuple[Content, ...] = Field(default=(), max_length=MOST_IN_A_LIST)
    damage: tuple[Damage, ...] = Field(default=(), max_length=MOST_IN_A_LIST)
    draws: Draws = "mean"
    about: Text = ""
    expects: Text = ""
    inputs: Text = ""
    outputs: Text = ""
    licence: str = Field(default=LICENCE_NOT_KNOWN, max_length=200)
    cost: Literal["low", "medium", "high"] = "medium"
    parameters: int | None = Field(default=None, ge=1, le=10**15)
    links: tuple[Annotated[str, Field(max_length=2_000)], ...] = Field(default=(), max_length=MOST_IN_A_LIST)

    @field_validator("id", "family", "about", "expects", "inputs", "outputs", "licence", "aliases", "links")
    @classmethod
    def _plain(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for text in (value,) if isinstance(value, str) else value:
            if text != without_steering(text, "?") or any("\ud800" <= character <= "\udfff" for character in text):
                raise ValueError("expected one line of text without control characters")
            if text != text.strip():
                raise ValueError("expected text without blanks at its ends")
        return value

    @field_validator("id", "family", "licence", "aliases")
    @classmethod
    def _visible(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """A name must be one that can be seen and typed."""
        for text in (value,) if isinstance(value, str) else value:
            if not text.isprintable():
                raise ValueError("expected text without characters that cannot be seen")
        return value

    @field_validator("links")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for link in value:
            if not (is_url(link) and link.isprintable()):
                raise ValueError(f"'{escaped(link)}' is no http or https address")
        return value


_LOOKALIKES = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0443\u0445\u04bb\u04cf\u0501"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd"
    "\u2010\u2011\u2012\u2013\u2212",
    "ABESIJKMHOPCTYXaesijopcyxhldABEZHIKMNOPTYXov-----",
)
"""Cyrillic and Greek letters, and dashes, that look like those of Latin ids."""


def same_name(name: str) -> str:
    """What two spellings of one name have in common.

    They may differ in capitals, in separate accents, in wide letters, and in letters of other scripts that look alike.
    """
    return normalize("NFKC", normalize("NFKC", name.strip()).translate(_LOOKALIKES).casefold())


FIELDS = tuple(TeamModel.model_fields)
NEEDED = tuple(name for name, field in TeamModel.model_fields.items() if field.is_required())


class TeamCatalogue(BaseModel):
    """An imported catalogue as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    models: tuple[TeamModel, ...] = Field(max_length=MOST_MODELS)

    def __hash__(self) -> int:
        """Its identity: a hash of ten thousand models would be worked out again for every question."""
        return id(self)
