"""What the command says can be acted on: helps that can be read, hints that are about the very reason."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import pytest
from shell import Shell

from apercu.errors import EXIT_CODES, ApercuError
from apercu.image import Image, read_image, write_image
from apercu.records import Kernel, Preference, TaskId

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("models", get_args(TaskId)),
        ("check", get_args(Kernel)),
        ("recommend", get_args(Preference)),
        ("ask", get_args(Preference)),
    ],
)
def test_a_help_breaks_no_line_within_what_may_be_typed(shell: Shell, command: str, words: tuple[str, ...]) -> None:
    shell.env["COLUMNS"] = "80"
    told = shell.process(command, "--help").out
    assert [word for word in words if word not in told] == []


def test_a_strict_check_ends_with_an_exit_code_where_a_problem_is_found(shell: Shell) -> None:
    asked = ("check", "in.png", "other.png")
    enlarged = shell.call("enlarge", "in.png", "-o", "good.png", "--scale", "2", "--model", "bicubic")
    assert enlarged.code == 0
    turned = read_image(shell.work / "good.png").pixels[:, ::-1].copy()
    write_image(Image.of(turned), shell.work / "other.png")
    found = shell.call(*asked)
    assert (found.code, "problem  none found" in found.out) == (0, False)
    assert shell.call(*asked, "--strict").code == EXIT_CODES[ApercuError]
    assert shell.call("check", "in.png", "good.png", "--strict").code == 0


def test_where_no_paper_is_found_it_says_in_which_language_they_are(shell: Shell) -> None:
    told = shell.call("papers", "search", "Bild vergrößern ohne Artefakte")
    assert told.code == 0
    assert told.out.startswith("No paper was found. ")
    assert "English" in told.out


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which no file can be made")
def test_a_folder_that_takes_no_file_is_what_is_to_be_changed(shell: Shell) -> None:
    told = shell.call("enlarge", "in.png", "-o", "/proc/x.png", "--scale", "2", "--model", "bicubic")
    assert told.err.startswith("error: /proc/x.png cannot be written: nothing can be made in its folder")
    assert told.err.endswith(" Write to another folder.\n")


def test_a_missing_package_for_yaml_is_named_as_the_documentation_names_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.work / "ours.yaml").write_text("- id: a\n  task: ocr\n", "utf-8")
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert "`pip install 'apercu[yaml]'`" in shell.call("models", "import", "ours.yaml").err
