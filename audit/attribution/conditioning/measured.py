"""What each condition does to the output, and which of its values surely do something, or surely nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...evidence.conditioning.kind import Conditioning
from ...finding import NOMINAL
from ...statistics.attribution.conditions import (
    Alignment,
    ConditionEffects,
    alignment,
    condition_effects,
    effect_curve,
)
from ...statistics.multiplicity import holm

Floats = NDArray[np.float64]

REPEATABLE = 1e-3
"""How far two draws of the same seed and value may differ, feature by feature: parallel sums round differently."""

SAME = 1e-5
"""Features of two values within this are the same but for rounding."""

ERROR = 0.05
"""Level at which a value is said to move the output, all values of a condition together."""

SHUFFLES = 199
"""Permutations of seeds, which tell whether random numbers are kept in common."""


@dataclass(frozen=True)
class Measured:
    """One condition, measured.

    Args:
        entry: its evidence.
        effects: of its values.
        aligned: whether outputs of one seed are alike; None where outputs do not differ at all.
        negligible: an effect below which nothing that matters is moved.
        unseen: the part of all seeds that so many equal outputs may have missed.
    """

    entry: Conditioning
    effects: ConditionEffects
    aligned: Alignment | None
    negligible: float
    unseen: float

    @property
    def repeatable(self) -> bool:
        """Whether the same seed and value gave the same outputs twice."""
        return self.entry.repeats <= REPEATABLE

    @property
    def common(self) -> bool:
        """Whether random numbers are kept in common between values, so that a change is one of the condition alone."""
        return self.repeatable and self.aligned is not None and self.aligned.p_value <= 0.01

    @cached_property
    def twins(self) -> tuple[int, ...]:
        """(K,): another value that gives the same outputs, number for number; −1 where there is none."""
        outputs = np.asarray(self.entry.outputs)
        found = []
        for at, own in enumerate(outputs):
            same = [other for other, its in enumerate(outputs) if other != at and np.abs(own - its).max() <= SAME]
            found.append(same[0] if same else -1)
        return tuple(found)

    @cached_property
    def adjusted(self) -> Floats:
        """(K,): p-values of the values, by Holm."""
        return np.array([each.adjusted for each in holm(self.effects.p_each.tolist(), alpha=ERROR)])

    def missed(self, level: float) -> float:
        """The part of all seeds that n may have missed, on each of which equal outputs might have differed."""
        return float(1 - (1 - level) ** (1 / self.effects.n))

    def moves(self, level: float) -> NDArray[np.bool_]:
        """(K,): values that surely move the output, all together at this level."""
        wanted = (1 - level) / len(self.entry.values)
        by_test = self.effects.p_each <= max(wanted, self.effects.p_floor)
        # Beyond what permutations can say, the interval must exclude 0, too.
        beyond = (wanted >= self.effects.p_floor) | (self._limits(level)[0] > 0)
        surely: NDArray[np.bool_] = by_test & beyond & ~self._twinned
        return surely

    def still(self, level: float) -> NDArray[np.bool_]:
        """(K,): values that surely move nothing that matters."""
        unmoved = self._unseen_to_move & (self._limits(level)[1] < self.negligible)
        surely: NDArray[np.bool_] = unmoved | (self._twinned & (self.missed(level) < self.unseen))
        return surely

    @property
    def likely_still(self) -> NDArray[np.bool_]:
        """(K,): values that seem to move nothing that matters."""
        seem: NDArray[np.bool_] = (self._unseen_to_move & (self.effects.each < self.negligible)) | self._twinned
        return seem

    @property
    def _unseen_to_move(self) -> NDArray[np.bool_]:
        """(K,): neither the test nor the interval shows a movement, however small.

        The test alone would be too cautious about one value while others move the output.
        """
        neither: NDArray[np.bool_] = (self.adjusted > ERROR) & (self._limits(NOMINAL)[0] <= 0)
        return neither

    @property
    def ignored(self) -> bool:
        """Whether the condition as a whole surely moves nothing that matters, and no value of it shows to."""
        e = self.effects
        high = next(each for each in effect_curve(e.whole, e.error, e.n) if each.level >= NOMINAL).high
        as_a_whole = e.p_whole > ERROR and high < self.negligible and not self.moves(NOMINAL).any()
        return bool(as_a_whole or self.still(NOMINAL).all())

    @property
    def _twinned(self) -> NDArray[np.bool_]:
        return np.array(self.twins) >= 0

    def _limits(self, level: float) -> tuple[Floats, Floats]:
        """Ends of the intervals of all values together at this level, or the next that is known; (K,) each."""
        e, k = self.effects, len(self.entry.values)
        curves = (effect_curve(float(a), float(b), e.n, together=k) for a, b in zip(e.each, e.errors, strict=True))
        found = [next(one for one in curve if one.level >= level) for curve in curves]
        return np.array([one.low for one in found]), np.array([one.high for one in found])


def measure(
    entries: Sequence[Conditioning], *, permutations: int, negligible: float, unseen: float, rng: np.random.Generator
) -> tuple[Measured, ...]:
    """All conditions, measured."""
    return tuple(
        Measured(
            each,
            condition_effects(outputs=each.outputs, permutations=permutations, rng=rng),
            alignment(outputs=each.outputs, permutations=SHUFFLES, rng=rng),
            negligible,
            unseen,
        )
        for each in entries
    )
