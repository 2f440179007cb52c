"""How a map over the places of a context is divided: by distance from what is predicted, with intervals.

Maps end at the right: the last column is the token just before the prediction, at distance 1. A record counts with the
size of its map, so that contexts in which nothing matters say little: shares are ratios of sums over records, which are
the sampling unit. Intervals are those of the mean of the jackknife's pseudo-values.

Reference: Tukey 1958, Annals of Mathematical Statistics 29(2), 614 (pseudo-values); Hall 1992,
doi:10.1111/j.2517-6161.1992.tb01876.x (skewness); Woodruff 1952, doi:10.1080/01621459.1952.10483443 (quantiles).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import LEVELS, Interval
from ..intervals import Share, nested, p_value
from ..paired.clusters import cluster_mean, satterthwaite, wild_cluster_p

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """A ratio of sums over records.

    Args:
        value: the ratio.
        curve: its intervals.
        pseudo: (n,), what each record says of it; their mean is the value, nearly.
        weights: (n,), how much each counts.
        n: records.
    """

    value: float
    curve: tuple[Interval, ...]
    pseudo: Floats
    weights: Floats
    n: int


def sizes(values: ArrayLike) -> Floats:
    """The absolute map, (n, P)."""
    return np.abs(np.asarray(values, dtype=np.float64))


def distance_profile(values: ArrayLike, lengths: ArrayLike) -> Floats:
    """The share of the whole map at each distance, (P,), the nearest first; the sum is 1, or 0 for a map of zeros.

    Args:
        values: (n, P).
        lengths: (n,), tokens of each context; what lies before is not looked at.
    """
    size = np.where(inside(values, lengths), sizes(values), 0.0)
    whole = size.sum()
    profile: Floats = size.sum(axis=0)[::-1] / (whole if whole > 0 else 1.0)
    return profile


def profiles_apart(one: Floats, other: Floats) -> float:
    """Total variation distance of two profiles over distances, in [0, 1]."""
    return float(np.abs(one - other).sum() / 2)


def inside(values: ArrayLike, lengths: ArrayLike) -> NDArray[np.bool_]:
    """Which columns of each row hold a token, (n, P)."""
    width = np.asarray(values).shape[1]
    held: NDArray[np.bool_] = np.arange(width)[None] >= width - np.asarray(lengths)[:, None]
    return held


def pooled_ratio(part: ArrayLike, whole: ArrayLike, *, levels: Sequence[float] = LEVELS) -> Pooled:
    """Σ part / Σ whole over records, with intervals for any value.

    Args:
        part: (n,).
        whole: (n,), at least 0, not all 0.
        levels: ascending.

    Raises:
        ValueError: if there are fewer than two records, or the whole is 0.
    """
    value, pseudo, weights = _pseudo(part, whole)
    try:
        found = cluster_mean(values=pseudo, clusters=np.arange(len(pseudo)), levels=levels)
    except ValueError:
        # All records say the same.
        return Pooled(value, tuple(Interval(level, value, value) for level in levels), pseudo, weights, len(pseudo))
    wider = _stretch(weights, levels)
    low, high = (np.array([getattr(each, end) for each in found.curve]) - found.value for end in ("low", "high"))
    curve = nested(low=value + np.minimum(wider * low, 0), high=value + np.maximum(wider * high, 0), levels=levels)
    return Pooled(value, curve, pseudo, weights, len(pseudo))


def _stretch(weights: Floats, levels: Sequence[float]) -> Floats:
    """How much further limits reach because few records carry most of the weight: of Student's quantiles.

    Reference: Satterthwaite 1946, doi:10.2307/3002019.
    """
    from scipy.special import stdtrit

    sizes = np.maximum(weights / weights.sum(), 1e-12)
    freedom = max(1.0, min(satterthwaite(sizes, sizes), satterthwaite(sizes, np.square(sizes))))
    at = 0.5 + np.asarray(levels) / 2
    ratio: Floats = stdtrit(freedom, at) / stdtrit(max(len(weights) - 1, freedom), at)
    return ratio


def pooled_share(part: ArrayLike, whole: ArrayLike, *, levels: Sequence[float] = LEVELS) -> Pooled:
    """Σ part / Σ whole over records, a share: intervals stay in [0, 1] and keep a width where all records agree.

    They are the outer ones of two: those of the mean of pseudo-values, widened for skewness, and those of a binomial
    share with as many trials as the spread between records allows. Where all records agree, there are as many as
    records, each counted with its weight (Kish).

    Args:
        part: (n,), between 0 and `whole`.
        whole: (n,), at least 0, not all 0.
        levels: ascending.

    Raises:
        ValueError: as `pooled_ratio`.

    Reference: Korn & Graubard 1998, Survey Methodology 24(2), 193–201; Kish 1965, Survey sampling, section 11.7.
    """
    value, pseudo, weights = _pseudo(part, whole)
    value = float(np.clip(value, 0.0, 1.0))
    n = len(pseudo)
    kish = weights.sum() ** 2 / np.square(weights).sum()
    variance = float(np.var(pseudo, ddof=1) / n)
    spread = value * (1 - value)
    known = spread > 1e-9 and variance > 1e-12
    root = variance / (4 * spread) if known else 1 / (4 * kish)
    # The variance is an estimate from few records where few carry the weight.
    trials = round(1 / (4 * root)) + 1 if known else max(1, round(kish))
    limits = Share(value, root, trials, max(1.0, min(kish, n) - 1)).limits
    ends = [limits(level) for level in levels]
    low, high = np.array([each.low for each in ends]), np.array([each.high for each in ends])
    if known:
        mean = pooled_ratio(part, whole, levels=levels).curve
        low = np.minimum(low, [each.low for each in mean])
        high = np.maximum(high, [each.high for each in mean])
    return Pooled(
        value, nested(low=np.clip(low, 0, value), high=np.clip(high, value, 1), levels=levels), pseudo, weights, n
    )


def share_of_last(values: ArrayLike, lengths: ArrayLike, last: int, *, levels: Sequence[float] = LEVELS) -> Pooled:
    """The share of the map that the last tokens carry.

    Args:
        values: (n, P), a map.
        lengths: (n,), tokens of each context.
        last: how many of the last tokens.
        levels: ascending.

    Raises:
        ValueError: as `pooled_ratio`.
    """
    size = np.where(inside(values, lengths), sizes(values), 0.0)
    return pooled_share(size[:, -last:].sum(axis=1), size.sum(axis=1), levels=levels)


@dataclass(frozen=True, slots=True)
class Range:
    """How far back a share of the map lies: tokens, with intervals of whole tokens."""

    value: int
    curve: tuple[Interval, ...]


def context_range(values: ArrayLike, lengths: ArrayLike, *, share: float, levels: Sequence[float] = LEVELS) -> Range:
    """The distance within which `share` of the map lies: its quantile over distances.

    The interval holds the distances at which the interval of the cumulative share holds `share` (Woodruff).

    Args:
        values: (n, P), a map.
        lengths: (n,), tokens of each context.
        share: in (0, 1).
        levels: ascending.

    Raises:
        ValueError: as `pooled_ratio`.
    """
    reach = int(np.max(lengths))
    within = [share_of_last(values, lengths, last, levels=levels) for last in range(1, reach + 1)]

    def first(reached: Sequence[float]) -> int:
        return next((place for place, each in enumerate(reached, start=1) if each >= share - 1e-12), reach)

    value = first([each.value for each in within])
    low = np.array([first([each.curve[at].high for each in within]) for at in range(len(levels))], dtype=float)
    high = np.array([first([each.curve[at].low for each in within]) for at in range(len(levels))], dtype=float)
    return Range(value, nested(low=np.minimum(low, value), high=np.maximum(high, value), levels=levels))


def sink_excess(values: ArrayLike, lengths: ArrayLike, *, beside: int, levels: Sequence[float] = LEVELS) -> Pooled:
    """The share of the map on the first token, less what the tokens beside it get on average.

    Those lie nearly as far back. Records whose context has no more than `beside` + 1 tokens are left out.

    Args:
        values: (n, P), a map.
        lengths: (n,), tokens of each context.
        beside: how many tokens after the first it is compared with.
        levels: ascending.

    Returns:
        a difference of shares; positive where the first token gets more than its place would.

    Raises:
        ValueError: as `pooled_ratio`, or if fewer than two contexts are long enough.
    """
    size, long = sizes(values), np.flatnonzero(np.asarray(lengths) > beside + 1)
    if len(long) < 2:
        raise ValueError(f"expected contexts of more than {beside + 1} tokens, got {len(long)}")
    starts = size.shape[1] - np.asarray(lengths)[long]
    first = size[long, starts]
    others = np.mean([size[long, starts + step] for step in range(1, beside + 1)], axis=0)
    held = inside(values, lengths)[long]
    return pooled_ratio(first - others, np.where(held, size[long], 0.0).sum(axis=1), levels=levels)


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a share differs between two sets of paired records.

    Args:
        value: the second share less the first.
        curve: its intervals.
        error: its standard error; 0 where all pairs say the same.
        p_value: two-sided, of no difference.
    """

    value: float
    curve: tuple[Interval, ...]
    error: float
    p_value: float


