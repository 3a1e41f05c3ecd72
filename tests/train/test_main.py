"""`python -m apercu.train` as it is typed: killed, interrupted and gone on with; its errors; its curves."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image
from tiny_set import small_world, tiny_toml

from apercu.errors import EXIT_CODES, InputError, MissingDependencyError, OutputError
from apercu.train.__main__ import main
from apercu.train.curves import draw_curves, nice_ticks
from apercu.train.log import LOG, read_log

STATE = "state.safetensors"


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "apercu.train", *map(str, words)]


def start(*words: str | Path) -> subprocess.Popen[str]:
    """In a session of its own, so that Ctrl-C can be sent to all of its processes, as a terminal does."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command(*words), env=environment, start_new_session=True, **streams)


def finished(*words: str | Path) -> str:
    process = start(*words)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    return out.strip()


def read_until(process: subprocess.Popen[str], words: str, times: int) -> None:
    """Read what the process tells until `words` have been in so many lines."""
    seen = 0
    for line in process.stderr:
        seen += words in line
        if seen == times:
            return
    raise AssertionError(f"the process ended before it told {words!r} {times} times")


def log_of(folder: Path) -> list[dict]:
    return [{k: v for k, v in event.items() if k != "per_second"} for event in read_log(folder / LOG)]


# --- killed and interrupted ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Folder with a set, a training of the real quick network, and what it gives when nothing comes between."""
    pytest.importorskip("torch", reason="training needs the extra `train`")
    folder = tmp_path_factory.mktemp("work")
    small_world(folder / "set")
    (folder / "tiny.toml").write_text(tiny_toml(network="liif-fast", steps=5, bf16=True, validate_every=2))
    digest = finished("fit", folder / "tiny.toml", folder / "set", folder / "whole")
    (folder / "digest").write_text(digest)
    return folder


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_weights_and_log_and_leaves_no_process_behind(work):
    words = ("fit", work / "tiny.toml", work / "set", work / "killed", "--save-every", "0")
    process = start(*words)
    read_until(process, " dB", times=2)  # at step 4; states are written after every step
    process.kill()
    try:
        process.communicate(timeout=100)  # reads to the end, which comes when the last process that could write is gone
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (work / "killed" / "weights.safetensors").exists()
    assert finished(*words) == (work / "digest").read_text()
    assert log_of(work / "killed") == log_of(work / "whole")


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_going_on_gives_the_same_weights(work):
    words = ("fit", work / "tiny.toml", work / "set", work / "interrupted")
    process = start(*words)
    read_until(process, " dB", times=1)
    os.killpg(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"interrupted; the same command goes on from {work / 'interrupted' / STATE}\n" in rest
    assert "Traceback" not in rest
    assert len(rest.splitlines()) <= 4
    assert finished(*words) == (work / "digest").read_text()
    assert log_of(work / "interrupted") == log_of(work / "whole")


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch, capsys):
    """Run a command in this process: (exit code, what it told on stderr)."""

    def run(*words) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["apercu.train", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), capsys.readouterr().err

    return run


def test_a_training_that_is_not_known_is_refused_with_the_known_ones(typed, tmp_path):
    code, err = typed("fit", "liif-huge", tmp_path, tmp_path / "run")
    assert code == EXIT_CODES[InputError]
    assert err.splitlines()[0] == "error: there is no training 'liif-huge'"
    assert "liif-edsr-anew, liif-edsr-art, liif-edsr-art-2, liif-edsr-art-3, liif-edsr-art-4" in err


def test_a_folder_without_pictures_is_one_line_and_a_hint(typed, tmp_path):
    pytest.importorskip("torch", reason="training needs the extra `train`")
    code, err = typed("fit", "liif-fast-begun", tmp_path, tmp_path / "run")
    assert code == EXIT_CODES[InputError]
    first, hint = err.splitlines()
    assert first == f"error: {tmp_path} holds no training pictures: pictures.json cannot be read"
    assert hint == "Make it with `python -m apercu.train prepare FOLDER`."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("network = ", "is not a TOML file"),
        ("steps = 3", "is not a training: network: "),
        (tiny_toml() + "\n[more]", "is not a training: more: "),
        (tiny_toml(steps=0), "is not a training: steps: "),
        (tiny_toml().replace("photo = 0.7", "photos = 0.7"), "is not a training: mix.styles"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_file_that_is_no_training_is_one_line(typed, tmp_path, text: str | None, problem: str):
    pytest.importorskip("torch", reason="training needs the extra `train`")
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text)
    code, err = typed("fit", path, tmp_path, tmp_path / "run")
    assert code == EXIT_CODES[InputError]
    assert err.startswith(f"error: {path} ")
    assert problem in err
    assert len(err.splitlines()) <= 2


def test_training_without_torch_says_how_to_install_it(typed, tmp_path, monkeypatch):
    monkeypatch.setattr("apercu.train.__main__.find_spec", lambda name: None)
    code, err = typed("fit", "liif-fast-begun", tmp_path, tmp_path / "run")
    assert code == EXIT_CODES[MissingDependencyError]
    assert "pip install 'apercu[train]'" in err


def test_the_length_can_be_given_on_the_command():
    pytest.importorskip("torch", reason="training needs the extra `train`")
    from apercu.train.__main__ import read_training

    own = read_training("liif-fast-begun")
    assert read_training("liif-fast-begun", 5) == own.model_copy(update={"steps": 5})


