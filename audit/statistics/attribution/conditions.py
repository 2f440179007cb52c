"""How far a condition moves outputs: the energy distance between outputs asked for differently, as a share.

Outputs are asked for with K values, each with the same n seeds. All means run over pairs of *different* seeds, so the
share is unbiased near 0 whether or not a model keeps its random numbers aligned between values; where it does, and
ignores the value, the share is 0 to the last digits, because both means run over the same numbers.

Reference: Székely & Rizzo 2013, Energy statistics, doi:10.1016/j.jspi.2013.03.018 (energy distance and its
coefficient); Rizzo & Székely 2010, DISCO analysis, doi:10.1214/09-AOAS245 (several samples, permutation test).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import LEVELS, Interval
from ..intervals import nested

Floats = NDArray[np.float64]

BLOCK = 50
"""Permutations at once."""

EVEN = 1e-6
"""Shares closer than this are the same but for rounding, of those of shuffled values in single precision."""


@dataclass(frozen=True, slots=True, eq=False)
class ConditionEffects:
    """What K values of a condition do to outputs of n seeds.

    Args:
        whole: the share of the mean distance between outputs of different values that outputs of one value lack.
        each: (K,), the same of each value against all others pooled.
        error: standard error of `whole`, by the jackknife over seeds.
        errors: (K,), of `each`.
        p_whole: of the hypothesis that the value does not matter, by permutation of values within seeds.
        p_each: (K,).
        moved: mean squared change of the outputs' distances, in the outputs' unit: what `whole` is a share of, less
            what outputs of one value have; compared between conditions.
        n: seeds.
        p_floor: the smallest p-value that there can be.
    """

    whole: float
    each: Floats
    error: float
    errors: Floats
    p_whole: float
    p_each: Floats
    moved: float
    n: int
    p_floor: float


def condition_effects(*, outputs: ArrayLike, permutations: int, rng: np.random.Generator) -> ConditionEffects:
    """The effect of a condition on outputs.

    Args:
        outputs: (K, n, d), finite; row i of every value is of seed i. At least 2 values and 4 seeds.
        permutations: of the values within each seed.
        rng: for these.

    Raises:
        ValueError: if there are too few, or numbers that are not finite.
    """
    apart = distances(outputs)
    n = apart.shape[1]
    apart[:, np.arange(n), :, np.arange(n)] = 0.0
    sums = apart.sum(axis=3)  # (K, n, K): of output i of a value, to those of every value
    totals = sums.sum(axis=1)  # (K, K)
    whole, each, moved = _coefficients(totals / (n * (n - 1)))
    without = totals - sums.transpose(1, 0, 2) - sums.transpose(1, 2, 0)  # (n, K, K)
    left = _coefficients(without / ((n - 1) * (n - 2)))
    error, errors = (np.sqrt((n - 1) / n * np.square(part - part.mean(axis=0)).sum(axis=0)) for part in left[:2])
    shuffled = _shuffled(apart, permutations, rng)
    p_whole = (1 + (shuffled[0] >= whole - EVEN).sum()) / (1 + permutations)
    p_each = (1 + (shuffled[1] >= each - EVEN).sum(axis=0)) / (1 + permutations)
    return ConditionEffects(
        whole=float(whole),
        each=each,
        error=float(error),
        errors=errors,
        p_whole=float(p_whole),
        p_each=p_each,
        moved=float(moved),
        n=n,
        p_floor=1 / (1 + permutations),
    )


def distances(outputs: ArrayLike) -> Floats:
    """Euclidean distances between all outputs (K, n, d), as (K, n, K, n).

    Raises:
        ValueError: as `condition_effects`.
    """
    values = np.asarray(outputs, dtype=np.float64)
    if values.ndim != 3 or values.shape[0] < 2 or values.shape[1] < 4:
        raise ValueError(f"expected outputs of at least 2 values and 4 seeds (K, n, d), got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("expected outputs that are finite numbers, got NaN or infinity")
    k, n = values.shape[:2]
    flat = values.reshape(k * n, -1)
    # About their mean, so that less is lost where outputs lie close to each other and far from the origin.
    flat = flat - flat.mean(axis=0)
    norms = np.square(flat).sum(axis=1)
    squares = norms[:, None] + norms - 2 * flat @ flat.T
    # What rounding alone leaves between equal outputs is no distance.
    squares[squares < 1e-12 * (1e-300 + norms.max())] = 0.0
    apart: Floats = np.sqrt((squares + squares.T) / 2).reshape(k, n, k, n)
    return apart


def _coefficients(means: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean distances between values (…, K, K) to the share of all, (…,), of each, (…, K), and the distance moved."""
    k = means.shape[-1]
    means = (means + np.swapaxes(means, -1, -2)) / 2
    own = np.diagonal(means, axis1=-2, axis2=-1)  # (…, K)
    rows, total = means.sum(axis=-1), means.sum(axis=(-1, -2))
    across = (rows - own) / (k - 1)  # (…, K): to the others
    others = (total[..., None] - 2 * rows + own) / (k - 1) ** 2  # among the others, pooled
    within, between = own.mean(axis=-1), across.mean(axis=-1)
    return _share(within, between), _share((own + others) / 2, across), between - within


def _share(within: Floats, between: Floats) -> Floats:
    """1 − within / between; 0 where outputs do not differ at all."""
    share: Floats = 1 - np.divide(within, between, out=np.ones_like(between), where=between > 0)
    return share


