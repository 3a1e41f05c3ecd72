"""What is noticed in a picture stands in the record, and the plan can follow it."""

from pathlib import Path

import numpy as np
import pytest

from apercu.image import Image, read_image, write_image
from apercu.pictures import enlarge
from apercu.resample import resize
from apercu.settings import Settings

SETTINGS = Settings(threads=1)


def small() -> np.ndarray:
    """The drawing that comes with Apercu, (H, W, 3) float32."""
    return read_image(Path(__file__).parents[2] / "examples" / "lighthouse.png").pixels[:, :, :3]


def times(factor: int) -> tuple[int, int]:
    height, width = small().shape[:2]
    return factor * height, factor * width


@pytest.fixture
def enlarged(tmp_path: Path) -> Path:
    write_image(Image.of(np.clip(resize(small(), times(3), "bicubic"), 0, 1)), tmp_path / "in.png")
    return tmp_path / "in.png"


def test_an_earlier_enlargement_is_noticed_and_nothing_is_done_about_it_unasked(enlarged: Path):
    done = enlarge(enlarged, enlarged.with_name("out.png"), settings=SETTINGS, model="bicubic", scale=(2, 2))
    (finding,) = [finding for finding in done.run.findings if finding.id == "enlarged"]
    height, width = times(1)
    assert f"Its native size is about {width}x{height}" in finding.text
    assert "--shrink-first" in (finding.suggestion or "")
    assert "shrink" not in [node.op for node in done.run.plan.nodes]


def test_shrinking_first_is_a_step_of_the_plan_and_the_result_has_the_size_asked_for(enlarged: Path):
    out = enlarged.with_name("out.png")
    done = enlarge(enlarged, out, settings=SETTINGS, model="bicubic", scale=(1.5, 2), shrink_first=True)
    (shrinking,) = [node for node in done.run.plan.nodes if node.op == "shrink"]
    assert tuple(shrinking.params["size"]) == times(1)
    assert done.size == read_image(out).size == (times(3)[0] * 3 // 2, times(6)[1])
    (finding,) = [finding for finding in done.run.findings if finding.id == "enlarged"]
    assert finding.suggestion == f"It is shrunk to {times(1)[1]}x{times(1)[0]} first."


def test_shrinking_first_without_an_earlier_enlargement_says_so(tmp_path: Path):
    write_image(Image.of(small()), tmp_path / "in.png")
    done = enlarge(
        tmp_path / "in.png", tmp_path / "out.png", settings=SETTINGS, model="bicubic", scale=(2, 2), shrink_first=True
    )
    assert done.size == times(2)
    assert any("nothing was shrunk first" in warning for warning in done.warnings)


def test_pixel_art_gets_repeated_pixels_from_auto_and_a_word_from_the_others(tmp_path: Path):
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (5, 3), dtype=np.uint8)
    art = palette[rng.integers(0, 5, (24, 24))].repeat(4, axis=0).repeat(4, axis=1)
    write_image(Image(art), tmp_path / "in.png")
    auto = enlarge(tmp_path / "in.png", tmp_path / "a.png", settings=SETTINGS, model="auto", scale=(3, 3))
    assert auto.model == "nearest"
    assert auto.run.self_test
    assert "looks like pixel art" in auto.run.self_test.reason
    assert np.array_equal(read_image(tmp_path / "a.png").samples, art.repeat(3, axis=0).repeat(3, axis=1))
    named = enlarge(tmp_path / "in.png", tmp_path / "b.png", settings=SETTINGS, model="bicubic", scale=(3, 3))
    assert [finding.suggestion for finding in named.run.findings] == ["The model `nearest` keeps its squares sharp."]
