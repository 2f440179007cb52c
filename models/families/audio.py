"""A variational autoencoder of short sounds, all of one length and sample rate.

The encoder reads the waveform and gives a Gaussian over latents, q(z|x). The decoder gives p(x|z): a mean waveform, and
white noise around it of deviation σ · r(z), where σ is the root mean square of what the decoder leaves unexplained and
r says for which sounds that is more or less. r is learned in the second half only: earlier, calling a sound noisy
would be easier than learning it. The prior over latents is a learned mixture, since sounds come in kinds with nothing
between them.

Reference: Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv:1312.6114 (equation 3, appendix C.2);
Rybkin, Daniilidis, Levine 2021, Simple and effective VAE training with calibrated decoders, arXiv:2006.13202 (σ);
Tomczak, Welling 2018, VAE with a VampPrior, arXiv:1705.07120;
Burda, Grosse, Salakhutdinov 2016, Importance weighted autoencoders, arXiv:1509.00519 (equation 8, the bound).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..checks import check_number, check_whole, check_widths
from ..data.datasets import Dataset
from ..errors import UserError
from .parts.conditions import refuse_condition
from .parts.mixture_prior import MixturePrior, fixed_noise, log_gaussian
from .parts.network import Average, batches, decay, materialise, perceptron

LEAST_SCALE = 2.0**-16
"""Of the noise: half a step of 16-bit sound."""
MOST_LOG_RATIO = 2.0
FITTED = 8000
"""Latents that the prior is fitted to."""


@dataclass(frozen=True, slots=True)
class AudioVAEConfig:
    """Samples per sound, their rate in Hz, and the sizes of the network; the decoder mirrors the encoder.

    `components` is how many Gaussians the prior is a mixture of, `draws` over how many latents a likelihood is a mean,
    and `temperature` the share of the noise of p(x|z) that samples get: 1 is the model itself.
    """

    length: int
    sample_rate: int
    hidden: tuple[int, ...] = (256, 256)
    latent_dim: int = 4
    components: int = 256
    draws: int = 16
    temperature: float = 0.55

    def __post_init__(self) -> None:
        check_number("temperature", self.temperature, 0, 1)
        check_whole("length", self.length, 65536)
        check_whole("sample_rate", self.sample_rate, 768_000)
        check_widths(self.hidden)
        for name in ("latent_dim", "components", "draws"):
            check_whole(name, getattr(self, name), 4096)


@dataclass(frozen=True, slots=True)
class AudioVAETraining:
    """How it is fitted.

    The weight of the KL term falls from `kl_start` to 1 over the first half of the steps: latents are in order before
    they are exact. What the encoder sees has noise of deviation `input_noise`, so that it learns no sound by heart.
    """

    steps: int = 5000
    batch_size: int = 128
    learning_rate: float = 1e-3
    kl_start: float = 30.0
    input_noise: float = 0.01
    average_over: int = 500

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)
        check_number("kl_start", self.kl_start, 1, 1e6)
        check_number("input_noise", self.input_noise, 0, 1e3)


class AudioVAE(nn.Module):
    """A VAE of sounds. Its likelihood is explicit as a lower bound."""

    modality = "audio"
    log_prob_kind = "lower_bound"
    scale: Tensor

    def __init__(self, config: AudioVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.sample_rate = config.sample_rate
        self.latent_dim = config.latent_dim
        self.encoder = perceptron([config.length, *config.hidden, 2 * config.latent_dim], nn.SiLU())
        self.decoder = perceptron([config.latent_dim, *reversed(config.hidden), config.length + 1], nn.SiLU())
        self.register_buffer("scale", torch.ones(()))
        self.prior = MixturePrior(config.components, config.latent_dim)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Sounds (n, t) to the mean and log-variance of q(z|x), (n, latent_dim) each."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        return mean, log_variance.clamp(-16, 4)

    def observe(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Latents (n, latent_dim) to the mean of p(x|z), (n, t), and the log of r, (n, 1)."""
        read: Tensor = self.decoder(z)  # (n, t + 1)
        mean, log_ratio = read[:, :-1], read[:, -1:]
        return mean, MOST_LOG_RATIO * (log_ratio / MOST_LOG_RATIO).tanh()

    def decode(self, z: Tensor) -> Tensor:
        """Latents (n, latent_dim) to the mean of p(x|z), sounds (n, t)."""
        return self.observe(z)[0]

    def draw_latents(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Draw latents (n, latent_dim) from the prior, which is a mixture."""
        return self.prior.draw(n, generator)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n sounds, float32 (n, t) in [−1, 1]: z ~ p(z), then x ~ p(x|z)."""
        refuse_condition(condition)
        mean, log_ratio = self.observe(self.prior.draw(n, generator))
        noise = torch.randn(mean.shape, generator=generator, device=generator.device).to(mean)
        return (mean + self.config.temperature * self.scale * log_ratio.exp() * noise).clamp(-1, 1)

    def log_likelihood(self, x: Tensor, mean: Tensor, log_ratio: Tensor) -> Tensor:
        """Log p(x|z) in nats, (n,), of sounds (n, t), given the mean and the log of r."""
        log_scale = self.scale.log() + log_ratio  # (n, 1)
        return log_gaussian((x - mean) / log_scale.exp(), log_scale.expand_as(x))

    @torch.no_grad()
    def log_prob(self, samples: Tensor) -> Tensor:
        """A lower bound of log p(x) in nats, (n,): a density per unit of amplitude of every sample.

        The bound is the importance-weighted one over `draws` latents, whose noise is fixed, so equal sounds have equal
        bounds; its mean over noise is below log p, though a single one may lie above. −inf: sounds of another length,
        beyond [−1, 1], or not finite.
        """
        samples = torch.as_tensor(samples).to(self.prior.means)
        impossible = samples.new_full((len(samples),), -math.inf)
        if samples.shape[1:] != (self.config.length,):
            return impossible
        noise = fixed_noise(self.config.draws, self.config.latent_dim).to(samples)
        possible = (samples.abs() <= 1).all(dim=1)
        kept = samples.where(possible[:, None], 0.0)
        bounds = torch.cat(
            [impossible[:0], *(self._bound(kept[at : at + 1024], noise) for at in range(0, len(kept), 1024))]
        )
        return bounds.where(possible, impossible)

    def _bound(self, x: Tensor, noise: Tensor) -> Tensor:
        mean, log_variance = self.encode(x)
        weights = []
        for draw in noise:
            z = mean + (log_variance / 2).exp() * draw  # (n, L)
            inferred = log_gaussian(draw.expand_as(mean), log_variance / 2)
            weights.append(self.log_likelihood(x, *self.observe(z)) + self.prior.log_density(z) - inferred)
        return torch.stack(weights).logsumexp(0) - math.log(len(noise))


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide.

    Raises:
        UserError: if the data do not say their sample rate.
    """
    if data.sample_rate is None:
        raise UserError(f"{data.source}: expected sounds with a sample rate, got none; give WAV files")
    return {"length": int(data.samples.shape[1]), "sample_rate": int(data.sample_rate)}


def fit(
    model: AudioVAE,
    data: Dataset,
    how: AudioVAETraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on sounds; returns the closing bound in nats a sound. Weights end as their average."""
    sounds = torch.from_numpy(data.samples)  # (n, t)
    materialise(model, generator)
    model.prior.start(generator)
    model.scale.fill_(1.0)
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)
    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        x = batches(sounds, how.batch_size, generator)  # (b, t)
        blurred = x + how.input_noise * torch.randn(x.shape, generator=generator)
        mean, log_variance = model.encode(blurred)  # (b, L) each
        noise = torch.randn(mean.shape, generator=generator)
        z = mean + (log_variance / 2).exp() * noise  # (b, L)
        mean_sound, log_ratio = model.observe(z)  # (b, t), (b, 1)
        if step < how.steps / 2:
            log_ratio = torch.zeros_like(log_ratio)
        # The best σ for the error at hand: large at first, so that latents find their order, then ever smaller.
        adapt(model, x - mean_sound, log_ratio, max(0.02, 1 / (step + 1)))
        fit_term = model.log_likelihood(x, mean_sound, log_ratio).mean()
        kl = (log_gaussian(noise, log_variance / 2) - model.prior.log_density(z)).mean()
        learner.zero_grad()
        weight = how.kl_start ** max(0.0, 1 - 2 * step / how.steps)
        torch.autograd.backward(weight * kl - fit_term)
        # Where the model is nearly sure, a small miss has a slope that would undo what was learnt.
        nn.utils.clip_grad_norm_(model.parameters(), 1000.0)
        learner.step()
        average.update()
        if step + 1 in (how.steps // 10, how.steps // 3):
            refit(model, sounds, generator, ratio=False)
        progress(step + 1, how.steps)
    average.install()
    refit(model, sounds, generator, ratio=True)
    return {"elbo": float((fit_term - kl).detach()), "kl": float(kl.detach())}


@torch.no_grad()
def adapt(model: AudioVAE, error: Tensor, log_ratio: Tensor, share: float) -> None:
    """Move σ² towards the mean square of error / r, by this share of the way."""
    variance = model.scale.square().lerp((error / log_ratio.exp()).square().mean(), share)
    model.scale.copy_(variance.sqrt().clamp_min(LEAST_SCALE))


@torch.no_grad()
def refit(model: AudioVAE, sounds: Tensor, generator: torch.Generator, *, ratio: bool) -> None:
    """Fit the prior, and σ, to latents inferred from up to `FITTED` sounds, or often enough from fewer."""
    some = sounds[torch.randperm(len(sounds), generator=generator)[:FITTED]]
    some = some.repeat(max(1, FITTED // len(some)), 1)
    mean, log_variance = model.encode(some)
    z = mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=generator)
    model.prior.refit(z, generator)
    mean_sound, log_ratio = model.observe(z)
    adapt(model, some - mean_sound, log_ratio if ratio else torch.zeros_like(log_ratio), 1.0)
