"""Apercu: an AI scientist for pictures that are made larger."""

__version__ = "0.1.0"
