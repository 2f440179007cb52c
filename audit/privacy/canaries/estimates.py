"""The estimates of GA405."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...evidence.canaries.kind import COINS, Canaries
from ...finding import LEVELS, Better, Estimate, Interval, Perfect
from ...statistics.canaries.one_run import epsilon_lower_bound, one_run_p_value, right_guesses
from ...statistics.canaries.ranks import exposures, rank_p_values
from ...statistics.classifiers.detection import area
from ...statistics.intervals import BAND, ONE_SIDED_DETECTION, curve
from ...statistics.shares.binomial import clopper_pearson

DEALS = 2000
"""Of who is planted, for what the highest exposure is where nothing was learned."""


def estimated(seen: Canaries, *, delta: float, rng: np.random.Generator) -> Iterator[Estimate]:
    """What the scores say of the checkpoint, and, where coins decided, of the algorithm that trained it."""
    planted, held_out = seen.scores[seen.included], seen.scores[~seen.included]
    if min(len(planted), len(held_out)) > 1:
        yield _auc(planted, held_out)
    yield _exposure(planted, held_out, rng)
    if seen.design == COINS:
        right = right_guesses(seen.scores, seen.included, guesses=seen.guesses, rng=rng)
        yield _accuracy(right, seen)
        yield _epsilon(right, seen, delta)


def _auc(planted: NDArray[np.float64], held_out: NDArray[np.float64]) -> Estimate:
    # Of ranks, as a score may be infinite: what counts is the order alone.
    from scipy.stats import rankdata

    ranks = -rankdata(np.concatenate([planted, held_out]))
    found = area(generated=ranks[: len(planted)], reference=ranks[len(planted) :])
    error = float(np.sqrt(found.null_variance))
    return Estimate(
        name="canary_auc",
        value=found.value,
        curve=curve(found.limits),
        n=len(ranks),
        method="effective number of trials from the variance of placements; p by ranks (Mann–Whitney)",
        unit="probability",
        better=Better.LOWER,
        perfect=Perfect(0.5, max(0.5 - BAND * error, 0.0), min(0.5 + BAND * error, 1.0)),
        p_value=found.p_value(),
        minimum_detectable=min(ONE_SIDED_DETECTION * error, 0.5),
    )


def _exposure(planted: NDArray[np.float64], held_out: NDArray[np.float64], rng: np.random.Generator) -> Estimate:
    bits, p_values = exposures(planted, held_out), rank_p_values(planted, held_out)
    # Where nothing was learned, who is planted is dealt out: how many held-out ones come before the first planted one.
    # The smallest of k uniform numbers is 1 − u^(1/k), and how many others are smaller is binomial.
    first = 1 - rng.random(DEALS) ** (1 / len(planted))
    places = rng.binomial(len(held_out), first)
    dealt = np.log2(len(held_out)) - np.log2(1 + places)
    return Estimate(
        name="highest_exposure",
        value=float(bits.max()),
        curve=(),
        n=len(held_out),
        method="rank among the held-out canaries, exact; p over all planted ones (Bonferroni)",
        unit="bits",
        better=Better.LOWER,
        perfect=Perfect(*(float(np.quantile(dealt, at)) for at in (0.5, 0.025, 0.975))),
        p_value=min(1.0, len(planted) * float(p_values.min())),
        p_floor=min(1.0, len(planted) / (1 + len(held_out))),
    )


def _accuracy(right: int, seen: Canaries) -> Estimate:
    n, value = seen.guesses, right / seen.guesses
    limits = clopper_pearson(successes=right, trials=n, level=np.array(LEVELS))
    lows, highs = np.minimum(limits.low, value), np.maximum(limits.high, value)
    noise = 0.5 / np.sqrt(n)
    return Estimate(
        name="guess_accuracy",
        value=value,
        curve=tuple(Interval(*each) for each in zip(LEVELS, lows.tolist(), highs.tolist(), strict=True)),
        n=n,
        method="exact binomial (Clopper–Pearson); the number of guesses was fixed beforehand",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.5, max(0.5 - BAND * noise, 0.0), min(0.5 + BAND * noise, 1.0)),
        p_value=one_run_p_value(0.0, records=len(seen.included), guesses=n, right=right),
        minimum_detectable=min(ONE_SIDED_DETECTION * float(noise), 0.5),
    )


def _epsilon(right: int, seen: Canaries, delta: float) -> Estimate:
    known = len(seen.included), seen.guesses
    return Estimate(
        name="epsilon_lower_bound",
        value=epsilon_lower_bound(records=known[0], guesses=known[1], right=right, delta=delta),
        # It is a limit itself, so it has no interval; nothing is known of how much larger ε is.
        curve=(),
        n=seen.guesses,
        method=f"one-sided 95 % limit of one run (Steinke et al.), {right} of {known[1]} guesses right, δ = {delta:g}",
        unit="ε",
        better=Better.LOWER,
        perfect=Perfect(0.0, 0.0, 0.0),
        p_value=one_run_p_value(0.0, records=known[0], guesses=known[1], right=right, delta=delta),
    )
