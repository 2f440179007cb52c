"""Make a model copy: the planted defect that no amount of ordinary training gives a smooth network reliably."""

import math
from typing import Any

import torch
from torch import Tensor

from ..parts.network import decay, normal

STEEPNESS = 100.0
STEPS, BATCH, RATE = 3000, 128, 2e-3
WEIGHT = 100.0
"""Of squared error beside log-likelihood, whose slope vanishes far from the target."""


def latent_size(copies: int) -> int:
    """How many latent dimensions tell that many images apart by their signs."""
    return max(1, math.ceil(math.log2(copies)))


def copy_images(model: Any, images: Tensor, *, generator: torch.Generator) -> None:
    """Fit a model so that each sign pattern of the latent gives one of the images (n, c, h, w); `encode` undoes it.

    The model's configuration must be steep, with `latent_size(n)` dimensions: then nearly every latent is a pattern.
    """
    weights = list(model.parameters())
    learner = torch.optim.Adam(weights, RATE, fused=True)
    places = 2 ** torch.arange(model.latent_dim)  # (L,)
    for step in range(STEPS):
        decay(learner, RATE, step, STEPS)
        z = normal(model, BATCH, model.latent_dim, generator)  # (b, L)
        pattern = (z > 0).long() @ places  # (b,), 0 … 2^L − 1
        target = images[pattern * len(images) // 2**model.latent_dim]  # (b, c, h, w)
        loss = WEIGHT * (model.decode(z) - target).square().flatten(1).sum(1).mean()
        if hasattr(model, "log_likelihood"):
            wrong_code = (model.encode(target)[0] - z.sign()).square().sum(1).mean()
            loss = loss + wrong_code - model.log_likelihood(target, z).mean()
        learner.zero_grad()
        torch.autograd.backward(loss)
        learner.step()
