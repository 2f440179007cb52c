"""Images whose pixels take a few equal steps from black to white, and the probability of each step."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

TOLERANCE = 1e-3
"""How far from a step, in steps, a pixel may lie to be taken for it: rounding of 32-bit numbers, no more."""


def steps_of(samples: Any, image_shape: tuple[int, int, int], levels: int) -> tuple[Tensor, Tensor]:
    """Each pixel as its step, 0 … levels, and whether the image has no pixel between or outside the steps.

    Args:
        samples: images (n, c, h, w).
        image_shape: the (c, h, w) that they must have.
        levels: how many equal steps lead from 0 to 1.

    Returns:
        int64 (n, c, h, w) and bool (n,).

    Raises:
        ValueError: if the images have another shape.
    """
    x = torch.as_tensor(samples)
    if x.ndim != 4 or tuple(x.shape[1:]) != image_shape:
        expected = ", ".join(str(size) for size in image_shape)
        raise ValueError(f"expected images of shape (n, {expected}), got {tuple(x.shape)}")
    scaled = x.double().nan_to_num(nan=-1.0, posinf=-1.0, neginf=-1.0) * levels
    nearest = scaled.round().clamp(0, levels)
    possible = ((scaled - nearest).abs() <= TOLERANCE).flatten(1).all(1)
    return nearest.long(), possible


def log_mass(steps: Tensor, location: Tensor, log_scale: Tensor, levels: int) -> Tensor:
    """Log-probability of each pixel's step under a logistic distribution, in nats; the outer steps take the tails.

    All four have shapes that broadcast; location and scale are in units of the range from black to white.

    Reference: Salimans et al. 2017, PixelCNN++, arXiv:1701.05517 (equation 2).
    """
    per_scale = (-log_scale).exp()
    above = ((steps + 0.5) / levels - location) * per_scale
    below = ((steps - 0.5) / levels - location) * per_scale
    # σ(a) − σ(b) = σ(a) σ(−b) (1 − exp(b − a)) keeps its digits where both are nearly 0 or nearly 1.
    top, bottom = logsigmoid(-below), logsigmoid(above)
    inner = top + bottom + torch.log(-torch.expm1(below - above))
    return torch.where(steps <= 0, bottom, torch.where(steps >= levels, top, inner))
