"""Learn the rules of `inspection/styles.toml` from measured traits: a search over readable conditions.

    python tools/styles/learn.py benchmarks/styles/traits.tsv

Every trait has three conditions to both sides ("very dark", "dark", "rather dark"). The search starts from greedy rules
and lets rules grow anew, leaves conditions out, and moves where a condition begins to hold. It keeps what makes more
pictures right by a wider margin with fewer conditions. Families count by the root of their pictures, styles alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.styles import MOST_CONDITIONS, MOST_RULES
from apercu.records import Style

Floats = NDArray[np.float64]
STYLES: tuple[Style, ...] = get_args(Style)
OUT = Path(__file__).parents[2] / "src" / "apercu" / "inspection" / "styles.toml"
GRADES = ("very ", "", "rather ")
LOW_AT, HIGH_AT = (1 / 7, 2 / 7, 3 / 7), (6 / 7, 5 / 7, 4 / 7)
RAMP = 0.3
HELD_OUT = 0.2
PER_CONDITION, MARGIN_WORTH, WIDEST_MARGIN, UNSURE = 0.002, 0.35, 0.4, 0.4999

WORDS: dict[str, tuple[str, str, str]] = {
    "palette": ("the palette is", "small", "large"),
    "saturation": ("colours are", "dull", "vivid"),
    "saturation_spread": ("saturation is", "even", "uneven"),
    "grey_share": ("grey areas are", "small", "large"),
    "two_tone": ("middle tones are", "common", "rare"),
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
"""How a trait is said: its subject, and the word for low and for high values.

