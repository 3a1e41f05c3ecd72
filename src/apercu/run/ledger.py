"""What a batch has done, one JSON line for each event, so that it can be gone on with after any kind of end.

    {"apercu_batch": 1, "parameters": {...}}                begins a section: lines below are about these parameters
    {"begin": "a.png", "output": "a.png"}                   the output's name is taken for this batch, and work begins
    {"done": "a.png", "output": "a.png", "sha256": ...}     the output is complete
    {"failed": "a.png", "output": "a.png", "code": ...}     there is no result, and why

The file only grows. A line is written by one call, so that a process killed at any moment leaves at most one torn line,
the last; it does not count and is cut off before more is written. Lines are written through to the disk once for each
picture, at its `begin`: that must be there before a file of that name is, or the file would later be taken for somebody
else's. A `done` that is lost with the machine's power only costs that its picture is made again.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from apercu.errors import OutputError
from apercu.records import Record
from apercu.run.tasks import Failed, Outcome, Task

LEDGER_NAME = "apercu-batch.jsonl"
_FORMAT = 1
_HEADER_START = b'{"apercu_batch":'


class Parameters(Record):
    """Everything beside the picture that the bytes of a result follow from; scale is (y, x), size (height, width)."""

    model: str
    weights_sha256: str | None
    scale: tuple[float, float] | None
    size: tuple[int, int] | None
    faithful: bool
    format: str | None
    version: str


class Ledger:
    """The ledger of one folder, open for reading and appending; no two batches can have it open at once.

    Of each picture only the place of its last line is held in memory.

    Args:
        path: the file; made if missing.
        parameters: those of the batch that begins or goes on.
        resume: whether to go on with what the file holds.

    Attributes:
        changed: the names of the parameters that are not those of the section that was to be gone on with.
        unfinished: picture -> output of what was begun and has not ended.

    Raises:
        OutputError: it cannot be read or written, is damaged, is no ledger, or another batch is at work.
    """

    def __init__(self, path: Path, parameters: Parameters, *, resume: bool) -> None:
        self.path = path
        self.changed: tuple[str, ...] = ()
        self.unfinished: dict[str, str] = {}
        self._last: dict[str, int] = {}
        self._section = 0
        self._end = 0
        self._before: dict[str, Any] | None = None
        try:
            self._file = open(path, "a+b", buffering=0)  # noqa: SIM115 -- closed by close()
        except OSError as error:
            raise _cannot("opened", path, error) from None
        try:
            self._lock()
            self._read()
            self._file.truncate(self._end)
            given = parameters.model_dump(mode="json")
            if resume and self._before is not None:
                self.changed = tuple(name for name in given if given[name] != self._before.get(name))
            if not resume or self._before is None or self.changed:
                self._section = self._end
                self._append({"apercu_batch": _FORMAT, "parameters": given})
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Write everything through to the disk and let go of the file."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()

    def last(self, picture: str) -> Mapping[str, Any] | None:
        """The newest line about a picture, of whichever section."""
        if picture not in self._last:
            return None
        line: dict[str, Any] = json.loads(self._line_at(self._last[picture]))
        return line

    def counts(self, picture: str) -> bool:
        """Whether the newest line about a picture is about the parameters of this batch."""
        return self._last.get(picture, -1) >= self._section

    def begin(self, task: Task) -> None:
        """Note, durably, that the output's name belongs to this batch from now on."""
        self._append({"begin": task.picture, "output": task.output})
        os.fsync(self._file.fileno())

    def end(self, task: Task, outcome: Outcome) -> None:
        """Note what came of a picture."""
        kind = "failed" if isinstance(outcome, Failed) else "done"
        line = {kind: task.picture, "output": task.output, **asdict(outcome)}
        self._append(line | ({"ours": task.ours} if kind == "failed" else {}))

    def _append(self, line: dict[str, Any]) -> None:
        # ASCII: a name that is not UTF-8 holds surrogates, which JSON can escape and UTF-8 cannot hold.
        encoded = json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            written = self._file.write(encoded)
        except OSError as error:
            raise _cannot("written", self.path, error) from None
        if written != len(encoded):
            raise OutputError(f"{self.path} could not be written to: the disk may be full", hint="Check the disk.")
        self._note(line, self._end)
        self._end += len(encoded)

    def _note(self, line: dict[str, Any], place: int) -> None:
        for kind in ("begin", "done", "failed"):
            if kind in line:
                self._last[line[kind]] = place
                if kind == "begin":
                    self.unfinished[line[kind]] = line["output"]
                else:
                    self.unfinished.pop(line[kind], None)

    def _read(self) -> None:
        with open(self.path, "rb") as file:
            for number, encoded in enumerate(file, 1):
                if not encoded.endswith(b"\n") and (number > 1 or encoded.startswith(_HEADER_START[: len(encoded)])):
                    return  # torn: its writer was killed
                try:
                    line = json.loads(encoded)
                    if line.get("apercu_batch") == _FORMAT:
                        self._before, self._section = dict(line["parameters"]), self._end
                    elif self._before is None or not _is_sound(line):
                        raise ValueError
                    self._note(line, self._end)
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    raise OutputError(
                        f"line {number} of {self.path} is damaged, or it is not the ledger of a batch",
                        hint="Take that line out, or choose another folder for the results.",
                    ) from None
                self._end += len(encoded)

    def _line_at(self, place: int) -> bytes:
        """A whole line; the file has no buffer of its own."""
        self._file.seek(place)
        line = b""
        while b"\n" not in line and (more := self._file.read(4096)):
            line += more
        return line.partition(b"\n")[0]

    def _lock(self) -> None:
        """The lock ends with the process, however that ends."""
        if sys.platform == "win32":
            return
        import fcntl

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"another batch is at work in {self.path.parent}",
                hint="Wait until it ends, or choose another folder for the results.",
            ) from None
        except OSError:  # a file system without locks: two batches at once are then the user's to avoid
            return


def _cannot(what: str, path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the ledger {path} cannot be {what}: {error.strerror or error}", hint="Check the permissions and the disk."
    )


def _is_sound(line: dict[str, Any]) -> bool:
    """Whether a line says what a line of its kind must say, and names no file outside the results' folder."""
    texts = {"begin": (), "done": ("sha256", "input_sha256"), "failed": ("code",)}
    kinds = texts.keys() & line.keys()
    if len(kinds) != 1:
        return False
    (kind,) = kinds
    if not all(isinstance(line.get(name), str) for name in (kind, "output", *texts[kind])):
        return False
    output = PurePath(line["output"])
    inside = not output.is_absolute() and ".." not in output.parts and "\0" not in line["output"]
    return inside and (kind != "done" or isinstance(line.get("size"), int))
