"""Whatever the system refuses, each command says it in one line with the path, or as one JSON error."""

from __future__ import annotations

import errno
import json
import os
import subprocess

import pytest
from shell import COMMAND, QUESTION, Shell, refuses

from apercu.errors import EXIT_CODES, OutOfMemoryError, OutputError, QuestionError
from apercu.registry.cards import COMMUNITY_LIBRARIES, COMMUNITY_LOADER

pytestmark = pytest.mark.e2e

COMMANDS = {
    "ask": ("ask", QUESTION),
    "answer": ("answer", "prompt.txt"),
    "enlarge": ("enlarge", "in.png", "--scale", "2"),
    "check": ("check", "in.png", "in.png"),
    "batch": ("batch", ".", "-o", "out", "--scale", "2"),
    "recommend": ("recommend", QUESTION),
    "plan": ("plan", QUESTION),
    "run": ("run", "plan.json", "--image", "in.png"),
    "models": ("models",),
    "models show": ("models", "show", "liif-edsr"),
    "models import": ("models", "import", "a.json"),
    "models forget": ("models", "forget", "a"),
    "models add": ("models", "add", "a.pth"),
    "papers search": ("papers", "search", "x"),
    "papers import": ("papers", "import", "a.jsonl"),
    "papers delete": ("papers", "delete", "x"),
    "papers doctor": ("papers", "doctor"),
}
PICTURES = ("ask", "answer", "enlarge", "check", "batch", "run")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_refusal_of_the_system_is_one_line_with_the_path_or_one_json_error(
    command: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.work / "plan.json").write_text('{"nodes": []}')

    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "some/where")

    monkeypatch.setattr("apercu.settings.load_settings", refuse)
    said = "some/where cannot be used: Permission denied; expected to be allowed to read and write it."
    refuses(shell, OutputError, said, *COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_what_to_do_where_the_memory_runs_out_is_about_what_the_command_does(
    command: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.work / "plan.json").write_text('{"nodes": []}')

    def full(**_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("apercu.settings.load_settings", full)
    said = refuses(shell, OutOfMemoryError, "memory ran out", *COMMANDS[command])
    assert ("Take a smaller picture" in said) is (command in PICTURES)


def test_a_data_folder_that_is_a_file_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell.work / "afile").write_text("hi\n")
    (shell.work / "a.jsonl").write_text("{}\n")
    shell.env["APERCU_DATA_DIR"] = str(shell.work / "afile" / "below")
    err = refuses(shell, OutputError, "afile", "papers", "import", "a.jsonl", real=True)
    assert "expected folders" in err


def test_output_that_nobody_takes_is_told_on_standard_error(shell: Shell) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "models", "--json"], cwd=shell.work, env=shell.env, stdout=full, stderr=subprocess.PIPE,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == EXIT_CODES[OutputError]
    assert done.stderr.decode().count("\n") == 1
    assert "No space left" in done.stderr.decode()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_of_which_only_a_part_is_taken_is_told_on_standard_error(shell: Shell, unbuffered: str) -> None:
    """A limit for the size of files makes the system write a part and say how much, as a full disk does."""
    import resource

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    with open(shell.work / "out.json", "wb") as file:
        done = subprocess.run(
            [*COMMAND, "models", "--json"], cwd=shell.work, env=shell.env | {"PYTHONUNBUFFERED": unbuffered},
            stdout=file, stderr=subprocess.PIPE, timeout=60, check=False, preexec_fn=little,
        )  # fmt: skip
    assert done.returncode == EXIT_CODES[OutputError]
    assert done.stderr.decode().count("\n") == 1
    assert "File too large" in done.stderr.decode()


def test_a_choice_that_cannot_be_noted_is_told_and_stops_nothing(shell: Shell) -> None:
    (shell.folder / "data" / "choices.jsonl").mkdir(parents=True)
    config = shell.folder / "XDG_CONFIG_HOME" / "apercu"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text("remember_choices = true\n")
    done = shell.call("enlarge", "in.png", "-o", "out.png", "--scale", "2", "--model", "bicubic")
    assert done.code == 0
    assert "warning: the choice of bicubic could not be noted" in done.err
    assert (shell.work / "out.png").exists()
    assert [path.name for path in (shell.folder / "data").iterdir()] == ["choices.jsonl"]


def test_a_pipe_of_questions_is_refused_and_not_waited_for(shell: Shell) -> None:
    os.mkfifo(shell.folder / "pipe")
    done = shell.process("recommend", "--questions", str(shell.folder / "pipe"))
    assert done.code == EXIT_CODES[QuestionError]
    assert "is a device or pipe; expected a file of questions" in done.err


def test_a_byte_that_is_not_utf8_is_the_error_of_its_line_alone(shell: Shell) -> None:
    good = b'{"question": "How do I double a photo?"}\n'
    (shell.work / "many.jsonl").write_bytes(good + b'{"question": "x\xff"}\n' + good)
    done = shell.call("recommend", "--questions", "many.jsonl")
    assert done.err == ""
    first, refused, last = (json.loads(line) for line in done.out.splitlines())
    assert (done.code, first) == (EXIT_CODES[QuestionError], last)
    assert refused["error"]["message"].startswith("line 2: the line is not UTF-8 text at character 16")


def test_titles_and_links_of_imported_papers_cannot_steer_the_terminal(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "Image super-resolution \x1b[31m\u202e\u2028upscaling of cartoons"
    link = "https://x.example/\nMODEL INJECTED \x1b]0;pwned\x07"
    from apercu import scientist
    from apercu.records import RelatedPaper

    plain = scientist.recommend

    def with_paper(*arguments: object, **more: object) -> object:
        paper = RelatedPaper(
            id="x", title=hostile, arxiv=None, links=(link,), verdict="direct", reason="", summary=hostile
        )
        return plain(*arguments, **more).model_copy(update={"papers": (paper,)})  # type: ignore[arg-type]

    monkeypatch.setattr(scientist, "recommend", with_paper)
    for options in ((), ("--format", "prompt"), ("--format", "prompt", "--json"), ("--json",)):
        out = shell.call("recommend", QUESTION, *options).out
        assert "upscaling of cartoons" in out
        assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(out)
        assert not any(line.startswith("MODEL INJECTED") for line in out.splitlines())


def test_the_list_of_models_as_json_holds_no_character_that_steers(shell: Shell) -> None:
    card = shell.folder / "data" / "models" / "x.toml"
    card.parent.mkdir(parents=True)
    fields = ("about", "inputs", "outputs", "licence", "needs", "family")
    lines = [
        'id = "x"',
        'task = "super_resolution"',
        'name = "x\\u202e\\u009b"',
        *(f'{field} = "x"' for field in fields),
        "factors = [2]",
        f"requires = {json.dumps(COMMUNITY_LIBRARIES)}",
        f'loader = "{COMMUNITY_LOADER}"',
        f'weights = {{ sha256 = "{64 * "0"}", size = 1, origin = "x", licence = "x" }}',
    ]
    card.write_text("\n".join(lines), "utf-8")
    out = shell.call("models", "--json").out
    assert json.loads(out)["models"][-1]["name"] == "x\u202e\x9b"
    assert not {"\u202e", "\x9b"} & set(out)
    assert not {"\u202e", "\x9b"} & set(shell.call("models").out)
