"""Write into `src/apercu/choice/choice.safetensors` where what was learned lies: `python tools/choice/near.py`.

It needs the tables beside it and no torch; the networks in the file stay as they are. `learn.py` calls the same. The
spread and the limit come from the cases of the split "train" alone: the limit is what 99 in 100 of them keep whose
pictures the mean and the spread were not taken from, in four parts. The held-out pictures only show whether it holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from apercu.choice.learned import FILE, NEAR, Learned, load_learned
from apercu.choice.near import place, traits_of, why_far
from measure import LOOKS, read_lines

TARGET = Path(__file__).parents[2] / "src" / "apercu" / "choice" / FILE
FOLDS = 4
RIDGE = 1.0
"""How much plain standard deviations count beside the covariance: both alike."""
LEAST_SPREAD = 0.05
KEPT = 0.99

Array = NDArray[np.float32]


def main() -> None:
    """Find the spread and the limit, write them, and say how many held-out cases lie outside."""
    cases = list(read_lines(LOOKS))
    train, val = ([case for case in cases if case["split"] == split] for split in ("train", "val"))
    arrays = {name: array for name, array in load(TARGET.read_bytes()).items() if not name.startswith(f"{NEAR}.")}
    TARGET.write_bytes(save(arrays | named(near_of(train)), {"about": json.dumps(_about() | {"far": far_of(train)})}))
    load_learned.cache_clear()
    learned = load_learned()
    for name, part in (("learned from", train), ("held out", val)):
        found = [case for case in part if is_far(learned, case)]
        pictures = len({case["picture"] for case in found})
        print(f"{name}: {len(found)} of {len(part)} cases are far, of {pictures} pictures")
    print(f"far from {learned.about.far:.2f} on; {TARGET}: {TARGET.stat().st_size:,} bytes")


def named(near: dict[str, Array]) -> dict[str, Array]:
    """The arrays under the names that they have in the file."""
    return {f"{NEAR}.{name}": array for name, array in near.items()}


def near_of(cases: Sequence[dict[str, Any]]) -> dict[str, Array]:
    """Range, mean, spread of the traits of some cases, and what turns them into independent ones."""
    traits = _traits(cases)
    mean, scale = traits.mean(axis=0), np.maximum(traits.std(axis=0), LEAST_SPREAD)
    covariance = np.cov(((traits - mean) / scale).T) + RIDGE * np.eye(traits.shape[1])
    whiten = np.linalg.cholesky(np.linalg.inv(covariance))
    found = {"low": traits.min(axis=0), "high": traits.max(axis=0), "mean": mean, "scale": scale, "whiten": whiten}
    return {name: array.astype(np.float32) for name, array in found.items()}


def far_of(cases: Sequence[dict[str, Any]]) -> float:
    """How far from the mean of other pictures 99 in 100 of the cases lie at most; pictures are dealt out."""
    names = sorted({case["picture"] for case in cases})
    dealt = dict(zip(names, np.random.default_rng(0).permutation(len(names)) % FOLDS, strict=True))
    distances = []
    for fold in range(FOLDS):
        near = near_of([case for case in cases if dealt[case["picture"]] != fold])
        own = _traits([case for case in cases if dealt[case["picture"]] == fold])
        distances += [place(near, traits).distance for traits in own]
    return round(float(np.quantile(distances, KEPT)), 2)


def is_far(learned: Learned, case: dict[str, Any]) -> bool:
    """Whether nothing would be predicted of a case."""
    return bool(why_far(learned, case["style_seen"], case["damage_seen"]))


def _traits(cases: Sequence[dict[str, Any]]) -> Array:
    return np.stack([traits_of(case["style_seen"], case["damage_seen"]) for case in cases])


def _about() -> dict[str, Any]:
    """What the file says of itself, as it is: a file that has no limit yet is taken, too."""
    data = TARGET.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about: dict[str, Any] = json.loads(header["__metadata__"]["about"])
    return about


if __name__ == "__main__":
    main()
