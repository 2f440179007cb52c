"""Is the map the same for all groups? One minus the cosine between each group's map and that of the others.

A map is a vector of means over records, so noise makes any two maps differ: the squared length of a mean is too large
by its variance over n, which is taken off. Groups may differ in how much they vary and in how strong their map is,
and the hypothesis is only that all maps point the same way. So the null is simulated from that hypothesis, with every
group's own noise (Gaussian multipliers of its residuals), rather than by exchanging records between groups, which would
also assume that records of different groups are alike.

Reference: Chernozhukov, Chetverikov and Kato 2013, doi:10.1214/13-AOS1161 (multipliers for maxima of means);
Westfall and Young 1993 (the largest of several statistics).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Interval
from ..intervals import POWER, nested
from ..shares.binomial import normal_quantile

Floats = NDArray[np.float64]
Sample = tuple[Floats, ...]
"""The maps of a group's records: (n, R), whose mean is the group's map, or a second set whose mean is taken off."""

REPEATS = 1_000
"""Draws of the null, and of the noise around the estimates."""

FLOOR = 0.05
"""The squared length of a map without its noise is at least this part of that with it, so that a cosine exists."""

DEVIATION = 0.8413447460685429
"""The quantile one standard deviation above the middle of a normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class MapGaps:
    """The gaps of K groups' maps, each to the map of the others.

    Args:
        values: (K,), in [0, 2]: 0 where the map is that of the others, 1 where they have nothing in common.
        p_values: (K,), of a group's map being that of the others; adjusted together.
        curve: intervals of the largest gap.
        perfect: median, and the ends of the middle 95 %, of the largest gap where all maps are the same.
        minimum_detectable: the largest gap that would be found in four audits of five.
    """

    values: Floats
    p_values: Floats
    curve: tuple[Interval, ...]
    perfect: tuple[float, float, float]
    minimum_detectable: float
    p_floor: float = 1 / (1 + REPEATS)

    @property
    def worst(self) -> int:
        """The group whose gap is largest."""
        return int(self.values.argmax())


def map_gaps(groups: Sequence[Sample], *, weights: Sequence[float], rng: np.random.Generator) -> MapGaps:
    """The gaps between groups' maps.

    Args:
        groups: the records of K groups, at least two, with at least two records in each sample.
        weights: of each group among the others.
        rng: draws the noise.

    Raises:
        ValueError: if there are fewer than two groups.
    """
    if len(groups) < 2:
        raise ValueError(f"expected two groups or more, got {len(groups)}")
    maps = np.stack([_map(each) for each in groups])
    noise = np.array([_noise(each) for each in groups])
    shares = _others(np.asarray(weights, dtype=np.float64))
    seen = _gaps(maps, noise, shares)
    null = _gaps(_common(maps, noise) + _drawn(groups, rng), noise, shares)
    scale = np.maximum(null.std(axis=0), 1e-12)
    centre = null.mean(axis=0)
    largest = ((null - centre) / scale).max(axis=1)
    scores = (seen - centre) / scale
    p_values = np.array([(1 + (largest >= score - 1e-12).sum()) / (1 + REPEATS) for score in scores])
    largest_null = np.clip(null.max(axis=1), 0.0, 2.0)
    low, median, high = np.quantile(largest_null, [0.025, 0.5, 0.975])
    around = _gaps(maps + _drawn(groups, rng), 2 * noise, shares) - seen
    return MapGaps(
        values=np.clip(seen, 0.0, 2.0),
        p_values=p_values,
        curve=_curve(seen, around),
        perfect=(float(median), float(low), float(high)),
        minimum_detectable=float(np.quantile(largest_null, 0.95) + POWER * largest_null.std()),
    )


def resolved(sample: Sample) -> bool:
    """Whether a group's map stands out of its noise, so that it makes sense to ask which way it points."""
    length = float(np.square(_map(sample)).sum())
    return length > 2 * _noise(sample)


def _map(sample: Sample) -> Floats:
    first, *rest = (each.mean(axis=0) for each in sample)
    return np.asarray(first - sum(rest, np.zeros_like(first)))


def _noise(sample: Sample) -> float:
    """The expected squared length of the noise of a group's map."""
    return float(sum((each.var(axis=0, ddof=1) / len(each)).sum() for each in sample))


def _others(weights: Floats) -> Floats:
    """(K, K): row g times the groups' maps is the map of the others."""
    shares = np.tile(weights, (len(weights), 1))
    np.fill_diagonal(shares, 0.0)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _gaps(maps: Floats, noise: Floats, shares: Floats) -> Floats:
    """One minus the cosine, freed of noise, of each group's map to that of the others: (…, K, R) to (…, K)."""
    others = np.einsum("gh,...hr->...gr", shares, maps)
    product = (maps * others).sum(axis=-1)
    length, length_of_others = (np.square(each).sum(axis=-1) for each in (maps, others))
    length = np.maximum(length - noise, FLOOR * length)
    length_of_others = np.maximum(length_of_others - shares**2 @ noise, FLOOR * length_of_others)
    size = np.sqrt(length * length_of_others)
    cosine = np.divide(product, size, out=np.ones_like(product), where=size > 0)
    return np.asarray(1 - cosine.clip(-1, 1.0 / FLOOR))


def _common(maps: Floats, noise: Floats) -> Floats:
    """What the groups' maps are where all point the same way: along their mean, each as long as without its noise."""
    mean = maps.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length == 0:
        return np.zeros_like(maps)
    squares = np.square(maps).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares - noise, FLOOR * squares))[:, None] * mean / length)


def _drawn(groups: Sequence[Sample], rng: np.random.Generator) -> Floats:
    """The noise of every group's map, drawn anew: (B, K, R)."""
    return np.stack([sum(_of_sample(part, rng) for part in each) for each in groups], axis=1)


def _of_sample(part: Floats, rng: np.random.Generator) -> Floats:
    n = len(part)
    residuals = (part - part.mean(axis=0)) / np.sqrt(n * (n - 1))
    return np.asarray(rng.standard_normal((REPEATS, n)) @ residuals)


def _curve(seen: Floats, around: Floats) -> tuple[Interval, ...]:
    """Intervals of the largest gap, from the spread of the noise on either side of each group's."""
    middle = np.median(around, axis=0)
    down = np.quantile(around, DEVIATION, axis=0) - middle
    up = middle - np.quantile(around, 1 - DEVIATION, axis=0)
    # What noise adds on average is taken off as well.
    at = seen - middle
    value = float(np.clip(seen, 0.0, 2.0).max())
    lows, highs = [], []
    for level in LEVELS:
        together = normal_quantile(1 - (1 - level) / len(seen))
        lows.append(min(value, float(np.clip(at - together * down, 0.0, 2.0).max())))
        highs.append(max(value, float(np.clip(at + normal_quantile(level) * up, 0.0, 2.0).max())))
    return nested(low=np.array(lows), high=np.array(highs))
