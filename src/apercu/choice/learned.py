"""The network that predicts how a model will measure on a picture, run with numpy alone.

A DCN-V2 (R. Wang et al., 2021, arXiv 2008.13535): what is known comes in four kinds (question, damage, style, card),
each of which one layer turns into a vector. Weights that depend on the user's preference, one for each kind, are laid
on these vectors, as UMAIR-FPS does (arXiv 2402.10381). Then two cross layers, x' = x0 * (W x + b) + x, and beside them
two plain layers; one linear layer joins both. `tools/choice/learn.py` teaches several of them with torch and writes the
file; their mean is the prediction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load

from apercu.errors import EvidenceError
from apercu.records import Record

FILE = "choice.safetensors"
KINDS = ("question", "damage", "style", "card")
NEAR = "near"
"""Before the names of the arrays that say what was learned from lies where (`apercu.choice.near`)."""
_NEAR_ARRAYS = {"low": 1, "high": 1, "mean": 1, "scale": 1, "whiten": 2}
CROSSES = 2
OUTPUTS = ("gain_db", "edges", "liking")

Values = NDArray[np.float32]
Arrays = Mapping[str, Values]


class User(NamedTuple):
    """What a user values, three shares that add up to 1."""

    fidelity: float = 1.0
    crispness: float = 0.0
    speed: float = 0.0


class MeasuredModel(Record):
    """A model that was measured.

    `weights` is the sha256 of what was measured, None for a formula. `facts` are what its card says, as numbers.
    `cases` is how many were learned from. `cost` is its time over that of LIIF-EDSR. The true gain lay within
    `spread_db` of the prediction in nine of ten cases that the prediction had not learned from, and the true edges
    within `spread_edges`.
    """

    weights: str | None
    facts: tuple[float, ...]
    cases: int = Field(gt=0)
    cost: float = Field(gt=0)
    spread_db: float = Field(ge=0)
    spread_edges: float = Field(ge=0)


class About(Record):
    """What the file says of itself: the day, how many networks, the names of the inputs, the models.

    Of pictures that were not learned from 99 in 100 lie within `far` of the mean of those that were.
    """

    date: str
    networks: int = Field(gt=0)
    cases: int = Field(gt=0)
    pictures: int = Field(gt=0)
    inputs: dict[str, tuple[str, ...]]
    models: dict[str, MeasuredModel]
    far: float = Field(gt=0)


class Learned(NamedTuple):
    """The networks, what they were taught, and where the traits lie that they learned from."""

    about: About
    networks: tuple[Arrays, ...]
    near: Arrays


@cache
def load_learned() -> Learned:
    """What comes with Apercu. Read once.

    Raises:
        EvidenceError: the file is damaged.
    """
    return learned_of(files("apercu.choice").joinpath(FILE).read_bytes())


def learned_of(data: bytes) -> Learned:
    """The content of a file that `tools/choice/learn.py` wrote.

    Raises:
        EvidenceError: it is no such file.
    """
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = About.model_validate_json(header["__metadata__"]["about"])
        arrays = {name: array.astype(np.float32) for name, array in load(data).items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("a weight is not a number")
        networks = tuple(
            {name.removeprefix(f"{i}."): array for name, array in arrays.items() if name.startswith(f"{i}.")}
            for i in range(about.networks)
        )
        near = {name: arrays[f"{NEAR}.{name}"] for name in _NEAR_ARRAYS}
        if any(near[name].shape != (near["mean"].size,) * rank for name, rank in _NEAR_ARRAYS.items()):
            raise ValueError(f"the arrays {NEAR}.* do not fit each other")
        learned = Learned(about, networks, near)
        predict(learned, {kind: np.zeros(len(names), np.float32) for kind, names in about.inputs.items()}, User())
    except (ValidationError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EvidenceError(f"the file {FILE} is damaged ({first})", hint="Install Apercu again.") from error
    return learned


def predict(learned: Learned, inputs: Arrays, user: User) -> Values:
    """How each measured model will do.

    Args:
        learned: the networks.
        inputs: for "question", "damage" and "style" the values in the order of `About.inputs`.
        user: what is valued.

    Returns:
        (models, 3): gain over bicubic in dB of PSNR over RGB, gain over bicubic of the true edges' steepness (0.1 is a
        tenth of it), and how much the user will like it.
    """
    cards = np.array([model.facts for model in learned.about.models.values()], np.float32)
    made: Values = np.mean([_forward(network, inputs, cards, user) for network in learned.networks], axis=0)
    return made


def kind_weights(learned: Learned, user: User) -> dict[str, float]:
    """How much each kind of knowledge counts for a user, 0 to 2; the mean over the networks."""
    weights = np.mean([_gates(network, np.array(user, np.float32)) for network in learned.networks], axis=0)
    return dict(zip(KINDS, map(float, weights), strict=True))


def _forward(network: Arrays, inputs: Arrays, cards: Values, user: User) -> Values:
    wishes = np.array(user, np.float32)
    gates = _gates(network, wishes)
    parts = []
    for gate, kind in zip(gates, KINDS, strict=True):
        given = cards if kind == "card" else np.broadcast_to(inputs[kind], (len(cards), inputs[kind].size))
        scaled = (given - network[f"{kind}.mean"]) / network[f"{kind}.scale"]
        parts.append(gate * _rectified(_linear(network, kind, np.clip(scaled, -4, 4))))
    x0 = np.concatenate([*parts, np.broadcast_to(wishes, (len(cards), wishes.size))], axis=1)
    crossed = x0
    for i in range(CROSSES):
        crossed = x0 * _linear(network, f"cross{i}", crossed) + crossed
    deep = _rectified(_linear(network, "deep1", _rectified(_linear(network, "deep0", x0))))
    return _linear(network, "out", np.concatenate([crossed, deep], axis=1))


def _gates(network: Arrays, wishes: Values) -> Values:
    raised = _linear(network, "gate1", _rectified(_linear(network, "gate0", wishes)))
    gates: Values = np.reciprocal(1 + np.exp(-raised)) * np.float32(2)
    return gates


def _linear(network: Arrays, name: str, x: Values) -> Values:
    made: Values = x @ network[f"{name}.weight"].T + network[f"{name}.bias"]
    return made


def _rectified(x: Values) -> Values:
    return np.maximum(x, np.float32(0))
