"""LIIF on ONNX Runtime gives what the equation says, however the work is cut."""

import gc
import threading

import numpy as np
import pytest
from equation import imnet_layers, liif_equation

from apercu.errors import ShapeError, UnsupportedScaleError, WeightsError
from apercu.models.add import add_weights
from apercu.models.checkpoint import read_checkpoint
from apercu.models.graphs import load_graph, run_graph
from apercu.models.liif import Liif
from apercu.models.liif_decoder import LiifDecoder
from apercu.registry import enlarge_whole, find_model, load_model


def noise(*size):
    return np.random.default_rng(sum(size)).random((*size, 3), np.float32)


@pytest.fixture
def with_settings(settings):
    def load(name="liif-edsr", **changed):
        return load_model(name, settings.model_copy(update=changed))

    return load


@pytest.mark.parametrize(
    ("size", "target"),
    [
        ((7, 5), (14, 10)),
        ((7, 5), (21, 15)),
        ((7, 5), (26, 19)),
        ((5, 7), (20, 28)),
        ((8, 7), (12, 18)),
        ((7, 8), (18, 12)),
        ((9, 6), (9, 6)),
        ((1, 1), (3, 3)),
        ((1, 1), (1, 1)),
        ((1, 6), (4, 19)),
        ((6, 1), (24, 1)),
        ((2, 3), (40, 25)),
    ],
)
def test_the_enlargement_is_what_the_equation_says(edsr, edsr_state, size: tuple[int, int], target: tuple[int, int]):
    pixels = noise(*size)
    expected = liif_equation(edsr.encode(pixels)[0], imnet_layers(edsr_state), target) * 0.5 + 0.5
    assert np.abs(enlarge_whole(edsr, pixels, target) - expected).max() <= 1e-5


@pytest.mark.parametrize("target", [(42, 54), (63, 81), (78, 100), (32, 68), (21, 27)])
def test_the_enlargement_equals_the_torch_reference(edsr, edsr_state, target: tuple[int, int]):
    torch = pytest.importorskip("torch", reason="the reference networks need the extra `train`")
    from apercu.networks.edsr import EDSR
    from apercu.networks.liif import LIIF, make_query

    reference = LIIF(EDSR()).eval().requires_grad_(False)
    reference.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in edsr_state.items()})
    pixels = noise(21, 27)
    inp = torch.from_numpy((pixels - 0.5) / 0.5).permute(2, 0, 1)[None]
    expected = reference(inp, *make_query(target)).view(*target, 3).numpy() * 0.5 + 0.5
    assert np.abs(enlarge_whole(edsr, pixels, target) - expected).max() <= 1e-5


@pytest.mark.parametrize(("size", "target"), [((110, 30), (253, 62)), ((33, 97), (50, 194))])
def test_tiles_give_the_same_result_as_the_whole(with_settings, size: tuple[int, int], target: tuple[int, int]):
    pixels = noise(*size)
    whole = enlarge_whole(with_settings(tile_size=4096), pixels, target)
    tiled = enlarge_whole(with_settings(tile_size=24), pixels, target)
    assert np.abs(tiled - whole).max() <= 1e-5


def looking_far(state, ky: int, kx: int):
    """Weights that carry each pixel as far in one direction as the network can see, in whole numbers without rounding.

    Every 3x3 convolution moves its newest channel by one pixel, and so does the decoder's look at its neighbours.
    """
    far = {name: np.zeros_like(value) for name, value in state.items()}
    for name, value in far.items():
        if name.startswith("encoder.") and value.ndim == 4:
            middle = (ky, kx) if value.shape[2] == 3 else (0, 0)
            value[0, max(0, value.shape[1] - 64), *middle] = 1
    far["imnet.layers.0.weight"][0, ky * 3 + kx] = 1
    for layer in (2, 4, 6):
        far[f"imnet.layers.{layer}.weight"][0, 0] = 1
    far["imnet.layers.8.weight"][:, 0] = 1
    return far


@pytest.mark.parametrize(("ky", "kx"), [(0, 0), (2, 2), (0, 1), (1, 2)])
def test_tiles_are_exact_to_the_last_pixel_that_the_encoder_sees(edsr_state, ky: int, kx: int):
    pixels = (noise(90, 80) > 0.5).astype(np.float32) / 2 + 0.5
    state = looking_far(edsr_state, ky, kx)
    whole, tiled = (
        enlarge_whole(Liif(find_model("liif-edsr"), state, encoder="edsr", threads=2, tile_size=side), pixels, (90, 80))
        for side in (4096, 45)
    )
    assert len(np.unique(whole)) > 1000
    assert np.array_equal(tiled, whole)


@pytest.mark.parametrize("ky", [0, 2])
def test_tiles_are_exact_to_the_last_pixel_that_the_large_encoder_sees(rdn_checkpoint, ky: int):
    pixels = (noise(400, 1) > 0.5).astype(np.float32) / 2 + 0.5
    state = looking_far(read_checkpoint(rdn_checkpoint)["model"]["sd"], ky, 1)
    whole, tiled = (
        enlarge_whole(Liif(find_model("liif-rdn"), state, encoder="rdn", threads=2, tile_size=side), pixels, (400, 1))
        for side in (4096, 140)
    )
    assert len(np.unique(whole)) > 100
    assert np.array_equal(tiled, whole)


