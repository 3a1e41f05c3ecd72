"""What shifts a rank beside the question: what somebody prefers, what they chose before, and what was predicted.

Each shift is a part of the rank with a sentence, so that it is seen in the reasons of the model that it moved.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from apercu.catalogue import Entry
from apercu.evidence.suits import Part, is_free, speed_part
from apercu.records import Preference, RecommendedModel, Task, TaskId
from apercu.settings import Settings

CHOICES_FILE = "choices.jsonl"
KEPT_CHOICES = 200
"""Only so many of the last choices count; older lines go when the file holds twice as many."""
_MOST_FOR_CHOICES = 0.3
_ENOUGH_CHOICES = 5
_LONGEST_LINE = 4096
_MOST_BYTES = _LONGEST_LINE * KEPT_CHOICES
_TRIES, _BETWEEN_TRIES = 100, 0.02
_FAITHFUL = {"mean": 0.2, "gan": -0.3, "diffusion": -0.6}
_CRISP = {"mean": 0.0, "gan": 0.35, "diffusion": 0.3}
_DRAWS_IN_WORDS = {
    "mean": "it aims at the mean of what the detail may be, so it makes up less than networks that draw likely detail",
    "gan": "it was trained to please a discriminator, so it draws likely, crisp detail",
    "diffusion": "it draws likely, crisp detail by undoing noise",
}
_LICENCE, _NO_LICENCE = 0.2, -0.5
_BEHIND = 0.001


def preferred(entry: Entry, task: Task, preferences: Sequence[Preference]) -> Iterator[Part]:
    """One part for each preference, with the reason why it moves this entry up or down."""
    interpolates = entry.family == "interpolation"
    for preference in dict.fromkeys(preferences):
        if preference == "fidelity":
            score = _FAITHFUL["mean"] if interpolates else _FAITHFUL[entry.draws]
            reason = "it adds next to nothing of its own" if interpolates else _DRAWS_IN_WORDS[entry.draws]
        elif preference == "crispness":
            score = -0.2 if interpolates else _CRISP[entry.draws]
            reason = "it draws no edges of its own" if interpolates else _DRAWS_IN_WORDS[entry.draws]
        elif preference == "speed":
            quick = speed_part(entry, task)
            score, reason = quick.score, quick.reason[:1].lower() + quick.reason[1:].rstrip(".")
        else:
            score = _LICENCE if is_free(entry, "open") else _NO_LICENCE
            reason = f"its licence is {entry.licence}"
        yield Part(round(score, 3), f"You prefer {preference} ({score:+.2f}): {reason}.")


def held_behind(models: Sequence[RecommendedModel]) -> list[RecommendedModel]:
    """Models in the order of their scores, none that does not run here before the best that does.

    For a question by which a model that runs here leads: what somebody prefers orders the models, but it is no reason
    to come home with one that cannot be used. A model that is held says so.
    """
    best = max((model for model in models if model.status == "runs"), key=lambda model: model.score)
    held = []
    for model in sorted(models, key=lambda model: -model.score):
        if model.status != "runs" and model.score >= best.score:
            said = f"By what you prefer alone its score would be {model.score:g}; {best.id} runs here, so it leads."
            less = {"score": round(best.score - _BEHIND, 3), "reasons_against": (*model.reasons_against, said)}
            model = model.model_copy(update=less)  # noqa: PLW2901
        held.append(model)
    return sorted(held, key=lambda model: -model.score)


# --- what was chosen before -------------------------------------------------------------------------------------------


def record_choice(model: str, task: TaskId, settings: Settings) -> str:
    """Note that somebody took a model by its name; nothing is written unless the setting `remember_choices` is on.

    What stands in the file stays, but for lines that are too old to count. A choice that cannot be written must never
    stop an enlargement.

    Args:
        model: the id of a model.
        task: what it was taken for.
        settings: where the data folder is, and whether choices are remembered at all.

    Returns:
        Why it could not be noted and what to do, in one line; empty where there is nothing to say.
    """
    if not settings.remember_choices:
        return ""
    path = settings.data_dir / CHOICES_FILE
    line = json.dumps({"model": model, "task": task, "date": datetime.now(UTC).date().isoformat()})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        problem = _appended(path, line.encode() + b"\n")
    except OSError as error:
        problem = f"{error.strerror or error}"
    if not problem:
        return ""
    return (
        f"the choice of {model} could not be noted in {path} ({problem}), expected a file of choices that may be "
        "written. Move it away, or set remember_choices to false."
    )


def past_choices(task: TaskId, settings: Settings) -> Mapping[str, int]:
    """How often each model was taken for a task before; nothing unless `remember_choices` is on."""
    if not settings.remember_choices:
        return {}
    counted: Counter[str] = Counter()
    for line in _lines(settings.data_dir / CHOICES_FILE):
        try:
            choice = json.loads(line)
            model, wanted = choice["model"], choice["task"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(model, str) and wanted == task:
            counted[model] += 1
    return counted


def chosen_before(names: Sequence[str], counted: Mapping[str, int]) -> Part:
    """What it adds to an entry's rank that it was taken before; fewer than five choices count for less."""
    if not counted:
        return Part(0.0)
    total, own = sum(counted.values()), sum(counted.get(name, 0) for name in set(names))
    if not own:
        return Part(0.0)
    score = round(_MOST_FOR_CHOICES * own / max(total, _ENOUGH_CHOICES), 3)
    return Part(score, f"You took it {own} of the last {total} times ({score:+.2f}).")


def _lines(path: Path) -> list[bytes]:
    """The newest lines that may be choices; none where the file cannot be read."""
    try:
        if not path.is_file():
            return []
        with path.open("rb") as file:
            return [line for line in _newest(file) if len(line) <= _LONGEST_LINE][-KEPT_CHOICES:]
    except OSError:
        return []


def _newest(file: IO[bytes]) -> list[bytes]:
    """The lines at the end of a file with their line feeds, of so many bytes as choices can have."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MOST_BYTES))
    lines = file.read(_MOST_BYTES).splitlines(keepends=True)
    return lines if size <= _MOST_BYTES else lines[1:]  # the first one begins somewhere in its middle


def _appended(path: Path, line: bytes) -> str:
    """Add a line, and take the oldest ones out where there are too many; gives why that cannot be."""
    if path.exists() and not path.is_file():
        return "it is a folder" if path.is_dir() else "it is a device or pipe"
    with path.open("a+b") as file:
        if not _locked(file):
            return "another process holds it"
        lines = _newest(file)
        size = file.tell()
        if size > _MOST_BYTES and not lines:
            return f"it holds {size:,} bytes and no lines"
        torn = lines and not lines[-1].endswith(b"\n")  # its writer was killed
        file.write(b"\n" + line if torn else line)
        file.flush()
        kept = b"".join([*lines[-KEPT_CHOICES + 1 :], b"\n" if torn else b"", line])
        # Written over the oldest lines, so that the newest are in the file however far this comes.
        if (size > _MOST_BYTES or len(lines) >= 2 * KEPT_CHOICES) and 2 * len(kept) <= size:
            with path.open("r+b") as whole:
                whole.write(kept)
                whole.truncate(len(kept))
    return ""


def _locked(file: IO[bytes]) -> bool:
    """Wait a moment until no other process writes; the lock goes with the file."""
    if sys.platform == "win32":
        return True
    import fcntl

    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_BETWEEN_TRIES)
        except OSError:  # a file system without locks
            return True
        else:
            return True
    return False
