"""A decoder that costs next to nothing for each output pixel: all its layers run once for each *input* pixel.

LIIF asks a network of four layers for every output pixel, four times. Here the network of an input pixel gives a whole
function of the place at once, as coefficients of products of cosines. What is left for an output pixel is a sum, and
since cosines of the row and of the column are apart from each other, that sum is two short interpolations: along the
columns, then along the rows. Encoder, the four nearest features, and their weights are LIIF's.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from apercu.networks.edsr import EDSR, conv3x3
from apercu.networks.liif import EPS_AREA, neighbours

REACH = 2.0
"""Farthest offset from a feature's centre, in half pixels, at which it is asked."""


def cosines(rel: Tensor, count: int) -> Tensor:
    """The first `count` functions of the cosine series on [-2, 2] at offsets `rel` (...), as (..., count)."""
    order = torch.arange(count, dtype=rel.dtype, device=rel.device)
    return torch.cos(math.pi / (2 * REACH) * (rel[..., None] + REACH) * order)


def shares(local: Tensor) -> Tensor:
    """Weights of the four nearest features: the row's share times the column's.

    These are LIIF's areas, but for a place right between two features on one axis whose two features on the other are
    the same (the edge of the picture): there all four areas are nothing, and LIIF gives each a quarter.

    Args:
        local: from `neighbours`, (4, B, Q, 4).

    Returns:
        (4, B, Q), with the sum 1.
    """
    offsets = local[..., :2].reshape(2, 2, *local.shape[1:3], 2).abs() + EPS_AREA
    by_y = offsets[..., 0].flip(0) / offsets[..., 0].sum(0)
    by_x = offsets[..., 1].flip(1) / offsets[..., 1].sum(1, keepdim=True)
    weights: Tensor = (by_y * by_x).flatten(0, 1)
    return weights


class Coefficients(nn.Module):
    """Features and the size of an output pixel -> the function of every input pixel.

    Args:
        channels: of the features.
        hidden: width of the two layers between.
        count: cosines of each axis.
    """

    def __init__(self, channels: int, *, hidden: int, count: int) -> None:
        super().__init__()
        self.count = count
        self.first = conv3x3(channels, hidden)
        self.cell = nn.Linear(2, hidden, bias=False)
        self.middle = nn.Conv2d(hidden, hidden, 1)
        self.last = nn.Conv2d(hidden, 3 * count * count, 1)
        nn.init.zeros_(self.last.weight)
        if self.last.bias is not None:
            nn.init.zeros_(self.last.bias)

    def hidden(self, feat: Tensor, cell: Tensor) -> Tensor:
        """Features (B, C, h, w) and cell in half pixels (B, 2) -> what the last layer reads, (B, hidden, h, w)."""
        x = torch.relu(self.first(feat) + self.cell(cell)[..., None, None])
        return torch.relu(self.middle(x))

    def forward(self, inp: Tensor, feat: Tensor, cell: Tensor) -> Tensor:
        """Picture (B, 3, h, w), features (B, C, h, w) and cell in half pixels (B, 2) -> (B, 3 * count * count, h, w).

        Channels are in order (colour, cosine of y, cosine of x). The first of each colour is the constant; it begins as
        the input pixel's own colour, so that what is learned is the difference from bilinear interpolation, which a
        fresh decoder gives.
        """
        x = self.last(self.hidden(feat, cell))
        batch, _, height, width = x.shape
        parts = x.view(batch, 3, self.count * self.count, height, width)
        constant = parts[:, :, :1] + inp[:, :, None]
        return torch.cat((constant.to(parts.dtype), parts[:, :, 1:]), 2).reshape(batch, -1, height, width)


class Parts(nn.Module):
    """`Coefficients` for one picture without the picture's own colours, with its parameters' names."""

    def __init__(self, coefficients: Coefficients) -> None:
        super().__init__()
        self.first, self.cell = coefficients.first, coefficients.cell
        self.middle, self.last = coefficients.middle, coefficients.last

    def forward(self, feat: Tensor, cell: Tensor) -> Tensor:
        """Features (1, C, h, w) and cell in half pixels (1, 2) -> (h, w, 3 * count * count)."""
        hidden = Coefficients.hidden(self, feat, cell)  # type: ignore[arg-type]
        parts: Tensor = self.last(hidden)[0].permute(1, 2, 0)
        return parts


class FastLIIF(nn.Module):
    """LIIF's encoder with `Coefficients` for a decoder.

    Args:
        blocks: residual blocks of the encoder.
        hidden: width of the decoder's layers.
        count: cosines of each axis.

    References:
        [lim2017edsr] for the encoder, [chen2021liif] for local ensemble and cell.
    """

    def __init__(self, *, blocks: int = 14, hidden: int = 192, count: int = 8) -> None:
        super().__init__()
        self.encoder = EDSR(blocks=blocks)
        self.decoder = Coefficients(EDSR.out_dim, hidden=hidden, count=count)

    def forward(self, inp: Tensor, coord: Tensor, cell: Tensor) -> Tensor:
        """Picture (B, 3, H, W) in [-1, 1], coord and cell (B, Q, 2) in order (y, x) -> colours (B, Q, 3).

        The cell of the first place of a picture is taken for all of them.
        """
        batch, _, height, width = inp.shape
        scale = torch.tensor([height, width], dtype=cell.dtype, device=cell.device)
        parts = self.decoder(inp, self.encoder(inp), cell[:, 0] * scale)
        rows = parts.permute(0, 2, 3, 1).reshape(batch * height * width, -1)
        index, local, _ = neighbours(coord, cell, (height, width))
        count = self.decoder.count
        chosen = rows.index_select(0, index.reshape(-1)).view(4, batch, -1, 3, count, count)
        by_y, by_x = (cosines(local[..., axis], count).to(chosen.dtype) for axis in (0, 1))
        preds = (chosen @ by_x[..., None, :, None]).squeeze(-1) @ by_y[..., None]
        out: Tensor = (preds.squeeze(-1).float() * shares(local)[..., None]).sum(0)
        return out
