"""How often the rules about style are right, beside gradient boosting on the same traits, split by families.

    python benchmarks/styles/styles.py --data FOLDER     measure the pictures (see labels.toml), then judge
    python benchmarks/styles/styles.py                   judge by the table of an earlier measurement, traits.tsv
    python benchmarks/styles/styles.py --families        only which families the map knows while they are held out
    python benchmarks/styles/styles.py --photos FOLDER   only what the shipped rules call the photographs of a folder

FOLDER is what `python -m apercu.train prepare FOLDER` made; the packages of packages.json are fetched. Protocol: of
each style whole families are held out until they hold 20 % of its pictures; three seeds. Beside it the same with single
pictures held out, whose families are known. For each the rules are learned anew by tools/styles/learn.py from what is
left, and so is gradient boosting (scikit-learn). Right means that this style was stated: "not sure" counts as wrong.
What is shipped was learned from all pictures; what it calls others is asked with `--photos`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).parent
sys.path += [str(HERE.parents[1] / "tools" / "styles"), str(HERE.parent)]

import learn  # noqa: E402

from apercu.inspection.likeness import likenesses, shipped_map  # noqa: E402
from apercu.inspection.styles import Rule, name_style, read_rules, recheck_style, style_rules  # noqa: E402
from apercu.inspection.traits import TRAITS, picture_traits  # noqa: E402
from apercu.models.recognition import picture_features  # noqa: E402
from apercu.records import Style  # noqa: E402

TABLE = HERE / "traits.tsv"
FEATURES = HERE / "features.safetensors"
STYLES = get_args(Style)
SEEDS = (0, 1, 2)
CHOICE_SEEDS = range(100, 112)


def measure(prepared: Path, table: Path) -> None:
    """Write the traits of all labelled pictures, one a line, and beside them what the network sees."""
    from labelled import labelled_pictures

    seen = []
    with table.open("w", encoding="utf-8") as out:
        out.write("\t".join(("style", "family", "id", *TRAITS)) + "\n")
        for picture in labelled_pictures(prepared):
            traits = picture_traits(picture.samples)
            values = (f"{getattr(traits, name):.6g}" for name in TRAITS)
            out.write("\t".join((picture.style, picture.family, picture.id, *values)) + "\n")
            seen.append(picture_features(picture.samples).astype(np.float16))
    save_file({"features": np.stack(seen)}, table.with_name(FEATURES.name))


def by_rules(measured: learn.Measured, rules: tuple[Rule, ...]) -> list[str]:
    """The style that rules state of each picture, "not sure" where they state none."""
    return [name_style(values, rules).style or "not sure" for values in each(measured)]


def each(measured: learn.Measured) -> list[dict[str, float]]:
    """Traits and likenesses of each picture by their names."""
    return [dict(zip(measured.traits, row.tolist(), strict=True)) for row in measured.values]


def by_boosting(train: learn.Measured, test: learn.Measured, seed: int) -> list[str]:
    """What gradient boosting says; styles weigh alike."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    boosting = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.08, min_samples_leaf=8, class_weight="balanced", random_state=seed
    )
    return [str(style) for style in boosting.fit(train.values, train.styles).predict(test.values)]


def right(truth: Iterable[str], said: Iterable[str]) -> tuple[float, float]:
    """Share that is right: of all pictures, and the mean over the styles."""
    pairs = list(zip(truth, said, strict=True))
    shares = [
        np.mean([style == told for style, told in pairs if style == one]) for one in {style for style, _ in pairs}
    ]
    return float(np.mean([style == told for style, told in pairs])), float(np.mean(shares))


def confusion(truth: Iterable[str], said: Iterable[str]) -> str:
    """A row for each style, a column for what was said."""
    columns = (*STYLES, "not sure")
    pairs = list(zip(truth, said, strict=True))
    rows = [f"{'':>10}" + "".join(f"{name:>10}" for name in columns)]
    for style in STYLES:
        counts = (sum(pair == (style, name) for pair in pairs) for name in columns)
        rows.append(f"{style:>10}" + "".join(f"{count:>10}" for count in counts))
    return "\n".join(rows)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the prepared training pictures")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--families", action="store_true", help="what the map says of each family, no rules")
    parser.add_argument("--photos", type=Path, nargs="*", help="folders of photographs that nothing was learned from")
    given = parser.parse_args()
    if given.photos:
        for folder in given.photos:
            print(f"{folder.name}: {dict(called(folder).most_common())}")
        return
    if given.data:
        measure(given.data, given.table)
    measured = learn.read_measured(given.table)
    for style in STYLES:
        own = measured.styles == style
        print(f"{style:>10}: {own.sum()} pictures of {np.unique(measured.families[own]).size} families")
    if given.families:
        told_by_family(measured)
        return
    for split in (learn.held_out, learn.held_out_pictures):
        judge(measured, split, given.seeds)
    shipped(measured)


