"""Catalogues that a team brings: read from a file, checked whole, kept in the data folder."""

from apercu.imported.check import read_catalogue_file
from apercu.imported.kept import checked_name, forget_catalogue, imported_catalogues, name_of_file, save_catalogue
from apercu.imported.team import TeamCatalogue, TeamModel, same_name

__all__ = [
    "TeamCatalogue",
    "TeamModel",
    "checked_name",
    "forget_catalogue",
    "imported_catalogues",
    "name_of_file",
    "read_catalogue_file",
    "same_name",
    "save_catalogue",
]
