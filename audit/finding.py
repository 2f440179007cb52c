"""The words every auditor speaks: estimates with their uncertainty, tables, exhibits, findings.

Nothing here knows a threshold, a policy or HTML, and nothing here imports the rest of the package.
"""

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import NormalDist
from typing import NoReturn

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9998)
"""Confidence levels at which every estimate gives an interval, so that a policy can share its error among its rules."""

NOMINAL = 0.95
"""The level at which an interval is shown where nothing else is said."""

SETS = ("generated", "reference", "holdout")
"""The sets of records that an estimate may rest on."""

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class Outcome(StrEnum):
    """What became of one auditor. None of the four means that the model is good."""

    MEASURED = "measured"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"

    def __bool__(self) -> NoReturn:
        raise TypeError("an Outcome is neither true nor false: compare it with Outcome.MEASURED")


class Better(StrEnum):
    """The direction in which an estimate gets better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class NotApplicable(Exception):
    """Raised by an auditor whose question does not arise for this model; the message says why."""


class Inconclusive(Exception):
    """Raised by an auditor that has evidence too weak to answer; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval with finite ends; where nothing bounds an end, the auditor is inconclusive."""

    level: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"expected a confidence level between 0 and 1, got {self.level}")
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.low > self.high:
            raise ValueError(f"expected low <= high, both finite, got [{self.low}, {self.high}]")


@dataclass(frozen=True, slots=True)
class Perfect:
    """What a perfect generator (one that draws from the data's own distribution) would score at this n.

    `low` and `high` enclose 95 % of the values such a generator would show in repeated runs.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class EstimateFacts:
    """What is true of an estimate in every run; its auditor says it once, and every output repeats it.

    Args:
        name: as policies write it, e.g. `coverage_ratio`.
        label: as a reader sees it inside a sentence, e.g. `coverage relative to a perfect generator`.
        unit: the unit of its values; None where it depends on what is measured.
        better: direction.
        meaning: what the number says, in one plain sentence.
        rests_on: the sets, out of `SETS`, whose records its interval takes as independent of each other. An interval
            that holds given a set, or that needs no records at all, does not rest on it.
    """

    name: str
    label: str
    unit: str | None
    better: Better
    meaning: str
    rests_on: tuple[str, ...] = SETS


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with everything that is needed to judge it.

    Args:
        name: what was measured, e.g. `coverage_ratio`; the same name in every run.
        value: the point estimate, finite. Point estimates are shown and never gated.
        curve: confidence intervals at several levels (see `LEVELS`), nested, ascending in level. Empty only for
            exact quantities, whose interval is the value itself.
        n: how many sampling units stand behind it.
        method: how the interval was made, a short noun phrase for a reader.
        unit: `share`, `ratio`, `count`, …
        better: direction.
        group: the group (class, latent dimension, …) it is about, or None for the whole.
        perfect: what a perfect generator would score at this n, where that is defined.
        p_value: of the hypothesis that the generator is perfect in this respect.
        minimum_detectable: the smallest departure from `perfect.value`, in the estimate's own unit, that this n would
            have shown at the 5 % level with power 0.8.
        from_draws: the share (0–1) of the variance that more generated samples would shrink; None where unknown.
        p_floor: the smallest p-value that this test can give, where it is counted from simulations; else None.
    """

    name: str
    value: float
    curve: tuple[Interval, ...]
    n: int
    method: str
    unit: str
    better: Better
    group: str | None = None
    perfect: Perfect | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    minimum_detectable: float | None = None
    from_draws: float | None = None
    p_floor: float | None = None

    def __post_init__(self) -> None:
        label = self.name if self.group is None else f"{self.name}[{self.group}]"
        if not math.isfinite(self.value):
            raise ValueError(f"{label}: expected a finite value, got {self.value}; raise Inconclusive instead")
        if any(wide.level <= narrow.level for narrow, wide in zip(self.curve, self.curve[1:], strict=False)):
            raise ValueError(f"{label}: expected intervals in ascending order of level")
        for narrow, wide in zip(self.curve, self.curve[1:], strict=False):
            if wide.low > narrow.low or wide.high < narrow.high:
                raise ValueError(f"{label}: expected nested intervals, got {narrow} outside {wide}")
        if self.curve and not self.curve[0].low <= self.value <= self.curve[0].high:
            raise ValueError(f"{label}: expected the value {self.value} inside its own {self.curve[0]}")

    def interval(self, level: float = NOMINAL) -> Interval:
        """The interval at `level`, interpolated between the known levels on the normal scale.

        A whole count has no values in between, so its interval is that of the next wider level known.

        Raises:
            ValueError: if `level` is above the widest level known; a wider interval would be invented.
        """
        if not self.curve:
            return Interval(level, self.value, self.value)
        levels = [interval.level for interval in self.curve]
        at = bisect.bisect_left(levels, level)
        if at == len(levels):
            raise ValueError(f"{self.name}: expected a level of at most {levels[-1]}, got {level}")
        if levels[at] == level:
            return self.curve[at]
        wide = self.curve[at]
        narrow = self.curve[at - 1] if at else Interval(1e-9, self.value, self.value)
        if self.unit == "count" and all(end.is_integer() for end in map(float, (wide.low, wide.high, self.value))):
            return Interval(level, wide.low, wide.high)
        share = (_z(level) - _z(narrow.level)) / (_z(wide.level) - _z(narrow.level))
        low = narrow.low + share * (wide.low - narrow.low)
        high = narrow.high + share * (wide.high - narrow.high)
        return Interval(level, low, high)


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


class Kind(StrEnum):
    """What a table column or a value holds, so that a reader sees percentages as percentages."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    DIFFERENCE = "share difference"
    RATIO = "ratio"
    NUMBER = "number"
    P_VALUE = "p_value"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its key, the heading a person reads, and what it holds.

    `floor` is the smallest value a cell can have, where its cells are counted from simulations.
    """

    key: str
    label: str
    kind: Kind = Kind.NUMBER
    floor: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A named table. `rows` are tuples in the order of `columns`; an undefined cell is None, never NaN."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Some pictures under one label: `kind` and `indices` say where they lie in the evidence.

    Args:
        label: what a reader sees beside them, e.g. `digit 3, generated`.
        kind: the kind of evidence: `generated`, `reference`, `holdout` (rows of its samples) or a named array of
            another kind, written `attributions.maps`.
        indices: rows of that array.
    """

    label: str
    kind: str
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something to look at. Holds references into the evidence, never pictures or HTML.

    Args:
        form: `grid` (pictures as they are), `signed_maps` (values around zero, shown in a diverging scale) or another.
    """

    name: str
    caption: str
    form: str
    pictures: tuple[Pictures, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one auditor found: numbers, tables and exhibits, with no pass or fail.

    Args:
        encoder: what made the features that it rests on; None where it rests on none, and in older records.
        gaps: for estimates that cover only a part of what they stand for, why: a rule on one can fail but not pass.
        not_asked: for estimates whose question cannot arise here, why: rules on them are passed over if not required.
        doubts: why intervals of this and of other findings may not hold, e.g. that records are not independent; None
            if no reason was found.
        doubted: the sets of records that the doubts are about; intervals that rest on none of these stand.
        sampling_unit: what the n of its estimates counts, independent of each other; empty in older records.
    """

    code: str
    title: str
    question: str
    outcome: Outcome
    reason: str | None = None
    estimates: tuple[Estimate, ...] = ()
    tables: tuple[Table, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    references: tuple[str, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict)
    seconds: float = 0.0
    facts: tuple[EstimateFacts, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    not_asked: Mapping[str, str] = field(default_factory=dict)
    encoder: str | None = None
    doubts: str | None = None
    doubted: tuple[str, ...] = SETS
    sampling_unit: str = ""

    def __post_init__(self) -> None:
        if self.outcome is not Outcome.MEASURED and not self.reason:
            raise ValueError(f"{self.code}: an outcome of {self.outcome} needs a reason")
        if self.outcome is Outcome.MEASURED and not self.estimates:
            raise ValueError(f"{self.code}: a measured finding needs at least one estimate")

    def __bool__(self) -> NoReturn:
        """Refuse to be a truth value, so that `if finding` can never become a false pass."""
        raise TypeError("a Finding is neither true nor false: look at finding.outcome, or judge it with a Policy")

    def estimate(self, name: str, group: str | None = None) -> Estimate:
        """The estimate of that name and group.

        Raises:
            KeyError: if the finding has none; the message lists those that it has.
        """
        for estimate in self.estimates:
            if (estimate.name, estimate.group) == (name, group):
                return estimate
        known = ", ".join(sorted({estimate.name for estimate in self.estimates})) or "none"
        raise KeyError(f"{self.code} has no estimate {name!r} for group {group!r}; it has: {known}")
