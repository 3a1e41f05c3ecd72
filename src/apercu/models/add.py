"""Take in a file of weights that the user brings: recognise it, read it safely, convert it, try it, keep it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import InputError, WeightsError
from apercu.models.added_card import Told, added_card, card_text
from apercu.models.checkpoint import PUBLISHED, read_checkpoint
from apercu.models.community import measure_overlap, open_network, state_of
from apercu.records import ModelCard
from apercu.registry import COMMUNITY_LOADER, added_cards, added_weights, file_digest, load_model, model_cards
from apercu.settings import Settings

UNUSED = ("encoder.sub_mean.", "encoder.add_mean.")
NOTHING_TOLD = Told()


def add_weights(path: Path, settings: Settings, *, told: Told = NOTHING_TOLD) -> ModelCard:
    """Register a published checkpoint that a card knows by its sha256, or a community model as a new card.

    Args:
        path: the file as it was published; it is read, never changed.
        settings: where added weights are kept.
        told: what the user says about a community model.

    Returns:
        The card of the model that now runs.

    Raises:
        WeightsError: the file cannot be read safely, or it is neither known nor a network that can be added.
        MissingDependencyError: it is not known, and the libraries that recognise community models are not installed.
        InputError: what the user says about it cannot be used.
    """
    checkpoint = read_checkpoint(path)
    digest = file_digest(path)
    card = _known_card(digest, settings)
    if card is None and not _is_liif(checkpoint):
        return _add_community(checkpoint, path, digest, told, settings)
    if card is None:
        raise _unknown(path, digest, settings)
    if told != NOTHING_TOLD:
        raise InputError(
            f"{path.name} is the published file of {card.name}, whose card has its name, licence and origin",
            hint="Leave --name, --licence and --origin out.",
        )
    state = _liif_state(checkpoint, path)
    note = {"card": card.id, "source": path.name, "source_sha256": digest, "licence": card.licence}
    with _all_or_nothing(settings) as beside:
        _write(state, added_weights(card, beside), note)
        _try(card, beside)
    return card


def _add_community(checkpoint: dict[str, Any], path: Path, digest: str, told: Told, settings: Settings) -> ModelCard:
    """Recognise a network by its tensors, try it, and write weights, note and card."""
    state = state_of(checkpoint, path.name)
    facts, network = open_network(state, path.name, threads=settings.threads)
    facts = measure_overlap(facts, network, path.name)
    card = added_card(told, path, facts, digest, model_cards(settings))
    note = {
        "card": card.id,
        "source": path.name,
        "source_sha256": digest,
        "licence": card.licence,
        "origin": told.origin,
        "network": facts.model_dump(),
    }
    with _all_or_nothing(settings) as beside:
        _write(state, added_weights(card, beside), note)
        description = added_cards(beside) / f"{card.id}.toml"
        description.parent.mkdir()
        description.write_text(card_text(card), "utf-8")
    return card


@contextmanager
def _all_or_nothing(settings: Settings) -> Iterator[Settings]:
    """Settings with a data folder beside the real one's files, which take their places when the work inside is done.

    What was kept before stays as it is until then. Where something fails, what was made here goes and nothing else.
    """
    new: list[Path] = []
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".adding-", dir=settings.data_dir) as folder:
            yield settings.model_copy(update={"data_dir": Path(folder)})
            # Backwards: the folder `models` comes after `weights`, because a card makes its model seen.
            for made in sorted((path for path in Path(folder).rglob("*") if path.is_file()), reverse=True):
                target = settings.data_dir / made.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                new += [] if target.exists() else [target]
                os.replace(made, target)
    except BaseException as error:  # Ctrl-C too: half of a model must not stay
        for path in new:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise WeightsError(
                f"the weights cannot be kept in {settings.data_dir} ({error.strerror or error})",
                hint="Set APERCU_DATA_DIR to a folder of yours.",
            ) from error
        raise


def _is_liif(checkpoint: dict[str, Any]) -> bool:
    """Whether a file holds LIIF weights, in the official form {"model": {"sd": ...}} or flat."""
    model = checkpoint.get("model", checkpoint)
    return isinstance(model, dict) and ("sd" in model or "imnet.layers.0.weight" in model)


def _liif_state(checkpoint: dict[str, Any], path: Path) -> dict[str, NDArray[Any]]:
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


def _wanted(settings: Settings) -> dict[str, ModelCard]:
    """The cards that wait for a file, by its sha256."""
    cards = model_cards(settings).values()
    return {
        card.weights.sha256: card
        for card in cards
        if card.weights and not card.weights.file and not card.weights.carriers and not _is_added(card)
    }


def _is_added(card: ModelCard) -> bool:
    """Whether a card was written by `apercu models add`."""
    return card.loader == COMMUNITY_LOADER


def _known_card(digest: str, settings: Settings) -> ModelCard | None:
    return _wanted(settings).get(digest)


def _unknown(path: Path, digest: str, settings: Settings) -> WeightsError:
    known = "; ".join(f"{card.name}: {sha256}" for sha256, card in _wanted(settings).items())
    return WeightsError(
        f"{path.name} has sha256 {digest}, which no card knows", hint=f"Known files that can be brought: {known}."
    )


def _write(state: dict[str, NDArray[Any]], target: Path, note: dict[str, Any]) -> None:
    """Write the weights, and beside them the note with their hash."""
    from safetensors.numpy import save_file

    target.parent.mkdir()
    save_file(state, target)
    text = json.dumps(note | {"sha256": file_digest(target)}, indent=2)
    target.with_suffix(".json").write_text(text, "utf-8")


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
