"""The networks by name, with their first weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from apercu.errors import InputError, WeightsError
from apercu.models.checkpoint import read_checkpoint
from apercu.networks.edsr import EDSR
from apercu.networks.fast import FastLIIF
from apercu.networks.liif import LIIF
from apercu.networks.rdn import RDN
from apercu.registry import find_model, weights_path
from apercu.settings import load_settings

LEAST_BLOCKS = (5, 6)
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "liif-edsr": lambda: LIIF(EDSR()),
    "liif-rdn": lambda: LIIF(RDN()),
    "liif-rdn-small": lambda: LIIF(RDN(blocks=6, layers=4)),
    "liif-fast": FastLIIF,
}


def build_network(name: str, start: str | None, *, only: str = "") -> nn.Module:
    """A network, with weights of its own or those of a file.

    Args:
        name: one of `NETWORKS`.
        start: None for fresh weights (drawn from torch's global generator), the name of a card, or the path of a
            checkpoint.
        only: take from there only the weights whose names begin so; the others stay fresh.

    Raises:
        InputError: there is no such network.
        WeightsError: the weights do not fit.
    """
    if name not in NETWORKS:
        raise InputError(f"there is no network {name!r}", hint=f"Known: {', '.join(NETWORKS)}.")
    network = NETWORKS[name]()
    if start is not None:
        load_weights(network, start, only=only)
    return network


def load_weights(network: nn.Module, start: str, *, only: str = "") -> None:
    """Put the weights of a card or a file into a network; of those, the ones whose names begin with `only`.

    A `FastLIIF` also takes those of a LIIF-EDSR: its encoder, without the blocks that it has no place for, and the
    first layer of its decoder, as far as it has place.

    Raises:
        InputError: there is no such file or card.
        WeightsError: a weight is missing or of another shape.
    """
    path = Path(start)
    if not path.exists():
        if path.suffix in {".safetensors", ".pth"}:
            raise InputError(
                f"there are no weights {start} in {Path.cwd()}",
                hint="Make them first: `fit` the training of that name into a folder of that name, here.",
            )
        path = weights_path(find_model(start), load_settings())
    state: Mapping[str, Any] = read_checkpoint(path)
    own = {name: value for name, value in network.state_dict().items() if name.startswith(only)}
    if isinstance(network, FastLIIF) and "decoder.first.weight" not in state:
        begun = {name: value for name, value in own.items() if name.startswith("decoder.")}
        state = begun | shortened(state) | first_layer(state, network.decoder.first.out_channels)
    wrong = next(
        (name for name in own if name not in state or tuple(state[name].shape) != tuple(own[name].shape)), None
    )
    if wrong is not None:
        raise WeightsError(f"{path.name} does not fit: it has no {wrong} of the shape {tuple(own[wrong].shape)}")
    taken = {name: torch.as_tensor(np.asarray(state[name], np.float32)) for name in own}
    network.load_state_dict(network.state_dict() | taken)


def shortened(state: Mapping[str, Any]) -> dict[str, Any]:
    """The encoder of a LIIF-EDSR without its blocks 5 and 6: of all sixteen, their loss changes the features least.

    Measured on shrunk photographs and drawings: 13 % of the features' root mean square for number 6, against 14 to 29 %
    for others; without it 17 % for number 5, against 19 to 32 %.
    """
    short = {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[:2] == ["encoder", "body"]:
            block = int(parts[2])
            if block in LEAST_BLOCKS:
                continue
            parts[2] = str(block - sum(block > least for least in LEAST_BLOCKS))
        if parts[0] == "encoder":
            short[".".join(parts)] = value
    return short


def first_layer(state: Mapping[str, Any], hidden: int) -> dict[str, Any]:
    """The `hidden` units of the first layer of LIIF's decoder that matter most, as the first layer of the quick one.

    What a unit matters is the norm of its weights on the features times that of the weights on it in the next layer.
    """
    lead, following = (np.asarray(state[f"imnet.layers.{i}.weight"], np.float32) for i in (0, 2))
    matters = np.linalg.norm(lead[:, :-4], axis=1) * np.linalg.norm(following, axis=0)
    chosen = np.sort(np.argsort(-matters, kind="stable")[:hidden])
    return {
        "decoder.first.weight": lead[chosen, :-4].reshape(len(chosen), -1, 3, 3),
        "decoder.first.bias": np.asarray(state["imnet.layers.0.bias"], np.float32)[chosen],
        "decoder.cell.weight": lead[chosen, -2:],
    }