Left out is what depends on the ground that a drawing happens to lie on, and the number of exact colours, which grows
with the size of a picture.
"""
COUNTS = ("palette",)
UNBOUND = (*COUNTS, "texture", "line_width", "row_gaps", "repetition")
"""Traits on which a condition begins at a ratio, not at a difference."""


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


@dataclass
class Search:
    """What is searched: `cuts` (terms,) where a term holds by half, and rules as lists of terms by style."""

    measured: Measured
    rng: np.random.Generator
    terms: list[tuple[str, int, int]] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    rules: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = {}
        self.reach = {}
        for trait in WORDS:
            column = self.measured.values[:, self.measured.traits.index(trait)]
            column = np.log2(column) if trait in COUNTS else column
            self.columns[trait] = column
            low, high = np.percentile(column, (2, 98))
            self.reach[trait] = max(high - low, 1e-6)
            for side, places in ((0, LOW_AT), (1, HIGH_AT)):
                for grade, place in enumerate(places):
                    self.terms.append((trait, side, grade))
                    self.cuts.append(float(np.quantile(column, place)))
        self.held = np.array([self._membership(i) for i in range(len(self.terms))])
        of = {style: i for i, style in enumerate(STYLES)}
        self.truth = np.array([of[style] for style in self.measured.styles])
        self.weights = _weights(self.measured)

    def _membership(self, term: int) -> Floats:
        trait, side, _ = self.terms[term]
        edges = trapezoid(self, term)
        low, high = edges[:2] if side else edges[2:]
        values = self.measured.values[:, self.measured.traits.index(trait)]
        risen = np.clip((values - low) / (high - low), 0, 1) if high > low else (values >= high).astype(np.float64)
        held: Floats = risen if side else 1 - risen
        return held

    def best(self, rules: Sequence[tuple[int, tuple[int, ...]]]) -> Floats:
        """How well each style holds for each picture, (styles, pictures)."""
        best = np.zeros((len(STYLES), self.truth.size))
        for style, terms in rules:
            np.maximum(best[style], self.held[list(terms)].min(axis=0), out=best[style])
        return best

    def worth(self, margin: Floats) -> Floats:
        """What margins between the right style and the next are worth, (..., pictures) to (...)."""
        right = (margin > 0) + MARGIN_WORTH * np.clip(margin, -WIDEST_MARGIN, WIDEST_MARGIN)
        worth: Floats = right @ self.weights
        return worth

    def value(self, rules: Sequence[tuple[int, tuple[int, ...]]]) -> float:
        """How good rules are: share that is right, and how clearly, less what their length costs."""
        best, at = self.best(rules), np.arange(self.truth.size)
        own = best[self.truth, at]
        best[self.truth, at] = -1
        margin = own - np.maximum(best.max(axis=0), UNSURE)
        return float(self.worth(margin)) - PER_CONDITION * sum(len(terms) for _, terms in rules)


def ramp(cut: float, side: int, width: float, trait: str) -> tuple[float, float]:
    """Where a term begins to hold and where it holds fully: half way is the cut, unless no value lies so far out."""
    if trait == "repetition":
        return (1.2, 1.8) if side else (1.8, 1.2)
    low, high = cut - width / 2, cut + width / 2
    if side == 0:
        low = max(low, 0.0)
        return max(high, low + width / 4), low
    high = high if trait in UNBOUND else min(high, 1.0)
    return min(low, high - width / 4), high


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


def learn(measured: Measured, seed: int, steps: int = 4000) -> Search:
    """Rules for measured pictures; the same for the same seed."""
    search = Search(measured, np.random.default_rng(seed))
    for style in range(len(STYLES)):
        search.rules.append((style, grown(search, search.rules, style)))
    current = search.value(search.rules)
    for step in range(steps):
        heat = 0.003 * max(1 - step / (0.8 * steps), 0.0)
        before, moved = list(search.rules), []
        if step % 2:
            moved = [_move_cut(search) for _ in range(int(search.rng.integers(1, 4)))]
        else:
            search.rules = _regrown(search)
        value = search.value(search.rules)
        if value >= current or search.rng.random() < np.exp((value - current) / max(heat, 1e-9)):
            current = value
            continue
        search.rules = before
        for term, cut, held in reversed(moved):
            search.cuts[term], search.held[term] = cut, held
    return search


def grown(search: Search, rules: Sequence[tuple[int, tuple[int, ...]]], style: int) -> tuple[int, ...]:
    """The conditions of a further rule for a style, one after the other, each the best beside the rules that are there.

    Sometimes the second best is taken, so that a rule that grows again need not become the same.
    """
    best = search.best(rules)
    at = np.arange(search.truth.size)
    own, rest = best[search.truth, at], best.copy()
    rest[search.truth, at] = -1
    other, mine = rest.max(axis=0), search.truth == style
    terms: tuple[int, ...] = ()
    held, reached = np.ones(search.truth.size), -1.0
    while len(terms) < MOST_CONDITIONS:
        tried = np.minimum(search.held, held)
        margin = np.where(mine, np.maximum(own, tried), own) - np.where(mine, other, np.maximum(other, tried)).clip(
            UNSURE
        )
        values = search.worth(margin) - PER_CONDITION * (len(terms) + 1)
        values[[not _fits(search, terms, term) for term in range(len(search.terms))]] = -1.0
        term = int(np.argsort(-values)[int(search.rng.random() < 0.25)])
        if terms and values[term] <= reached:
            break
        reached, terms, held = float(values[term]), (*terms, term), tried[term]
    return terms


def _regrown(search: Search) -> list[tuple[int, tuple[int, ...]]]:
    """One or two rules removed, or none where there is room, and one or two grown instead; or a condition left out."""
    rng, rules = search.rng, list(search.rules)
    if rng.random() < 0.2:
        at = int(rng.integers(len(rules)))
        style, terms = rules[at]
        gone = int(rng.integers(len(terms)))
        if len(terms) > 1:
            rules[at] = (style, terms[:gone] + terms[gone + 1 :])
        return rules
    room = MOST_RULES - len(rules)
    for _ in range(int(rng.integers(0 if room else 1, 3))):
        del rules[int(rng.integers(len(rules)))]
    missing = [style for style in range(len(STYLES)) if style not in {own for own, _ in rules}]
    wanted = missing + rng.integers(0, len(STYLES), int(rng.integers(0, 3))).tolist()
    for style in wanted[: MOST_RULES - len(rules)]:
        rules.append((style, grown(search, rules, style)))
    return rules


def _fits(search: Search, terms: Sequence[int], new: int) -> bool:
    """A rule says one thing about a trait to one side; pixels are repeated or not, without grades."""
    if search.terms[new][0] == "repetition" and search.terms[new][2] != 1:
        return False
    return all(search.terms[term][:2] != search.terms[new][:2] for term in terms)


def _move_cut(search: Search) -> tuple[int, float, Floats]:
    """Shift a term that is in use; grades keep their order."""
    used = sorted({term for _, terms in search.rules for term in terms})
    term = used[int(search.rng.integers(len(used)))]
    trait, side, grade = search.terms[term]
    before = (term, search.cuts[term], search.held[term].copy())
    cut = search.cuts[term] + float(search.rng.normal(0, 0.08)) * search.reach[trait]
    first = term - grade
    others = [search.cuts[first + i] for i in range(len(GRADES))]
    others[grade] = cut
    if others == sorted(others, reverse=bool(side)):
        search.cuts[term] = cut
        search.held[term] = search._membership(term)
    return before


def written(search: Search) -> str:
    """The rules as TOML with numbers of two figures."""
    used = sorted({term for _, terms in search.rules for term in terms})
    lines = [
        "# Fuzzy rules: which style a picture is drawn in. Learned by tools/styles/learn.py, rounded to two figures.",
        "# A trapezoid holds from its first number on, fully between the second and the third, and ends at the fourth.",
        "",
    ]
    for term in used:
        lines += [f'[terms."{said(search, term)}"]', f'trait = "{search.terms[term][0]}"']
        lines += [f"trapezoid = [{', '.join(_number(edge) for edge in trapezoid(search, term))}]", ""]
    for style, terms in sorted(search.rules):
        conditions = ", ".join(f'"{said(search, term)}"' for term in sorted(terms))
        lines += ["[[rules]]", f"if = [{conditions}]", f'then = "{STYLES[style]}"', ""]
    return "\n".join(lines)


def said(search: Search, term: int) -> str:
    """A term in words."""
    trait, side, grade = search.terms[term]
    subject, *words = WORDS[trait]
    return f"{subject} {GRADES[grade]}{words[side]}" if trait != "repetition" else f"{subject} {words[side]}"


def trapezoid(search: Search, term: int) -> tuple[float, float, float, float]:
    """The four edges in the unit of the trait, rounded."""
    trait, side, _ = search.terms[term]
    begin, full = ramp(search.cuts[term], side, RAMP * search.reach[trait], trait)
    low, high = sorted((begin, full))
    if trait in COUNTS:
        low, high = 2**low, 2**high
    low, high = (float(f"{edge:.2g}") for edge in (low, high))
    return (low, high, float("inf"), float("inf")) if side else (float("-inf"), float("-inf"), low, high)


def _number(edge: float) -> str:
    return f"{edge:g}" if np.isfinite(edge) else ("inf" if edge > 0 else "-inf")


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
    parser.add_argument("--seed", type=int, default=0, help="which families are held out, and the course of the search")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    measured = read_measured(given.table)
    search = learn(measured.part(~held_out(measured, given.seed)), given.seed)
    given.out.write_text(written(search), "utf-8")
    print(f"{len(search.rules)} rules, {sum(len(terms) for _, terms in search.rules)} conditions: {given.out}")


if __name__ == "__main__":
    main()
