"""The training loop: small pictures and places in, colours out, compared with the true ones.

Everything that the next step depends on (weights, their moving average, the optimiser's moments, the number of the step)
is in one safetensors file, replaced as a whole; what a step sees follows from the seed and its number. So a training
that was interrupted ends with the same bits as one that was not, on the same processor and with the same threads.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from apercu.errors import InputError, RunError
from apercu.networks.liif import LIIF, make_query
from apercu.records import Record
from apercu.resample import FloatImage
from apercu.train.build import build_network
from apercu.train.evaluate import Candidate, Case, evaluate, mean_scores
from apercu.train.pictures import load_pictures
from apercu.train.sampling import Batch, Mix, batches
from apercu.train.validation import validation_cases

STATE = "state.safetensors"
LOG = "log.jsonl"
CHECKPOINT_SECONDS = 300.0


class Training(Record):
    """How a model is made.

    `network`: see `build_network`. `start`: weights to begin with, `teacher`: weights of a LIIF-EDSR whose colours count
    as `teacher_share` of the truth for undamaged photographs (1 would be pure imitation): names of cards or paths of
    files. `ema`: decay of the moving average that becomes the model. `loss`: mean absolute ("l1") or squared ("l2")
    difference. The learning rate `lr` is reached after `warmup` steps and falls as a cosine to a hundredth.
    """

    network: str
    mix: Mix
    steps: int
    start: str | None = None
    teacher: str | None = None
    teacher_share: float = 0.5
    batch: int = 16
    lr: float = 1e-4
    warmup: int = 200
    ema: float = 0.999
    loss: str = "l1"
    seed: int = 1
    threads: int = 1
    bf16: bool = True
    workers: int = 1
    validate_every: int = 2000


def train(
    training: Training, data: Path, folder: Path, *, report: Callable[[str], None], stop_after: int | None = None
) -> dict[str, Tensor]:
    """Train, or go on with what `folder` holds, and return the averaged weights.

    Args:
        training: how.
        data: what `prepare` wrote.
        folder: for the state (at least every 5 minutes) and the log; made if absent.
        report: is told one line every hundred steps.
        stop_after: leave, with the state written, when this many steps are done in all.

    Raises:
        InputError: `folder` holds the state of another training.
        RunError: the loss is no longer a number.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    keep_large_blocks()
    torch.set_num_threads(training.threads)
    torch.use_deterministic_algorithms(mode=device.type == "cpu")
    folder.mkdir(parents=True, exist_ok=True)
    state = TrainingState(training, device)
    state.resume(folder / STATE)
    cases = validation_cases(load_pictures(data), few=True)
    last = min(training.steps, training.steps if stop_after is None else stop_after)
    log, saved, started, seen = Log(folder / LOG, state.step), time.monotonic(), time.monotonic(), state.step
    losses: list[float] = []
    drawn = batches(
        data,
        training.mix,
        seed=training.seed,
        size=training.batch,
        steps=range(state.step, last),
        workers=training.workers,
    )
    try:
        for batch in drawn:
            losses.append(state.learn(batch))
            if not math.isfinite(losses[-1]):
                raise RunError(
                    f"the loss became {losses[-1]} at step {state.step}",
                    hint=f"Lower the learning rate of {training.lr}; {folder / STATE} holds the last good weights.",
                )
            if state.step % 100 == 0 or state.step == last:
                rate = (state.step - seen) / (time.monotonic() - started)
                mean = sum(losses) / len(losses)
                losses.clear()
                log.add({"step": state.step, "loss": round(mean, 6), "lr": state.rate(), "per_second": round(rate, 3)})
                report(f"step {state.step} of {training.steps}: loss {mean:.5f}, {rate:.2f} steps a second")
            if state.step % training.validate_every == 0 or state.step == training.steps:
                figures = validate(state.averaged(), cases)
                log.add({"step": state.step, "validation": figures})
                report("  " + ", ".join(f"{style} {value:.2f} dB" for style, value in figures.items()))
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                state.save(folder / STATE)
                saved = time.monotonic()
    finally:
        if all(math.isfinite(loss) for loss in losses):
            state.save(folder / STATE)
    return state.average


