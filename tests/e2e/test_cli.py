"""The command as a person uses it: what it prints, what it writes, and what it loads."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shell import COMMAND, QUESTION, Shell

from apercu import __version__
from apercu.errors import EXIT_CODES, CatalogueError, OutputError
from apercu.image import Image, read_image, write_image
from apercu.question.prompt import write_prompt
from apercu.records import Brief, BriefEntry

pytestmark = pytest.mark.e2e


# --- happy paths ------------------------------------------------------------------------------------------------------


def test_enlarge_writes_the_picture_and_says_what_was_kept_and_added(shell: Shell) -> None:
    outcome = shell.process("enlarge", "in.png", "-o", "out.png", "--scale", "3.7", "--model", "liif-edsr")
    assert (outcome.code, outcome.err) == (0, "")
    assert read_image(shell.work / "out.png").size == (37, 44)
    first, kept, added = outcome.out.splitlines()
    assert first.startswith("out.png: 44 x 37 pixels by liif-edsr in ")
    assert kept.startswith("  kept   ")
    assert added.startswith("  added  ")


def test_with_one_thread_the_quick_model_is_taken_and_said_unless_one_is_named(shell: Shell) -> None:
    shell.env["APERCU_THREADS"] = "1"
    quick = shell.process("enlarge", "in.png", "-o", "out.png", "--scale", "2", "--json")
    assert json.loads(quick.out)["model"] == "liif-fast"
    assert quick.err == "note: liif-fast is taken, since there is one processor thread; --model names another\n"
    named = shell.process("enlarge", "in.png", "-o", "plain.png", "--scale", "2", "--json", "--model", "bicubic")
    assert (json.loads(named.out)["model"], named.err) == ("bicubic", "")


def test_a_preview_is_made_by_the_quick_model_and_says_that_it_is_one(shell: Shell) -> None:
    outcome = shell.call("enlarge", "in.png", "-o", "out.png", "--scale", "2", "--preview")
    assert outcome.err.startswith("note: this is a preview by liif-fast;")
    assert outcome.err.count("\n") == 1
    assert outcome.out.startswith("out.png: 24 x 20 pixels by liif-fast in ")


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("--scale", "2"), (20, 24)),
        (("--scale", "2x"), (20, 24)),
        (("--scale", "2x1.5"), (15, 24)),
        (("--size", "24x30"), (30, 24)),
        (("--scale", "1"), (10, 12)),
    ],
)
def test_enlarge_as_json_for_every_way_to_say_how_large(
    options: tuple[str, ...], size: tuple[int, int], shell: Shell
) -> None:
    found = json.loads(shell.call("enlarge", "in.png", "-o", "o.png", "--model", "bicubic", "--json", *options).out)
    assert tuple(found["size"]) == size == read_image(shell.work / "o.png").size


def test_enlarge_without_an_output_writes_beside_the_picture(shell: Shell) -> None:
    assert shell.call("enlarge", "in.png", "--scale", "2", "--model", "bicubic", "--faithful").code == 0
    assert (shell.work / "in-large.png").is_file()


def test_check_audits_what_any_tool_made(shell: Shell) -> None:
    shell.call("enlarge", "in.png", "-o", "out.png", "--scale", "2", "--model", "lanczos")
    outcome = shell.call("check", "in.png", "out.png", "--map", "map.png")
    assert outcome.code == 0
    assert outcome.out.startswith("out.png is 2 x 2 times in.png (width x height)\n  kept     ")
    assert "  problem  none found\n  map      map.png\n" in outcome.out
    assert read_image(shell.work / "map.png").size == (20, 24)
    assert json.loads(shell.call("check", "in.png", "out.png", "--kernel", "box", "--json").out)["kernel"] == "box"


def test_answer_prints_markdown_or_json_and_writes_nothing(shell: Shell) -> None:
    before = shell.files()
    outcome = shell.process("answer", "prompt.txt")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"# {QUESTION}\n")
    found = json.loads(shell.call("answer", "prompt.txt", "--level", "prompt", "--json").out)
    assert found["level"] == "prompt"
    assert found["sources"][0]["verdict"] == "direct"
    assert shell.files() == before


def test_answer_with_a_picture_runs_and_writes_a_report(shell: Shell) -> None:
    outcome = shell.call("answer", "prompt.txt", "--image", "in.png", "--out", "report")
    assert outcome.code == 0
    assert outcome.err.startswith("warning: liif-rdn was skipped: ")
    assert outcome.err.count("\n") == 1
    assert outcome.out.splitlines()[-1] == f"Report: {shell.work / 'report' / 'report.html'}"
    assert sorted(path.name for path in (shell.work / "report").iterdir()) == [
        "answer.json", "answer.md", "enlarged.png", "plan.json", "report.html",
    ]  # fmt: skip


def test_a_run_in_which_no_model_worked_says_so(shell: Shell) -> None:
    brief = Brief(
        question="Fill the hole in my photo (inpainting)", models=(BriefEntry(name="Inpainting-LatentDiffusion"),)
    )
    (shell.work / "fill.txt").write_text(write_prompt(brief), "utf-8")
    outcome = shell.call("answer", "fill.txt", "--image", "in.png", "--out", "report")
    assert outcome.code == 0
    assert "enlarged.png: 12 x 10 pixels, no model worked on it, in " in outcome.out
    assert "none" not in outcome.out


def test_ask_takes_a_new_folder_each_time_unless_one_is_named(shell: Shell) -> None:
    for folder in ("apercu-in", "apercu-in-2"):
        outcome = shell.call("ask", QUESTION, "--image", "in.png", "--scale", "1.5", "--prefer", "licence")
        assert outcome.code == 0
        assert "\nIn short: nothing is predicted for this picture: it has a side of less than 12 pixels." in outcome.out
        assert "\nIn short: why liif-edsr? You prefer licence (+0.20): its licence is " in outcome.out
        assert read_image(shell.work / folder / "enlarged.png").size == (15, 18)
    assert json.loads(shell.call("ask", QUESTION, "--json").out)["level"] == "open"


def test_recommend_as_text_as_json_as_a_prompt_and_for_many_questions(shell: Shell) -> None:
    assert "liif-edsr (runs, score " in shell.call("recommend", QUESTION).out
    assert json.loads(shell.call("recommend", QUESTION, "--json").out)["models"][0]["id"] == "liif-edsr"
    prompt = shell.call("recommend", QUESTION, "--format", "prompt").out
    (shell.work / "made.txt").write_text(prompt, "utf-8")
    assert (
        json.loads(shell.call("recommend", QUESTION, "--format", "prompt", "--json").out)["prompt"].strip()
        == prompt.strip()
    )
    assert json.loads(shell.call("answer", "made.txt", "--json").out)["question"] == QUESTION
    lines = [json.dumps({"question": question}) for question in (QUESTION, "How do I boil an egg?")]
    (shell.work / "many.jsonl").write_text("\n".join([lines[0], "", lines[1]]), "utf-8")
    found = [
        json.loads(line) for line in shell.call("recommend", "--questions", "many.jsonl", "--json").out.splitlines()
    ]
    assert [recommendation["abstained"] for recommendation in found] == [False, True]


def test_a_plan_is_drawn_in_every_form_and_the_json_one_runs(shell: Shell) -> None:
    assert "liif-edsr" in shell.call("plan", QUESTION).out
    assert shell.call("plan", QUESTION, "--format", "mermaid").out.startswith("flowchart")
    assert shell.call("plan", QUESTION, "--format", "svg").out.startswith("<svg")
    (shell.work / "plan.json").write_text(shell.call("plan", QUESTION, "--scale", "1.5", "--json").out, "utf-8")
    outcome = shell.call("run", "plan.json", "--image", "in.png", "-o", "out.png")
    assert outcome.code == 0
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [
        [name, "done"] for name in ("load", "inspect", "liif-edsr", "bicubic", "choose", "measure", "save")
    ]
    again = shell.call("run", "plan.json", "--image", "in.png", "-o", "out.png", "--overwrite", "--json")
    assert json.loads(again.out)["size"] == [15, 18]


def test_a_recommendation_shows_the_first_few_unless_all_are_asked_for(shell: Shell) -> None:
    first, every = (shell.call("recommend", "enlarge my photo 3x", *more).out for more in ((), ("--all",)))
    assert every.startswith(first[: first.index("\nPapers:")])
    assert first.count(", score ") == 6 < every.count(", score ")
    assert re.search(r"\n\d+ more models and \d+ more papers: --all\n$", first)
    assert "--all" not in every
    assert first.index("only differences count.\n\nliif-edsr (runs, score ") > 0
    assert "score" not in shell.call("recommend", "How do I boil an egg?").out


def test_a_plan_says_what_of_the_question_it_leaves_out(shell: Shell) -> None:
    said = shell.call("plan", "enlarge my photo 2x and remove the noise").err
    assert said == "note: the question also asks for removing noise; the workflow does not do that.\n"
    assert shell.call("plan", QUESTION).err == ""


def test_models_says_what_runs_and_what_a_model_needs(shell: Shell) -> None:
    text = shell.call("models").out
    assert re.search(r"^liif-edsr +runs +SISR-Any-LIIF-EDSR$", text, re.MULTILINE)
    assert re.search(r"^liif-rdn +needs-file ", text, re.MULTILINE)
    listed = json.loads(shell.call("models", "--json").out)["models"]
    assert {model["id"]: model["status"] for model in listed}["ldm-inpainting"] == "described"


def test_version_and_help(shell: Shell) -> None:
    assert shell.call("--version").out == f"apercu {__version__}\n"
    assert "enlarge" in shell.process("--help").out
    assert shell.call("enlarge", "-h").code == 0


# --- the terminal, signals, pipes, what is loaded ---------------------------------------------------------------------


def test_names_with_control_characters_do_not_steer_the_terminal(shell: Shell) -> None:
    name = "a\x1b[31m\u202eb.png"
    (shell.work / "in.png").rename(shell.work / name)
    outcome = shell.call("enlarge", name, "-o", f"out-{name}", "--scale", "2", "--model", "bicubic")
    assert outcome.code == 0
    refused = shell.call("enlarge", f"missing{name}", "-o", "o.png", "--scale", "2")
    for printed in (outcome.out, refused.err):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", printed)


def test_json_holds_no_character_that_steers_the_terminal(shell: Shell) -> None:
    question = "Make this icon 2x larger\x9b31m\u202e"
    for arguments in (("ask", question), ("enlarge", question, "-o", "o.png", "--scale", "2")):
        printed = shell.call(*arguments, "--json").out
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", printed)
        assert "\\u009b31m\\u202e" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not have such names")
def test_a_picture_whose_name_is_not_utf_8_is_used_like_any_other(shell: Shell) -> None:
    name = os.fsdecode(b"\xff.png")
    (shell.work / "in.png").rename(shell.work / name)
    enlarged = shell.call("enlarge", name, "-o", f"large-{name}", "--scale", "2", "--model", "bicubic", "--json")
    assert (enlarged.code, json.loads(enlarged.out)["input"]) == (0, "\ufffd.png")
    checked = shell.call("check", name, f"large-{name}", "--json")
    assert (checked.code, json.loads(checked.out)["output"]) == (0, "large-\ufffd.png")
    answered = shell.call("answer", "prompt.txt", "--image", name, "--out", "report")
    assert answered.code == 0
    assert "\ufffd.png" in (shell.work / "report" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_report_that_is_not_finished_takes_its_new_folder_away(
    error: type[BaseException], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shell.files()
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if target.name == "answer.json":
            raise error
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    outcome = shell.call("answer", "prompt.txt", "--image", "in.png", "--out", "report", "--json")
    assert outcome.code == (130 if error is KeyboardInterrupt else EXIT_CODES[OutputError])
    told = json.loads(outcome.out)["error"]
    assert told["code"] == ("interrupted" if error is KeyboardInterrupt else OutputError.code)
    assert shell.files() == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_ctrl_c_ends_a_long_enlargement_and_leaves_nothing_behind(shell: Shell) -> None:
    rng = np.random.default_rng(0)
    write_image(Image.of(rng.random((400, 400, 3), np.float32)), shell.work / "large.png")
    before = shell.files()
    terminal, its_end = pty.openpty()
    arguments = [*COMMAND, "enlarge", "large.png", "-o", "out.png", "--scale", "8"]
    with subprocess.Popen(arguments, cwd=shell.work, env=shell.env, stdout=subprocess.PIPE, stderr=its_end) as process:
        os.close(its_end)
        seen = os.read(terminal, 1)  # the progress bar: the work has begun
        process.send_signal(signal.SIGINT)
        told = seen
        try:
            while more := os.read(terminal, 4096):
                told += more
        except OSError:  # the process has let go of the terminal
            pass
        assert process.wait(timeout=20) == 130
    os.close(terminal)
    assert b"interrupted: nothing was left half-written" in told
    assert b"Traceback" not in told
    assert shell.files() == before


@pytest.mark.parametrize("arguments", [("answer", "prompt.txt"), ("models",), ("recommend", "--questions", "q.jsonl")])
def test_a_reader_who_has_seen_enough_gets_no_complaint(arguments: tuple[str, ...], shell: Shell) -> None:
    (shell.work / "q.jsonl").write_text(json.dumps({"question": QUESTION}) + "\n")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=shell.work, env=shell.env, stdout=closed, stderr=subprocess.PIPE,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_the_output_is_one_line(shell: Shell) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "models"], cwd=shell.work, env=shell.env, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == EXIT_CODES[OutputError]
    assert re.fullmatch(rb"error: [^\n]*No space left on device[^\n]*\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (("--help",), ("numpy", "onnxruntime", "pyvips", "scipy", "torch")),
        (("enlarge", "--help"), ("numpy", "onnxruntime", "pyvips", "scipy", "torch")),
        (("answer", "prompt.txt"), ("onnxruntime", "torch", "pyvips", "scipy")),
        (("enlarge", "in.png", "--scale", "2"), ("torch",)),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: tuple[str, ...], never: tuple[str, ...], shell: Shell) -> None:
    program = (
        "import sys; from apercu.interfaces.cli import main\n"
        f"sys.argv = ['apercu', *{arguments}]\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        f"print('loaded', [name for name in {never} if name in sys.modules])"
    )
    out = subprocess.check_output([sys.executable, "-c", program], cwd=shell.work, env=shell.env, text=True, timeout=60)
    assert out.splitlines()[-1] == "loaded []"


def test_a_team_imports_its_catalogue_is_recommended_from_it_and_forgets_it(shell: Shell) -> None:
    lines = ["id,task,factors,content,licence", "Hub-Sharp-3x,super_resolution,3,ui,MIT"]
    (shell.work / "hub.csv").write_text("\n".join(lines), "utf-8")
    assert json.loads(shell.call("models", "import", "hub.csv", "--json").out) == {
        "catalogue": "hub", "models": ["Hub-Sharp-3x"]
    }  # fmt: skip
    found = json.loads(
        shell.call("recommend", "make this icon 3x larger", "--catalogue", "hub", "--prefer", "licence", "--json").out
    )
    assert [model["id"] for model in found["models"]] == ["Hub-Sharp-3x"]
    assert any("You prefer licence" in reason for reason in found["models"][0]["for"])
    assert "Hub-Sharp-3x" in shell.call("models", "--task", "super_resolution").out
    assert "MIT" in shell.call("models", "show", "hub-sharp-3x").out
    assert "Imported catalogues: hub (1);" in shell.call("models", "--all").out
    (shell.work / "hub.csv").write_text("\n".join([lines[0], lines[1].replace("MIT", "-"), "New,ocr,,,MIT"]), "utf-8")
    assert shell.call("models", "import", "hub.csv").out.splitlines() == [
        "2 models are in the catalogue hub now (replaced: 1 new, 1 changed): apercu models --all",
        "Licence not known: 1 of them; left out where a free one is asked for.",
    ]
    assert "catalogue hub is forgotten" in shell.call("models", "forget", "hub").out
    assert "\nThe reading is " in shell.call("recommend", QUESTION).out


def test_many_problems_of_a_catalogue_are_cut_for_a_person_and_whole_in_json(shell: Shell) -> None:
    (shell.work / "bad.csv").write_text("id,task\n" + "a\u202e\x1b[31m,ocr\n" * 1_020, "utf-8")
    told = shell.call("models", "import", "bad.csv")
    assert (told.code, told.out) == (EXIT_CODES[CatalogueError], "")
    lines = told.err.splitlines()
    assert lines[0] == "error: bad.csv has 1,020 problems, and nothing of it was imported:"
    assert [line.split(",")[0] for line in lines[1:21]] == [f"  line {number}" for number in range(2, 22)]
    assert lines[21] == "  and 1,000 more; all of them: --json"
    assert len(lines) == 23
    assert "\x1b" not in told.err
    assert r"(given 'a\u202e\x1b[31m')" in lines[1]
    found = json.loads(shell.call("models", "import", "bad.csv", "--json").out)["error"]
    assert len(found["problems"]) == 1_020
    assert len(found["message"]) < 300


def test_a_model_is_listed_by_the_id_that_model_takes_with_its_name_beside_it(shell: Shell) -> None:
    line = next(line for line in shell.call("models", "--all").out.splitlines() if "SISR-Any-LIIF-EDSR" in line)
    assert line.split()[:3] == ["liif-edsr", "runs", "SISR-Any-LIIF-EDSR"]
    listed = json.loads(shell.call("models", "--all", "--json").out)["models"]
    assert ("liif-edsr", "SISR-Any-LIIF-EDSR") in [(model["id"], model["name"]) for model in listed]
    shown = json.loads(shell.call("models", "show", "liif-edsr", "--json").out)
    assert (shown["id"], shown["name"]) == ("liif-edsr", "SISR-Any-LIIF-EDSR")
    assert shell.call("models", "show", "liif-edsr").out.startswith("liif-edsr (SISR-Any-LIIF-EDSR): ")
