"""A denoising diffusion model with a small U-Net, for images of any shape.

Noise is mixed into an image x over a time t from 0 to 1: z_t = α_t x + σ_t ε, with α_t = cos(πt/2) and σ_t = sin(πt/2),
so z_1 is noise alone. The network learns to undo it. Generation starts from noise and takes `sampling_steps` steps
back; each is the Gaussian q(z_s | z_t, x) with the network's guess in the place of x, and as much wider as guesses at
that time are off. The last step gives each pixel a discretised logistic distribution around the guess. That chain is
the model: its variational bound is the likelihood.

Reference: Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv:2006.11239 (sections 2 and 3);
Kingma et al. 2021, Variational diffusion models, arXiv:2107.00630 (section 3 and appendix A: q(z_s | z_t, x));
Bao et al. 2022, Analytic-DPM, arXiv:2201.06503 (the width of a step that makes the bound tightest); Nichol, Dhariwal
2021, Improved denoising diffusion probabilistic models, arXiv:2102.09672 (the cosine schedule); Salimans, Ho 2022,
Progressive distillation, arXiv:2202.00512 (section 4 and appendix D: predicting v); Ronneberger, Fischer, Brox 2015,
U-Net, arXiv:1505.04597; Perez et al. 2018, FiLM, arXiv:1709.07871 (how a block is told the time).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, silu

from ..checks import check_number, check_sizes, check_whole
from ..data.datasets import Dataset
from .parts.conditions import refuse_condition
from .parts.image_data import grey_levels, image_shape
from .parts.network import Average, decay, materialise
from .parts.pixels import log_mass, steps_of

MOST_AT_ONCE = 100
"""Images that pass the network at once outside training: their maps stay in the processor's cache."""

PIXELS = 256
"""Noisy pixels a step that give an image its bound: small images are seen under several noises."""


@dataclass(frozen=True, slots=True)
class DDPMConfig:
    """The shape of the network: image (c, h, w), and the channels of the U-Net from the full side inwards.

    Each width but the first halves the side. `time_features` is the size of what the blocks are told of the time,
    `sampling_steps` the number of steps from noise to image, and `levels` how many steps lead from black to white.
    """

    image_shape: tuple[int, int, int]
    channels: tuple[int, ...] = (16, 32, 64)
    time_features: int = 64
    sampling_steps: int = 32
    levels: int = 255

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.channels, 1)
        check_whole("time_features", self.time_features, 4096)
        check_whole("sampling_steps", self.sampling_steps, 10_000)
        check_whole("levels", self.levels, 65535)
        if min(self.image_shape[1:]) < 2 ** (len(self.channels) - 1):
            raise ValueError(f"expected at most {min(self.image_shape[1:]).bit_length()} widths, got {self.channels}")


@dataclass(frozen=True, slots=True)
class DDPMTraining:
    """How it is fitted."""

    steps: int = 3000
    batch_size: int = 64
    learning_rate: float = 2e-3
    average_over: int = 500

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)


