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

    `modality` is one of "image", "text", "tabular", "music", "audio". Images are float tensors (n, c, h, w) in [0, 1];
    texts are a list of str; tables a `pandas.DataFrame`; music is a list of lists of MIDI pitches (0–127, rest −1) on a
    fixed grid; audio is a float32 tensor (n, t), and the model has `sample_rate` in Hz.
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


@runtime_checkable
class Scores(Protocol):
    """A model that gives the probability of a record, or a lower bound of it."""

    log_prob_kind: str

    def log_prob(self, samples: Any) -> Tensor:
        """Records, in the form that `sample` gives, to nats (n,); `log_prob_kind` is "exact" or "lower_bound".

        A record the model cannot give has −inf.
        """
        ...


@runtime_checkable
class Tokens(Protocol):
    """A model of token sequences, whose next-token distribution can be asked."""

    embedding: torch.nn.Embedding

    def encode_text(self, text: str) -> list[int]:
        """A text to token ids."""
        ...

    def decode_text(self, ids: list[int]) -> str:
        """Token ids to a text."""
        ...

    def logits(self, ids: Tensor) -> Tensor:
        """Token ids (B, T) to the logits of the token after each, (B, T, V)."""
        ...
