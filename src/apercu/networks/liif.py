"""LIIF: a picture as a function of a continuous position, decoded from features on the low-resolution grid.

`LIIF` is the reference. `FirstLayer` and `Tail` are the same decoder cut in two for the fast path (see
`docs/decoder.md`): the first layer is linear, so its share of the features is one 3x3 convolution at low resolution,
and its share of position and cell is a sum of a row and a column offset.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

EPS_SHIFT = 1e-6
EPS_AREA = 1e-9
ROWS_AT_ONCE = 8192
"""Rows that go through the decoder in training together: 4 MB of 16-bit numbers, which a processor's cache holds."""


def make_coord(n: int) -> Tensor:
    """Centres of n pixels on [-1, 1], float32 (n,)."""
    radius = 1.0 / n
    return -1 + radius + 2 * radius * torch.arange(n).float()


def make_query(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Coordinates and cells, both (1, Q, 2) in order (y, x), of all pixels of an output of `size`, row by row."""
    height, width = size
    coord = torch.stack(torch.meshgrid(make_coord(height), make_coord(width), indexing="ij"), dim=-1).view(1, -1, 2)
    cell = torch.tensor([2 / height, 2 / width]).expand_as(coord)
    return coord, cell


class MLP(nn.Module):
    """Linear layers with ReLU between them."""

    def __init__(self, in_dim: int, out_dim: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        dims = (in_dim, *hidden)
        layers: list[nn.Module] = []
        for a, b in pairwise(dims):
            layers += [nn.Linear(a, b), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(dims[-1], out_dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_dim) -> (..., out_dim)."""
        out: Tensor = self.layers(x)
        return out


class LIIF(nn.Module):
    """Encoder and implicit decoder with feature unfolding, local ensemble and cell decoding.

    Args:
        encoder: (B, 3, H, W) -> (B, `encoder.out_dim`, H, W).
        hidden: widths of the decoder's hidden layers.

    References:
        [chen2021liif], section 3 and equation 4.
    """

    def __init__(self, encoder: nn.Module, *, hidden: tuple[int, ...] = (256, 256, 256, 256)) -> None:
        super().__init__()
        self.encoder = encoder
        channels = encoder.out_dim
        if not isinstance(channels, int):
            raise TypeError("an encoder declares its channels as the integer out_dim")
        self.imnet = MLP(channels * 9 + 4, 3, hidden)

    def forward(self, inp: Tensor, coord: Tensor, cell: Tensor) -> Tensor:
        """Picture (B, 3, H, W) in [-1, 1], coord and cell (B, Q, 2) in order (y, x) -> colours (B, Q, 3)."""
        return self.query_rgb(self.encoder(inp), coord, cell)

    def query_rgb(self, feat: Tensor, coord: Tensor, cell: Tensor) -> Tensor:
        """Colours (B, Q, 3) at `coord`: the four nearest features decoded, weighted by the area opposite to each."""
        batch, _, height, width = feat.shape
        unfolded = functional.unfold(feat, 3, padding=1).view(batch, -1, height, width)
        scale = torch.tensor([height, width], dtype=coord.dtype, device=coord.device)
        preds, areas = [], []
        for vy in (-1, 1):
            for vx in (-1, 1):
                shift = torch.tensor(
                    [vy / height + EPS_SHIFT, vx / width + EPS_SHIFT], dtype=coord.dtype, device=coord.device
                )
                moved = (coord + shift).clamp(-1 + EPS_SHIFT, 1 - EPS_SHIFT)
                index = (((moved + 1) * scale - 1) / 2).round().long()
                iy, ix = index[..., 0], index[..., 1]
                lattice = torch.stack((make_coord(height).to(coord)[iy], make_coord(width).to(coord)[ix]), dim=-1)
                rel = (coord - lattice) * scale
                z = torch.stack([unfolded[b, :, iy[b], ix[b]].T for b in range(batch)])
                preds.append(self.imnet(torch.cat((z, rel, cell * scale), dim=-1)))
                areas.append((rel[..., 0] * rel[..., 1]).abs() + EPS_AREA)
        total = torch.stack(areas).sum(dim=0)
        weighted = [p * (a / total)[..., None] for p, a in zip(preds, reversed(areas), strict=True)]
        return torch.stack(weighted).sum(dim=0)

    def forward_factorised(self, inp: Tensor, coord: Tensor, cell: Tensor) -> Tensor:
        """As `forward`, by `query_rgb_factorised`."""
        return self.query_rgb_factorised(self.encoder(inp), coord, cell)

    def query_rgb_factorised(self, feat: Tensor, coord: Tensor, cell: Tensor) -> Tensor:
        """As `query_rgb`, with the first layer's share of the features as one convolution: what trains.

        The four neighbours of all places go through the decoder in one product, and nothing 580 numbers wide is made.
        """
        batch, channels, height, width = feat.shape
        lead = self.imnet.layers[0]
        if not isinstance(lead, nn.Linear):
            raise TypeError("the decoder must begin with a linear layer")
        kernel = lead.weight[:, : channels * 9].reshape(-1, channels, 3, 3)
        first = functional.conv2d(feat, kernel, padding=1).permute(0, 2, 3, 1).reshape(batch * height * width, -1)
        index, local, weights = neighbours(coord, cell, (height, width))
        offsets = functional.linear(local.reshape(-1, 4), lead.weight[:, channels * 9 :], lead.bias)
        hidden = first.index_select(0, index.reshape(-1)) + offsets.to(first.dtype)
        preds = torch.cat([self.imnet.layers[1:](rows) for rows in torch.split(hidden, ROWS_AT_ONCE)])
        return (preds.float().view(4, batch, -1, 3) * weights[..., None]).sum(0)


def neighbours(coord: Tensor, cell: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """The four features nearest to each place.

    Args:
        coord: (B, Q, 2) in [-1, 1], order (y, x).
        cell: (B, Q, 2).
        size: height and width of the features.

    Returns:
        Index into the features of the whole batch, flattened to (B * H * W), as (4, B, Q); offset from the feature's
        centre and cell, both in half pixels, (4, B, Q, 4); weights that sum to 1, (4, B, Q).
    """
    height, width = size
    scale = torch.tensor([height, width], dtype=coord.dtype, device=coord.device)
    first = torch.arange(coord.shape[0], device=coord.device)[:, None] * (height * width)
    indices, locals_, areas = [], [], []
    for vy in (-1, 1):
        for vx in (-1, 1):
            shift = torch.tensor(
                [vy / height + EPS_SHIFT, vx / width + EPS_SHIFT], dtype=coord.dtype, device=coord.device
            )
            moved = (coord + shift).clamp(-1 + EPS_SHIFT, 1 - EPS_SHIFT)
            place = (((moved + 1) * scale - 1) / 2).round()
            rel = (coord - ((2 * place + 1) / scale - 1)) * scale
            indices.append(first + place[..., 0].long() * width + place[..., 1].long())
            locals_.append(torch.cat((rel, cell * scale), dim=-1))
            areas.append((rel[..., 0] * rel[..., 1]).abs() + EPS_AREA)
    area = torch.stack(areas)
    return torch.stack(indices), torch.stack(locals_), area.flip(0) / area.sum(0)


class FirstLayer(nn.Module):
    """The part of the decoder's first layer that reads features, as one 3x3 convolution.

    `unfold` orders its channels as (feature, ky, kx), which is the layout of a convolution kernel, so the weight needs
    only a reshape.
    """

    def __init__(self, liif: LIIF) -> None:
        super().__init__()
        first = liif.imnet.layers[0]
        if not isinstance(first, nn.Linear):
            raise TypeError("the decoder must begin with a linear layer")
        channels = (first.in_features - 4) // 9
        self.conv = nn.Conv2d(channels, first.out_features, 3, padding=1, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(first.weight[:, : channels * 9].reshape(-1, channels, 3, 3))

    def forward(self, feat: Tensor) -> Tensor:
        """Features (1, C, h, w) -> (h, w, hidden)."""
        out: Tensor = self.conv(feat)
        _, hidden, height, width = out.shape
        return out.view(hidden, height * width).T.reshape(height, width, hidden)


class Tail(nn.Module):
    """The decoder after its first linear layer: adds the row's offset, ReLU, then the remaining layers."""

    def __init__(self, liif: LIIF) -> None:
        super().__init__()
        self.layers = liif.imnet.layers[1:]

    def forward(self, first: Tensor, row: Tensor) -> Tensor:
        """First-layer sums (N, hidden) and one row offset (hidden,) -> colours (N, 3)."""
        out: Tensor = self.layers(first + row)
        return out
