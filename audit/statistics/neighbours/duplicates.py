"""Exact copies in a sample, and what they say about how many different records a distribution can give."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_SQUARED = (0.0, 0.0, 2.0, -4.0, 3.0, -0.7)
"""Weights of kinds seen 0, 1, … 5 times; the unbiased ones, (−1)^c c (c − 1), would let one count decide."""


class Duplicates(NamedTuple):
    """The share of records that have an exact copy in their own sample, with its variance over fresh samples."""

    share: float
    variance: float


def duplicate_share(codes: Indices) -> Duplicates:
    """How many records of a sample occur more than once in it.

    The variance is that of n records drawn independently from a distribution of many kinds. With S the records that
    occur once, it is Var S for Poisson counts less Cov(S, n)² / n, because n is fixed. From the numbers N_c of kinds
    seen c times, Cov(S, n) = Σ μ (1 − μ) e^{−μ} is N₁ − 2 N₂ without bias, and Var S = Σ (q − q²) with q = μ e^{−μ} is
    N₁ less `_SQUARED` · N, whose mean is within 0.04 of q² for every μ.

    Args:
        codes: (n,), equal for equal records.
    """
    n = len(codes)
    seen = np.bincount(np.unique(codes, return_counts=True)[1], minlength=len(_SQUARED))
    bound = float(seen[1] - 2 * seen[2])
    varied = float(seen[1] - (np.array(_SQUARED) * seen[: len(_SQUARED)]).sum())
    return Duplicates(float(1 - seen[1] / n), max(0.0, varied - bound**2 / n) / n**2)


def collision_support(codes: Indices) -> float:
    """How many equally frequent kinds would give as many equal pairs: pairs over equal pairs; infinite without any.

    It estimates 1 / Σ p² and is the effective number of order 2; the number of kinds is at least that.

    Reference: Arora & Zhang 2017, arXiv:1706.08224.
    """
    counts = np.unique(codes, return_counts=True)[1].astype(np.float64)
    equal = float((counts * (counts - 1)).sum() / 2)
    n = len(codes)
    return n * (n - 1) / 2 / equal if equal else math.inf


def birthday_size(kinds: float, *, chance: float = 0.5) -> float:
    """Records at which a distribution of so many equally frequent kinds shows a first copy with that chance, about."""
    return math.sqrt(2 * kinds * math.log(1 / (1 - chance)))
