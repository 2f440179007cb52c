"""A lower bound of the privacy loss ε of a training algorithm from one trained model.

Records were put into the training data each by a coin of its own. An auditor who sees the model guesses of some of them
whether they are in. If the algorithm is (ε, δ)-differentially private, the number of right guesses is, but for δ,
no larger than that of as many coins that fall right with probability e^ε / (1 + e^ε). The number of guesses must be
fixed before the scores are seen: the largest bound over many numbers is above 0 for models that leak nothing.

Reference: Steinke, Nasr and Jagielski 2023, Privacy auditing with one (1) training run, arXiv:2305.08846.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LARGEST = 60.0
"""No bound is above it: the chance of a wrong guess would be below what a float can tell."""


def right_guesses(scores: Floats, included: Flags, *, guesses: int, rng: np.random.Generator) -> int:
    """How many guesses are right: half of them *in*, of the lowest scores, and half *out*, of the highest.

    Args:
        scores: (m,), lower where the model finds a record more likely.
        included: (m,), whether the coin put the record into the training data.
        guesses: r, fixed beforehand; one half each way, the odd one *in*.
        rng: breaks ties.

    Raises:
        ValueError: if there are more guesses than records, or none.
    """
    if not 1 <= guesses <= len(scores):
        raise ValueError(f"expected 1 to {len(scores)} guesses, got {guesses}")
    order = np.lexsort([rng.permutation(len(scores)), scores])
    outs = guesses // 2
    ins = guesses - outs
    return int(included[order[:ins]].sum() + (~included[order[len(order) - outs :]]).sum())


def one_run_p_value(epsilon: float, *, records: int, guesses: int, right: int, delta: float = 0.0) -> float:
    """The chance of so many right guesses, or more, at most, if the algorithm is (ε, δ)-differentially private.

    Args:
        epsilon: at least 0.
        records: m, that coins decided on.
        guesses: r of them.
        right: v of these.
        delta: at least 0.

    Raises:
        ValueError: unless 0 ≤ right ≤ guesses ≤ records.
    """
    from scipy.special import bdtrc, gammaln

    if not 0 <= right <= guesses <= records or guesses < 1:
        raise ValueError(f"expected right <= guesses <= records, got {right}, {guesses} and {records}")
    share = 1 / (1 + np.exp(-epsilon))
    tail = 1.0 if right == 0 else float(bdtrc(right - 1, guesses, share))
    if delta == 0 or right == 0:
        return min(tail, 1.0)
    # How many of the i cases closest below `right` a share δ of the records can add, in the least favourable way.
    steps = np.arange(1, right + 1)
    counts = right - steps
    with np.errstate(divide="ignore"):
        logs = gammaln(guesses + 1) - gammaln(counts + 1) - gammaln(guesses - counts + 1)
        logs = logs + counts * np.log(share) + (guesses - counts) * np.log1p(-share)
    added = float((np.cumsum(np.exp(logs)) / steps).max())
    return min(tail + 2 * records * delta * added, 1.0)


def epsilon_lower_bound(*, records: int, guesses: int, right: int, delta: float = 0.0, level: float = 0.95) -> float:
    """The largest ε that so many right guesses rule out, a one-sided limit at `level`; 0 if they rule out none.

    Valid if the number of guesses was fixed before scores were seen, and every record was included by a fair coin of
    its own.

    Raises:
        ValueError: as `one_run_p_value`.
    """

    def ruled_out(epsilon: float) -> bool:
        p_value = one_run_p_value(epsilon, records=records, guesses=guesses, right=right, delta=delta)
        return p_value <= 1 - level

    low, high = 0.0, LARGEST
    if not ruled_out(low):
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ruled_out(middle) else (low, middle)
    return low
