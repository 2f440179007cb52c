"""One run of a game: a member and a non-member are paired at random, and the score guesses which is the member.

Under any uniformly random split into sets of fixed sizes, the two records of a random pair may be exchanged without
changing anything a model knows that ignores the split. So every guess is right with chance one half, independently of
the others, and the number of right ones is binomial: a p-value about the training algorithm, not about this one model's
records. What a rate of right guesses bounds beyond that (ε) needs inclusion by fair coins, and is not claimed here.

Reference: Steinke, Nasr & Jagielski 2023, arXiv:2305.08846 (auditing in one run).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Guesses(NamedTuple):
    """How many pairs were guessed, and how many rightly; `p_value` is that of guesses which know nothing."""

    right: int
    made: int
    p_value: float


def guess_pairs(*, members: ArrayLike, others: ArrayLike, rng: np.random.Generator) -> Guesses:
    """Guess the member of every pair; pairs of equal scores are passed over.

    Args:
        members: (m,), scores of records that the model learned from; of more than n, a random part is paired.
        others: (n,), scores of records that it never saw, likewise.
        rng: draws the pairs.
    """
    from scipy.stats import binom

    ours, theirs = np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64)
    pairs = min(len(ours), len(theirs))
    first, second = rng.permutation(ours)[:pairs], rng.permutation(theirs)[:pairs]
    right, wrong = int((first > second).sum()), int((first < second).sum())
    made = right + wrong
    return Guesses(right, made, float(binom.sf(right - 1, made, 0.5)) if made else 1.0)
