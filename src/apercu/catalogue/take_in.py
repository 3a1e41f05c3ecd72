"""A team's catalogue joins the others, if no name in it is taken."""

from __future__ import annotations

from pathlib import Path

from apercu.catalogue.entries import Entry
from apercu.catalogue.listing import catalogue
from apercu.imported import (
    TeamCatalogue,
    checked_name,
    imported_catalogues,
    name_of_file,
    read_catalogue_file,
    same_name,
    save_catalogue,
)
from apercu.settings import Settings


def import_models(path: Path, *, settings: Settings, name: str | None = None) -> TeamCatalogue:
    """Take in a team's own catalogue; `recommend` and the list of models use it from then on.

    Args:
        path: JSON, JSON lines, CSV or YAML (docs/catalogue.md); nothing of it is taken unless all of it is right.
        settings: where the data folder is.
        name: what to call it, by default as the file; a catalogue of the same name is replaced.

    Raises:
        CatalogueError: the file cannot be used; every problem is listed with its record and field.
        InputError: the name cannot be used.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    called = checked_name(name_of_file(path) if name is None else name)
    others = [entry for entry in catalogue(settings).values() if entry.source != called]
    taken = {same_name(known): _whose(entry) for entry in others for known in (entry.id, *entry.aliases)}
    models = read_catalogue_file(path, taken=taken)
    save_catalogue(models, called, settings)
    return imported_catalogues(settings)[called]


def _whose(entry: Entry) -> str:
    return f"the catalogue {entry.source}" if entry.source else "Apercu's own catalogue"
