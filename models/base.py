"""What a generative model must offer to be audited, and what it may offer.

Everything but `modality` and `sample` is optional and found by attribute; an auditor that needs what a model lacks
says "not applicable" with the reason. Structural typing throughout: a user's own class needs no import from here.
"""

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class GenerativeModel(Protocol):
    """Anything that can be sampled.

    `modality` is one of "image", "text", "tabular", "music", "audio". Images are float tensors (n, c, h, w) in [0, 1].
    """

    modality: str

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Any:
        """Draw n samples; every random number comes from `generator`."""
        ...


@runtime_checkable
class Decodes(Protocol):
    """A model with a latent space: `decode` is differentiable and deterministic; the prior is standard normal."""

    latent_dim: int

    def decode(self, z: Tensor) -> Tensor:
        """Latents (n, latent_dim) to samples (n, c, h, w)."""
        ...


@runtime_checkable
class Encodes(Protocol):
    """A model that can infer latents."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Samples (n, c, h, w) to the mean and log-variance (n, latent_dim) of the approximate posterior."""
        ...


@runtime_checkable
class Criticises(Protocol):
    """A model that scores how real a sample looks (a GAN with its discriminator)."""

    def critic(self, x: Tensor) -> Tensor:
        """Samples to real-valued logits (n,); higher is more real."""
        ...