def _shuffled(apart: Floats, permutations: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The shares of all, (B,), and of each value, (B, K), with values dealt out anew within each seed."""
    k, n = apart.shape[:2]
    # Single precision halves the time, and its rounding is far below what counts.
    table = apart.transpose(1, 0, 3, 2).reshape(n * k, n * k).astype(np.float32)  # rows: seed, then value
    wholes, eaches = [], []
    for start in range(0, permutations, BLOCK):
        number = min(BLOCK, permutations - start)
        labels = rng.permuted(np.broadcast_to(np.arange(k), (number, n, k)), axis=2)  # (b, n, k)
        hot = (labels[..., None] == np.arange(k)).astype(np.float32).reshape(number, n * k, k)
        sums = table @ hot.transpose(1, 0, 2).reshape(n * k, -1)  # (nk, b·K)
        totals = hot.transpose(0, 2, 1) @ sums.reshape(n * k, number, k).transpose(1, 0, 2)  # (b, K, K)
        whole, each, _ = _coefficients(totals.astype(np.float64) / (n * (n - 1)))
        wholes.append(whole)
        eaches.append(each)
    return np.concatenate(wholes), np.concatenate(eaches)


def effect_curve(value: float, error: float, n: int, *, together: int = 1) -> tuple[Interval, ...]:
    """Student t limits of a share in [0, 1] over n seeds, `together` shares at once (Bonferroni).

    Where all seeds agree, as for a condition that is not connected, n seeds may still have missed a part
    1 − (α/2)^(1/n) of them, on which anything may happen: no interval is narrower than that.
    """
    from scipy.special import stdtrit

    tails = (1 - np.asarray(LEVELS)) / 2 / together
    missed = 1 - tails ** (1 / n) if error < 1e-6 else 0.0
    reach = np.maximum(stdtrit(n - 1, 1 - tails) * error, missed)
    return nested(low=np.clip(np.minimum(value, 1) - reach, 0, 1), high=np.clip(np.maximum(value, 0) + reach, 0, 1))


@dataclass(frozen=True, slots=True)
class Alignment:
    """Whether outputs of one seed resemble each other across values.

    Args:
        ratio: mean distance of outputs of one seed and different values, over that of different seeds and values.
        error: its standard error, by the jackknife over seeds.
        p_value: of the hypothesis that seeds say nothing across values, by permutation of seeds.
    """

    ratio: float
    error: float
    p_value: float


def alignment(*, outputs: ArrayLike, permutations: int, rng: np.random.Generator) -> Alignment | None:
    """How alike outputs of one seed are, asked for differently; None where outputs do not differ at all.

    Args:
        outputs: as for `condition_effects`.
        permutations: of the seeds within each value.
        rng: for these.

    Raises:
        ValueError: as `condition_effects`.
    """
    apart = distances(outputs)
    k, n = apart.shape[:2]
    own = np.arange(k)
    apart[own, :, own, :] = 0.0  # only different values count
    pairs = k * (k - 1)
    same = apart[:, np.arange(n), :, np.arange(n)].sum(axis=(1, 2)) / pairs  # (n,)
    rows = apart.sum(axis=(0, 2, 3)) / pairs  # (n,): of each seed to all
    total = rows.sum() - same.sum()
    if total <= 0:
        return None
    ratio = same.mean() / (total / (n * (n - 1)))
    others = (total - (2 * rows - 2 * same)) / ((n - 1) * (n - 2))
    left = (same.sum() - same) / (n - 1) / np.maximum(others, 1e-300)
    error = float(np.sqrt((n - 1) / n * np.square(left - left.mean()).sum()))
    seeds = rng.permuted(np.broadcast_to(np.arange(n), (permutations, k, n)), axis=2)  # (B, k, n)
    shuffled = np.array([apart[own[:, None], one, own[:, None, None], one[:, None, :]].sum() for one in seeds])
    p = (1 + (shuffled <= same.sum() * pairs + EVEN).sum()) / (1 + permutations)
    return Alignment(float(ratio), error, float(p))


def parts_of_energy(energy: ArrayLike) -> tuple[Floats, tuple[tuple[Interval, ...], ...]]:
    """The share of each of P parts in all energy, (P,), with Student t limits on the logit scale over n records.

    Args:
        energy: (n, P), at least 0, of each independent record and part; not all 0.

    Raises:
        ValueError: if there are fewer than 4 records, or nothing to divide.
    """
    from scipy.special import expit, logit, stdtrit

    values = np.asarray(energy, dtype=np.float64)
    n = len(values)
    if n < 4 or not values.sum() > 0 or (values < 0).any():
        raise ValueError(f"expected energies (n, P) of at least 4 records, some above 0, got shape {values.shape}")
    whole = values.sum(axis=1).mean()
    shares = values.mean(axis=0) / whole
    influence = (values - shares * values.sum(axis=1, keepdims=True)) / whole
    errors = influence.std(axis=0, ddof=1) / np.sqrt(n)
    tails = (1 - np.asarray(LEVELS)) / 2
    curves = []
    for share, error in zip(shares, errors, strict=True):
        missed = 1 - tails ** (1 / n)
        if error < 1e-9 or not 0 < share < 1:
            low, high = share - missed, share + missed
        else:
            reach = stdtrit(n - 1, 1 - tails) * error / (share * (1 - share))
            low, high = expit(logit(share) - reach), expit(logit(share) + reach)
        curves.append(nested(low=np.clip(low, 0, share), high=np.clip(high, share, 1)))
    return shares, tuple(curves)
