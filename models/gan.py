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

from .checks import check_number, check_sizes, check_whole
from .conditions import check_classes, class_shares, drawn, told
from .data import Dataset
from .image_data import image_shape
from .network import Average, decay, materialise, normal, perceptron, steep


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


class GAN(nn.Module):
    """A GAN. Its likelihood is implicit: it can be sampled but gives no density.

    A conditional one has `class_shares` (K,), the shares of its classes in training. A `condition` is a class name, an
    index, or a sequence or tensor with one for each sample. Where none is given, `sample` draws classes with these
    shares, `decode` takes the most frequent class, and `critic` averages over all.
    """

    modality = "image"
    class_shares: Tensor

    def __init__(self, config: GANConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dim = config.latent_dim
        self.classes = config.classes
        pixels, classes = math.prod(config.image_shape), len(config.classes)
        self.generator = perceptron([config.latent_dim + classes, *config.hidden, pixels], nn.LeakyReLU(0.2))
        self.discriminator = perceptron([pixels + classes, *reversed(config.hidden), 1], nn.LeakyReLU(0.2))
        if classes:
            self.register_buffer("class_shares", torch.empty(classes))

    def decode(self, z: Tensor, condition: Any = None) -> Tensor:
        """Latents (n, latent_dim) to images (n, c, h, w) in [0, 1]."""
        pixels: Tensor = self.generator(told(self, steep(z, self.config.steepness), condition)).sigmoid()  # (n, pixels)
        return pixels.reshape(-1, *self.config.image_shape)

    def critic(self, x: Tensor, condition: Any = None) -> Tensor:
        """Images (n, c, h, w) to logits (n,): higher is more real.

        A conditional model that is given no condition averages the odds of being real over its classes by their
        shares, so that an image is judged by the classes that it may pass for.
        """
        if self.classes and condition is None:
            return averaged_odds(self, x)
        logits: Tensor = self.discriminator(told(self, x.flatten(1), condition)).squeeze(1)
        return logits

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w): z ~ N(0, I), then x = G(z).

        Raises:
            ValueError: if the condition is none of the model's classes.
        """
        condition = drawn(self, condition, n, generator)  # (n,)
        z = normal(self, n, self.latent_dim, generator)  # (n, L)
        return self.decode(z, condition)


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"image_shape": image_shape(data)}


def averaged_odds(model: Any, x: Tensor) -> Tensor:
    """Log Σ share · exp(D(x, class)) over the classes of a conditional model, (n, c, h, w) to (n,)."""
    logits = torch.stack([model.critic(x, index) for index in range(len(model.classes))])  # (K, n)
    odds: Tensor = (model.class_shares.log()[:, None] + logits).logsumexp(0)
    return odds


def fit(
    model: Any, data: Dataset, how: GANTraining, *, generator: torch.Generator, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Train on images in alternating steps; returns the closing losses. G ends with averaged weights.

    The model has a `generator`, a `discriminator`, and `decode` and `critic` that use them; G is asked for the classes
    of the real images that it is compared with.
    """
    images = torch.from_numpy(data.samples)  # (n, c, h, w)
    materialise(model, generator)
    labels = torch.from_numpy(data.labels) if model.classes else None
    if labels is not None:
        model.class_shares.copy_(class_shares(data.labels, model.classes))
    # No momentum: with it the two players overshoot each other.
    learners = [
        torch.optim.Adam(player.parameters(), how.learning_rate, betas=(0.0, 0.99), fused=True)
        for player in (model.generator, model.discriminator)
    ]
    average = Average(model.generator.parameters(), how.average_over)
    losses = {"generator": math.nan, "discriminator": math.nan}

    def fakes(asked: Tensor | None) -> Tensor:
        fake: Tensor = model.decode(normal(model, how.batch_size, model.latent_dim, generator), asked)
        return fake  # (b, c, h, w)

    for step in range(how.steps):
        for learner in learners:
            decay(learner, how.learning_rate, step, how.steps)
        learn_g, learn_d = learners

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


def squared_slope(logits: Tensor, real: Tensor) -> Tensor:
    """The R1 penalty before its weight: mean of |∂D/∂x|² over real images, so that D cannot be steep at the data."""
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return slope.flatten(1).square().sum(1).mean()
