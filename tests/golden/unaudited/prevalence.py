"""The share of one group among samples that a fallible classifier looked at."""

import math
from typing import NamedTuple

from genai_audit.audit.statistics.shares.binomial import normal_quantile


class Prevalence(NamedTuple):
    """A share in [0, 1] with its interval."""

    value: float
    low: float
    high: float


def rogan_gladen(*, apparent: float, sensitivity: float, specificity: float) -> float:
    """The true share behind the share that a classifier reports, in [0, 1].

    (apparent + specificity − 1) / (sensitivity + specificity − 1), cut off at 0 and 1. It is consistent as long as the
    classifier errs on these samples as often as on those where its errors were counted.

    Raises:
        ValueError: if the classifier is no better than chance.

    Reference: Rogan and Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510.
    """
    return min(1.0, max(0.0, (apparent + specificity - 1) / _youden(sensitivity, specificity)))


def variance_inflation(*, sensitivity: float, specificity: float) -> float:
    """How many times the variance of a share grows when it is corrected for known error rates, at least 1.

    Raises:
        ValueError: if the classifier is no better than chance.
    """
    return _youden(sensitivity, specificity) ** -2


def lang_reiczigel(
    *,
    apparent: float,
    n: int,
    sensitivity: float,
    n_sensitivity: int,
    specificity: float,
    n_specificity: int,
    level: float = 0.95,
) -> Prevalence:
    """A share corrected for a classifier whose error rates were themselves estimated, in [0, 1].

    Every observed share first receives a few successes and failures, as in the interval of Agresti and Coull, and the
    centre is moved to where the curvature of the correction would otherwise put it wrong.

    Args:
        apparent: share of n samples that the classifier reports.
        n: samples classified.
        sensitivity: share of `n_sensitivity` members that the classifier recognised.
        n_sensitivity: members on which that was counted.
        specificity: share of `n_specificity` others that the classifier recognised as such.
        n_specificity: others on which that was counted.
        level: confidence level.

    Raises:
        ValueError: if the classifier is no better than chance.

    Reference: Lang and Reiczigel 2014, doi:10.1016/j.prevetmed.2013.09.015.
    """
    z = normal_quantile(level)
    apparent_ = (n * apparent + z**2 / 2) / (n + z**2)
    se = (n_sensitivity * sensitivity + 1) / (n_sensitivity + 2)
    sp = (n_specificity * specificity + 1) / (n_specificity + 2)
    youden = _youden(se, sp)
    share = (apparent_ + sp - 1) / youden
    variance_se = se * (1 - se) / (n_sensitivity + 2)
    variance_sp = sp * (1 - sp) / (n_specificity + 2)
    shift = 2 * z**2 * (share * variance_se - (1 - share) * variance_sp)
    variance = apparent_ * (1 - apparent_) / (n + z**2) + share**2 * variance_se + (1 - share) ** 2 * variance_sp
    half = z * math.sqrt(variance) / youden
    low, high = (min(1.0, max(0.0, share + shift + side * half)) for side in (-1, 1))
    value = rogan_gladen(apparent=apparent, sensitivity=sensitivity, specificity=specificity)
    return Prevalence(value, low, high)


def _youden(sensitivity: float, specificity: float) -> float:
    youden = sensitivity + specificity - 1
    if youden <= 0:
        raise ValueError(
            f"expected a classifier better than chance (sensitivity + specificity > 1), got {sensitivity} + "
            f"{specificity}: no share can be recovered from it; use a better classifier"
        )
    return youden
