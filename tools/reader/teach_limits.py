"""Teach what must hold of a model: `python tools/reader/teach_limits.py` writes `limits.safetensors` in the encoder.

The last layers of the encoder that `teach.py` made are taught once more, for limits alone, from the questions of
`limits/` and those of the corpus that say `no_gpu`: whether a limit is said, and of every model that is named whether
it is refused. What lies below stays as it is, so that the tasks are read as before. It needs torch and eight minutes of
one core. `--held-out` keeps every fifth question for judging and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from learn import CORPUS, ROOT, _alike
from numpy.typing import NDArray
from teach import LIMITS, Layer, in_eight_bits
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from apercu.catalogue import families
from apercu.encoder.transformer import LAYERS, LIMITS_FILE, SHARED, Encoder, load_encoder, marked
from apercu.question.limits import Limits, judged_mentions, read_limits

MORE = Path(__file__).parent / "limits"
EPOCHS, BATCH, RATE, WARMUP, SMOOTH = 8, 32, 3e-4, 100, 0.01
PLAIN, WELCOME = 5_000, 800
"""Questions without any limit, and names of models in questions that refuse none, that are taken from the corpus."""
PARTS = ("qkv", "out", "norm1", "inner", "outer", "norm2")


@dataclass(frozen=True)
class Row:
    """A text and what is known of it: `said` of each limit, or else whether the model at `mark` is `refused`."""

    text: str
    ids: tuple[int, ...]
    mark: int = 0
    said: tuple[bool, ...] | None = None
    refused: bool | None = None
    by_patterns: tuple[bool, ...] = ()
    held_out: bool = False


class Last(nn.Module):
    """The last layers and what is read off them."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        width, inner = encoder.arrays["norm.bias"].size, encoder.arrays["layers.0.inner.bias"].size
        self.layers = nn.ModuleList(Layer(width, inner) for _ in range(SHARED, LAYERS))
        self.head, self.refused = nn.Linear(width, len(LIMITS)), nn.Linear(2 * width, 1)
        for number, layer in enumerate(self.layers, start=SHARED):
            for part in PARTS:
                for kind in ("weight", "bias"):
                    value = torch.from_numpy(np.array(encoder.arrays[f"layers.{number}.{part}.{kind}"], np.float32))
                    getattr(getattr(layer, part), kind).data.copy_(value.T if value.ndim > 1 else value)
        for linear in (self.head, self.refused):
            nn.init.normal_(linear.weight, std=0.02)
            nn.init.constant_(linear.bias, -1)

    def forward(self, x: torch.Tensor, real: torch.Tensor, marks: torch.Tensor) -> torch.Tensor:
        """(batch, pieces, width), 1 where there is one, and the places of the names -> (batch, limits and refused)."""
        hidden = torch.zeros_like(real).masked_fill(real == 0, -1e4)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, hidden)
        mean = (x * real[:, :, None]).sum(1) / real.sum(1, keepdim=True)
        named = x[torch.arange(len(x)), marks]
        return torch.cat((self.head(mean), self.refused(torch.cat((mean, named), 1))), 1)


