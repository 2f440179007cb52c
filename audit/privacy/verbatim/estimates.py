"""The estimates of GA404."""

import math
from collections.abc import Iterator

import numpy as np

from ...evidence.reproductions.kind import Reproductions
from ...finding import LEVELS, NOMINAL, Better, Estimate, Interval, Perfect
from ...statistics.intervals import BAND, DETECTION, ONE_SIDED_DETECTION, Limits, curve, nested
from ...statistics.reproduction.chance import Excess, apart
from ...statistics.shares.binomial import clopper_pearson, hypergeometric_cdf
from .measure import Covered, Extracted, Measured, quantile_ends

LONG = 0.95
"""The quantile of the longest runs that is told."""

_EXACT = "Clopper–Pearson given the bar, which {null} sets"
_APART = "exact test of ranks (beta-binomial); interval from the limits of both shares"
_ENDED = "Fisher's exact test; interval from the limits of both shares"


def all_estimates(found: Measured, evidence: Reproductions, *, more_draws_help: bool) -> Iterator[Estimate]:
    """Everything that was measured, in the order of the facts."""
    helped = 1.0 if more_draws_help else 0.0
    yield from _both("", found.verbatim, evidence.null, helped)
    yield from _both("near_", found.near, evidence.null, helped)
    if evidence.runs is not None:
        yield from _long_run(evidence, helped)
    if found.covered is not None:
        yield _reproduced(found.covered, len(evidence.rows), helped)
    if found.extracted is not None:
        yield from _extracted(found.extracted)


def _both(prefix: str, found: Excess, null: str, helped: float) -> Iterator[Estimate]:
    low, high = found.band
    yield Estimate(
        name=f"{prefix}reproduction_rate",
        value=found.rate,
        curve=curve(found.rate_limits),
        n=found.n,
        method=_EXACT.format(null="the holdout" if null == "holdout" else "a part of the reference"),
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(found.chance, min(low, found.chance), max(high, found.chance)),
        p_value=found.p_value,
        minimum_detectable=found.smallest,
        from_draws=helped,
    )
    yield Estimate(
        name=f"{prefix}reproduction_excess",
        value=found.value,
        curve=curve(found.limits),
        n=min(found.n, found.bar.null),
        method=_ENDED if found.bar.reached else _APART,
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(0.0, min(low - found.chance, 0.0), max(high - found.chance, 0.0)),
        p_value=found.p_value,
        minimum_detectable=found.smallest,
        from_draws=helped * found.from_draws,
    )


def _long_run(evidence: Reproductions, helped: float) -> Iterator[Estimate]:
    made, null = evidence.verbatim.generated, evidence.verbatim.null
    ends = [quantile_ends(made, LONG, level) for level in LEVELS]
    known = [each for each in ends if each is not None]
    usual = quantile_ends(null, LONG, NOMINAL)
    value = float(np.quantile(made, LONG, method="inverted_cdf"))
    if len(known) <= LEVELS.index(NOMINAL):
        return
    perfect = float(np.quantile(null, LONG, method="inverted_cdf"))
    yield Estimate(
        name="long_run",
        value=value,
        curve=nested(
            low=np.minimum([low for low, _ in known], value),
            high=np.maximum([high for _, high in known], value),
            levels=LEVELS[: len(known)],
        ),
        n=len(made),
        method="exact limits of the 95 % quantile from the order of the runs",
        unit=evidence.verbatim.unit,
        better=Better.NEITHER,
        perfect=None if usual is None else Perfect(perfect, *usual),
        from_draws=helped,
    )


def _reproduced(found: Covered, n: int, helped: float) -> Estimate:
    own, null = found.generated, found.null
    # Of a perfect generator, both shares scatter as that of the null does, scaled to the number of generated records.
    # With half a token more on either side, so that no share is certain.
    trials = max(null.effective, 1.0)
    near = (null.value * trials + 0.5) / (trials + 1)
    spread = math.sqrt(near * (1 - near) / trials * ((null.freedom + 1) / n + 1))
    return Estimate(
        name="reproduced_share",
        value=own.value,
        curve=curve(own.limits),
        n=n,
        method="a ratio of sums over records, by linearisation",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(null.value, max(0.0, null.value - BAND * spread), min(1.0, null.value + BAND * spread)),
        minimum_detectable=DETECTION * spread,
        from_draws=helped,
    )


def _extracted(found: Extracted) -> Iterator[Estimate]:
    share, held = found.found / found.asked, found.null_found / max(found.null_asked, 1)
    compared = found.null_asked > 0
    pooled = (found.found + found.null_found + 0.5) / (found.asked + found.null_asked + 1)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / found.asked + 1 / max(found.null_asked, 1)))
    own = _counted(found.found, found.asked)
    yield Estimate(
        name="extractable_share",
        value=share,
        curve=curve(own),
        n=found.asked,
        method="Clopper–Pearson over training records at random",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(held, max(0.0, held - BAND * spread), min(1.0, held + BAND * spread)) if compared else None,
        p_value=_fisher(found) if compared else None,
        minimum_detectable=ONE_SIDED_DETECTION * spread if compared else None,
        from_draws=0.0,
    )
    if compared:
        yield Estimate(
            name="extraction_excess",
            value=share - held,
            curve=curve(apart(share, own, held, _counted(found.null_found, found.null_asked))),
            n=min(found.asked, found.null_asked),
            method=_ENDED,
            unit="share difference",
            better=Better.LOWER,
            perfect=Perfect(0.0, -BAND * spread, BAND * spread),
            p_value=_fisher(found),
            minimum_detectable=ONE_SIDED_DETECTION * spread,
            from_draws=0.0,
        )


def _counted(successes: int, trials: int) -> Limits:
    """Exact limits of a share that was counted."""

    def limits(level: float) -> Interval:
        ends, share = clopper_pearson(successes=successes, trials=trials, level=level), successes / trials
        return Interval(level, min(float(ends.low), share), max(float(ends.high), share))

    return limits


def _fisher(found: Extracted) -> float:
    """That as many of all that come out would be training records by chance; one-sided."""
    total = found.found + found.null_found
    if not found.found:
        return 1.0
    below = hypergeometric_cdf(total, found.asked, found.null_asked)[found.found - 1]
    return float(min(1.0, max(0.0, 1 - below)))
