"""What a perfect generator shows of outcomes: rates of generated and of real records drawn from one distribution."""

from typing import NamedTuple

import numpy as np

from .rates import Floats, Rates


class PerfectRates(NamedTuple):
    """Rates in repeated audits of a perfect generator, (B, K, L) each.

    Args:
        generated: of generated records, where both sets come from what they show together.
        real: of real records, likewise.
        predicted: of generated records, where the real ones stay as they are and leave open what is behind them.
    """

    generated: Floats
    real: Floats
    predicted: Floats


def perfect_rates(*, generated: Rates, real: Rates, repeats: int, rng: np.random.Generator) -> PerfectRates:
    """Both sets of records drawn anew, as many of each group as there were, around the rates of both together.

    Rates of real records that are known exactly stay as they are, and are the perfect generator's own. Counts of one
    group are multinomial; rates that a classifier told are drawn level by level, as binomial ones of as few records as
    would be as precise, and made to sum to 1.

    Args:
        generated: rates of the groups, all levels of each.
        real: of the same.
        repeats: how many audits B.
        rng: draws them.
    """
    known = np.isinf(real.trials)
    weight = np.where(known, 1.0, real.trials) / np.where(known, 1.0, real.trials + generated.trials)
    pooled = weight * real.values + (1 - weight) * generated.values
    pooled /= pooled.sum(axis=1, keepdims=True)
    drawn = _drawn(pooled, generated, repeats, rng)
    again = np.broadcast_to(pooled, drawn.shape) if known.all() else _drawn(pooled, real, repeats, rng)
    truths = real.values if known.all() else _truths(real, repeats, rng)
    return PerfectRates(drawn, again, _drawn(truths, generated, repeats, rng))


def ranges(values: Floats) -> Floats:
    """The greatest gap between two groups at any level, (B,), of rates or their changes (B, K, L)."""
    greatest: Floats = (values.max(axis=1) - values.min(axis=1)).max(axis=1)
    return greatest


def quotients(values: Floats) -> Floats:
    """Least over greatest rate of any group, (B, L), of rates (B, K, L); 1 where none has any."""
    most = values.max(axis=1)
    result: Floats = np.divide(values.min(axis=1), most, out=np.ones_like(most), where=most > 0)
    return result


def two_sided(simulated: Floats, value: float) -> tuple[float, float]:
    """Two-sided p-value of a value among simulated ones (B,), and the least that so many can give."""
    size = len(simulated) + 1
    # Rounding must not tell what was seen from its equals.
    above, below = (simulated >= value - 1e-12).sum(), (simulated <= value + 1e-12).sum()
    return min(1.0, 2 * (1 + int(min(above, below))) / size), 2 / size


def _truths(real: Rates, repeats: int, rng: np.random.Generator) -> Floats:
    """Rates (B, K, L) that the real records leave possible: Dirichlet distributions by Jeffreys' prior."""
    weights = rng.gamma(real.values * real.trials + 0.5, size=(repeats, *real.values.shape))
    truths: Floats = weights / weights.sum(axis=2, keepdims=True)
    return truths


def _drawn(pooled: Floats, rates: Rates, repeats: int, rng: np.random.Generator) -> Floats:
    sizes = np.maximum(np.round(rates.trials), 1).astype(np.int64)
    if (sizes == sizes[:, :1]).all():
        counts: Floats = rng.multinomial(sizes[:, 0], pooled, size=(repeats, len(sizes))) / sizes
        return counts
    counted = rng.binomial(sizes, pooled, size=(repeats, *sizes.shape)) / sizes
    totals = counted.sum(axis=2, keepdims=True)
    drawn: Floats = np.where(totals > 0, counted / np.where(totals > 0, totals, 1.0), pooled)
    return drawn
