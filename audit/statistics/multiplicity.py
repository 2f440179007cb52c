"""Error control for several decisions at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Step:
    """One hypothesis after Holm's procedure: decided or not, at which confidence level, with its adjusted p."""

    decided: bool
    level: float
    adjusted: float


def rejected(p_values: ArrayLike, alpha: float) -> NDArray[np.bool_]:
    """Which hypotheses Holm's procedure rejects; with probability `alpha` at most a true one is among them.

    Reference: Holm (1979), Scandinavian Journal of Statistics 6, 65–70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] <= alpha / np.arange(len(p), 0, -1)
    flags = np.zeros(len(p), dtype=bool)
    flags[order] = np.logical_and.accumulate(steps)
    return flags


def holm(p_values: Sequence[float], *, alpha: float) -> list[Step]:
    """Holm's step-down procedure, in the order of the input.

    `level` is 1 − α/(m − i) at the step i where the hypothesis was decided; those left open share the level of the step
    that stopped the procedure, so that an interval at `level` always agrees with the decision.

    Reference: Holm (1979), Scandinavian Journal of Statistics 6, 65–70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    decided, order = rejected(p, alpha), np.argsort(p, kind="stable")
    remaining = np.arange(len(p), 0, -1)
    adjusted, at = np.empty(len(p)), np.empty(len(p), dtype=np.int64)
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, remaining * p[order]))
    at[order] = np.minimum(np.arange(len(p)), decided.sum())
    return [
        Step(bool(one), float(1 - alpha / remaining[step]), float(each))
        for one, step, each in zip(decided, at, adjusted, strict=True)
    ]


def false_discovery(p_values: ArrayLike, *, dependent: bool) -> NDArray[np.float64]:
    """Adjusted p-values, (m,), that bound the expected share of false ones among those called at most α by α.

    Args:
        p_values: (m,), valid each for itself.
        dependent: False where they are independent or rise together (Benjamini–Hochberg); True for any dependence
            (Benjamini–Yekutieli), which costs a factor of about ln m + 0.58.

    Reference: Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
    doi:10.1214/aos/1013699998.
    """
    from scipy.stats import false_discovery_control

    p = np.asarray(p_values, dtype=np.float64)
    if not p.size:
        return p
    adjusted: NDArray[np.float64] = false_discovery_control(p, method="by" if dependent else "bh")
    return adjusted


@dataclass(frozen=True, slots=True, eq=False)
class MaxT:
    """Correlated statistics, judged against the largest of their noises.

    Args:
        adjusted: (m,), p-values: with probability α at most any true hypothesis has one of at most α.
        largest: (B,), ascending, the largest absolute value of each draw.
    """

    adjusted: NDArray[np.float64]
    largest: NDArray[np.float64]

    def critical(self, level: float) -> float:
        """How many standard errors each interval must reach to hold all at once at this level.

        Raises:
            ValueError: if there are too few draws to tell.
        """
        at = int(np.ceil(level * (len(self.largest) + 1) - 1e-9)) - 1
        if at >= len(self.largest):
            raise ValueError(f"expected at least {int(np.ceil(level / (1 - level)))} draws for {level}, got {at}")
        return float(self.largest[at])


def max_t(statistics: ArrayLike, draws: ArrayLike) -> MaxT:
    """Step-down p-values and simultaneous critical values from draws of all statistics together.

    The draws keep the statistics' dependence, so that what says the same twice is paid for once. Permutations under the
    null make the p-values exact up to the draws; a bootstrap's must be centred and studentised as the statistics are.

    Args:
        statistics: (m,), larger in absolute value where more is amiss; of comparable scale.
        draws: (B, m), of their noise.

    Raises:
        ValueError: if shapes do not match or a number is not finite.

    Reference: Westfall & Young 1993, Resampling-based multiple testing, algorithm 2.8; Phipson & Smyth 2010,
    doi:10.2202/1544-6115.1585 (one is added to both counts).
    """
    seen, noise = np.abs(np.asarray(statistics, dtype=np.float64)), np.abs(np.asarray(draws, dtype=np.float64))
    if noise.ndim != 2 or noise.shape[1:] != seen.shape or not noise.size:
        raise ValueError(f"expected (m,) statistics and (B, m) draws of them, got {seen.shape} and {noise.shape}")
    if not (np.isfinite(seen).all() and np.isfinite(noise).all()):
        raise ValueError("expected finite statistics and draws; leave out what cannot be studentised")
    order = np.argsort(-seen, kind="stable")
    # The k-th largest competes only with those not larger than itself: the ones before it are decided already.
    rest = np.maximum.accumulate(noise[:, order[::-1]], axis=1)[:, ::-1]
    beyond = (1 + (rest >= seen[order] * (1 - 1e-12)).sum(axis=0)) / (1 + len(noise))
    adjusted = np.empty(len(seen))
    adjusted[order] = np.maximum.accumulate(beyond)
    return MaxT(adjusted, np.sort(noise.max(axis=1)))


def equivalence_p(value: float, *, error: float, low: float, high: float, freedom: float = float("inf")) -> float:
    """P-value of the quantity lying outside [low, high], by two one-sided tests; small where it is shown to lie inside.

    At α it decides as the interval of level 1 − 2 α does by lying inside.

    Args:
        value: the estimate.
        error: its standard error, above 0.
        low: lower end of what counts as equal.
        high: its upper end.
        freedom: degrees of freedom of the error; infinite where it is known.

    Raises:
        ValueError: if the range is empty or the error not positive.

    Reference: Schuirmann 1987, doi:10.1007/BF01068419.
    """
    from scipy.special import ndtr, stdtr

    if not (low < high and error > 0):
        raise ValueError(f"expected low < high and a positive error, got [{low}, {high}] and {error}")
    worst = max((low - value) / error, (value - high) / error)
    return float(ndtr(worst) if np.isinf(freedom) else stdtr(freedom, worst))
