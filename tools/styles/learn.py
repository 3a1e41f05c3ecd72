"""Learn the rules of `inspection/styles.toml` from measured traits.

    python tools/styles/learn.py benchmarks/styles/traits.tsv

A decision tree (scikit-learn) with at most 15 leaves gives the rules: a leaf is a rule, what leads to it its
conditions; of two conditions to one side of a trait the stricter is kept. From rules with more than four conditions the
one is left out that is missed least. Thresholds become trapezoids around them, and are rounded to two figures. Families
count by the root of the number of their pictures, styles alike.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.styles import MOST_CONDITIONS, MOST_RULES
from apercu.records import Style

Floats = NDArray[np.float64]
STYLES: tuple[Style, ...] = get_args(Style)
OUT = Path(__file__).parents[2] / "src" / "apercu" / "inspection" / "styles.toml"
GRADES = {1: ("",), 2: ("rather ", ""), 3: ("rather ", "", "very "), 4: ("fairly ", "rather ", "", "very ")}
FIVE_GRADES = ("fairly ", "rather ", "", "very ", "extremely ")
RAMP, RATIO = 0.08, 1.4
HELD_OUT = 0.2
LEAST_PICTURES, DEEPEST = 3, 9
MARGIN_WORTH, WIDEST_MARGIN, UNSURE = 0.35, 0.4, 0.4999

WORDS: dict[str, tuple[str, str, str]] = {
    "palette": ("the palette is", "small", "large"),
    "colours": ("different colours are", "few", "many"),
    "saturation": ("colours are", "dull", "vivid"),
    "saturation_spread": ("saturation is", "even", "uneven"),
    "grey_share": ("grey areas are", "small", "large"),
    "two_tone": ("middle tones are", "common", "rare"),
    "contrast": ("contrast is", "low", "high"),
    "light_share": ("light areas are", "small", "large"),
    "dark_share": ("dark areas are", "small", "large"),
    "ground_share": ("areas of one brightness are", "small", "large"),
    "flat_share": ("flat areas are", "small", "large"),
    "equal_share": ("equal neighbours are", "rare", "common"),
    "lone_share": ("lone pixels are", "rare", "common"),
    "gradient_share": ("soft gradients are", "rare", "common"),
    "texture": ("texture is", "weak", "strong"),
    "edge_share": ("edges are", "rare", "common"),
    "edge_sharpness": ("edges are", "soft", "hard"),
    "axis_share": ("upright and level edges are", "rare", "common"),
    "straight_share": ("long straight edges are", "rare", "common"),
    "direction_spread": ("directions of edges are", "few", "many"),
    "line_share": ("dark lines are", "rare", "common"),
    "line_darkness": ("lines are", "pale", "dark"),
    "line_width": ("lines are", "thin", "wide"),
    "row_gaps": ("gaps between rows are", "rare", "common"),
    "text_share": ("strokes as of letters are", "rare", "common"),
    "repetition": ("repeated pixels are", "absent", "there"),
}
"""How a trait is said: its subject, and the word for low and for high values. Brightness says nothing about style."""
COUNTS = ("palette", "colours")
"""Traits on which a condition begins at a ratio, not at a difference."""

Side = tuple[str, int]
"""A trait, and 0 for low values or 1 for high ones."""


class Measured(NamedTuple):
    """Pictures: their styles and families, and `values` (pictures, traits) in the order of `traits`."""

    traits: tuple[str, ...]
    styles: NDArray[np.str_]
    families: NDArray[np.str_]
    values: Floats

    def part(self, chosen: NDArray[np.bool_]) -> Measured:
        """Those where `chosen` is true."""
        return Measured(self.traits, self.styles[chosen], self.families[chosen], self.values[chosen])


def read_measured(path: Path) -> Measured:
    """The table that `benchmarks/styles/styles.py --measure` writes: style, family, id, and one column a trait."""
    head, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    values = np.array([[float(value) for value in line[3:]] for line in lines])
    return Measured(
        tuple(head[3:]), np.array([line[0] for line in lines]), np.array([line[1] for line in lines]), values
    )


class Learned(NamedTuple):
    """A rule: for each trait and side the trapezoid's slope (begin, end), rising for high values."""

    style: Style
    cuts: dict[Side, tuple[float, float]]


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