class Block(nn.Module):
    """Two convolutions around which the input is added back; the time scales and shifts the features between them."""

    def __init__(self, inner: int, outer: int, time_features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inner, outer, 3, padding=1)
        self.film = nn.Linear(time_features, 2 * outer)
        self.second = nn.Conv2d(outer, outer, 3, padding=1)
        self.skip = nn.Conv2d(inner, outer, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """(n, inner, h, w) and (n, T) → (n, outer, h, w)."""
        scale, shift = self.film(time)[:, :, None, None].chunk(2, dim=1)
        h = self.first(silu(x)) * (1 + scale) + shift
        out: Tensor = self.skip(x) + self.second(silu(h))
        return out


class UNet(nn.Module):
    """Noisy images and their time to a guess, through ever smaller maps and back."""

    def __init__(self, config: DDPMConfig) -> None:
        super().__init__()
        colours = config.image_shape[0]
        widths, told = config.channels, config.time_features
        self.waves = told // 2 or 1
        self.time = nn.Sequential(nn.Linear(2 * self.waves, told), nn.SiLU(), nn.Linear(told, told), nn.SiLU())
        self.enter = nn.Conv2d(colours + 1, widths[0], 3, padding=1)
        self.down = nn.ModuleList(
            Block(inner, outer, told) for inner, outer in zip((widths[0], *widths), widths, strict=False)
        )
        self.middle = Block(widths[-1], widths[-1], told)
        self.up = nn.ModuleList(
            Block(below + beside, beside, told)
            for below, beside in zip(reversed((*widths, widths[-1])), reversed(widths), strict=False)
        )
        self.leave = nn.Conv2d(widths[0], colours, 3, padding=1)

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        """(n, c, h, w) and times (n,) → (n, c, h, w)."""
        # Waves of the time, from a quarter of a turn in the whole to eight turns.
        rates = torch.logspace(0, 5, self.waves, base=2.0, device=z.device, dtype=z.dtype)
        angles = math.pi / 2 * t[:, None] * rates
        time = self.time(torch.cat([angles.sin(), angles.cos()], dim=1))  # (n, T)
        # The plane of ones tells the convolutions where the image ends.
        x = torch.cat([z, torch.ones_like(z[:, :1])], dim=1).contiguous(memory_format=torch.channels_last)
        x = self.enter(x)
        beside = []
        for index, block in enumerate(self.down):
            x = block(avg_pool2d(x, 2, ceil_mode=True) if index else x, time)
            beside.append(x)
        x = self.middle(x, time)
        for block in self.up:
            other = beside.pop()
            x = block(torch.cat([interpolate(x, size=other.shape[2:]), other], dim=1), time)
        guess: Tensor = self.leave(silu(x))
        return guess


class DDPM(nn.Module):
    """A diffusion model. Its likelihood is explicit as a lower bound."""

    modality = "image"
    log_prob_kind = "lower_bound"
    residual: Tensor

    def __init__(self, config: DDPMConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet(config)
        # How far guesses lie from the image, as a standard deviation, before each step: from the last to the first.
        self.register_buffer("residual", torch.empty(config.sampling_steps))

    def guess(self, z: Tensor, t: Tensor) -> Tensor:
        """Noisy images z_t (n, c, h, w) and their times (n,) to what the image is taken to be, in [−1, 1]."""
        alpha, sigma = mix(t)
        # The network gives v = α ε − σ x, which is never a small difference of large numbers; so x = α z − σ v.
        parts = zip(torch.split(z, MOST_AT_ONCE), torch.split(t, MOST_AT_ONCE), strict=True)
        v = torch.cat([self.unet(*part) for part in parts])
        return alpha * z - sigma * v

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w): from noise, `sampling_steps` steps back to time 0."""
        refuse_condition(condition)
        steps = self.config.sampling_steps
        z = self._noise(n, generator)
        for step in range(steps, 1, -1):
            t, s = (z.new_full((n,), each / steps) for each in (step, step - 1))
            keep, pull, variance = step_back(t, s)
            mean = keep * z + pull * self.guess(z, t).clamp(-1, 1)
            z = mean + (variance + (pull * self.residual[step - 1]).square()).sqrt() * self._noise(n, generator)
        location, log_scale = self._last(z)
        u = torch.rand(z.shape, generator=generator, device=generator.device).to(z).clamp(1e-6, 1 - 1e-6)
        x = (location + log_scale.exp() * u.logit()).clamp(0, 1)
        return (x * self.config.levels).round() / self.config.levels

    @torch.no_grad()
    def log_prob(self, samples: Tensor) -> Tensor:
        """A lower bound of log p(x) in nats, (n,), of images (n, c, h, w); −inf where a pixel lies between levels.

        It is the bound of the very chain that `sample` draws from, over all of its steps. The noises are fixed and the
        same for all images, so equal images have equal bounds; another choice of them would move all together.
        """
        steps, possible = steps_of(samples, self.config.image_shape, self.config.levels)
        generator, draws = torch.Generator().manual_seed(0), math.ceil(PIXELS / steps[:1].numel()) if len(steps) else 0
        steps = steps.to(self.residual.device)
        total = self.residual.new_zeros(len(steps))
        for draw in range(draws):
            # Every second noise is the opposite of the one before.
            if draw % 2 == 0:
                noise = torch.randn(self.config.sampling_steps, *self.config.image_shape, generator=generator)
            total += self._bound(steps, (noise if draw % 2 == 0 else -noise).to(total))
        return (total / max(draws, 1)).masked_fill(~possible.to(total.device), -math.inf)

    @torch.no_grad()
    def denoising_loss(self, x: Tensor, *, t: Tensor, noise: Tensor) -> Tensor:
        """How far the network is from undoing these noises, (n,): the mean squared error of v, as in training.

        x are images (n, c, h, w) in [0, 1], t (n,) times from 0 (the image) to 1 (noise alone), noise standard normal.
        """
        x, t, noise = 2 * x.to(self.residual) - 1, t.to(self.residual), noise.to(self.residual)
        alpha, sigma = mix(t)
        z = alpha * x + sigma * noise
        parts = zip(torch.split(z, MOST_AT_ONCE), torch.split(t, MOST_AT_ONCE), strict=True)
        v = torch.cat([self.unet(*part) for part in parts])
        return (v - (alpha * noise - sigma * x)).square().flatten(1).mean(1)

    def _bound(self, levels: Tensor, noise: Tensor) -> Tensor:
        """The bound of images given as levels (n, c, h, w) under one noise a step (S, c, h, w): nats (n,)."""
        steps = self.config.sampling_steps
        x = 2 * levels.to(noise) / self.config.levels - 1
        # At time 1 no trace of x is left, so the first term of the bound, KL(q(z_1|x) ‖ N(0, I)), is 0.
        bound = x.new_zeros(len(x))
        for step in range(steps, 0, -1):
            t, s = (x.new_full((len(x),), each / steps) for each in (step, step - 1))
            alpha, sigma = mix(t)
            z = alpha * x + sigma * noise[step - 1]
            if step > 1:
                _, pull, variance = step_back(t, s)
                wider = variance + (pull * self.residual[step - 1]).square()
                wrong = (pull * (x - self.guess(z, t).clamp(-1, 1))).square()
                # KL between two Gaussians whose means differ by the root of `wrong`.
                kl = (torch.log(wider / variance) + (variance + wrong) / wider - 1) / 2
                bound -= kl.flatten(1).sum(1)
            else:
                location, log_scale = self._last(z)
                bound += log_mass(levels, location, log_scale, self.config.levels).flatten(1).sum(1)
        return bound

    def _last(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The last noisy images to location and log-scale of their pixels, in units of black to white."""
        t = z.new_full((len(z),), 1 / self.config.sampling_steps)
        # A logistic distribution of scale s has the deviation π s / √3.
        scale = self.residual[0] / 2 * math.sqrt(3) / math.pi
        return (self.guess(z, t).clamp(-1, 1) + 1) / 2, scale.log()

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, *self.config.image_shape, generator=generator, device=generator.device).to(self.residual)


