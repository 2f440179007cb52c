"""The estimates of GA105: changes of gaps, the widest of them, and what training on generated records costs."""

from collections.abc import Callable, Iterator

import numpy as np

from ...finding import LEVELS, Better, Estimate, Interval, Perfect
from ...statistics.disparity.gap_changes import GapChange, worst_limits
from ...statistics.intervals import BAND, POWER, nested, p_value
from ...statistics.shares.binomial import normal_quantile
from .measured import AccuracyChange, Change, Measured

METHOD = (
    "paired bootstrap over people, with the variance between disjoint parts that were trained on; of pairs of groups "
    "that may be the furthest apart, the widest ends"
)

ERROR = 0.05
"""Level of the test for which the smallest departure is given."""

NO_HELP = 0.0
"""How much of the variance more generated samples would shrink: parts are of the same number and size anyway."""


def label(each: Change, *, several: bool) -> str:
    """What a gap is called as a group."""
    outcome = f"{each.outcome}: " if several else ""
    return f"{outcome}{each.named.attribute}: {each.named.metric}, {each.learner}"


def worst_change(measured: Measured) -> Estimate:
    """The largest change of any gap."""
    changes = [each.change for each in measured.changes]
    limits = worst_limits(changes, LEVELS, measured.together.number)
    value = max(each.value for each in changes)
    shown = measured.together.perfect.max(axis=1)
    low, median, high = np.quantile(shown, [0.025, 0.5, 0.975])

    def joint(level: float) -> Interval:
        each = worst_limits(changes, [level], measured.together.number)
        return Interval(level, float(each.low[0]), float(each.high[0]))

    return Estimate(
        name="worst_learned_gap_change",
        value=value,
        curve=nested(low=limits.low, high=limits.high),
        n=measured.people,
        method=f"largest of {len(changes)} changes: upper end by intersection–union, lower end by the joint "
        f"distribution of their errors, as of {measured.together.number:.1f} independent ones; each by {METHOD}",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(float(median), float(low), float(high)),
        p_value=p_value(joint, 0.0),
        minimum_detectable=max(_detectable(each, measured.together.number) for each in changes),
        from_draws=NO_HELP,
    )


def gap_changes(measured: Measured, *, shown: int, several: bool) -> Iterator[Estimate]:
    """The widest changes of single gaps, widest first."""
    order = sorted(range(len(measured.changes)), key=lambda index: -measured.changes[index].change.value)
    for index in order[:shown]:
        each = measured.changes[index]
        low, high = np.quantile(measured.together.perfect[:, index], [0.025, 0.975])
        yield Estimate(
            name="learned_gap_change",
            value=each.change.value,
            curve=_curve(each.change),
            n=int(each.named.gap.people.min()),
            method=METHOD,
            unit="share difference",
            better=Better.LOWER,
            group=label(each, several=several),
            perfect=Perfect(0.0, min(0.0, float(low)), max(0.0, float(high))),
            p_value=p_value(_at(each.change), 0.0),
            minimum_detectable=_detectable(each.change, 1),
            from_draws=NO_HELP,
        )


def accuracy_changes(measured: Measured, *, several: bool) -> Iterator[Estimate]:
    """The change of accuracy for all people, the least of all learners first."""
    everyone = measured.accuracies
    least = min(everyone, key=lambda each: each.change.value)
    curves = [[each.change.limits([1 - (1 - level) / len(everyone), level]) for each in everyone] for level in LEVELS]
    low = np.array([min(float(each.low[1]) for each in row) for row in curves])
    high = np.array([min(float(each.high[0]) for each in row) for row in curves])
    yield _accuracy(least, nested(low=low, high=high), measured.people, tests=len(everyone), group=None)
    for each in everyone:
        group = f"{each.outcome}: {each.learner}" if several else each.learner
        yield _accuracy(each, _curve(each.change), measured.people, tests=1, group=group)


def _accuracy(
    each: AccuracyChange, curve: tuple[Interval, ...], people: int, *, tests: int, group: str | None
) -> Estimate:
    error = float(np.sqrt(each.change.upper.components.total[0]))
    which = f"least of {tests}: lower end by intersection–union, upper end by Bonferroni; " if tests > 1 else ""
    return Estimate(
        name="accuracy_change",
        value=each.change.value,
        curve=curve,
        n=people,
        method=which + "paired bootstrap over people, with the variance between disjoint parts that were trained on",
        unit="share difference",
        better=Better.HIGHER,
        group=group,
        perfect=Perfect(0.0, -BAND * error, BAND * error),
        p_value=min(1.0, tests * p_value(_at(each.change), 0.0)),
        minimum_detectable=_detectable(each.change, tests),
        from_draws=NO_HELP,
    )


def _at(change: GapChange) -> Callable[[float], Interval]:
    """The interval of a change at any level."""

    def limits(level: float) -> Interval:
        each = change.limits([level])
        return Interval(level, float(each.low[0]), float(each.high[0]))

    return limits


def _curve(change: GapChange) -> tuple[Interval, ...]:
    limits = change.limits(LEVELS)
    return nested(low=limits.low, high=limits.high)


def _detectable(change: GapChange, tests: float) -> float:
    """The smallest widening that one of so many tests would find in four audits of five."""
    error = float(np.sqrt(change.upper.components.total.max()))
    return (normal_quantile(1 - ERROR / tests) + POWER) * error
