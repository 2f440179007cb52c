"""Every check of every map, and what becomes of the map."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...statistics.attribution.decisions import Check, Decision
from ...statistics.attribution.map_checks import (
    agreement,
    both_ends,
    completeness,
    comprehensiveness,
    deletion,
    effect,
    integrity,
    random_weights,
    stability,
    sufficiency,
    worst,
)
from .kind import CheckedMap


@dataclass(frozen=True, slots=True)
class JudgedMap:
    """A map with its checks.

    Args:
        found: the map and what was collected beside it.
        effect: whether there is anything to explain.
        checks: of the map itself; all must pass.
    """

    found: CheckedMap
    effect: Check
    checks: tuple[Check, ...]

    @property
    def explains(self) -> bool:
        """Whether there surely is an effect to explain; without one the checks say nothing."""
        return self.effect.decision is Decision.PASS

    @property
    def decision(self) -> Decision:
        """Of all checks together: any failure is one, and what is open leaves it open."""
        return worst(*(each.decision for each in self.checks))

    @property
    def name(self) -> str:
        """Its question, in short: readout by method."""
        return f"{self.found.readout}, {self.found.method}"

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that it fails."""
        return tuple(each for each in self.checks if each.decision is Decision.FAIL)

    @property
    def open(self) -> tuple[Check, ...]:
        """The checks that cannot tell."""
        return tuple(each for each in self.checks if each.decision is Decision.OPEN)

    @property
    def reading(self) -> str:
        """Whether it may be read, in words."""
        if not self.explains:
            sure = self.effect.decision is Decision.FAIL
            return "nothing to explain" if sure else "whether there is anything to explain is open"
        match self.decision:
            case Decision.PASS:
                return "passes all its checks"
            case Decision.FAIL:
                broken = f" ({'; '.join(self.found.violations)})" if self.found.violations else ""
                return f"not to be read: fails {', '.join(check.name for check in self.failed)}{broken}"
            case _:
                return f"unconfirmed: cannot tell {', '.join(check.name for check in self.open)}"


def judge_maps(maps: Sequence[CheckedMap]) -> list[JudgedMap]:
    """All maps in their order."""
    return [_judged(each) for each in maps]


def failing(maps: Sequence[CheckedMap]) -> str:
    """Which maps fail which checks, in words; empty where none does. Such maps are shown without a reading."""
    judged = [each for each in judge_maps(maps) if each.explains and each.decision is Decision.FAIL]
    return "; ".join(f"{each.name}: {each.reading}" for each in judged)


def _judged(found: CheckedMap) -> JudgedMap:
    units = found.clusters
    checks = (
        integrity(len(found.violations)),
        completeness(found.completeness_error, found.tolerance),
        deletion(found.deletion, found.random_deletion, units),
        both_ends(found.deletion, found.reversed_deletion, units),
        comprehensiveness(found.taken, found.random_taken, units),
        sufficiency(found.kept, found.random_kept, units),
        random_weights(found.retrained, found.between_retrained, found.repeated, units),
        agreement(found.values, found.other_values, units),
        stability(found.moved, found.unmoved, units),
    )
    return JudgedMap(found, effect(found.effects, units, found.material), checks)
