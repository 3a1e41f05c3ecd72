"""Whether what the encoder of LIIF-EDSR sees would tell styles apart better than the traits do.

    python benchmarks/styles/features.py --data FOLDER

FOLDER is what `python -m apercu.train prepare FOLDER` made; torch is needed (extra `train`). Of two busy windows of
96 x 96 pixels of each labelled picture the features after the first convolution and after 4, 8, 12 and all blocks are
taken: mean, spread and mean size of each of the 64 channels, 960 numbers in all. For seeds 100 to 105 a forest learns
from the traits, from 24 principal parts of these numbers, and from both, and is asked about the families held out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path += [str(HERE.parents[1] / "tools" / "styles"), str(HERE), str(HERE.parent)]

import learn  # noqa: E402

import styles  # noqa: E402
from apercu.train.build import build_network  # noqa: E402

SEEDS = range(100, 106)
SIDE, TRIED, PARTS = 96, 8, 24
AFTER = (3, 7, 11)


def features(encoder: torch.nn.Module, samples: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(960,) of a picture (H, W, 3)."""
    height, width = samples.shape[:2]
    rng = np.random.default_rng(height * width)
    luma = samples.astype(np.float32).mean(2)
    windows = []
    for _ in range(TRIED):
        top, left = (int(rng.integers(max(1, length - SIDE + 1))) for length in (height, width))
        part = luma[top : top + SIDE, left : left + SIDE]
        windows.append((float(np.abs(np.diff(part, axis=1)).mean()) if part.shape[1] > 1 else 0.0, top, left))
    windows.sort(reverse=True)
    seen = [_seen(encoder, samples[y : y + SIDE, x : x + SIDE]) for _, y, x in (windows[0], windows[3])]
    return np.asarray(np.mean(seen, axis=0))


@torch.no_grad()
def _seen(encoder: torch.nn.Module, window: NDArray[np.uint8]) -> NDArray[np.float32]:
    x = encoder.head(torch.from_numpy(window.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None])
    layers = [x]
    for number, block in enumerate(encoder.body):
        x = block(x)
        if number in AFTER:
            layers.append(x)
    layers.append(x)
    numbers = [n for y in layers for n in (y.mean((0, 2, 3)), y.std((0, 2, 3)), y.abs().mean((0, 2, 3)))]
    return torch.cat(numbers).numpy()


def main() -> None:
    """Measure and print."""
    from labelled import labelled_pictures
    from sklearn.decomposition import PCA
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.preprocessing import StandardScaler

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the prepared training pictures")
    given = parser.parse_args()
    encoder = build_network("liif-edsr", "liif-edsr").eval().encoder
    seen = np.array([features(encoder, picture.samples) for picture in labelled_pictures(given.data)])
    seen = np.sign(seen) * np.log(np.abs(seen) + 1e-3)
    measured = learn.read_measured(styles.TABLE)
    right: dict[str, list[list[float]]] = {"traits": [], "features": [], "both": []}
    for seed in SEEDS:
        out = learn.held_out(measured, seed)
        scaled = StandardScaler().fit(seen[~out]).transform(seen)
        parts = PCA(PARTS, random_state=0).fit(scaled[~out]).transform(scaled)
        tables = {"traits": measured.values, "features": parts, "both": np.c_[measured.values, parts]}
        truth = measured.styles[out]
        for name, values in tables.items():
            forest = ExtraTreesClassifier(200, class_weight="balanced", min_samples_leaf=2, random_state=seed)
            said = forest.fit(values[~out], measured.styles[~out]).predict(values[out])
            of = [np.mean(said[truth == style] == style) for style in ("photo", "painting")]
            right[name].append([float(np.mean(said == truth)), *map(float, of)])
    for name, shares in right.items():
        together, photos, paintings = np.mean(shares, axis=0)
        print(f"{name}: right {together:.1%}, photographs {photos:.0%}, paintings {paintings:.0%}")


if __name__ == "__main__":
    main()
