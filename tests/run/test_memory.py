"""How much memory a run needs is known before it starts, and tiles shrink to fit."""

from pathlib import Path

import numpy as np
import pytest

from apercu.errors import InputError, OutOfMemoryError
from apercu.image import Image, read_image, write_image
from apercu.models.interpolation import Interpolation
from apercu.models.liif import Liif
from apercu.pictures import enlarge, enlarging_plan
from apercu.run.execute import execute_plan
from apercu.run.memory import allowed_memory, available_memory, forecast
from apercu.settings import Settings, load_settings

TIGHT = Settings(max_memory=560_000_000)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    write_image(Image.of(np.cumsum(rng.random((70, 90, 3)), axis=1) % 1), tmp_path / "in.png")
    return tmp_path / "in.png"


@pytest.fixture
def larger(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    waves = 0.5 + 0.4 * np.sin(np.cumsum(rng.random((310, 320, 3)) / 3, axis=1))
    write_image(Image.of(waves), tmp_path / "larger.png")
    return tmp_path / "larger.png"


def plan(model: str = "liif-edsr", *, faithful: bool = False):
    return enlarging_plan(model, scale=(2, 2), size=None, faithful=faithful, settings=Settings())


def test_tiles_become_smaller_until_they_fit(larger: Path):
    source = read_image(larger)
    roomy = forecast(plan(), source, Settings(max_memory=4_000_000_000))
    tight = forecast(plan(), source, TIGHT)
    assert roomy.tile_sizes == {"liif-edsr": 256}
    assert tight.tile_sizes["liif-edsr"] in (32, 64, 128)
    assert tight.bytes <= 560_000_000 < roomy.bytes


def test_a_smaller_tile_is_said_and_changes_no_pixel(larger: Path):
    whole = enlarge(larger, larger.with_name("a.png"), settings=Settings(max_memory=4_000_000_000), scale=(1.1, 1.1))
    tiled = enlarge(larger, larger.with_name("b.png"), settings=TIGHT, scale=(1.1, 1.1))
    assert any("instead of 256 pixels, to save memory" in warning for warning in tiled.warnings)
    assert not whole.warnings
    a, b = (read_image(larger.with_name(name)).samples.astype(int) for name in ("a.png", "b.png"))
    assert np.abs(a - b).max() <= 1  # a value on the edge between two steps may fall either way


def test_what_cannot_fit_is_refused_before_any_model_runs(picture: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Liif, "enlarge", lambda *_: pytest.fail("it began"))
    with pytest.raises(
        OutOfMemoryError, match=r"^step liif-edsr would need about \d+ MB of memory for 180x140"
    ) as caught:
        enlarge(picture, picture.with_name("a.png"), settings=Settings(max_memory=240_000_000), scale=(2, 2))
    assert "--max-memory" in caught.value.hint
    assert not picture.with_name("a.png").exists()


def test_memory_that_runs_out_on_the_way_leads_to_smaller_tiles(picture: Path, monkeypatch: pytest.MonkeyPatch):
    real, tiles = Liif.enlarge, []

    def enlarge_in_little_memory(self: Liif, pixels, size):
        tiles.append(self.tile_size)
        if self.tile_size > 64:
            raise MemoryError
        return real(self, pixels, size)

    monkeypatch.setattr(Liif, "enlarge", enlarge_in_little_memory)
    record = execute_plan(plan(), picture, picture.with_name("a.png"), settings=Settings()).record
    assert tiles == [256, 128, 64]
    assert [line for line in record.warnings if "memory ran out" in line] == [
        "memory ran out: begun again in tiles of 128 pixels",
        "memory ran out: begun again in tiles of 64 pixels",
    ]


def test_memory_that_is_never_enough_ends_in_an_error(picture: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(Interpolation, "enlarge", fail)
    with pytest.raises(OutOfMemoryError, match="memory ran out while enlarging 90x70 to 180x140"):
        execute_plan(plan("bicubic"), picture, picture.with_name("a.png"), settings=Settings())


def test_a_faithful_result_counts_its_float_copies(picture: Path):
    source = read_image(picture)
    assert forecast(plan(faithful=True), source, Settings()).bytes >= forecast(plan(), source, Settings()).bytes


def test_the_limit_is_what_was_asked_or_what_is_there():
    assert allowed_memory(load_settings(max_memory="1.5GB")) == 1_500_000_000
    assert allowed_memory(load_settings(max_memory="800MB")) == 800_000_000
    assert 0 < allowed_memory(Settings()) <= available_memory()
    for text in ("much", "-5MB", "0", "1,5GB", "9" * 400 + "GB"):
        with pytest.raises(InputError, match="setting max_memory"):
            load_settings(max_memory=text)


def test_a_picture_that_is_shrunk_first_needs_memory_for_the_small_one(picture: Path):
    small = enlarging_plan("bicubic", scale=None, size=(280, 360), faithful=False, settings=Settings(), native=(35, 45))
    assert forecast(small, read_image(picture), Settings(max_output_pixels=280 * 360)).bytes > 0
