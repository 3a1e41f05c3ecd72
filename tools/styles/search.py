"""The search for rules: grow one rule after the other, then change each condition to the best one, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.styles import MOST_CONDITIONS, MOST_RULES

Floats = NDArray[np.float32]
MARGIN_WORTH, WIDEST_MARGIN, UNSURE = 0.25, 0.4, 0.4999
A_CONDITION = 0.002
"""What a condition must add to the worth of all rules."""
LEAST_CONDITIONS = 2
"""A rule of one condition says nothing that convinces anybody."""
POLISH_AT, SWEEPS, REPLACED, ROUNDS = (7, 11, 15), 3, 4, 2
_GAIN = 1e-6


class Found(NamedTuple):
    """A rule: a style by number, and numbers of conditions."""

    style: int
    conditions: tuple[int, ...]


class Search:
    """Rules for pictures, judged by the very engine that is shipped: min for AND, the best rule of a style.

    The worth of rules is the weighted share that is right, plus a quarter of how clearly (the lead over the next style
    and over 0.5, at most 0.4 to both sides), less a little for each condition.
    """

    def __init__(
        self,
        held: Floats,
        kinds: NDArray[np.int64],
        truth: NDArray[np.int64],
        weights: Floats,
        allowed: NDArray[np.bool_],
    ) -> None:
        """Take conditions as `held` (conditions, pictures), of a kind each: no rule has two of one kind.

        `allowed` (styles, conditions) says which may stand in a rule of a style.
        """
        self.held, self.kinds, self.truth, self.allowed = held, kinds, truth, allowed
        self.weights = (weights / weights.sum()).astype(np.float32)
        self.styles = int(truth.max()) + 1

    def found(self) -> list[Found]:
        """The best rules that are found."""
        rules: list[Found] = []
        while len(rules) < MOST_RULES:
            grown = [self._grown(rules, style) for style in range(self.styles)]
            missing = set(range(self.styles)) - {rule.style for rule in rules}
            best, worth = max((grown[style] for style in missing or range(self.styles)), key=lambda one: one[1])
            if not missing and worth <= self.worth(rules) + _GAIN:
                break
            rules.append(best)
            if len(rules) in POLISH_AT:
                rules = self._polished(rules, 1)
        rules = self._polished(rules, SWEEPS)
        for _ in range(ROUNDS):
            better = self._replaced(rules)
            if better is None:
                break
            rules = better
        return self._polished(rules, SWEEPS)

    def worth(self, rules: Sequence[Found]) -> float:
        """See the class."""
        best = self._best(rules)
        own, others = self._own_and_others(best)
        return float(self._share(own - np.maximum(others, UNSURE), self.weights)) - _price(rules)

    def _best(self, rules: Sequence[Found]) -> Floats:
        best = np.zeros((self.styles, self.truth.size), np.float32)
        for rule in rules:
            np.maximum(best[rule.style], self._together(rule.conditions), out=best[rule.style])
        return best

    def _together(self, conditions: Sequence[int]) -> Floats:
        if not conditions:
            return np.ones(self.truth.size, np.float32)
        least: Floats = self.held[list(conditions)].min(axis=0)
        return least

    def _own_and_others(self, best: Floats) -> tuple[Floats, Floats]:
        at = np.arange(self.truth.size)
        own, others = best[self.truth, at], best.copy()
        others[self.truth, at] = -1
        return own, others.max(axis=0)

    @staticmethod
    def _share(lead: Floats, weights: Floats) -> Floats:
        gain: Floats = ((lead > 0) + MARGIN_WORTH * np.clip(lead, -WIDEST_MARGIN, WIDEST_MARGIN)) @ weights
        return gain

    def _each(self, rest: Sequence[Found], style: int, conditions: Sequence[int]) -> Floats:
        """Worth of `rest` with one more rule: the conditions and, in turn, each condition there is."""
        own, others = self._own_and_others(self._best(rest))
        tried, mine = np.minimum(self.held, self._together(conditions)), self.truth == style
        leads = np.maximum(tried[:, mine], own[mine]) - np.maximum(others[mine], UNSURE)
        theirs = own[~mine] - np.maximum(np.maximum(tried[:, ~mine], others[~mine]), UNSURE)
        worth = self._share(leads, self.weights[mine]) + self._share(theirs, self.weights[~mine])
        worth -= _price(rest) + A_CONDITION * (len(conditions) + 1)
        worth[np.isin(self.kinds, self.kinds[list(conditions)]) | ~self.allowed[style]] = -np.inf
        return worth

    def _grown(self, rest: Sequence[Found], style: int) -> tuple[Found, float]:
        conditions: list[int] = []
        reached = -np.inf
        while len(conditions) < MOST_CONDITIONS:
            worth = self._each(rest, style, conditions)
            best = int(worth.argmax())
            if len(conditions) >= LEAST_CONDITIONS and worth[best] <= reached + _GAIN:
                break
            reached = float(worth[best])
            conditions.append(best)
        return Found(style, tuple(conditions)), reached

    def _polished(self, rules: Sequence[Found], sweeps: int) -> list[Found]:
        rules, reached = list(rules), self.worth(rules)
        for _ in range(sweeps):
            before = reached
            for number in range(len(rules)):
                reached = self._changed(rules, number, reached)
            if reached - before < 1e-4:
                break
        return rules

    def _changed(self, rules: list[Found], number: int, reached: float) -> float:
        """Change, add and take away conditions of one rule, in place, while that is better; the worth reached."""
        style, conditions = rules[number]
        others = rules[:number] + rules[number + 1 :]
        for slot in range(len(conditions) + 1):
            kept = conditions[:slot] + conditions[slot + 1 :]
            if LEAST_CONDITIONS - 1 <= len(kept) < MOST_CONDITIONS:
                worth = self._each(others, style, kept)
                best = int(worth.argmax())
                if worth[best] > reached + _GAIN:
                    conditions, reached = (*kept, best), float(worth[best])
            shorter = conditions[:slot] + conditions[slot + 1 :]
            if LEAST_CONDITIONS <= len(shorter) < len(conditions):
                without = self.worth([*others, Found(style, shorter)])
                if without >= reached:
                    conditions, reached = shorter, without
        rules[number] = Found(style, conditions)
        return reached

    def _replaced(self, rules: list[Found]) -> list[Found] | None:
        """One of the rules that are missed least is grown anew, for the style where it helps most."""
        reached = self.worth(rules)
        rests = [rules[:number] + rules[number + 1 :] for number in range(len(rules))]
        for number in sorted(range(len(rules)), key=lambda one: -self.worth(rests[one]))[:REPLACED]:
            rest = rests[number]
            alone = rules[number].style not in {rule.style for rule in rest}
            styles = [rules[number].style] if alone else range(self.styles)
            grown, worth = max((self._grown(rest, style) for style in styles), key=lambda one: one[1])
            if worth > reached + _GAIN:
                return self._polished([*rest, grown], 1)
        return None


def _price(rules: Sequence[Found]) -> float:
    return A_CONDITION * sum(len(rule.conditions) for rule in rules)
