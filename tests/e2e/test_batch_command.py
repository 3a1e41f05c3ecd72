"""`apercu batch` as a person uses it, and as the machine ends it: real processes, really killed."""

from __future__ import annotations

import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shell import COMMAND, Shell, refuses

from apercu.errors import (
    EXIT_CODES,
    InputError,
    MissingDependencyError,
    OutputError,
    RunError,
    ShapeError,
    UnknownModelError,
)
from apercu.image import Image, read_image, write_image
from apercu.run.batch import Tally

pytestmark = pytest.mark.e2e

LEDGER = "apercu-batch.jsonl"
QUICK = ("--scale", "2", "--model", "bicubic")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def draw(folder: Path, count: int, *, side: int = 16) -> None:
    """Small pictures, each different, in a folder and one below it."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    for number in range(count):
        path = folder / ("odd" if number % 2 else "") / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        waves = [0.5 + 0.4 * np.sin(x * (number % 7 + 1) + y * (number % 11) + channel) for channel in range(3)]
        write_image(Image.of(np.stack(waves, axis=2)), path)


def results(folder: Path) -> dict[str, bytes]:
    """Every file of a batch's results, hidden ones too, but not its ledger."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name != LEDGER}


def ledger(folder: Path) -> list[dict[str, object]]:
    """The whole lines of a ledger that may just be written."""
    path = folder / LEDGER
    text = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


def finished(folder: Path) -> list[str]:
    return [str(line["done"]) for line in ledger(folder) if "done" in line]


