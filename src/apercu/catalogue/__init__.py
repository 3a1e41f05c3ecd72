"""The catalogue: every model that Apercu knows by name, whether it runs here or is only described.

A family is a JSON file under `cards/catalogue` with its variants. Models that run have a card of their own
(`registry`); their entries follow from it.
"""

from apercu.catalogue.entries import Entry, Family
from apercu.catalogue.listing import catalogue, families, find_entry, transformers
from apercu.catalogue.take_in import import_models

__all__ = ["Entry", "Family", "catalogue", "families", "find_entry", "import_models", "transformers"]
