"""The card of a community model that the user adds: what the user says about it, what its file says, nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apercu.errors import InputError
from apercu.models.community import NetworkFacts
from apercu.records import CardClaim, ModelCard, Relation, Weights
from apercu.registry import COMMUNITY_LIBRARIES, COMMUNITY_LOADER

LONGEST_NAME = 64
LONGEST_TEXT = 300
SEAMS = "limit-seams"
"""The claim of a card whose tiles differ visibly from the whole."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+()-]*")


@dataclass(frozen=True)
class Told:
    """What the user says about a model; `name` is by default that of the file."""

    name: str | None = None
    licence: str = "unknown (not stated)"
    origin: str = "not stated"


def added_card(told: Told, path: Path, facts: NetworkFacts, digest: str, known: Mapping[str, ModelCard]) -> ModelCard:
    """The card for a file.

    Args:
        told: what the user says.
        path: the file.
        facts: what its tensors say.
        digest: its sha256.
        known: the cards that exist, by id.

    Raises:
        InputError: the name cannot be used or belongs to another model, or a text is not one line of plain characters.
    """
    name = _name(told.name if told.name is not None else re.sub(r"[^A-Za-z0-9 ._+()-]+", "-", path.stem).strip("-. "))
    id = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    for card in known.values():
        taken = {called.casefold() for called in (card.id, card.name, *card.aliases)}
        same = card.id == id and card.loader == COMMUNITY_LOADER and card.weights and card.weights.sha256 == digest
        if taken & {id, name.casefold()} and not same:
            raise InputError(
                f"the name {name!r} belongs to {card.name} ({card.id})", hint="Give another one by --name."
            )
    licence, origin = _line("licence", told.licence), _line("origin", told.origin)
    scale, kind = facts.scale, "colour" if facts.channels == 3 else "grey"
    return ModelCard(
        id=id,
        name=name,
        family=facts.architecture,
        task="super_resolution",
        about=f"a community model of the architecture {facts.architecture} that makes pictures {scale} times larger",
        inputs=f"a {kind} picture of any size",
        outputs=f"the same picture, {scale} times larger",
        factors=(float(scale),),
        licence=licence,
        needs="the libraries of `pip install 'apercu[spandrel]'`; its file was added on this machine",
        weights=Weights(sha256=digest, size=path.stat().st_size, origin=origin, licence=licence),
        loader=COMMUNITY_LOADER,
        requires=COMMUNITY_LIBRARIES,
        cost="high",
        relations=(
            Relation(
                task="super_resolution",
                verdict="direct",
                reason=f"{name} makes pictures {scale} times larger; any other factor needs a resize step after it.",
            ),
        ),
        claims=tuple(_claims(name, facts)),
    )


def _claims(name: str, facts: NetworkFacts) -> list[CardClaim]:
    """What can be said of any such file."""
    pieces = "in one piece" if facts.overlap is None else f"in tiles that overlap by {facts.overlap} pixels"
    colours = "with its three colours together" if facts.channels == 3 else "once for red, for green and for blue"
    texts = [
        ("step-read", "step", f"{name} reads the picture {pieces}, as numbers between 0 and 1."),
        ("step-run", "step", f"{name} runs a trained network of the kind {facts.architecture} on it, {colours}."),
        ("step-put", "step", f"What {name} gives is put together to a picture of {facts.scale} times the size."),
        ("learned", "mechanism", f"The finer detail that {name} paints is a learned guess."),
        ("files", "mechanism", f"The file of {name} was read as numbers only; nothing in it was executed."),
        ("limit-origin", "limit", f"The file of {name} does not say which pictures it learned from."),
    ]
    if facts.shows_seams():
        steps = f"{(facts.seam or 0) * 255:.1f}"
        text = f"On a test picture the tiles of {name} differed from the whole by up to {steps} of 255 steps."
        texts.append((SEAMS, "limit", text))
    return [
        CardClaim.model_validate(
            {"id": id, "kind": kind, "text": text, "source": "apercu", "locator": "models/community.py",
             "verified": "read from the tensors of the file"}
        )
        for id, kind, text in texts
    ]  # fmt: skip


def _name(name: str) -> str:
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name) or name != name.strip():
        raise InputError(
            f"the name {name[:100]!r} cannot be used, expected up to {LONGEST_NAME} letters, digits, spaces and ._+()-",
            hint="Give another one by --name.",
        )
    return name


def _line(what: str, text: str) -> str:
    if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
        raise InputError(
            f"the {what} {text[:100]!r} cannot be used, expected one line of up to {LONGEST_TEXT} plain characters",
            hint=f"Give --{what} in plain words.",
        )
    return text.strip()


def card_text(card: ModelCard) -> str:
    """A card as TOML, one line a field. Fields without a value are left out."""
    fields = card.model_dump(mode="json", exclude_none=True)
    return "".join(f"{key} = {_value(value)}\n" for key, value in fields.items())


def _value(value: Any) -> str:  # noqa: ANN401 - whatever a card holds
    """A value in TOML: JSON but for tables, which stand inline here."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
