"""An autoregressive model of images from masked convolutions (PixelCNN).

An image is read in the order of a page. Each pixel gets a categorical distribution over its levels given all pixels
before it: p(x) = Π p(x_i | x_1 … x_{i−1}), so the likelihood is exact. The channels of one pixel follow one another in
the same way. The first convolution must not see the pixel that it predicts (mask A); the others may see the features of
that pixel, which know only what lies before it (mask B).

Reference: van den Oord, Kalchbrenner, Kavukcuoglu 2016, Pixel recurrent neural networks, arXiv:1601.06759 (sections 2
and 3.4); Ramachandran et al. 2017, Fast generation for convolutional autoregressive models, arXiv:1704.06001 (features
are kept, so that a pixel costs one column of the network).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, cross_entropy, linear, pad, silu

from ..checks import check_number, check_sizes, check_whole
from ..data.datasets import Dataset
from .parts.conditions import refuse_condition
from .parts.image_data import grey_levels, image_shape
from .parts.network import Average, decay, materialise
from .parts.pixels import steps_of

MOST_AT_ONCE = 256
"""Images whose likelihood is computed at once, so that the memory needed does not grow with their number."""


@dataclass(frozen=True, slots=True)
class PixelCNNConfig:
    """The shape of the network: image (c, h, w), channels and kernel sides of the body, width of the head.

    `levels` is how many steps lead from black to white (16 for digits, 255 for 8-bit images). A first kernel of 15
    shows each pixel of an 8×8 image all that lies before it, so that stacked masks leave no blind spot there.
    """

    image_shape: tuple[int, int, int]
    channels: tuple[int, ...] = (32, 64, 64)
    kernels: tuple[int, ...] = (15, 5, 5)
    head: int = 128
    levels: int = 255

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.channels, 1)
        if not isinstance(self.kernels, tuple) or len(self.kernels) != len(self.channels):
            raise ValueError(f"expected kernels as one for each of channels, got {self.kernels!r}")
        for side in self.kernels:
            check_whole("a kernel", side, 255)
            if side % 2 == 0:
                raise ValueError(f"expected a kernel as an odd number, got {side}")
        check_whole("head", self.head, 65536)
        check_whole("levels", self.levels, 255)


@dataclass(frozen=True, slots=True)
class PixelCNNTraining:
    """How it is fitted.

    Two settings keep it from learning few images by heart, and from losing its way among pixels that it chose itself:
    noise on the pixels that it sees, of deviation `input_noise` at first and fading with the learning rate, and maps of
    features dropped with probability `dropout`.
    """

    steps: int = 3000
    batch_size: int = 32
    learning_rate: float = 3e-3
    input_noise: float = 0.08
    dropout: float = 0.15
    average_over: int = 300

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)
        check_number("input_noise", self.input_noise, 0, 1e3)
        check_number("dropout", self.dropout, 0, 0.99)


class CausalConv(nn.Module):
    """A convolution that sees the rows above and, in its own row, what lies to the left; mask B also its own place.

    Rows below are no part of the kernel, so only its last row needs a mask.
    """

    def __init__(self, inner: int, outer: int, side: int, *, own: bool) -> None:
        super().__init__()
        self.reach = side // 2
        self.own = own
        self.conv = nn.Conv2d(inner, outer, (self.reach + 1, side))

    def kernel(self) -> Tensor:
        """The weights (outer, inner, reach + 1, side), 0 where it must not look."""
        w = self.conv.weight
        keep = torch.ones(w.shape[2:], dtype=w.dtype, device=w.device)
        keep[-1, self.reach + self.own :] = 0
        return w * keep

    def forward(self, x: Tensor) -> Tensor:
        """(n, inner, h, w) → (n, outer, h, w)."""
        return conv2d(pad(x, (self.reach, self.reach, self.reach, 0)), self.kernel(), self.conv.bias)


class PixelCNN(nn.Module):
    """A PixelCNN. Its likelihood is explicit and exact."""

    modality = "image"
    log_prob_kind = "exact"

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__()
        self.config = config
        colours, height, width = config.image_shape
        # The second half tells pixels from what lies outside the image, which is 0 in every plane.
        inputs = [2 * colours, *config.channels[:-1]]
        self.body = nn.ModuleList(
            CausalConv(inner, outer, side, own=index > 0)
            for index, (inner, outer, side) in enumerate(zip(inputs, config.channels, config.kernels, strict=True))
        )
        # Each place has a bias of its own, since handwriting is centred.
        self.place = nn.Parameter(torch.empty(config.channels[0], height, width))
        # The head of a colour also sees the colours before it, at the same pixel.
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Linear(config.channels[-1] + known, config.head),
                nn.SiLU(),
                nn.Linear(config.head, config.levels + 1),
            )
            for known in range(colours)
        )

    def features(self, x: Tensor, drop: Callable[[Tensor], Tensor] = lambda h: h) -> Tensor:
        """Images (n, c, h, w) in [0, 1] to what each pixel's distribution knows of those before it, (n, h, w, C)."""
        h = torch.cat([x, torch.ones_like(x)], dim=1).contiguous(memory_format=torch.channels_last)
        for index, conv in enumerate(self.body):
            h = conv(h) + self.place if index == 0 else conv(h)
            h = drop(silu(h))
        return h.permute(0, 2, 3, 1)

    def logits(self, features: Tensor, x: Tensor, colour: int) -> Tensor:
        """Features (…, C) and pixels (…, c) to the logits of a colour's levels, (…, levels + 1)."""
        logits: Tensor = self.heads[colour](torch.cat([features, x[..., :colour]], dim=-1))
        return logits

    def nats(self, steps: Tensor, features: Tensor) -> Tensor:
        """Log-likelihood of images given as steps (n, c, h, w), with their features, by pixel: nats (n, c, h, w)."""
        pixels = (steps.to(features) / self.config.levels).permute(0, 2, 3, 1)
        by_colour = [self.logits(features, pixels, colour).movedim(-1, 1) for colour in range(steps.shape[1])]
        return torch.stack(
            [-cross_entropy(logits, steps[:, c], reduction="none") for c, logits in enumerate(by_colour)], dim=1
        )

    @torch.no_grad()
    def log_prob(self, samples: Tensor) -> Tensor:
        """Exact log p(x) in nats, (n,), of images (n, c, h, w); −inf where a pixel lies between levels."""
        steps, possible = steps_of(samples, self.config.image_shape, self.config.levels)
        parts = torch.split(steps.to(self.place.device), MOST_AT_ONCE)
        parts_nats = [self.nats(part, self.features(part.to(self.place) / self.config.levels)) for part in parts]
        nats = torch.cat(parts_nats).flatten(1).sum(1)
        return nats.masked_fill(~possible.to(nats.device), -math.inf)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w), pixel by pixel; each costs one column of the network."""
        refuse_condition(condition)
        colours, height, width = self.config.image_shape
        columns = Columns(self, n)
        for i in range(height):
            for j in range(width):
                features = columns.features(i, j)  # (n, C)
                pixel = self.place.new_zeros(n, colours)
                for colour in range(colours):
                    u = torch.rand(n, 1, generator=generator, device=generator.device).to(self.place)
                    upto = self.logits(features, pixel, colour).softmax(1).cumsum(1)  # (n, levels + 1)
                    # Rounding may leave the last of them a little below 1.
                    step = (upto <= u).sum(1).clamp_max(self.config.levels)
                    pixel[:, colour] = step.to(pixel) / self.config.levels
                columns.put(i, j, pixel)
        return columns.images()


class Columns:
    """The features of n images that are known so far, so that the next pixel's need only their neighbours.

    `features(i, j)` are those of `PixelCNN.features` at (i, j), if every pixel before it was `put` in order.
    """

    def __init__(self, model: PixelCNN, n: int) -> None:
        self.model = model
        self.colours, height, width = model.config.image_shape
        convs: list[CausalConv] = list(model.body)  # type: ignore[arg-type]  # a ModuleList does not say of what
        self.reaches = [conv.reach for conv in convs]
        self.biases = [conv.conv.bias for conv in convs]
        # One column for each tap and channel, in the order of a window of `maps`.
        self.matrices = [conv.kernel().permute(0, 2, 3, 1).flatten(1) for conv in convs]
        # What each convolution sees, (n, h + reach, w + 2 reach, inner), with its margins.
        self.maps = [
            model.place.new_zeros(n, height + conv.reach, width + 2 * conv.reach, conv.conv.in_channels)
            for conv in convs
        ]
        self._inside(0)[..., self.colours :] = 1

    def features(self, i: int, j: int) -> Tensor:
        """What the distribution of pixel (i, j) knows, (n, C)."""
        h = self.maps[0][:, i, j]
        for index, (seen, reach) in enumerate(zip(self.maps, self.reaches, strict=True)):
            if index > 0:
                seen[:, i + reach, j + reach] = h
            window = seen[:, i : i + reach + 1, j : j + 2 * reach + 1].flatten(1)
            h = linear(window, self.matrices[index], self.biases[index])
            h = silu(h + self.model.place[:, i, j] if index == 0 else h)
        return h

    def put(self, i: int, j: int, pixel: Tensor) -> None:
        """Set pixel (i, j) of all images to values (n, c) in [0, 1]."""
        self._inside(0)[:, i, j, : self.colours] = pixel

    def images(self) -> Tensor:
        """The pixels, (n, c, h, w)."""
        return self._inside(0)[..., : self.colours].permute(0, 3, 1, 2).contiguous()

    def _inside(self, index: int) -> Tensor:
        reach = self.reaches[index]
        return self.maps[index][:, reach:, reach : self.maps[index].shape[2] - reach]


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"image_shape": image_shape(data), "levels": grey_levels(data)}


def fit(
    model: PixelCNN,
    data: Dataset,
    how: PixelCNNTraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on images; returns the closing log-likelihood in nats an image. Weights end as their average."""
    steps, _ = steps_of(data.samples, model.config.image_shape, model.config.levels)  # (n, c, h, w)
    materialise(model, generator)
    with torch.no_grad():
        model.place.zero_()
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)

    def drop(h: Tensor) -> Tensor:
        """Whole maps at once: single pixels say what their neighbours say, so losing them would teach little."""
        keep = torch.rand(*h.shape[:2], 1, 1, generator=generator) >= how.dropout
        return h * keep / (1 - how.dropout)

    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        some = steps[torch.randint(len(steps), (how.batch_size,), generator=generator)]  # (b, c, h, w)
        deviation = how.input_noise * min(1.0, 2 * (1 - step / how.steps))
        noise = deviation * torch.randn(some.shape, generator=generator)
        seen = model.features(some / model.config.levels + noise, drop)  # (b, h, w, C)
        nats = model.nats(some, seen).flatten(1).sum(1).mean()
        learner.zero_grad()
        torch.autograd.backward(-nats)
        learner.step()
        average.update()
        progress(step + 1, how.steps)
    average.install()
    return {"log_likelihood": float(nats.detach())}
