"""How well a model is chosen by a look at the picture: what the choice loses against the best one, on unseen pictures.

Protocol: the tables of `tools/choice` (its `cases.py` and `measure.py` say how they were made). Learned from the split
"train", judged on "val". Regret: PSNR over RGB of the best of the models that were measured on a case minus that of the
chosen one, in dB; for users with other wishes their own points (`Table.liking`). Intervals: 95 %, pictures drawn with
replacement 2,000 times. Popularity is the model that is most often the best in training. Ablations are taught anew
without a kind of input, with the same three seeds. `--data` adds the self-test, which needs the pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "choice"))
from cases import all_cases
from learn import SEEDS, Table, inputs_of, predicted, read_table, teach

from apercu.choice.learned import Learned, User, kind_weights, load_learned, predict
from apercu.image import Image
from apercu.run.selftest import self_test
from apercu.settings import load_settings
from apercu.train.evaluate import Gain, bootstrap_gain
from apercu.train.pictures import load_pictures
from measure import SLOW

BASE = "liif-edsr"
USERS = 200
"""Simulated users for the regret in their own points."""
ABLATIONS = {
    "no style": ("style",),
    "no damage": ("damage",),
    "no picture": ("style", "damage"),
    "no question": ("question",),
    "no user": ("user",),
}
NAMES = {"dcn": "DCN-V2", "boosting": "gradient boosting", "trees": "randomised trees", "ridge": "ridge regression"}


def main() -> None:
    """Print every table of docs/choosing.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the prepared pictures, for the self-test")
    parser.add_argument("--selftest", type=int, default=60, help="on how many cases the self-test is tried")
    parser.add_argument("--only", choices=("choices", "ablations", "learners", "selftest"), help="one part of it")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table = read_table()
    train, val = table.split("train"), table.split("val")
    print(f"{len(train.cases)} cases of {len(set(train.pictures))} pictures learned from, ", end="")
    print(f"{len(val.cases)} of {len(set(val.pictures))} held out; {len(table.models)} models\n")
    learned, only = load_learned(), arguments.only
    if only in (None, "choices"):
        of_choices(train, val, learned)
        of_groups(train, val, learned)
        of_intervals(val, learned)
        of_users(learned)
        of_time(val, learned)
    if only in (None, "ablations"):
        of_ablations(train, val)
    if only in (None, "learners"):
        of_learners(train, val)
    if arguments.data and only in (None, "selftest"):
        of_selftest(val, arguments.data, arguments.selftest)


# --- regret -----------------------------------------------------------------------------------------------------------


def regrets(truth: np.ndarray, made: np.ndarray) -> np.ndarray:
    """What choosing by `made` loses in each case, among what was measured."""
    known = ~np.isnan(truth)
    chosen = np.where(known, made, -np.inf).argmax(axis=1)
    return np.nanmax(truth, axis=1) - truth[np.arange(len(truth)), chosen]


def always(table: Table, model: str) -> np.ndarray:
    """Predictions by which one model is always chosen."""
    return np.broadcast_to(np.array([float(id == model) for id in table.models]), table.gain.shape)


def popular(table: Table, truth: np.ndarray) -> str:
    """The model that is most often the best, of those that were measured on every case."""
    everywhere = np.array([id not in SLOW for id in table.models])
    best = np.where(everywhere, np.nan_to_num(truth, nan=-np.inf), -np.inf).argmax(axis=1)
    return list(table.models)[np.bincount(best, minlength=len(table.models)).argmax()]


def told(found: Gain) -> str:
    """A mean with its interval."""
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def of_choices(train: Table, val: Table, learned: Learned) -> None:
    """Regret of every way to choose."""
    best = popular(train, train.gain)
    made = predicted(learned, val, User())[..., 0]
    ways = {
        "chosen by the picture": made,
        f"always {BASE}": always(val, BASE),
        f"popularity ({best})": always(val, best),
        "always liif-edsr-art": always(val, "liif-edsr-art"),
        "always bicubic": always(val, "bicubic"),
    }
    print("| way to choose | regret, dB | right within 0.02 dB | worst tenth from | more than by the picture, dB |")
    print("|---|---|---|---|---|")
    ours = regrets(val.gain, made)
    for name, values in ways.items():
        lost = regrets(val.gain, values)
        more = bootstrap_gain(list(lost - ours), val.pictures)
        print(
            f"| {name} | {told(bootstrap_gain(list(lost), val.pictures))} | {np.mean(lost <= 0.02):.0%} "
            f"| {np.quantile(lost, 0.9):.2f} dB | {told(more)} |"
        )
    print()


