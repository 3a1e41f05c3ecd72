"""Figures that were measured before: of a model and a group of cases the scores of each case, in one packed file.

They are found by a digest of what they depend on, so that after a training only the new weights are measured.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import NamedTuple

from apercu.train.evaluate import Scores
from apercu.train.whole import write_whole

_DECIMALS = Scores(4, 4, 6)


class _Kept(NamedTuple):
    what: str
    scores: list[Scores]


class KeptFigures:
    """The figures in a file of packed JSON lines; without a path they are kept for this run only."""

    def __init__(self, path: Path | None) -> None:
        self.path, self._used = path, set[str]()
        self._lines: dict[str, _Kept] = {}
        if path and path.exists():
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for line in map(json.loads, file):
                    self._lines[line["key"]] = _Kept(line["what"], [Scores(*each) for each in line["scores"]])

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __getitem__(self, key: str) -> list[Scores]:
        self._used.add(key)
        return self._lines[key].scores

    def add(self, key: str, what: str, scores: list[Scores]) -> None:
        """Keep scores, rounded, and write the file; `what` tells a reader of it what they are of."""
        rounded = [
            Scores(*(round(value, places) for value, places in zip(each, _DECIMALS, strict=True))) for each in scores
        ]
        self._lines[key] = _Kept(what, rounded)
        self._write()

    def forget_replaced(self) -> None:
        """Leave out figures of weights that were replaced: those of a model and a group that others were asked for."""
        asked = {self._lines[key].what for key in self._used}
        self._lines = {key: line for key, line in self._lines.items() if key in self._used or line.what not in asked}
        self._write()

    def _write(self) -> None:
        """Replace the file as a whole; the same figures give the same bytes."""
        if self.path:
            told = sorted((line.what, key, line.scores) for key, line in self._lines.items())
            text = "".join(f"{json.dumps({'key': key, 'what': what, 'scores': each})}\n" for what, key, each in told)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, gzip.compress(text.encode(), mtime=0))
