"""Learn what names a style: the map of `inspection/likeness.safetensors` and the rules of `inspection/styles.toml`.

    python tools/styles/learn.py benchmarks/styles/traits.tsv

The map is a logistic regression (scikit-learn, extra `bench`) from what the network sees and from the traits. A picture
that the map was learned from is called too alike to its style, so the rules learn from shares of maps that were learned
without the picture's family: families are dealt to five folds.

Conditions are named terms: of each trait a few places, at even shares of the pictures, with a slope around each, in two
figures. From these `search.py` builds at most 15 rules of at most four conditions, and judges them by the engine that
is shipped. Each picture counts four times: as it is, and three times with its traits moved by up to 35 % towards those
of a picture of the same style and another family. Families count by the root of the number of their pictures, styles
alike.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from apercu.inspection.likeness import LIKENESSES, Map, all_seen, shares_of
from apercu.inspection.styles import NAMES
from apercu.inspection.traits import Traits
from apercu.records import Style

sys.path.insert(0, str(Path(__file__).parent))

from search import Search

Floats = NDArray[np.float64]
STYLES: tuple[Style, ...] = get_args(Style)
OUT = Path(__file__).parents[2] / "src" / "apercu" / "inspection" / "styles.toml"
MAP = OUT.with_name("likeness.safetensors")
FOLDS, LOOSENESS = 5, 0.1
"""`LOOSENESS` is the inverse of the regularisation of the map."""
GRADES = ("barely ", "slightly ", "fairly ", "rather ", "", "very ", "extremely ", "utterly ")
PLAIN = GRADES.index("")
RAMP, RATIO = 0.6, 1.4
PLACES, FIRST_PLACE = 20, 0.04
MORE_OR_LESS = (0.3, 0.5, 0.7)
"""Places of a likeness; more of them fitted the families that were learned from."""
HELD_OUT = 0.2
MIXES, MOST_MIXED = 3, 0.35

WORDS: dict[str, tuple[str, str, str]] = {
    "saturation_spread": ("saturation is", "even", "uneven"),
    "grey_share": ("grey areas are", "small", "large"),
    "coloured_share": ("coloured areas are", "small", "large"),
    "hue_spread": ("hues are", "few", "many"),
    "off_axis": ("colours are", "mixtures of two", "of many mixtures"),
    "chroma_fine": ("detail in colour is", "coarse", "fine"),
    "area_colours": ("colours in a small area are", "few", "many"),
    "full_blocks": ("blocks full of colours are", "rare", "common"),
    "dark_share": ("dark areas are", "small", "large"),
    "tone_peaks": ("single tones are", "rare", "common"),
    "lone_share": ("lone pixels are", "rare", "common"),
    "blended_share": ("smoothed edges are", "rare", "common"),
    "even_lines": ("edges of one step are", "rare", "common"),
    "row_rhythm": ("the rhythm of rows is", "weak", "strong"),
    "glyph_ink": ("parts as small as letters are", "rare", "common"),
    "largest_part": ("the largest part is", "small", "large"),
} | {name: (f"likeness to {NAMES[style]} is", "small", "large") for name, style in LIKENESSES.items()}
"""How a trait is said: its subject, and the word for low and for high values. Rules made of more traits did worse."""
COUNTS = ("area_colours",)
"""Traits on which a condition begins at a ratio, not at a difference."""

Side = tuple[str, int]
"""A trait, and 0 for low values or 1 for high ones."""


class Measured(NamedTuple):
    """Pictures: their styles and families, and `values` (pictures, traits) in the order of `traits`.

    `seen` (pictures, 224) is what the network sees, and the traits on 0..1.
    """

    traits: tuple[str, ...]
    styles: NDArray[np.str_]
    families: NDArray[np.str_]
    values: Floats
    seen: NDArray[np.float32]

    def part(self, chosen: NDArray[np.bool_]) -> Measured:
        """Those where `chosen` is true."""
        rows = (self.styles[chosen], self.families[chosen], self.values[chosen], self.seen[chosen])
        return Measured(self.traits, *rows)

    def alike(self, shares: Floats) -> Measured:
        """With the likenesses (pictures, 7) as further traits."""
        traits = (*self.traits, *LIKENESSES)
        return self._replace(traits=traits, values=np.hstack([self.values, shares]))


def read_measured(path: Path) -> Measured:
    """The table that `benchmarks/styles/styles.py --data` writes: style, family, id, and one column a trait.

    What the network sees lies beside it in `features.safetensors`, in the same order.
    """
    head, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    values = np.array([[float(value) for value in line[3:]] for line in lines])
    features = load_file(path.with_name("features.safetensors"))["features"].astype(np.float32)
    if len(features) != len(lines):
        raise SystemExit(f"{path.name} holds {len(lines)} pictures, the features beside it {len(features)}")
    styles, families = (np.array([line[column] for line in lines]) for column in (0, 1))
    names = tuple(head[3:])
    traits = [Traits(**dict(zip(names, row.tolist(), strict=True))) for row in values]
    seen = np.array([all_seen(*both) for both in zip(features, traits, strict=True)])
    return Measured(names, styles, families, values, seen)


class Learned(NamedTuple):
    """A rule: for each trait and side the trapezoid's slope (begin, end), rising for high values."""

    style: Style
    cuts: dict[Side, tuple[float, float]]


