"""The estimates of GA407."""

from collections.abc import Iterator

import numpy as np

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.disclosure.excess import Excess
from ...statistics.intervals import BAND, ONE_SIDED_DETECTION, curve
from .attack import LEARNER, NEAREST, Attacked

UNIT = "share difference"

NAMES = {NEAREST: "inference_excess", LEARNER: "learned_inference_excess"}
"""The estimate of each attack."""


def estimated(found: Attacked, shown: int) -> Iterator[Estimate]:
    """The largest excess over all columns and attacks, and that of the columns that stand out most, by each attack."""
    yield _worst(found)
    for attack, name in NAMES.items():
        for at in [at for at in ranked(found) if found.attacks[at] == attack][:shown]:
            yield _each(found, int(at), name)


def ranked(found: Attacked) -> np.ndarray:
    """The guesses, those first that stand out most: a large excess of few people is no more than noise."""
    return np.lexsort([[-each.value for each in found.excesses], [each.p_value for each in found.excesses]])


def _worst(found: Attacked) -> Estimate:
    excesses = found.excesses

    def limits(level: float) -> Interval:
        # The largest is at least each of them, for all lower limits together; and whichever it is, its own upper limit
        # holds without a correction (Berger 1982).
        together = 1 - (1 - level) / len(excesses)
        low = max(each.limits(together).low for each in excesses)
        return Interval(level, low, max(each.limits(level).high for each in excesses))

    at = int(np.argmax([each.value for each in excesses]))
    dealt = found.joint.largest
    low, middle, high = (float(each) for each in np.quantile(dealt, (0.025, 0.5, 0.975)))
    return Estimate(
        name="worst_inference_excess",
        value=excesses[at].value,
        curve=curve(limits),
        n=2 * excesses[at].people,
        method=f"score limits of a ratio of misses, largest of {len(excesses)} guesses (Bonferroni below); p by "
        "dealing out people",
        unit=UNIT,
        better=Better.LOWER,
        perfect=Perfect(middle, low, high),
        p_value=float(found.joint.tested.adjusted.min()),
        minimum_detectable=_detectable(excesses[at], high),
        p_floor=1 / (1 + len(dealt)),
    )


def _detectable(excess: Excess, alarm: float) -> float:
    """What is above the noise's own largest in four of five runs."""
    return alarm + (ONE_SIDED_DETECTION - BAND) * excess.null_error if excess.null_error > 0 else 1 / excess.people


def _each(found: Attacked, at: int, name: str) -> Estimate:
    excess = found.excesses[at]
    error = excess.null_error
    return Estimate(
        name=name,
        value=excess.value,
        curve=curve(excess.limits),
        n=2 * excess.people,
        method="score limits of a ratio of misses (Miettinen–Nurminen); p exact (Fisher)",
        unit=UNIT,
        better=Better.LOWER,
        group=found.secrets[at].name,
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        p_value=excess.p_value,
        p_adjusted=float(found.joint.tested.adjusted[at]),
        minimum_detectable=ONE_SIDED_DETECTION * error if error > 0 else 1 / excess.people,
    )
