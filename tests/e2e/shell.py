"""The command and a folder to use it in, shared by the tests of the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from apercu.errors import EXIT_CODES, ApercuError
from apercu.image import Image, write_image
from apercu.interfaces.cli import main
from apercu.question.prompt import write_prompt
from apercu.records import Brief, BriefEntry

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "apercu")
QUESTION = "How does AI enlarge a small picture by 2x?"
RDN = BriefEntry(name="SISR-Any-LIIF-RDN", paper="https://arxiv.org/pdf/2012.09161")


class Outcome(NamedTuple):
    """What a call printed and its exit code."""

    code: int
    out: str
    err: str


class Shell:
    """A folder with a picture and a prompt in it, and two ways to call the command there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch
        self.work = folder / "work"
        self.work.mkdir()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("APERCU_")}
        self.env |= {name: str(folder / name) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
        self.env |= {"APERCU_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100"}
        self.env["APERCU_THREADS"] = "2"  # with one, another model is taken, and said so
        y, x = np.mgrid[0:10, 0:12].astype(np.float32)
        write_image(Image.of(np.stack([x / 11, y / 9, (x + y) / 20], axis=2)), self.work / "in.png")
        (self.work / "prompt.txt").write_text(write_prompt(Brief(question=QUESTION, models=(RDN,))), "utf-8")

    def call(self, *arguments: str) -> Outcome:
        """Call the entry point in this process."""
        with self._monkeypatch.context() as patch:
            patch.chdir(self.work)
            patch.setattr(sys, "argv", ["apercu", *arguments])
            for name in [name for name in os.environ if name.startswith("APERCU_")]:
                patch.delenv(name)
            for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "APERCU_DATA_DIR", "APERCU_THREADS"):
                patch.setenv(name, self.env[name])
            with pytest.raises(SystemExit) as end:
                main()
        printed = self._capsys.readouterr()
        return Outcome(int(end.value.code or 0), printed.out, printed.err)

    def process(self, *arguments: str) -> Outcome:
        """Call the command as a process of its own."""
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=self.work, env=self.env, capture_output=True, timeout=60, check=False
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def files(self) -> dict[str, bytes]:
        """Every file below the folder, hidden ones too, with its bytes; folders end with a slash."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            found[name if path.is_file() else f"{name}/"] = path.read_bytes() if path.is_file() else b""
        return found


def refuses(shell: Shell, error: type[ApercuError], said: str, *arguments: str, real: bool = False) -> str:
    """Check a refusal: one line that says what and what to do, the code of the table, nothing written or lost."""
    before = shell.files()
    code = EXIT_CODES[error]
    outcome = shell.process(*arguments) if real else shell.call(*arguments)
    assert (outcome.code, outcome.out) == (code, ""), outcome
    assert re.fullmatch(r"error: [^\n]+\n", outcome.err), outcome.err
    assert said in outcome.err, outcome.err
    assert "Traceback" not in outcome.err
    told = shell.call(*arguments, "--json")
    assert told.code == code
    found = json.loads(told.out)["error"]
    assert found.keys() == {"code", "message", "hint"}
    assert found["code"] == error.code
    assert found["hint"]
    assert found["hint"][1:].rstrip(".") in outcome.err
    assert told.err == ""
    assert shell.files() == before
    return outcome.err
