"""Text and music models in a Keras file: tokens in, the distribution of the next token out.

P(x) = P(x₁|start) P(x₂|start, x₁) …. The start is the symbol for it, else the end symbol (records in one stream), else
the first symbol is drawn evenly and there is no distribution of whole records. A record ends at the end symbol, and
after `length` symbols at the latest: a distribution without end symbol gives records of just that length. Padding,
start and unknown symbols are never drawn; the other probabilities are scaled to sum to 1, in samples and in `log_prob`
alike.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import UserError
from ..token_models.symbols import Symbols
from .network import (
    KerasNetwork,
    Walk,
    activation,
    last_operation,
    output_shapes,
    without_activation,
)

ENDLESS = 100
"""Symbols in a record of a model that takes any length and has no end symbol."""
LONGEST = 1000
"""Symbols in a record of a model that takes any length and has an end symbol."""
ROWS = 256


class KerasTokens:
    """A token model that can be sampled and asked for the next token."""

    def __init__(self, network: KerasNetwork, embedding: nn.Embedding, symbols: Symbols, *, one_hot: bool) -> None:
        self.network = network
        self.embedding = embedding
        self.symbols = symbols
        self.modality = symbols.modality
        self.one_hot = one_hot
        self.window = network.input_shape[0]
        self.per_step = len(output_shapes(network.model)[0]) == 2
        self.first = symbols.start if symbols.start is not None else symbols.end
        self.filler = next((each for each in (symbols.pad, self.first) if each is not None), 0)
        self.length = self.window or (ENDLESS if symbols.end is None else LONGEST)
        ends_in_logits = without_activation(network.model, "softmax")
        self.probabilities = not ends_in_logits and activation(last_operation(network.model)) == "softmax"
        self.walk: Callable[[], Walk] | None = None

    def logits(self, ids: Tensor) -> Tensor:
        """Ids (B, T), the start first where there is one, to the logits of the symbol after each, (B, T, V)."""
        if not self.per_step:
            return torch.stack([self._after(ids[:, : end + 1]) for end in range(ids.shape[1])], dim=1)
        return self._logits(self._fill(ids, right=True))[:, : ids.shape[1]]

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[Any]:
        """Draw n records, symbol by symbol; one uniform number per record and place, whether it is needed or not."""
        if condition is not None:
            raise ValueError("expected no condition: the model's file has tokens as its one input")
        u = torch.rand(n, self.length, dtype=torch.float64, generator=generator, device=generator.device).cpu()
        with torch.no_grad():
            return [self.symbols.record(row) for row in self._draw(u)]

    def _draw(self, u: Tensor) -> list[list[int]]:
        n, end = len(u), self.symbols.end
        step = self.walk() if self.walk else self._slow_walk()
        drawn: list[Tensor] = []
        if self.first is None:
            able = torch.tensor([each for each in range(len(self.symbols)) if each not in self.symbols.never])
            ids = able[(u[:, 0] * len(able)).long()]
            drawn.append(ids)
        else:
            ids = torch.full((n,), self.first)
        ended = torch.zeros(n, dtype=torch.bool)
        while len(drawn) < self.length and not bool(ended.all()):
            bounds = self._next_distribution(step(ids)).exp().cumsum(1)  # (n, V)
            picked = torch.searchsorted(bounds, u[:, len(drawn), None] * bounds[:, -1:], right=True)
            ids = picked.squeeze(1).clamp(max=len(self.symbols) - 1)
            if end is not None:
                ids = ids.masked_fill(ended, end)
                ended |= ids == end
            drawn.append(ids)
        rows = torch.stack(drawn, dim=1).tolist()
        return [row[: row.index(end)] if end is not None and end in row else row for row in rows]

    def _slow_walk(self) -> Walk:
        seen: list[Tensor] = []

        def step(ids: Tensor) -> Tensor:
            seen.append(ids)
            return self._after(torch.stack(seen, dim=1))

        return step

    def _after(self, ids: Tensor) -> Tensor:
        """Ids (B, T) to the logits of the symbol after the last, (B, V)."""
        if self.per_step:
            return self._logits(self._fill(ids, right=True))[:, ids.shape[1] - 1]
        return self._logits(self._fill(ids, right=False))

    def _fill(self, ids: Tensor, *, right: bool) -> Tensor:
        """Ids in the number that the model takes: padded, or without the first ones."""
        if self.window is None:
            return ids
        missing = self.window - ids.shape[1]
        if missing < 0 and right:
            raise ValueError(f"expected at most {self.window} tokens, as many as the model takes, got {ids.shape[1]}")
        padding = ids.new_full((len(ids), max(missing, 0)), self.filler)
        return torch.cat([ids, padding] if right else [padding, ids], dim=1)[:, -self.window :]

    def _logits(self, ids: Tensor) -> Tensor:
        return self.to_logits(self.network(self.embedding(ids) if self.one_hot else ids))

    def to_logits(self, out: Tensor) -> Tensor:
        """The network's output as logits: the logarithm of probabilities, where it gives those."""
        out = out.float()
        return out.clamp_min(torch.finfo(out.dtype).tiny).log() if self.probabilities else out

    def _next_distribution(self, logits: Tensor) -> Tensor:
        """Logits (…, V) to nats in double precision, over the symbols that can be drawn."""
        logits = logits.double()
        logits[..., self.symbols.never] = -math.inf
        return logits.log_softmax(-1)


