"""Where the states of a table's columns lie in the numbers that a network reads and writes.

A network's *flat* numbers are one per state, column after column, W in all. For sums within columns they are spread
over a *padded* grid (columns C, states of the widest column S), in which places that no state has are −∞.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...data.column_rows import Rows
from ...data.columns import REACH, Column


class Layout:
    """The places of states and modes.

    Args:
        columns: the table's columns.

    Attributes:
        width: W, states in all.
        place: int64 (W,), where each lies in the padded grid, row by row.
        mode_state: int64 (M,), which of the states are modes.
        mode_place: int64 (M,), where they lie in the padded grid.
        mode_column: int64 (M,), the column of each.
        modes: float64 (M, 3), weight, mean and deviation of each.
        steps: float64 (M,), the distance between neighbouring numbers of its column, 0 where they lie on no grid.
        half: float64 (M,), half of that in its deviations.
        numeric: int64 (N,), the columns of many numbers.
    """

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        counts = [column.states for column in columns]
        self.count, self.widest, self.width = len(columns), max(counts), sum(counts)
        starts = np.cumsum([0, *counts[:-1]])
        place = [c * self.widest + s for c, count in enumerate(counts) for s in range(count)]
        state = [starts[c] + s for c, column in enumerate(columns) for s in range(len(column.modes))]
        owner = [c for c, column in enumerate(columns) for _ in column.modes]
        self.modes = np.array([mode for column in columns for mode in column.modes]).reshape(-1, 3)
        self.steps = np.array([columns[c].step for c in owner])
        self.half = self.steps / 2 / self.modes[:, 2]
        self.numeric = np.array([c for c, column in enumerate(columns) if column.modes], dtype=np.int64)
        # On the CPU even where a network is built on `meta`: these are no weights.
        self.place = torch.tensor(place, device="cpu")
        self.mode_state = torch.tensor(state, dtype=torch.int64, device="cpu")
        self.mode_place = self.place[self.mode_state]
        self.mode_column = torch.tensor(owner, dtype=torch.int64, device="cpu")

    def pad(self, flat: Tensor) -> Tensor:
        """(n, W) to (n, C, S)."""
        grid = flat.new_full((len(flat), self.count * self.widest), -math.inf)
        return grid.index_copy(1, self.place.to(flat.device), flat).reshape(-1, self.count, self.widest)

    def flatten(self, padded: Tensor) -> Tensor:
        """(n, C, S) to (n, W)."""
        return padded.flatten(1)[:, self.place.to(padded.device)]

    def log_shares(self, flat: Tensor) -> Tensor:
        """Logits (n, W) to the log-probability of each state of each column, (n, C, S)."""
        return self.pad(flat).log_softmax(2)

    def grid_of_modes(self, of_modes: Tensor) -> Tensor:
        """Numbers for all modes (n, M) to the padded grid (n, C, S), 0 where no mode is."""
        grid = of_modes.new_zeros(len(of_modes), self.count * self.widest)
        grid = grid.index_copy(1, self.mode_place.to(of_modes.device), of_modes)
        return grid.reshape(-1, self.count, self.widest)

    def of_states(self, of_modes: Tensor, states: Tensor) -> Tensor:
        """Of numbers for all modes (n, M), that of each column's state (n, C), or 0 where it is no mode; (n, C)."""
        return self.grid_of_modes(of_modes).gather(2, states[..., None]).squeeze(2)

    def state_shares(self, states: NDArray[np.int64]) -> NDArray[np.float64]:
        """How often each state occurs, (W,); of numbers that are not missing, by the weights of the modes."""
        counted = []
        for states_of, column in zip(states.T, self.columns, strict=True):
            share = np.bincount(states_of, minlength=column.states) / max(len(states_of), 1)
            if column.modes:
                weights = np.array([mode.weight for mode in column.modes])
                share[: len(weights)] = share[0] * weights
            counted.append(share)
        return np.concatenate(counted)

    def start(self, last: nn.Module, states: NDArray[np.int64]) -> None:
        """Let a network's last layer (of at least W numbers) start at the shares of the states (n, C), at 0 beyond."""
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.zero_()
            last.bias[: self.width] = torch.from_numpy(self.state_shares(states)).float().clamp_min(1e-4).log()

    def distances(self, rows: Rows) -> Tensor:
        """How far each number lies from the mean of each mode of its column, in its deviations, float32 (n, M)."""
        numbers = rows.numbers[:, self.mode_column.numpy()]
        return torch.from_numpy((numbers - self.modes[:, 1]) / self.modes[:, 2]).float()

    def encode(self, rows: Rows, *, generator: torch.Generator | None = None) -> Tensor:
        """Rows to one-hot states and, for each column of many numbers, its distance from its mode: (n, W + N).

        The mode of a number is the likeliest, or drawn from its posterior by `generator`, which then also spreads
        rounded numbers evenly over what rounds to them. Distances are in units of `REACH`, and end at ±1.
        """
        t = self.distances(rows)  # (n, M)
        if generator is not None:
            t = t + torch.from_numpy(self.half).float() * (2 * torch.rand(t.shape, generator=generator) - 1)
        weight, deviation = (torch.from_numpy(self.modes[:, i]).float() for i in (0, 2))
        affinity = torch.full((len(t), self.width), -math.inf)
        affinity[:, self.mode_state] = weight.log() - deviation.log() - t.square() / 2
        # The state itself where it is known: values, and what is missing.
        states = torch.from_numpy(rows.states)
        mode_counts = torch.tensor([len(column.modes) for column in self.columns])
        uncertain = (mode_counts > 0) & (states < mode_counts)  # (n, C)
        padded = self.pad(affinity)
        likeliest = gumbel_max(padded, generator) if generator is not None else padded.argmax(2)
        given = torch.where(uncertain, likeliest, states)
        one_hot = torch.zeros(padded.shape).scatter(2, given[..., None], 1.0)
        values = self.of_states(t, given)[:, torch.from_numpy(self.numeric)]  # (n, N)
        return torch.cat([self.flatten(one_hot), (values / REACH).clamp(-1, 1)], dim=1)


def gumbel(like: Tensor, generator: torch.Generator) -> Tensor:
    """Standard Gumbel noise of that shape, drawn where the generator is."""
    u = torch.rand(like.shape, generator=generator, device=generator.device).clamp(1e-10, 1 - 1e-7)
    return -(-u.log()).log().to(like)


def gumbel_max(log_weights: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one index along the last dimension with probability in proportion to exp(log_weights).

    Reference: Maddison, Tarlow, Minka 2014, A* sampling, arXiv:1411.0030 (section 2).
    """
    return (log_weights + gumbel(log_weights, generator)).argmax(-1)
