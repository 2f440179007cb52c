"""Whether a map of attributions can be trusted: each check on its own, from what was collected beside the map.

Numbers of effect, drop and error are in the unit of the readout; maps are (n, P), n records over P parts.

Reference: Adebayo et al. 2018, arXiv:1810.03292; Binder et al. 2023, arXiv:2211.12486 (why random weights alone prove
nothing); DeYoung et al. 2020, arXiv:1911.03429; Samek et al. 2017, doi:10.1109/TNNLS.2016.2599820.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .decisions import ERROR, Check, Decision, Floats, above, below, limits_of

Ints = NDArray[np.int64]

EXCESS = 0.10
"""By how much a map may be more like those of random copies than these are like each other."""

SAME = 0.9
"""Of the likeness of two runs: a map that is as like those of random copies does not depend on what was learned."""

WELL = 0.9
"""Of ten records a useful map beats random orders in nine."""

AGREEING = 0.6
"""Of what the second method attributes at most to as many parts, the share that lies in the map's leading parts.

Random maps, copies of the input and maps of other models have 0.53 at most, exact ones 1, and those of decoders that
bend, where no two methods say the same, 0.75 at least (`benchmarks/map_checks.py`).
"""

STEADY = 0.5
"""The largest relative change of a map that a small change of the record may make."""


def integrity(violations: int) -> Check:
    """Passes if nothing broke while the map was made."""
    decision = Decision.FAIL if violations else Decision.PASS
    return Check("integrity", decision, float(violations), float(violations), float(violations), "nothing broke")


def effect(effects: Floats, clusters: Ints, material: float) -> Check:
    """Whether there is anything to explain: passes if the mean size of the effect is surely above what is material."""
    limits = limits_of(np.abs(effects), clusters)
    return above("effect", limits, passing=material, failing=material, rule=f"above {material:.2g}")


def completeness(error: Floats, tolerance: Floats) -> Check:
    """Passes if every map adds up to its effect; exact, and not asked of methods that need not."""
    if not len(error):
        return Check("completeness", Decision.NOT_ASKED, 0.0, 0.0, 0.0, "adds up")
    relative = float(np.max(error / np.maximum(tolerance, np.finfo(float).tiny)))
    # Written so that an error that is not a number fails.
    decision = Decision.PASS if relative <= 1 else Decision.FAIL
    return Check("completeness", decision, relative, relative, relative, "every error within its tolerance")


def deletion(drops: Floats, random: Floats, clusters: Ints) -> Check:
    """Passes if taking out the leading parts drops the readout faster than in random order, record by record.

    The rank of a map's drop among those of R random orders is uniform for a map that knows nothing. Counted are the
    sampling units whose mean rank is above the middle; limits are exact (Clopper–Pearson).

    Args:
        drops: (n,), of the map's order.
        random: (n, R), of random ones.
        clusters: (n,).
    """
    from scipy.stats import beta

    ranks = (random < drops[:, None]).mean(axis=1) + 0.5 * (random == drops[:, None]).mean(axis=1) - 0.5
    sums = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=ranks)
    decided = sums[sums != 0]
    wins, n = int((decided > 0).sum()), len(decided)
    rule = "the leading parts matter more than random ones in more than half of the records"
    if n == 0:
        return Check("deletion", Decision.OPEN, 0.5, 0.0, 1.0, rule)

    def low(alpha: float) -> float:
        return float(beta.ppf(alpha, wins, n - wins + 1)) if wins else 0.0

    def high(alpha: float) -> float:
        return float(beta.ppf(1 - alpha, wins + 1, n - wins)) if wins < n else 1.0

    decision = Decision.OPEN
    if low(ERROR) > 0.5:
        decision = Decision.PASS
    elif high(ERROR) < WELL:
        decision = Decision.FAIL
    return Check("deletion", decision, wins / n, low(ERROR / 2), high(ERROR / 2), rule)


def both_ends(drops: Floats, reversed_drops: Floats, clusters: Ints) -> Check:
    """Passes if the leading parts drop the readout more than the trailing ones do."""
    limits = limits_of(drops - reversed_drops, clusters)
    return above("both ends", limits, passing=0.0, failing=0.0, rule="leading parts drop it more than trailing ones")


def comprehensiveness(taken: Floats, random: Floats, clusters: Ints) -> Check:
    """Passes if the readout drops more without the leading parts than without as many random ones; (n, F) each."""
    limits = limits_of((taken - random).mean(axis=1), clusters)
    return above("comprehensiveness", limits, passing=0.0, failing=0.0, rule="more is lost than without random parts")


def sufficiency(kept: Floats, random: Floats, clusters: Ints) -> Check:
    """Passes if the readout drops less with the leading parts alone than with as many random ones; (n, F) each."""
    limits = limits_of((random - kept).mean(axis=1), clusters)
    return above("sufficiency", limits, passing=0.0, failing=0.0, rule="more is left than with random parts alone")


def random_weights(retrained: Floats, between: Floats, repeated: Floats, clusters: Ints) -> Check:
    """Passes if the map depends on what the model learned, by two rules.

    (1) It is not more like the maps of copies with random weights than these are like each other, up to `EXCESS`:
    what finds edges whatever the weights fails. (2) It is less like them than a second run is like itself, by the
    factor `SAME`: what copies the input fails. Limits take in records and copies, these by the jackknife.

    Args:
        retrained: (R, n), likeness to the map of each copy.
        between: (R (R − 1) / 2, n), likeness of the maps of copies i > j, in the order (1,0), (2,0), (2,1), ….
        repeated: (n,), likeness of two runs.
        clusters: (n,).

    Returns:
        the check; its value is the excess of (1).
    """
    rule = f"at most {EXCESS:g} more like maps of random copies than they are like each other, and unlike them"
    copies = len(retrained)
    if copies < 3:
        return Check("random weights", Decision.NOT_ASKED, 0.0, 0.0, 0.0, rule)
    excess = retrained.mean(axis=0) - between.mean(axis=0)
    pairs = np.array([(i, j) for i in range(copies) for j in range(i)])
    without = [(pairs != each).all(axis=1) for each in range(copies)]
    left_out = np.array(
        [np.delete(retrained, each, axis=0).mean() - between[kept].mean() for each, kept in enumerate(without)]
    )
    more = _jackknife(left_out)
    first = below("", limits_of(excess, clusters, more=more, freedom=copies - 1), passing=EXCESS, rule="")
    level = retrained.mean(axis=0) - SAME * repeated
    more = _jackknife(np.array([np.delete(retrained, each, axis=0).mean() for each in range(copies)]))
    second = below("", limits_of(level, clusters, more=more, freedom=copies - 1), passing=0.0, rule="")
    return Check("random weights", worst(first.decision, second.decision), first.value, first.low, first.high, rule)


def agreement(values: Floats, others: Floats, clusters: Ints) -> Check:
    """Passes if a second family of methods puts its weight where the map does.

    Of the absolute weight that the other map has in its own leading fifth of the parts, at least one, the share that
    lies in the leading fifth of this one: the same leading parts give 1, whatever noise orders the rest.
    """
    rule = f"at least {AGREEING:g} of the weight that a second method gives to as many parts"
    if not others.size:
        return Check("agreement", Decision.NOT_ASKED, 0.0, 0.0, 0.0, rule)
    most = math.ceil(values.shape[1] / 5)
    sizes = np.abs(others)
    leading = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :most]
    best = np.sort(sizes, axis=1)[:, -most:].sum(axis=1)
    there = np.take_along_axis(sizes, leading, axis=1).sum(axis=1)
    shares = np.divide(there, best, out=np.zeros(len(best)), where=best > 0)
    return above("agreement", limits_of(shares, clusters), passing=AGREEING, failing=AGREEING, rule=rule)


def stability(moved: Floats, unmoved: Floats, clusters: Ints) -> Check:
    """Passes if the map of a record that is changed a little stays as it is, beyond the noise of a second run."""
    rule = f"changes by at most {STEADY:g} of itself"
    if not len(moved):
        return Check("stability", Decision.NOT_ASKED, 0.0, 0.0, 0.0, rule)
    return below("stability", limits_of(moved - unmoved, clusters), passing=STEADY, rule=rule)


def worst(*decisions: Decision) -> Decision:
    """Of several decisions that must all pass: a failure, else one that is open, else a pass."""
    asked = [each for each in decisions if each is not Decision.NOT_ASKED]
    for each in (Decision.FAIL, Decision.OPEN):
        if each in asked:
            return each
    return Decision.PASS if asked else Decision.NOT_ASKED


def _jackknife(left_out: Floats) -> float:
    """The standard error of a mean from its values with one of R left out each time."""
    count = len(left_out)
    return float(np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum()))
