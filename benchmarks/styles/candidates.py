"""Whether further traits would tell photographs from paintings better: each candidate beside the traits that there are.

    python benchmarks/styles/candidates.py --data FOLDER [--table FILE]

FOLDER is what `python -m apercu.train prepare FOLDER` made. FILE keeps what was measured (JSON lines), so that another
run need not measure again. For seeds 100 to 105 (the draws of families on which choices are made) a forest of extremely
random trees learns from the traits of traits.tsv with each group of candidates added, and is asked about the families
that were held out and about Kodak and BSD100, of which nothing is learned. `--rules` learns the fuzzy rules instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

HERE = Path(__file__).parent
sys.path += [str(HERE.parents[1] / "tools" / "styles"), str(HERE), str(HERE.parent)]

import learn  # noqa: E402

import styles  # noqa: E402
from apercu.inspection.traits import TRAITS, picture_traits  # noqa: E402
from sets import pictures  # noqa: E402

Floats = NDArray[np.float64]
SETS = ("Kodak", "BSD100")
SEEDS = range(100, 106)
GROUPS: dict[str, tuple[str, ...]] = {
    "today's traits": (),
    "spread of the finest detail": ("detail_spread",),
    "noise in the calmest tenth": ("noise",),
    "shape of normalised contrast": ("mscn_shape",),
    "shape of the steps": ("step_shape",),
    "kurtosis of the steps": ("step_kurtosis", "step_kurtosis_4"),
    "steps of brightness and colour": ("grey_steps", "alike_steps", "grey_steps_4", "off_steps_4"),
    "detail against that of a quarter": ("detail_ratio", "detail_ratio_median", "step_ratio"),
    "slope of the spectrum": ("spectrum_slope", "spectrum_bend"),
    "entropy of the tones": ("tone_entropy",),
}
GROUPS["all nine"] = tuple(trait for added in GROUPS.values() for trait in added)


class Found(NamedTuple):
    """A picture: its set or style, its name, and its candidates; of the evaluation sets its traits, too."""

    group: str
    id: str
    candidates: dict[str, float]
    traits: dict[str, float]


def candidates(samples: NDArray[np.uint8]) -> dict[str, float]:
    """Every candidate of a picture, (H, W, 3) uint8, of at least 8 x 8 pixels.

    Steps are differences of neighbours across and down, detail is half the diagonal difference of 2 x 2 pixels; "_4"
    is after the mean over 4 x 4. Shapes are the square of the mean over the mean of the square: 0.64 for a bell curve,
    less for heavy tails. Normalised contrast is that of BRISQUE (Mittal et al., 2012).
    """
    rgb = samples.astype(np.float32)
    luma = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    detail = np.abs(_detail(luma))
    of_blocks = _blocks(detail).mean(1)
    steps, colours = _steps(luma), np.stack([_steps(rgb[..., channel]) for channel in range(3)])
    mean = gaussian_filter(luma, 7 / 6)
    deviation = np.sqrt(np.maximum(gaussian_filter(luma * luma, 7 / 6) - mean * mean, 0))
    tones = np.bincount(np.rint(luma).astype(int).ravel(), minlength=256) / luma.size
    tones = tones[tones > 0]
    small = _quarter(rgb)
    small_luma = small.mean(2)
    small_steps = _steps(small_luma, whole=True)
    small_detail = np.abs(_detail(small_luma))
    grey, _, alike = _axes(colours)
    grey_4, off_4, _ = _axes(np.stack([_steps(small[..., channel], whole=True) for channel in range(3)]))
    slope, bend = _spectrum(luma)
    found = {
        "detail_spread": np.log2(of_blocks + 0.1).std(),
        "noise": np.log2(0.05 + np.percentile(of_blocks, 10)),
        "mscn_shape": _shape((luma - mean) / (deviation + 1)),
        "step_shape": _shape(steps),
        "step_kurtosis": _kurtosis(steps),
        "step_kurtosis_4": _kurtosis(small_steps),
        "grey_steps": grey,
        "alike_steps": alike,
        "grey_steps_4": grey_4,
        "off_steps_4": off_4,
        "detail_ratio": np.log2((detail.mean() + 0.05) / (small_detail.mean() + 0.05)),
        "detail_ratio_median": np.log2((np.median(detail) + 0.05) / (np.median(small_detail) + 0.05)),
        "step_ratio": np.log2((np.square(steps).mean() + 0.01) / (np.square(small_steps).mean() + 0.01)),
        "spectrum_slope": slope,
        "spectrum_bend": bend,
        "tone_entropy": -(tones * np.log2(tones)).sum() / 8,
    }
    return {name: float(np.nan_to_num(value)) for name, value in found.items()}


def _detail(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return (plane[:-1, :-1] + plane[1:, 1:] - plane[1:, :-1] - plane[:-1, 1:]) / 2


def _blocks(plane: NDArray[np.float32], side: int = 8) -> NDArray[np.float32]:
    height, width = (length // side * side for length in plane.shape)
    cut = plane[:height, :width].reshape(height // side, side, width // side, side)
    return cut.swapaxes(1, 2).reshape(-1, side * side)


def _steps(plane: NDArray[np.float32], *, whole: bool = False) -> NDArray[np.float32]:
    end = None if whole else -1
    return np.concatenate([np.diff(plane, axis=1)[:end].ravel(), np.diff(plane, axis=0)[:, :end].ravel()])


def _quarter(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (length // 4 for length in rgb.shape[:2])
    return rgb[: height * 4, : width * 4].reshape(height, 4, width, 4, 3).mean((1, 3))


def _shape(values: NDArray[np.float32]) -> float:
    return float(np.abs(values).mean() ** 2 / (np.square(values).mean() + 1e-6))


def _kurtosis(values: NDArray[np.float32]) -> float:
    return float(np.log2((values**4).mean() / (np.square(values).mean() + 1e-6) ** 2 + 1e-6))


def _axes(steps: NDArray[np.float32]) -> tuple[float, float, float]:
    """Share of the steps' energy along grey, share off their main axis, and the least correlation of two channels."""
    spread = np.cov(steps) + 1e-3 * np.eye(3)
    energies = np.linalg.eigvalsh(spread)
    alike = spread / np.sqrt(np.outer(np.diag(spread), np.diag(spread)))
    return float(spread.sum() / 3 / energies.sum()), float(1 - energies[2] / energies.sum()), float(alike.min())


