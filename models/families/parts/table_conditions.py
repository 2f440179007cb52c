"""Training by sampling: conditions on one value of one column, and real rows that meet them.

Reference: Xu et al. 2019, Modeling tabular data using conditional GAN, arXiv:1907.00503 (section 4.3).
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...data.columns import Column


class Drawn(NamedTuple):
    """Conditions for a batch.

    Args:
        one_hot: (b, K), the value told.
        column: int64 (b,), the column it is of.
        state: int64 (b,), its state there.
        rows: int64 (b,), real rows that have it.
    """

    one_hot: Tensor
    column: Tensor
    state: Tensor
    rows: NDArray[np.int64]


class Conditions:
    """The values of a table's columns of values, and where they are.

    Args:
        columns: the table's columns.
        states: int64 (n, C), the states of real rows, all possible.

    Attributes:
        shares: float32 (K,), how often each value occurs in its column.
    """

    def __init__(self, columns: tuple[Column, ...], states: NDArray[np.int64]) -> None:
        told = [index for index, column in enumerate(columns) if not column.modes]
        self.n = len(states)
        counts = [np.bincount(states[:, index], minlength=columns[index].states) for index in told]
        flat = np.concatenate([np.zeros(0, dtype=np.int64), *counts])
        self.column = torch.tensor([index for index in told for _ in range(columns[index].states)], dtype=torch.int64)
        self.state = torch.tensor([s for index in told for s in range(columns[index].states)], dtype=torch.int64)
        self.shares = torch.from_numpy(flat / max(self.n, 1)).float()
        # Each column alike; in it, each value by the logarithm of how often it occurs.
        by_log = [np.log1p(count) / np.log1p(count).sum() for count in counts]
        self.bounds = torch.from_numpy(np.concatenate([np.zeros(0), *by_log])).cumsum(0)
        # Rows sorted by their value, column after column: those with one value lie together.
        self.order = np.concatenate(
            [np.zeros(0, dtype=np.int64), *(np.argsort(states[:, index], kind="stable") for index in told)]
        )
        self.start, self.count = np.cumsum(flat) - flat, flat

    def draw(self, size: int, generator: torch.Generator) -> Drawn:
        """Conditions for `size` rows, rare values nearly as often as frequent ones."""
        u = torch.rand(2, size, generator=generator, dtype=torch.float64)
        one_hot = torch.zeros(size, len(self.shares))
        if not len(self.shares):
            nothing = torch.zeros(size, dtype=torch.int64)
            return Drawn(one_hot, nothing, nothing, (u[1] * self.n).long().numpy())
        value = torch.searchsorted(self.bounds, u[0] * self.bounds[-1], right=True).clamp(max=len(self.shares) - 1)
        at = value.numpy()
        place = self.start[at] + (u[1].numpy() * self.count[at]).astype(np.int64)
        one_hot.scatter_(1, value[:, None], 1.0)
        return Drawn(one_hot, self.column[value], self.state[value], self.order[place])

    def missed(self, log_shares: Tensor, drawn: Drawn) -> Tensor:
        """Mean nats that the states' log-shares (b, C, S) leave of what was told: 0 if G always does it."""
        if not len(self.shares):
            return log_shares.new_zeros(())
        return -log_shares[torch.arange(len(log_shares)), drawn.column, drawn.state].mean()
