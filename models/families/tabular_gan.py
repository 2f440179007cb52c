"""A generative adversarial network of tables with mixed columns.

The generator G is told a condition, one value of one column, and makes a row from it and noise: a state of each column,
and where that is a mode, a distance from it. The discriminator D sees a few rows at once, with their conditions, and
tells generated rows from real ones. In training, conditions are drawn so that rare values come up nearly as often as
frequent ones; in sampling, with the shares of the training data.

Reference: Xu et al. 2019, Modeling tabular data using conditional GAN, arXiv:1907.00503 (section 4.3, the conditional
vector and training by sampling);
Lin et al. 2018, PacGAN, arXiv:1712.04086 (several rows at once show D a lack of diversity);
Jang, Gu, Poole 2017, Categorical reparameterization with Gumbel-softmax, arXiv:1611.01144 (straight through);
Mescheder, Geiger, Nowozin 2018, Which training methods for GANs do actually converge?, arXiv:1801.04406 (R1 penalty).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..checks import check_number, check_whole, check_widths
from ..data.column_rows import Rows, from_frame, to_frame
from ..data.columns import REACH, Spec, describe, read_columns
from ..data.datasets import Dataset
from ..errors import UserError
from .gan import GANTraining, opponents
from .parts.network import Average, decay, materialise, perceptron
from .parts.table_conditions import Conditions
from .parts.table_layout import Layout, gumbel, gumbel_max


@dataclass(frozen=True, slots=True)
class TabularGANConfig:
    """The table's columns, see `columns.Column`; widths of the hidden layers of G and D, size of the noise.

    `pack` is how many rows D sees at once.
    """

    columns: tuple[Spec, ...]
    hidden: tuple[int, ...] = (256, 256)
    latent_dim: int = 64
    pack: int = 1

    def __post_init__(self) -> None:
        read_columns(self.columns)
        check_widths(self.hidden)
        check_whole("latent_dim", self.latent_dim, 4096)
        check_whole("pack", self.pack, 64)


@dataclass(frozen=True, slots=True)
class TabularGANTraining(GANTraining):
    """How it is fitted; see `gan.GANTraining`.

    `batch_size` counts rows, in whole packs. `sharpness` is the inverse temperature of the Gumbel-softmax.
    """

    steps: int = 3500
    batch_size: int = 256
    learning_rate: float = 1e-3
    penalty: float = 0.02
    penalty_every: int = 4
    average_over: int = 500
    sharpness: float = 2.0

    def __post_init__(self) -> None:
        # By name: a class with slots is made anew after its methods, so a bare `super()` would not find it.
        GANTraining.__post_init__(self)
        check_number("sharpness", self.sharpness, 1e-3, 1e3)


class TabularGAN(nn.Module):
    """A GAN of tables. Its likelihood is implicit: it can be sampled but gives no density.

    `frequency` (K,) are the shares of the values that it can be told, column after column.
    """

    modality = "tabular"
    frequency: Tensor

    def __init__(self, config: TabularGANConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dim = config.latent_dim
        self.columns = read_columns(config.columns)
        self.layout = Layout(self.columns)
        self.told = [index for index, column in enumerate(self.columns) if not column.modes]
        conditions = sum(self.columns[index].states for index in self.told)
        states, modes = self.layout.width, len(self.layout.modes)
        row = states + len(self.layout.numeric)
        self.generator = perceptron([config.latent_dim + conditions, *config.hidden, states + modes], nn.LeakyReLU(0.2))
        sizes = [config.pack * (row + conditions), *reversed(config.hidden), 1]
        self.discriminator = perceptron(sizes, nn.LeakyReLU(0.2))
        self.register_buffer("frequency", torch.zeros(conditions))

    @property
    def conditions(self) -> dict[Any, tuple[Any, ...]]:
        """The columns that it can be told a value of, with their values."""
        return {str(self.columns[index].name): tuple(self.columns[index].values) for index in self.told}

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Noise (n, L) and conditions (n, K) to logits of the states (n, W), and distances from the modes (n, M)."""
        modes = len(self.layout.modes)
        output = self.generator(torch.cat([z, condition], dim=1))
        logits, distances = output.split([self.layout.width, modes], dim=1)
        return logits, REACH * distances.tanh()

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Mapping[Any, Any] | None = None) -> Any:
        """Draw n rows as a `pandas.DataFrame`: a condition, noise, then a state of each column given both.

        `condition` is a column and the value it is to have, e.g. {"sex": "female"}; G was taught to follow it, but
        nothing makes it. Without one, each row is told a value of a column, drawn with its share in the training data.

        Raises:
            UserError: if the condition is no value of such a column.
        """
        told = self.draw_conditions(n, generator) if condition is None else self._condition(condition).expand(n, -1)
        z = torch.randn(n, self.latent_dim, generator=generator, device=generator.device).to(told)
        logits, distances = self(z, told)
        states = gumbel_max(self.layout.log_shares(logits), generator)  # (n, C)
        chosen = self.layout.of_states(distances, states)  # (n, C)
        return to_frame(self.columns, states.cpu().numpy(), chosen.double().cpu().numpy())

    def draw_conditions(self, n: int, generator: torch.Generator) -> Tensor:
        """One-hot conditions (n, K): a column, all alike, then a value with its share in the training data."""
        if not self.told:
            return self.frequency.expand(n, -1)
        weights = self.frequency.log().expand(n, -1)  # (n, K)
        return torch.zeros_like(weights).scatter(1, gumbel_max(weights, generator)[:, None], 1.0)

    @property
    def critic(self) -> Callable[[Any], Tensor]:
        """The function of a `pandas.DataFrame` (n rows) to logits (n,): higher is more real.

        D reads a row with what G was told, which a given row does not say. It may have been told any of its own values,
        so the odds of being real are averaged over these.

        Raises:
            AttributeError: if D reads several rows at once, so that no row has a score of its own.
        """
        if self.config.pack > 1:
            raise AttributeError("critic")
        return self._criticise

    @torch.no_grad()
    def _criticise(self, samples: Any) -> Tensor:
        rows = from_frame(self.columns, samples)
        known = Rows(rows.states.clip(min=0), rows.numbers)
        encoded = self.layout.encode(known).to(self.frequency)  # (n, W + N)
        logits, at = [], 0
        for index in self.told:
            condition = encoded.new_zeros(len(encoded), len(self.frequency))  # (n, K)
            condition[torch.arange(len(encoded)), at + torch.from_numpy(known.states[:, index])] = 1
            logits.append(critic(self, torch.cat([encoded, condition], dim=1)))
            at += self.columns[index].states
        if not self.told:
            return critic(self, encoded)
        return torch.stack(logits).logsumexp(0) - math.log(len(logits))

    def _condition(self, wanted: Mapping[Any, Any]) -> Tensor:
        at = 0
        one = isinstance(wanted, Mapping) and len(wanted) == 1
        for index in self.told:
            column = self.columns[index]
            if one and column.name in wanted:
                if wanted[column.name] in column.values:
                    one_hot = torch.zeros_like(self.frequency)
                    one_hot[at + column.values.index(wanted[column.name])] = 1
                    return one_hot
                values = ", ".join(map(repr, column.values))
                raise UserError(f"expected {column.name} to be one of {values}, got {wanted[column.name]!r}")
            at += column.states
        names = ", ".join(repr(self.columns[index].name) for index in self.told) or "none has such values"
        raise UserError(f"expected a condition on one column ({names}), got {wanted!r}")


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"columns": describe(data.samples)}


