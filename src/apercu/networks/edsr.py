"""EDSR-baseline as LIIF uses it: a feature extractor that keeps the picture's size."""

from __future__ import annotations

from torch import Tensor, nn


def conv3x3(in_channels: int, out_channels: int) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size (zero padding)."""
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


class ResBlock(nn.Module):
    """conv - ReLU - conv, added to its input: no batch norm, no residual scaling."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv3x3(channels, channels), nn.ReLU(), conv3x3(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        out: Tensor = x + self.body(x)
        return out


class EDSR(nn.Module):
    """EDSR without its upsampling tail: 16 residual blocks of 64 channels.

    1,220,416 parameters, the decoder not counted (LIIF with this encoder has 1,567,299). Attribute names are those of
    the official checkpoints (`head.0`, `body.N.body.M`, `body.16`); those hold 24 more numbers, `sub_mean` and
    `add_mean`, which are never used.

    References:
        [lim2017edsr], [chen2021liif]
    """

    out_dim = 64
    receptive_radius = 34
    """Pixels that a feature can see on each side, one for each 3x3 convolution: head 1 + 16 x 2 + last 1."""

    def __init__(self, *, blocks: int = 16, channels: int = 64) -> None:
        super().__init__()
        self.head = nn.Sequential(conv3x3(3, channels))
        self.body = nn.Sequential(*(ResBlock(channels) for _ in range(blocks)), conv3x3(channels, channels))

    def forward(self, inp: Tensor) -> Tensor:
        """(B, 3, H, W) in [-1, 1] -> features (B, 64, H, W)."""
        x = self.head(inp)
        out: Tensor = x + self.body(x)
        return out


def parameter_count(module: nn.Module) -> int:
    """Number of trained numbers in a network."""
    return sum(p.numel() for p in module.parameters())
