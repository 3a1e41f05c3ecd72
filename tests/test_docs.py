"""What the documentation tells people to type exists."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

import apercu
from apercu.interfaces.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """(page, line) of every line in a fenced block that calls the command."""
    found = []
    for page in PAGES:
        for _, block in BLOCK.findall(page.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                line = line.strip().removeprefix("$ ")
                if line.startswith("apercu ") and not line.startswith("apercu import"):
                    found.append((page.name, line))
    return found


def names_in_python_blocks() -> list[tuple[str, str]]:
    """(page, name) of every `apercu.name` that a Python block uses and every name it imports from the package."""
    found = []
    for page in PAGES:
        for language, block in BLOCK.findall(page.read_text("utf-8")):
            if language == "python":
                found += [(page.name, name) for name in re.findall(r"(?<![\w.])apercu\.(\w+)\(", block)]
                imported = re.findall(r"^from apercu import ([\w, ]+)$", block, re.MULTILINE)
                found += [(page.name, name.strip().split(" ")[0]) for line in imported for name in line.split(",")]
    return found


def help_of(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["apercu", *words, "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0), capsys.readouterr().out


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_documented_command_and_option_exists(
    page: str, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(re.split(r"\s(?:\||>|#|&&|;)\s*|\s#", line)[0], comments=True)[1:]
    options = [word.split("=")[0] for word in words if word.startswith("-") and not re.fullmatch(r"-[\d.]+", word)]
    if words[0].startswith("-"):
        command: list[str] = []
    else:
        command = words[:2] if words[0] == "models" and len(words) > 1 and not words[1].startswith("-") else words[:1]
    code, told = help_of(command, capsys, monkeypatch)
    assert code == 0, f"{page}: {line}"
    for option in options:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", told), f"{page}: {line}: {option}"


@pytest.mark.parametrize(("page", "name"), names_in_python_blocks())
def test_every_documented_name_of_the_package_is_public(page: str, name: str) -> None:
    assert name in apercu.__all__, f"{page}: apercu.{name}"


def test_a_command_that_does_not_exist_would_be_noticed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert help_of(["enlarg"], capsys, monkeypatch)[0] != 0
    assert "--scael" not in help_of(["enlarge"], capsys, monkeypatch)[1]
