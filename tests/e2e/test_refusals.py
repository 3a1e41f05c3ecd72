"""How the command refuses: one line that says what and what to do, the code of the table, nothing written or lost.

Most calls run in this process through the command's own entry point; each family also runs as a process of its own.
"""

from __future__ import annotations

import json
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shell import QUESTION, Shell, refuses

from apercu.errors import (
    EXIT_CODES,
    ApercuError,
    BriefError,
    ImageError,
    InputError,
    ModelError,
    OutputError,
    PlanError,
    QuestionError,
    ShapeError,
    UnknownModelError,
    WeightsError,
)  # fmt: skip
from apercu.image import Image, read_image, write_image

pytestmark = pytest.mark.e2e


# --- bad pictures -----------------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(*, whole: bool) -> bytes:
    """A PNG of 30000 x 30000 one-bit pixels: only its header, or all of it, packed a thousandfold."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 1, 0, 0, 0, 0))
    if not whole:
        return head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(b"\0" * 3751 * 100) for _ in range(300)) + packer.flush()
    return head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def cut_jpeg(folder: Path) -> bytes:
    rng = np.random.default_rng(0)
    write_image(Image.of(rng.random((40, 40, 3), np.float32)), folder / "whole.jpg")
    data = (folder / "whole.jpg").read_bytes()
    (folder / "whole.jpg").unlink()
    return data[: len(data) // 2]


BAD_PICTURES: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "text.png": (lambda folder: b"This is a letter and not a picture.\n", "is not a picture"),
    "cut.png": (lambda folder: (folder / "in.png").read_bytes()[:-30], "is damaged, cut short"),
    "cut.jpg": (cut_jpeg, "is damaged, cut short"),
    "empty.png": (lambda folder: b"", "is empty (0 bytes)"),
    "header.png": (lambda folder: bomb(whole=False), "has 30000 x 30000 pixels; at most "),
    "bomb.png": (lambda folder: bomb(whole=True), "has 30000 x 30000 pixels; at most "),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_file_that_is_no_usable_picture_is_refused(name: str, shell: Shell) -> None:
    make, said = BAD_PICTURES[name]
    (shell.work / name).write_bytes(make(shell.work))
    refuses(shell, ImageError, said, "enlarge", name, "-o", "out.png", "--scale", "2", real=name == "bomb.png")
    refuses(shell, ImageError, said, "check", "in.png", name)
    refuses(shell, ImageError, said, "ask", QUESTION, "--image", name)


def test_a_folder_and_a_missing_file_are_refused_as_pictures(shell: Shell) -> None:
    (shell.work / "folder.png").mkdir()
    refuses(shell, ImageError, "is a folder", "enlarge", "folder.png", "-o", "out.png", "--scale", "2")
    refuses(shell, ImageError, "is a folder", "enlarge", ".", "--scale", "2")
    refuses(shell, ImageError, "does not exist", "enlarge", "missing.png", "--scale", "2")


def test_a_picture_without_permission_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.call("enlarge", "in.png", "-o", "warm.png", "--scale", "2", "--model", "bicubic")
    (shell.work / "in.png").chmod(0)
    if os.geteuid() == 0:  # an administrator may read everything: open it as somebody else would
        real = os.stat

        def refuse(path: Any, *rest: Any, **options: Any) -> os.stat_result:
            if str(path) == "in.png":
                raise PermissionError(13, "Permission denied")
            return real(path, *rest, **options)

        monkeypatch.setattr("apercu.image.files.os.stat", refuse)
    outcome = shell.call("enlarge", "in.png", "-o", "out.png", "--scale", "2")
    assert outcome.code == EXIT_CODES[ImageError]
    assert outcome.err.startswith("error: in.png cannot be opened: Permission denied. ")
    assert not (shell.work / "out.png").exists()


# --- bad factors and sizes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scale", "0"), "--scale 0 is below 1"),
        (("--scale", "-1"), "--scale -1 is below 1"),
        (("--scale", "0.5"), "--scale 0.5 is below 1"),
        (("--scale", "2x0.5"), "--scale 2x0.5 is below 1"),
        (("--scale", "nan"), "--scale 'nan' is not a factor"),
        (("--scale", "inf"), "--scale 'inf' is not a factor"),
        (("--scale", "abc"), "--scale 'abc' is not a factor"),
        (("--scale", ""), "--scale '' is not a factor"),
        (("--scale", "2x2x2"), "is not a factor"),
        (("--scale", "1000"), "expected 1 to 64"),
        (("--scale", "2", "--size", "24x20"), "both --scale and --size"),
        (("--size", "0x0"), "--size '0x0' is not a size"),
        (("--size", "24"), "--size '24' is not a size"),
        (("--size", "-24x20"), "is not a size"),
        (("--size", "6x5"), "does not shrink"),
        (("--size", "24x5"), "does not shrink"),
        (("--size", "999999x999999"), "expected 1 to 64 times"),
        ((), "neither a factor nor a size"),
    ],
)
def test_a_factor_or_size_that_makes_no_sense_is_refused(options: tuple[str, ...], said: str, shell: Shell) -> None:
    real = options in (("--scale", "nan"), ("--size", "6x5"))
    refuses(shell, ShapeError, said, "enlarge", "in.png", "-o", "out.png", *options, real=real)


@pytest.mark.parametrize("options", [("--scale", "2"), ("--size", "24x20"), ("--faithful",)])
def test_options_for_a_picture_need_one(options: tuple[str, ...], shell: Shell) -> None:
    refuses(shell, ShapeError, "need a picture", "ask", QUESTION, *options)


def test_a_report_is_not_opened_where_none_is_written(shell: Shell) -> None:
    refuses(shell, InputError, "--open needs a report", "ask", QUESTION, "--open")


def test_check_wants_the_small_picture_first(shell: Shell) -> None:
    shell.call("enlarge", "in.png", "-o", "out.png", "--scale", "2", "--model", "bicubic")
    refuses(shell, ShapeError, "is smaller than", "check", "out.png", "in.png")


# --- bad outputs ------------------------------------------------------------------------------------------------------


def test_an_output_that_cannot_be_written_is_refused(shell: Shell) -> None:
    (shell.work / "old.png").write_bytes(b"precious")
    (shell.work / "folder.png").mkdir()
    for output, said in (
        ("old.png", "old.png exists"),
        ("in.png", "in.png exists"),
        ("missing/out.png", "the folder missing does not exist"),
        ("out.xyz", "has the suffix '.xyz'"),
        ("out", "has the suffix ''"),
        ("folder.png", "is a folder"),
    ):
        refuses(shell, OutputError, said, "enlarge", "in.png", "-o", output, "--scale", "2", real=output == "old.png")


def test_overwrite_replaces_a_file_and_the_input_itself(shell: Shell) -> None:
    (shell.work / "old.png").write_bytes(b"precious")
    for output in ("old.png", "in.png"):
        arguments = ("enlarge", "in.png", "-o", output, "--scale", "2", "--model", "bicubic", "--overwrite")
        assert shell.call(*arguments).code == 0
        assert read_image(shell.work / output).size == (20, 24)


def test_transparency_into_jpeg_is_refused(shell: Shell) -> None:
    pixels = np.asarray(read_image(shell.work / "in.png").pixels)
    write_image(Image.of(pixels, alpha=np.full((10, 12), 0.5, np.float32)), shell.work / "clear.png")
    refuses(shell, OutputError, "transparency", "enlarge", "clear.png", "-o", "out.jpg", "--scale", "2")


def test_a_report_never_replaces_an_earlier_one_unasked(shell: Shell) -> None:
    arguments = ("answer", "prompt.txt", "--image", "in.png", "--out", "report")
    assert shell.call(*arguments).code == 0
    refuses(shell, OutputError, "exists already", *arguments)
    assert shell.call(*arguments, "--overwrite").code == 0
    refuses(shell, OutputError, "cannot be made", "answer", "prompt.txt", "--out", "missing/report")
    refuses(shell, OutputError, "cannot be made", "answer", "prompt.txt", "--out", "in.png")


# --- bad questions, prompts, plans, models ----------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "  \t ", "?!... --", "123"])
@pytest.mark.parametrize("command", ["ask", "recommend", "plan"])
def test_a_question_without_words_is_refused(command: str, question: str, shell: Shell) -> None:
    refuses(shell, QuestionError, "expected a sentence", command, question, real=(command, question) == ("ask", ""))


def test_a_question_about_no_picture_makes_no_plan_and_takes_no_picture(shell: Shell) -> None:
    question = "How long do I boil an egg?"
    refuses(shell, QuestionError, "nothing that can be run", "plan", question)
    refuses(shell, QuestionError, "nothing that can be run", "ask", question, "--image", "in.png")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.txt", b"", "empty"),
        ("none.txt", b"### Recommended AI Models:\nModel: x\n", "no question"),
        ("binary.txt", bytes(range(256)), "not UTF-8"),
        ("nul.txt", b"A user has asked the following question:\nwhy\0?", "NUL"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused(name: str, data: bytes, said: str, shell: Shell) -> None:
    (shell.work / name).write_bytes(data)
    refuses(shell, BriefError, said, "answer", name, real=name == "none.txt")


def test_a_folder_and_a_missing_file_are_refused_as_prompts(shell: Shell) -> None:
    refuses(shell, BriefError, "directory", "answer", ".")
    refuses(shell, BriefError, "No such file", "answer", "missing.txt", "--image", "in.png")


def test_an_unknown_model_is_refused_with_the_nearest_names(shell: Shell) -> None:
    err = refuses(
        shell, UnknownModelError, "no model is called 'lif-edsr'", "enlarge", "in.png", "--scale", "2",
        "--model", "lif-edsr", real=True,
    )  # fmt: skip
    assert "liif-edsr" in err


def test_a_model_without_its_weights_says_which_file_it_needs(shell: Shell) -> None:
    err = refuses(shell, WeightsError, "no trained weights", "enlarge", "in.png", "--scale", "2", "--model", "liif-rdn")
    assert "rdn-liif.pth" in err
    assert "apercu models add" in err


def test_a_model_that_does_not_enlarge_is_refused(shell: Shell) -> None:
    refuses(shell, ModelError, "does not enlarge", "enlarge", "in.png", "--scale", "2", "--model", "ldm-inpainting")


def test_a_text_file_is_refused_as_weights(shell: Shell) -> None:
    (shell.work / "weights.pth").write_text("These are no weights.\n")
    before = shell.files()
    outcome = shell.process("models", "add", "weights.pth")
    assert outcome.code == EXIT_CODES[WeightsError]
    assert re.fullmatch(r"error: [^\n]*weights\.pth[^\n]*\n", outcome.err)
    told = shell.call("models", "add", "weights.pth", "--json")
    assert json.loads(told.out)["error"]["code"] == "weights"
    assert shell.files() == before


LOAD = {"id": "load", "op": "load"}
LOOP = ("ab", "ba")


@pytest.mark.parametrize(
    ("plan", "error", "said"),
    [
        ('{"nodes": [', InputError, "not valid JSON"),
        ("[]", PlanError, "expected an object"),
        ('{"nodes": [{"id": "load"}]}', PlanError, "op: field required"),
        ({"nodes": []}, PlanError, "it has no nodes"),
        ({"nodes": [{"id": "load", "op": "lod"}]}, PlanError, "no op is named 'lod', did you mean 'load'"),
        (
            {"nodes": [LOAD, *({"id": a, "op": "apply", "params": {"model": "x"}, "inputs": [b]} for a, b in LOOP)]},
            PlanError, "these nodes wait for each other: 'a' -> 'b' -> 'a'",
        ),
        (
            {"nodes": [LOAD, {"id": "m", "op": "measure", "params": {"kernel": "x"}, "inputs": ["load", "load"]}]},
            PlanError, "kernel is 'x', expected one of bicubic",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_is_wrong_is_refused(plan: Any, error: type[ApercuError], said: str, shell: Shell) -> None:
    (shell.work / "plan.json").write_text(plan if isinstance(plan, str) else json.dumps(plan))
    arguments = ("run", "plan.json", "--image", "in.png", "-o", "out.png")
    refuses(shell, error, said, *arguments, real="wait" in said)


@pytest.mark.parametrize("line", ["not json", '{"q": "x"}', '{"question": 3}', "[]", '{"question": "?"}'])
def test_a_bad_line_in_a_file_of_questions_becomes_an_error_with_its_number_and_the_rest_is_answered(
    line: str, shell: Shell
) -> None:
    good = '{"question": "How do I double a photo?"}'
    (shell.work / "many.jsonl").write_text(f"\n{good}\n{line}\n{good}\n")
    outcome = shell.call("recommend", "--questions", "many.jsonl")
    first, refused, last = (json.loads(printed) for printed in outcome.out.splitlines())
    assert (outcome.code, outcome.err) == (EXIT_CODES[QuestionError], "")
    assert refused["error"].keys() == {"code", "message", "hint"}
    assert refused["error"]["code"] == QuestionError.code
    assert refused["error"]["message"].startswith("line 3: the ")
    assert first == last
    assert first["abstained"] is False


def test_a_file_of_questions_without_an_end_of_line_is_not_read_whole(shell: Shell) -> None:
    (shell.work / "many.jsonl").write_bytes(b"x" * 3_000_000)
    said = "line 1 of many.jsonl has 1,000,000 characters"
    refuses(shell, QuestionError, said, "recommend", "--questions", "many.jsonl")


@pytest.mark.parametrize("command", ["ask", "recommend", "plan"])
def test_a_question_with_half_a_character_is_refused(command: str, shell: Shell) -> None:
    refuses(shell, QuestionError, "a lone surrogate", command, "Make this icon 2x larger \udcff")


def test_many_questions_are_not_made_into_prompts(shell: Shell) -> None:
    (shell.work / "many.jsonl").write_text('{"question": "How do I double a photo?"}\n')
    arguments = ("recommend", "--questions", "many.jsonl", "--format", "prompt")
    refuses(shell, InputError, "--format prompt was given", *arguments)


def test_recommend_wants_either_a_question_or_a_file(shell: Shell) -> None:
    refuses(shell, QuestionError, "got neither", "recommend")
    refuses(shell, QuestionError, "got both", "recommend", QUESTION, "--questions", "many.jsonl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("frobnicate",), "No such command 'frobnicate'"),
        (("enlarge", "in.png", "--scael", "2"), "No such option"),
        (("enlarge",), "Missing argument"),
        (("enlarge", "in.png", "--preview", "--model", "bicubic"), "--preview takes the quick model, and --model"),
        (("answer", "prompt.txt", "--level", "open"), "'open' is not one of"),
    ],
)
def test_a_command_line_that_is_wrong_is_refused_like_everything_else(
    arguments: tuple[str, ...], said: str, shell: Shell
) -> None:
    refuses(shell, InputError, said, *arguments, real=arguments == ("enlarge",))


def test_a_setting_that_is_wrong_is_refused(shell: Shell) -> None:
    shell.env["APERCU_THREADS"] = "many"
    outcome = shell.process("models")
    assert outcome.code == EXIT_CODES[InputError]
    assert outcome.err.startswith("error: setting threads = 'many': ")


def test_a_plan_that_is_not_there_is_named_also_where_no_picture_is(shell: Shell) -> None:
    refuses(shell, InputError, "the plan nosuch cannot be read", "run", "nosuch")
    (shell.work / "plan.json").write_text(shell.call("plan", QUESTION, "--json").out)
    refuses(shell, InputError, "no picture was named", "run", "plan.json")
