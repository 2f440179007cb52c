"""GA101: is every group there, as often as it should be?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..evidence.bundle import Evidence
from ..finding import LEVELS, Better, Estimate, Finding, Interval, Json, NotApplicable, Outcome, Perfect
from ..statistics.binomial import clopper_pearson
from ..statistics.confusion import youden
from ..statistics.shares import worst_ratio_limits
from ..statistics.total_variation import total_variation, total_variation_limits
from .group_shares import DECLARED, GroupShares, measure_shares, refuse_weak_judge
from .representation_exhibits import exhibits
from .representation_tables import tables

Floats = NDArray[np.float64]

DETECTION = 1.96 + 0.8416
"""Standard errors between the perfect value and a departure that is found at the 5 % level with power 0.8."""


@dataclass(frozen=True)
class GroupRepresentation:
    """Share of each group among the generated samples, corrected for the judge's errors.

    Args:
        targets: the share each group should have, by name, summing to 1; the reference's own shares without it.
        tolerance: refuse to answer where the judge alone leaves a share more uncertain than this (± in shares).
        repeats: simulated audits of a perfect generator.
    """

    targets: Mapping[str, float] | None = None
    tolerance: float = 0.1
    repeats: int = 4_000

    code: ClassVar[str] = "GA101"
    title: ClassVar[str] = "Group representation"
    question: ClassVar[str] = "Does the model generate every group as often as it should?"
    needs: ClassVar[tuple[str, ...]] = ("groups",)
    estimates: ClassVar[tuple[str, ...]] = (
        "share",
        "share_ratio",
        "worst_share_ratio",
        "total_variation",
        "uncorrected_share",
    )

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1 or self.repeats < 100:
            got = f"{self.tolerance} and {self.repeats}"
            raise ValueError(f"expected a tolerance between 0 and 1 and at least 100 repeats, got {got}")
        if self.targets is not None:
            shares = [float(share) for share in self.targets.values()]
            if min(shares, default=-1.0) < 0 or abs(sum(shares) - 1) > 1e-3:
                raise ValueError(f"expected target shares of at least 0 that sum to 1, got {dict(self.targets)}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure; raises `NotApplicable` without groups and `Inconclusive` where the judge is too weak to say."""
        groups = evidence.groups
        if groups is None:
            raise NotApplicable(evidence.absent.get("groups", "no groups are known for the generated samples"))
        measured = measure_shares(groups, self.targets, repeats=self.repeats, rng=rng)
        refuse_weak_judge(measured, self.tolerance)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                _worst_ratio(measured),
                _total_variation(measured, rng),
                *_shares(measured),
                *_uncorrected(measured),
            ),
            tables=tables(measured),
            exhibits=exhibits(measured, groups, evidence.reference),
            references=(
                "Rogan and Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510",
                "Lang and Reiczigel 2014, doi:10.1016/j.prevetmed.2013.09.015",
                "Fay and Feuer 1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#",
                "Berger 1982, doi:10.1080/00401706.1982.10487790",
            ),
            settings=self._settings(measured, groups.judge),
        )

    def _settings(self, measured: GroupShares, judge: str) -> dict[str, Json]:
        settings: dict[str, Json] = {
            "generated_samples": measured.n,
            "judge": judge,
            "targets": "shares of the reference, taken as exact" if self.targets is None else "given in the policy",
            "tolerance": self.tolerance,
            "perfect_repeats": self.repeats,
        }
        if measured.confusion is not None:
            settings |= {
                "judge_accuracy": float(np.trace(measured.confusion) / measured.confusion.sum()),
                "judge_smallest_youden_index": float(youden(measured.confusion).min()),
                "labelled_samples": int(measured.confusion.sum()),
            }
        return settings


def _shares(measured: GroupShares) -> Iterator[Estimate]:
    low, high = np.quantile(measured.perfect, [0.025, 0.975], axis=0)
    deviations = measured.perfect.std(axis=0)
    method = _method(measured)
    for k, name in enumerate(measured.names):
        share = Estimate(
            name="share",
            value=float(measured.shares[k]),
            curve=_curve(measured.each.low[:, k], measured.each.high[:, k]),
            n=measured.n,
            method=method,
            unit="share",
            better=Better.NEITHER,
            group=name,
            perfect=Perfect(float(measured.targets[k]), float(low[k]), float(high[k])),
            p_value=float(measured.p_values[k]),
            minimum_detectable=DETECTION * float(deviations[k]),
            from_draws=_from_draws(measured, np.eye(len(measured.names))[k]),
        )
        yield share
        if measured.targets[k] > 0:
            yield _scaled(share, float(measured.targets[k]))


def _scaled(share: Estimate, target: float) -> Estimate:
    """The ratio of a share to its target, which is exact, so that everything scales."""
    assert share.perfect is not None
    assert share.minimum_detectable is not None
    return Estimate(
        name="share_ratio",
        value=share.value / target,
        curve=tuple(Interval(each.level, each.low / target, each.high / target) for each in share.curve),
        n=share.n,
        method=share.method,
        unit="ratio",
        better=Better.NEITHER,
        group=share.group,
        perfect=Perfect(1.0, share.perfect.low / target, share.perfect.high / target),
        p_value=share.p_value,
        minimum_detectable=share.minimum_detectable / target,
        from_draws=share.from_draws,
    )


