"""What the next step of a training depends on, and how it is kept on the disk."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import Field, ValidationError, field_validator
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from apercu.errors import InputError, RunError
from apercu.networks.liif import LIIF
from apercu.records import Record
from apercu.train.build import build_network
from apercu.train.sampling import Batch, Mix
from apercu.train.whole import write_whole

LEAST_RATE = 0.01
"""The learning rate at the end, as a share of the highest."""
ROUNDING = (2 / 255) ** 2 / 12
"""Mean square of what the truth loses to 8 bits, in units of [-1, 1]: nearer than that nothing can be learned."""
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Training(Record):
    """How a model is made.

    `network`: see `build_network`. `start`: weights to begin with (of a LIIF only the decoder's where `start_only` is
    "imnet."); `kept`: weights that are mixed into those at the end, each with its share; `teacher`: weights of a
    LIIF-EDSR whose colours count as `teacher_share` of the truth for undamaged photographs (1 would be pure imitation):
    names of cards or paths of files. `ema`: decay of the moving average that becomes the model. `loss`: mean absolute
    ("l1") or squared ("l2") difference, or "psnr", the mean over samples of the logarithm of each one's mean square.
    The learning rate `lr`, and `decoder_lr` of all but the encoder where it is given, is reached after `warmup` steps
    and falls as a cosine to a hundredth. `batch`: samples of a step. `threads` of torch, `workers`: processes that draw
    samples. `bf16`: the network's products in 16 bits. A validation comes every `validate_every` steps and at the end.
    """

    network: str
    mix: Mix
    steps: int = Field(ge=1)
    start: str | None = None
    start_only: Literal["", "imnet."] = ""
    kept: dict[str, float] = Field(default_factory=dict)
    teacher: str | None = None
    teacher_share: float = Field(default=0.5, ge=0, le=1)
    batch: int = Field(default=16, ge=1)
    lr: float = Field(default=1e-4, gt=0)
    decoder_lr: float | None = Field(default=None, gt=0)
    warmup: int = Field(default=200, ge=0)
    ema: float = Field(default=0.999, ge=0, lt=1)
    loss: Literal["l1", "l2", "psnr"] = "l1"
    seed: int = Field(default=1, ge=0)
    threads: int = Field(default=1, ge=1)
    bf16: bool = True
    workers: int = Field(default=1, ge=1)
    validate_every: int = Field(default=2000, ge=1)

    @field_validator("kept")
    @classmethod
    def _shares(cls, kept: dict[str, float]) -> dict[str, float]:
        if any(not 0 < share <= 1 for share in kept.values()) or sum(kept.values()) > 1:
            raise ValueError(
                f"the shares are {', '.join(map(str, kept.values()))}; expected some above 0, at most 1 in all"
            )
        return kept


class TrainingState:
    """The network, its average, the optimiser, the number of steps done, and the losses that the log does not hold yet.

    Args:
        training: how.
        device: where.
        pictures: digest of the pictures that are trained on; a state goes on with the same ones only.
    """

    def __init__(self, training: Training, device: torch.device, pictures: str = "") -> None:
        self.training, self.device, self.pictures, self.step = training, device, pictures, 0
        self.losses: list[float] = []
        self.whole = True
        """False while a step is half done."""
        torch.manual_seed(training.seed)
        self.network = _laid_out(build_network(training.network, training.start, only=training.start_only), device)
        self.teacher: nn.Module | None = None
        if training.teacher is not None:
            self.teacher = _laid_out(build_network("liif-edsr", training.teacher), device)
            self.teacher.requires_grad_(requires_grad=False)
        self.average = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        share = (training.decoder_lr or training.lr) / training.lr
        named = list(self.network.named_parameters())
        encoder = [value for name, value in named if name.startswith("encoder.")]
        decoder = [value for name, value in named if not name.startswith("encoder.")]
        groups = [{"params": encoder, "share": 1.0}, {"params": decoder, "share": share}]
        self.optimiser = torch.optim.Adam(groups, lr=training.lr, fused=True)

    def rate(self) -> float:
        """Learning rate of the next step, of the encoder."""
        training = self.training
        if self.step < training.warmup:
            return training.lr * (self.step + 1) / training.warmup
        done = (self.step - training.warmup) / max(1, training.steps - training.warmup)
        return training.lr * (LEAST_RATE + (1 - LEAST_RATE) * (1 + math.cos(math.pi * min(1.0, done))) / 2)

    def learn(self, batch: Batch) -> float:
        """One step; returns its loss, in units of [-1, 1].

        Raises:
            RunError: the loss or a gradient is not a number; no weight was changed.
        """
        loss = self._loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        value = loss.item()
        if not (math.isfinite(value) and math.isfinite(norm.item())):
            raise RunError(
                f"the loss of step {self.step + 1} is {value} and its gradient {norm.item()}; expected finite numbers",
                hint=f"Train in another folder with a learning rate below {self.training.lr}.",
            )
        self.whole = False
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate() * group["share"]
        self.optimiser.step()
        self.step += 1
        decay = min(self.training.ema, (1 + self.step) / (10 + self.step))
        for name, weight in self.network.named_parameters():
            self.average[name].lerp_(weight.detach(), 1 - decay)
        self.losses.append(value)
        self.whole = True
        return value

    def _loss(self, batch: Batch) -> Tensor:
        inp = as_input(torch.from_numpy(batch.inp), self.device)
        coord, cell = (torch.from_numpy(part).to(self.device) for part in (batch.coord, batch.cell))
        gt = torch.from_numpy(batch.gt).to(self.device).float() / 127.5 - 1
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.training.bf16):
            gt = self._with_teacher(batch, inp, coord, cell, gt)
            pred = forward(self.network)(inp, coord, cell)
        difference = pred.float() - gt
        losses = difference.abs() if self.training.loss == "l1" else difference.square()
        losses = losses * torch.from_numpy(batch.weight).to(self.device)[..., None]
        return log_square(losses) if self.training.loss == "psnr" else losses.mean()

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
        """Write everything, as a whole or not at all.

        Raises:
            OutputError: the file cannot be written; the last state is untouched.
        """
        tensors = {f"average.{name}": value for name, value in self.average.items()}
        for name, value in self.network.named_parameters():
            tensors[f"network.{name}"] = value.detach()
            moments = self.optimiser.state.get(value, {})
            tensors |= {f"moment.{key}.{name}": moments[key] for key in _MOMENTS if key in moments}
        about = {
            "step": str(self.step),
            "training": self.training.model_dump_json(),
            "pictures": self.pictures,
            "losses": json.dumps(self.losses),
        }
        write_whole(path, save({name: value.cpu().contiguous() for name, value in tensors.items()}, about))

    def resume(self, path: Path) -> None:
        """Take up what `save` wrote, if it is there.

        Raises:
            InputError: the file is damaged, or the state of another training or of other pictures.
        """
        if not path.exists():
            return
        notes, tensors = _read(path)
        anew = "Give another folder, or remove this file to begin anew."
        if difference := first_difference(_in_full(notes.training), json.loads(self.training.model_dump_json())):
            raise InputError(f"{path} is the state of another training ({difference})", hint=anew)
        if notes.pictures not in (None, self.pictures):
            raise InputError(f"{path} is the state of a training on other pictures than those given", hint=anew)
        try:
            self._take(notes.step, tensors)
        except (KeyError, RuntimeError) as error:
            raise _damaged(path, error) from error
        self.losses = notes.losses

    def _take(self, step: int, tensors: Mapping[str, Tensor]) -> None:
        """Copied into tensors that are laid out as a training leaves them: sums must run in the same order."""
        self.step = step
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                value.copy_(tensors[f"network.{name}"])
                self.average[name].copy_(tensors[f"average.{name}"])
                if step:
                    moments = {key: tensors[f"moment.{key}.{name}"] for key in _MOMENTS}
                    self.optimiser.state[value] = {
                        "step": torch.tensor(float(step), device=self.device),
                        **{key: torch.empty_like(value).copy_(moment) for key, moment in moments.items()},
                    }


class _Notes(NamedTuple):
    step: int
    training: dict[str, Any]
    pictures: str | None
    losses: list[float]


def _read(path: Path) -> tuple[_Notes, dict[str, Tensor]]:
    """The notes and the tensors of a state."""
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            training, losses = json.loads(about["training"]), json.loads(about.get("losses", "[]"))
            notes = _Notes(int(about["step"]), dict(training), about.get("pictures"), [float(loss) for loss in losses])
            return notes, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dictionary
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _in_full(values: dict[str, Any]) -> dict[str, Any]:
    """The settings of a stored training, with the defaults of those that came later."""
    try:
        full: dict[str, Any] = json.loads(Training.model_validate(values).model_dump_json())
    except ValidationError:
        return values
    return full


def _damaged(path: Path, error: Exception) -> InputError:
    why = " ".join(f"{type(error).__name__}: {error}".split())
    return InputError(
        f"{path} is not a whole state of a training ({path.stat().st_size} bytes; {why[:120]})",
        hint="Remove this file to begin anew, or give another folder.",
    )


def first_difference(old: Mapping[str, Any], new: Mapping[str, Any], within: str = "") -> str | None:
    """The first setting in which two trainings differ, with both values, or None."""
    for key in sorted({*old, *new}):
        there, asked = old.get(key), new.get(key)
        if isinstance(there, dict) and isinstance(asked, dict):
            if below := first_difference(there, asked, f"{within}{key}."):
                return below
        elif there != asked or (key in old) != (key in new):
            return f"{within}{key}: {there} there, {asked} asked for"
    return None


def log_square(squares: Tensor) -> Tensor:
    """Mean logarithm of each sample's mean square: PSNR as a loss, so that calm samples count as much as busy ones.

    A tenth of it, so that gradients are about as large as those of the other losses.

    Args:
        squares: squared differences in units of [-1, 1], (B, Q, 3).
    """
    return (squares.mean(dim=(1, 2)) + ROUNDING).log().mean() / 10


def _laid_out(network: nn.Module, device: torch.device) -> nn.Module:
    """On the device, channels last: the convolutions are quicker so."""
    placed: nn.Module = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed


def as_input(pixels: Tensor, device: torch.device) -> Tensor:
    """(B, h, w, 3) uint8 -> (B, 3, h, w) float32 in [-1, 1]."""
    return (pixels.to(device).float() / 127.5 - 1).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def forward(network: nn.Module) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The quick way through a network: picture, coord and cell -> colours."""
    return network.forward_factorised if isinstance(network, LIIF) else network