class TrainingState:
    """The network, its average, the optimiser and the number of steps done."""

    def __init__(self, training: Training, device: torch.device) -> None:
        self.training, self.device, self.step = training, device, 0
        torch.manual_seed(training.seed)
        self.network = build_network(training.network, training.start).to(device, memory_format=torch.channels_last)
        self.teacher = None
        if training.teacher is not None:
            self.teacher = build_network("liif-edsr", training.teacher).to(device, memory_format=torch.channels_last)
            self.teacher.requires_grad_(requires_grad=False)
        self.average = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=training.lr, fused=True)

    def rate(self) -> float:
        """Learning rate of the next step."""
        training = self.training
        if self.step < training.warmup:
            return training.lr * (self.step + 1) / training.warmup
        done = (self.step - training.warmup) / max(1, training.steps - training.warmup)
        return training.lr * (0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, done))) / 2)

    def learn(self, batch: Batch) -> float:
        """One step; returns its loss, in units of [-1, 1]."""
        inp = as_input(torch.from_numpy(batch.inp), self.device)
        coord, cell = (torch.from_numpy(part).to(self.device) for part in (batch.coord, batch.cell))
        gt = torch.from_numpy(batch.gt).to(self.device).float() / 127.5 - 1
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.training.bf16):
            gt = self._with_teacher(batch, inp, coord, cell, gt)
            pred = forward(self.network)(inp, coord, cell)
        difference = pred.float() - gt
        loss = difference.abs().mean() if self.training.loss == "l1" else difference.square().mean()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        decay = min(self.training.ema, (1 + self.step) / (10 + self.step))
        for name, value in self.network.named_parameters():
            self.average[name].lerp_(value.detach(), 1 - decay)
        return loss.item()

    def _with_teacher(self, batch: Batch, inp: Tensor, coord: Tensor, cell: Tensor, gt: Tensor) -> Tensor:
        """The truth, mixed with what the teacher says where the sample is an undamaged photograph."""
        plain = torch.from_numpy(batch.plain).to(self.device)
        if self.teacher is None or not plain.any():
            return gt
        with torch.no_grad():
            said = forward(self.teacher)(inp[plain], coord[plain], cell[plain])
        mixed = gt.clone()
        mixed[plain] = gt[plain].lerp(said.float(), self.training.teacher_share)
        return mixed

    def averaged(self) -> nn.Module:
        """A network with the averaged weights, on the processor."""
        network = build_network(self.training.network, None)
        network.load_state_dict({name: value.cpu() for name, value in self.average.items()})
        return network.eval()

    def save(self, path: Path) -> None:
        """Write everything, as a whole or not at all."""
        tensors = {f"average.{name}": value for name, value in self.average.items()}
        for name, value in self.network.named_parameters():
            tensors[f"network.{name}"] = value.detach()
            moments = self.optimiser.state.get(value, {})
            tensors |= {f"moment.{key}.{name}": moments[key] for key in ("exp_avg", "exp_avg_sq") if key in moments}
        part = path.with_name(f".{path.name}.part")
        about = {"step": str(self.step), "training": self.training.model_dump_json()}
        save_file({name: value.cpu().contiguous() for name, value in tensors.items()}, part, about)
        part.replace(path)

    def resume(self, path: Path) -> None:
        """Take up what `save` wrote, if it is there."""
        if not path.exists():
            return
        with safe_open(path, "pt") as file:
            about = file.metadata()
        if json.loads(about["training"]) != json.loads(self.training.model_dump_json()):
            raise InputError(
                f"{path} is the state of another training ({first_difference(about['training'], self.training)})",
                hint="Give another folder, or remove this one.",
            )
        tensors = {name: value.to(self.device) for name, value in load_file(path).items()}
        self.step = int(about["step"])
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                value.copy_(tensors[f"network.{name}"])
                self.average[name] = tensors[f"average.{name}"].clone()
                moments = {k: tensors[f"moment.{k}.{name}"].clone() for k in ("exp_avg", "exp_avg_sq")}
                like = {k: m.contiguous(memory_format=_format(value)) for k, m in moments.items()}
                self.optimiser.state[value] = {"step": torch.tensor(float(self.step), device=self.device), **like}


class Log:
    """A line of JSON for each event; what an interrupted training had written beyond its last state is taken back."""

    def __init__(self, path: Path, step: int) -> None:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= step]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._path = path

    def add(self, event: dict[str, Any]) -> None:
        """Append one event; it has a `step`."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def _format(value: Tensor) -> torch.memory_format:
    return torch.channels_last if value.dim() == 4 else torch.contiguous_format


def as_input(pixels: Tensor, device: torch.device) -> Tensor:
    """(B, h, w, 3) uint8 -> (B, 3, h, w) float32 in [-1, 1]."""
    return (pixels.to(device).float() / 127.5 - 1).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def forward(network: nn.Module) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The quick way through a network: picture, coord and cell -> colours."""
    return network.forward_factorised if isinstance(network, LIIF) else network


def as_candidate(network: nn.Module) -> Candidate:
    """A network in float32 as a way to enlarge, for validation."""

    def enlarge(lr: FloatImage, size: tuple[int, int]) -> FloatImage:
        with torch.no_grad():
            inp = torch.from_numpy(lr).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last) * 2 - 1
            colours = forward(network)(inp, *make_query(size))
            sr: FloatImage = ((colours[0] + 1) / 2).view(*size, 3).numpy()
            return sr

    return enlarge


def validate(network: nn.Module, cases: Iterable[tuple[str, list[Case]]]) -> dict[str, float]:
    """Mean PSNR (RGB, dB) of each named group of cases."""
    candidate = as_candidate(network)
    return {name: round(mean_scores(evaluate(candidate, group)).psnr, 3) for name, group in cases}


def first_difference(text: str, training: Training) -> str:
    """The first setting in which a stored training differs from this one."""
    old, new = json.loads(text), json.loads(training.model_dump_json())
    key = next(key for key in new if old.get(key) != new[key])
    return f"{key}: {old.get(key)} there, {new[key]} asked for"


def keep_large_blocks() -> None:
    """Let the C library keep freed memory: a step asks again for what the last one gave back, page by page."""
    if sys.platform == "linux" and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        library = ctypes.CDLL(None)
        if hasattr(library, "gnu_get_libc_version"):
            library.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
            library.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
