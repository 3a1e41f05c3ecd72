"""The torch reference is what the papers describe, and exactly what the equation says."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from equation import imnet_layers, liif_equation

torch = pytest.importorskip("torch", reason="the reference networks need the extra `train`")

from apercu.models.checkpoint import read_checkpoint  # noqa: E402
from apercu.models.liif import RECEPTIVE_RADIUS  # noqa: E402
from apercu.networks.edsr import EDSR, parameter_count  # noqa: E402
from apercu.networks.liif import LIIF, FirstLayer, Tail, make_query  # noqa: E402
from apercu.networks.rdn import RDN  # noqa: E402


@pytest.fixture(scope="module")
def state():
    return read_checkpoint(Path(str(files("apercu") / "weights" / "liif-edsr.safetensors")))


@pytest.fixture(scope="module")
def liif(state):
    network = LIIF(EDSR())
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
    return network.eval().requires_grad_(False)


def test_the_parameters_are_as_many_as_counted_by_hand():
    conv = 64 * 64 * 9 + 64
    edsr = (3 * 64 * 9 + 64) + 16 * 2 * conv + conv
    assert parameter_count(EDSR()) == edsr == 1_220_416
    dense = sum((64 * (1 + i)) * 64 * 9 + 64 for i in range(8))
    rdn = (3 * 64 * 9 + 64) + conv + 16 * (dense + 9 * 64 * 64 + 64) + (16 * 64 * 64 + 64) + conv
    assert parameter_count(RDN()) == rdn == 21_973_952
    imnet = (580 * 256 + 256) + 3 * (256 * 256 + 256) + (256 * 3 + 3)
    assert parameter_count(LIIF(EDSR())) == edsr + imnet == 1_567_299
    assert parameter_count(LIIF(RDN())) == rdn + imnet == 22_320_835


@pytest.mark.parametrize(("network", "thin", "radius"), [(EDSR, {}, 34), (RDN, {"growth": 4}, 131)])
def test_a_changed_pixel_changes_features_exactly_as_far_as_the_receptive_radius(
    network, thin: dict[str, int], radius: int
):
    encoder = network(channels=4, **thin).double().requires_grad_(False)
    for weight in encoder.parameters():  # positive everywhere, so that no path can cancel another
        weight.fill_(1 / weight[0].numel() if weight.ndim > 1 else 0)
    picture = torch.zeros(1, 3, 2 * radius + 9, 1, dtype=torch.double)
    middle = radius + 4
    picture[0, 0, middle] = 1
    reached = torch.nonzero(encoder(picture).sum(dim=(0, 1, 3)))
    assert (int(reached.min()), int(reached.max())) == (middle - radius, middle + radius)
    assert len(reached) == 2 * radius + 1
    assert network.receptive_radius == RECEPTIVE_RADIUS[network.__name__.lower()] == radius


@pytest.mark.parametrize("size", [(10, 14), (15, 21), (19, 26), (20, 28), (8, 18), (13, 11), (5, 7), (31, 7)])
def test_the_reference_equals_the_equation(liif, state, size: tuple[int, int]):
    feat = liif.encoder(torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (1, 3, 5, 7)).astype(np.float32)))
    coord, cell = make_query(size)
    ours = liif.query_rgb(feat, coord, cell).view(*size, 3).numpy()
    assert np.abs(ours - liif_equation(feat[0].numpy(), imnet_layers(state), size)).max() <= 1e-5


def test_the_reference_answers_a_batch_and_single_places(liif):
    picture = torch.from_numpy(np.random.default_rng(2).uniform(-1, 1, (2, 3, 6, 5)).astype(np.float32))
    coord, cell = make_query((9, 8))
    both = liif(picture, coord.expand(2, -1, -1), cell.expand(2, -1, -1))
    second = liif(picture[1:], coord[:, 17:18], cell[:, 17:18])
    assert both.shape == (2, 72, 3)
    assert torch.allclose(both[1, 17], second[0, 0], rtol=0, atol=1e-5)


def test_the_decoder_cut_in_two_is_the_decoder(liif):
    rng = np.random.default_rng(3)
    feat = torch.from_numpy(rng.normal(size=(1, 64, 4, 6)).astype(np.float32))
    rel_and_cell = torch.from_numpy(rng.uniform(-1, 1, (24, 4)).astype(np.float32))
    unfolded = torch.nn.functional.unfold(feat, 3, padding=1)[0].T
    whole = liif.imnet(torch.cat((unfolded, rel_and_cell), dim=1))
    first = liif.imnet.layers[0]
    offsets = rel_and_cell @ first.weight[:, 576:].T + first.bias
    cut = Tail(liif)(FirstLayer(liif)(feat).reshape(24, 256) + offsets, torch.zeros(256))
    assert torch.allclose(cut, whole, rtol=0, atol=1e-5)


def test_a_row_offset_counts_as_part_of_the_first_layer(liif):
    first, row = torch.randn(5, 256, generator=torch.manual_seed(0)), torch.linspace(-1, 1, 256)
    assert torch.equal(Tail(liif)(first, row), Tail(liif)(first + row, torch.zeros(256)))
