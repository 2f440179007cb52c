"""An autoregressive image model in a Keras file: an image in, the probability of ink at each pixel out (PixelCNN).

Such a model is a generator only if the probability at a pixel comes from the pixels before it alone, row by row: that
is tried on every pixel. Pixels are 0 or 1.

Reference: van den Oord, Kalchbrenner, Kavukcuoglu 2016, Pixel recurrent neural networks, arXiv:1601.06759.
"""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..contract import check_model
from ..foreign import attempt, attempting
from ..latent_images import Picture, picture
from .archive import WAY_OUT
from .network import KerasNetwork, activation, input_shapes, last_operation, output_shapes, without_activation

ROWS = 256
TOLERANCE = 1e-5
MOST_PIXELS = 64 * 64


class KerasPixels:
    """An autoregressive model of black and white images; its likelihood is exact."""

    modality = "image"
    log_prob_kind = "exact"

    def __init__(self, model: Any, shown: Picture) -> None:
        self.probabilities = not without_activation(model, "sigmoid")
        self.network = KerasNetwork(model)
        self.picture = shown

    def logits(self, images: Tensor) -> Tensor:
        """Images (n, 1, h, w) to the logit of ink at each pixel, (n, h·w), in the order in which they are drawn."""
        out: Tensor = self.network(self.picture.raw(images)).float().flatten(1)
        return out.logit(eps=1e-7) if self.probabilities else out

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, 1, h, w) of 0 and 1, pixel by pixel."""
        if condition is not None:
            raise ValueError("expected no condition: the model's file has an image as its one input")
        u = torch.rand(n, math.prod(self.picture.shape), generator=generator, device=generator.device).cpu()
        images = torch.zeros(n, *self.picture.shape)
        for pixel in range(u.shape[1]):
            images.flatten(1)[:, pixel] = (u[:, pixel] < self.logits(images)[:, pixel].sigmoid()).float()
        return images

    @torch.no_grad()
    def log_prob(self, samples: Any) -> Tensor:
        """Exact log-probability of images (n, 1, h, w) in nats, (n,); −∞ where a pixel is neither 0 nor 1."""
        images = torch.as_tensor(samples).float()
        possible = ((images == 0) | (images == 1)).flatten(1).all(1)
        nats = torch.cat([self._nats(part) for part in torch.split(images.nan_to_num(), ROWS)])
        return nats.masked_fill(~possible, -math.inf)

    def _nats(self, images: Tensor) -> Tensor:
        ink, logits = images.flatten(1).double(), self.logits(images).double()
        return (ink * logits - torch.nn.functional.softplus(logits)).sum(1)


def find_pixels(model: Any, path: Path) -> KerasPixels | str | None:
    """The autoregressive model that a Keras model is, or why it is none; None if its shapes say so already.

    Raises:
        UserError: if it fails when it is tried.
    """
    if len(model.inputs) != 1 or input_shapes(model) != output_shapes(model):
        return None
    shown = picture(input_shapes(model)[0], channels_last=True)
    if shown is None or shown.shape[0] != 1 or shown.shape[1] * shown.shape[2] > MOST_PIXELS:
        return None
    if activation(last_operation(model)) != "sigmoid":
        return "its last layer is no sigmoid, so its outputs are no probabilities of ink"
    pixels = KerasPixels(model, shown)
    with attempt(path, "the network, tried on images,", WAY_OUT):
        ahead = _looks_ahead(pixels)
    if ahead is not None:
        return f"its output at pixel {ahead} changes with that pixel or a later one, so it cannot draw pixels in order"
    check_model(pixels, str(path), attempting(path, WAY_OUT))
    return pixels


@torch.no_grad()
def _looks_ahead(model: KerasPixels) -> int | None:
    """The first pixel whose output depends on itself or on a later one; None if there is none."""
    shape = model.picture.shape
    base = torch.rand(shape, generator=torch.Generator().manual_seed(0)).round()
    expected = model.logits(base[None])[0]
    pixels = torch.arange(base.numel())
    for part in torch.split(pixels, ROWS):
        changed = base.flatten().repeat(len(part), 1)
        changed[torch.arange(len(part)), part] = 1 - changed[torch.arange(len(part)), part]
        differs = (model.logits(changed.reshape(-1, *shape)) - expected).abs() > TOLERANCE  # (p, h·w)
        ahead = differs & (pixels <= part[:, None])
        if ahead.any():
            return int(ahead.nonzero()[:, 1].min())
    return None
