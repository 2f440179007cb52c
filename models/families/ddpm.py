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
Progressive distillation, arXiv:2202.00512 (section 4 and appendix D: predicting v); Dhariwal, Nichol 2021, Diffusion
models beat GANs on image synthesis, arXiv:2105.05233 (section 3.1: the class is told beside the time).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..checks import check_number, check_sizes, check_whole
from ..data.datasets import Dataset
from .parts.conditions import check_classes, chosen, class_shares, drawn, told
from .parts.image_data import grey_levels, image_shape
from .parts.network import Average, decay, materialise
from .parts.pixels import log_mass, steps_of
from .parts.unet import UNet

MOST_AT_ONCE = 100
"""Images that pass the network at once outside training: their maps stay in the processor's cache."""

PIXELS = 256
"""Noisy pixels a step that give an image its bound: small images are seen under several noises."""


@dataclass(frozen=True, slots=True)
class DDPMConfig:
    """The shape of the network: image (c, h, w), and the channels of the U-Net from the full side inwards.

    Each width but the first halves the side. `time_features` is the size of what the blocks are told of the time,
    `sampling_steps` the number of steps from noise to image, and `levels` how many steps lead from black to white.
    `classes` are the names of what it is told at every step; none for a model that is told nothing.
    """

    image_shape: tuple[int, int, int]
    channels: tuple[int, ...] = (16, 32, 64)
    time_features: int = 64
    sampling_steps: int = 32
    levels: int = 255
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.channels, 1)
        check_whole("time_features", self.time_features, 4096)
        check_whole("sampling_steps", self.sampling_steps, 10_000)
        check_whole("levels", self.levels, 65535)
        check_classes(self.classes)
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


