"""The divergence frontier between two histograms: how far both lie from every mixture of the two.

Every mixture r = λ p + (1 − λ) q of generated p and real q is a compromise between the two; (exp −c KL(q‖r),
exp −c KL(p‖r)) for λ in (0, 1) draws a curve, and the area under it is 1 where p = q. The area is integrated, not read
off a sorted polygon, so equal histograms give exactly 1 whatever their ties.

Reference: Pillutla et al. 2021, arXiv:2102.01454; Liu et al. 2021, arXiv:2106.07898.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALE = 5.0
"""The c of the published score."""

# In t = log λ/(1 − λ) the integrand is analytic in a strip around the real line and falls like exp(−|t|), so the
# trapezoidal rule converges at once: to 1e-4 with step 1, to 1e-8 with step 1/2.
_REACH = 20.0
_STEP = 0.5
# Of simulated areas only the spread is wanted.
_ROUGH_STEP = 1.0
_TINY = 1e-300
_BLOCK = 1 << 18
_LEAST = 1e-6
# Deals behind a mean.
_PERMUTATIONS = 40


def frontier_area(*, generated: ArrayLike, reference: ArrayLike, scale: float = SCALE, step: float = _STEP) -> Floats:
    """Area under the divergence frontier, in [0, 1], higher is better: 1 for equal histograms.

    Disjoint histograms give scale · B(scale + 1, scale), 1/252 for the default.

    Args:
        generated: counts or shares, (…, bins); each histogram is divided by its sum.
        reference: likewise; leading dimensions broadcast.
        scale: of the divergences, above 0.
        step: of the quadrature, in log λ/(1 − λ).

    Raises:
        ValueError: if a histogram is empty or holds negative or undefined values.
    """
    p, q = np.broadcast_arrays(_shares(generated), _shares(reference))
    shape, bins = p.shape[:-1], p.shape[-1]
    p, q = p.reshape(-1, bins), q.reshape(-1, bins)
    rows = max(1, _BLOCK // bins)
    parts = [_area(p[at : at + rows], q[at : at + rows], scale, step) for at in range(0, len(p), rows)]
    return np.concatenate(parts).reshape(shape) if parts else np.empty(shape)


def frontier_integral(*, generated: ArrayLike, reference: ArrayLike) -> Floats:
    """Mean of the mixed divergences along the frontier, in [0, 1], lower is better: 0 for equal histograms.

    2 ∫ λ KL(p‖r) + (1 − λ) KL(q‖r) dλ in closed form: Σ (p + q) / 2 − p q log(p/q) / (p − q).

    Raises:
        ValueError: if a histogram is empty or holds negative or undefined values.
    """
    p, q = np.broadcast_arrays(_shares(generated), _shares(reference))
    both = (p > 0) & (q > 0)
    gap = np.where(both, p - q, 0.0)
    # log(p/q) / (p − q) by its series where p ≈ q: 1 / mean · (1 + h²/3 + …) with h = gap / sum.
    mean = np.where(both, (p + q) / 2, 1.0)
    h = gap / (2 * mean)
    flat = np.abs(h) < 1e-3
    ratio = np.where(flat, 1 + h**2 / 3 + h**4 / 5, np.arctanh(np.where(flat, 0.5, h)) / np.where(flat, 0.5, h))
    common = np.where(both, p * q / mean * ratio, 0.0)
    return np.asarray(np.maximum(((p + q) / 2 - common).sum(axis=-1), 0.0))


@dataclass(frozen=True, slots=True)
class Frontier:
    """The area between generated and real records, and what a perfect generator of as many would show.

    Args:
        area: mean over the real sets that were compared and over the quantisers.
        deviation: standard deviation of the area over fresh records.
        perfect: areas of a perfect generator, ascending, from drawing anew from the real records.
        p_value: of the permutation test: how often permuted records show an area as low.
    """

    area: float
    deviation: float
    perfect: Floats
    p_value: float


def measure_frontier(
    *, labels: Ints, sizes: tuple[int, int, int], compared: int, rng: np.random.Generator, draws: int = 400
) -> Frontier:
    """Measure the frontier between generated records and one or two sets of real ones, averaged over quantisers.

    What a perfect generator shows follows from permuting the records. The variance over fresh records is that of the
    jackknife; between equal distributions it would count the noise of the histograms twice, so the jackknife variance
    of permuted records is subtracted, and the variance of the permuted areas themselves added.

    Args:
        labels: int64 (quantisers, records), the bin of each record: generated ones first, then both real sets.
        sizes: generated records, and those of each real set.
        compared: 2 to compare with both real sets and average, 1 for the first alone; then the second only plays the
            perfect generator.
        rng: for the simulations.
        draws: how many.

    Raises:
        ValueError: if the sizes do not add up, or `compared` is neither 1 nor 2.
    """
    if labels.ndim != 2 or labels.shape[1] != sum(sizes) or min(sizes) < 1 or compared not in (1, 2):
        raise ValueError(f"expected labels of {sum(sizes)} records and 1 or 2 compared, got {labels.shape}, {compared}")
    used = sizes[: 1 + compared]
    own, reference = labels[:, : sum(used)], labels[:, sizes[0] :]
    each = _areas(_histograms(own, used), _STEP).mean(axis=0)  # (quantisers,)
    null = _areas(_permuted(own, used, draws, rng)).mean(axis=0)  # (draws, quantisers)
    perfect = _areas(_again(reference, used, draws, rng)).mean(axis=(0, 2))
    # Drawn with replacement, rare bins are met by chance alone; without, two halves show what they are worth.
    centre = float(_areas(_permuted(reference, sizes[1:], draws, rng)).mean())
    perfect = np.clip(perfect + centre - perfect.mean(), 0.0, 1.0)
    permuted = np.stack([own[:, rng.permutation(own.shape[1])] for _ in range(_PERMUTATIONS)])
    beyond = float(_left_out(own[None], used)[0] - _left_out(permuted, used).mean())
    variance = float(null.mean(axis=1).var(ddof=1)) + max(0.0, beyond)
    if len(labels) > 1:
        # Quantisers that differ by more than noise would add what a new choice of them would change.
        apart = float(each.var(ddof=1)) - float(null.var(axis=1, ddof=1).mean())
        variance += max(0.0, apart) / len(labels)
    return Frontier(float(each.mean()), math.sqrt(variance), np.sort(perfect), _tail(float(each.mean()), null.mean(1)))


def _areas(histograms: Ints | Sequence[Ints], step: float = _ROUGH_STEP) -> Floats:
    """Between the first histogram and each of the others, (others, …)."""
    first, *others = histograms
    return np.stack([frontier_area(generated=first, reference=each, step=step) for each in others])


def _histograms(labels: Ints, sizes: Sequence[int]) -> Ints:
    """Counts of each set by each quantiser, (sets, quantisers, bins)."""
    bins, quantisers = int(labels.max()) + 1, len(labels)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    keys = (owner * quantisers + np.arange(quantisers)[:, None]) * bins + labels
    counts = np.bincount(keys.reshape(-1), minlength=len(sizes) * quantisers * bins)
    return np.asarray(counts.reshape(len(sizes), quantisers, bins), dtype=np.int64)


def _permuted(labels: Ints, sizes: Sequence[int], draws: int, rng: np.random.Generator) -> Ints:
    """Histograms of the records, permuted and cut into sets of those sizes: (sets, draws, quantisers, bins)."""
    total = labels.shape[1]
    bins = int(labels.max()) + 1
    result = np.empty((len(sizes), draws, len(labels), bins), dtype=np.int64)
    for draw in range(draws):
        result[:, draw] = _histograms(labels[:, rng.permutation(total)], sizes)
    return result


def _again(labels: Ints, sizes: Sequence[int], draws: int, rng: np.random.Generator) -> Ints:
    """Histograms of records drawn with replacement: (sets, draws, quantisers, bins)."""
    bins = int(labels.max()) + 1
    result = np.empty((len(sizes), draws, len(labels), bins), dtype=np.int64)
    for draw in range(draws):
        counts = _histograms(labels[:, rng.integers(labels.shape[1], size=sum(sizes))], sizes)
        result[:, draw, :, : counts.shape[2]] = counts
        result[:, draw, :, counts.shape[2] :] = 0
    return result


def _left_out(labels: Ints, sizes: Sequence[int]) -> Floats:
    """Variance of the area by the infinitesimal jackknife, from how much each record changes it: (permutations,).

    A record's changes under all quantisers are averaged first, for it is in all of them at once.

    Args:
        labels: (permutations, quantisers, records).
        sizes: records of each set.

    Reference: Jaeckel 1972, The infinitesimal jackknife; Efron 1982, doi:10.1137/1.9781611970319.
    """
    flat = labels.reshape(-1, labels.shape[-1])
    generated, *others = (_shares(each) for each in _histograms(flat, sizes))
    slopes = [_slopes(generated, each, SCALE, _ROUGH_STEP) for each in others]
    of_sets = [np.mean([slope[0] for slope in slopes], axis=0), *(slope[1] / len(others) for slope in slopes)]
    variance = np.zeros(len(labels))
    for slope, mine in zip(of_sets, np.split(flat, np.cumsum(sizes)[:-1], axis=1), strict=True):
        influence = np.take_along_axis(slope, mine, axis=1).reshape(*labels.shape[:2], -1).mean(axis=1)
        variance += influence.var(axis=1) / max(mine.shape[1] - 1, 1)
    return variance


def _slopes(p: Floats, q: Floats, scale: float, step: float) -> tuple[Floats, Floats]:
    """Derivatives of the area between histograms (b, k) by each share of the first and of the second, (b, k) each.

    Where the curve of points (x, y) moves by (δx, δy), the area below grows by ∫ δy (−dx) + ∫ δx dy.
    """
    log_p, log_q = np.log(np.maximum(p, _TINY)), np.log(np.maximum(q, _TINY))
    own_p, own_q = (p * log_p).sum(axis=1), (q * log_q).sum(axis=1)
    by_p, by_q = np.zeros_like(p), np.zeros_like(q)
    for logit in np.arange(-_REACH, _REACH + step / 2, step):
        share, rest = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
        mixture = np.maximum(share * p + rest * q, _TINY)
        logs, p_part, q_part = np.log(mixture), share * p / mixture, rest * q / mixture
        x = np.exp(-scale * np.maximum(own_q - (q * logs).sum(axis=1), 0.0))
        y = np.exp(-scale * np.maximum(own_p - (p * logs).sum(axis=1), 0.0))
        # −dx/dt and dy/dt.
        fall = scale * x * np.maximum(rest * (q * q / mixture).sum(axis=1) - rest, 0.0)
        rise = scale * y * np.maximum(share * (p * p / mixture).sum(axis=1) - share, 0.0)
        down, up = (step * scale * y * fall)[:, None], (step * scale * x * rise)[:, None]
        by_p -= down * np.where(p > 0, log_p - logs + 1 - p_part, 0.0) - up * share * q / mixture
        by_q -= up * np.where(q > 0, log_q - logs + 1 - q_part, 0.0) - down * rest * p / mixture
    return by_p, by_q


def _tail(area: float, null: Floats) -> float:
    """How often the null is as low; beyond what the draws can tell, by a normal log area/(1 − area)."""
    from scipy.special import logit, ndtr

    below = int((null <= area + 1e-9).sum())
    counted = (1 + below) / (1 + len(null))
    if below:
        return counted
    ends = np.clip(np.append(null, area), 1e-9, 1 - 1e-9)
    scores = logit(ends)
    spread = float(scores[:-1].std(ddof=1))
    far = float(ndtr((scores[-1] - scores[:-1].mean()) / spread)) if spread > 0 else 1.0
    return float(np.clip(far, _LEAST, counted))


def _shares(counts: ArrayLike) -> Floats:
    values = np.asarray(counts, dtype=np.float64)
    total = values.sum(axis=-1, keepdims=True) if values.ndim else np.zeros(1)
    if not (np.isfinite(values).all() and (values >= 0).all() and (total > 0).all()):
        raise ValueError("expected histograms of finite counts, none negative and not all of them 0")
    return np.asarray(values / total, dtype=np.float64)


def _area(p: Floats, q: Floats, scale: float, step: float) -> Floats:
    """1 − ∫ (1 − y) (−dx/dt) dt over t = log λ/(1 − λ), which leaves exactly 1 where y is 1 throughout.

    With A = Σ q²/r the derivative of KL(q‖r) along t is (1 − λ) (A − 1).
    """
    own_p, own_q = (np.einsum("bk,bk->b", each, np.log(np.maximum(each, _TINY))) for each in (p, q))
    missing = np.zeros(len(p))
    for logit in np.arange(-_REACH, _REACH + step / 2, step):
        share, rest = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
        mixture = np.maximum(share * p + rest * q, _TINY)
        bulk = np.einsum("bk,bk->b", q, q / mixture)
        np.log(mixture, out=mixture)
        x = np.exp(-scale * np.maximum(own_q - np.einsum("bk,bk->b", q, mixture), 0.0))
        from_p = np.maximum(own_p - np.einsum("bk,bk->b", p, mixture), 0.0)
        missing -= np.expm1(-scale * from_p) * scale * x * rest * np.maximum(bulk - 1, 0.0)
    return np.clip(1 - step * missing, 0.0, 1.0)
