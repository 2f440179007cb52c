"""Whether several estimates of one quantity have one truth, and how far their truths lie apart if not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Several estimates held together.

    Args:
        p_value: of one truth behind all; small where they differ by more than their errors explain.
        spread: standard deviation between the truths, in the unit of the values; 0 where their errors explain all.
    """

    p_value: float
    spread: float


def heterogeneity(values: Sequence[float], errors: Sequence[float]) -> Heterogeneity | None:
    """Cochran's Q and the spread that it leaves; None with fewer than two values of a known, positive error.

    Errors are taken as independent. What several estimates share (the same real data) moves them alike and makes Q
    smaller, so a small p stays small.

    Args:
        values: (k,).
        errors: (k,), their standard errors.

    Reference: Cochran 1954, doi:10.2307/3001666; DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2.
    """
    from scipy.special import gammaincc

    value, error = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    known = np.isfinite(value) & np.isfinite(error) & (error > 0)
    value, weight = value[known], 1 / error[known] ** 2
    freedom = len(value) - 1
    if freedom < 1:
        return None
    middle = (weight * value).sum() / weight.sum()
    q = float((weight * (value - middle) ** 2).sum())
    between = max(0.0, q - freedom) / (weight.sum() - (weight**2).sum() / weight.sum())
    return Heterogeneity(float(gammaincc(freedom / 2, q / 2)), float(np.sqrt(between)))