class ScoredTokens(KerasTokens):
    """A token model whose first symbol has a distribution too, so that whole records have a probability."""

    log_prob_kind = "exact"

    @torch.no_grad()
    def log_prob(self, samples: Sequence[Any]) -> Tensor:
        """Exact log-probability of each record in nats, (n,); −∞ where a symbol is unknown or the length impossible."""
        assert self.first is not None
        end, never = self.symbols.end, set(self.symbols.never)
        nats = torch.full((len(samples),), -math.inf, dtype=torch.float64)
        able: dict[int, list[int]] = {}
        for place, sample in enumerate(samples):
            ids = self.symbols.ids(sample)
            fits = ids is not None and (len(ids) <= self.length if end is not None else len(ids) == self.length)
            if ids is not None and fits and never.isdisjoint(ids):
                able[place] = ids if end is None or len(ids) == self.length else [*ids, end]
        places = sorted(able, key=lambda place: len(able[place]))
        for begin in range(0, len(places), ROWS):
            batch = places[begin : begin + ROWS]
            width = max(len(able[place]) for place in batch)
            rows = torch.tensor([able[place] + [self.filler] * (width - len(able[place])) for place in batch])
            context = torch.cat([torch.full((len(batch), 1), self.first), rows[:, :-1]], dim=1)
            each = self._next_distribution(self._each(context)).gather(2, rows[:, :, None]).squeeze(2)  # (b, width)
            lengths = torch.tensor([len(able[place]) for place in batch])
            nats[batch] = each.masked_fill(torch.arange(width) >= lengths[:, None], 0.0).sum(1)
        return nats

    def _each(self, context: Tensor) -> Tensor:
        """The same as `logits`, by the shortest way."""
        if self.per_step or self.walk is None:
            return self.logits(context)
        step = self.walk()
        return torch.stack([step(context[:, place]) for place in range(context.shape[1])], dim=1)


def with_codec(kind: type[KerasTokens], modality: str) -> type[KerasTokens]:
    """The class with the methods by which its modality is written and read."""

    def encode(self: KerasTokens, record: Any) -> list[int]:
        ids = self.symbols.ids(record)
        if ids is None:
            raise UserError(f"expected symbols of {self.symbols.file.name}, got {record!r:.60}; leave the others out")
        return ids if self.first is None else [self.first, *ids]

    def decode(self: KerasTokens, ids: Sequence[int]) -> Any:
        row = [int(each) for each in ids]
        if row and row[0] == self.first:
            row = row[1:]
        end = self.symbols.end
        return self.symbols.record(row[: row.index(end)] if end is not None and end in row else row)

    names = ("encode_text", "decode_text") if modality == "text" else ("encode_pitches", "decode_pitches")
    return type(kind.__name__, (kind,), {names[0]: encode, names[1]: decode, "__doc__": kind.__doc__})