def judge(
    measured: learn.Measured, split: Callable[[learn.Measured, int], NDArray[np.bool_]], seeds: Iterable[int]
) -> None:
    """Learn both anew for every seed and print how often they are right on what was held out."""
    print(f"\n{split.__name__}: {split.__doc__}")
    truth_all: list[str] = []
    said_all: list[str] = []
    boosted_all: list[str] = []
    for seed in seeds:
        out = split(measured, seed)
        train, test = measured.part(~out), measured.part(out)
        lesson = learn.learn(train, seed)
        rules = read_rules(learn.written(lesson.rules))
        known, test = (part.alike(learn.shares(part, lesson.map)) for part in (train, test))
        said, boosted = by_rules(test, rules), by_boosting(train.alike(learn.crossed(train, seed)), test, seed)
        learned = right(train.styles, by_rules(known, rules))
        print(
            f"seed {seed}: {len(rules)} rules, {sum(len(rule.terms) for rule in rules)} conditions;"
            f" {test.styles.size} pictures held out; rules {_shares(right(test.styles, said))}"
            f" (where learned {_shares(learned)}), boosting {_shares(right(test.styles, boosted))}",
            flush=True,
        )
        truth_all += test.styles.tolist()
        said_all += said
        boosted_all += boosted
    print(f"together: rules {_shares(right(truth_all, said_all))}, boosting {_shares(right(truth_all, boosted_all))}")
    unsure = said_all.count("not sure")
    stated = [(style, told) for style, told in zip(truth_all, said_all, strict=True) if told != "not sure"]
    precise = np.mean([style == told for style, told in stated])
    print(f"not sure: {unsure} of {len(said_all)}; of the stated styles {precise:.1%} are right")
    print(f"rules, rows are the truth:\n{confusion(truth_all, said_all)}")
    print(f"boosting:\n{confusion(truth_all, boosted_all)}")


def told_by_family(measured: learn.Measured) -> None:
    """How often the map alone names the style of each family while it is held out, and what it says instead.

    On the draws of families on which choices are made; the map is quick to learn, so pictures can be judged by it.
    """
    told: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for seed in CHOICE_SEEDS:
        out = learn.held_out(measured, seed)
        test, found = measured.part(out), learn.learn_map(measured.part(~out))
        said = np.array(STYLES)[learn.shares(test, found).argmax(axis=1)]
        for style, family, one in zip(test.styles, test.families, said, strict=True):
            told[str(style), str(family)][str(one)] += 1
    for (style, family), counts in sorted(told.items()):
        others = ", ".join(f"{name} {count}" for name, count in counts.most_common(3) if name != style)
        print(f"{style:>10}: {family:34} {counts[style] / counts.total():4.0%} of {counts.total():3}  {others}")


def called(folder: Path) -> Counter[str]:
    """What the shipped rules call the pictures of a folder."""
    found: Counter[str] = Counter()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".png", ".jpg")):
        samples = np.asarray(Image.open(path).convert("RGB"))
        traits = picture_traits(samples)
        values = traits.model_dump() | likenesses(picture_features(samples), traits)
        found[name_style(values).style or "not sure"] += 1
    return found


def shipped(measured: learn.Measured) -> None:
    """The rules as they are in the package."""
    rules, measured = style_rules(), measured.alike(learn.shares(measured, shipped_map()))
    conditions = [len(rule.terms) for rule in rules]
    print(f"\nshipped: {len(rules)} rules, {sum(conditions)} conditions, at most {max(conditions)} a rule;", end=" ")
    print(f"of what they were learned from {_shares(right(measured.styles, by_rules(measured, rules)))} right")
    wrong = sum(bool(recheck_style(name_style(values), values)) for values in each(measured))
    print(f"stated labels that do not hold when computed again: {wrong} of {measured.styles.size} pictures")


def _shares(shares: tuple[float, float]) -> str:
    return f"{shares[0]:.1%} (styles alike {shares[1]:.1%})"


if __name__ == "__main__":
    main()
