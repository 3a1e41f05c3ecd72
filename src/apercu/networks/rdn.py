"""RDN, configuration "B", as LIIF uses it: a feature extractor that keeps the picture's size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from apercu.networks.edsr import conv3x3


class DenseConv(nn.Module):
    """conv - ReLU, with the result appended to the channels of its input."""

    def __init__(self, in_channels: int, growth: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(conv3x3(in_channels, growth), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C + growth, H, W)."""
        return torch.cat((x, self.conv(x)), 1)


class RDB(nn.Module):
    """Residual dense block: dense convolutions, fused by a 1x1 convolution, added to the input."""

    def __init__(self, channels: int, growth: int, layers: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(*(DenseConv(channels + i * growth, growth) for i in range(layers)))
        self.LFF = nn.Conv2d(channels + layers * growth, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        out: Tensor = self.LFF(self.convs(x)) + x
        return out


class RDN(nn.Module):
    """Residual dense network without its upsampling tail: 16 blocks of 8 convolutions, growth 64.

    21,973,952 parameters, the decoder not counted (LIIF with this encoder has 22,320,835). Attribute names are those
    of the official checkpoints (`SFENet1`, `RDBs.N.convs.M.conv.0`, `LFF`, `GFF.0`, `GFF.1`).

    References:
        [zhang2018rdn], [chen2021liif]
    """

    out_dim = 64
    receptive_radius = 131
    """Pixels that a feature can see on each side, one for each 3x3 convolution: 2 shallow + 16 x 8 dense + 1 global."""

    def __init__(self, *, channels: int = 64, growth: int = 64, blocks: int = 16, layers: int = 8) -> None:
        super().__init__()
        self.SFENet1 = conv3x3(3, channels)
        self.SFENet2 = conv3x3(channels, channels)
        self.RDBs = nn.ModuleList(RDB(channels, growth, layers) for _ in range(blocks))
        self.GFF = nn.Sequential(nn.Conv2d(blocks * channels, channels, 1), conv3x3(channels, channels))

    def forward(self, inp: Tensor) -> Tensor:
        """(B, 3, H, W) in [-1, 1] -> features (B, 64, H, W)."""
        shallow = self.SFENet1(inp)
        x = self.SFENet2(shallow)
        blocks = []
        for block in self.RDBs:
            x = block(x)
            blocks.append(x)
        out: Tensor = self.GFF(torch.cat(blocks, 1)) + shallow
        return out