class DDPM(nn.Module):
    """A diffusion model. Its likelihood is explicit as a lower bound.

    A conditional one has `class_shares` (K,), the shares of its classes in training. A `condition` is a class name, an
    index, or a sequence or tensor with one for each sample; where none is given, `sample` draws classes with these
    shares.
    """

    modality = "image"
    log_prob_kind = "lower_bound"
    residual: Tensor
    class_shares: Tensor

    def __init__(self, config: DDPMConfig) -> None:
        super().__init__()
        self.config = config
        self.classes = config.classes
        self.sampling_steps = config.sampling_steps
        self.unet = UNet(config.image_shape[0], config.channels, config.time_features, len(config.classes))
        # How far guesses lie from the image, as a standard deviation, before each step: from the last to the first.
        self.register_buffer("residual", torch.empty(config.sampling_steps))
        if self.classes:
            self.register_buffer("class_shares", torch.empty(len(self.classes)))

    def asked(self, n: int, condition: Any) -> Tensor:
        """A condition as the network is told it, (n, K): 1 for each one's own class, the most frequent where None."""
        return told(self, self.residual.new_empty(n, 0), condition)

    def guess(self, z: Tensor, t: Tensor, asked: Tensor) -> Tensor:
        """Noisy images z_t (n, c, h, w), times (n,) and classes (n, K) to what the image is taken to be, in [−1, 1]."""
        alpha, sigma = mix(t)
        # The network gives v = α ε − σ x, which is never a small difference of large numbers; so x = α z − σ v.
        return alpha * z - sigma * self._velocity(z, t, asked)

    def _velocity(self, *inputs: Tensor) -> Tensor:
        parts = zip(*(torch.split(each, MOST_AT_ONCE) for each in inputs), strict=True)
        return torch.cat([self.unet(*part) for part in parts])

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w): from noise, `sampling_steps` steps back to time 0.

        Raises:
            ValueError: if the condition is none of the model's classes.
        """
        return self._denoise(n, generator, [self.asked(n, drawn(self, condition, n, generator))])

    @torch.no_grad()
    def sample_in_windows(self, n: int, *, generator: torch.Generator, conditions: Sequence[Any]) -> Tensor:
        """Draw n images as `sample` does, told one of the W conditions after the other, each in its window of steps.

        Raises:
            ValueError: if a condition is none of the model's classes, or there are none or more than steps.
        """
        if not 1 <= len(conditions) <= self.sampling_steps:
            raise ValueError(f"expected 1 to {self.sampling_steps} conditions, got {len(conditions)}")
        return self._denoise(n, generator, [self.asked(n, chosen(each, self.classes, n)) for each in conditions])

    def _denoise(self, n: int, generator: torch.Generator, asked: Sequence[Tensor]) -> Tensor:
        steps = self.sampling_steps
        z = self._noise(n, generator)
        for step in range(steps, 1, -1):
            now = asked[(steps - step) * len(asked) // steps]
            t, s = (z.new_full((n,), each / steps) for each in (step, step - 1))
            keep, pull, variance = step_back(t, s)
            mean = keep * z + pull * self.guess(z, t, now).clamp(-1, 1)
            z = mean + (variance + (pull * self.residual[step - 1]).square()).sqrt() * self._noise(n, generator)
        location, log_scale = self._last(z, asked[-1])
        u = torch.rand(z.shape, generator=generator, device=generator.device).to(z).clamp(1e-6, 1 - 1e-6)
        x = (location + log_scale.exp() * u.logit()).clamp(0, 1)
        return (x * self.config.levels).round() / self.config.levels

    @torch.no_grad()
    def log_prob(self, samples: Tensor) -> Tensor:
        """A lower bound of log p(x) in nats, (n,), of images (n, c, h, w); −inf where a pixel lies between levels.

        It is the bound of the very chain that `sample` draws from, over all of its steps; of a conditional model
        log Σ share · exp(bound given the class). The noises are fixed and the same for all images, so equal images have
        equal bounds; another choice of them would move all together.
        """
        steps, possible = steps_of(samples, self.config.image_shape, self.config.levels)
        generator, draws = torch.Generator().manual_seed(0), math.ceil(PIXELS / steps[:1].numel()) if len(steps) else 0
        steps = steps.to(self.residual.device)
        asked = self._each_class(len(steps))
        totals = self.residual.new_zeros(len(asked), len(steps))
        for draw in range(draws):
            # Every second noise is the opposite of the one before.
            if draw % 2 == 0:
                noise = torch.randn(self.config.sampling_steps, *self.config.image_shape, generator=generator)
            for total, each in zip(totals, asked, strict=True):
                total += self._bound(steps, (noise if draw % 2 == 0 else -noise).to(totals), each)
        bounds = totals / max(draws, 1)
        bound = (self.class_shares.log()[:, None] + bounds).logsumexp(0) if self.classes else bounds[0]
        return bound.masked_fill(~possible.to(bound.device), -math.inf)

    @torch.no_grad()
    def denoising_loss(self, x: Tensor, *, t: Tensor, noise: Tensor) -> Tensor:
        """How far the network is from undoing these noises, (n,): the mean squared error of v, as in training.

        x are images (n, c, h, w) in [0, 1], t (n,) times from 0 (the image) to 1 (noise alone), noise standard normal.
        A conditional model is told each class in turn, and the least of its errors counts.
        """
        x, t, noise = 2 * x.to(self.residual) - 1, t.to(self.residual), noise.to(self.residual)
        alpha, sigma = mix(t)
        z, true = alpha * x + sigma * noise, alpha * noise - sigma * x
        wrong = [(self._velocity(z, t, each) - true).square().flatten(1).mean(1) for each in self._each_class(len(x))]
        return torch.stack(wrong).amin(0)

    def _each_class(self, n: int) -> list[Tensor]:
        """What n images are told, (n, K), for one class after the other; once, nothing, where there are none."""
        return [self.asked(n, index) for index in range(len(self.classes))] or [self.asked(n, None)]

    def _bound(self, levels: Tensor, noise: Tensor, asked: Tensor) -> Tensor:
        """The bound of images given as levels (n, c, h, w), told classes, under a noise a step (S, c, h, w): (n,)."""
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
                wrong = (pull * (x - self.guess(z, t, asked).clamp(-1, 1))).square()
                # KL between two Gaussians whose means differ by the root of `wrong`.
                kl = (torch.log(wider / variance) + (variance + wrong) / wider - 1) / 2
                bound -= kl.flatten(1).sum(1)
            else:
                location, log_scale = self._last(z, asked)
                bound += log_mass(levels, location, log_scale, self.config.levels).flatten(1).sum(1)
        return bound

    def _last(self, z: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        """The last noisy images to location and log-scale of their pixels, in units of black to white."""
        t = z.new_full((len(z),), 1 / self.config.sampling_steps)
        # A logistic distribution of scale s has the deviation π s / √3.
        scale = self.residual[0] / 2 * math.sqrt(3) / math.pi
        return (self.guess(z, t, asked).clamp(-1, 1) + 1) / 2, scale.log()

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
    labels = None
    if model.classes:
        labels = torch.from_numpy(data.labels)
        model.class_shares.copy_(class_shares(data.labels, model.classes))
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)
    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        rows = torch.randint(len(images), (how.batch_size,), generator=generator)
        x, asked = (
            images[rows],
            model.asked(len(rows), None if labels is None else labels[rows]),
        )  # (b, c, h, w), (b, K)
        # Times evenly spread from a random start: every batch sees all of them.
        t = (torch.rand(1, generator=generator) + torch.arange(len(x)) / len(x)) % 1  # (b,)
        noise = torch.randn(x.shape, generator=generator)
        alpha, sigma = mix(t)
        loss = (model.unet(alpha * x + sigma * noise, t, asked) - (alpha * noise - sigma * x)).square().mean()
        learner.zero_grad()
        torch.autograd.backward(loss)
        learner.step()
        average.update()
        progress(step + 1, how.steps)
    average.install()
    measure_residual(model, images, labels, generator)
    return {"squared_error": float(loss.detach())}


@torch.no_grad()
def measure_residual(model: DDPM, images: Tensor, labels: Tensor | None, generator: torch.Generator) -> None:
    """Set the widths of the steps by the error of the guesses, on up to 500 of the images (n, c, h, w) in [−1, 1]."""
    rows = torch.randint(len(images), (min(len(images), 500),), generator=generator)
    x, asked = images[rows], model.asked(len(rows), None if labels is None else labels[rows])
    steps = model.config.sampling_steps
    for step in range(1, steps + 1):
        t = x.new_full((len(x),), step / steps)
        alpha, sigma = mix(t)
        z = alpha * x + sigma * torch.randn(x.shape, generator=generator)
        wrong = model.guess(z, t, asked).clamp(-1, 1) - x
        model.residual[step - 1] = wrong.square().mean().sqrt().clamp_min(1e-3)
