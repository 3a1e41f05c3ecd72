"""Take in a file of weights that the user brings: recognise it, read it safely, convert it, try it, keep it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import WeightsError
from apercu.models.checkpoint import PUBLISHED, read_checkpoint
from apercu.records import ModelCard
from apercu.registry import added_weights, file_digest, load_model, model_cards
from apercu.settings import Settings

UNUSED = ("encoder.sub_mean.", "encoder.add_mean.")


def add_weights(path: Path, settings: Settings) -> ModelCard:
    """Register a published checkpoint.

    Args:
        path: the file as it was published; it is read, never changed.
        settings: where added weights are kept.

    Returns:
        The card of the model that now runs.

    Raises:
        WeightsError: the file cannot be read safely, is not one that a card knows by its sha256, or does not fit the
            network.
    """
    checkpoint = read_checkpoint(path)
    digest = file_digest(path)
    card = _card_of(path, digest)
    state = _state(checkpoint, path)
    target = added_weights(card, settings)
    note = {"card": card.id, "source": path.name, "source_sha256": digest, "licence": card.licence}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(state, target, note)
        _try(card, settings)
    except BaseException as error:  # Ctrl-C too: weights that were not tried must not stay
        if target.parent.is_dir():
            for leftover in (target, target.with_suffix(".json"), target.with_suffix(".partial")):
                leftover.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise WeightsError(
                f"the weights cannot be kept in {target.parent} ({error.strerror or error})",
                hint="Set APERCU_DATA_DIR to a folder of yours.",
            ) from error
        raise
    return card


def _state(checkpoint: dict[str, Any], path: Path) -> dict[str, NDArray[np.float32]]:
    """The network's tensors: of a flat file, or of the official form {"model": {"sd": ...}}."""
    model = checkpoint.get("model", checkpoint)
    tensors = model.get("sd", model) if isinstance(model, dict) else None
    if not isinstance(tensors, dict) or not all(isinstance(value, np.ndarray) for value in tensors.values()):
        raise WeightsError(f"{path.name} holds no dictionary of tensors under model.sd", hint=PUBLISHED)
    return {
        str(name): np.ascontiguousarray(value, np.float32)
        for name, value in sorted(tensors.items())
        if not str(name).startswith(UNUSED)
    }


def _card_of(path: Path, digest: str) -> ModelCard:
    wanted = {card.weights.sha256: card for card in model_cards().values() if card.weights and not card.weights.file}
    if digest in wanted:
        return wanted[digest]
    known = "; ".join(f"{card.name}: {sha256}" for sha256, card in wanted.items())
    raise WeightsError(
        f"{path.name} has sha256 {digest}, which no card knows", hint=f"Known files that can be brought: {known}."
    )


def _write(state: dict[str, NDArray[np.float32]], target: Path, note: dict[str, str]) -> None:
    """Write the weights under a temporary name first, so that a broken run leaves no half file."""
    from safetensors.numpy import save_file

    partial = target.with_suffix(".partial")
    save_file(state, partial)
    text = json.dumps(note | {"sha256": file_digest(partial)}, indent=2)
    target.with_suffix(".json").write_text(text, "utf-8")
    os.replace(partial, target)


def _try(card: ModelCard, settings: Settings) -> None:
    """Run the model once on a small grey picture."""
    try:
        blocks = list(load_model(card.id, settings).enlarge(np.full((8, 9, 3), 0.5, np.float32), (12, 18)))
    except WeightsError:
        raise
    except Exception as error:
        raise WeightsError(f"the file does not fit {card.name} ({error})", hint=PUBLISHED) from error
    if not all(np.isfinite(block.pixels).all() for block in blocks):
        raise WeightsError(f"{card.name} gives no finite numbers with this file", hint="The file is damaged.")
