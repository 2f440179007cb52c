"""What comes of requests: how often each is met, and whether the answers depend on them at all.

Records of each request were counted by group, perhaps by a classifier that errs; its errors are undone row by row, as
in `confusion.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binomial import Limits, clopper_pearson
from .confusion import Floats, corrected_shares, error_rates, softened_rates
from .corrected import share_limits

Ints = NDArray[np.int64]

SPLITS = 16
"""Cuts of the records in halves, over which the dependence on requests is averaged."""


@dataclass(frozen=True, slots=True)
class Dependence:
    """How much answers depend on requests: 1 where each request alone decides the group, 0 where none matters.

    Args:
        value: unbiased where it is clear which groups each request favours, else a little too small.
        draws: variance from the records that were drawn.
        classifier: variance from the labelled records on which the classifier's errors were counted.
    """

    value: float
    draws: float
    classifier: float


def made_shares(*, counts: Ints, confusion: Ints | None) -> Floats:
    """Shares of the groups among the records of each request, (…, K), corrected where a classifier counted them.

    Args:
        counts: (…, K), records of each request and group.
        confusion: (K, K), see `confusion.py`; None where groups are known for certain.
    """
    rates = np.eye(counts.shape[-1]) if confusion is None else error_rates(confusion)
    return corrected_shares(counts=counts, rates=rates)


def met_limits(*, counts: Ints, confusion: Ints | None, wanted: Ints, levels: ArrayLike) -> Limits:
    """Two-sided intervals, (L, R) each way, for the share of each request's records that are of the group wanted.

    Each holds by itself: exact (Clopper and Pearson) where groups are known for certain, else with the error of the
    classifier's rates in it.

    Args:
        counts: (R, K), at least one record a request.
        confusion: (K, K), or None.
        wanted: (R,), the group that each request names.
        levels: (L,).
    """
    at, rows = np.asarray(levels, dtype=np.float64), np.arange(len(counts))
    if confusion is None:
        return clopper_pearson(successes=counts[rows, wanted][None], trials=counts.sum(axis=1)[None], level=at[:, None])
    each = [share_limits(counts=row, confusion=confusion, levels=at) for row in counts]
    low = np.stack([one.low[:, group] for one, group in zip(each, wanted, strict=True)], axis=1)
    high = np.stack([one.high[:, group] for one, group in zip(each, wanted, strict=True)], axis=1)
    # Each row was corrected by itself there, and all together here, which may differ in a last digit.
    met = made_shares(counts=counts, confusion=confusion)[rows, wanted]
    return Limits(np.minimum(low, met), np.maximum(high, met))


def dependence(*, counts: Ints, confusion: Ints | None, rng: np.random.Generator) -> Dependence:
    """The mean total variation between the answers to each request and to all together, as a part of the most possible.

    Total variation is biased upwards, as noise only adds distance. Here one half of the records says which groups a
    request favours, and the other half how much: noise then adds nothing, and a model that ignores what it is asked
    for has 0 on average, however few the records.

    Args:
        counts: (R, K), R at least 2, each row with two records or more.
        confusion: (K, K), or None where groups are known for certain.
        rng: cuts the records in halves.

    Raises:
        ValueError: if there are fewer requests or records.
    """
    if len(counts) < 2 or counts.sum(axis=1).min() < 2:
        raise ValueError(f"expected two requests of two records or more, got {counts.sum(axis=1).tolist()}")
    inverse = _inverse(counts.shape[1], confusion)
    sizes = counts.sum(axis=1)
    halves = np.stack(
        [
            rng.multivariate_hypergeometric(row, int(size) // 2, size=SPLITS)
            for row, size in zip(counts, sizes, strict=True)
        ],
        axis=1,
    )  # (S, R, K)
    one, other = (_departures(half, inverse) for half in (halves, counts - halves))
    parts = [np.where(one > 0, other, 0.0), np.where(other > 0, one, 0.0)]
    value = float(np.mean([part.sum(axis=-1).mean() for part in parts])) / _most(len(counts))
    return Dependence(value, *_variances(counts, confusion))


def _inverse(groups: int, confusion: Ints | None) -> Floats:
    """(K, K): what turns counted shares into true ones."""
    if confusion is None:
        return np.eye(groups)
    return np.asarray(np.linalg.pinv(error_rates(confusion)), dtype=np.float64)


def _most(requests: int) -> float:
    """The mean distance where each request has a group of its own."""
    return 1 - 1 / requests


def _departures(counts: NDArray[np.integer], inverse: Floats) -> Floats:
    """By how much the shares (…, R, K) of each request exceed those of all."""
    shares = counts / counts.sum(axis=-1, keepdims=True) @ inverse
    departures: Floats = shares - shares.mean(axis=-2, keepdims=True)
    return departures


def _variances(counts: Ints, confusion: Ints | None) -> tuple[float, float]:
    """By linearisation, with the groups that each request favours taken as known.

    With signs s, the value is a sum of w · p over requests, where w = (s − mean of s) / (R · most) and p = q T⁻¹.
    Frequencies of 0 are softened, or what never happened would seem impossible.
    """
    requests, k = counts.shape
    favoured = _departures(counts, _inverse(k, confusion)) > 0
    weights = (favoured - favoured.mean(axis=0)) / (requests * _most(requests))  # (R, K)
    sizes = counts.sum(axis=1)
    seen = (counts + 1 / k) / (sizes + 1)[:, None]
    rates = np.eye(k) if confusion is None else softened_rates(confusion)
    moved = weights @ np.linalg.pinv(rates).T  # (R, K): T⁻¹ w of each request
    draws = float((_spread(moved, seen) / sizes).sum())
    if confusion is None:
        return draws, 0.0
    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    together = shares.T @ moved  # (K, K): what an error of each row of the rates moves
    return draws, float((_spread(together, rates) / confusion.sum(axis=1)).sum())


def _spread(values: Floats, chances: Floats) -> Floats:
    """Variance of one draw of each row of values with these chances."""
    spread: Floats = (chances * values**2).sum(axis=1) - ((chances * values).sum(axis=1)) ** 2
    return spread


def perfect_met(*, wanted: Ints, sizes: Ints, confusion: Ints | None, repeats: int, rng: np.random.Generator) -> Floats:
    """Shares met, (repeats, R), that a model shows which always makes what is asked for; they scatter around 1.

    Records and the classifier's errors are drawn anew; above 1 is where errors were counted that did not occur.

    Args:
        wanted: (R,), the group that each request names.
        sizes: (R,), records of each.
        confusion: (K, K), or None: then all shares are 1.
        repeats: how many.
        rng: draws them.
    """
    if confusion is None:
        return np.ones((repeats, len(wanted)))
    rates, labelled = softened_rates(confusion), confusion.sum(axis=1)
    again = np.stack(
        [rng.multinomial(int(n), row, size=repeats) for n, row in zip(labelled, rates, strict=True)], axis=1
    )
    inverse = np.linalg.pinv(error_rates(again))  # (repeats, K, K)
    met = np.empty((repeats, len(wanted)))
    for at, (group, size) in enumerate(zip(wanted, sizes, strict=True)):
        seen = rng.multinomial(int(size), rates[group], size=repeats) / size
        met[:, at] = (seen * inverse[:, :, group]).sum(axis=1)
    return met
