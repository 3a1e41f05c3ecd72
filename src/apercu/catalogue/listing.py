"""Every model by name: those with a card, the variants of the families that have none, then imported catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import ValidationError

from apercu.catalogue.entries import Entry, Family, Note, Variant
from apercu.errors import EvidenceError, UnknownModelError
from apercu.imported import TeamCatalogue, imported_catalogues, same_name
from apercu.records import CardClaim, ModelCard
from apercu.registry import model_cards, model_status
from apercu.settings import Settings


@cache
def families() -> tuple[Family, ...]:
    """The families that come with Apercu, by the names of their files. Read once.

    Raises:
        EvidenceError: a file is damaged; the message names it and the field.
    """
    folder = files("apercu") / "cards" / "catalogue"
    named = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return tuple(_read_family(file) for file in named)


@cache
def transformers() -> tuple[str, ...]:
    """The names of the families that are said to be transformers."""
    return tuple(family.family for family in families() if "transformer" in family.about.lower())


def _read_family(file: Traversable) -> Family:
    try:
        return Family.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = f"field {'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (OSError, ValueError) as error:
        problem = f"it cannot be read ({error})"
    raise EvidenceError(f"the family {file.name} is damaged: {problem}", hint="`apercu.catalogue` tells every field.")


def catalogue(settings: Settings) -> dict[str, Entry]:
    """Every model by id: those with a card, the variants of the families that have none, then imported catalogues.

    Raises:
        EvidenceError: a file of Apercu is damaged.
        CatalogueError: an imported catalogue is damaged.
    """
    entries = {}
    for card in model_cards(settings).values():
        entry = _of_card(card)
        status = model_status(card, settings)
        entries[entry.id] = entry if entry.status == status else entry.model_copy(update={"status": status})
    entries |= {id: _of_variant(id) for id in _variants() if id not in entries}
    for name, team in imported_catalogues(settings).items():
        entries |= {entry.id: entry for entry in _of_team(name, team) if entry.id not in entries}
    return entries


def find_entry(name: str, settings: Settings) -> Entry:
    """The model of the catalogue whose id or alias is `name`, in any mixture of capitals.

    Raises:
        UnknownModelError: there is none; the message names the nearest.
    """
    wanted = same_name(name)
    entries = list(catalogue(settings).values())
    known = {same_name(called): entry for entry in reversed(entries) for called in (entry.id, *entry.aliases)}
    if wanted in known:
        return known[wanted]
    near = dict.fromkeys(known[match].called for match in get_close_matches(wanted, known, n=5, cutoff=0.4))
    raise UnknownModelError(
        f"no model is called {name!r}" + (f"; the nearest are {', '.join(near)}" if near else ""),
        hint="`apercu models --all` lists every model.",
    )


@lru_cache(maxsize=16)
def _of_team(name: str, team: TeamCatalogue) -> tuple[Entry, ...]:
    """The models of an imported catalogue: Apercu describes them and runs none of them."""
    return tuple(
        Entry(
            **model.model_dump(exclude={"family", "about"}),
            family=model.family or model.id,
            about=model.about or f"a model of the catalogue {name}",
            source=name,
            verified=f"as the catalogue {name} says; not checked here",
        )
        for model in team.models
    )


@cache
def _variants() -> dict[str, tuple[Family, Variant]]:
    return {variant.id: (family, variant) for family in families() for variant in family.variants}


@lru_cache(maxsize=512)
def _of_card(card: ModelCard) -> Entry:
    """What a card says, with what only its family's file says; its status is that of a model that runs."""
    entry = Entry(
        id=card.name,
        card=card.id,
        family=card.family,
        aliases=tuple(dict.fromkeys((card.id, *card.aliases))),
        task=card.task,
        factors=card.factors,
        content=card.content,
        about=card.about,
        expects=card.expects,
        inputs=card.inputs,
        outputs=card.outputs,
        licence=card.licence,
        cost=card.cost,
        links=card.links,
        draws=card.draws,
        status="runs",
        needs=card.needs,
        notes=tuple(_note(claim) for claim in card.claims),
        verified="see the card",
    )
    return _joined(entry, *_variants()[entry.id]) if entry.id in _variants() else entry


def _note(claim: CardClaim) -> Note:
    return Note(**claim.model_dump(exclude={"id"}))


@cache
def _of_variant(id: str) -> Entry:
    family, variant = _variants()[id]
    # `apercu models add` takes networks that enlarge, and no others.
    loads = family.loads is not None and variant.weights is not None and variant.task == "super_resolution"
    return Entry(
        **variant.model_dump(exclude={"links", "draws", "narrow"}),
        draws=variant.draws or family.draws,
        narrow=family.narrow or variant.narrow,
        family=family.family,
        about=family.about,
        paper=family.paper,
        licence=family.licence,
        links=tuple(_links(family, variant)),
        status="needs-file" if loads else "described",
        needs=f"the file {variant.weights.file} (apercu models add FILE)" if loads and variant.weights else "",
        notes=family.notes,
    )


def _joined(entry: Entry, family: Family, variant: Variant) -> Entry:
    """A model that has a card, with what only the family's file says."""
    more = {"paper": family.paper, "damage": variant.damage, "trained_on": variant.trained_on}
    drawn = entry.draws if entry.draws != "mean" else variant.draws or family.draws
    return entry.model_copy(update=more | {"draws": drawn, "parameters": variant.parameters})


def _links(family: Family, variant: Variant) -> Iterator[str]:
    found = (family.paper.url if family.paper else None, family.code, *variant.links)
    yield from dict.fromkeys(link for link in found if link)
