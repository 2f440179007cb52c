"""A variational autoencoder of fully connected layers, for images of any shape.

The encoder gives a Gaussian over latents, q(z|x); the decoder gives a distribution over images, p(x|z); the prior over
z is standard normal. Training raises a lower bound of log p(x) by the reparameterised gradient.

Reference: Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv:1312.6114 (equation 3, appendix B);
Salimans et al. 2017, PixelCNN++, arXiv:1701.05517 (section 2.1, the discretised logistic distribution of a pixel);
Higgins et al. 2017, β-VAE, https://openreview.net/forum?id=Sy2fzU9gl (the weight of the KL term);
Im et al. 2017, Denoising criterion for variational auto-encoding framework, arXiv:1511.06406 (noise on the input);
Kingma, Dhariwal 2018, Glow, arXiv:1807.03039 (section 6, sampling at a lower temperature);
Sohn, Lee, Yan 2015, Learning structured output representation using deep conditional generative models, NeurIPS 28
(the class enters encoder and decoder).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..checks import check_number, check_sizes, check_whole
from ..data.datasets import Dataset
from .parts.conditions import check_classes, class_shares, drawn, told
from .parts.image_data import grey_levels, image_shape
from .parts.network import Average, decay, materialise, normal, perceptron, steep
from .parts.pixels import log_mass, steps_of

DRAWS = 16
"""Latents an image whose mean gives its bound; the same for every image, and with each its opposite."""

MOST_AT_ONCE = 8192
"""Latents that are decoded at once, so that the memory needed does not grow with the number of images."""


@dataclass(frozen=True, slots=True)
class VAEConfig:
    """The shape of the network: image (c, h, w), widths of the encoder's hidden layers, size of the latent.

    The decoder mirrors the encoder. `levels` is how many steps lead from black to white (16 for digits, 255 for 8-bit
    images), and `temperature` the share of the noise of p(x|z) that samples get: 1 is the model itself. `steepness`
    above 0 leaves little but the signs of the latent, see `network.steep`; only planted models have it. `classes` are
    the names of what encoder and decoder are told; none for a model that is told nothing.
    """

    image_shape: tuple[int, int, int]
    hidden: tuple[int, ...] = (256, 256)
    latent_dim: int = 8
    levels: int = 255
    temperature: float = 0.7
    steepness: float = 0.0
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.hidden, self.latent_dim)
        check_whole("levels", self.levels, 65535)
        check_number("temperature", self.temperature, 0, 1)
        check_number("steepness", self.steepness, 0, 1e6)
        check_classes(self.classes)


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
    """A VAE. Its likelihood is explicit as a lower bound.

    A conditional one has `class_shares` (K,), the shares of its classes in training. A `condition` is a class name, an
    index, or a sequence or tensor with one for each sample. Where none is given, `sample` draws classes with these
    shares, and `encode` and `decode`, which draw nothing, take the most frequent class.
    """

    modality = "image"
    log_prob_kind = "lower_bound"
    class_shares: Tensor

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dim = config.latent_dim
        self.classes = config.classes
        pixels, classes = math.prod(config.image_shape), len(config.classes)
        self.encoder = perceptron([pixels + classes, *config.hidden, 2 * config.latent_dim], nn.SiLU())
        self.decoder = perceptron([config.latent_dim + classes, *reversed(config.hidden), 2 * pixels], nn.SiLU())
        if classes:
            self.register_buffer("class_shares", torch.empty(classes))

    def encode(self, x: Tensor, condition: Any = None) -> tuple[Tensor, Tensor]:
        """Images (n, c, h, w) to the mean and log-variance of q(z|x), (n, latent_dim) each."""
        mean, log_variance = self.encoder(told(self, x.flatten(1), condition)).chunk(2, dim=1)
        return mean, log_variance

    def observe(self, z: Tensor, condition: Any = None) -> tuple[Tensor, Tensor]:
        """Latents (n, latent_dim) to the location and log-scale of p(x|z), (n, pixels) each."""
        location, log_scale = self.decoder(told(self, steep(z, self.config.steepness), condition)).chunk(2, dim=1)
        # The start is a seventh of the range; a scale far below one level would gain nothing and could overflow.
        return location, (log_scale - 2).clamp(-math.log(4 * self.config.levels), 3.0)

    def decode(self, z: Tensor, condition: Any = None) -> Tensor:
        """Latents (n, latent_dim) to the mean image of p(x|z), (n, c, h, w) in [0, 1]."""
        location, log_scale = self.observe(z, condition)
        scale = log_scale.exp()
        # E[clip(X, 0, 1)] = ∫₀¹ P(X > t) dt for logistic X.
        mean = scale * (softplus(location / scale) - softplus((location - 1) / scale))
        return mean.clamp(0, 1).reshape(-1, *self.config.image_shape)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w): z ~ N(0, I), then x ~ p(x|z) with its noise times the temperature.

        Raises:
            ValueError: if the condition is none of the model's classes.
        """
        condition = drawn(self, condition, n, generator)  # (n,)
        z = normal(self, n, self.latent_dim, generator)  # (n, L)
        location, log_scale = self.observe(z, condition)  # (n, pixels)
        u = torch.rand(location.shape, generator=generator, device=generator.device).to(location).clamp(1e-6, 1 - 1e-6)
        x = (location + self.config.temperature * log_scale.exp() * u.logit()).clamp(0, 1)
        levels = self.config.levels
        return ((x * levels).round() / levels).reshape(-1, *self.config.image_shape)

    def log_likelihood(self, x: Tensor, z: Tensor, condition: Any = None) -> Tensor:
        """Log-likelihood log p(x|z) in nats, (n,): the logistic mass of each pixel's level, tails in the outer ones."""
        x = x.flatten(1)  # (n, pixels)
        location, log_scale = self.observe(z, condition)
        half = 0.5 / self.config.levels
        per_scale = (-log_scale).exp()
        above = torch.sigmoid((x + half - location) * per_scale).masked_fill(x > 1 - half, 1.0)
        below = torch.sigmoid((x - half - location) * per_scale).masked_fill(x < half, 0.0)
        return (above - below).clamp_min(1e-7).log().sum(1)

    @torch.no_grad()
    def log_prob(self, samples: Tensor) -> Tensor:
        """A lower bound of log p(x) in nats, (n,), of images (n, c, h, w); −inf where a pixel is between levels.

        The bound is E[log p(x|z)] − KL(q(z|x) ‖ p(z)), with the mean over `DRAWS` fixed latents for the expectation, so
        equal images have equal bounds. A conditional model's is log Σ share · exp(bound given the class). It is the
        bound of the model at temperature 1; samples at a lower one are drawn from a narrower distribution than this.
        """
        steps, possible = steps_of(samples, self.config.image_shape, self.config.levels)
        weights = next(self.parameters())
        half = torch.randn(DRAWS // 2, self.latent_dim, generator=torch.Generator().manual_seed(0))
        noise = torch.cat([half, -half]).to(weights)  # (S, L)
        parts = torch.split(steps.to(weights.device), MOST_AT_ONCE // DRAWS)
        bounds = torch.cat([self._bound(part, noise) for part in parts])
        return bounds.masked_fill(~possible.to(bounds.device), -math.inf)

    def _bound(self, steps: Tensor, noise: Tensor) -> Tensor:
        if not self.classes:
            return self._bound_given(steps, noise, None)
        asked = [torch.full((len(steps),), index) for index in range(len(self.classes))]
        bounds = torch.stack([self._bound_given(steps, noise, each) for each in asked])  # (K, n)
        return (self.class_shares.log()[:, None] + bounds).logsumexp(0)

    def _bound_given(self, steps: Tensor, noise: Tensor, condition: Tensor | None) -> Tensor:
        levels = self.config.levels
        mean, log_variance = self.encode(steps.to(noise) / levels, condition)  # (n, L) each
        z = mean[:, None] + (log_variance / 2).exp()[:, None] * noise  # (n, S, L)
        each_z = None if condition is None else condition.repeat_interleave(len(noise))
        location, log_scale = self.observe(z.flatten(0, 1), each_z)  # (nS, pixels) each
        each_x = steps.flatten(1).repeat_interleave(len(noise), dim=0)
        fit_term = log_mass(each_x, location, log_scale, levels).sum(1).reshape(len(steps), len(noise)).mean(1)  # (n,)
        return fit_term - kl_to_prior(mean, log_variance)


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"image_shape": image_shape(data), "levels": grey_levels(data)}


def fit(
    model: VAE, data: Dataset, how: VAETraining, *, generator: torch.Generator, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Train on images; returns the closing bound in nats an image. Weights end as their average."""
    images = torch.from_numpy(data.samples)  # (n, c, h, w)
    materialise(model, generator)
    labels = torch.from_numpy(data.labels) if model.classes else None
    if labels is not None:
        model.class_shares.copy_(class_shares(data.labels, model.classes))
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)
    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        rows = torch.randint(len(images), (how.batch_size,), generator=generator)
        x, asked = images[rows], None if labels is None else labels[rows]  # (b, c, h, w), (b,)
        blurred = x + how.input_noise * torch.randn(x.shape, generator=generator)
        mean, log_variance = model.encode(blurred, asked)  # (b, L) each
        noise = normal(model, len(mean), model.latent_dim, generator)
        z = mean + (log_variance / 2).exp() * noise  # (b, L)
        fit_term = model.log_likelihood(x, z, asked).mean()
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