def learn(measured: Measured, seed: int) -> list[Learned]:
    """Rules for measured pictures; the same for the same seed."""
    from sklearn.tree import DecisionTreeClassifier

    weights = _weights(measured)
    columns = [measured.traits.index(trait) for trait in WORDS]
    grower = DecisionTreeClassifier(
        max_leaf_nodes=MOST_RULES, max_depth=DEEPEST, min_samples_leaf=LEAST_PICTURES, random_state=seed
    )
    tree = grower.fit(measured.values[:, columns], measured.styles, weights).tree_
    names = list(WORDS)
    rules: list[Learned] = []

    def walk(node: int, thresholds: dict[Side, float]) -> None:
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            style = grower.classes_[tree.value[node][0].argmax()]
            cuts = {side: _slope(measured, side[0], at) for side, at in thresholds.items()}
            rules.append(Learned(style, cuts))
            return
        trait, at = names[tree.feature[node]], float(tree.threshold[node])
        walk(left, thresholds | {(trait, 0): min(at, thresholds.get((trait, 0), at))})
        walk(right, thresholds | {(trait, 1): max(at, thresholds.get((trait, 1), at))})

    walk(0, {})
    return _shortened(rules, measured, weights)


def _slope(measured: Measured, trait: str, at: float) -> tuple[float, float]:
    """Where a condition begins and where it holds fully, around a threshold, in two figures or three."""
    if trait in COUNTS:
        begin, end = at / RATIO, at * RATIO
    else:
        low, high = np.percentile(measured.values[:, measured.traits.index(trait)], (2, 98))
        half = RAMP / 2 * float(high - low)
        begin, end = at - half, at + half
    rounded = float(f"{begin:.2g}"), float(f"{end:.2g}")
    return rounded if rounded[0] < rounded[1] else (float(f"{begin:.4g}"), float(f"{end:.4g}"))


def _shortened(rules: list[Learned], measured: Measured, weights: Floats) -> list[Learned]:
    """No rule longer than allowed: the longest loses the condition without which all of them are best."""
    while max(len(rule.cuts) for rule in rules) > MOST_CONDITIONS:
        longest = max(range(len(rules)), key=lambda i: len(rules[i].cuts))
        style, cuts = rules[longest]
        tried = []
        for gone in cuts:
            shorter = Learned(style, {side: slope for side, slope in cuts.items() if side != gone})
            tried.append([*rules[:longest], shorter, *rules[longest + 1 :]])
        rules = max(tried, key=lambda those: _worth(those, measured, weights))
    return rules


def _worth(rules: Sequence[Learned], measured: Measured, weights: Floats) -> float:
    """Share that is right, and how clearly."""
    best = np.zeros((len(STYLES), measured.styles.size))
    for rule in rules:
        held = [
            _held(measured.values[:, measured.traits.index(trait)], side, slope)
            for (trait, side), slope in rule.cuts.items()
        ]
        row = best[STYLES.index(rule.style)]
        np.maximum(row, np.min(held, axis=0), out=row)
    truth, at = np.array([STYLES.index(style) for style in measured.styles]), np.arange(measured.styles.size)
    own = best[truth, at]
    best[truth, at] = -1
    margin = own - np.maximum(best.max(axis=0), UNSURE)
    return float(weights @ ((margin > 0) + MARGIN_WORTH * np.clip(margin, -WIDEST_MARGIN, WIDEST_MARGIN)))


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
        grades = GRADES.get(len(slopes), FIVE_GRADES)
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
    parser.add_argument("--seed", type=int, default=0, help="which families are held out")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    measured = read_measured(given.table)
    rules = learn(measured.part(~held_out(measured, given.seed)), given.seed)
    given.out.write_text(written(rules), "utf-8")
    print(f"{len(rules)} rules, {sum(len(rule.cuts) for rule in rules)} conditions: {given.out}")


if __name__ == "__main__":
    main()
