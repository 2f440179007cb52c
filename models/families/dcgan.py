"""A generative adversarial network of convolutions (DCGAN), for images from 8×8 pixels up.

The generator grows a small map of features to the image by transposed convolutions; the discriminator shrinks the image
by strided ones. There is no batch normalisation: what becomes of a latent or an image never depends on the others in
its batch, and the R1 penalty keeps the training stable instead. Training is that of `gan`.

Reference: Radford, Metz, Chintala 2016, Unsupervised representation learning with deep convolutional generative
adversarial networks, arXiv:1511.06434 (section 3); Mescheder, Geiger, Nowozin 2018, Which training methods for GANs do
actually converge?, arXiv:1801.04406 (R1 penalty; networks without normalisation).
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ..checks import check_number, check_sizes
from .gan import Adversaries, GANTraining, fit, shape
from .parts.conditions import check_classes

__all__ = ["DCGAN", "DCGANConfig", "DCGANTraining", "fit", "shape"]


@dataclass(frozen=True, slots=True)
class DCGANConfig:
    """The shape of the network: image (c, h, w), size of the noise, and the channels of its maps of features.

    `channels` counts from the image inwards; each step but the first halves the side. `steepness` above 0 leaves little
    but the signs of the latent, see `network.steep`; only planted models have it. `classes` are the names of what G and
    D are told; none for a model that is told nothing.
    """

    image_shape: tuple[int, int, int]
    channels: tuple[int, ...] = (16, 32, 64)
    latent_dim: int = 32
    steepness: float = 0.0
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.channels, self.latent_dim)
        side, halvings = min(self.image_shape[1:]), len(self.channels) - 1
        if side < max(8, 2**halvings):
            raise ValueError(f"expected images of at least {max(8, 2**halvings)} pixels a side, got {side}")
        check_number("steepness", self.steepness, 0, 1e6)
        check_classes(self.classes)


@dataclass(frozen=True, slots=True)
class DCGANTraining(GANTraining):
    """How it is fitted; see `gan.GANTraining`."""

    steps: int = 4000
    batch_size: int = 64


class Generator(nn.Module):
    """Latents (n, L) to logits of pixels (n, c, h, w)."""

    def __init__(self, inputs: int, image_shape: tuple[int, int, int], channels: tuple[int, ...]) -> None:
        super().__init__()
        sides = [image_shape[1:]]
        for _ in channels[1:]:
            sides.append((sides[-1][0] // 2, sides[-1][1] // 2))
        self.start = (*sides[-1], channels[-1])
        self.project = nn.Linear(inputs, sides[-1][0] * sides[-1][1] * channels[-1])
        self.grow = nn.ModuleList(
            # Twice the side, and the pixel more that an odd side needs.
            nn.ConvTranspose2d(inner, outer, 4, stride=2, padding=1, output_padding=(side[0] % 2, side[1] % 2))
            for (inner, outer), side in zip(pairwise(reversed(channels)), reversed(sides[:-1]), strict=True)
        )
        self.paint = nn.Conv2d(channels[0], image_shape[0], 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """(n, L) → (n, C, h/2ᵏ, w/2ᵏ) → … → (n, c, h, w)."""
        x = leaky_relu(self.project(z), 0.2).view(-1, *self.start).permute(0, 3, 1, 2)
        for grow in self.grow:
            x = leaky_relu(grow(x), 0.2)
        painted: Tensor = self.paint(x)
        return painted


class Discriminator(nn.Module):
    """Images (n, c, h, w), with planes for the classes, to logits (n, 1)."""

    def __init__(self, inputs: int, image_shape: tuple[int, int, int], channels: tuple[int, ...]) -> None:
        super().__init__()
        halvings = len(channels) - 1
        self.look = nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.shrink = nn.ModuleList(
            nn.Conv2d(inner, outer, 4, stride=2, padding=1) for inner, outer in pairwise(channels)
        )
        self.decide = nn.Linear((image_shape[1] >> halvings) * (image_shape[2] >> halvings) * channels[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) → … → (n, C, h/2ᵏ, w/2ᵏ) → (n, 1)."""
        x = leaky_relu(self.look(x), 0.2).contiguous(memory_format=torch.channels_last)
        for shrink in self.shrink:
            x = leaky_relu(shrink(x), 0.2)
        logits: Tensor = self.decide(x.flatten(1))
        return logits


class DCGAN(Adversaries):
    """A convolutional GAN. Its likelihood is implicit: it can be sampled but gives no density."""

    def __init__(self, config: DCGANConfig) -> None:
        classes = len(config.classes)
        super().__init__(
            config,
            generator=Generator(config.latent_dim + classes, config.image_shape, config.channels),
            discriminator=Discriminator(config.image_shape[0] + classes, config.image_shape, config.channels),
        )
