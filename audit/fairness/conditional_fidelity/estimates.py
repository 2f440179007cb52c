"""The estimates of GA104."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Better, Estimate, Interval, Perfect
from ...statistics.intervals import BAND, DETECTION, POWER, curve, nested, p_value
from ...statistics.shares.binomial import Limits, normal_quantile
from ...statistics.shares.confusion import corrected_shares, error_rates, share_covariance, softened_rates
from ...statistics.shares.ratios import worst_ratio_limits
from ...statistics.shares.requested import made_shares
from ...statistics.shares.total_variation import total_variation, total_variation_limits
from .answers import Answers, even

Floats = NDArray[np.float64]

ERROR = 0.05
"""Level of the tests for which the smallest departure is given."""

DRAWN = 1_000
"""Simulated even requests to a perfect model."""


def worst_fidelity(parts: Sequence[Answers]) -> Estimate:
    """The least share met over all requests."""
    number = sum(len(part.requests) for part in parts)
    limits = worst_ratio_limits(
        pointwise=_joined([p.each for p in parts]), simultaneous=_joined([p.together for p in parts])
    )
    part = min(parts, key=lambda each: float(each.met.min()))
    value = float(part.met.min())
    lowest = np.minimum(np.hstack([each.perfect for each in parts]).min(axis=1), 1.0)
    spread = max(float(np.hstack([each.perfect for each in parts]).std(axis=0).max()), 1e-9)
    certain = all(each.confusion is None for each in parts)
    return Estimate(
        name="worst_fidelity",
        value=value,
        curve=nested(low=limits.low, high=limits.high),
        n=int(part.sizes[part.met.argmin()]),
        method=f"least of {number} shares: lower end by intersection–union, upper end by Bonferroni; {_method(part)}",
        unit="share",
        better=Better.HIGHER,
        perfect=Perfect(1.0, float(np.quantile(lowest, 0.05)), 1.0),
        # Where groups are read, a single record that is not what was asked for shows that the model is not perfect.
        p_value=None if certain else float((1 + (lowest <= value).sum()) / (1 + len(lowest))),
        minimum_detectable=_unseen(parts) if certain else (normal_quantile(1 - ERROR / number) + POWER) * spread,
        from_draws=_from_draws(part, int(part.met.argmin())),
        p_floor=None if certain else 1 / (1 + len(lowest)),
    )


def _unseen(parts: Sequence[Answers]) -> float:
    """The share of wrong records of which one at least is seen in four audits of five, for the smallest request."""
    n = min(int(each.sizes.min()) for each in parts)
    return float(1 - 0.2 ** (1 / n))


def fidelities(part: Answers, *, several: bool) -> Iterator[Estimate]:
    """The share met of each request."""
    for row, name in enumerate(part.requests):
        sound = np.minimum(part.perfect[:, row], 1.0)
        certain = part.confusion is None
        value = float(part.met[row])
        yield Estimate(
            name="fidelity",
            value=value,
            curve=nested(low=part.each.low[:, row], high=part.each.high[:, row]),
            n=int(part.sizes[row]),
            method=_method(part),
            unit="share",
            better=Better.HIGHER,
            group=f"{part.attribute}: {name}" if several else name,
            perfect=Perfect(1.0, float(np.quantile(sound, 0.05)), 1.0),
            p_value=None if certain else float((1 + (sound <= value).sum()) / (1 + len(sound))),
            minimum_detectable=_unseen([part]) if certain else DETECTION * float(part.perfect[:, row].std()),
            from_draws=_from_draws(part, row),
            p_floor=None if certain else 1 / (1 + len(sound)),
        )


def ignored(parts: Sequence[Answers]) -> Iterator[Estimate]:
    """How far requests are ignored, for the attribute where they are most, and for each where there are several."""
    known = [part for part in parts if part.responds is not None]
    if not known:
        return
    made = {part.attribute: _ignored(part) for part in known}
    worst = max(made, key=lambda name: made[name].value)
    yield made[worst]
    if len(known) > 1:
        from dataclasses import replace

        yield from (replace(each, group=name) for name, each in made.items())


def _ignored(part: Answers) -> Estimate:
    from scipy.stats import norm

    assert part.responds is not None
    lost = 1 - part.responds.value
    variance = part.responds.draws + part.responds.classifier
    error = float(np.sqrt(variance))
    value = float(np.clip(lost, 0.0, 1.0))

    def limits(level: float) -> Interval:
        reach = normal_quantile(level) * error
        # Noise can put `lost` outside of what is possible; the interval must not lose its width by that.
        ends = (min(lost, 1.0) - reach, max(lost, 0.0) + reach)
        low, high = (float(np.clip(end, 0.0, 1.0)) for end in ends)
        return Interval(level, min(low, value), max(high, value))

    return Estimate(
        name="ignored_condition",
        value=value,
        curve=curve(limits),
        n=int(part.sizes.sum()),
        method="total variation between requests, halves of the records saying which groups a request favours; normal",
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(0.0, 0.0, min(1.0, BAND * error)),
        p_value=float(np.clip(2 * norm.sf(max(lost, 0.0) / error), 1e-6, 1.0)) if error > 0 else p_value(limits, 0.0),
        minimum_detectable=DETECTION * error,
        from_draws=part.responds.draws / variance if part.more and variance > 0 else 0.0,
    )


def uneven(parts: Sequence[Answers], rng: np.random.Generator) -> Iterator[Estimate]:
    """How far what was made is from even, for each attribute that was asked for evenly."""
    for part in parts:
        if even(part):
            yield _uneven(part, rng, group=part.attribute if len(parts) > 1 else None)


def _uneven(part: Answers, rng: np.random.Generator, *, group: str | None) -> Estimate:
    k = len(part.names)
    targets = np.bincount(part.wanted, minlength=k) / len(part.wanted)
    rates = np.eye(k) if part.confusion is None else softened_rates(part.confusion)
    labelled = np.ones(k, dtype=np.int64) if part.confusion is None else part.confusion.sum(axis=1)
    shares, n = made_shares(counts=part.counts.sum(axis=0), confusion=part.confusion), int(part.sizes.sum())
    limits = total_variation_limits(
        shares=shares, targets=targets, rates=rates, labelled=labelled, n=n, levels=LEVELS, rng=rng
    )
    value = float(total_variation(shares=shares, targets=targets))
    perfect = _perfect_distances(part, targets, rates, labelled, rng)
    low, median, high = np.quantile(perfect, [0.025, 0.5, 0.975])
    gradient = 0.5 * np.sign(shares - targets)
    draws, classifier = (
        float(gradient @ matrix @ gradient)
        for matrix in share_covariance(shares=shares, rates=rates, labelled=labelled, n=n)
    )
    return Estimate(
        name="uneven_share",
        value=value,
        curve=nested(low=limits.low, high=limits.high),
        n=n,
        method="inversion of a simulated distribution that knows the upward bias of distances, as if the requests had "
        f"been drawn; {_method(part)}",
        unit="share",
        better=Better.LOWER,
        group=group,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=float((1 + (perfect >= value - 1e-12).sum()) / (1 + len(perfect))),
        minimum_detectable=float(high - median) + POWER * float(np.sqrt(draws + classifier)),
        from_draws=draws / (draws + classifier) if part.more and draws + classifier > 0 else 0.0,
        p_floor=1 / (1 + len(perfect)),
    )


def _perfect_distances(
    part: Answers, targets: Floats, rates: Floats, labelled: NDArray[np.int64], rng: np.random.Generator
) -> Floats:
    """Distances from even that a model shows which makes just what it is asked for: 0 where groups are read."""
    if part.confusion is None:
        return np.zeros(DRAWN)
    totals = sum(
        rng.multinomial(int(size), rates[group], size=DRAWN)
        for size, group in zip(part.sizes, part.wanted, strict=True)
    )
    again = np.stack([rng.multinomial(int(n), row, size=DRAWN) for n, row in zip(labelled, rates, strict=True)], axis=1)
    shares = corrected_shares(counts=np.asarray(totals), rates=error_rates(again))
    return total_variation(shares=shares, targets=targets)


def _joined(limits: Sequence[Limits]) -> Limits:
    return Limits(np.hstack([each.low for each in limits]), np.hstack([each.high for each in limits]))


def _from_draws(part: Answers, row: int) -> float:
    """The part of the variance of a share that more records would shrink; 0 where no more would be drawn."""
    if not part.more:
        return 0.0
    if part.confusion is None:
        return 1.0
    covariance = share_covariance(
        shares=part.shares[row],
        rates=softened_rates(part.confusion),
        labelled=part.confusion.sum(axis=1),
        n=int(part.sizes[row]),
    )
    group = part.wanted[row]
    draws, classifier = (float(each[group, group]) for each in covariance)
    return draws / (draws + classifier) if draws + classifier > 0 else 1.0


def _method(part: Answers) -> str:
    if part.confusion is None:
        return "exact binomial (Clopper–Pearson) of groups read from the records"
    return "corrected for the group classifier's errors, with their own sampling error"
