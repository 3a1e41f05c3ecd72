"""The self-test tries models on the user's own picture and says why it takes one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from apercu.errors import RunError
from apercu.image import Image, read_image, write_image
from apercu.pictures import candidates, enlarge, enlarging_plan
from apercu.plan.build import build_auto_plan, build_plan, native_scale
from apercu.records import ModelCard, Node, Plan
from apercu.registry import find_model
from apercu.run import ops
from apercu.run.execute import execute_plan
from apercu.run.selftest import self_test
from apercu.settings import Settings

SETTINGS = Settings(threads=1)
NAMES = ["liif-edsr", "lanczos", "bicubic", "nearest"]


def disc(size: int = 96) -> Image:
    """A disc with a soft edge on a slope: structure that a trained model knows better than a formula."""
    y, x = np.mgrid[:size, :size] / size
    inside = np.clip((0.3 - np.hypot(y - 0.5, x - 0.5)) * size, 0, 1)
    return Image.of(np.stack([inside, 0.5 * inside + 0.3 * x, 0.2 + 0.5 * y], axis=2))


def checks(size: int = 96) -> Image:
    """Pixel art: random squares of four pixels."""
    squares = np.random.default_rng(0).integers(0, 2, (size // 4, size // 4, 3)).astype(float)
    return Image.of(squares.repeat(4, axis=0).repeat(4, axis=1))


def fixed(name: str, *factors: float) -> ModelCard:
    return find_model("bicubic").model_copy(update={"id": name, "factors": factors})


def test_a_trained_model_wins_on_a_smooth_shape_and_repeating_pixels_on_squares():
    assert self_test(disc(), NAMES, (2, 2), settings=SETTINGS).chosen == "liif-edsr"
    found = self_test(checks(), NAMES, (2, 2), settings=SETTINGS)
    assert found.chosen == "nearest"
    assert found.reason.startswith("nearest came closest to your picture, ")
    assert [trial.model for trial in found.trials] == NAMES
    assert max(found.trials, key=lambda trial: trial.psnr_db).model == "nearest"


def test_the_cheaper_of_equals_is_taken():
    flat = Image.of(np.full((64, 64, 3), 0.5))
    found = self_test(flat, ["liif-edsr", "bicubic"], (2, 2), settings=SETTINGS)
    assert found.chosen == "bicubic"
    assert "costs less" in found.reason or "came closest" in found.reason


def test_a_large_picture_is_tried_in_pieces_and_grey_alpha_and_frames_do_not_disturb():
    grey = Image.of(np.random.default_rng(1).random((500, 700, 1)), np.ones((500, 700)))
    assert self_test(grey, ["bicubic", "lanczos"], (3, 3), settings=SETTINGS).pieces == 3
    double = Image(np.concatenate([disc().samples, disc().samples]), frames=2)
    assert self_test(double, ["bicubic"], (2, 2), settings=SETTINGS).pieces == 1


def test_what_was_a_jpeg_is_tried_as_a_jpeg(tmp_path: Path):
    rng = np.random.default_rng(5)
    grain = np.asarray(Pillow.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).resize((256, 256)), float) / 255
    clean = Image.of(np.clip(0.6 * disc(256).samples / np.iinfo(disc(256).samples.dtype).max + 0.4 * grain, 0, 1))
    assert self_test(clean, NAMES, (2, 2), settings=SETTINGS).jpeg_quality is None
    Pillow.fromarray(clean.samples).save(tmp_path / "in.jpg", quality=35)
    Pillow.open(tmp_path / "in.jpg").save(tmp_path / "in.png")  # the file no longer says it, the pixels do
    for name in ("in.jpg", "in.png"):
        found = self_test(read_image(tmp_path / name), NAMES, (2, 2), settings=SETTINGS)
        assert found.jpeg_quality == 35
        assert [trial.problem for trial in found.trials] == [""] * len(NAMES)


@pytest.mark.parametrize("size", [(1, 1), (14, 300), (300, 5)])
def test_a_picture_too_small_to_be_shrunk_falls_back_aloud(size: tuple[int, int]):
    found = self_test(Image.of(np.zeros((*size, 3))), ["lanczos", "bicubic"], (2, 2), settings=SETTINGS)
    assert (found.chosen, found.pieces, found.trials) == ("lanczos", 0, ())
    assert "too small" in found.reason


def test_a_small_picture_is_shrunk_by_less():
    found = self_test(disc(30), ["bicubic"], (8, 8), settings=SETTINGS)
    assert found.scale == (2.5, 2.5)
    assert found.trials[0].psnr_db > 0


def test_a_candidate_that_cannot_run_is_listed_with_its_problem():
    found = self_test(disc(), ["liif-rdn", "bicubic"], (2, 2), settings=Settings(data_dir=Path("/nonexistent")))
    assert found.chosen == "bicubic"
    assert "no trained weights" in found.trials[0].problem


def test_auto_runs_the_whole_graph_and_the_record_holds_the_table(tmp_path: Path):
    write_image(disc(), tmp_path / "in.png")
    done = enlarge(tmp_path / "in.png", tmp_path / "out.png", settings=SETTINGS, model="auto", scale=(2, 3))
    assert [node.op for node in done.run.plan.nodes][:4] == ["load", "inspect", "selftest", "enlarge"]
    assert done.model == "liif-edsr-art"  # a disc of one colour is what it learned from
    assert (done.size, done.scale) == ((192, 288), (2.0, 3.0))
    assert done.run.self_test
    assert {trial.model for trial in done.run.self_test.trials} == {card.id for card in candidates(SETTINGS)}


def test_auto_without_a_self_test_is_refused(tmp_path: Path):
    write_image(disc(), tmp_path / "in.png")
    plan = enlarging_plan("bicubic", scale=(2, 2), size=None, faithful=False, settings=SETTINGS)
    spoiled = [
        node.model_copy(update={"params": node.params | {"model": "auto"}}) if node.op == "enlarge" else node
        for node in plan.nodes
    ]
    with pytest.raises(RunError, match="holds no selftest step before it"):
        execute_plan(Plan(nodes=tuple(spoiled)), tmp_path / "in.png", tmp_path / "out.png", settings=SETTINGS)


# --- models with fixed factors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "taken"), [((2, 2), 2), ((2.5, 2.5), 4), ((3, 1), 4), ((4, 4), 4), ((7, 7), 4), ((1, 1), 2)]
)
def test_the_smallest_factor_that_suffices_is_taken(asked: tuple[float, float], taken: float):
    assert native_scale(fixed("x", 2.0, 4.0), asked) == taken
    assert native_scale(find_model("bicubic"), asked) is None


def test_what_a_fixed_factor_lacks_is_a_resize_node_in_the_graph():
    plan = build_plan([fixed("four", 4.0)], scale=(3, 3), baseline=False, required=True)
    enlarging, resizing = (node for node in plan.nodes if node.op in ("enlarge", "resize"))
    assert enlarging.params["scale"] == [4, 4]
    assert resizing == Node(id="four-size", op="resize", params={"scale": [3, 3]}, inputs=("load", "four"))
    exact = build_plan([fixed("four", 4.0)], scale=(4, 4), baseline=False, required=True)
    assert "resize" not in [node.op for node in exact.nodes]


@pytest.mark.parametrize(("scale", "size"), [((3, 3), None), ((5, 2.5), None), (None, (100, 77)), ((2, 2), None)])
def test_a_fixed_factor_is_brought_to_the_very_size_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale, size
):
    write_image(disc(33), tmp_path / "in.png")
    monkeypatch.setattr(ops, "find_model", lambda name, settings=None: fixed("bicubic", 2.0, 4.0))
    plan = build_plan([fixed("bicubic", 2.0, 4.0)], scale=scale, size=size, baseline=False, required=True)
    record = execute_plan(plan, tmp_path / "in.png", tmp_path / "out.png", settings=SETTINGS).record
    assert record.size == (size or (round(33 * scale[0]), round(33 * scale[1] + 1e-9)))
    assert record.model == "bicubic"
    assert not record.fidelity.sanity


def test_an_auto_plan_ends_in_a_resize_where_a_candidate_might_need_one():
    assert "resize" in [node.op for node in build_auto_plan([fixed("four", 4.0)], scale=(3, 3)).nodes]
    assert "resize" not in [node.op for node in build_auto_plan([find_model("bicubic")], scale=(3, 3)).nodes]
