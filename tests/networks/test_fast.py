"""The quick decoder and the factorised way through LIIF: what they compute, and that they learn like the reference."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the reference networks need the extra `train`")

from apercu.networks.edsr import EDSR, parameter_count  # noqa: E402
from apercu.networks.fast import FastLIIF, cosines, shares  # noqa: E402
from apercu.networks.liif import LIIF, make_coord, make_query, neighbours  # noqa: E402
from apercu.train.build import shortened  # noqa: E402


class Thin(EDSR):
    """Eight channels and one block."""

    out_dim = 8

    def __init__(self) -> None:
        super().__init__(blocks=1, channels=8)


def liif(seed: int = 0) -> LIIF:
    torch.manual_seed(seed)
    return LIIF(Thin(), hidden=(16, 16))


def fast(seed: int = 0) -> FastLIIF:
    """One block, three cosines, and a last layer that says something."""
    torch.manual_seed(seed)
    network = FastLIIF(blocks=1, hidden=12, count=3)
    torch.nn.init.normal_(network.decoder.last.weight, std=0.2)
    return network.eval()


def places(batch: int, count: int, seed: int = 0):
    """Places anywhere, among them corners, edges and middles between pixels; each picture has a cell of its own."""
    generator = torch.manual_seed(seed)
    coord = torch.rand(batch, count, 2, generator=generator) * 2 - 1
    corners = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [0.0, 0.0], [1.0, -0.2], [-0.999, 0.5]])
    coord[:, : len(corners)] = corners
    factor = torch.rand(batch, 1, 2, generator=generator) * 3 + 1
    return coord, (2 / (factor * torch.tensor([5.0, 7.0]))).expand(batch, count, 2)


def pictures(batch: int):
    return torch.rand(batch, 3, 5, 7, generator=torch.manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("batch", [1, 3])
def test_the_factorised_way_gives_the_colours_of_the_reference(batch: int):
    network, inp, (coord, cell) = liif(), pictures(batch), places(batch, 40)
    with torch.no_grad():
        plain, quick = network(inp, coord, cell), network.forward_factorised(inp, coord, cell)
    assert plain.std() > 1e-2
    assert torch.allclose(quick, plain, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(5, 7), (10, 14), (15, 21), (13, 11)])
def test_the_factorised_way_gives_the_reference_on_grids_but_on_the_last_centres(size: tuple[int, int]):
    network, inp, (coord, cell) = liif(), pictures(1), make_query(size)
    # On the centre of the last row or column both neighbours of that axis are the same pixel at no distance: all four
    # areas are nothing but rounding, and the reference itself is as good as drawn by lot there.
    last = 1 - 1 / torch.tensor([5.0, 7.0])
    decided = ((coord[0] - last).abs() > 1e-5).all(-1)
    assert decided.sum() >= 0.6 * len(decided)
    with torch.no_grad():
        plain, quick = network(inp, coord, cell), network.forward_factorised(inp, coord, cell)
    assert torch.allclose(quick[:, decided], plain[:, decided], rtol=0, atol=2e-6)


def test_the_factorised_way_gives_the_gradients_of_the_reference():
    network, inp, (coord, cell) = liif(), pictures(2), places(2, 40)
    gradients = []
    for way in (network, network.forward_factorised):
        network.zero_grad()
        way(inp, coord, cell).square().mean().backward()
        gradients.append({name: weight.grad.clone() for name, weight in network.named_parameters()})
    for name, gradient in gradients[0].items():
        assert gradient.abs().max() > 0, name
        assert torch.allclose(gradients[1][name], gradient, rtol=1e-4, atol=1e-7), name


def test_the_neighbours_of_a_place_are_the_four_centres_around_it_each_weighted_by_the_opposite_area():
    # 2 x 4 pixels: centres at y = -1/2, 1/2 and x = -3/4, -1/4, 1/4, 3/4. The place is a quarter pixel below the upper
    # row's centre and half a pixel right of that of column 1 less a quarter: (-1/4, -1/8).
    coord, cell = torch.tensor([[[-0.25, -0.125]]]), torch.tensor([[[0.5, 0.25]]])
    index, local, weights = neighbours(coord, cell, (2, 4))
    assert index.flatten().tolist() == [1, 2, 5, 6]
    expected = [(0.5, 0.5), (0.5, -1.5), (-1.5, 0.5), (-1.5, -1.5)]  # in half pixels
    assert np.allclose(local[:, 0, 0, :2], expected, atol=1e-6)
    assert np.allclose(local[:, 0, 0, 2:], [1.0, 1.0])
    assert np.allclose(weights.flatten(), [9 / 16, 3 / 16, 3 / 16, 1 / 16], atol=1e-6)


def test_each_picture_of_a_batch_has_neighbours_in_its_own_features():
    coord, cell = places(3, 30)
    index, _, weights = neighbours(coord, cell, (5, 7))
    for picture in range(3):
        assert index[:, picture].min() >= picture * 35
        assert index[:, picture].max() < (picture + 1) * 35
    assert torch.allclose(weights.sum(0), torch.ones(3, 30), atol=1e-6)


def test_shares_sum_to_one_and_are_the_areas():
    _, local, weights = neighbours(*places(2, 50), (5, 7))
    assert torch.allclose(shares(local).sum(0), torch.ones(2, 50), atol=1e-6)
    inside = torch.tensor([[[0.11, -0.23], [0.37, 0.3]]])
    _, local, weights = neighbours(inside, torch.ones_like(inside), (5, 7))
    assert torch.allclose(shares(local), weights, rtol=0, atol=1e-5)


def test_shares_interpolate_along_the_last_row_where_all_areas_are_nothing():
    # On the centre of the last of 5 rows, x = -0.1 between the centres -1/6 and 1/6: 0.2 and 0.8 of the way.
    tie = torch.tensor([[[1 - 1 / 5, -0.1]]])
    index, local, _ = neighbours(tie, torch.ones_like(tie), (5, 6))
    by_column = {2: 0.0, 3: 0.0}
    for i, share in zip(index.flatten().tolist(), shares(local).flatten().tolist(), strict=True):
        assert i // 6 == 4
        by_column[i % 6] += share
    assert by_column == pytest.approx({2: 0.8, 3: 0.2}, abs=1e-5)


def test_the_cosines_are_those_of_a_series_on_minus_two_to_two():
    # cos(pi k (r + 2) / 4): at r = -2, 0 and 2
    values = cosines(torch.tensor([-2.0, 0.0, 2.0]), 4)
    assert np.allclose(values, [[1, 1, 1, 1], [1, 0, -1, 0], [1, -1, 1, -1]], atol=1e-6)


def test_a_fresh_decoder_is_linear_interpolation_between_pixels():
    # Its last layer is all zeros, so each pixel's function is its own colour: 2 x 1 pixels of 0.2 and 0.6, asked at x3.
    network = FastLIIF(blocks=1, hidden=12, count=3).eval()
    with torch.no_grad():
        inp = torch.tensor([0.2, 0.6]).view(1, 1, 2, 1).expand(1, 3, 2, 1)
        colours = network(inp, *make_query((6, 1)))[0, :, 0]
    # Places at 1/6 .. 11/6 pixels, centres at 1/2 and 3/2; beyond the outer centres the colour of the outer pixel.
    assert np.allclose(colours, np.interp((np.arange(6) + 0.5) / 3, [0.5, 1.5], [0.2, 0.6]), atol=1e-5)


def test_one_coefficient_of_one_pixel_gives_the_value_counted_by_hand():
    # One pixel, so all four neighbours are it. Only the coefficient of green of cos_1(y) cos_2(x) is not nothing: 0.5.
    network = fast()
    with torch.no_grad():
        for weight in network.decoder.last.parameters():
            weight.zero_()
        network.decoder.last.bias[9 + 1 * 3 + 2] = 0.5
        inp = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)
        # y = -1/2 is half a half-pixel above the centre, x = 1/2 as much to its right
        coord, cell = torch.tensor([[[-0.5, 0.5]]]), torch.tensor([[[1.0, 1.0]]])
        colour = network(inp, coord, cell)[0, 0]
    green = 0.2 + 0.5 * math.cos(math.pi / 4 * 1 * 1.5) * math.cos(math.pi / 4 * 2 * 2.5)
    assert np.allclose(colour, [0.1, green, 0.3], atol=1e-6)


def test_a_batch_gives_what_its_pictures_give_one_by_one():
    network, inp, (coord, cell) = fast(), pictures(3), places(3, 20)
    with torch.no_grad():
        together = network(inp, coord, cell)
        alone = [network(inp[i : i + 1], coord[i : i + 1], cell[i : i + 1])[0] for i in range(3)]
    assert together.std() > 1e-2
    assert torch.allclose(together, torch.stack(alone), rtol=0, atol=1e-6)


def test_the_size_of_an_output_pixel_changes_the_colour():
    network, inp, (coord, cell) = fast(), pictures(1), places(1, 20)
    with torch.no_grad():
        assert (network(inp, coord, cell) - network(inp, coord, cell / 3)).abs().max() > 1e-3


def test_all_weights_of_the_quick_decoder_learn():
    network = fast()
    network(pictures(2), *places(2, 40)).square().mean().backward()
    assert [name for name, weight in network.named_parameters() if weight.grad.abs().max() == 0] == []


def test_the_quick_network_has_as_many_parameters_as_counted_by_hand():
    conv = 64 * 64 * 9 + 64
    encoder = (3 * 64 * 9 + 64) + 15 * 2 * conv + conv
    decoder = (64 * 100 * 9 + 100) + 2 * 100 + (100 * 100 + 100) + (100 * 3 * 8**2 + 3 * 8**2)
    assert parameter_count(FastLIIF(blocks=15, hidden=100, count=8)) == encoder + decoder


def test_the_encoder_loses_two_blocks_and_the_others_move_up():
    names = [f"encoder.body.{i}.body.0.weight" for i in range(16)]
    state = {name: i for i, name in enumerate(names)}
    state |= {"encoder.body.16.weight": 16, "encoder.head.0.weight": "head", "imnet.layers.0.weight": "decoder"}
    short = shortened(state)
    kept = [0, 1, 2, 3, 4, *range(7, 16)]
    assert [short[name] for name in names[:14]] == kept
    assert (short["encoder.body.14.weight"], short["encoder.head.0.weight"]) == (16, "head")
    assert len(short) == 16


def test_centres_lie_in_the_middle_of_their_pixels():
    assert np.allclose(make_coord(4), [-0.75, -0.25, 0.25, 0.75])
