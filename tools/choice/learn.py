"""Teach the choice by picture: `python tools/choice/learn.py` writes `src/apercu/choice/choice.safetensors`.

It learns from the cases of the split "train" of the tables beside it, and needs torch. The same tables and versions
give the same file. How far predictions may be off is found by teaching on three quarters of the pictures and predicting
the last quarter, four times.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from near import far_of, named, near_of
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor, nn

from apercu.catalogue import catalogue, families
from apercu.choice.inputs import QUESTION, card_facts, question_values
from apercu.choice.learned import CROSSES, FILE, KINDS, About, Learned, MeasuredModel, User, predict
from apercu.registry import model_cards
from apercu.settings import load_settings
from measure import LOOKS, ROWS, read_lines

ROOT = Path(__file__).parents[2]
MEMBERS, SEEDS, FOLDS = 5, 3, 4
"""Networks in the file, seeds of a comparison, parts of a cross-validation."""
WIDTHS = {"question": 16, "damage": 16, "style": 24, "card": 24}
DEEP = 48
EPOCHS, BATCH = 45, 32
JITTER, DROPOUT = 0.1, 0.1
"""Noise on what is seen of a picture, in standard deviations, and the share of values left out: while teaching only."""
REGRET_WEIGHT = 3.0
"""What choosing badly counts beside predicting badly."""
FEWEST = 20
"""Cases that a model must have been measured on."""
EDGES_CAP = 1.05
"""Steeper than the truth is no better."""
COVERED = 0.9
_WITHIN_DB = (-12.0, 16.0)
_SOFTNESS = 0.3
_NAMED_CONTENT, _NAMED_DAMAGE = 0.5, 0.4
_SAYS = {
    "photo": ("photo",), "drawn": ("illustration",), "cartoon": ("anime", "illustration"), "ui": ("ui", "text"),
    "vector": ("ui", "illustration"),
}  # fmt: skip
_HEARS = {"jpeg": "jpeg", "webp": "jpeg", "noise": "noise", "blur": "blur"}

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Cases by rows, models by columns: gain over bicubic in dB and in edges, NaN where nothing was measured."""

    cases: tuple[dict[str, Any], ...]
    models: dict[str, MeasuredModel]
    gain: Array
    edges: Array

    def part(self, which: Sequence[int] | NDArray[np.intp]) -> Table:
        """Some of the cases."""
        return replace(self, cases=tuple(self.cases[i] for i in which), gain=self.gain[which], edges=self.edges[which])

    def split(self, name: str) -> Table:
        """The cases of one split."""
        part = self.part([i for i, case in enumerate(self.cases) if case["split"] == name])
        counts = (~np.isnan(part.gain)).sum(axis=0)
        models = {
            id: model.model_copy(update={"cases": int(count)})
            for (id, model), count in zip(self.models.items(), counts, strict=True)
        }
        return replace(part, models=models)

    @property
    def pictures(self) -> list[str]:
        """The picture of each case."""
        return [case["picture"] for case in self.cases]

    def liking(self, users: Sequence[User]) -> Array:
        """How much the user of each case likes each result.

        A point is 1 dB of PSNR, a tenth of the true edges' steepness, or half of a halving of the time.
        """
        costs = np.log2([model.cost for model in self.models.values()])
        fidelity, crispness, speed = np.array(users, np.float32).T[:, :, None]
        return np.asarray(fidelity * self.gain + crispness * 10 * self.edges - speed * costs / 2, np.float32)