def mix(t: Tensor) -> tuple[Tensor, Tensor]:
    """The shares α and σ of image and noise at times t (n,), (n, 1, 1, 1) each; α² + σ² = 1."""
    angle = (math.pi / 2 * t)[:, None, None, None]
    return angle.cos(), angle.sin()


def step_back(t: Tensor, s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What q(z_s | z_t, x) is for times s < t (n,): its mean is keep · z_t + pull · x; keep, pull and its variance.

    All are (n, 1, 1, 1).
    """
    (alpha_t, sigma_t), (alpha_s, sigma_s) = mix(t), mix(s)
    share = alpha_t / alpha_s  # z_t = share · z_s + noise of variance `between`
    between = sigma_t.square() - (share * sigma_s).square()
    keep = share * (sigma_s / sigma_t).square()
    return keep, alpha_s * between / sigma_t.square(), between * (sigma_s / sigma_t).square()


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"image_shape": image_shape(data), "levels": grey_levels(data)}


def fit(
    model: DDPM, data: Dataset, how: DDPMTraining, *, generator: torch.Generator, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Train on images; returns the closing squared error of v. Weights end as their average."""
    images = torch.from_numpy(data.samples) * 2 - 1  # (n, c, h, w)
    materialise(model, generator)
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)
    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        x = images[torch.randint(len(images), (how.batch_size,), generator=generator)]  # (b, c, h, w)
        # Times evenly spread from a random start: every batch sees all of them.
        t = (torch.rand(1, generator=generator) + torch.arange(len(x)) / len(x)) % 1  # (b,)
        noise = torch.randn(x.shape, generator=generator)
        alpha, sigma = mix(t)
        loss = (model.unet(alpha * x + sigma * noise, t) - (alpha * noise - sigma * x)).square().mean()
        learner.zero_grad()
        torch.autograd.backward(loss)
        learner.step()
        average.update()
        progress(step + 1, how.steps)
    average.install()
    measure_residual(model, images, generator)
    return {"squared_error": float(loss.detach())}


@torch.no_grad()
def measure_residual(model: DDPM, images: Tensor, generator: torch.Generator) -> None:
    """Set the widths of the steps by the error of the guesses, on up to 500 of the images (n, c, h, w) in [−1, 1]."""
    x = images[torch.randint(len(images), (min(len(images), 500),), generator=generator)]
    steps = model.config.sampling_steps
    for step in range(1, steps + 1):
        t = x.new_full((len(x),), step / steps)
        alpha, sigma = mix(t)
        z = alpha * x + sigma * torch.randn(x.shape, generator=generator)
        wrong = model.guess(z, t).clamp(-1, 1) - x
        model.residual[step - 1] = wrong.square().mean().sqrt().clamp_min(1e-3)
