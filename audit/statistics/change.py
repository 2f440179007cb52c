"""How far an estimate moved between two audits, from the intervals of both and, where known, how they move together."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..finding import LEVELS, NOMINAL, Estimate, Interval
from .multiplicity import false_discovery

DIFFERENCES = {"share": "share difference", "ratio": "ratio difference"}
"""The unit of a difference, where it is another than that of the values."""


ALONE = "from the intervals of both audits, whatever their real data share"
PAIRED = "from the intervals of both audits and how they move with the records or prompts that both share"


@dataclass(frozen=True, slots=True)
class Paired:
    """How two estimates move together as parts of what both rest on are left out.

    Args:
        correlation: of the two estimates over the parts, −1 to 1.
        parts: how many parts were left out, one at a time.
    """

    correlation: float
    parts: int

    def half(self, old: float, new: float, level: float) -> float:
        """The half-width of the difference's interval, from the half-widths of both at a level.

        √(a² + b² − 2 r a b), times a Student over a normal quantile: with a = b the variance 1 − r that this rests on
        has the relative variance (1 + r)² / (parts − 1), that of a chi-squared with 2 (parts − 1) / (1 + r)² degrees
        of freedom.

        Reference: Zou 2007, doi:10.1037/1082-989X.12.4.399 (intervals of differences of correlated estimates).
        """
        from scipy.special import ndtri, stdtrit

        at, freedom = 0.5 + level / 2, 2 * (self.parts - 1) / (1 + max(self.correlation, 0.0)) ** 2
        variance = old**2 + new**2 - 2 * self.correlation * old * new
        return math.sqrt(max(variance, 0.0)) * float(stdtrit(freedom, at) / ndtri(at))


def change(*, old: Estimate, new: Estimate, paired: Paired | None = None) -> Estimate:
    """New minus old, with intervals that hold however the real data that both audits share moved the two estimates.

    The variance of each estimate is split by `from_draws`. The draws of the two audits are independent, so their parts
    add up. What is left (the reference, the group classifier, chosen modes) is shared in a way that intervals do not
    tell: it usually moves both alike and would cancel, but for sizes of gaps it may move them apart. So it is taken at
    its worst, as fully opposed: on each side, with half-widths a and b of the old and the new interval and q the parts
    from draws, the reach is √(qₐa² + q_b b² + (√(1 − qₐ) a + √(1 − q_b) b)²). Where no part is known, that is a + b, as
    for intervals that must not overlap. Where it is known how the two move together, the shorter of this reach and of
    `Paired.half` is taken.

    Args:
        old: of the first audit.
        new: of the second, in the same unit.
        paired: how they move together, where that was found out.

    Returns:
        an estimate without a perfect value; exact where both are.

    Raises:
        ValueError: if the units differ.

    Reference: Zou & Donner 2008, doi:10.1002/sim.3095 (intervals of differences from separate ones).
    """
    if old.unit != new.unit:
        raise ValueError(f"{new.name}: expected the unit {old.unit} of the first audit, got {new.unit}")
    intervals = tuple(_interval(old, new, level, paired) for level in _levels(old, new))
    return Estimate(
        name=new.name,
        value=new.value - old.value,
        curve=intervals,
        n=min(old.n, new.n),
        method=ALONE if paired is None else PAIRED,
        unit=DIFFERENCES.get(new.unit, new.unit),
        better=new.better,
        group=new.group,
        from_draws=_from_new_draws(old, new, paired),
    )


def _levels(old: Estimate, new: Estimate) -> Sequence[float]:
    if not (old.curve or new.curve):
        return ()
    known = min(each.curve[-1].level for each in (old, new) if each.curve)
    return tuple(level for level in LEVELS if level <= known)


def _interval(old: Estimate, new: Estimate, level: float, paired: Paired | None) -> Interval:
    before, after, moved = old.interval(level), new.interval(level), new.value - old.value
    sides = (before.high - old.value, new.value - after.low), (old.value - before.low, after.high - new.value)
    down, up = (_reach(old, old_half=first, new=new, new_half=second) for first, second in sides)
    if paired is not None:
        down, up = (
            min(known, paired.half(max(first, 0.0), max(second, 0.0), level))
            for known, (first, second) in zip((down, up), sides, strict=True)
        )
    return Interval(level, moved - down, moved + up)


def _reach(old: Estimate, *, old_half: float, new: Estimate, new_half: float) -> float:
    parts = [(old_half, old.from_draws or 0.0), (new_half, new.from_draws or 0.0)]
    # Rounding may leave a value a hair outside its own interval.
    parts = [(max(half, 0.0), min(max(draws, 0.0), 1.0)) for half, draws in parts]
    apart = sum(draws * half**2 for half, draws in parts)
    shared = sum(math.sqrt(1 - draws) * half for half, draws in parts)
    return math.sqrt(apart + shared**2)


def _from_new_draws(old: Estimate, new: Estimate, paired: Paired | None) -> float | None:
    """The part of the difference's variance that more draws of the new model would shrink."""
    if not new.curve or new.from_draws is None or new.curve[-1].level < NOMINAL:
        return None
    if old.curve and old.curve[-1].level < NOMINAL:
        return None
    before, after = old.interval(), new.interval()
    old_half, new_half = (before.high - before.low) / 2, (after.high - after.low) / 2
    total = _reach(old, old_half=old_half, new=new, new_half=new_half)
    if paired is not None:
        total = min(total, paired.half(old_half, new_half, NOMINAL))
    return None if total == 0 else min(new.from_draws * (new_half / total) ** 2, 1.0)