class Lesson(NamedTuple):
    """What was learned: rules, and the map that gives the likenesses which they read."""

    rules: list[Learned]
    map: Map


def _weights(measured: Measured) -> Floats:
    """Of each picture: styles count alike, families in one by the root of their number."""
    weights = np.zeros(measured.styles.size)
    for family in np.unique(measured.families):
        own = measured.families == family
        weights[own] = 1 / np.sqrt(own.sum())
    for style in np.unique(measured.styles):
        own = measured.styles == style
        weights[own] /= weights[own].sum() * np.unique(measured.styles).size
    return weights


def learn(measured: Measured, seed: int) -> Lesson:
    """Rules and map for measured pictures; the same for the same seed."""
    return Lesson(learn_rules(measured.alike(crossed(measured, seed)), seed), learn_map(measured))


def learn_map(measured: Measured) -> Map:
    """The map from what is seen to styles; families count by the root of their pictures, styles alike."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    mean, spread = measured.seen.mean(axis=0), measured.seen.std(axis=0) + 1e-6
    weights = _weights(measured) * measured.styles.size
    regression = LogisticRegression(C=LOOSENESS, max_iter=2000)
    with threadpool_limits(1):  # the same to the last digit whatever the number of processors
        regression.fit((measured.seen - mean) / spread, measured.styles, sample_weight=weights)
    order = [regression.classes_.tolist().index(style) for style in STYLES]
    weight = regression.coef_[order] / spread
    bias = regression.intercept_[order] - weight @ mean
    return Map(np.ascontiguousarray(weight, np.float32), np.ascontiguousarray(bias, np.float32))


def shares(measured: Measured, learned: Map) -> Floats:
    """The likenesses (pictures, 7)."""
    return np.array([list(shares_of(row, learned).values()) for row in measured.seen])


def crossed(measured: Measured, seed: int) -> Floats:
    """The likenesses of each picture by a map that was learned without the picture's family."""
    rng = np.random.default_rng(seed)
    fold = np.zeros(measured.styles.size, np.int64)
    for style in np.unique(measured.styles):
        own = measured.styles == style
        for number, family in enumerate(rng.permutation(np.unique(measured.families[own]))):
            fold[own & (measured.families == family)] = number % FOLDS
    found = np.zeros((measured.styles.size, len(LIKENESSES)))
    for number in range(FOLDS):
        away = fold == number
        found[away] = shares(measured.part(away), learn_map(measured.part(~away)))
    return found


def learn_rules(measured: Measured, seed: int) -> list[Learned]:
    """Rules for pictures whose likenesses are among the traits."""
    terms: list[tuple[Side, tuple[float, float]]] = []
    for trait in WORDS:
        values = measured.values[:, measured.traits.index(trait)]
        even = np.unique(np.quantile(values, np.linspace(FIRST_PLACE, 1 - FIRST_PLACE, PLACES)))
        places = np.array(MORE_OR_LESS) if trait in LIKENESSES else even
        slopes = sorted({_slope(measured, trait, float(at)) for at in places})
        terms += [((trait, side), slope) for slope in slopes for side in (0, 1)]
    weights = np.tile(_weights(measured), MIXES + 1).astype(np.float32)
    mixed = _mixed(measured, seed)
    held = [_held(mixed.values[:, mixed.traits.index(trait)], side, slope) for (trait, side), slope in terms]
    kinds = [list(WORDS).index(trait) for (trait, _), _ in terms]
    truth = np.array([STYLES.index(style) for style in mixed.styles])
    allowed = np.array([[_may_stand(side, style) for side, _ in terms] for style in STYLES])
    found = Search(np.array(held, np.float32), np.array(kinds), truth, weights, allowed).found()
    return [Learned(STYLES[rule.style], dict(terms[number] for number in rule.conditions)) for rule in found]


def _may_stand(side: Side, style: Style) -> bool:
    """A large likeness speaks for its own style only, a small one for another."""
    trait, high = side
    return trait not in LIKENESSES or (LIKENESSES[trait] == style) == bool(high)


