"""A small U-Net that is told a time, and a class, in every block.

Reference: Ronneberger, Fischer, Brox 2015, U-Net, arXiv:1505.04597; Perez et al. 2018, FiLM, arXiv:1709.07871 (how a
block is told the time and the class).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, silu


class Block(nn.Module):
    """Two convolutions around which the input is added back; the time scales and shifts the features between them."""

    def __init__(self, inner: int, outer: int, time_features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inner, outer, 3, padding=1)
        self.film = nn.Linear(time_features, 2 * outer)
        self.second = nn.Conv2d(outer, outer, 3, padding=1)
        self.skip = nn.Conv2d(inner, outer, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """(n, inner, h, w) and (n, T) → (n, outer, h, w)."""
        scale, shift = self.film(time)[:, :, None, None].chunk(2, dim=1)
        h = self.first(silu(x)) * (1 + scale) + shift
        out: Tensor = self.skip(x) + self.second(silu(h))
        return out


class UNet(nn.Module):
    """Noisy images, their time and their class to a guess, through ever smaller maps and back.

    Args:
        colours: channels of the images.
        widths: channels of the maps, from the full side inwards; each but the first halves it.
        told: features of the time, and of the class, that the blocks are told.
        classes: how many there are; 0 for a network that is told none.
    """

    def __init__(self, colours: int, widths: tuple[int, ...], told: int, classes: int = 0) -> None:
        super().__init__()
        self.waves = told // 2 or 1
        inputs = 2 * self.waves + classes
        self.time = nn.Sequential(nn.Linear(inputs, told), nn.SiLU(), nn.Linear(told, told), nn.SiLU())
        self.enter = nn.Conv2d(colours + 1, widths[0], 3, padding=1)
        self.down = nn.ModuleList(
            Block(inner, outer, told) for inner, outer in zip((widths[0], *widths), widths, strict=False)
        )
        self.middle = Block(widths[-1], widths[-1], told)
        self.up = nn.ModuleList(
            Block(below + beside, beside, told)
            for below, beside in zip(reversed((*widths, widths[-1])), reversed(widths), strict=False)
        )
        self.leave = nn.Conv2d(widths[0], colours, 3, padding=1)

    def forward(self, z: Tensor, t: Tensor, asked: Tensor) -> Tensor:
        """(n, c, h, w), times (n,) and classes (n, K), 1 for each one's own, → (n, c, h, w)."""
        # Waves of the time, from a quarter of a turn in the whole to eight turns.
        rates = torch.logspace(0, 5, self.waves, base=2.0, device=z.device, dtype=z.dtype)
        angles = math.pi / 2 * t[:, None] * rates
        time = self.time(torch.cat([angles.sin(), angles.cos(), asked], dim=1))  # (n, T)
        # The plane of ones tells the convolutions where the image ends.
        x = torch.cat([z, torch.ones_like(z[:, :1])], dim=1).contiguous(memory_format=torch.channels_last)
        x = self.enter(x)
        beside = []
        for index, block in enumerate(self.down):
            x = block(avg_pool2d(x, 2, ceil_mode=True) if index else x, time)
            beside.append(x)
        x = self.middle(x, time)
        for block in self.up:
            other = beside.pop()
            x = block(torch.cat([interpolate(x, size=other.shape[2:]), other], dim=1), time)
        guess: Tensor = self.leave(silu(x))
        return guess
