"""A variational autoencoder of tables with mixed columns.

The encoder gives a Gaussian over latents, q(z|row); the decoder gives for each column a distribution over its states
and, for each mode of a column of many numbers, a Gaussian around that mode: so p(number|z) is a mixture that starts as
the column's own and that z tells how to move. Given z the columns are independent. The prior p(z) is a mixture too, and
learned.

Reference: Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv:1312.6114 (equation 3);
Xu et al. 2019, Modeling tabular data using conditional GAN, arXiv:1907.00503 (section 4.4, TVAE);
Tomczak, Welling 2018, VAE with a VampPrior, arXiv:1705.07120;
Burda, Grosse, Salakhutdinov 2016, Importance weighted autoencoders, arXiv:1509.00519 (equation 8, the bound).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..checks import check_number, check_whole, check_widths
from ..data.column_rows import Rows, from_frame, to_frame
from ..data.columns import Spec, describe, read_columns
from ..data.datasets import Dataset
from .parts.conditions import refuse_condition
from .parts.mixture_prior import MixturePrior, fixed_noise, log_gaussian, log_mass
from .parts.network import Average, decay, materialise, perceptron
from .parts.table_layout import Layout, gumbel_max


@dataclass(frozen=True, slots=True)
class TabularVAEConfig:
    """The table's columns, see `columns.Column`; widths of the encoder's hidden layers, which the decoder mirrors.

    `components` is how many Gaussians the prior is a mixture of, `draws` over how many latents a likelihood is a mean.
    """

    columns: tuple[Spec, ...]
    hidden: tuple[int, ...] = (128, 128)
    latent_dim: int = 12
    components: int = 64
    draws: int = 32

    def __post_init__(self) -> None:
        read_columns(self.columns)
        check_widths(self.hidden)
        check_whole("latent_dim", self.latent_dim, 4096)
        check_whole("components", self.components, 4096)
        check_whole("draws", self.draws, 4096)


@dataclass(frozen=True, slots=True)
class TabularVAETraining:
    """How it is fitted: the KL term's weight grows linearly to `kl_weight` over the share `warm_up` of the steps."""

    steps: int = 5000
    batch_size: int = 256
    learning_rate: float = 2e-3
    kl_weight: float = 1.0
    warm_up: float = 0.3
    average_over: int = 500

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)
        check_number("kl_weight", self.kl_weight, 0, 1e6)
        check_number("warm_up", self.warm_up, 0, 1)


class Cells(NamedTuple):
    """Rows as the likelihood needs them.

    Args:
        states: int64 (n, C).
        distances: (n, M), of each number from the mean of each mode, in the mode's deviations.
        first, last: bool (n, M), whether it is the least or greatest of a grid.
        missing: bool (n, M), whether there is no number.
    """

    states: Tensor
    distances: Tensor
    first: Tensor
    last: Tensor
    missing: Tensor

    def take(self, rows: Tensor) -> "Cells":
        """The rows at these places."""
        return Cells(*(each[rows] for each in self))


