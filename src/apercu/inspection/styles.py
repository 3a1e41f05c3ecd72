"""Which style a picture is drawn in, by fuzzy rules that read as sentences (`styles.toml`), and why.

A condition holds to a degree: its trapezoid over one trait, or over the likeness to a style. A rule holds as well as
the least of its conditions, a style as well as the best of its rules. A style is stated from a membership of 0.5 on,
and only where no other holds as well.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple, get_args

from apercu.errors import EvidenceError
from apercu.inspection.likeness import LIKENESSES
from apercu.inspection.traits import TRAITS
from apercu.records import Style, StyleCondition, StyleNamed

STATED_FROM = 0.5
RIGHT_OF_100 = 89
"""Of the styles that are stated for families that nothing was learned from (docs/styles.md)."""
MOST_RULES, MOST_CONDITIONS = 15, 4
READ = (*TRAITS, *LIKENESSES)
"""What a condition may look at."""

NAMES: dict[Style, str] = {
    "pixel_art": "pixel art",
    "ink": "an ink drawing",
    "cel": "a cel or anime drawing",
    "painting": "a painting",
    "ui": "a user interface",
    "text": "a page of text",
    "photo": "a photograph",
}


class Term(NamedTuple):
    """A condition: how well the value of a trait lies in a trapezoid.

    It holds not at all outside of `begin` to `end`, and fully from `full_from` to `full_to`.
    """

    says: str
    trait: str
    begin: float
    full_from: float
    full_to: float
    end: float

    def membership(self, value: float) -> float:
        """0 to 1."""
        if self.full_from <= value <= self.full_to:
            return 1.0
        if value <= self.begin or value >= self.end:
            return 0.0
        if value < self.full_from:
            return (value - self.begin) / (self.full_from - self.begin)
        return (self.end - value) / (self.end - self.full_to)


class Rule(NamedTuple):
    """IF all terms hold THEN the picture is of the style."""

    style: Style
    terms: tuple[Term, ...]


def name_style(values: Mapping[str, float], rules: Sequence[Rule] | None = None) -> StyleNamed:
    """Name the style of a picture, with the rule that says so; by the shipped rules, or by others.

    A picture of one colour has none.

    Args:
        values: traits and likenesses by their names, as in `READ`.
    """
    tried = [(_conditions(rule, values), rule.style) for rule in rules or style_rules()]
    best: dict[Style, tuple[float, tuple[StyleCondition, ...]]] = {}
    for conditions, style in tried:
        holds = min(condition.membership for condition in conditions)
        if style not in best or holds > best[style][0]:
            best[style] = (holds, conditions)
    ranked = sorted(best, key=lambda style: -best[style][0])
    first, (membership, conditions) = ranked[0], best[ranked[0]]
    alike = [style for style in ranked if best[style][0] == membership]
    why_not = ""
    if values["area_colours"] <= 1:
        why_not = "it is of one colour"
    elif membership < STATED_FROM:
        why_not = f"no rule holds by {STATED_FROM} or more"
    elif len(alike) > 1:
        why_not = "it may as well be " + " or ".join(NAMES[style] for style in alike)
    return StyleNamed(
        style=None if why_not else first,
        membership=membership,
        conditions=conditions,
        memberships={style: best[style][0] for style in ranked},
        why_not=why_not,
    )


def _conditions(rule: Rule, values: Mapping[str, float]) -> tuple[StyleCondition, ...]:
    return tuple(
        StyleCondition(
            says=term.says,
            trait=term.trait,
            value=float(values[term.trait]),
            membership=round(term.membership(float(values[term.trait])), 4),
        )
        for term in rule.terms
    )


def style_words(named: StyleNamed) -> str:
    """What it looks like, with the evidence: each condition of the rule and how well it holds."""
    why = ", ".join(f"{condition.says} ({condition.membership:.2f})" for condition in named.conditions)
    nearest = max(named.memberships, key=lambda style: named.memberships[style])
    if named.style is None:
        return f"The style of the picture is not clear: {named.why_not}. Nearest is {NAMES[nearest]}: {why}."
    return (
        f"The picture looks like {NAMES[named.style]}: {why}. "
        f"Of such sentences {RIGHT_OF_100} in 100 were right about pictures of kinds that nothing was learned from."
    )


def recheck_style(named: StyleNamed, values: Mapping[str, float]) -> tuple[str, ...]:
    """What of a stated style does not hold when it is computed again from `values`; nothing, if all of it does."""
    if named.style is None:
        return ()
    terms = {term.says: term for rule in style_rules() if rule.style == named.style for term in rule.terms}
    problems = []
    again = []
    for condition in named.conditions:
        term = terms.get(condition.says)
        if term is None:
            problems.append(f"no rule for {named.style} says {condition.says!r}")
            continue
        again.append(round(term.membership(float(values[term.trait])), 4))
        if abs(again[-1] - condition.membership) > 0.0001:
            problems.append(f"{condition.says!r} holds by {again[-1]:.4f}, not by {condition.membership:.4f}")
    if not again or min(again) < STATED_FROM:
        problems.append(f"{named.style} holds by {min(again, default=0.0):.4f}, which is less than {STATED_FROM}")
    return tuple(problems)


@cache
def style_rules() -> tuple[Rule, ...]:
    """The rules of `styles.toml`.

    Raises:
        EvidenceError: the file breaks its own bounds, or names a trait, a term or a style that there is not.
    """
    return read_rules((files("apercu.inspection") / "styles.toml").read_text("utf-8"))


def read_rules(text: str) -> tuple[Rule, ...]:
    """Rules from TOML: `[terms."the palette is small"]` with `trait` and `trapezoid`, `[[rules]]` with `if` and `then`.

    Raises:
        EvidenceError: see `style_rules`.
    """
    try:
        held = tomllib.loads(text)
        terms = {
            says: Term(says, term["trait"], *map(float, term["trapezoid"])) for says, term in held["terms"].items()
        }
        rules = tuple(Rule(rule["then"], tuple(terms[says] for says in rule["if"])) for rule in held["rules"])
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise EvidenceError(f"the rules about style cannot be read: {error}") from error
    for term in terms.values():
        if term.trait not in READ or not term.begin <= term.full_from <= term.full_to <= term.end:
            raise EvidenceError(f"the term {term.says!r} has no trapezoid over a trait: {term[1:]}")
    if len(rules) > MOST_RULES or any(not 1 <= len(rule.terms) <= MOST_CONDITIONS for rule in rules):
        raise EvidenceError(
            f"{len(rules)} rules about style: at most {MOST_RULES} of 1 to {MOST_CONDITIONS} conditions"
        )
    if missing := set(get_args(Style)) ^ {rule.style for rule in rules}:
        raise EvidenceError(f"the rules about style name other styles than there are: {', '.join(sorted(missing))}")
    return rules
