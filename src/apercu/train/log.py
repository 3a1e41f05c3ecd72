"""What a training tells of itself: a line of JSON for each event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apercu.train.whole import write_whole

LOG = "log.jsonl"


class Log:
    """A line of JSON for each event; what an interrupted training had written beyond its last state is taken back."""

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        self.events = [event for event in read_log(path) if event["step"] <= step]
        """All that the file holds."""
        write_whole(path, "".join(f"{json.dumps(event)}\n" for event in self.events).encode())

    def holds(self, step: int, kind: str) -> bool:
        """Whether there is an event of that step that has the key `kind`."""
        return any(event["step"] == step and kind in event for event in self.events)

    def add(self, event: dict[str, Any]) -> None:
        """Append one event; it has a `step`."""
        self.events.append(event)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a log, none if it is not there; a line that was cut off when the machine stopped is left out."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("step"), int):
            yield event
