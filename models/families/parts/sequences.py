"""The distribution of token sequences that an autoregressive model has: how it is scored, sampled and fitted.

P(x) = P(x₁) P(x₂|x₁) … P(end|x₁ … x_T). A record has 1 to `max_length` tokens: the end cannot come first, and after
`max_length` tokens it is certain. So the probabilities of all records sum to 1, and those sampled are those scored.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ...checks import check_number, check_whole
from .network import Average, decay
from .tokens import END

Row = Sequence[int]
"""The ids of a record, without the ends."""

Drop = Callable[[Tensor], Tensor]
"""Sets some of a layer's outputs to 0 while a model is fitted."""

ROWS, NUMBERS = 500, 4_000_000
"""Records that are scored together, at most, and log-probabilities computed at once for them."""
POOL = 16
"""Batches drawn together and sorted by length, so that each pads little."""


@dataclass(frozen=True, slots=True)
class TokenDistribution:
    """The distribution of token sequences: V different tokens, those after which the end is certain, and a temperature.

    Temperatures below 1 sharpen the distribution of every next token, above 1 they flatten it.
    """

    tokens: int
    max_length: int
    temperature: float

    def nats(self, logits: Tensor, start: int = 0) -> Tensor:
        """Logits (B, T, V), of the tokens at places start, start + 1 …, to log-probabilities, in double precision."""
        scaled = logits.double() / self.temperature
        if start == 0:
            scaled[:, 0, END] = -math.inf  # no record is empty
        return scaled.log_softmax(-1)

    @torch.no_grad()
    def score(self, logits: Callable[[Tensor], Tensor], rows: Sequence[Row | None], device: torch.device) -> Tensor:
        """Exact log-probabilities of records in nats, (n,) in double precision.

        Args:
            logits: ids (B, T) to the logits of the token after each, (B, T, V).
            rows: the records; None, empty or too long ones have −∞.
            device: where `logits` wants the ids.
        """
        nats = torch.full((len(rows),), -math.inf, dtype=torch.float64)
        able = {place: row for place, row in enumerate(rows) if row is not None and 1 <= len(row) <= self.max_length}
        # In order of length, little of a batch is padding.
        places = sorted(able, key=lambda place: len(able[place]))
        while places:
            size = min(ROWS, 1 + NUMBERS // (self.tokens * (len(able[places[-1]]) + 1)))
            batch, places = places[:size], places[size:]
            nats[batch] = self._score_batch(logits, [able[place] for place in batch], device)
        return nats

    def _score_batch(self, logits: Callable[[Tensor], Tensor], rows: Sequence[Row], device: torch.device) -> Tensor:
        ids = padded(rows)  # (B, T + 2)
        nats = self.nats(logits(ids[:, :-1].to(device))).cpu()  # (B, T + 1, V)
        each = nats.gather(2, ids[:, 1:, None]).squeeze(2)  # (B, T + 1)
        last = torch.tensor([min(len(row), self.max_length - 1) for row in rows])
        return each.masked_fill(torch.arange(each.shape[1]) > last[:, None], 0.0).sum(1)

    @torch.no_grad()
    def sample(
        self, step: Callable[[Tensor], Tensor], n: int, device: torch.device, *, generator: torch.Generator
    ) -> list[list[int]]:
        """Draw n records token by token, all together, until every one has ended.

        Args:
            step: the last ids (n,) to the logits of the next, (n, V); it keeps what it has seen between calls.
            n: how many.
            device: where `step` wants the ids.
            generator: gives one uniform number per record and place, whether it is needed or not.
        """
        shape = (n, self.max_length)
        u = torch.rand(shape, dtype=torch.float64, generator=generator, device=generator.device).cpu()
        ids = torch.full((n,), END)
        ended = torch.zeros(n, dtype=torch.bool)
        drawn: list[Tensor] = []
        while len(drawn) < self.max_length and not bool(ended.all()):
            place = len(drawn)
            nats = self.nats(step(ids.to(device))[:, None], start=place)[:, 0].cpu()  # (n, V)
            ids = _pick(nats.exp(), u[:, place]).masked_fill(ended, END)
            ended |= ids == END
            drawn.append(ids)
        rows = torch.stack([*drawn, torch.full((n,), END)], dim=1).tolist()
        return [row[: row.index(END)] for row in rows]


def padded(rows: Sequence[Row]) -> Tensor:
    """Records as one tensor, (n, longest + 2): the beginning, the ids, and the end to the last column."""
    length = max(len(row) for row in rows)
    return torch.tensor([[END, *row, *[END] * (length + 1 - len(row))] for row in rows])


def _pick(distribution: Tensor, u: Tensor) -> Tensor:
    """Ids (n,) from probabilities (n, V) and uniform numbers (n,): the inverse of the cumulative distribution."""
    bounds = distribution.cumsum(1)
    ids = torch.searchsorted(bounds, (u * bounds[:, -1])[:, None], right=True)
    return ids.squeeze(1).clamp(max=distribution.shape[1] - 1)


@dataclass(frozen=True, slots=True)
class LikelihoodTraining:
    """How a model of sequences is fitted.

    The learning rate rises over `warm_up` steps, and falls over the second half; weights end as their average. A share
    `dropout` of what layers pass on is set to 0, so that the model does not learn its records by heart.
    """

    steps: int = 3000
    batch_size: int = 32
    learning_rate: float = 3e-3
    warm_up: int = 20
    weight_decay: float = 0.01
    dropout: float = 0.2
    average_over: int = 500

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "warm_up", "average_over"):
            check_whole(name, getattr(self, name), 10**7)
        check_number("learning_rate", self.learning_rate, 1e-9, 1)
        check_number("weight_decay", self.weight_decay, 0, 10)
        check_number("dropout", self.dropout, 0, 0.99)


