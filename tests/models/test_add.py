"""A file of weights that the user brings is checked, converted, tried and kept, or leaves no trace."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from apercu.errors import WeightsError
from apercu.models import add as add_module
from apercu.models.add import add_weights
from apercu.models.checkpoint import read_checkpoint
from apercu.registry import added_weights, enlarge_whole, find_model, load_model, model_status, weights_path
from apercu.settings import Settings

PICTURE = np.full((6, 5, 3), 0.5, np.float32)


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", threads=2)


@pytest.fixture
def added(own: Settings, rdn_checkpoint: Path, rdn_known) -> Path:
    rdn_known(rdn_checkpoint)
    add_weights(rdn_checkpoint, own)
    return added_weights(find_model("liif-rdn"), own)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flat_rdn(rdn_checkpoint: Path, path: Path, **changed: np.ndarray | None) -> Path:
    """The same weights as a safetensors file, some of them changed or left out."""
    state = {
        name: np.ascontiguousarray(value) for name, value in read_checkpoint(rdn_checkpoint)["model"]["sd"].items()
    }
    save_file({name: value for name, value in (state | changed).items() if value is not None}, path)
    return path


def test_without_its_file_the_model_says_what_it_needs(own: Settings):
    card = find_model("liif-rdn")
    assert model_status(card, own) == "needs-file"
    with pytest.raises(
        WeightsError, match="no trained weights on this machine, and untrained ones are never"
    ) as caught:
        load_model("liif-rdn", own)
    assert "apercu models add FILE" in caught.value.hint


def test_an_official_checkpoint_is_registered_and_runs(own: Settings, rdn_checkpoint: Path, rdn_known):
    known, before = rdn_known(rdn_checkpoint), sha256(rdn_checkpoint)
    assert add_weights(rdn_checkpoint, own) == known
    assert model_status(known, own) == "runs"
    assert enlarge_whole(load_model("SISR-Any-LIIF-RDN", own), PICTURE, (9, 11)).shape == (9, 11, 3)
    assert sha256(rdn_checkpoint) == before


def test_what_is_kept_is_the_weights_and_a_note_of_where_they_are_from(
    added: Path, rdn_checkpoint: Path, own: Settings
):
    assert files_in(own.data_dir) == ["liif-rdn.json", "liif-rdn.safetensors"]
    kept, brought = load_file(added), read_checkpoint(rdn_checkpoint)["model"]["sd"]
    assert set(kept) == set(brought)
    assert all(np.array_equal(kept[name], brought[name]) for name in kept)
    assert json.loads(added.with_suffix(".json").read_text("utf-8")) == {
        "card": "liif-rdn",
        "source": "rdn-liif.pth",
        "source_sha256": sha256(rdn_checkpoint),
        "licence": "BSD-3-Clause",
        "sha256": sha256(added),
    }


def test_the_same_file_can_be_added_again(added: Path, rdn_checkpoint: Path, own: Settings):
    before = sha256(added)
    add_weights(rdn_checkpoint, own)
    assert sha256(added) == before


def test_the_same_weights_as_safetensors_are_registered_when_a_card_knows_them(
    own: Settings, rdn_checkpoint: Path, rdn_known, tmp_path: Path
):
    unused = {"encoder.sub_mean.weight": np.eye(3, dtype=np.float32)}
    path = flat_rdn(rdn_checkpoint, tmp_path / "rdn.safetensors", **unused)
    rdn_known(path)
    add_weights(path, own)
    assert "encoder.sub_mean.weight" not in load_file(weights_path(find_model("liif-rdn"), own))


def test_weights_that_change_afterwards_are_refused(added: Path, own: Settings):
    data = bytearray(added.read_bytes())
    data[-5] ^= 1
    added.write_bytes(data)
    with pytest.raises(WeightsError, match=f"have changed: sha256 {sha256(added)}, expected"):
        load_model("liif-rdn", own)


@pytest.mark.parametrize("note", ["", "[]", "{}", "{", '"x"', "[" * 100_000, None])
def test_a_damaged_note_is_refused(added: Path, own: Settings, note: str | None):
    path = added.with_suffix(".json")
    path.unlink() if note is None else path.write_text(note)
    with pytest.raises(WeightsError, match="the note beside the weights of SISR-Any-LIIF-RDN is damaged") as caught:
        load_model("liif-rdn", own)
    assert "\n" not in caught.value.message


def test_an_unknown_file_is_refused_with_the_files_that_are_known(own: Settings, rdn_checkpoint: Path):
    with pytest.raises(WeightsError, match=f"has sha256 {sha256(rdn_checkpoint)}, which no card knows") as caught:
        add_weights(rdn_checkpoint, own)
    assert "SISR-Any-LIIF-RDN: 7bf835bc969b85ead12ef3bd8e4bca7349777ae1fdbea6021f1b62608f4a323a" in caught.value.hint
    assert not own.data_dir.exists()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"encoder.SFENet2.weight": None}, r"network rdn: SFENet2\.weight is missing"),
        ({"encoder.tail.weight": np.ones(3, np.float32)}, r"network rdn: tail\.weight is unexpected"),
        ({"encoder.SFENet2.bias": np.ones(65, np.float32)}, "network rdn: a weight has another shape"),
        ({"imnet.layers.0.weight": np.ones((256, 500), np.float32)}, "does not fit SISR-Any-LIIF-RDN"),
        ({"imnet.layers.0.weight": None}, r"holds no LIIF weights \(no imnet.layers.0.weight\)"),
        ({"imnet.layers.0.bias": None}, "does not fit SISR-Any-LIIF-RDN"),
        ({"imnet.layers.8.bias": np.full(3, np.nan, np.float32)}, "gives no finite numbers with this file"),
    ],
    ids=["missing", "unexpected", "shape", "decoder shape", "no decoder", "no bias", "not finite"],
)
def test_weights_that_do_not_fit_leave_nothing_behind(
    own: Settings, rdn_checkpoint: Path, rdn_known, tmp_path: Path, changed: dict, problem: str
):
    path = flat_rdn(rdn_checkpoint, tmp_path / "rdn.safetensors", **changed)
    rdn_known(path)
    with pytest.raises(WeightsError, match=problem) as caught:
        add_weights(path, own)
    assert "\n" not in caught.value.message
    assert files_in(own.data_dir) == []
    assert model_status(find_model("liif-rdn"), own) == "needs-file"


def test_an_interrupted_addition_leaves_nothing_behind(own: Settings, rdn_checkpoint: Path, rdn_known, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    rdn_known(rdn_checkpoint)
    monkeypatch.setattr(add_module, "load_model", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add_weights(rdn_checkpoint, own)
    assert files_in(own.data_dir) == []


def test_a_full_disk_is_named_and_leaves_nothing_behind(own: Settings, rdn_checkpoint: Path, rdn_known, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    rdn_known(rdn_checkpoint)
    monkeypatch.setattr(add_module.os, "replace", full)
    with pytest.raises(WeightsError, match=r"the weights cannot be kept in .* \(No space left on device\)") as caught:
        add_weights(rdn_checkpoint, own)
    assert "APERCU_DATA_DIR" in caught.value.hint
    assert files_in(own.data_dir) == []


@pytest.mark.parametrize("fails", ["load_model", "save", 1, 2])
def test_a_failure_while_adding_again_leaves_the_model_that_worked(
    added: Path, own: Settings, rdn_checkpoint: Path, monkeypatch, fails: str | int
):
    def interrupt(*_):
        raise KeyboardInterrupt

    def replace(source: Path, target: Path) -> None:
        places.append(target)
        interrupt() if len(places) == fails else os.rename(source, target)

    places: list[Path] = []
    before = {name: (added.parent / name).read_bytes() for name in files_in(own.data_dir)}
    with monkeypatch.context() as patched:
        if fails == "load_model":
            patched.setattr(add_module, "load_model", interrupt)
        elif fails == "save":
            patched.setattr(
                add_module, "file_digest", lambda path: interrupt() if path.suffix != ".pth" else sha256(path)
            )
        else:
            patched.setattr(add_module.os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            add_weights(rdn_checkpoint, own)
    assert {name: (added.parent / name).read_bytes() for name in files_in(own.data_dir)} == before
    assert enlarge_whole(load_model("liif-rdn", own), PICTURE, (9, 11)).shape == (9, 11, 3)


def test_a_failure_at_the_last_file_takes_the_first_ones_away_again(
    own: Settings, rdn_checkpoint: Path, rdn_known, monkeypatch
):
    def replace(source: Path, target: Path) -> None:
        if target.suffix == ".json":
            raise OSError(28, os.strerror(28))
        os.rename(source, target)

    rdn_known(rdn_checkpoint)
    monkeypatch.setattr(add_module.os, "replace", replace)
    with pytest.raises(WeightsError, match="No space left on device"):
        add_weights(rdn_checkpoint, own)
    assert files_in(own.data_dir) == []


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path, rdn_checkpoint: Path, rdn_known):
    rdn_known(rdn_checkpoint)
    (tmp_path / "data").write_text("a file")
    with pytest.raises(WeightsError, match="the weights cannot be kept in"):
        add_weights(rdn_checkpoint, Settings(data_dir=tmp_path / "data"))


def test_a_checkpoint_without_tensors_is_refused(own: Settings, rdn_known, tmp_path: Path):
    torch = pytest.importorskip("torch", reason="makes a checkpoint with torch, from the extra `train`")
    for number, content in enumerate(({"model": 3}, {"model": {"sd": [1]}}, {"epoch": 3})):
        path = tmp_path / f"{number}.pth"
        torch.save(content, path)
        rdn_known(path)
        with pytest.raises(WeightsError, match=r"holds no dictionary of tensors under model\.sd"):
            add_weights(path, own)
    assert not own.data_dir.exists()
