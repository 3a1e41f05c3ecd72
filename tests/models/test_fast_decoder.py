"""The quick decoder on ONNX Runtime gives what its network gives in torch, however the work is cut."""

import numpy as np
import pytest
from safetensors.numpy import save_file

torch = pytest.importorskip("torch", reason="the reference network needs the extra `train`")

from apercu.errors import UnsupportedScaleError, WeightsError  # noqa: E402
from apercu.models.liif import RECEPTIVE_RADIUS, Liif, load_liif  # noqa: E402
from apercu.networks.fast import FastLIIF  # noqa: E402
from apercu.networks.liif import make_query  # noqa: E402
from apercu.registry import enlarge_whole, find_model  # noqa: E402

CARD = find_model("liif-edsr")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = FastLIIF()
    torch.nn.init.normal_(network.decoder.last.weight, std=0.1)  # a fresh one would be plain interpolation
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def state(network):
    return {name: value.numpy() for name, value in network.state_dict().items()}


def noise(height: int, width: int):
    return np.random.default_rng(height + width).random((height, width, 3), np.float32)


def opened(state, *, tile_size: int = 256, threads: int = 1) -> Liif:
    return Liif(CARD, state, encoder="edsr-14", threads=threads, tile_size=tile_size)


def in_torch(network, pixels, size: tuple[int, int]):
    inp = torch.from_numpy((pixels - 0.5) / 0.5).permute(2, 0, 1)[None]
    return network(inp, *make_query(size)).view(*size, 3).numpy() * 0.5 + 0.5


def in_torch_without_cosines(network, pixels, size: tuple[int, int]):
    last = network.decoder.last
    kept = last.weight.clone(), last.bias.clone()
    with torch.no_grad():
        last.weight.zero_(), last.bias.zero_()
        plain = in_torch(network, pixels, size)
        last.weight.copy_(kept[0]), last.bias.copy_(kept[1])
    return plain


@pytest.mark.parametrize(
    ("size", "target"),
    [
        ((21, 27), (42, 54)),
        ((21, 27), (63, 81)),
        ((21, 27), (78, 100)),
        ((21, 27), (32, 130)),
        ((21, 27), (148, 27)),
        ((21, 27), (21, 27)),
        ((1, 1), (3, 3)),
        ((1, 6), (4, 19)),
        ((2, 3), (40, 25)),
    ],
)
def test_the_enlargement_equals_the_network_in_torch(network, state, size: tuple[int, int], target: tuple[int, int]):
    pixels = noise(*size)
    expected = in_torch(network, pixels, target)
    plain = in_torch_without_cosines(network, pixels, target)
    assert np.abs(expected - plain).max() > 1e-2  # or the decoder would not be tested
    assert np.abs(enlarge_whole(opened(state), pixels, target) - expected).max() <= 1e-4


@pytest.mark.parametrize(("size", "target"), [((80, 30), (183, 62)), ((33, 75), (50, 150))])
def test_tiles_give_the_same_result_as_the_whole(state, size: tuple[int, int], target: tuple[int, int]):
    pixels = noise(*size)
    whole, tiled = (enlarge_whole(opened(state, tile_size=side), pixels, target) for side in (4096, 29))
    assert np.ptp(whole) > 0.5
    assert np.abs(tiled - whole).max() <= 1e-5


@pytest.mark.parametrize(("ky", "kx"), [(0, 0), (2, 1)])
def test_tiles_are_exact_to_the_last_pixel_that_the_encoder_sees(state, ky: int, kx: int):
    """Weights that carry each pixel as far in one direction as the network can see, in numbers without rounding."""
    far = {name: np.zeros_like(value) for name, value in state.items()}
    for name, value in far.items():
        if name.startswith("encoder.") and value.ndim == 4:
            value[0, 0, ky, kx] = 1
    far["decoder.first.weight"][0, 0, ky, kx] = 1
    far["decoder.middle.weight"][0, 0] = 1
    far["decoder.last.weight"][[0, 64, 128], 0] = 1
    pixels = (noise(80, 74) > 0.5).astype(np.float32) / 2 + 0.5
    whole, tiled = (enlarge_whole(opened(far, tile_size=side), pixels, (80, 74)) for side in (4096, 37))
    assert len(np.unique(whole)) > 100
    assert np.array_equal(tiled, whole)


def test_the_encoder_sees_as_far_as_its_convolutions_reach():
    assert RECEPTIVE_RADIUS["edsr-14"] == 1 + 2 * 14 + 1


@pytest.mark.parametrize("tile_size", [19, 256])
def test_the_blocks_cover_the_result_just_once(state, tile_size: int):
    covered = np.zeros((150, 70), int)
    for block in opened(state, tile_size=tile_size).enlarge(noise(33, 20), (150, 70)):
        height, width = block.pixels.shape[:2]
        covered[block.top : block.top + height, block.left : block.left + width] += 1
    assert (covered == 1).all()


def test_the_picture_is_not_changed_and_threads_do_not_change_the_result(state):
    pixels = noise(17, 19)
    before = pixels.copy()
    one, two = (enlarge_whole(opened(state, threads=n), pixels, (40, 41)) for n in (1, 2))
    assert np.abs(one - two).max() <= 1e-6
    assert np.array_equal(pixels, before)


def test_a_size_below_the_pictures_is_refused(state):
    with pytest.raises(UnsupportedScaleError, match="cannot make 9x8 smaller, to 9x7"):
        enlarge_whole(opened(state), noise(8, 9), (7, 9))


@pytest.fixture
def file_of(tmp_path, monkeypatch):
    """Write a checkpoint and let a card's weights be found there."""

    def write(state):
        path = tmp_path / "weights.safetensors"
        save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, path)
        monkeypatch.setattr("apercu.models.liif.weights_path", lambda *_: path)
        return path

    return write


def test_a_checkpoint_of_the_quick_kind_is_recognised_also_in_half_precision(network, state, settings, file_of):
    halves = {name: value.astype(np.float16) for name, value in state.items()}
    file_of(halves)
    pixels = noise(12, 11)
    torch.manual_seed(0)
    rounded = FastLIIF().eval().requires_grad_(False)
    rounded.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in halves.items()})
    result = enlarge_whole(load_liif(CARD, settings), pixels, (30, 33))
    assert np.abs(result - in_torch(rounded, pixels, (30, 33))).max() <= 1e-4


@pytest.mark.parametrize("name", ["decoder.first.bias", "decoder.cell.weight", "encoder.body.14.bias"])
def test_a_checkpoint_that_lacks_a_weight_names_it(state, settings, file_of, name: str):
    file_of({key: value for key, value in state.items() if key != name})
    with pytest.raises(WeightsError, match=f"{name.split('.', 1)[1]} is missing".replace(".", r"\.")):
        load_liif(CARD, settings)


def test_weights_without_any_decoder_are_refused(state, settings, file_of):
    file_of({key: value for key, value in state.items() if key.startswith("encoder.")})
    with pytest.raises(WeightsError, match="holds no LIIF weights"):
        load_liif(CARD, settings)