def _mixed(measured: Measured, seed: int) -> Measured:
    """The pictures, and as many again `MIXES` times, each moved towards one of its style and another family."""
    rng = np.random.default_rng(seed)
    values = [measured.values]
    for _ in range(MIXES):
        others = []
        for number, (style, family) in enumerate(zip(measured.styles, measured.families, strict=True)):
            there = np.flatnonzero((measured.styles == style) & (measured.families != family))
            others.append(int(rng.choice(there)) if there.size else number)
        share = rng.uniform(0, MOST_MIXED, (measured.styles.size, 1))
        values.append(measured.values * (1 - share) + measured.values[others] * share)
    times = MIXES + 1
    styles, families = np.tile(measured.styles, times), np.tile(measured.families, times)
    return Measured(measured.traits, styles, families, np.vstack(values), np.tile(measured.seen, (times, 1)))


def _slope(measured: Measured, trait: str, at: float) -> tuple[float, float]:
    """Where a condition begins and where it holds fully, around a threshold, in two figures or three."""
    if trait in COUNTS:
        begin, end = at / RATIO, at * RATIO
    else:
        own = measured.values[:, measured.traits.index(trait)]
        low, high = (0, 1) if trait in LIKENESSES else np.percentile(own, (2, 98))
        half = RAMP / 2 * float(high - low)
        begin, end = at - half, at + half
    rounded = float(f"{begin:.2g}"), float(f"{end:.2g}")
    return rounded if rounded[0] < rounded[1] else (float(f"{begin:.4g}"), float(f"{end:.4g}"))


def _held(values: Floats, side: int, slope: tuple[float, float]) -> Floats:
    risen: Floats = np.clip((values - slope[0]) / (slope[1] - slope[0]), 0, 1)
    return risen if side else 1 - risen


def written(rules: Sequence[Learned]) -> str:
    """The rules as TOML."""
    says = _sayings(rules)
    lines = [
        "# Fuzzy rules: which style a picture is drawn in. Learned by tools/styles/learn.py.",
        "# A trapezoid holds from its first number on, fully between the second and the third, and ends at the fourth.",
        "",
    ]
    for (side, (begin, end)), saying in sorted(says.items(), key=lambda item: item[1]):
        edges = f"{begin:g}, {end:g}"
        edges = f"{edges}, inf, inf" if side[1] else f"-inf, -inf, {edges}"
        lines += [f'[terms."{saying}"]', f'trait = "{side[0]}"', f"trapezoid = [{edges}]", ""]
    for rule in sorted(rules, key=lambda rule: STYLES.index(rule.style)):
        conditions = ", ".join(f'"{says[condition]}"' for condition in rule.cuts.items())
        lines += ["[[rules]]", f"if = [{conditions}]", f'then = "{rule.style}"', ""]
    return "\n".join(lines)


def _sayings(rules: Sequence[Learned]) -> dict[tuple[Side, tuple[float, float]], str]:
    """Each condition in words; the stricter of several on one side of a trait has the stronger word."""
    by_side: dict[Side, set[tuple[float, float]]] = defaultdict(set)
    for rule in rules:
        for side, slope in rule.cuts.items():
            by_side[side].add(slope)
    says = {}
    for side, slopes in by_side.items():
        subject, *words = WORDS[side[0]]
        first = max(PLAIN - len(slopes) + 1, 0) if len(slopes) < 3 else max(PLAIN - len(slopes) + 2, 0)
        grades = GRADES[first : first + len(slopes)]
        ordered = sorted(slopes, reverse=side[1] == 0)
        for slope, grade in zip(ordered, grades, strict=True):
            says[side, slope] = f"{subject} {grade}{words[side[1]]}"
    return says


def held_out(measured: Measured, seed: int) -> NDArray[np.bool_]:
    """Which pictures are tested on: of each style whole families, drawn until they hold 20 % of its pictures."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(measured.styles.size, np.bool_)
    for style in np.unique(measured.styles):
        own = measured.styles == style
        families = rng.permutation(np.unique(measured.families[own])).tolist()
        while len(families) > 1 and (chosen & own).sum() < HELD_OUT * own.sum():
            chosen |= own & (measured.families == families.pop())
    return chosen


def held_out_pictures(measured: Measured, seed: int) -> NDArray[np.bool_]:
    """As many pictures of every family, drawn one by one: what is tested on looks like what was learned from."""
    rng = np.random.default_rng(seed)
    chosen: NDArray[np.bool_] = rng.random(measured.styles.size) < HELD_OUT
    return chosen


def main() -> None:
    """Learn from a table and write the rules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="of the mixing and of the folds")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    measured = read_measured(given.table)
    rules, learned = learn(measured, given.seed)
    given.out.write_text(written(rules), "utf-8")
    given.out.with_name(MAP.name).write_bytes(save(learned._asdict()))
    print(f"{len(rules)} rules, {sum(len(rule.cuts) for rule in rules)} conditions: {given.out}")


if __name__ == "__main__":
    main()
