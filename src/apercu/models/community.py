"""Super-resolution networks that the community trained, in every architecture that the library spandrel reads.

A file is read by Apercu's own reader (`apercu.models.checkpoint`: nothing in it is executed); spandrel only receives
the numbers, recognises the architecture by their names and shapes, and builds the network. float32, on the processor.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from apercu.errors import MissingDependencyError, RunError, WeightsError
from apercu.models.checkpoint import read_checkpoint
from apercu.models.tiles import FixedFactor, FloatArray, Network, Rule
from apercu.records import ModelCard, Record
from apercu.registry import COMMUNITY_LIBRARIES, added_weights, weights_path
from apercu.settings import Settings

OVERLAPS = (16, 32, 64, 96)
LARGEST_DIFFERENCE = 1 / 255
CELL = 32
"""A multiple of the windows of 8, 16 and 32 pixels that attention networks work in."""
KNOWN = (
    "Known to spandrel are ESRGAN, Real-ESRGAN Compact, SwinIR, SPAN, DAT, HAT, OmniSR, PLKSR, RealCUGAN and others."
)
NO_MEMORY = ("allocate memory", "out of memory", "bad_alloc")


class NetworkFacts(Record):
    """What spandrel found in a file, and how its tiles are cut; kept in the note beside the weights.

    `minimum`, `multiple`, `square`: the sizes that it takes, in pixels. `tiling`: whether it can work on tiles.
    `overlap`: surroundings of a tile, None when it sees whole pictures only; `seam`: the largest difference that tiles
    with this overlap showed against the whole, on the 0..1 scale.
    """

    architecture: str
    scale: int = Field(ge=2, le=16)
    channels: Literal[1, 3]
    minimum: int = Field(ge=0)
    multiple: int = Field(ge=1)
    square: bool
    tiling: Literal["supported", "discouraged", "internal"]
    overlap: int | None = Field(default=None, ge=0)
    seam: float | None = None

    def shows_seams(self) -> bool:
        """Whether even the largest overlap leaves a difference between tiles and the whole that can be seen."""
        return self.seam is not None and self.seam > LARGEST_DIFFERENCE

    def rule(self) -> Rule:
        """How the network is fed; it pads to its smallest size by itself."""
        tile = None if self.overlap is None else 256
        return Rule(self.scale, overlap=self.overlap or 0, multiple=self.multiple, align=CELL, tile=tile)


def load_community(card: ModelCard, settings: Settings) -> FixedFactor:
    """Open a model that the user added.

    Raises:
        MissingDependencyError: spandrel or torch is not installed.
        WeightsError: the weights or the note beside them are not the ones that were added.
    """
    facts = _read_facts(card, settings)
    found, network = open_network(read_checkpoint(weights_path(card, settings)), card.name, threads=settings.threads)
    if found.model_copy(update={"overlap": facts.overlap, "seam": facts.seam}) != facts:
        raise WeightsError(
            f"the note beside the weights of {card.name} says {facts.architecture} x{facts.scale}, "
            f"and they are {found.architecture} x{found.scale}",
            hint="Add the file again with `apercu models add FILE`.",
        )
    return FixedFactor(card, facts.rule(), network, tile_size=settings.tile_size)


def _read_facts(card: ModelCard, settings: Settings) -> NetworkFacts:
    try:
        note = json.loads(added_weights(card, settings).with_suffix(".json").read_text("utf-8"))
        return NetworkFacts.model_validate(note["network"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise WeightsError(
            f"the note beside the weights of {card.name} is damaged ({str(error).splitlines()[0]})",
            hint="Add the file again with `apercu models add FILE`.",
        ) from error


def open_network(state: Mapping[str, NDArray[Any]], name: str, *, threads: int) -> tuple[NetworkFacts, Network]:
    """Build the network of a dictionary of tensors.

    Args:
        state: tensors by name, as `state_of` gives them.
        name: what messages call the model.
        threads: processor threads for one tile.

    Raises:
        MissingDependencyError: spandrel or torch is not installed.
        WeightsError: spandrel does not know the architecture, the tensors do not fit it, or it does not enlarge
            coloured or grey pictures by a whole factor.
    """
    torch, spandrel = _libraries()
    tensors = {key: torch.from_numpy(np.array(value)) for key, value in state.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch tells the authors of a network is not for its users
            found = spandrel.ModelLoader(device="cpu").load_from_state_dict(tensors)
    except spandrel.UnsupportedModelError as error:
        raise WeightsError(f"{name} is of no architecture that spandrel knows", hint=KNOWN) from error
    except Exception as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise WeightsError(f"the tensors of {name} do not fit together ({reason})", hint=KNOWN) from error
    facts = _facts(found, spandrel, name)
    found.eval().float()
    return facts, _Torch(torch, found, facts.channels, name, threads=threads)


def _facts(found: Any, spandrel: ModuleType, name: str) -> NetworkFacts:  # noqa: ANN401 - a class of spandrel
    """What a spandrel descriptor says, where the model is one that Apercu can use."""
    architecture, scale = str(found.architecture.name), int(found.scale)
    if not isinstance(found, spandrel.ImageModelDescriptor) or found.purpose != "SR" or scale < 2:
        raise WeightsError(
            f"{name} is a model for {found.purpose} ({architecture}, factor {scale}), and only models that enlarge "
            "by 2 or more can be added",
            hint=KNOWN,
        )
    if (found.input_channels, found.output_channels) not in ((1, 1), (3, 3)):
        raise WeightsError(
            f"{name} takes {found.input_channels} and gives {found.output_channels} channels, expected 3 or 1 of both",
            hint="Models for colour and for grey pictures can be added.",
        )
    sizes = found.size_requirements
    return NetworkFacts(
        architecture=architecture,
        scale=scale,
        channels=found.input_channels,
        minimum=sizes.minimum,
        multiple=sizes.multiple_of,
        square=sizes.square,
        tiling=found.tiling.name.lower(),
    )


def measure_overlap(facts: NetworkFacts, network: Network, name: str) -> NetworkFacts:
    """Find the least overlap with which two halves of a test picture come out as in the whole, within 1/255.

    Where even the largest is not enough it is taken, and `seam` says how much is missing. A network that makes tiles by
    itself gets none.

    Raises:
        WeightsError: the network gives numbers that are not finite.
    """
    cell = math.lcm(CELL, facts.multiple)
    middle = -(-OVERLAPS[-1] // cell) * cell + cell
    picture = _test_picture(max(cell, facts.minimum), 2 * middle)
    whole, seam, overlap = network(picture), 1.0, 0
    if not np.isfinite(whole).all():
        raise WeightsError(f"{name} gives no finite numbers", hint="The file is damaged.")
    if facts.tiling == "internal":
        return facts
    for overlap in OVERLAPS:
        begin = (middle - overlap) // cell * cell
        end = middle + -(-overlap // facts.multiple) * facts.multiple
        left = network(picture[:, :end])[:, : middle * facts.scale]
        right = network(picture[:, begin:])[:, (middle - begin) * facts.scale :]
        seam = float(np.abs(np.concatenate([left, right], axis=1) - whole).max())
        if seam <= LARGEST_DIFFERENCE:
            break
    return facts.model_copy(update={"overlap": overlap, "seam": round(seam, 6)})


def _test_picture(height: int, width: int) -> FloatArray:
    """Noise in four sizes of grain, so that edges of all lengths occur; always the same."""
    rng = np.random.default_rng(0)
    picture = np.zeros((height, width, 3), np.float32)
    for grain in (1, 4, 16, 64):
        coarse = rng.random((-(-height // grain), -(-width // grain), 3), np.float32)
        picture += coarse.repeat(grain, axis=0).repeat(grain, axis=1)[:height, :width] / 4
    return picture


class _Torch:
    """A network of spandrel, called with one tile; a grey one works on red, green and blue by themselves."""

    def __init__(self, torch: ModuleType, network: Any, channels: int, name: str, *, threads: int) -> None:  # noqa: ANN401
        self._torch, self._network, self._channels, self._name = torch, network, channels, name
        self._threads = threads

    def __call__(self, pixels: FloatArray) -> FloatArray:
        planes = self._torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32))
        try:
            with _threads_of(self._torch, self._threads):
                pieces = [self._network(piece[None])[0] for piece in planes.split(self._channels)]
        except RuntimeError as error:
            if any(words in str(error) for words in NO_MEMORY):
                raise MemoryError("memory ran out inside a network") from error
            reason = str(error).splitlines()[0]
            raise RunError(f"{self._name} stopped: {reason}", hint="Try another model.") from error
        result: FloatArray = self._torch.cat(pieces).numpy().transpose(1, 2, 0)
        return result


_running = threading.Lock()


@contextmanager
def _threads_of(torch: ModuleType, threads: int) -> Iterator[None]:
    """Let torch work with so many threads, and then with as many as before; its setting is one for all networks."""
    with _running:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def state_of(checkpoint: dict[str, Any], name: str) -> dict[str, NDArray[Any]]:
    """The tensors of a network in a checkpoint, under the names that spandrel knows; floats as float32.

    Raises:
        MissingDependencyError: spandrel or torch is not installed.
        WeightsError: it holds no dictionary of tensors.
    """
    _, spandrel = _libraries()
    found = spandrel.canonicalize_state_dict(_under_names(checkpoint, _WRAPPINGS, {}))
    arrays = {key: value for key, value in found.items() if isinstance(value, np.ndarray)}
    if not arrays:
        raise WeightsError(f"{name} holds no dictionary of tensors", hint=KNOWN)
    return {
        key: np.array(value, np.float32 if value.dtype.kind == "f" else value.dtype, order="C")
        for key, value in sorted(arrays.items())
    }


_WRAPPINGS = 3
"""Dictionaries inside each other that spandrel looks into, and expects names in."""


def _under_names(held: Any, depth: int, done: dict[tuple[int, int], Any]) -> Any:  # noqa: ANN401 - what a file holds
    """A dictionary, and those inside it, without what stands under anything but a name.

    Args:
        held: what a file holds; one dictionary may stand in it many times, and in itself.
        depth: dictionaries inside each other that are looked into.
        done: those that were looked through, by id and depth.
    """
    if not isinstance(held, dict) or not depth:
        return held
    at = (id(held), depth)
    if at not in done:
        done[at] = {key: _under_names(value, depth - 1, done) for key, value in held.items() if isinstance(key, str)}
    return done[at]


# --- the libraries ----------------------------------------------------------------------------------------------------

_importing = threading.Lock()


def _libraries() -> tuple[ModuleType, ModuleType]:
    """The modules torch and spandrel."""
    missing = [name for name in COMMUNITY_LIBRARIES if find_spec(name) is None]
    try:
        if missing:
            raise ImportError(f"{' and '.join(missing)} not installed")
        torch = importlib.import_module("torch")
        with _importing, _without_torchvision():
            return torch, importlib.import_module("spandrel")
    except ImportError as error:
        raise MissingDependencyError(
            f"the libraries that run community models cannot be used ({error})",
            hint="Install them with `pip install 'apercu[spandrel]'`.",
        ) from error


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Let spandrel be imported where torchvision is not installed.

    Two of its architectures, neither of which enlarges, take three names from it. They get stand-ins that refuse to
    work, and only while spandrel is imported.
    """
    if "spandrel" in sys.modules or find_spec("torchvision") is not None:
        yield
        return

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("this architecture needs torchvision")

    functional = ModuleType("torchvision.transforms.functional")
    functional.__dict__.update(InterpolationMode=refuse, rotate=refuse, normalize=refuse)
    stand_ins = {
        "torchvision": ModuleType("torchvision"),
        "torchvision.transforms": ModuleType("torchvision.transforms"),
        "torchvision.transforms.functional": functional,
    }
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)
