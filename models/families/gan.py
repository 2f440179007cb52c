"""A generative adversarial network of fully connected layers, for images of any shape.

The generator G turns noise into images; the discriminator D tells them from real ones; each learns from the other.

Reference: Goodfellow et al. 2014, Generative adversarial nets, arXiv:1406.2661 (section 3, the non-saturating loss);
Mescheder, Geiger, Nowozin 2018, Which training methods for GANs do actually converge?, arXiv:1801.04406 (R1 penalty);
Mirza, Osindero 2014, Conditional generative adversarial nets, arXiv:1411.1784 (the class enters both networks).
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
from .parts.image_data import image_shape
from .parts.network import Average, decay, materialise, normal, perceptron, steep


@dataclass(frozen=True, slots=True)
class GANConfig:
    """The shape of the network: image (c, h, w), widths of the hidden layers of G and D, size of the noise.

    `steepness` above 0 leaves little but the signs of the latent, see `network.steep`; only planted models have it.
    `classes` are the names of what G and D are told; none for a model that is told nothing.
    """

    image_shape: tuple[int, int, int]
    hidden: tuple[int, ...] = (128, 128)
    latent_dim: int = 32
    steepness: float = 0.0
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_sizes(self.image_shape, self.hidden, self.latent_dim)
        check_number("steepness", self.steepness, 0, 1e6)
        check_classes(self.classes)


@dataclass(frozen=True, slots=True)
class GANTraining:
    """How it is fitted. R1 with weight `penalty` is computed every `penalty_every` steps, and weighed up for it."""

    steps: int = 5000
    batch_size: int = 128
    learning_rate: float = 2e-3
    penalty: float = 3.0
    penalty_every: int = 2
    average_over: int = 1000

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "penalty_every", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)
        check_number("penalty", self.penalty, 0, 1e6)


class Adversaries(nn.Module):
    """The generator G and the discriminator D of a GAN of images, whatever their layers.

    G takes latents and classes to the logits of pixels, D images and classes to one logit.

    A conditional GAN has `class_shares` (K,), the shares of its classes in training. A `condition` is a class name, an
    index, or a sequence or tensor with one for each sample. Where none is given, `sample` draws classes with these
    shares, `decode` takes the most frequent class, and `critic` averages over all.
    """

    modality = "image"
    class_shares: Tensor

    def __init__(self, config: Any, generator: nn.Module, discriminator: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.latent_dim: int = config.latent_dim
        self.classes: tuple[str, ...] = config.classes
        self.generator = generator
        self.discriminator = discriminator
        if self.classes:
            self.register_buffer("class_shares", torch.empty(len(self.classes)))

    def decode(self, z: Tensor, condition: Any = None) -> Tensor:
        """Latents (n, latent_dim) to images (n, c, h, w) in [0, 1]."""
        pixels: Tensor = self.generator(told(self, steep(z, self.config.steepness), condition)).sigmoid()
        return pixels.reshape(-1, *self.config.image_shape)

    def seen(self, x: Tensor) -> Tensor:
        """Images (n, c, h, w) in the form in which D reads them."""
        return x

    def critic(self, x: Tensor, condition: Any = None) -> Tensor:
        """Images (n, c, h, w) to logits (n,): higher is more real.

        A conditional model that is given no condition averages the odds of being real over its classes by their
        shares, so that an image is scored under the classes that it may pass for.
        """
        if self.classes and condition is None:
            logits = torch.stack([self.critic(x, index) for index in range(len(self.classes))])  # (K, n)
            return (self.class_shares.log()[:, None] + logits).logsumexp(0)
        logit: Tensor = self.discriminator(told(self, self.seen(x), condition)).squeeze(1)
        return logit

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w): z ~ N(0, I), then x = G(z).

        Raises:
            ValueError: if the condition is none of the model's classes.
        """
        condition = drawn(self, condition, n, generator)  # (n,)
        z = normal(self, n, self.latent_dim, generator)  # (n, L)
        return self.decode(z, condition)


class GAN(Adversaries):
    """A GAN of fully connected layers. Its likelihood is implicit: it can be sampled but gives no density."""

    def __init__(self, config: GANConfig) -> None:
        pixels, classes = math.prod(config.image_shape), len(config.classes)
        super().__init__(
            config,
            generator=perceptron([config.latent_dim + classes, *config.hidden, pixels], nn.LeakyReLU(0.2)),
            discriminator=perceptron([pixels + classes, *reversed(config.hidden), 1], nn.LeakyReLU(0.2)),
        )

    def seen(self, x: Tensor) -> Tensor:
        """Images (n, c, h, w) to rows (n, pixels)."""
        return x.flatten(1)


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"image_shape": image_shape(data)}


def fit(
    model: Adversaries,
    data: Dataset,
    how: GANTraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on images in alternating steps; returns the closing losses. G ends with averaged weights.

    G is asked for the classes of the real images that it is compared with.
    """
    images = torch.from_numpy(data.samples)  # (n, c, h, w)
    materialise(model, generator)
    labels = torch.from_numpy(data.labels) if model.classes else None
    if labels is not None:
        model.class_shares.copy_(class_shares(data.labels, model.classes))
    learn_g, learn_d = learners = opponents(model.generator, model.discriminator, how.learning_rate)
    average = Average(model.generator.parameters(), how.average_over)
    losses = {"generator": math.nan, "discriminator": math.nan}

    def fakes(asked: Tensor | None) -> Tensor:
        z = normal(model, how.batch_size, model.latent_dim, generator)  # (b, L)
        return model.decode(z, asked)  # (b, c, h, w)

    for step in range(how.steps):
        for learner in learners:
            decay(learner, how.learning_rate, step, how.steps)

        # The discriminator: −log D(x) − log(1 − D(G(z))), written with logits.
        penalised = step % how.penalty_every == 0
        rows = torch.randint(len(images), (how.batch_size,), generator=generator)
        real, asked = images[rows], None if labels is None else labels[rows]  # (b, c, h, w), (b,)
        real.requires_grad_(penalised)
        with torch.no_grad():
            fake = fakes(asked)
        logits = model.critic(real, asked)  # (b,)
        loss_d = softplus(-logits).mean() + softplus(model.critic(fake, asked)).mean()
        if penalised:
            loss_d = loss_d + how.penalty_every * how.penalty / 2 * squared_slope(logits, real)
        learn_d.zero_grad()
        torch.autograd.backward(loss_d)
        learn_d.step()

        # The generator: −log D(G(z)), which still teaches where log(1 − D(G(z))) is flat.
        loss_g = softplus(-model.critic(fakes(asked), asked)).mean()
        learn_g.zero_grad()
        torch.autograd.backward(loss_g, inputs=list(model.generator.parameters()))
        learn_g.step()

        average.update()
        progress(step + 1, how.steps)
        losses = {"generator": float(loss_g.detach()), "discriminator": float(loss_d.detach())}
    average.install()
    return losses


def opponents(generator: nn.Module, discriminator: nn.Module, rate: float) -> list[torch.optim.Adam]:
    """The optimisers of G and D, without momentum: with it the two overshoot each other."""
    players = (generator, discriminator)
    return [torch.optim.Adam(player.parameters(), rate, betas=(0.0, 0.99), fused=True) for player in players]


def squared_slope(logits: Tensor, real: Tensor) -> Tensor:
    """The R1 penalty before its weight: mean of |∂D/∂x|² over real images, so that D cannot be steep at the data."""
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return slope.flatten(1).square().sum(1).mean()
