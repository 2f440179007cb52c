"""Shares of modes among generated and real samples: the least of their ratios, and tests that hold for all together.

Under the hypothesis that the generator is perfect, which of the pooled samples are the generated ones is a random
choice. So counts given their sums are hypergeometric, and drawing them again and again gives the joint distribution of
everything that is computed from them.

Reference: Westfall and Young 1993, ISBN 978-0471557616; Benjamini and Hochberg 1995,
doi:10.1111/j.2517-6161.1995.tb02031.x.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..multiplicity import holm
from ..shares.binomial import Limits, hypergeometric_cdf
from ..shares.ratio_curves import RatioCurves

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FOR_CHOOSING = 0.1


@dataclass(frozen=True, slots=True)
class Counts:
    """Samples in each mode and, last, outside all of them: int64 (K + 1,) each; every real count of a mode is positive.

    Raises:
        ValueError: if the two do not fit together, a set is empty, or a mode holds no real sample.
    """

    generated: Ints
    reference: Ints

    def __post_init__(self) -> None:
        if self.generated.shape != self.reference.shape or len(self.reference) < 2:
            raise ValueError(f"expected equal numbers of modes, got {self.generated.shape} and {self.reference.shape}")
        if self.generated.sum() < 1 or (self.reference[:-1] < 1).any():
            raise ValueError("expected generated samples, and real ones in every mode")

    @property
    def m(self) -> int:
        """Generated samples."""
        return int(self.generated.sum())

    @property
    def n(self) -> int:
        """Real samples."""
        return int(self.reference.sum())

    @property
    def ratios(self) -> Floats:
        """Generated over real share of each mode, (K,)."""
        quotients: Floats = (self.generated[:-1] / self.m) / (self.reference[:-1] / self.n)
        return quotients


def thinnest_limits(curves: RatioCurves, *, levels: ArrayLike) -> Limits:
    """Two-sided intervals for the least of all ratios, (L,) each way; nested, around the least ratio.

    The least of the modes' own lower ends errs only if that of the truly thinnest does, so each at its own level is
    enough (an intersection–union test), and where the thinnest mode stands alone nothing shorter holds. The least of
    the upper ends errs if any one does. But a mode that is surely fatter than another is not the thinnest; a tenth of
    the error is spent on finding these, and the rest is shared among the others.

    Args:
        curves: of all ratios.
        levels: (L,) confidence levels, ascending.

    Reference: Berger 1982, doi:10.1080/00401706.1982.10487790; Chernozhukov, Lee & Rosen 2013, arXiv:0907.3503.
    """
    wanted, modes = np.asarray(levels, dtype=np.float64), len(curves.estimate)
    # The thinnest mode is left out by mistake only if its own lower end errs, or the upper end of some mode.
    surely = curves.limits(1 - _FOR_CHOOSING * (1 - wanted) / (modes + 1))
    possible = surely.low <= surely.high.min(axis=1, keepdims=True)
    each = 1 - (1 - _FOR_CHOOSING) * (1 - wanted) / possible.sum(axis=1)
    high = np.where(possible, curves.limits(each).high, np.inf).min(axis=1)
    return Limits(curves.limits(wanted).low.min(axis=1), np.maximum.accumulate(high))


def redrawn(counts: Counts, *, repeats: int, rng: np.random.Generator) -> Ints:
    """Generated counts, (repeats, K + 1), had the generator been perfect: its samples are any m of the pooled ones."""
    pooled = counts.generated + counts.reference
    drawn: Ints = rng.multivariate_hypergeometric(pooled, counts.m, size=repeats, method="marginals").astype(np.int64)
    return drawn


def thinness(counts: Counts, generated: Ints) -> Floats:
    """P(as few generated samples in the mode as these | a perfect generator), for each mode of (…, K + 1) counts.

    Exact, one-sided, by the hypergeometric distribution: small where a mode is thin.
    """
    pooled = counts.generated + counts.reference
    p_values = np.empty(generated[..., :-1].shape)
    for k, total in enumerate(pooled[:-1].tolist()):
        p_values[..., k] = hypergeometric_cdf(total, counts.m, counts.n)[generated[..., k]]
    return p_values


def likelihood_ratio(counts: Counts, generated: Ints) -> Floats:
    """The G statistic of homogeneity of (…, K + 1) generated counts and the rest of the pooled samples, at least 0."""
    from scipy.special import xlogy

    pooled = (counts.generated + counts.reference).astype(np.float64)
    y = generated.astype(np.float64)
    x = pooled - y
    part = counts.m / (counts.m + counts.n)
    expected = np.maximum(pooled, 1e-300)
    terms = xlogy(y, y / (expected * part)) + xlogy(x, x / (expected * (1 - part)))
    statistic: Floats = 2 * terms.sum(axis=-1)
    return statistic


def rank_p_value(observed: float, simulated: Floats) -> float:
    """How often a perfect generator shows a statistic at least as large; valid at any number of simulations."""
    return float((1 + (simulated >= observed - 1e-9 * abs(observed)).sum()) / (1 + len(simulated)))


@dataclass(frozen=True, slots=True)
class Thin:
    """Tests of every mode for being thin, (K,) each: single p-values and three that hold for all modes together.

    `single` is exact; `holm` and `joint` keep the chance of any false alarm, `fdr` the expected share of false ones.
    `joint` is the chance that a perfect generator shows any mode as thin as this one.
    """

    single: Floats
    holm: Floats
    fdr: Floats
    joint: Floats


def thin_modes(counts: Counts, simulated: Ints) -> Thin:
    """Test every mode for being thin; `simulated` are counts of perfect generators, from `redrawn`."""
    from scipy.stats import false_discovery_control

    single = thinness(counts, counts.generated)
    least = np.sort(thinness(counts, simulated).min(axis=1))
    reached = np.searchsorted(least, single * (1 + 1e-9), side="right")
    return Thin(
        single,
        np.array([step.adjusted for step in holm(single.tolist(), alpha=0.05)]),
        np.asarray(false_discovery_control(np.minimum(single, 1.0))),
        (1 + reached) / (1 + len(least)),
    )


def detectable_ratio(*, reference: ArrayLike, n: int, m: int, tests: int = 1, power: float = 0.8) -> Floats:
    """The largest ratio below 1 that is found with that power at the 5 % level, shared by some tests; NaN: none is.

    On the scale 2 √share the errors of both shares are constant.

    Args:
        reference: (K,) positive counts of `n` real samples.
        n: real samples.
        m: generated samples.
        tests: how many tests share the level.
        power: the chance to be found.
    """
    from scipy.special import ndtri

    shares = np.asarray(reference, dtype=np.float64) / n
    error = np.sqrt((1 - shares) * (1 / n + 1 / m))
    root = 1 - (ndtri(1 - 0.05 / tests) + ndtri(power)) * error / (2 * np.sqrt(shares))
    ratios: Floats = np.where(root >= 0, root**2, np.nan)
    return ratios