def _worst_ratio(measured: GroupShares) -> Estimate:
    limits = worst_ratio_limits(pointwise=measured.each, simultaneous=measured.together, targets=measured.targets)
    worst = int(measured.ratios.argmin())
    ratios = measured.relative(measured.perfect)
    lowest = ratios.min(axis=1)
    low, alarm, median, high = np.quantile(lowest, [0.025, 0.05, 0.5, 0.975])
    deviation = float(ratios[:, measured.wanted].std(axis=0).max())
    return Estimate(
        name="worst_share_ratio",
        value=float(measured.ratios[worst]),
        curve=_curve(limits.low, limits.high),
        n=measured.n,
        method=f"least of {measured.wanted.sum()} ratios: lower end by intersection–union, upper end by Bonferroni; "
        + _method(measured),
        unit="ratio",
        better=Better.HIGHER,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=float((1 + (lowest <= measured.ratios[worst]).sum()) / (1 + len(lowest))),
        # How far one group must fall to be below what a perfect generator shows in one audit of twenty.
        minimum_detectable=float(median - alarm) + 0.8416 * deviation,
        from_draws=_from_draws(measured, np.eye(len(measured.names))[worst]),
    )


def _total_variation(measured: GroupShares, rng: np.random.Generator) -> Estimate:
    limits = total_variation_limits(
        shares=measured.shares,
        targets=measured.targets,
        rates=measured.softened,
        judged=measured.judged,
        n=measured.n,
        levels=LEVELS,
        rng=rng,
    )
    value = float(total_variation(shares=measured.shares, targets=measured.targets))
    perfect = total_variation(shares=measured.perfect, targets=measured.targets)
    low, median, high = np.quantile(perfect, [0.025, 0.5, 0.975])
    return Estimate(
        name="total_variation",
        value=value,
        curve=_curve(limits.low, limits.high),
        n=measured.n,
        method="inversion of a simulated distribution that knows the upward bias of distances; " + _method(measured),
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=float((1 + (perfect >= value).sum()) / (1 + len(perfect))),
        minimum_detectable=_detectable_distance(measured, perfect),
        from_draws=_from_draws(measured, 0.5 * np.sign(measured.shares - measured.targets)),
    )


def _detectable_distance(measured: GroupShares, perfect: Floats) -> float | None:
    """How far the measured distance rises when one group loses just enough to be found; None if no loss is."""
    alarm = np.quantile(perfect, 0.95)
    loser = int(np.where(measured.wanted, measured.perfect.std(axis=0), -1.0).argmax())
    direction = measured.targets.copy()
    direction[loser] = measured.targets[loser] - 1.0
    room = float(total_variation(shares=direction, targets=np.zeros_like(direction)))
    noise = measured.perfect - measured.targets
    for loss in np.linspace(0, measured.targets[loser], 101)[1:]:
        step = loss * direction / room
        distances = total_variation(shares=noise + step, targets=np.zeros_like(step))
        if (distances > alarm).mean() >= 0.8:
            return float(np.median(distances) - np.median(perfect))
    return None


def _uncorrected(measured: GroupShares) -> Iterator[Estimate]:
    from scipy.stats import binom

    limits = clopper_pearson(successes=measured.counts[None, :], trials=measured.n, level=np.array(LEVELS)[:, None])
    expected = measured.targets @ measured.rates
    low, high = (binom.ppf(tail, measured.n, expected) / measured.n for tail in (0.025, 0.975))
    for k, name in enumerate(measured.names):
        yield Estimate(
            name="uncorrected_share",
            value=float(measured.counts[k] / measured.n),
            curve=_curve(limits.low[:, k], limits.high[:, k]),
            n=measured.n,
            method="exact binomial (Clopper–Pearson) of the judge's own count; for comparison, not to be gated",
            unit="share",
            better=Better.NEITHER,
            group=name,
            perfect=Perfect(float(expected[k]), float(low[k]), float(high[k])),
        )


def _from_draws(measured: GroupShares, gradient: Floats) -> float | None:
    """The part of the variance of a linear combination of shares that comes from the generated draws."""
    draws, judge = (float(gradient @ matrix @ gradient) for matrix in measured.covariance)
    return None if draws + judge <= 0 else min(1.0, max(0.0, draws / (draws + judge)))


def _method(measured: GroupShares) -> str:
    if measured.confusion is None:
        return f"exact binomial (Clopper–Pearson) of {DECLARED} groups"
    return "corrected for the judge's errors, with their own sampling error"


def _curve(low: Floats, high: Floats) -> tuple[Interval, ...]:
    # Nested by construction; numerical inversion may still be off in the last digits.
    lows, highs = np.minimum.accumulate(low), np.maximum.accumulate(high)
    return tuple(Interval(level, float(a), float(b)) for level, a, b in zip(LEVELS, lows, highs, strict=True))
