"""The estimates of GA406."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ...evidence.identifiers.patterns import NAME
from ...finding import LEVELS, Better, Estimate, Interval, Perfect
from ...statistics.disclosure.repeated import Excess
from ...statistics.intervals import BAND, DETECTION, curve, nested
from ...statistics.shares.binomial import clopper_pearson
from .counts import Counted


def estimated(counts: Sequence[Counted], drawn: int) -> Iterator[Estimate]:
    """Of all kinds but names together, and of each kind that the training data have."""
    for each in counts:
        if each.kind is not None and not each.present:
            continue
        if each.kind == NAME:
            if each.excess is not None:
                yield _excess("names_excess", each.excess, None)
            continue
        yield _reproduced(each, drawn)
        yield _beyond_chance(each, drawn)


def _reproduced(each: Counted, drawn: int) -> Estimate:
    value = each.reproduced / drawn
    perfect = None if each.excess is None else by_chance(each.excess)
    return Estimate(
        name="identifiers_reproduced",
        value=value,
        curve=_shares(each.reproduced, drawn) if each.present else (),
        n=drawn,
        method="exact binomial (Clopper–Pearson)" if each.present else "the training data have none to repeat",
        unit="share",
        better=Better.LOWER,
        group=each.kind,
        perfect=perfect,
        minimum_detectable=1 - 0.2 ** (1 / drawn),
        from_draws=1.0,
    )


def _beyond_chance(each: Counted, drawn: int) -> Estimate:
    if each.excess is not None:
        return _excess("identifiers_excess", each.excess, each.kind)
    # Nothing says how much of it is chance: from none to all of it.
    value = each.reproduced / drawn
    shares = _shares(each.reproduced, drawn)
    return Estimate(
        name="identifiers_excess",
        value=value,
        curve=tuple(Interval(one.level, 0.0, one.high) for one in shares) if each.present else (),
        n=drawn,
        method="what is repeated at most, as no held-out record says how much is chance"
        if each.present
        else "the training data have none to repeat",
        unit="share difference",
        better=Better.LOWER,
        group=each.kind,
        perfect=Perfect(0.0, 0.0, 0.0),
        minimum_detectable=1 - 0.2 ** (1 / drawn),
    )


def _excess(name: str, excess: Excess, group: str | None) -> Estimate:
    error = math.sqrt(excess.training.variance + excess.ratio**2 * excess.holdout.variance)
    noise = by_chance(excess).high - excess.chance
    return Estimate(
        name=name,
        value=excess.value,
        curve=curve(excess.limits),
        n=excess.drawn,
        method="difference of two counts of clusters (Donner–Zou); p exact, over real records (Fisher)",
        unit="share difference",
        better=Better.LOWER,
        group=group,
        perfect=Perfect(0.0, -noise, noise),
        p_value=excess.p_value,
        minimum_detectable=max(DETECTION * error, 1 - 0.2 ** (1 / excess.drawn)),
    )


def by_chance(excess: Excess) -> Perfect:
    """What is repeated by chance, by what is repeated of held-out records, both counted with their noise."""
    chance = excess.chance
    error = math.sqrt(excess.ratio**2 * excess.holdout.variance + chance / excess.drawn)
    return Perfect(chance, max(chance - BAND * error, 0.0), min(chance + BAND * error, 1.0))


def _shares(count: int, drawn: int) -> tuple[Interval, ...]:
    limits = clopper_pearson(successes=count, trials=drawn, level=np.array(LEVELS))
    return nested(low=np.minimum(limits.low, count / drawn), high=np.maximum(limits.high, count / drawn))
