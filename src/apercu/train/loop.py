"""The training loop: small pictures and places in, colours out, compared with the true ones.

Everything that the next step depends on (weights, their moving average, the optimiser's moments, the number of the
step) is in one safetensors file, replaced as a whole; what a step sees follows from the seed and its number. So a
training that was interrupted ends with the same bits as one that was not, on the same processor and with the same
threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

from apercu.networks.liif import make_query
from apercu.resample import FloatImage
from apercu.train.build import build_network
from apercu.train.evaluate import Candidate, Case, evaluate, mean_scores
from apercu.train.log import LOG, Log
from apercu.train.pictures import INDEX, load_pictures
from apercu.train.sampling import Batch, Sampler, batches
from apercu.train.state import Training, TrainingState, forward
from apercu.train.validation import validation_cases

STATE = "state.safetensors"
SAVE_SECONDS = 300.0
LOG_STEPS = 100

Groups = list[tuple[str, list[Case]]]


def train(
    training: Training,
    data: Path,
    folder: Path,
    *,
    report: Callable[[str], None],
    stop_after: int | None = None,
    save_seconds: float = SAVE_SECONDS,
) -> dict[str, Tensor]:
    """Train, or go on with what `folder` holds, and return the weights to keep: averaged, see `kept_weights`.

    Ctrl-C waits for the end of the step and writes the state; a second one leaves at once, with the last whole step.

    Args:
        training: how.
        data: what `prepare` wrote.
        folder: for the state and the log; made if absent.
        report: is told one line every hundred steps and at each validation.
        stop_after: leave, with the state written, when this many steps are done in all.
        save_seconds: the state is written about this often, and at the end.

    Raises:
        InputError: `data` holds no pictures, or none that fit; `folder` holds the state of another training.
        WeightsError: the weights to begin with, of the teacher or to be mixed in do not fit.
        RunError: the loss is no longer a number, or the processes that draw samples have ended.
        OutputError: the state cannot be written; the last one is untouched.
        KeyboardInterrupt: it was interrupted; the state is written.
    """
    device = _prepare_torch(training)
    for kept in training.kept:
        build_network(training.network, kept)  # refuses weights that do not fit, before anything slow
    pictures = load_pictures(data)
    Sampler(pictures, training.mix, training.seed)  # refuses a style without pictures, before anything slow
    folder.mkdir(parents=True, exist_ok=True)
    state = TrainingState(training, device, sha256((data / INDEX).read_bytes()).hexdigest())
    state.resume(folder / STATE)
    last = min(training.steps, training.steps if stop_after is None else stop_after)
    watch = _Watch(state, Log(folder / LOG, state.step), validation_cases(pictures, few=True), report)
    saved = time.monotonic()
    with _interruptible(report) as interrupted, closing(_drawn(training, data, range(state.step, last))) as drawn:
        try:
            watch.tell()  # what a training that was interrupted at this step had no time for
            for batch in drawn:
                state.learn(batch)
                watch.tell()
                if interrupted.is_set():
                    raise KeyboardInterrupt
                if time.monotonic() - saved >= save_seconds:
                    state.save(folder / STATE)
                    saved = time.monotonic()
        finally:
            if state.whole:
                state.save(folder / STATE)
    if last < training.steps:
        report(f"left after step {state.step} of {training.steps}; the same command goes on from there")
    return kept_weights(training, state.average)


def kept_weights(training: Training, average: dict[str, Tensor]) -> dict[str, Tensor]:
    """The averaged weights, mixed with others where the training says so.

    A network that learned for drawings forgets some of what the weights that it began with knew of photographs; between
    the two sets much of that is there again, and what was learned is hardly less. The mean of several trainings from
    one beginning is a little better than each.
    """
    mixed = {name: value.cpu().float() * (1 - sum(training.kept.values())) for name, value in average.items()}
    for kept, share in training.kept.items():
        others = build_network(training.network, kept).state_dict()
        mixed = {name: value.add(others[name].float(), alpha=share) for name, value in mixed.items()}
    return mixed if training.kept else average


def _prepare_torch(training: Training) -> torch.device:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    keep_large_blocks()
    torch.set_num_threads(training.threads)
    torch.use_deterministic_algorithms(mode=device.type == "cpu")
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # nothing reads what it fills
    return device


def _drawn(training: Training, data: Path, steps: range) -> Generator[Batch]:
    return batches(data, training.mix, seed=training.seed, size=training.batch, steps=steps, workers=training.workers)


@contextmanager
def _interruptible(report: Callable[[str], None]) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second is a KeyboardInterrupt."""
    asked = threading.Event()

    def interrupt(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        report("stopping at the end of this step")

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass
class _Watch:
    """Writes to the log, and tells, what is due at the step that a training has come to."""

    state: TrainingState
    log: Log
    cases: Groups
    report: Callable[[str], None]
    _begun: tuple[float, int] = field(init=False)

    def __post_init__(self) -> None:
        self._begun = time.monotonic(), self.state.step

    def tell(self) -> None:
        """The mean loss every hundred steps, figures of the averaged weights at each validation; both at the end."""
        step, training = self.state.step, self.state.training
        at_end = step == training.steps
        if self.state.losses and (step % LOG_STEPS == 0 or at_end):
            self._tell_loss(step)
        if step and self.cases and (step % training.validate_every == 0 or at_end):
            self._tell_figures(step)

    def _tell_loss(self, step: int) -> None:
        started, first = self._begun
        rate = (step - first) / (time.monotonic() - started)
        mean = sum(self.state.losses) / len(self.state.losses)
        if not self.log.holds(step, "loss"):
            self.log.add({"step": step, "loss": round(mean, 6), "lr": self.state.rate(), "per_second": round(rate, 3)})
            self.report(f"step {step} of {self.state.training.steps}: loss {mean:.5f}, {rate:.2f} steps a second")
        self.state.losses.clear()

    def _tell_figures(self, step: int) -> None:
        if not self.log.holds(step, "validation"):
            figures = validate(self.state.averaged(), self.cases)
            self.log.add({"step": step, "validation": figures})
            self.report("  " + ", ".join(f"{style} {value:.2f} dB" for style, value in figures.items()))


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


def keep_large_blocks() -> None:
    """Let the C library keep freed memory: a step asks again for what the last one gave back, page by page."""
    if sys.platform == "linux" and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        library = ctypes.CDLL(None)
        if hasattr(library, "gnu_get_libc_version"):
            library.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
            library.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