def of_groups(train: Table, val: Table, learned: Learned) -> None:
    """The same by style, by damage and by factor."""
    best = popular(train, train.gain)
    made = predicted(learned, val, User())[..., 0]
    lost = {
        "chosen": regrets(val.gain, made), BASE: regrets(val.gain, always(val, BASE)),
        best: regrets(val.gain, always(val, best)),
    }  # fmt: skip
    print(f"| cases | number | {' | '.join(lost)} |\n|---|---|{'---|' * len(lost)}")
    for key in ("style", "scale", "damage"):
        for group in dict.fromkeys(case[key] for case in val.cases):
            rows = [i for i, case in enumerate(val.cases) if case[key] == group]
            figures = " | ".join(f"{np.mean(values[rows]):.3f}" for values in lost.values())
            print(f"| {'x' * (key == 'scale')}{group} | {len(rows)} | {figures} |")
    print()


def of_intervals(val: Table, learned: Learned) -> None:
    """How far predictions are off, and how many true gains lie in the stated interval."""
    made = predicted(learned, val, User())[..., 0]
    off = np.abs(made - val.gain)
    print("| model | mean gain, dB | mean error, dB | stated width | within it |\n|---|---|---|---|---|")
    for i, (id, model) in enumerate(learned.about.models.items()):
        if id == "bicubic":
            continue
        known = ~np.isnan(off[:, i])
        inside = np.mean(off[known, i] <= model.spread_db)
        print(
            f"| `{id}` | {np.nanmean(val.gain[:, i]):+.2f} | {off[known, i].mean():.2f} | ±{model.spread_db:.2f} "
            f"| {inside:.0%} of {known.sum()} |"
        )
    print()


def of_users(learned: Learned) -> None:
    """How the kinds of knowledge count for different users."""
    print("| user | question | damage | style | card |\n|---|---|---|---|---|")
    for name, user in {
        "fidelity": User(), "crispness": User(0.4, 0.6, 0.0), "speed": User(0.5, 0.0, 0.5),
    }.items():  # fmt: skip
        print(f"| {name} | {' | '.join(f'{weight:.2f}' for weight in kind_weights(learned, user).values())} |")
    print()


# --- ablations --------------------------------------------------------------------------------------------------------


def some_users() -> list[User]:
    """Users with all sorts of wishes, the same ones each time."""
    rng = np.random.default_rng(7)
    return [User(*map(float, rng.dirichlet((1.0, 1.0, 1.0)))) for _ in range(USERS)]


