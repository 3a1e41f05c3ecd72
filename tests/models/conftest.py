"""What the tests of the models share: the equation, settings of their own, an official-looking RDN file."""

import sys
from pathlib import Path

import pytest

from apercu.models.checkpoint import read_checkpoint
from apercu.records import ModelCard
from apercu.registry import file_digest, find_model, load_model, model_cards, weights_path
from apercu.settings import Settings

sys.path.append(str(Path(__file__).parents[1] / "networks"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory):
    return Settings(data_dir=tmp_path_factory.mktemp("data"), threads=2)


@pytest.fixture(scope="session")
def edsr(settings):
    return load_model("liif-edsr", settings)


@pytest.fixture(scope="session")
def edsr_state(settings):
    return read_checkpoint(weights_path(find_model("liif-edsr"), settings))


@pytest.fixture(scope="session")
def rdn_checkpoint(tmp_path_factory):
    """A checkpoint in the form of the official RDN file, with random numbers in it."""
    torch = pytest.importorskip("torch", reason="an RDN checkpoint is made with torch, from the extra `train`")
    from apercu.networks.liif import LIIF
    from apercu.networks.rdn import RDN

    torch.manual_seed(0)
    network = LIIF(RDN())
    spec = {"encoder_spec": {"name": "rdn", "args": {"no_upsampling": True}}, "imnet_spec": {"name": "mlp", "args": {}}}
    moments = {0: {"step": 1000, "exp_avg": torch.zeros(3), "betas": (0.9, 0.999)}}
    path = tmp_path_factory.mktemp("rdn") / "rdn-liif.pth"
    model = {"name": "liif", "args": spec, "sd": network.state_dict()}
    torch.save({"model": model, "optimizer": {"state": moments, "param_groups": [{"lr": 1e-4}]}, "epoch": 1000}, path)
    return path


@pytest.fixture
def rdn_known(monkeypatch):
    """Let the card of LIIF-RDN know a file by its hash, as it knows the official one."""

    def know(path: Path) -> ModelCard:
        card = find_model("liif-rdn")
        assert card.weights is not None
        weights = card.weights.model_copy(update={"sha256": file_digest(path), "size": path.stat().st_size})
        known = card.model_copy(update={"weights": weights})
        monkeypatch.setitem(model_cards(), "liif-rdn", known)
        return known

    return know
