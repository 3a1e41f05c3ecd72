"""What is said about a style holds when it is computed again, and the rules keep to their bounds."""

import re
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from made_pictures import page, photograph, shapes, sprite
from safetensors.numpy import load_file

from apercu.errors import EvidenceError, ShapeError
from apercu.inspection import likeness
from apercu.inspection.likeness import LIKENESSES, likenesses, shipped_map
from apercu.inspection.styles import (
    MOST_CONDITIONS,
    MOST_RULES,
    READ,
    RIGHT_OF_100,
    STATED_FROM,
    name_style,
    read_rules,
    recheck_style,
    style_rules,
    style_words,
)
from apercu.inspection.traits import TRAITS, Traits, picture_traits
from apercu.models.recognition import picture_features
from apercu.records import Style, StyleNamed

TABLE = Path(__file__).parents[2] / "benchmarks" / "styles" / "traits.tsv"
TWO_STYLES = """
[terms."flat areas are large"]
trait = "flat_share"
trapezoid = [0.2, 0.6, inf, inf]

[terms."flat areas are small"]
trait = "flat_share"
trapezoid = [-inf, -inf, 0.2, 0.6]
"""


def rules_text(*more):
    """The two terms above, and a rule for every style; the first style gets those that are given."""
    first, *rest = get_args(Style)
    own = more or ('"flat areas are large"',)
    lines = [f'[[rules]]\nif = [{conditions}]\nthen = "{first}"\n' for conditions in own]
    lines += [f'[[rules]]\nif = ["flat areas are small"]\nthen = "{style}"\n' for style in rest]
    return TWO_STYLES + "\n".join(lines)


@cache
def measured():
    """Traits and likenesses of the labelled pictures."""
    head, *rows = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines()]
    features = load_file(TABLE.with_name("features.safetensors"))["features"].astype(np.float32)
    assert tuple(head[3:]) == TRAITS
    traits = [Traits(**dict(zip(TRAITS, map(float, row[3:]), strict=True))) for row in rows]
    return [one.model_dump() | likenesses(seen, one) for one, seen in zip(traits, features, strict=True)]


def with_flat(share):
    return measured()[0] | {"flat_share": share}


def values_of(samples):
    traits = picture_traits(samples)
    return traits.model_dump() | likenesses(picture_features(samples), traits)


def test_every_stated_style_holds_by_half_or_more_when_computed_again():
    named = [(name_style(traits), traits) for traits in measured()]
    stated = [(name, traits) for name, traits in named if name.style is not None]
    assert len(stated) > len(named) / 2
    for name, traits in stated:
        assert recheck_style(name, traits) == ()
        assert min(condition.membership for condition in name.conditions) == name.membership >= STATED_FROM


def test_what_was_altered_does_not_pass_the_check():
    traits = next(traits for traits in measured() if name_style(traits).style)
    named = name_style(traits)
    other = next(style for style in get_args(Style) if style != named.style)
    assert recheck_style(named.model_copy(update={"style": other}), traits)
    first = named.conditions[0]
    raised = first.model_copy(update={"membership": first.membership - 0.3})
    assert recheck_style(named.model_copy(update={"conditions": (raised, *named.conditions[1:])}), traits)


def test_the_sentence_holds_every_condition_with_its_membership():
    named = next(named for named in map(name_style, measured()) if named.style)
    words = style_words(named)
    assert f"{RIGHT_OF_100}.0 % are right" in (Path(__file__).parents[2] / "docs" / "styles.md").read_text("utf-8")
    assert words.startswith("The picture looks like ")
    for condition in named.conditions:
        assert f"{condition.says} ({condition.membership:.2f})" in words


def test_a_condition_holds_by_the_height_of_its_trapezoid():
    rules = read_rules(rules_text())
    for share, expected in ((0.1, 0.0), (0.3, 0.25), (0.4, 0.5), (0.5, 0.75), (0.7, 1.0)):
        assert name_style(with_flat(share), rules).memberships["pixel_art"] == pytest.approx(expected)