def changed_p(moved: Estimate) -> float:
    """One minus the widest level whose interval leaves 0 out; 0 or 1 for what is exact, never below what is known."""
    if not moved.curve:
        return 0.0 if moved.value else 1.0
    return 1 - _widest(moved, lambda each: each.low > 0 or each.high < 0)


def same_p(moved: Estimate, margin: float) -> float:
    """Of the truth lying a margin or more from 0, by two one-sided tests at half the error of an interval inside it.

    Reference: Schuirmann 1987, doi:10.1007/BF01068419.
    """
    if not moved.curve:
        return 0.0 if abs(moved.value) <= margin else 1.0
    widest = _widest(moved, lambda each: -margin < each.low and each.high < margin)
    return (1 - widest) / 2 if widest else 1.0


def _widest(moved: Estimate, holds: Callable[[Interval], bool]) -> float:
    """The widest level at which something holds of an interval that holds at all narrower ones; 0 without any."""
    known = [each.level for each in moved.curve if holds(each)]
    if len(known) == len(moved.curve):
        return known[-1]
    low, high = (known[-1] if known else 1e-6), moved.curve[len(known)].level
    if not known and not holds(moved.interval(low)):
        return 0.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(moved.interval(middle)) else (low, middle)
    return low


@dataclass(frozen=True, slots=True)
class Claims:
    """What is claimed of one row: that it changed, that it did not by a margin, both, or nothing."""

    changed: bool
    same: bool


def claims(pairs: Sequence[tuple[float, float]], *, alpha: float) -> list[Claims]:
    """Which rows changed and which did not; at most the share `alpha` of all claims is expected to be wrong.

    Each row has two hypotheses, "no change" and "a change of the margin or more", and at most one of them is true: so
    of 2 m hypotheses at most m are. The procedure of Benjamini and Yekutieli, which holds for any dependence, bounds
    the expected share of wrong claims by its level times the share of true hypotheses, so it may run at 2 α. Both
    hypotheses of a row are rejected where it changed by less than the margin.

    Args:
        pairs: p-values of a row against no change and against a change of the margin.
        alpha: the expected share.

    Reference: Benjamini & Yekutieli 2001, doi:10.1214/aos/1013699998, theorem 1.3.
    """
    adjusted = false_discovery([p for pair in pairs for p in pair], dependent=True)
    kept = [bool(each <= 2 * alpha) for each in adjusted]
    return [Claims(*each) for each in zip(kept[::2], kept[1::2], strict=True)]