def main() -> None:
    """Learn, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "apercu" / "encoder")
    parser.add_argument("--held-out", action="store_true")
    given = parser.parse_args()
    torch.manual_seed(0)
    encoder = load_encoder()
    rows = list(rows_of_corpus(encoder, held_out=given.held_out))
    below = [encoder.first(row.ids).astype(np.float16) for row in rows]
    model = Last(encoder)
    learn(model, rows, below)
    if given.held_out:
        judge(model, rows, below)
    else:
        write(model, given.out / LIMITS_FILE)


def rows_of_corpus(encoder: Encoder, *, held_out: bool) -> Iterator[Row]:
    """What is learned from: labelled limits and names, and questions in which no pattern finds a limit."""
    folder = ROOT / "benchmarks" / "recommend"
    judged = {_alike(json.loads(line)["question"]) for path in folder.glob("*.jsonl") for line in path.open("rb")}
    paths = [*sorted(CORPUS.glob("*.jsonl")), *sorted(MORE.glob("*.jsonl"))]
    questions = [json.loads(line) for path in paths for line in path.open("rb")]
    questions = [question for question in questions if _alike(question["question"]) not in judged]
    labelled = [question for question in questions if "no_gpu" in question]
    others = [question for question in questions if "no_gpu" not in question]
    random.Random(0).shuffle(others)
    for question in labelled:
        kept = held_out and int(sha256(question["question"].encode()).hexdigest(), 16) % 5 == 0
        yield from labelled_rows(encoder, question, kept=kept)
    plain = (question["question"] for question in others if read_limits(question["question"]) == Limits())
    for _, text in zip(range(PLAIN), plain, strict=False):
        yield Row(text, tuple(encoder.pieces(text)), said=(False,) * len(LIMITS))
    welcome = ((q["question"], match) for q in others for (_, match), no in judged_mentions(q["question"]) if not no)
    for _, (text, match) in zip(range(WELCOME), welcome, strict=False):
        ids, mark = marked(encoder, text, *match.span())
        yield Row(text, tuple(ids), mark, refused=False)


def labelled_rows(encoder: Encoder, question: dict[str, Any], *, kept: bool) -> Iterator[Row]:
    """One row for the limits, and one for each name of a model where the question says which are refused."""
    text, limits = question["question"], read_limits(question["question"])
    said = tuple(bool(question.get(limit) or question.get("licence") == limit) for limit in LIMITS)
    found = (limits.licence == "commercial", limits.licence == "open", limits.no_gpu, limits.runs_here)
    yield Row(text, tuple(encoder.pieces(text)), said=said, by_patterns=found, held_out=kept)
    if "not" not in question:
        return
    refused = {_alike(name) for name in question["not"]}
    for (names, match), denied in judged_mentions(text):
        draws = {family.draws for family in families() if family.family in names} if len(names) > 1 else set()
        known = {_alike(match.group()), *draws} | ({_alike(names[0])} if len(names) == 1 else set())
        ids, mark = marked(encoder, text, *match.span())
        yield Row(text, tuple(ids), mark, refused=bool(known & refused), by_patterns=(denied,), held_out=kept)


def learn(model: Last, rows: list[Row], below: list[NDArray[np.float16]]) -> None:
    """Adam with a cosine; batches of texts of about the same length."""
    learned = [number for number, row in enumerate(rows) if not row.held_out]
    steps = int(EPOCHS * len(learned) / BATCH)
    heads = [*model.head.parameters(), *model.refused.parameters()]
    groups = [{"params": model.layers.parameters(), "lr": RATE}, {"params": heads, "lr": 10 * RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min(1, (n + 1) / WARMUP) * (0.02 + 0.49 * (1 + math.cos(math.pi * n / steps)))
    )
    truth = torch.tensor([[*(row.said or [False] * len(LIMITS)), bool(row.refused)] for row in rows]).float()
    told = torch.tensor([[row.said is not None] * len(LIMITS) + [row.refused is not None] for row in rows]).float()
    model.train()
    total = 0.0
    for step, batch in enumerate(in_batches(learned, below, steps), start=1):
        wanted = truth[batch] * (1 - 2 * SMOOTH) + SMOOTH
        each = binary_cross_entropy_with_logits(forward(model, batch, rows, below), wanted, reduction="none")
        loss = (each * told[batch]).sum() / len(batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 200 == 0:
            print(f"step {step} of {steps}: loss {total / 200:.3f}", flush=True)
            total = 0.0


def in_batches(numbers: Iterable[int], below: list[NDArray[np.float16]], steps: int) -> list[list[int]]:
    """Rows in batches: drawn anew for each time through, those of one batch of about one length."""
    rng, batches, rows = random.Random(1), [], list(numbers)
    while len(batches) < steps:
        rng.shuffle(rows)
        parts = (rows[k : k + 50 * BATCH] for k in range(0, len(rows), 50 * BATCH))
        together = [sorted(part, key=lambda row: len(below[row])) for part in parts]
        through = [part[k : k + BATCH] for part in together for k in range(0, len(part), BATCH)]
        rng.shuffle(through)
        batches += through
    return batches[:steps]


def forward(model: Last, batch: list[int], rows: list[Row], below: list[NDArray[np.float16]]) -> torch.Tensor:
    """Log odds of some rows."""
    longest, width = max(len(below[number]) for number in batch), below[0].shape[1]
    x, real = torch.zeros(len(batch), longest, width), torch.zeros(len(batch), longest)
    for place, number in enumerate(batch):
        x[place, : len(below[number])] = torch.from_numpy(below[number].astype(np.float32))
        real[place, : len(below[number])] = 1
    found: torch.Tensor = model(x, real, torch.tensor([rows[number].mark for number in batch]))
    return found


@torch.no_grad()
def judge(model: Last, rows: list[Row], below: list[NDArray[np.float16]]) -> None:
    """Print what is missed and what is wrongly found among the held-out rows, by the patterns and by both together."""
    model.eval()
    numbers = [number for number, row in enumerate(rows) if row.held_out]
    odds = torch.cat([forward(model, [number], rows, below) for number in numbers]).numpy()
    for output, name in enumerate((*LIMITS, "refused")):
        of_mention = name == "refused"
        chosen = [i for i, number in enumerate(numbers) if (rows[number].refused is not None) == of_mention]
        at = 0 if of_mention else output
        truth = np.array([(rows[numbers[i]].said or (bool(rows[numbers[i]].refused),))[at] for i in chosen])
        known = np.array([rows[numbers[i]].by_patterns[at] for i in chosen])
        print(f"{name}: {len(chosen)} rows, {truth.sum()} so; patterns miss {(truth & ~known).sum()}, ", end="")
        print(f"invent {(~truth & known).sum()}; with the encoder:", end="")
        for sure in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
            both = (odds[chosen, output] > sure) | (known & (odds[chosen, output] > -sure))
            either = (odds[chosen, output] > sure) | known
            print(f" {sure:g}: {(truth & ~both).sum()}/{(~truth & both).sum()}", end="")
            print(f" ({(truth & ~either).sum()}/{(~truth & either).sum()})", end="")
        print()


def write(model: Last, path: Path) -> None:
    """The file: matrices in 8 bits with a scale for each row, the rest in half precision."""
    from safetensors.numpy import save_file

    named = {}
    for name, value in model.state_dict().items():
        number = int(name.split(".")[1]) if name.startswith("layers.") else 0
        named["limits." + name.replace(f"layers.{number}.", f"layers.{number + SHARED}.", 1)] = value
    save_file(in_eight_bits(named), path, {"outputs": json.dumps(LIMITS)})
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