def test_tiles_of_the_large_encoder_give_the_same_result_as_the_whole(
    with_settings, rdn_checkpoint, rdn_known, settings
):
    rdn_known(rdn_checkpoint)
    add_weights(rdn_checkpoint, settings)
    pixels = noise(200, 2)
    whole = enlarge_whole(with_settings("liif-rdn", tile_size=4096), pixels, (460, 3))
    tiled = enlarge_whole(with_settings("liif-rdn", tile_size=70), pixels, (460, 3))
    assert np.ptp(whole) > 1e-3
    assert np.abs(tiled - whole).max() <= 1e-5


def test_the_number_of_threads_does_not_change_the_result(with_settings):
    pixels = noise(40, 52)
    one, two, five = (enlarge_whole(with_settings(threads=n), pixels, (100, 131)) for n in (1, 2, 5))
    assert np.abs(one - two).max() <= 1e-6
    assert np.abs(one - five).max() <= 1e-6


def test_the_picture_is_not_changed_and_a_second_run_gives_the_same(edsr):
    pixels = noise(17, 19)
    before = pixels.copy()
    first = enlarge_whole(edsr, pixels, (40, 41))
    assert np.array_equal(first, enlarge_whole(edsr, pixels, (40, 41)))
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize(("threads", "tile_size"), [(1, 256), (2, 256), (2, 16)])
def test_the_blocks_cover_the_result_just_once(with_settings, threads: int, tile_size: int):
    covered = np.zeros((120, 60), int)
    for block in with_settings(threads=threads, tile_size=tile_size).enlarge(noise(33, 20), (120, 60)):
        height, width = block.pixels.shape[:2]
        assert height * width < 120 * 60 / 2
        covered[block.top : block.top + height, block.left : block.left + width] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_stops_the_work_and_leaves_no_threads(with_settings, monkeypatch, threads: int):
    finished = []
    decode_block = LiifDecoder._decode_block
    monkeypatch.setattr(LiifDecoder, "_decode_block", lambda *args: finished.append(1) or decode_block(*args))
    model = with_settings(threads=threads)

    def interrupt(blocks) -> None:
        for _ in blocks:
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        interrupt(model.enlarge(noise(40, 40), (1280, 640)))
    gc.collect()  # the generator is closed when nobody holds it any more
    assert len(finished) < 80 / 2  # of 80 blocks
    assert threading.active_count() == before


def test_an_error_in_a_worker_reaches_the_caller(edsr, monkeypatch):
    def fail(*_):
        raise MemoryError("no memory for a block")

    monkeypatch.setattr(LiifDecoder, "_decode_block", fail)
    before = threading.active_count()
    with pytest.raises(MemoryError, match="no memory for a block"):
        enlarge_whole(edsr, noise(20, 20), (80, 80))
    assert threading.active_count() == before


def test_a_size_below_the_pictures_is_refused(edsr):
    with pytest.raises(UnsupportedScaleError, match="cannot make 9x8 smaller, to 9x7"):
        enlarge_whole(edsr, noise(8, 9), (7, 9))


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 1), (8, 9, 4), (0, 9, 3)])
def test_an_array_that_is_not_an_rgb_picture_is_refused(edsr, shape: tuple[int, ...]):
    with pytest.raises(ShapeError, match=r"takes pictures of the shape \(H, W, 3\), got"):
        enlarge_whole(edsr, np.zeros(shape, np.float32), (20, 20))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("head.0.weight", None, r"head\.0\.weight is missing"),
        ("tail.0.weight", np.zeros(3, np.float32), r"tail\.0\.weight is unexpected"),
        ("head.0.weight", np.zeros((64, 3, 5, 5), np.float32), "a weight has another shape"),
    ],
)
def test_weights_that_do_not_fit_are_never_loaded_loosely(edsr_state, name: str, value, problem: str):
    weights = {key.removeprefix("encoder."): w for key, w in edsr_state.items() if key.startswith("encoder.")}
    weights = {key: w for key, w in (weights | {name: value}).items() if w is not None}
    with pytest.raises(WeightsError, match=rf"^the weights do not fit the network edsr: {problem}$"):
        load_graph("edsr.onnx", weights, threads=1)


def test_exhausted_memory_inside_a_network_is_a_memory_error():
    class Full:
        def run(self, _names, _feeds):
            raise RuntimeError("Non-zero status code returned while running Conv node. Status Message: std::bad_alloc")

    with pytest.raises(MemoryError):
        run_graph(Full(), {})


@pytest.mark.slow
def test_tiles_of_a_700x500_picture_leave_no_seam(with_settings):
    pixels = noise(500, 700)
    whole = enlarge_whole(with_settings(tile_size=1024), pixels, (510, 714))
    tiled = enlarge_whole(with_settings(tile_size=224), pixels, (510, 714))
    assert np.abs(whole - tiled).max() <= 1e-5