class TabularVAE(nn.Module):
    """A VAE of tables. Its likelihood is explicit as a lower bound."""

    modality = "tabular"
    log_prob_kind = "lower_bound"

    def __init__(self, config: TabularVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dim = config.latent_dim
        self.columns = read_columns(config.columns)
        self.layout = Layout(self.columns)
        states, modes = self.layout.width, len(self.layout.modes)
        read = states + len(self.layout.numeric)
        self.encoder = perceptron([read, *config.hidden, 2 * config.latent_dim], nn.SiLU())
        self.decoder = perceptron([config.latent_dim, *reversed(config.hidden), states + 2 * modes], nn.SiLU())
        self.prior = MixturePrior(config.components, config.latent_dim)

    def infer(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Encoded rows (n, W + N) to the mean and log-scale of q(z|row), (n, L) each."""
        mean, log_scale = self.encoder(encoded).chunk(2, dim=1)
        return mean, log_scale.clamp(-6, 2)

    @torch.no_grad()
    def encode(self, x: Any) -> tuple[Tensor, Tensor]:
        """The rows of a `pandas.DataFrame` to the mean and log-variance of q(z|row), (n, L) each.

        Raises:
            UserError: if a column is missing or its numbers are not numbers.
        """
        rows = from_frame(self.columns, x)
        known = Rows(rows.states.clip(min=0), rows.numbers)
        mean, log_scale = self.infer(self.layout.encode(known).to(self.prior.means))
        return mean, 2 * log_scale

    def observe(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Latents (n, L) to logits of the states (n, W), and location and log-scale in each mode, (n, M) each."""
        modes = len(self.layout.modes)
        logits, location, log_scale = self.decoder(z).split([self.layout.width, modes, modes], dim=1)
        # A fiftieth of a mode is narrower than any mode needs; without a floor, one repeated number has no bound.
        return logits, location, log_scale.clamp(-4, 2)

    def decode(self, z: Tensor) -> Tensor:
        """Latents (n, L) to what is expected in a row, (n, d): see `decoded_columns`."""
        logits, location, _ = self.observe(z)
        shares = self.layout.log_shares(logits).exp()  # (n, C, S)
        modes = torch.from_numpy(self.layout.modes).to(z)  # (M, 3)
        numbers = self.layout.grid_of_modes(modes[:, 1] + modes[:, 2] * location)
        parts = []
        for index, column in enumerate(self.columns):
            share = shares[:, index, : column.states]
            if column.modes:
                known = share[:, : len(column.modes)]
                of_modes = numbers[:, index, : len(column.modes)]
                parts.append(((known * of_modes).sum(1) / known.sum(1).clamp_min(1e-6))[:, None])
                share = share[:, len(column.modes) :]
            # Of two values one says all.
            parts.append(share[:, 1:] if share.shape[1] == 2 else share)
        return torch.cat(parts, dim=1)

    @property
    def decoded_columns(self) -> dict[str, str]:
        """What `decode` gives: the mean of a column of numbers, the probability of each value, and of a missing one."""
        named: dict[str, str] = {}
        for column in self.columns:
            values = [*map(str, column.values), *(["missing"] if column.missing else [])]
            named |= {str(column.name): ""} if column.modes else {}
            named |= {f"{column.name} = {value}": "share" for value in (values[1:] if len(values) == 2 else values)}
        return named

    def draw_latents(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Draw latents (n, L) from the prior, which is a mixture."""
        return self.prior.draw(n, generator)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Any:
        """Draw n rows as a `pandas.DataFrame`: z ~ p(z), a state of each column given z, a number given its mode."""
        refuse_condition(condition)
        logits, location, log_scale = self.observe(self.prior.draw(n, generator))
        states = gumbel_max(self.layout.log_shares(logits), generator)  # (n, C)
        noise = torch.randn(location.shape, generator=generator, device=generator.device).to(location)
        distances = self.layout.of_states(location + log_scale.exp() * noise, states)  # (n, C)
        return to_frame(self.columns, states.cpu().numpy(), distances.double().cpu().numpy())

    def log_likelihood(self, cells: Cells, z: Tensor) -> Tensor:
        """Log p(row|z) in nats, (n,): over columns, the sum of log Σ_state P(state|z) · p(seen | state, z)."""
        logits, location, log_scale = self.observe(z)
        layout = self.layout
        seen = logits.new_full((len(z), layout.count, layout.widest), -math.inf)
        seen = seen.scatter(2, cells.states[..., None], 0.0).flatten(1)
        deviation, half = log_scale.exp(), torch.from_numpy(layout.half).to(z)
        mass = log_mass((cells.distances - location) / deviation, half / deviation, cells.first, cells.last)
        # A density is asked for per unit of the number, not of the mode's deviation.
        unit = torch.from_numpy(np.log(layout.modes[:, 2])).to(z) + log_scale
        mass = torch.where(half > 0, mass, mass - unit)
        seen = seen.index_copy(1, layout.mode_place.to(z.device), mass.masked_fill(cells.missing, -math.inf))
        return (layout.log_shares(logits) + seen.reshape(-1, layout.count, layout.widest)).logsumexp(2).sum(1)

    @torch.no_grad()
    def log_prob(self, samples: Any) -> Tensor:
        """A lower bound of log p(row) in nats, (n,), of the rows of a `pandas.DataFrame` with the model's columns.

        Values and rounded numbers count with their probability, numbers on no grid with their density per unit. The
        bound is the importance-weighted one over `draws` latents, whose noise is fixed, so equal rows have equal
        bounds; its mean over noise is below log p, though a single one may lie above. −inf: a value that the training
        data lack, a number beyond their range or off their grid, or a missing one where none was missing.

        Raises:
            UserError: if a column is missing or its numbers are not numbers.
        """
        rows = from_frame(self.columns, samples)
        noise = fixed_noise(self.config.draws, self.latent_dim).to(self.prior.means)
        bounds = [self._bound(part, noise) for part in parts_of(rows, 1024)]
        possible = torch.from_numpy((rows.states >= 0).all(axis=1)).to(noise.device)
        return torch.cat([noise.new_zeros(0), *bounds]).masked_fill(~possible, -math.inf)

    def _bound(self, rows: Rows, noise: Tensor) -> Tensor:
        rows = Rows(rows.states.clip(min=0), rows.numbers)
        seen = Cells(*(each.to(noise.device) for each in cells(self.layout, rows)))
        mean, log_scale = self.infer(self.layout.encode(rows).to(noise))
        weights = []
        for draw in noise:
            z = mean + log_scale.exp() * draw  # (n, L)
            inferred = log_gaussian(draw.expand_as(mean), log_scale)
            weights.append(self.log_likelihood(seen, z) + self.prior.log_density(z) - inferred)
        return torch.stack(weights).logsumexp(0) - math.log(len(noise))


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide."""
    return {"columns": describe(data.samples)}


def fit(
    model: TabularVAE,
    data: Dataset,
    how: TabularVAETraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on rows; returns the closing bound in nats a row. Weights end as their average."""
    rows = from_frame(model.columns, data.samples, nearest=True)
    encoded, table = model.layout.encode(rows), cells(model.layout, rows)
    materialise(model, generator)
    model.prior.start(generator)
    model.layout.start(model.decoder[-1], rows.states)
    learner = torch.optim.Adam(model.parameters(), how.learning_rate, fused=True)
    average = Average(model.parameters(), how.average_over)
    for step in range(how.steps):
        decay(learner, how.learning_rate, step, how.steps)
        batch = torch.randint(len(encoded), (how.batch_size,), generator=generator)
        mean, log_scale = model.infer(encoded[batch])  # (b, L) each
        noise = torch.randn(mean.shape, generator=generator)
        z = mean + log_scale.exp() * noise  # (b, L)
        fit_term = model.log_likelihood(table.take(batch), z).mean()
        kl = (log_gaussian(noise, log_scale) - model.prior.log_density(z)).mean()
        weight = how.kl_weight * min(1.0, (step + 1) / max(1.0, how.warm_up * how.steps))
        learner.zero_grad()
        torch.autograd.backward(weight * kl - fit_term)
        nn.utils.clip_grad_norm_(model.parameters(), 100.0)
        learner.step()
        average.update()
        progress(step + 1, how.steps)
    average.install()
    return {"elbo": float((fit_term - kl).detach()), "kl": float(kl.detach())}


def cells(layout: Layout, rows: Rows) -> Cells:
    """What the likelihood needs of rows whose states are all possible."""
    owner = layout.mode_column
    numbers = torch.from_numpy(rows.numbers)[:, owner]
    ranges = torch.tensor([(column.low, column.high) for column in layout.columns], dtype=torch.float64)
    low, high = ranges[owner].T  # (M,) each
    rounded = torch.from_numpy(layout.steps > 0)
    states = torch.from_numpy(rows.states)
    first, last = rounded & (numbers <= low), rounded & (numbers >= high)
    return Cells(states, layout.distances(rows), first, last, states[:, owner] > 0)


def parts_of(rows: Rows, size: int) -> list[Rows]:
    """Rows in parts of at most `size`, so that memory does not grow with them."""
    starts = range(0, len(rows.states), size)
    return [Rows(rows.states[at : at + size], rows.numbers[at : at + size]) for at in starts]
