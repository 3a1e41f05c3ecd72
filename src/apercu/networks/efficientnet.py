"""The first fifteen blocks of EfficientNet-Lite0: what a network sees that learned to tell a thousand things apart.

Its normalisations are part of the convolutions here: in use they are fixed numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    # blocks, kernel, stride, times as many channels inside, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
)
"""Its seventh stage (one block, 320 channels) and its classes are not used: the sixth tells styles apart as well."""
STEM = 32


class SameConv(nn.Conv2d):
    """A convolution with ceil(n / stride) results an axis; where an odd line of zeros is needed, it comes last."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        lacking = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in (x.shape[3], x.shape[2])]
        sides = [part for side in lacking for part in (side // 2, side - side // 2)]
        return super().forward(functional.pad(x, sides))


class Block(nn.Module):
    """Widen (1 x 1), filter each channel by itself, narrow (1 x 1); the input is added where the shape is the same."""

    def __init__(self, before: int, after: int, *, kernel: int, stride: int, times: int) -> None:
        super().__init__()
        inside = before * times
        self.widen = SameConv(before, inside, 1) if times > 1 else None
        self.filter = SameConv(inside, inside, kernel, stride, groups=inside)
        self.narrow = SameConv(inside, after, 1)
        self.adds = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        inside = x if self.widen is None else functional.relu6(self.widen(x))
        out: Tensor = self.narrow(functional.relu6(self.filter(inside)))
        return out + x if self.adds else out


class LiteFeatures(nn.Module):
    """Pictures -> the mean of each of the 192 channels after the sixth stage.

    References:
        [tan2019efficientnet]; the Lite variants have neither squeeze-and-excitation nor swish.
    """

    side = 224
    out_dim = STAGES[-1][-1]

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM, 3, 2)
        blocks, before = [], STEM
        for count, kernel, stride, times, after in STAGES:
            for number in range(count):
                step = 1 if number else stride
                blocks.append(Block(before, after, kernel=kernel, stride=step, times=times))
                before = after
        self.blocks = nn.Sequential(*blocks)

    def forward(self, inp: Tensor) -> Tensor:
        """(B, 3, 224, 224) on 0..255 -> (B, 192)."""
        x = functional.relu6(self.stem((inp - 127) / 128))
        return torch.mean(self.blocks(x), (2, 3))