def share_change(first: Pooled, second: Pooled, *, levels: Sequence[float] = LEVELS) -> Change:
    """The second share less the first, record k of one being paired with record k of the other.

    Args:
        first: of n records.
        second: of n others.
        levels: ascending.
    """
    value = second.value - first.value
    pairs = np.arange(first.n)
    apart = second.pseudo - first.pseudo
    try:
        found = cluster_mean(values=apart, clusters=pairs, levels=levels)
    except ValueError:
        return Change(value, tuple(Interval(level, value, value) for level in levels), 0.0, 1.0 if value == 0 else 0.0)
    weights = first.weights / first.weights.sum() + second.weights / second.weights.sum()

    def limits(level: float) -> Interval:
        (each,) = cluster_mean(values=apart, clusters=pairs, levels=(level,)).curve
        (wider,) = _stretch(weights, (level,))
        return Interval(level, value + wider * (each.low - found.value), value + wider * (each.high - found.value))

    ends = [limits(level) for level in levels]
    low, high = (np.array([getattr(each, end) for each in ends]) for end in ("low", "high"))
    p = max(p_value(limits, 0.0), wild_cluster_p(values=apart - found.value + value, clusters=pairs))
    return Change(
        value, nested(low=np.clip(low, -1, value), high=np.clip(high, value, 1), levels=levels), found.error, p
    )


def _pseudo(part: ArrayLike, whole: ArrayLike) -> tuple[float, Floats, Floats]:
    """The ratio, the pseudo-values of its records, and their weights."""
    top, bottom = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    if top.shape != bottom.shape or top.ndim != 1 or len(top) < 2:
        raise ValueError(f"expected at least two records, one part and one whole each, got {top.shape}, {bottom.shape}")
    total = bottom.sum()
    if not total > 0:
        raise ValueError("expected a map that is not zero everywhere")
    value = float(top.sum() / total)
    # The linearised jackknife: a record that carries much of the whole moves the ratio by more than its share.
    left = np.maximum(1 - bottom / total, 1e-9)
    pseudo = value + len(top) * (top - value * bottom) / total / left
    return value, pseudo, bottom
