"""Leave out one token of a context at a time: all places of a context in one pass, or from each place on."""

import numpy as np
from numpy.typing import NDArray

from .next_token import NextToken

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TOGETHER = 4_000_000
"""Token ids of masked contexts that are laid out at once."""


def ablated(ask: NextToken, ids: Ints, targets: Ints, fill: Ints) -> tuple[Floats, Floats]:
    """The readout with each token replaced, and with all of them.

    Args:
        ask: the readout.
        ids: (n, T), contexts of one length.
        targets: (n,), what follows each.
        fill: (K, n, T), K tokens that take the place of each; over these the readout is averaged.

    Returns:
        nats with the token at each place replaced, (n, T), and with every token replaced, (n,).
    """
    draws, n, length = fill.shape
    if ask.shares:
        emptied = ask.nats(fill.reshape(-1, length), np.tile(targets, draws)).reshape(draws, n).mean(axis=0)
        return ask.replaced(ids, targets, fill).mean(axis=0), emptied
    singles, emptied = np.empty((n, length)), np.empty(n)
    step = max(1, TOGETHER // (draws * (length + 1) * length))
    for start in range(0, n, step):
        part = slice(start, min(start + step, n))
        count = part.stop - start
        masked = np.broadcast_to(ids[None, part, None], (draws, count, length + 1, length)).copy()
        places = np.arange(length)
        masked[:, :, places, places] = fill[:, part]
        masked[:, :, length] = fill[:, part]
        after = np.broadcast_to(targets[None, part, None], masked.shape[:3]).reshape(-1)
        nats = ask.nats(masked.reshape(-1, length), after).reshape(draws, count, length + 1).mean(axis=0)
        singles[part], emptied[part] = nats[:, :length], nats[:, length]
    return singles, emptied


def kept_only(ask: NextToken, ids: Ints, targets: Ints, fill: Ints, keep: NDArray[np.bool_]) -> Floats:
    """The readout where only some tokens are kept, averaged over the replacements of the others.

    Args:
        ask: the readout.
        ids: (n, T), contexts of one length.
        targets: (n,), what follows each.
        fill: (K, n, T), what takes the place of a token that is not kept.
        keep: (n, T), which tokens are kept.

    Returns:
        nats, (n,).
    """
    masked = np.where(keep[None], ids[None], fill)
    nats = ask.nats(masked.reshape(-1, ids.shape[1]), np.tile(targets, len(fill)))
    mean: Floats = nats.reshape(len(fill), -1).mean(axis=0)
    return mean
