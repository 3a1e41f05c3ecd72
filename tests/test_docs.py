"""What the documentation tells people to type exists, what exists is told, and no link or blank is left open."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import apercu
from apercu.errors import EXIT_CODES
from apercu.interfaces.cli import app, main
from apercu.registry import model_cards

ROOT = Path(__file__).parents[1]
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]
PLACEHOLDER = re.compile(r"@[A-Z0-9]+@")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)[^)]*\)")
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


def dead_links(page: Path, text: str) -> list[str]:
    """The relative targets of links and images in a page that lead to no file; code is left out."""
    prose = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", text))
    targets = [target.partition("#")[0] for target in LINK.findall(prose) if not re.match(r"[a-z]+:", target)]
    return [target for target in targets if target and not (page.parent / target).exists()]


def documented() -> str:
    return "\n".join(page.read_text("utf-8") for page in PAGES)


def tracked_pages() -> list[Path]:
    """Every Markdown file of the repository; outside a checkout those that are documentation."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in map(ROOT.joinpath, names) if path.is_file()] or PAGES


def names_of_commands() -> list[str]:
    """Every command as it is typed: "ask", "models", "models add"."""
    top = typer.main.get_command(app)
    found = []
    for name, command in getattr(top, "commands", {}).items():
        found += [name, *(f"{name} {below}" for below in getattr(command, "commands", {}))]
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
        command = (
            words[:2]
            if words[0] in ("models", "papers") and len(words) > 1 and not words[1].startswith("-")
            else words[:1]
        )
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


def test_no_page_has_a_blank_that_was_to_be_filled_in() -> None:
    pages = tracked_pages()
    assert {page.name for page in pages} >= {"README.md", "models.md"}
    left = {page.name: found for page in pages if (found := PLACEHOLDER.findall(page.read_text("utf-8")))}
    assert left == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_inside_the_documentation_is_dead(page: Path) -> None:
    assert dead_links(page, page.read_text("utf-8")) == []


def test_a_dead_link_or_image_would_be_noticed_and_code_is_no_link() -> None:
    text = (
        "[a](docs/none.md#x) ![b](none.png) [c](LICENSE) [d](https://a.example/x) `[e](f)`\n```\n[g](h)\n```\n[i](#j)\n"
    )
    assert dead_links(ROOT / "README.md", text) == ["docs/none.md", "none.png"]


def test_every_command_is_documented() -> None:
    names = names_of_commands()
    assert {"ask", "run", "models add"} <= set(names)
    text = documented()
    assert [name for name in names if not re.search(rf"\bapercu {name}(?![\w-])", text)] == []


def test_every_error_is_documented() -> None:
    text = documented()
    assert [kind.__name__ for kind in EXIT_CODES if not re.search(rf"\b{kind.__name__}\b", text)] == []


def test_every_model_is_documented() -> None:
    text = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert [name for name in model_cards() if f"`{name}`" not in text] == []