def test_a_rule_holds_as_its_least_condition_and_a_style_as_its_best_rule():
    both = '"flat areas are large", "flat areas are small"'
    assert name_style(with_flat(0.5), read_rules(rules_text(both))).memberships["pixel_art"] == pytest.approx(0.25)
    best = read_rules(rules_text(both, '"flat areas are large"'))
    assert name_style(with_flat(0.5), best).memberships["pixel_art"] == pytest.approx(0.75)


def test_where_two_styles_hold_alike_or_none_by_half_nothing_is_stated():
    rules = read_rules(rules_text())
    alike = name_style(with_flat(0.1), rules)
    assert alike.style is None
    assert "may as well be" in style_words(alike)
    both = '"flat areas are large", "flat areas are small"'
    low = name_style(with_flat(0.55), read_rules(rules_text(both)))
    assert low.style is None
    assert re.search(r"no rule holds by 0\.5 or more\. Nearest is [a-z ]+: flat areas", style_words(low))


def test_pictures_of_clear_kinds_are_named_or_left_open():
    for samples in (photograph(), page(12), sprite(), np.rint(shapes()).astype(np.uint8)):
        named = name_style(values_of(samples))
        assert isinstance(named, StyleNamed)
        assert set(named.memberships) == set(get_args(Style))
        assert recheck_style(named, values_of(samples)) == ()


def test_the_shipped_rules_keep_to_their_bounds_and_name_all_styles():
    rules = style_rules()
    assert len(rules) <= MOST_RULES == 15
    assert max(len(rule.terms) for rule in rules) <= MOST_CONDITIONS == 4
    assert {rule.style for rule in rules} == set(get_args(Style))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("terms = 3", "cannot be read"),
        (rules_text('"flat areas are blue"'), "flat areas are blue"),
        (rules_text(*['"flat areas are large"'] * 10), "at most 15"),
        (rules_text(", ".join(['"flat areas are large"'] * 5)), "1 to 4 conditions"),
        (rules_text().replace("0.2, 0.6, inf", "0.7, 0.6, inf"), "no trapezoid"),
        (rules_text().replace('"flat_share"', '"charm"'), "no trapezoid"),
        (rules_text().replace('then = "photo"', 'then = "collage"'), "collage"),
    ],
)
def test_rules_that_break_their_bounds_are_refused(text, told):
    with pytest.raises(EvidenceError, match=told):
        read_rules(text)


def test_a_picture_of_one_colour_has_no_style():
    named = name_style(values_of(np.full((90, 120, 3), 255, np.uint8)))
    assert named.style is None
    assert "it is of one colour" in style_words(named)


def test_a_damaged_map_is_told_in_one_line(monkeypatch, tmp_path):
    (tmp_path / "likeness.safetensors").write_bytes(b"\xff" * 40)
    monkeypatch.setattr(likeness, "files", lambda _: tmp_path)
    shipped_map.cache_clear()
    with pytest.raises(EvidenceError, match="the map of styles cannot be read"):
        shipped_map()
    shipped_map.cache_clear()


def test_likenesses_are_shares_of_one_in_the_order_of_the_styles():
    assert tuple(LIKENESSES.values()) == get_args(Style)
    assert (*TRAITS, *LIKENESSES) == READ
    for values in measured()[::50]:
        shares = [values[name] for name in LIKENESSES]
        assert min(shares) >= 0
        assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_likenesses_of_other_numbers_than_the_map_reads_are_refused():
    traits = picture_traits(sprite())
    with pytest.raises(ShapeError, match=r"reads 224 numbers; got \(36,\)"):
        likenesses(np.zeros(4, np.float32), traits)
    largest = likenesses(np.full(192, 1e30, np.float32), traits)
    assert sum(largest.values()) == pytest.approx(1, abs=1e-5)
