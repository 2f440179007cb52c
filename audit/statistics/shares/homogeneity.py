"""What two samples of one distribution show of its groups, given which groups the first of them has.

Given the totals t of the groups, the counts x of one of two samples of the same distribution have probabilities
proportional to Π C(t, x) over all counts that sum to its size. Groups are those that this sample shows, so every one of
its counts is at least 1, which is conditioned on, too; what the other sample alone shows is no group of its own and
stays there. So the distribution is exact, however many groups the first sample has missed.

Drawn are binomial counts of at least 1, of which those are kept that sum to the sample's size: given the sum, they have
just that distribution, whatever the probability, which is chosen so that the sum is right on average.

Reference: Fisher 1935, The logic of inductive inference, doi:10.2307/2342435 (conditioning on the totals).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_CELLS = 12_000_000  # drawn in all
_AT_ONCE = 300_000
_LONGEST = 200  # a table of so many counts describes a group of few


def redrawn_reference(
    *, generated: Ints, reference: Ints, repeats: int, rng: np.random.Generator
) -> NDArray[np.int64] | None:
    """Reference counts, (B, K), had the generator been perfect, B at most `repeats`; None where too few can be drawn.

    Args:
        generated: (K,), counts of all groups that the reference has.
        reference: (K,), its counts, at least 1.
        repeats: how many are wanted.
        rng: draws them.
    """
    totals, n = generated + reference, int(reference.sum())
    if len(totals) < 2 or (totals == 1).all() or n == int(totals.sum()):
        return None
    chance = _chance(totals, n)
    tables = [_table(int(total), chance) for total in totals]
    kept: list[Ints] = []
    found, rows = 0, max(1, _AT_ONCE // len(totals))
    for _ in range(max(1, _MOST_CELLS // _AT_ONCE)):
        drawn = np.stack(
            [_drawn(int(total), chance, table, rows, rng) for total, table in zip(totals, tables, strict=True)], axis=1
        )
        kept.append(drawn[drawn.sum(axis=1) == n])
        found += len(kept[-1])
        if found >= repeats:
            break
    return np.concatenate(kept)[:repeats] if found >= min(repeats, 200) else None


def _chance(totals: Ints, n: int) -> float:
    """The probability with which binomial counts of at least 1 sum to n on average."""
    low, high = 1e-9, 1 - 1e-9
    for _ in range(60):
        middle = (low + high) / 2
        mean = float((totals * middle / -np.expm1(totals * np.log1p(-middle))).sum())
        low, high = (middle, high) if mean < n else (low, middle)
    return (low + high) / 2


def _table(total: int, chance: float) -> Floats | None:
    """Cumulative probabilities of 1, 2, … of a group of few; None for a group that is hardly ever absent."""
    from scipy.stats import binom

    absent = float(binom.pmf(0, total, chance))
    if absent < 1e-3 and total > 1:
        return None
    most = min(total, _LONGEST)
    cumulative: Floats = (binom.cdf(np.arange(1, most + 1), total, chance) - absent) / (1 - absent)
    return cumulative


def _drawn(total: int, chance: float, table: Floats | None, rows: int, rng: np.random.Generator) -> Ints:
    if table is not None:
        return np.minimum(np.searchsorted(table, rng.random(rows)), len(table) - 1).astype(np.int64) + 1
    drawn = rng.binomial(total, chance, rows)
    while not drawn.all():
        absent = drawn == 0
        drawn[absent] = rng.binomial(total, chance, int(absent.sum()))
    return drawn.astype(np.int64)