def fit(
    model: TabularGAN,
    data: Dataset,
    how: TabularGANTraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on rows in alternating steps; returns the closing losses. G ends with averaged weights."""
    materialise(model, generator)
    rows = from_frame(model.columns, data.samples, nearest=True)
    conditions = Conditions(model.columns, rows.states)
    model.frequency.copy_(conditions.shares)
    model.layout.start(model.generator[-1], rows.states)
    learn_g, learn_d = learners = opponents(model.generator, model.discriminator, how.learning_rate)
    average = Average(model.generator.parameters(), how.average_over)
    losses = {"generator": math.nan, "discriminator": math.nan}
    batch = max(1, how.batch_size // model.config.pack) * model.config.pack
    for step in range(how.steps):
        for learner in learners:
            decay(learner, how.learning_rate, step, how.steps)

        # The discriminator: −log D(x) − log(1 − D(G(z))), written with logits.
        drawn = conditions.draw(batch, generator)
        real = model.layout.encode(Rows(rows.states[drawn.rows], rows.numbers[drawn.rows]), generator=generator)
        real = torch.cat([real, drawn.one_hot], dim=1)  # (b, W + N + K)
        penalised = step % how.penalty_every == 0
        real.requires_grad_(penalised)
        with torch.no_grad():
            fake, _ = make(model, drawn.one_hot, how.sharpness, generator)
        logits = critic(model, real)  # (b / pack,)
        loss_d = softplus(-logits).mean() + softplus(critic(model, fake)).mean()
        if penalised:
            (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
            steep = slope.square().sum() / len(logits)
            loss_d = loss_d + how.penalty_every * how.penalty / 2 * steep
        learn_d.zero_grad()
        torch.autograd.backward(loss_d, inputs=list(model.discriminator.parameters()))
        learn_d.step()

        # The generator: −log D(G(z)), and the condition must be in the row.
        drawn = conditions.draw(batch, generator)
        fake, log_shares = make(model, drawn.one_hot, how.sharpness, generator)
        loss_g = softplus(-critic(model, fake)).mean() + conditions.missed(log_shares, drawn)
        learn_g.zero_grad()
        torch.autograd.backward(loss_g, inputs=list(model.generator.parameters()))
        learn_g.step()

        average.update()
        progress(step + 1, how.steps)
        losses = {"generator": float(loss_g.detach()), "discriminator": float(loss_d.detach())}
    average.install()
    return losses


def make(model: TabularGAN, told: Tensor, sharpness: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Encoded rows with their conditions (b, W + N + K), through which G can learn, and the log-shares (b, C, S).

    The states are one-hot going forward, and going back the Gumbel-softmax that they come from.
    """
    layout = model.layout
    z = torch.randn(len(told), model.latent_dim, generator=generator)
    logits, distances = model(z, told)
    log_shares = layout.log_shares(logits)  # (b, C, S)
    noisy = log_shares + gumbel(log_shares, generator)
    soft = (sharpness * noisy).softmax(2)
    hard = torch.zeros_like(soft).scatter(2, noisy.argmax(2, keepdim=True), 1.0)
    states = hard - soft.detach() + soft  # (b, C, S)
    grid = layout.grid_of_modes(distances / REACH)  # (b, C, S)
    values = (states * grid).sum(2)[:, torch.from_numpy(layout.numeric)]  # (b, N)
    return torch.cat([layout.flatten(states), values, told], dim=1), log_shares


def critic(model: TabularGAN, rows: Tensor) -> Tensor:
    """Encoded rows with conditions (b, W + N + K) to one logit for each pack, (b / pack,): higher is more real."""
    logits: Tensor = model.discriminator(rows.reshape(len(rows) // model.config.pack, -1)).squeeze(1)
    return logits