def started(shell: Shell, *arguments: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, "batch", *arguments], cwd=shell.work, env=shell.env, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_until_finished(process: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Wait until so many pictures are in the ledger, or the process has ended."""
    while len(finished(folder)) < count:
        try:
            process.wait(timeout=0.01)
            return
        except subprocess.TimeoutExpired:
            pass


# --- what a person sees -----------------------------------------------------------------------------------------------


def test_a_folder_is_enlarged_with_its_folders_and_a_summary(shell: Shell) -> None:
    draw(shell.work / "in", 4)
    (shell.work / "in" / "notes.txt").write_text("no picture")
    outcome = shell.process("batch", "in", "-o", "out", "--scale", "2", "--jobs", "2", "--model", "liif-edsr")
    assert (outcome.code, outcome.err) == (0, "")
    first, ignored = outcome.out.splitlines()
    assert re.fullmatch(r".*/out: 4 of 4 pictures by liif-edsr in [\d.]+ s, [\d.]+ a second", first)
    assert ignored == "  ignored  1 other files"
    assert sorted(results(shell.work / "out")) == ["000.png", "002.png", "odd/001.png", "odd/003.png"]
    assert read_image(shell.work / "out" / "odd" / "003.png").size == (32, 32)


def test_with_one_thread_a_batch_takes_the_quick_model_and_says_so_unless_one_is_named(shell: Shell) -> None:
    draw(shell.work / "in", 1)
    shell.env["APERCU_THREADS"] = "1"
    quick = shell.process("batch", "in", "-o", "out", "--scale", "2", "--jobs", "1")
    assert "1 of 1 pictures by liif-fast in " in quick.out
    assert quick.err == "note: liif-fast is taken, since there is one processor thread; --model names another\n"
    named = shell.process("batch", "in", "-o", "plain", "--scale", "2", "--jobs", "1", "--model", "bicubic")
    assert ("pictures by bicubic in " in named.out, named.err) == (True, "")


def test_the_bytes_are_those_of_one_process_and_of_enlarge_with_one_thread(shell: Shell) -> None:
    draw(shell.work / "in", 3, side=24)
    for jobs in ("1", "2"):
        assert (
            shell.call("batch", "in", f"out{jobs}", "--scale", "2.5", "--jobs", jobs, "--model", "liif-edsr").code == 0
        )
    shell.env["APERCU_THREADS"] = "1"
    shell.process("enlarge", "in/000.png", "-o", "alone.png", "--scale", "2.5", "--model", "liif-edsr")
    assert results(shell.work / "out1") == results(shell.work / "out2")
    assert (shell.work / "alone.png").read_bytes() == results(shell.work / "out1")["000.png"]


def test_bad_pictures_are_listed_and_do_not_stop_the_rest(shell: Shell) -> None:
    draw(shell.work / "in", 4)
    for number in range(30):
        (shell.work / "in" / f"bad{number:02}.png").write_bytes(b"no picture")
    (shell.work / "in" / "photo.bmp").write_bytes(b"BM....")
    outcome = shell.process("batch", "in", "out", *QUICK)
    assert outcome.code == EXIT_CODES[RunError]
    assert "out: 4 of 35 pictures by bicubic" in outcome.out
    assert "  failed   31 without a result\n" in outcome.out
    assert len(re.findall(r"^  bad\d\d.png +is not a picture; expected PNG", outcome.out, re.MULTILINE)) == 20
    assert "\n  and 11 more: see " in outcome.out
    told = json.loads(shell.call("batch", "in", "out", *QUICK, "--resume", "--json").out)
    assert {name: told[name] for name in ("pictures", "done", "kept", "failed", "ignored")} == {
        "pictures": 35, "done": 0, "kept": 4, "failed": 31, "ignored": 0,
    }  # fmt: skip
    assert told["failures"][0]["code"] == "image"
    assert len([line for line in ledger(shell.work / "out") if line.get("failed") == "photo.bmp"]) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not have such names")
def test_odd_names_are_pictures_like_any_other_and_do_not_steer_the_terminal(shell: Shell) -> None:
    draw(shell.work / "in", 1)
    good = (shell.work / "in" / "000.png").read_bytes()
    names = ["-o.png", "new\nline.png", os.fsdecode(b"\xff.png"), "\x1b[31m.png"]
    for name in names:
        (shell.work / "in" / name).write_bytes(good)
        (shell.work / "in" / f"bad{name}").write_bytes(b"bad")
    outcome = shell.process("batch", "in", "out", *QUICK)
    assert outcome.code == EXIT_CODES[RunError]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", outcome.out)
    assert len(outcome.out.splitlines()) == 2 + 1 + len(names)
    assert sorted(results(shell.work / "out")) == sorted(["000.png", *names])
    told = shell.call("batch", "in", "out", *QUICK, "--resume", "--json")
    assert json.loads(told.out)["kept"] == len(names) + 1


def test_the_options_choose_pictures_and_formats(shell: Shell) -> None:
    draw(shell.work / "in", 6)
    options = ("--no-recursion", "--exclude", "*4.png", "--format", "webp", "--faithful", "--include", "00*")
    assert shell.call("batch", "in", "in/large", *QUICK, *options).code == 0
    assert sorted(results(shell.work / "in" / "large")) == ["000.webp", "002.webp"]
    assert shell.call("batch", "in", "-o", "in/large", "--size", "40x40", "--model", "bicubic", "--overwrite").code == 0
    assert read_image(shell.work / "in" / "large" / "odd" / "005.png").size == (40, 40)
    assert len(results(shell.work / "in" / "large")) == 8  # none of its own results was taken for a picture


@posix
def test_a_terminal_shows_how_far_it_is_and_ctrl_c_says_how_to_go_on(shell: Shell) -> None:
    draw(shell.work / "in", 60)
    terminal, its_end = pty.openpty()
    arguments = [*COMMAND, "batch", "in", "out", *QUICK, "--jobs", "2"]
    with subprocess.Popen(
        arguments, cwd=shell.work, env=shell.env, stdout=subprocess.DEVNULL, stderr=its_end, start_new_session=True
    ) as process:
        os.close(its_end)
        wait_until_finished(process, shell.work / "out", 5)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does: every process of the group gets it
        told = b""
        while select.select([terminal], [], [], 20)[0]:
            try:
                told += os.read(terminal, 4096)
            except OSError:  # the process has let go of the terminal
                break
        assert process.wait(timeout=20) == 130
    os.close(terminal)
    number = re.search(rb"interrupted: (\d+) of 60 done; go on with --resume\r\n", told)
    assert number, told
    assert b"/60" in told
    assert b"Traceback" not in told
    done = len(finished(shell.work / "out"))
    assert 5 <= done < 60
    assert done - int(number[1]) in (0, 1)  # the last one may be in the ledger and not yet in the count
    assert not [name for name in results(shell.work / "out") if Path(name).name.startswith(".")]
    outcome = shell.process("batch", "in", "out", *QUICK, "--resume")
    assert outcome.code == 0
    assert f"  kept     {done} finished earlier" in outcome.out


def test_ctrl_c_is_an_error_for_a_program_that_reads_json(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, progress: Callable[[Tally], None], **__: object) -> None:
        progress(Tally(total=60, done=5))
        raise KeyboardInterrupt

    monkeypatch.setattr("apercu.folders.enlarge_folder", stopped)
    outcome = shell.call("batch", ".", "-o", "out", *QUICK, "--json")
    assert (outcome.code, outcome.err) == (130, "\ninterrupted: 5 of 60 done; go on with --resume\n")
    assert json.loads(outcome.out)["error"] == {
        "code": "interrupted",
        "message": "interrupted: 5 of 60 done; go on with --resume",
        "hint": "Run the same command with --resume.",
    }


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_finished_batch_is_not_begun_again_by_mistake(shell: Shell) -> None:
    draw(shell.work / "in", 2)
    shell.call("batch", "in", "out", *QUICK)
    said = refuses(shell, OutputError, "holds the ledger of an earlier batch", "batch", "in", "out", *QUICK)
    assert "--resume" in said
    assert "--overwrite" in said


def test_other_parameters_are_told_and_do_everything_again(shell: Shell) -> None:
    draw(shell.work / "in", 2)
    shell.call("batch", "in", "out", *QUICK)
    outcome = shell.call("batch", "in", "out", "--scale", "3", "--model", "bicubic", "--resume")
    assert outcome.code == 0
    assert outcome.err == "warning: another scale than before: what was finished was done again\n"
    assert read_image(shell.work / "out" / "000.png").size == (48, 48)


@pytest.mark.parametrize(
    ("error", "said", "arguments"),
    [
        (InputError, "got none", ("in", "--scale", "2")),
        (InputError, "got two", ("in", "out", "-o", "out", "--scale", "2")),
        (InputError, "none does not exist", ("none", "out", "--scale", "2")),
        (InputError, "in.png is a file", ("in.png", "out", "--scale", "2")),
        (InputError, "there is no picture in", ("empty", "out", "--scale", "2")),
        (InputError, "a.heic and a.png would both become a.png", ("two", "out", "--scale", "2")),
        (OutputError, "in is the folder of the pictures itself", ("in", "in", "--scale", "2")),
        (OutputError, "is a folder around", ("in", ".", "--scale", "2")),
        (OutputError, "in.png is a file", ("in", "in.png", "--scale", "2")),
        (OutputError, "has HEIC, which is read but not written", ("in", "out", "--scale", "2", "--format", "heic")),
        (ShapeError, "neither a factor nor a size", ("in", "out")),
        (ShapeError, "factor 65 is out of range", ("in", "out", "--scale", "65")),
        (UnknownModelError, "no model is called 'lif'", ("in", "out", "--scale", "2", "--model", "lif")),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(
    error: type[InputError], said: str, arguments: tuple[str, ...], shell: Shell
) -> None:
    draw(shell.work / "in", 1)
    (shell.work / "empty").mkdir()
    (shell.work / "empty" / "x.txt").touch()
    (shell.work / "two").mkdir()
    for name in ("a.heic", "a.png"):
        (shell.work / "two" / name).touch()
    refuses(shell, error, said, "batch", *arguments)


def test_without_ray_the_option_says_how_to_install_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(shell.work / "in", 1)
    monkeypatch.setitem(sys.modules, "ray", None)  # as the import system notes a package that is not there
    arguments = ("batch", "in", "out", "--scale", "2", "--ray", "local")
    said = refuses(shell, MissingDependencyError, "Ray, which is not installed", *arguments)
    assert "pip install 'apercu[ray]'" in said


def test_help_and_a_batch_without_ray_load_only_what_they_need(shell: Shell) -> None:
    draw(shell.work / "in", 1)
    heavy = ("numpy", "onnxruntime", "pyvips", "scipy", "torch", "ray")
    for arguments, never in ((("batch", "--help"), heavy), (("batch", "in", "out", *QUICK), ("ray", "torch"))):
        program = (
            "import sys; from apercu.interfaces.cli import main\n"
            f"sys.argv = ['apercu', *{arguments}]\n"
            "if __name__ == '__main__':\n"
            "    try: main()\n"
            "    except SystemExit as end: assert not end.code\n"
            f"    print('loaded', [name for name in {never} if name in sys.modules])"
        )
        done = subprocess.check_output([sys.executable, "-c", program], cwd=shell.work, env=shell.env, text=True)
        assert done.splitlines()[-1] == "loaded []"


# --- the end comes at any moment --------------------------------------------------------------------------------------


@posix
def test_two_hundred_pictures_killed_three_times_are_done_once_each_and_byte_for_byte(shell: Shell) -> None:
    draw(shell.work / "in", 200)
    assert shell.process("batch", "in", "calm", *QUICK, "--jobs", "2").code == 0
    chance = random.Random()  # another moment in every run; the property holds for all of them
    out = shell.work / "out"
    at_kills = []
    for share in sorted(chance.randint(1, 180) for _ in range(3)):
        process = started(shell, "in", "out", *QUICK, "--jobs", "2", "--resume")
        wait_until_finished(process, out, share)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        at_kills.append(finished(out))
    outcome = shell.process("batch", "in", "out", *QUICK, "--jobs", "2", "--resume")
    assert outcome.code == 0, outcome
    assert results(out) == results(shell.work / "calm")
    lines = ledger(out)
    done, begun = (Counter(str(line[kind]) for line in lines if kind in line) for kind in ("done", "begin"))
    assert len(done) == 200
    assert set(done.values()) == {1}
    assert sum(begun.values()) <= 200 + 3 * 2  # what was begun twice was in one of two processes at one of three kills
    assert f"kept     {len(at_kills[-1])} finished earlier" in outcome.out


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers through /proc")
def test_a_worker_that_is_killed_takes_neither_the_batch_nor_its_picture_along(shell: Shell) -> None:
    draw(shell.work / "in", 80)
    assert shell.process("batch", "in", "calm", *QUICK).code == 0
    process = started(shell, "in", "out", *QUICK, "--jobs", "2")
    wait_until_finished(process, shell.work / "out", 10)
    os.kill(random.choice(workers_of(process.pid)), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert b"out: 80 of 80 pictures" in out
    assert results(shell.work / "out") == results(shell.work / "calm")


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers through /proc")
def test_workers_end_when_only_the_command_itself_is_killed(shell: Shell) -> None:
    draw(shell.work / "in", 80)
    process = started(shell, "in", "out", *QUICK, "--jobs", "2")
    wait_until_finished(process, shell.work / "out", 5)
    assert len(workers_of(process.pid)) == 2
    process.kill()
    process.communicate(timeout=20)  # returns when the last process that holds its output has ended
    assert shell.process("batch", "in", "out", *QUICK, "--resume").code == 0


def workers_of(command: int) -> list[int]:
    """The worker processes of a batch."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = re.search(r"^PPid:\s+(\d+)$", status.read_text(), re.MULTILINE)
            if parent and int(parent[1]) == command and b"spawn_main" in (status.parent / "cmdline").read_bytes():
                found.append(int(status.parent.name))
        except OSError:  # a process that has just ended
            continue
    return found


@posix
def test_a_link_among_the_results_never_leads_back_to_the_pictures(shell: Shell) -> None:
    draw(shell.work / "in" / "sub", 1)
    original = next((shell.work / "in" / "sub").iterdir()).read_bytes()
    (shell.work / "out").mkdir()
    (shell.work / "out" / "sub").symlink_to("../in/sub")
    outcome = shell.call("batch", "in", "-o", "out", "--scale", "2", "--model", "bicubic", "--overwrite", "--resume")
    assert outcome.code == EXIT_CODES[RunError]
    assert "through a link" in outcome.out
    assert next((shell.work / "in" / "sub").iterdir()).read_bytes() == original
