"""The network of the recurrent models of texts and of melodies: an LSTM over ids.

Reference: Hochreiter, Schmidhuber 1997, Long short-term memory, doi:10.1162/neco.1997.9.8.1735.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .sequences import Drop, Row, TokenDistribution, keep

Cache = list[tuple[Tensor, Tensor]]
"""The LSTM's state (hidden and cell, (layers, B, H) each) after the ids so far; none before the first."""


class Recurrent(nn.Module):
    """Each id becomes a vector, an LSTM carries a state along, a linear head gives the next one's distribution."""

    log_prob_kind = "exact"

    def __init__(self, distribution: TokenDistribution, embedding_dim: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.distribution = distribution
        self.embedding = nn.Embedding(distribution.tokens, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, distribution.tokens)

    def logits(self, ids: Tensor, drop: Drop = keep) -> Tensor:
        """Ids (B, T), the beginning first, to the logits of the token after each, (B, T, V)."""
        states, _ = self.lstm(drop(self.embedding(ids)))  # (B, T, H)
        logits: Tensor = self.head(drop(states))
        return logits

    def advance(self, ids: Tensor, cache: Cache) -> tuple[Tensor, Cache]:
        """The logits of the tokens after new ids (B, T), and the state after them; [] is the state before any."""
        states, state = self.lstm(self.embedding(ids), cache[0] if cache else None)
        return self.head(states), [state]

    def read_on(self, ids: Tensor, cache: Cache) -> Tensor:
        """R continuations (B, R, T) of each of the cache's B beginnings to the logits after their ends, (B, R, V)."""
        b, r = ids.shape[:2]
        state = tuple(each.repeat_interleave(r, dim=1) for each in cache[0]) if cache else None
        states, _ = self.lstm(self.embedding(ids.flatten(0, 1)), state)
        logits: Tensor = self.head(states[:, -1])
        return logits.reshape(b, r, -1)

    def score(self, rows: Sequence[Row | None]) -> Tensor:
        """Exact log-probability of each record's ids in nats, (n,); −∞ for None, for no ids and for too many."""
        return self.distribution.score(self.logits, rows, self.embedding.weight.device)

    @torch.no_grad()
    def draw(self, n: int, *, generator: torch.Generator) -> list[list[int]]:
        """The ids of n records, drawn step by step."""
        state = None

        def step(ids: Tensor) -> Tensor:  # (n,) to (n, V)
            nonlocal state
            states, state = self.lstm(self.embedding(ids[:, None]), state)
            logits: Tensor = self.head(states[:, 0])
            return logits

        return self.distribution.sample(step, n, self.embedding.weight.device, generator=generator)
