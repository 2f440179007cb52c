"""A variational autoencoder of fully connected layers, for images of any shape.

The encoder gives a Gaussian over latents, q(z|x); the decoder gives a distribution over images, p(x|z); the prior over
z is standard normal. Training raises a lower bound of log p(x) by the reparameterised gradient.

Reference: Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv:1312.6114 (equation 3, appendix B);
Salimans et al. 2017, PixelCNN++, arXiv:1701.05517 (section 2.1, the discretised logistic distribution of a pixel);
Higgins et al. 2017, β-VAE, https://openreview.net/forum?id=Sy2fzU9gl (the weight of the KL term);
Im et al. 2017, Denoising criterion for variational auto-encoding framework, arXiv:1511.06406 (noise on the input);
Kingma, Dhariwal 2018, Glow, arXiv:1807.03039 (section 6, sampling at a lower temperature).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .checks import check_number, check_sizes, check_whole
from .network import Average, batches, decay, materialise, normal, perceptron, steep


@dataclass(frozen=True, slots=True)
class VAEConfig:
    """The shape of the network: image (c, h, w), widths of the encoder's hidden layers, size of the latent.

    The decoder mirrors the encoder. `levels` is how many steps lead from black to white (16 for digits, 255 for 8-bit
    images), and `temperature` the share of the noise of p(x|z) that samples get: 1 is the model itself. `steepness`
    above 0 leaves little but the signs of the latent, see `network.steep`; only planted models have it.
    """

    image_shape: tuple[int, int, int]
    hidden: tuple[int, ...] = (256, 256)
    latent_dim: int = 8
    levels: int = 255
    temperature: float = 0.7
    steepness: float = 0.0

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.hidden, self.latent_dim)
        check_whole("levels", self.levels, 65535)
        check_number("temperature", self.temperature, 0, 1)
        check_number("steepness", self.steepness, 0, 1e6)


@dataclass(frozen=True, slots=True)
class VAETraining:
    """How it is fitted.

    Two settings make the latents seen in training fill the prior evenly, so that samples keep the shares of the
    classes: `kl_weight` (β) above 1, and noise of deviation `input_noise` on what the encoder sees.
    """

    steps: int = 5000
    batch_size: int = 128
    learning_rate: float = 2e-3
    kl_weight: float = 1.75
    input_noise: float = 0.2
    average_over: int = 1000

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)
        check_number("kl_weight", self.kl_weight, 0, 1e6)
        check_number("input_noise", self.input_noise, 0, 1e3)


class VAE(nn.Module):
    """A VAE. Its likelihood is explicit as a lower bound."""

    modality = "image"

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dim = config.latent_dim
        pixels = math.prod(config.image_shape)
        self.encoder = perceptron([pixels, *config.hidden, 2 * config.latent_dim], nn.SiLU())
        self.decoder = perceptron([config.latent_dim, *reversed(config.hidden), 2 * pixels], nn.SiLU())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (n, c, h, w) to the mean and log-variance of q(z|x), (n, latent_dim) each."""
        mean, log_variance = self.encoder(x.flatten(1)).chunk(2, dim=1)
        return mean, log_variance

    def observe(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Latents (n, latent_dim) to the location and log-scale of p(x|z), (n, pixels) each."""
        location, log_scale = self.decoder(steep(z, self.config.steepness)).chunk(2, dim=1)
        # The start is a seventh of the range; a scale far below one level would gain nothing and could overflow.
        return location, (log_scale - 2).clamp(-math.log(4 * self.config.levels), 3.0)

    def decode(self, z: Tensor) -> Tensor:
        """Latents (n, latent_dim) to the mean image of p(x|z), (n, c, h, w) in [0, 1]."""
        location, log_scale = self.observe(z)
        scale = log_scale.exp()
        # E[clip(X, 0, 1)] = ∫₀¹ P(X > t) dt for logistic X.
        mean = scale * (softplus(location / scale) - softplus((location - 1) / scale))
        return mean.clamp(0, 1).reshape(-1, *self.config.image_shape)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w): z ~ N(0, I), then x ~ p(x|z) with its noise times the temperature."""
        z = normal(self, n, self.latent_dim, generator)  # (n, L)
        location, log_scale = self.observe(z)  # (n, pixels)
        u = torch.rand(location.shape, generator=generator, device=generator.device).to(location).clamp(1e-6, 1 - 1e-6)
        x = (location + self.config.temperature * log_scale.exp() * u.logit()).clamp(0, 1)
        levels = self.config.levels
        return ((x * levels).round() / levels).reshape(-1, *self.config.image_shape)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Log-likelihood log p(x|z) in nats, (n,): the logistic mass of each pixel's level, tails in the outer ones."""
        x = x.flatten(1)  # (n, pixels)
        location, log_scale = self.observe(z)
        half = 0.5 / self.config.levels
        per_scale = (-log_scale).exp()
        above = torch.sigmoid((x + half - location) * per_scale).masked_fill(x > 1 - half, 1.0)
        below = torch.sigmoid((x - half - location) * per_scale).masked_fill(x < half, 0.0)
        return (above - below).clamp_min(1e-7).log().sum(1)


def fit(
    model: VAE, images: Tensor, how: VAETraining, *, generator: torch.Generator, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Train on images (n, c, h, w); returns the closing bound in nats an image. Weights end as their average."""
    materialise(model, generator)
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)
    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        x = batches(images, how.batch_size, generator)  # (b, c, h, w)
        blurred = x + how.input_noise * torch.randn(x.shape, generator=generator)
        mean, log_variance = model.encode(blurred)  # (b, L) each
        noise = normal(model, len(mean), model.latent_dim, generator)
        z = mean + (log_variance / 2).exp() * noise  # (b, L)
        fit_term = model.log_likelihood(x, z).mean()
        kl = kl_to_prior(mean, log_variance).mean()
        learner.zero_grad()
        torch.autograd.backward(how.kl_weight * kl - fit_term)
        learner.step()
        average.update()
        progress(step + 1, how.steps)
    average.install()
    return {"elbo": float((fit_term - kl).detach()), "kl": float(kl.detach())}


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(q(z|x) ‖ N(0, I)) in nats, (n, L) each to (n,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
