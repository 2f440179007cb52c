"""Exact Shapley values of a game with few players, from its value on every subset of them.

Reference: Shapley 1953, A value for n-person games, doi:10.1515/9781400881970-018; Lundberg & Lee 2017,
arXiv:1705.07874 (parts of an input as players).
"""

from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MOST = 12
"""Players at most: the values of all 2^k subsets are held."""


def shapley(values: ArrayLike) -> Floats:
    """The Shapley value of each player, which add up to the value of all less that of none.

    Args:
        values: (…, 2^k, n), of n games; bit j of the subset's place says that player j takes part.

    Returns:
        (…, k, n).

    Raises:
        ValueError: if the subsets are not 2^k with k from 1 to `MOST`, or a value is not finite.
    """
    table = np.asarray(values, dtype=np.float64)
    players = table.shape[-2].bit_length() - 1 if table.ndim >= 2 else 0
    if not 1 <= players <= MOST or table.shape[-2] != 2**players:
        raise ValueError(f"expected values (…, 2^k, n) of k from 1 to {MOST} players, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("expected finite values of every subset; leave out games with one that is unknown")
    subsets = np.arange(2**players)
    sizes = np.array([int(each).bit_count() for each in subsets])
    weights = np.array(
        [factorial(size) * factorial(players - size - 1) / factorial(players) for size in range(players)]
    )
    shares = []
    for player in range(players):
        without = subsets[(subsets >> player) & 1 == 0]
        gained = table[..., without | (1 << player), :] - table[..., without, :]
        shares.append(np.einsum("s,...sn->...n", weights[sizes[without]], gained))
    return np.stack(shares, axis=-2)
