"""The models that `models.py` compares: named cards and files of LIIF weights, what each costs, and in which time."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apercu import load_model, model_cards
from apercu.models.checkpoint import read_checkpoint
from apercu.models.liif import load_liif
from apercu.plan.build import native_scale
from apercu.records import Weights
from apercu.registry import Enlarger, added_weights, enlarge_whole, file_digest, weights_path
from apercu.resample import FloatImage, resize
from apercu.settings import Settings

SIDE, SCALE, ROUNDS = 128, 4, 5
_TAPS = {"bilinear": 2, "bicubic": 4, "lanczos": 6}


@dataclass(frozen=True)
class Contender:
    """A model with the name that the tables give it; `weights` is the file of them, if there is one."""

    name: str
    model: Enlarger
    weights: Path | None

    def __call__(self, lr: FloatImage, size: tuple[int, int]) -> FloatImage:
        """Enlarge; a model of fixed factors makes its own size first, and bicubic shrinks that to `size`."""
        native = native_scale(self.model.card, (size[0] / lr.shape[0], size[1] / lr.shape[1]))
        made = size if native is None else (round(lr.shape[0] * native), round(lr.shape[1] * native))
        sr = enlarge_whole(self.model, lr, made)
        return sr if made == size else resize(sr, size, "bicubic")


def open_contender(name: str, settings: Settings, scratch: Path) -> Contender:
    """The model of a card, or a LIIF model from a .safetensors file, which is called by the name of the file.

    Args:
        name: id or name of a card, or the path of a file.
        settings: threads and tiles.
        scratch: an empty folder where a file of weights is brought to, as `apercu models add` would.
    """
    path = Path(name)
    if path.suffix != ".safetensors":
        model = load_model(name, settings)
        return Contender(model.card.id, model, weights_path(model.card, settings) if model.card.weights else None)
    read_checkpoint(path)  # says in one line what is wrong with the file, before it is copied
    brought = Weights(sha256=file_digest(path), size=path.stat().st_size, origin=path.name, licence="")
    card = model_cards(settings)["liif-edsr"].model_copy(
        update={"id": path.stem, "name": path.stem, "weights": brought}
    )
    settings = settings.model_copy(update={"data_dir": scratch / hashlib.sha256(name.encode()).hexdigest()[:12]})
    copy = added_weights(card, settings)
    copy.parent.mkdir(parents=True)
    shutil.copyfile(path, copy)
    copy.with_suffix(".json").write_text(json.dumps({"sha256": brought.sha256}), encoding="utf-8")
    return Contender(path.stem, load_liif(card, settings), path)


def multiply_adds(contender: Contender) -> float | None:
    """Multiply-adds of one output pixel at x4, where they can be derived: for interpolation and for LIIF.

    Interpolation: three channels, the width before the height. LIIF: all convolutions of the encoder and the decoder's
    first layer run once for each pixel of the small picture, the other layers four times for each output pixel. Of the
    quick decoder all layers run once for each pixel of the small picture; two short sums are left (`fast_decoder`).
    """
    if contender.name in _TAPS:
        return 3 * _TAPS[contender.name] * (1 + 1 / SCALE)
    if contender.weights is None or contender.model.card.family != "LIIF":
        return None
    return liif_multiply_adds({name: array.shape for name, array in read_checkpoint(contender.weights).items()})


def liif_multiply_adds(shapes: Mapping[str, tuple[int, ...]]) -> float:
    """Of a LIIF model with parameters of these shapes, for one output pixel at x4."""
    encoder = sum(math.prod(shape) for name, shape in shapes.items() if name.startswith("encoder.") and len(shape) == 4)
    if "decoder.last.weight" in shapes:
        layers = sum(
            math.prod(shape) for name, shape in shapes.items() if name.startswith("decoder.") and len(shape) == 4
        )
        cosines = math.isqrt(shapes["decoder.last.weight"][0] // 3)
        # The columns of every input row, then the rows: two inputs each, three colours.
        return (encoder + layers) / SCALE**2 + 6 * cosines**2 / SCALE + 6 * cosines
    decoder = {name: shape for name, shape in shapes.items() if name.startswith("imnet.") and len(shape) == 2}
    hidden, inputs = decoder.pop("imnet.layers.0.weight")
    tail = sum(math.prod(shape) for shape in decoder.values())
    return (encoder + hidden * (inputs - 4)) / SCALE**2 + 4 * tail


def seconds(contenders: list[Contender]) -> dict[str, float]:
    """Median seconds of 5 for 128x128 -> 512x512, the contenders in turn, after one run of each that does not count."""
    picture = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(1 + ROUNDS):
        for contender in contenders:
            started = time.perf_counter()
            contender(picture, (SIDE * SCALE, SIDE * SCALE))
            times[contender.name].append(time.perf_counter() - started)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}