def _spectrum(luma: NDArray[np.float32]) -> tuple[float, float]:
    """Slope of the logarithm of the power over that of the frequency, and how far it bends away from a line."""
    side = min(256, *luma.shape)
    top, left = ((length - side) // 2 for length in luma.shape)
    part = luma[top : top + side, left : left + side]
    part = (part - part.mean()) * np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fftshift(np.fft.fft2(part))) ** 2
    frequency = np.hypot(*np.mgrid[-(side // 2) : side - side // 2, -(side // 2) : side - side // 2]) / side
    points = []
    edges = np.geomspace(0.04, 0.5, 9)
    for begin, end in pairwise(edges):
        ring = (frequency >= begin) & (frequency < end)
        if ring.sum() > 4:
            points.append((np.log2((begin + end) / 2), np.log2(power[ring].mean() + 1)))
    if len(points) < 4:
        return 0.0, 0.0
    at, powers = np.array(points).T
    line = np.polyfit(at, powers, 1)
    return float(line[0]), float(np.std(powers - np.polyval(line, at)))


def measured(prepared: Path) -> Iterator[Found]:
    """The evaluation sets, then every labelled picture in the order of traits.tsv."""
    from labelled import labelled_pictures

    for name in SETS:
        for path in pictures(name):
            samples = np.asarray(Image.open(path).convert("RGB"))
            traits = picture_traits(samples)
            yield Found(name, path.name, candidates(samples), {trait: getattr(traits, trait) for trait in TRAITS})
    for picture in labelled_pictures(prepared):
        yield Found(picture.style, picture.id, candidates(picture.samples), {})


def by_forest(train: learn.Measured, asked: list[Floats], seed: int) -> list[list[str]]:
    """What a forest says of each table of values."""
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(150, class_weight="balanced", min_samples_leaf=2, random_state=seed)
    forest.fit(train.values, train.styles)
    return [[str(style) for style in forest.predict(values)] for values in asked]


def by_rules(train: learn.Measured, asked: list[Floats], seed: int) -> list[list[str]]:
    """What rules say of each table of values; ties and memberships below 0.5 are ""."""
    rules = learn.learn(train, seed)
    said = []
    for values in asked:
        held = np.zeros((len(values), len(learn.STYLES)))
        for rule in rules:
            terms = [
                learn._held(values[:, train.traits.index(trait)], side, cut) for (trait, side), cut in rule.cuts.items()
            ]
            number = learn.STYLES.index(rule.style)
            held[:, number] = np.maximum(held[:, number], np.min(terms, axis=0))
        ordered = np.sort(held, axis=1)
        sure = (ordered[:, -1] >= 0.5) & (ordered[:, -1] > ordered[:, -2] + 1e-9)
        said.append([learn.STYLES[best] if ok else "" for best, ok in zip(held.argmax(1), sure, strict=True)])
    return said


def main() -> None:
    """Print a line for each group of candidates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the prepared training pictures")
    parser.add_argument("--table", type=Path, help="keeps what was measured")
    parser.add_argument("--rules", action="store_true", help="learn rules instead of forests")
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    given = parser.parse_args()
    if given.table and given.table.is_file():
        found = [Found(*json.loads(line)) for line in given.table.read_text("utf-8").splitlines()]
    else:
        found = list(measured(given.data))
        if given.table:
            given.table.write_text("".join(json.dumps(one) + "\n" for one in found), "utf-8")
    table = learn.read_measured(styles.TABLE)
    labelled, sets = [one for one in found if one.group not in SETS], [one for one in found if one.group in SETS]
    for name, added in GROUPS.items():
        learn.WORDS.update({trait: (f"{trait} is", "low", "high") for trait in added} if given.rules else {})
        values = np.hstack([table.values, [[one.candidates[trait] for trait in added] for one in labelled]])
        asked = np.array(
            [[*(one.traits[trait] for trait in TRAITS), *(one.candidates[t] for t in added)] for one in sets]
        )
        every = learn.Measured((*table.traits, *added), table.styles, table.families, values)
        rows = [_row(every, asked, [one.group for one in sets], seed, rules=given.rules) for seed in given.seeds]
        share, photo, painting, *counts = np.mean(rows, axis=0)
        told = ", ".join(f"{set_} {count:.1f}" for set_, count in zip(SETS, counts, strict=True))
        print(f"{name:34} {share:.1%} (photo {photo:.0%}, painting {painting:.0%}); as photo: {told}", flush=True)
        for trait in added:
            learn.WORDS.pop(trait, None)


def _row(every: learn.Measured, asked: Floats, sets: list[str], seed: int, *, rules: bool) -> list[float]:
    out = learn.held_out(every, seed)
    test = every.part(out)
    said, of_sets = (by_rules if rules else by_forest)(every.part(~out), [test.values, asked], seed)
    right = np.array(said) == test.styles
    shares = [float(right[test.styles == style].mean()) for style in ("photo", "painting")]
    counts = [sum(style == "photo" for style, one in zip(of_sets, sets, strict=True) if one == name) for name in SETS]
    return [float(right.mean()), *shares, *map(float, counts)]


if __name__ == "__main__":
    main()