def user_regrets(val: Table, learned: Learned, without: Sequence[str] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Regret of each case in the points of a user, case i with user i: by the head for it, and by adding up the other
    two heads with the user's weights and the known cost.
    """
    inputs = inputs_of(val, np.random.default_rng(1000))
    costs = np.log2([model.cost for model in val.models.values()])
    users, by_head, by_sum = some_users(), [], []
    for i in range(len(val.cases)):
        user = users[i % USERS]
        values = {kind: np.zeros_like(v[i]) if kind in without else v[i] for kind, v in inputs.items()}
        shown = User(1 / 3, 1 / 3, 1 / 3) if "user" in without else user
        made = predict(learned, values, shown)
        added = shown.fidelity * made[:, 0] + shown.crispness * 10 * made[:, 1] - shown.speed * costs / 2
        truth = val.part([i]).liking([user])
        by_head.append(regrets(truth, made[None, :, 2])[0])
        by_sum.append(regrets(truth, added[None])[0])
    return np.array(by_head), np.array(by_sum)


def of_ablations(train: Table, val: Table) -> None:
    """Regret in dB and in users' points without a kind of input, for each of three seeds."""
    print("| taught | regret in dB, by seed | more than whole | users' regret in points, by seed | more than whole |")
    print("|---|---|---|---|---|")
    whole: tuple[np.ndarray, np.ndarray] | None = None
    for name, without in {"whole": (), **ABLATIONS}.items():
        decibels, points = [], []
        for seed in range(SEEDS):
            learned = teach(train, (seed,), without=without)
            made = predicted(learned, val, User(), without=without)[..., 0]
            decibels.append(regrets(val.gain, made))
            points.append(user_regrets(val, learned, without)[0])
        means = [np.mean(np.array(found), axis=0) for found in (decibels, points)]
        whole = whole or (means[0], means[1])
        cells = []
        for found, mean, base in zip((decibels, points), means, whole, strict=True):
            more = "" if name == "whole" else told(bootstrap_gain(list(mean - base), val.pictures))
            cells += [" ".join(f"{np.mean(values):.3f}" for values in found), more]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print()


def of_learners(train: Table, val: Table) -> None:
    """Other ways to learn the same from the same inputs."""
    from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    boosting = partial(HistGradientBoostingRegressor, max_iter=150, learning_rate=0.06, min_samples_leaf=10)
    sets = {}
    for name, table in (("train", train), ("val", val)):
        inputs = inputs_of(table, np.random.default_rng(1000))
        sets[name] = np.concatenate([inputs[kind] for kind in ("question", "damage", "style")], axis=1)
    print("| learner | regret, dB | mean error of the gain, dB |\n|---|---|---|")
    for name in NAMES:
        made = []
        for seed in range(SEEDS):
            if name == "dcn":
                made.append(predicted(teach(train, (seed,)), val, User())[..., 0])
                continue
            columns = []
            for i in range(len(train.models)):
                known = ~np.isnan(train.gain[:, i])
                learner = {
                    "boosting": boosting(random_state=seed),
                    "trees": ExtraTreesRegressor(100, min_samples_leaf=2, max_features=0.4, random_state=seed),
                    "ridge": Ridge(alpha=10.0),
                }[name]
                learner.fit(sets["train"][known], np.clip(train.gain[known, i], -12, 16))
                columns.append(learner.predict(sets["val"]))
            made.append(np.stack(columns, axis=1))
        mean = [np.mean(made, axis=0)]
        for label, values in ((f"{NAMES[name]}, each seed", made), (f"{NAMES[name]}, mean of {SEEDS}", mean)):
            lost = np.mean([regrets(val.gain, one) for one in values], axis=0)
            error = np.mean([np.nanmean(np.abs(one - val.gain)) for one in values])
            print(f"| {label} | {told(bootstrap_gain(list(lost), val.pictures))} | {error:.3f} |", flush=True)
    print()


# --- time and the self-test -------------------------------------------------------------------------------------------


def of_time(val: Table, learned: Learned) -> None:
    """Milliseconds of the networks alone; what looking at a picture takes is timed with the self-test."""
    inputs = inputs_of(val, np.random.default_rng(0))
    times = []
    for i in range(50):
        begun = time.perf_counter()
        predict(learned, {kind: value[i % len(val.cases)] for kind, value in inputs.items()}, User())
        times.append(time.perf_counter() - begun)
    print(f"networks, all models of one picture: median {1e3 * float(np.median(times)):.2f} ms\n")


def of_selftest(val: Table, folder: Path, most: int) -> None:
    """Both ways to choose on the same pictures, among the models that were measured on every case."""
    from apercu.choice.predict import predict_quality
    from apercu.question.read import read_question

    settings = load_settings()
    names = [id for id, gains in zip(val.models, val.gain.T, strict=True) if not np.isnan(gains).any()]
    rows = {case["case"]: i for i, case in enumerate(val.cases)}
    step = max(1, len(val.cases) // most)
    wanted = {case["case"] for case in val.cases[::step]}
    found: dict[str, list[float]] = {"by the picture": [], "self-test": [], BASE: []}
    seconds: dict[str, list[float]] = {"by the picture": [], "self-test": []}
    pictures = []
    columns = [list(val.models).index(name) for name in names]
    for case in all_cases(load_pictures(folder), split="val"):
        if case.id not in wanted or case.id not in rows:
            continue
        truth = dict(zip(names, val.gain[rows[case.id], columns], strict=True))
        begun = time.perf_counter()
        made = predict_quality(Image(case.lr), read_question(f"enlarge this {case.scale}x"), settings)
        seconds["by the picture"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        tested = self_test(Image(case.lr), names, (case.scale, case.scale), settings=settings).chosen
        seconds["self-test"].append(time.perf_counter() - begun)
        gains = {id: model.gain_db for id, model in made.models.items() if id in names}
        guess = max(gains, key=gains.__getitem__) if gains else "nearest"
        for way, chosen in (("by the picture", guess), ("self-test", tested), (BASE, BASE)):
            found[way].append(max(truth.values()) - truth[chosen])
        pictures.append(case.picture)
    print("| way to choose | regret, dB | right within 0.02 dB | median time |\n|---|---|---|---|")
    for way, lost in found.items():
        time_taken = f"{np.median(seconds[way]):.2f} s" if way in seconds else ""
        right = np.mean(np.array(lost) <= 0.02)
        print(f"| {way} | {told(bootstrap_gain(lost, pictures))} | {right:.0%} of {len(lost)} | {time_taken} |")
    print()


if __name__ == "__main__":
    main()
