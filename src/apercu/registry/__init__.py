"""The catalogue of models: one card (a TOML file under `cards/models`) for each, and how a card becomes a model."""

from apercu.registry.cards import (
    COMMUNITY_LIBRARIES,
    COMMUNITY_LOADER,
    added_cards,
    find_model,
    model_cards,
    named_cards,
    read_cards,
)
from apercu.registry.enlarger import Block, Enlarger, Progress, enlarge_whole
from apercu.registry.load import load_model
from apercu.registry.weights import (
    added_weights,
    file_digest,
    graph_path,
    model_status,
    weights_digest,
    weights_path,
)

__all__ = [
    "COMMUNITY_LIBRARIES",
    "COMMUNITY_LOADER",
    "Block",
    "Enlarger",
    "Progress",
    "added_cards",
    "added_weights",
    "enlarge_whole",
    "file_digest",
    "find_model",
    "graph_path",
    "load_model",
    "model_cards",
    "model_status",
    "named_cards",
    "read_cards",
    "weights_digest",
    "weights_path",
]
