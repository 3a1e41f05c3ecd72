"""What the small network sees is what its reference sees, whatever the picture is stored as."""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from apercu.errors import ShapeError, WeightsError
from apercu.models import recognition
from apercu.models.recognition import FEATURES, SIDE, picture_features


def soft_picture(height: int, width: int) -> np.ndarray:
    """(H, W, 3): waves of colour, with some noise."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:height, :width]
    waves = [127 + 90 * np.sin(x / 17 + k) * np.cos(y / 11 - k) for k in range(3)]
    return np.clip(np.stack(waves, 2) + rng.normal(0, 9, (height, width, 3)), 0, 255).astype(np.uint8)


def test_the_graph_sees_what_its_reference_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    from apercu.networks.efficientnet import LiteFeatures

    network = LiteFeatures().eval()
    path = files("apercu") / "weights" / "efficientnet-lite0.safetensors"
    network.load_state_dict({name: value.float() for name, value in load_file(str(path)).items()})
    picture = soft_picture(SIDE, SIDE)
    monkeypatch.setattr(recognition, "_corners", lambda _: [])
    with torch.no_grad():
        seen = network(torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None])[0].numpy()
    assert picture_features(picture) == pytest.approx(seen, abs=1e-3)  # the whole and the middle are the same here
    assert np.abs(seen).max() > 1


def test_a_picture_is_seen_alike_in_8_and_16_bits_and_in_one_channel_or_three() -> None:
    picture = soft_picture(180, 260)
    assert picture_features(picture.astype(np.uint16) * 257) == pytest.approx(picture_features(picture), abs=1e-4)
    grey = picture[:, :, :1]
    assert np.array_equal(picture_features(grey), picture_features(grey.repeat(3, axis=2)))


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (2100, 40), (3, 9000), (2300, 2200)])
def test_any_size_is_seen(size: tuple[int, int]) -> None:
    seen = picture_features(soft_picture(*size))
    assert seen.shape == (FEATURES,)
    assert np.isfinite(seen).all()


def test_the_middle_is_seen_at_its_own_resolution_and_so_are_the_corners() -> None:
    picture = soft_picture(900, 1000)
    assert np.array_equal(recognition._middle(picture), picture[338:562, 388:612])
    corners = recognition._corners(picture)
    assert [corner.shape for corner in corners] == [(450, 450, 3)] * 4
    assert np.array_equal(corners[1], picture[:450, 550:])
    assert np.array_equal(corners[2], picture[450:, :450])
    assert recognition._corners(soft_picture(120, 300))[3].shape == (96, 96, 3)
    assert recognition._corners(soft_picture(5, 7))[0].shape == (5, 5, 3)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (4, 0, 1)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="must have the shape"):
        picture_features(np.zeros(shape, np.uint8))


def test_a_file_that_is_not_the_known_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "SHA256", "0" * 64)
    recognition._network.cache_clear()
    with pytest.raises(WeightsError, match="not the file that Apercu came with"):
        picture_features(soft_picture(8, 8))
    recognition._network.cache_clear()


def test_the_runtime_keeps_no_identifier_and_reports_nothing(tmp_path: Path) -> None:
    """ONNX Runtime writes into the cache folder before it reports; in builds on servers (CI) it does neither."""
    kept = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("ORT_")}
    homes = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    told = (
        "import numpy as np; from apercu.models.recognition import picture_features;"
        "picture_features(np.zeros((9, 9, 3), np.uint8))"
    )
    subprocess.run([sys.executable, "-c", told], check=True, env={**kept, **homes})
    assert not any(tmp_path.rglob("*"))
