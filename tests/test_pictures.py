"""What `check` says of pictures that do not belong together, transparency, and plans that measure the wrong picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from apercu.checking import check
from apercu.errors import PlanError, ShapeError
from apercu.image import Image, write_image
from apercu.pictures import LITTLE_MEMORY, default_model, enlarge
from apercu.records import Node, Plan
from apercu.run.execute import execute_plan
from apercu.settings import Settings, load_settings

RNG = np.random.default_rng(3)


def drawing() -> np.ndarray:
    """A picture of soft blobs, different on each side, (24, 36, 3)."""
    y, x = np.mgrid[0:24, 0:36]
    blobs = [np.exp(-(((y - a) / 5) ** 2 + ((x - b) / 6) ** 2)) for a, b in ((6, 8), (16, 12), (9, 30))]
    return np.stack(blobs, axis=2).astype(np.float32)


def saved(path: Path, pixels: np.ndarray, alpha: np.ndarray | None = None) -> Path:
    write_image(Image.of(pixels.astype(np.float32), alpha=alpha), path, overwrite=True)
    return path


def repeated(pixels: np.ndarray, times: int) -> np.ndarray:
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


@pytest.mark.parametrize(
    "change", [np.fliplr, np.flipud, lambda p: np.roll(p, 17, axis=1)], ids=["mirrored", "turned over", "moved"]
)
def test_a_picture_of_something_else_is_doubted(tmp_path: Path, change):
    small = saved(tmp_path / "small.png", drawing())
    found = check(small, saved(tmp_path / "big.png", change(repeated(drawing(), 3))), settings=load_settings())
    assert any("contradicts the picture" in line for line in found.sanity)


def test_an_honest_enlargement_is_not_doubted(tmp_path: Path):
    small = saved(tmp_path / "small.png", drawing())
    assert check(small, saved(tmp_path / "big.png", repeated(drawing(), 3)), settings=load_settings()).sanity == ()


def test_hidden_colours_do_not_count(tmp_path: Path):
    alpha = np.zeros((24, 36), np.float32)
    alpha[4:20, 6:30] = 1
    hidden = np.where(alpha[:, :, None] == 0, 0, drawing())
    small = saved(tmp_path / "small.png", drawing(), alpha)
    big = saved(tmp_path / "big.png", repeated(hidden, 2), repeated(alpha, 2))
    found = check(small, big, settings=load_settings(), kernel="box")
    assert (found.lr_psnr_db, found.sanity) == (120.0, ())


def test_lost_transparency_is_said(tmp_path: Path):
    alpha = np.ones((24, 36), np.float32)
    alpha[:, :3] = 0
    found = check(
        saved(tmp_path / "small.png", drawing(), alpha),
        saved(tmp_path / "big.png", repeated(drawing(), 2)),
        settings=load_settings(),
    )
    assert any("transparency" in line for line in found.sanity)


def test_a_plan_that_saves_another_picture_than_it_measured_is_refused(tmp_path: Path):
    small = saved(tmp_path / "small.png", drawing())
    enlarge = [
        Node(id=m, op="enlarge", params={"model": m, "scale": [2, 2]}, inputs=("load",)) for m in ("bicubic", "lanczos")
    ]
    measures = [Node(id=f"m-{m}", op="measure", inputs=("load", m)) for m in ("bicubic", "lanczos")]
    plan = Plan(
        nodes=(
            Node(id="load", op="load"),
            *enlarge,
            *measures,
            Node(id="save", op="save", inputs=("lanczos", "m-bicubic")),
        )
    )
    with pytest.raises(PlanError, match="its report measures 'bicubic'"):
        execute_plan(plan, small, tmp_path / "out.png", settings=load_settings())
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("threads", "free", "chosen", "why"),
    [
        (2, LITTLE_MEMORY, "liif-edsr", None),
        (1, LITTLE_MEMORY, "liif-fast", "there is one processor thread"),
        (2, LITTLE_MEMORY - 1, "liif-fast", "only 4.3 GB of memory are free"),
    ],
)
def test_a_weak_machine_gets_the_quick_model_and_is_told_why(
    threads: int, free: int, chosen: str, why: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("apercu.run.memory.available_memory", lambda: free)
    model, note = default_model(Settings(threads=threads))
    assert model == chosen
    assert note == (why and f"liif-fast is taken, since {why}; --model names another")


def test_free_memory_does_not_count_where_another_model_would_be_met_later(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("apercu.run.memory.available_memory", lambda: 1)
    assert default_model(Settings(threads=2), by_memory=False) == ("liif-edsr", None)


def test_pictures_with_another_number_of_frames_are_not_compared(tmp_path: Path):
    still = np.zeros((8, 8, 3), np.uint8)
    write_image(Image(still), tmp_path / "still.png")
    write_image(Image(np.concatenate([still, still + 9]), frames=2, delays=(40, 40)), tmp_path / "moving.png")
    with pytest.raises(ShapeError, match=r"has 1 frames and .* has 2, expected as many"):
        check(tmp_path / "moving.png", tmp_path / "still.png", settings=Settings())


def test_repeated_pixels_are_not_left_to_look_made_up(tmp_path: Path):
    squares = np.random.default_rng(0).choice(np.array([40, 128, 220], np.uint8), (16, 16, 3))
    write_image(Image(squares), tmp_path / "sprite.png")
    said = {
        (model, scale): enlarge(
            str(tmp_path / "sprite.png"),
            str(tmp_path / f"{model}{scale}.png"),
            settings=load_settings(),
            model=model,
            scale=scale,
        )
        for model, scale in (("nearest", 3), ("nearest", 3.5), ("bicubic", 3))
    }
    whole = said["nearest", 3].run.fidelity
    assert (whole.kernel, whole.lr_psnr_db) == ("box", 120)
    assert whole.added_share < 1e-9
    notes = {key: any("makes nothing up" in warning for warning in done.warnings) for key, done in said.items()}
    assert notes == {("nearest", 3): False, ("nearest", 3.5): True, ("bicubic", 3): False}


def test_pictures_in_other_colour_spaces_are_not_compared(tmp_path: Path):
    from PIL import Image as PIL

    PIL.new("RGB", (8, 8), "red").save(tmp_path / "small.png")
    PIL.new("CMYK", (16, 16)).save(tmp_path / "large.jpg")
    with pytest.raises(ShapeError, match=r"small.png is RGB and .*large.jpg CMYK, expected the same kind"):
        check(tmp_path / "small.png", str(tmp_path / "large.jpg"), settings=Settings())
