"""The mass of symbols that one side shows and the other hardly, with limits that hold for all symbols together.

A symbol has vanished if its share among generated occurrences is below a tenth of its real one. Which symbols have is
known only for those whose ratio is surely below, or surely above: the mass of the first is the least, that of all but
the second the most that can have vanished. What is invented is the same with both sides in each other's place.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...finding import Interval
from ..intervals import POWER, Share
from ..multiplicity import rejected
from .counts import Compared, Side, Values

HARDLY = 0.1
"""A symbol with less than this part of its share has vanished."""

_FREEDOM = 1e6
_SMALLEST = 1e-6

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The symbols of one class that are common enough on the side that should not lose them.

    Args:
        side: their counts on that side.
        compared: the other side against it, in the order (other, side).
    """

    side: Side
    compared: Compared


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """What of several vocabularies one side shows and the other hardly; the mass is that of the class that loses most.

    Args:
        classes: one vocabulary a class, each with a symbol or more.
    """

    classes: tuple[Vocabulary, ...]
    _masses: dict[tuple[int, bytes], tuple[float, float]] = field(default_factory=dict, repr=False)
    _gone: Values = field(init=False)
    _kept: Values = field(init=False)

    def __post_init__(self) -> None:
        joined = [each.compared for each in self.classes]
        object.__setattr__(self, "_gone", _joined([each.rarer(HARDLY) for each in joined]))
        object.__setattr__(self, "_kept", _joined([each.commoner(HARDLY) for each in joined]))

    @property
    def p_values(self) -> Values:
        """For each symbol of all classes in turn, that it has not vanished."""
        return self._gone

    def value(self) -> float:
        """The largest mass of any class of symbols whose observed ratio lies below a tenth."""
        return max((self._mass(at, _observed(each))[0] for at, each in enumerate(self.classes)), default=0.0)

    def limits(self, level: float) -> Interval:
        """What has surely vanished, and what has not surely stayed.

        Half of the error is for which symbols these are (Holm over all), half for their mass.

        Reference: Holm 1979, Scandinavian Journal of Statistics 6, 65–70.
        """
        each = self.class_limits(level)
        low, high = (max((getattr(one, end) for one in each), default=0.0) for end in ("low", "high"))
        return Interval(level, low, high)

    def class_limits(self, level: float) -> list[Interval]:
        """The same for the mass of each class; the lower ends hold for all classes together."""
        tail = (1 - level) / 4
        gone, open_ = self._split(rejected(self._gone, tail)), self._split(~rejected(self._kept, tail))
        places = max(1, len(self.classes))
        intervals = []
        for at in range(len(self.classes)):
            low = self._limits(at, gone[at], 1 - 2 * tail / places)[0]
            intervals.append(Interval(level, low, max(low, self._limits(at, open_[at], 1 - 2 * tail)[1])))
        return intervals

    def p_value(self) -> float:
        """That no symbol has vanished: the smallest p of any, times their number."""
        return min(1.0, max(_SMALLEST, float(self._gone.min()) * len(self._gone))) if len(self._gone) else 1.0

    def perfect(self, rng: np.random.Generator, draws: int = 200) -> tuple[float, float]:
        """Median and 97.5 % quantile of `value` for a perfect generator, from counts drawn at the common shares."""
        largest = np.zeros(draws)
        for each in self.classes:
            compared = each.compared
            common = (compared.generated + compared.reference) / (compared.exposure + compared.reference_exposure)
            own = rng.poisson(common * compared.exposure, (draws, len(common))) / compared.exposure
            real = rng.poisson(common * compared.reference_exposure, own.shape) / compared.reference_exposure
            mass = np.where(own < HARDLY * real, each.side.shares, 0.0).sum(axis=1)
            largest = np.maximum(largest, mass)
        middle, high = np.quantile(largest, (0.5, 0.975))
        return float(middle), float(high)

    def detectable(self, gate: float) -> float:
        """The share of a symbol that would have been seen to be gone, were it never shown, with power 0.8.

        The largest over the classes.

        Args:
            gate: the share of records below which no symbol is looked at.
        """
        alarm = math.log(max(len(self._gone), 1) / 0.05)
        smallest = [0.0]
        for each in self.classes:
            rarest = gate * len(each.side.totals) / each.side.occurrences
            smallest.append(max(min(1.0, rarest), _least_share(each.compared, alarm)))
        return max(smallest)

    def part_of_other(self) -> float:
        """How much of the doubt about the ratios comes from the other side's records, 0 to 1: the largest of all."""
        parts = []
        for each in self.classes:
            one, other = each.compared.exposure, each.compared.reference_exposure
            parts.append(float(np.max((1 / one) / (1 / one + HARDLY / other))))
        return max(parts, default=0.0)

    def _split(self, flags: Flags) -> list[Flags]:
        return np.split(flags, np.cumsum([each.side.counts.shape[1] for each in self.classes])[:-1])

    def _mass(self, at: int, flags: Flags) -> tuple[float, float]:
        key = at, flags.tobytes()
        if key not in self._masses:
            self._masses[key] = self.classes[at].side.mass(flags)
        return self._masses[key]

    def _limits(self, at: int, flags: Flags, level: float) -> tuple[float, float]:
        if not flags.any():
            return 0.0, 0.0
        side = self.classes[at].side
        return mass_limits(*self._mass(at, flags), len(side.totals), level)


def mass_limits(share: float, variance: float, records: int, level: float) -> tuple[float, float]:
    """Limits of a share of occurrences whose variance between records is known.

    Args:
        share: in [0, 1].
        variance: of the share.
        records: that the occurrences come from.
        level: of confidence.
    """
    if share <= 0 or variance <= 0:
        return share, share
    if share >= 1:
        return 1.0, 1.0
    effective = share * (1 - share) / variance
    interval = Share(share, 1 / (4 * effective), math.ceil(max(effective, records)), _FREEDOM).limits(level)
    return interval.low, interval.high


def loss(vocabularies: Sequence[Vocabulary]) -> Loss:
    """Join the classes that have a symbol."""
    return Loss(tuple(each for each in vocabularies if each.side.counts.shape[1]))


def _observed(each: Vocabulary) -> Flags:
    both = each.compared
    return np.asarray(both.generated / both.exposure < HARDLY * both.reference / both.reference_exposure)


def _joined(parts: Sequence[Values]) -> Values:
    return np.concatenate(parts) if parts else np.zeros(0)


def _least_share(compared: Compared, alarm: float) -> float:
    """The share of a symbol, at the typical dispersion of its class, that would be missed if it were gone."""
    other, side = float(np.median(compared.exposure)), float(np.median(compared.reference_exposure))
    needed = alarm / -math.log(side / (HARDLY * other + side))
    # A Poisson count of that mean is at least `needed` with probability 0.8.
    mean = (POWER / 2 + math.sqrt(POWER**2 / 4 + needed)) ** 2
    return min(1.0, mean / side)