def main() -> None:
    """Learn, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "apercu" / "choice" / FILE)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table = read_table().split("train")
    known = with_spreads(table)
    learned = teach(known, range(MEMBERS))
    arrays = {f"{i}.{name}": a.astype(np.float16) for i, n in enumerate(learned.networks) for name, a in n.items()}
    arrays |= named(learned.near)
    arguments.out.write_bytes(save(arrays, {"about": learned.about.model_dump_json()}))
    print(f"{arguments.out}: {len(table.cases):,} cases, {arguments.out.stat().st_size:,} bytes")


def read_table() -> Table:
    """The tables beside this file."""
    cases = {row["case"]: row for row in read_lines(LOOKS)}
    rows = [row for row in read_lines(ROWS) if row["case"] in cases]
    return table_of(list(cases.values()), rows)


def table_of(cases: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Table:
    """Put what was measured beside what was seen."""
    cards = model_cards()
    by_id = {alias: entry for entry in catalogue(load_settings()).values() for alias in (entry.id, *entry.aliases)}
    ids = [id for id in cards if sum(row["model"] == id for row in rows) >= FEWEST]
    places = {case["case"]: i for i, case in enumerate(cases)}
    psnr, edges, seconds = (np.full((len(cases), len(ids)), np.nan, np.float32) for _ in range(3))
    for row in rows:
        if row["model"] in ids:
            at = places[row["case"]], ids.index(row["model"])
            psnr[at], edges[at], seconds[at] = row["psnr"], min(row["edges"], EDGES_CAP), row["seconds"]
    base = ids.index("bicubic")
    whole = ~np.isnan(psnr[:, [base, ids.index("liif-edsr")]]).any(axis=1)
    cost = np.nanmedian(seconds / seconds[:, [ids.index("liif-edsr")]], axis=0)
    named = sorted({cards[id].family for id in ids})
    draws = {family.family: family.draws for family in families()}
    weights = {row["model"]: row["weights"] for row in rows}
    models = {
        id: MeasuredModel(
            weights=weights[id],
            facts=(
                *card_facts(cards[id], by_id[id], draws.get(cards[id].family, "mean"), named),
                *(float(id == other) for other in ids),
            ),
            cases=int((~np.isnan(psnr[:, i])).sum()),
            cost=round(float(cost[i]), 4),
            spread_db=0.0,
            spread_edges=0.0,
        )
        for i, id in enumerate(ids)
    }
    kept = np.flatnonzero(whole)
    table = Table(tuple(cases), models, psnr - psnr[:, [base]], edges - edges[:, [base]])
    return table.part(kept)


# --- teaching ---------------------------------------------------------------------------------------------------------


class Network(nn.Module):
    """The network of `apercu.choice.learned`, for teaching; its parameters have the names that are used there."""

    def __init__(self, inputs: dict[str, Array]) -> None:
        super().__init__()
        for kind in KINDS:
            values = torch.from_numpy(inputs[kind])
            self.register_buffer(f"{kind}_mean", values.mean(0))
            self.register_buffer(f"{kind}_scale", values.std(0).clamp(min=0.05))
        width = sum(WIDTHS.values()) + len(User._fields)
        parts = {kind: nn.Linear(inputs[kind].shape[1], WIDTHS[kind]) for kind in KINDS}
        parts |= {"gate0": nn.Linear(len(User._fields), 8), "gate1": nn.Linear(8, len(KINDS))}
        parts |= {f"cross{i}": nn.Linear(width, width) for i in range(CROSSES)}
        parts |= {"deep0": nn.Linear(width, DEEP), "deep1": nn.Linear(DEEP, DEEP)}
        self.parts = nn.ModuleDict(parts | {"out": nn.Linear(width + DEEP, 3)})
        for i in range(CROSSES):
            nn.init.normal_(self.parts[f"cross{i}"].weight, std=0.02)

    def forward(self, inputs: dict[str, Tensor], user: Tensor) -> Tensor:
        """(cases, models, 3) for inputs (cases, n), cards (models, n) and users (cases, 3)."""
        cases, models = user.shape[0], inputs["card"].shape[0]
        gates = 2 * torch.sigmoid(self.parts["gate1"](torch.relu(self.parts["gate0"](user))))
        made = []
        for i, kind in enumerate(KINDS):
            scaled = (inputs[kind] - getattr(self, f"{kind}_mean")) / getattr(self, f"{kind}_scale")
            if self.training and kind in ("damage", "style"):
                scaled = scaled + JITTER * torch.randn_like(scaled)
            part = nn.functional.dropout(torch.relu(self.parts[kind](scaled.clamp(-4, 4))), DROPOUT, self.training)
            wide = part[None] if kind == "card" else part[:, None]
            made.append((wide * gates[:, i, None, None]).expand(cases, models, -1))
        x0 = torch.cat([*made, user[:, None].expand(cases, models, -1)], 2)
        crossed = x0
        for i in range(CROSSES):
            crossed = x0 * self.parts[f"cross{i}"](crossed) + crossed
        deep = torch.relu(self.parts["deep1"](torch.relu(self.parts["deep0"](x0))))
        made_of_both: Tensor = self.parts["out"](torch.cat([crossed, deep], 2))
        return made_of_both

    def arrays(self) -> dict[str, Array]:
        """Its parameters as `apercu.choice.learned` takes them."""
        named = {name.removeprefix("parts."): value for name, value in self.state_dict().items()}
        for kind in KINDS:
            for figure in ("mean", "scale"):
                named[f"{kind}.{figure}"] = named.pop(f"{kind}_{figure}")
        return {name: value.numpy().astype(np.float16).astype(np.float32) for name, value in named.items()}


def teach(table: Table, seeds: Sequence[int] | range, *, without: Collection[str] = ()) -> Learned:
    """Networks that were taught with a table, one for each seed.

    Args:
        table: the cases to learn from.
        seeds: of the starting weights, the simulated questions and users.
        without: kinds of input ("style", "damage", "question", "card") or "user" that are blanked out.
    """
    networks = tuple(_teach_one(table, seed, without).arrays() for seed in seeds)
    return Learned(_about(table, len(seeds)), networks, near_of(table.cases))


def _about(table: Table, networks: int) -> About:
    first = table.cases[0]
    return About(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        networks=networks,
        cases=len(table.cases),
        pictures=len(set(table.pictures)),
        inputs={"question": QUESTION, "damage": tuple(first["damage_seen"]), "style": tuple(first["style_seen"])},
        models=table.models,
        far=far_of(table.cases),
    )


def _teach_one(table: Table, seed: int, without: Collection[str]) -> Network:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    inputs = inputs_of(table, rng) | {"card": cards_of(table)}
    network = Network({kind: np.zeros_like(v) if kind in without else v for kind, v in inputs.items()})
    gain, edges = (torch.from_numpy(np.clip(a, *_WITHIN_DB)) for a in (table.gain, table.edges))
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=0.05)
    steps = EPOCHS * -(-len(table.cases) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps, pct_start=0.1)
    for _ in range(EPOCHS):
        inputs |= inputs_of(table, rng)
        blanked = {k: torch.from_numpy(np.zeros_like(v) if k in without else v) for k, v in inputs.items()}
        users = [some_user(rng) for _ in table.cases]
        told = torch.tensor([User(1 / 3, 1 / 3, 1 / 3) if "user" in without else user for user in users])
        liking = torch.from_numpy(table.liking(users))
        for rows in np.array_split(rng.permutation(len(table.cases)), -(-len(table.cases) // BATCH)):
            batch = {kind: value if kind == "card" else value[rows] for kind, value in blanked.items()}
            made = network(batch, told[rows])
            loss = _loss(made, gain[rows], edges[rows], liking[rows])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    return network.eval()


def _loss(made: Tensor, gain: Tensor, edges: Tensor, liking: Tensor) -> Tensor:
    """How far off the three figures are, and what choosing by them would cost, on what was measured."""
    known = ~torch.isnan(gain)
    scaled = ((made[..., 0], gain, 1.0), (made[..., 1] * 10, edges * 10, 1.0), (made[..., 2], liking, 1.0))
    off = sum(nn.functional.huber_loss(a[known] / s, b[known] / s) for a, b, s in scaled)
    cost = sum(_regret(made[..., i], truth, known) for i, truth in ((0, gain), (2, liking)))
    return torch.as_tensor(off) + REGRET_WEIGHT * torch.as_tensor(cost)


def _regret(made: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """What is lost on average where the choice falls by chance, the likelier the higher the prediction."""
    shares = torch.softmax(made.masked_fill(~known, -1e9) / _SOFTNESS, 1)
    best = truth.masked_fill(~known, -1e9).max(1, keepdim=True).values
    return (shares * (best - truth).masked_fill(~known, 0.0).clamp(max=6.0)).sum(1).mean()


# --- what the networks are given --------------------------------------------------------------------------------------


def some_user(rng: np.random.Generator) -> User:
    """A simulated user: every other one wants fidelity and nothing else, the others are spread evenly."""
    return User() if rng.random() < 0.5 else User(*map(float, rng.dirichlet((1.0, 1.0, 1.0))))


def inputs_of(table: Table, rng: np.random.Generator) -> dict[str, Array]:
    """Question, damage and style of each case; what a question names is drawn."""
    questions = np.stack([_some_question(case, rng) for case in table.cases])
    return {
        "question": questions,
        "damage": np.array([list(case["damage_seen"].values()) for case in table.cases], np.float32),
        "style": np.array([list(case["style_seen"].values()) for case in table.cases], np.float32),
    }


def cards_of(table: Table) -> Array:
    """What the cards say, a row for each model."""
    return np.array([model.facts for model in table.models.values()], np.float32)


def _some_question(case: dict[str, Any], rng: np.random.Generator) -> Array:
    """Half of the questions name the kind of picture, two in five the damage; nobody names a shrinking by area."""
    said = _SAYS[case["style"]]
    content = [str(rng.choice(said))] if rng.random() < _NAMED_CONTENT else []
    heard = [damage for part, damage in _HEARS.items() if part in case["damage"]]
    damage = heard if rng.random() < _NAMED_DAMAGE else []
    return question_values(content, damage, float(case["scale"]))


# --- how far predictions may be off -----------------------------------------------------------------------------------


def predicted(learned: Learned, table: Table, user: User, *, seed: int = 0, without: Collection[str] = ()) -> Array:
    """(cases, models, 3) predictions for every case of a table."""
    inputs = inputs_of(table, np.random.default_rng(1000 + seed))
    told = User(1 / 3, 1 / 3, 1 / 3) if "user" in without else user
    rows = []
    for i in range(len(table.cases)):
        values = {kind: np.zeros_like(v[i]) if kind in without else v[i] for kind, v in inputs.items()}
        rows.append(predict(learned, values, told))
    return np.stack(rows)


def folds(table: Table) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(others, fold): pictures, not cases, are dealt out."""
    names = sorted(set(table.pictures))
    dealt = dict(zip(names, np.random.default_rng(0).permutation(len(names)) % FOLDS, strict=True))
    of_case = np.array([dealt[picture] for picture in table.pictures])
    return [(np.flatnonzero(of_case != fold), np.flatnonzero(of_case == fold)) for fold in range(FOLDS)]


def cross_predicted(table: Table, *, without: Collection[str] = ()) -> Array:
    """Predictions for each case by a network that learned from other pictures."""
    made = np.full((*table.gain.shape, 3), np.nan, np.float32)
    for others, fold in folds(table):
        learned = teach(table.part(others), (0,), without=without)
        made[fold] = predicted(learned, table.part(fold), User(), without=without)
    return made


def with_spreads(table: Table) -> Table:
    """The same table, its models with the distance that 9 in 10 predictions of unseen pictures kept."""
    made = cross_predicted(table)
    off = np.abs(made[..., :2] - np.stack([table.gain, table.edges], 2))
    spreads = np.nanquantile(off, COVERED, axis=0)
    models = {
        id: model.model_copy(
            update={"spread_db": round(float(spreads[i, 0]), 2), "spread_edges": round(float(spreads[i, 1]), 3)}
        )
        for i, (id, model) in enumerate(table.models.items())
    }
    return replace(table, models=models)


if __name__ == "__main__":
    main()