def maximise_likelihood(
    model: nn.Module,
    logits: Callable[[Tensor, Drop], Tensor],
    rows: Sequence[Row],
    how: LikelihoodTraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Fit by the log-likelihood of records, each given the tokens before; returns the closing nats per record.

    Reference: Loshchilov, Hutter 2019, Decoupled weight decay regularization, arXiv:1711.05101; Pascanu et al. 2013,
    On the difficulty of training recurrent neural networks, arXiv:1211.5063 (section 3.2, clipping);
    Zaremba, Sutskever, Vinyals 2014, Recurrent neural network regularization, arXiv:1409.2329 (where to drop).
    """
    lengths = torch.tensor([len(row) for row in rows])
    table = padded(rows)  # (n, L + 2)
    usual = float(lengths.double().mean()) + 1
    weights = list(model.parameters())
    learner = torch.optim.AdamW(
        weights, how.learning_rate, betas=(0.9, 0.99), weight_decay=how.weight_decay, fused=True
    )
    average = Average(weights, how.average_over)
    waiting: list[Tensor] = []
    nats = math.nan
    for done in range(how.steps):
        decay(learner, how.learning_rate * min(1.0, (done + 1) / how.warm_up), done, how.steps)
        # It ends without: a distribution fitted under such noise is too sharp once the noise is gone, and rare tokens
        # get rarer.
        share = how.dropout * min(1.0, 2 * (1 - (done + 1) / how.steps))
        drop = partial(_dropped, share=share, generator=generator) if share else keep
        waiting = waiting or _draw(lengths, how.batch_size, generator)
        batch = waiting.pop()
        longest = int(lengths[batch].max())
        ids = table[batch, : longest + 2]  # (b, T + 2)
        seen = torch.arange(longest + 1) <= lengths[batch][:, None]  # (b, T + 1)
        target = ids[:, 1:].masked_fill(~seen, -100)
        loss = cross_entropy(logits(ids[:, :-1], drop).transpose(1, 2), target, reduction="sum") / len(batch)
        learner.zero_grad()
        # Per token of a usual record, so that short and long batches weigh as they should.
        torch.autograd.backward(loss / usual)
        nn.utils.clip_grad_norm_(weights, 1.0)
        learner.step()
        average.update()
        progress(done + 1, how.steps)
        nats = float(loss.detach())
    average.install()
    # As when loaded from a file: an LSTM that could still learn runs other code, whose last digits differ.
    model.requires_grad_(False)
    return {"nats": nats}


def keep(x: Tensor) -> Tensor:
    """Drop nothing: how a fitted model passes on what a layer gives."""
    return x


def _dropped(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The numbers of x, a random share of them 0, and the others as much larger."""
    kept = torch.empty_like(x).bernoulli_(1 - share, generator=generator)
    return x * kept / (1 - share)


def _draw(lengths: Tensor, size: int, generator: torch.Generator) -> list[Tensor]:
    """Batches of records drawn at random with replacement, each of records of similar length, in random order."""
    rows = torch.randint(len(lengths), (POOL * size,), generator=generator)
    batches = rows[lengths[rows].argsort(stable=True)].reshape(POOL, size)
    return [batches[place] for place in torch.randperm(POOL, generator=generator).tolist()]
