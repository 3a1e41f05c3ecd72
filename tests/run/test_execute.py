"""A plan runs once, in order; what cannot run is skipped aloud or stops it; an unsound result is never saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from apercu.errors import ApercuError, ModelError, OutputError, PlanError, RunError, ShapeError, UnknownModelError
from apercu.image import Image, read_image, write_image
from apercu.plan.build import build_plan
from apercu.records import Node, Plan
from apercu.registry import Block, enlarge_whole, find_model
from apercu.run import ops
from apercu.run.execute import execute_plan
from apercu.settings import Settings

Pixels = NDArray[np.float32]
LOAD = Node(id="load", op="load")
HERE = (find_model("lanczos"), find_model("bicubic"))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).random((9, 11, 3), np.float32)
    path = tmp_path / "in.png"
    write_image(Image.of(pixels), path)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", threads=1)


def enlarging(name: str, model: str, after: str = "load", **params: Any) -> Node:
    return Node(id=name, op="enlarge", params={"model": model, "scale": [2, 2]} | params, inputs=(after,))


def ending(last: str) -> tuple[Node, Node]:
    return Node(id="measure", op="measure", inputs=("load", last)), Node(id="save", op="save", inputs=(last, "measure"))


def fake_models(monkeypatch: pytest.MonkeyPatch, **results: Callable[[Pixels], Pixels]) -> list[str]:
    """Let models give what the functions make of a sound enlargement; the list holds who was asked."""
    asked = []
    real = ops.load_model

    def load(name: str, settings: Settings) -> Any:
        model = real("bicubic", settings)
        asked.append(name)
        change = results.get(name, lambda pixels: pixels)
        return SimpleNamespace(
            card=find_model(name),
            enlarge=lambda pixels, size: [Block(0, 0, change(enlarge_whole(model, pixels, size)))],
        )

    monkeypatch.setattr(ops, "load_model", load)
    return asked


def to_nan(pixels: Pixels) -> Pixels:
    pixels[3, 3] = np.nan
    return pixels


def to_black(pixels: Pixels) -> Pixels:
    return pixels * np.float32(0)


def to_red(pixels: Pixels) -> Pixels:
    return np.clip(pixels + np.float32([0.2, 0, 0]), 0, 1)


# --- order, branches, series ------------------------------------------------------------------------------------------


def test_nodes_run_once_each_after_their_inputs_whatever_their_order_in_the_plan(
    picture: Path, settings: Settings
) -> None:
    plan = build_plan(HERE, scale=(2, 2))
    seen = []
    backwards = Plan(nodes=plan.nodes[::-1])
    out = picture.with_name("out.png")
    record = execute_plan(
        backwards, picture, out, settings=settings, progress=lambda node, share: seen.append(node)
    ).record
    ran = [node.id for node in record.nodes]
    assert sorted(ran) == sorted(node.id for node in plan.nodes)
    for node in plan.nodes:
        assert all(ran.index(source) < ran.index(node.id) for source in node.inputs)
    assert list(dict.fromkeys(seen)) == ran
    assert record.plan == backwards
    assert read_image(out).size == (18, 22)


def test_enlargers_in_series_multiply_and_the_record_says_the_whole_factor(picture: Path, settings: Settings) -> None:
    plan = Plan(nodes=(LOAD, enlarging("a", "lanczos"), enlarging("b", "bicubic", "a", scale=[1.5, 1]), *ending("b")))
    record = execute_plan(plan, picture, picture.with_name("out.png"), settings=settings).record
    assert (record.size, record.model) == ((27, 22), "bicubic")
    assert record.scale == (3.0, 2.0)


def test_candidates_are_compared_and_the_first_sound_one_is_taken(picture: Path, settings: Settings) -> None:
    record = execute_plan(
        build_plan(HERE, scale=(2, 2)), picture, picture.with_name("out.png"), settings=settings
    ).record
    assert [(branch.node, branch.chosen) for branch in record.branches] == [("lanczos", True), ("bicubic", False)]
    assert record.model == "lanczos"


@pytest.mark.parametrize("spoil", [to_nan, to_black, to_red])
def test_an_unsound_candidate_is_passed_over_with_a_warning(
    spoil: Callable[[Pixels], Pixels], picture: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_models(monkeypatch, lanczos=spoil)
    record = execute_plan(
        build_plan(HERE, scale=(2, 2)), picture, picture.with_name("out.png"), settings=settings
    ).record
    assert record.model == "bicubic"
    assert [branch.node for branch in record.branches if branch.chosen] == ["bicubic"]
    assert any(warning.startswith("lanczos: ") for warning in record.warnings)


@pytest.mark.parametrize("spoil", [to_nan, to_black, to_red])
@pytest.mark.parametrize("models", [HERE, HERE[:1]])
def test_an_unsound_result_is_refused_and_nothing_is_saved(
    spoil: Callable[[Pixels], Pixels], models: Any, picture: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_models(monkeypatch, lanczos=spoil, bicubic=spoil)
    plan = build_plan(models, scale=(2, 2), baseline=False)
    with pytest.raises(RunError) as caught:
        execute_plan(plan, picture, picture.with_name("out.png"), settings=settings)
    assert "\n" not in caught.value.message
    assert sorted(path.name for path in picture.parent.iterdir()) == ["in.png"]


# --- skipping ---------------------------------------------------------------------------------------------------------


def test_an_optional_model_that_is_not_here_is_skipped_and_stands_in_the_record(
    picture: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fake_models(monkeypatch)
    plan = build_plan([find_model("liif-rdn"), find_model("ldm-inpainting")], scale=(2, 2))
    record = execute_plan(plan, picture, picture.with_name("out.png"), settings=settings).record
    status = {node.id: node.status for node in record.nodes}
    assert (status["liif-rdn"], status["ldm-inpainting"], status["bicubic"]) == ("skipped", "skipped", "done")
    assert all(node.note for node in record.nodes if node.status == "skipped")
    assert asked == ["bicubic"]
    assert (record.model, record.size) == ("bicubic", (18, 22))


def test_a_step_whose_only_input_was_skipped_stops_the_run(picture: Path, settings: Settings) -> None:
    plan = Plan(nodes=(LOAD, enlarging("a", "liif-rdn", optional=True), *ending("a")))
    with pytest.raises(RunError, match="step measure has no input: a was skipped"):
        execute_plan(plan, picture, picture.with_name("out.png"), settings=settings)


def test_a_required_model_that_is_not_here_stops_the_run(picture: Path, settings: Settings) -> None:
    for name in ("liif-rdn", "ldm-inpainting"):
        plan = build_plan([find_model(name)], scale=(2, 2), required=True)
        with pytest.raises(ModelError):
            execute_plan(plan, picture, picture.with_name("out.png"), settings=settings)
    assert sorted(path.name for path in picture.parent.iterdir()) == ["in.png"]


# --- what is refused before anything runs -----------------------------------------------------------------------------


def test_all_problems_of_a_plan_are_told_at_once(picture: Path, settings: Settings) -> None:
    plan = Plan(
        nodes=(
            LOAD,
            Node(id="a", op="enlarg", inputs=("load",)),
            enlarging("b", "bicubic", "nowhere", factor=2),
            Node(id="measure", op="measure", inputs=("load",)),
        )
    )
    with pytest.raises(PlanError) as caught:
        execute_plan(plan, picture, None, settings=settings)
    told = "; ".join(caught.value.problems)
    for words in ("'enlarg', did you mean 'enlarge'", "'nowhere'", "no parameter 'factor'", "got 1 inputs, expected 2"):
        assert words in told


@pytest.mark.parametrize(
    ("nodes", "output", "error", "said"),
    [
        ((LOAD, enlarging("a", "nosuch"), *ending("a")), "out.png", UnknownModelError, "'nosuch'"),
        ((LOAD, enlarging("a", "bicubic"), *ending("a")), None, OutputError, "no file was named"),
        ((LOAD, enlarging("a", "bicubic"), ending("a")[0]), "out.png", OutputError, "saves nothing"),
        ((LOAD, Node(id="look", op="inspect", inputs=("load",))), None, PlanError, "no measure step"),
        (
            (LOAD, Node(id="measure", op="measure", params={"kernel": "nearest"}, inputs=("load", "load"))),
            None, PlanError, "kernel is 'nearest', expected one of bicubic",
        ),
        (
            (LOAD, Node(id="again", op="load"), enlarging("a", "bicubic", "again"), *ending("a")),
            "out.png", PlanError, "2 load steps",
        ),
        (
            (LOAD, enlarging("a", "bicubic"), *ending("a"), Node(id="b", op="save", inputs=("a", "measure"))),
            "out.png", PlanError, "2 save steps",
        ),
        (
            (LOAD, enlarging("a", "bicubic"), *ending("a"), Node(id="b", op="measure", inputs=("load", "load"))),
            "out.png", PlanError, "2 measure steps",
        ),
        (
            (
                LOAD, enlarging("a", "bicubic"), Node(id="measure", op="measure", inputs=("a", "a")),
                Node(id="save", op="save", inputs=("a", "measure")),
            ),
            "out.png", PlanError, "'measure' measures against 'a', expected what load gives",
        ),
        (
            (
                LOAD, enlarging("a", "bicubic"), Node(id="measure", op="measure", inputs=("load", "load")),
                Node(id="save", op="save", inputs=("a", "measure")),
            ),
            "out.png", PlanError, "'save' saves 'a', but its report measures 'load'",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_end_well_is_refused_before_the_picture_is_read(
    nodes: tuple[Node, ...], output: str | None, error: type[ApercuError], said: str, tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(error, match=said) as caught:
        execute_plan(Plan(nodes=nodes), tmp_path / "missing.png", output and tmp_path / output, settings=settings)
    assert caught.value.hint


def test_a_plan_that_only_measures_writes_nothing(picture: Path, settings: Settings) -> None:
    plan = Plan(nodes=(LOAD, enlarging("a", "bicubic"), ending("a")[0]))
    record = execute_plan(plan, picture, None, settings=settings).record
    assert (record.output, record.output_sha256, record.model) == (None, None, "bicubic")
    assert sorted(path.name for path in picture.parent.iterdir()) == ["in.png"]


@pytest.mark.parametrize("scale", [(0.0, 2.0), (-1.0, 2.0), (float("nan"), 2.0), (2.0, float("inf")), (0.5, 0.5)])
def test_a_factor_that_is_no_enlargement_is_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(ShapeError, match="expected a number of at least 1"):
        build_plan(HERE, scale=scale)


# --- faithful, transparency -------------------------------------------------------------------------------------------


def test_the_project_step_makes_the_result_shrink_back_to_its_input(picture: Path, settings: Settings) -> None:
    y, x = np.mgrid[0:12, 0:14].astype(np.float32)
    smooth = 0.5 + 0.3 * np.sin(x / 3) * np.cos(y / 2)
    write_image(Image.of(np.stack([smooth, smooth, smooth**2], axis=2)), picture, overwrite=True)
    plan = build_plan(HERE[:1], scale=(3, 3), baseline=False, faithful=True)
    record = execute_plan(plan, picture, picture.with_name("out.png"), settings=settings).record
    assert record.warnings == ()
    assert "project" in {node.id for node in record.nodes}
    assert record.model == "lanczos"
    assert record.fidelity.max_abs_lr_error <= 1 / 255


def test_an_input_that_no_picture_shrinks_to_is_warned_about(picture: Path, settings: Settings) -> None:
    dot = np.zeros((9, 11, 3), np.float32)
    dot[4, 5] = 1  # the bicubic kernel cannot give one white pixel on black
    write_image(Image.of(dot), picture, overwrite=True)
    plan = build_plan(HERE[:1], scale=(3, 3), baseline=False, faithful=True)
    record = execute_plan(plan, picture, picture.with_name("out.png"), settings=settings).record
    assert any("no result within 1/255" in warning for warning in record.warnings)


def test_transparency_is_refused_for_jpeg_before_any_model_runs(
    picture: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fake_models(monkeypatch)
    write_image(
        Image.of(np.asarray(read_image(picture).pixels), alpha=np.ones((9, 11), np.float32)), picture, overwrite=True
    )
    with pytest.raises(OutputError, match="transparency"):
        execute_plan(build_plan(HERE, scale=(2, 2)), picture, picture.with_name("out.jpg"), settings=settings)
    assert asked == []


def test_a_size_of_other_proportions_is_made_and_warned_about(picture: Path, settings: Settings) -> None:
    record = execute_plan(
        build_plan(HERE, size=(30, 60)), picture, picture.with_name("out.png"), settings=settings
    ).record
    assert record.size == (30, 60)
    assert any("the picture is stretched" in warning for warning in record.warnings)
    assert record.scale == (30 / 9, 60 / 11)