# --- curves ----------------------------------------------------------------------------------------------------------


def written_run(folder: Path, shift: float = 0.0) -> Path:
    folder.mkdir()
    events = [{"step": step, "loss": 0.02 + 4 / step, "lr": 1e-4} for step in range(100, 2001, 100)]
    events += [
        {"step": step, "validation": {"photo": 25 + shift + step / 2000, "<ui> & more": 30.0}} for step in (1000, 2000)
    ]
    (folder / LOG).write_text("".join(f"{json.dumps(event)}\n" for event in events) + '{"step": 21')
    return folder


@pytest.fixture
def runs(tmp_path):
    return [written_run(tmp_path / "first"), written_run(tmp_path / "second", shift=0.5)]


def test_the_curves_have_a_panel_for_each_figure_and_a_line_for_each_training(typed, runs, tmp_path):
    code, _ = typed("plot", *runs, "-o", tmp_path / "curves.svg")
    assert code == 0
    svg = (tmp_path / "curves.svg").read_text()
    for words in ("first", "second", "loss", "photo, dB", "&lt;ui&gt; &amp; more, dB", "25.5", "2000"):
        assert f">{words}</text>" in svg
    lines = [line for line in svg.splitlines() if line.startswith("<polyline") and 'stroke-width="1.6"' in line]
    assert len(lines) == 3 * 2
    assert lines[0].count(",") == 20
    # Photographs: 25.5 and 26.0 of the first training, 26.0 and 26.5 of the second, on one axis, upwards.
    (_, y1), (_, y2) = places(lines[2])
    (_, z1), (_, z2) = places(lines[3])
    assert y1 > y2 == z1 > z2
    assert y1 - y2 == pytest.approx(z1 - z2, abs=0.11)


def places(line: str) -> list[tuple[float, float]]:
    points = line.split('points="')[1].split('"')[0].split(" ")
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points)]


def test_both_formats_show_the_same_drawing(runs, tmp_path):
    draw_curves(runs, tmp_path / "curves.svg")
    draw_curves(runs, tmp_path / "curves.png")
    png = np.asarray(Image.open(tmp_path / "curves.png").convert("RGB"), float)
    svg = pyvips.Image.new_from_file(str(tmp_path / "curves.svg"), scale=2.0).flatten(background=255).numpy()[..., :3]
    assert png.shape == svg.shape
    for colour in ((11, 95, 165), (209, 73, 91)):  # of both trainings
        shown = [np.abs(picture - colour).sum(-1) < 60 for picture in (png, svg)]
        first, second = (np.flatnonzero(mask.any(axis=1))[[0, -1]] for mask in shown)
        assert np.abs(first - second).max() <= 3
        assert shown[0].sum() == pytest.approx(shown[1].sum(), rel=0.2)


def test_a_single_figure_can_be_drawn(tmp_path):
    (tmp_path / LOG).write_text('{"step": 100, "loss": 0.5}\n')
    assert "<circle" in draw_curves([tmp_path], tmp_path / "curves.svg").read_text()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 9000, [0, 2000, 4000, 6000, 8000, 10000]),
        (25.5, 26.5, [25.5, 26.0, 26.5]),
        (0.02, 0.06, [0.02, 0.03, 0.04, 0.05, 0.06]),
        (30, 30, [29.8, 29.9, 30.0, 30.1, 30.2]),
        (0, 0, [-0.5, 0, 0.5]),
    ],
)
def test_ticks_are_round_numbers_around_the_values(low: float, high: float, expected: list[float]):
    assert nice_ticks(low, high) == pytest.approx(expected)


def test_a_folder_without_a_log_another_kind_of_file_and_a_file_that_cannot_be_written_are_refused(runs, tmp_path):
    with pytest.raises(InputError, match="holds no figure of a training"):
        draw_curves([tmp_path], tmp_path / "curves.svg")
    with pytest.raises(InputError, match=r"cannot draw curves as curves\.pdf"):
        draw_curves(runs, tmp_path / "curves.pdf")
    with pytest.raises(OutputError, match=r"curves\.svg cannot be written"):
        draw_curves(runs, tmp_path / "nowhere" / "curves.svg")


def test_the_python_of_the_documentation_does_what_it_says(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="training needs the extra `train`")
    from apercu.train.build import build_network
    from apercu.train.pictures import load_pictures
    from apercu.train.publish import save_weights

    text = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8")
    making, using = (block.split("```")[0] for block in text.split("```python\n")[1:])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans").mkdir()
    for i in range(1, 4):
        Image.fromarray(np.full((20, 30, 3), i, np.uint8)).save(tmp_path / "scans" / f"{i}.png")
    names: dict[str, object] = {}
    exec(making, names)
    pictures = load_pictures(tmp_path / "mine")
    assert [picture.split for picture in pictures.pictures] == ["val", "train", "train"]
    assert pictures.level(pictures.pictures[2]).tolist() == np.full((20, 30, 3), 3).tolist()
    (tmp_path / "run").mkdir()
    torch.manual_seed(0)
    save_weights(build_network("liif-fast", None).state_dict(), tmp_path / "run" / "weights.safetensors")
    exec(using.replace("(300, 400)", "(30, 40)"), names)
    assert names["large"].shape == (30, 40, 3)
