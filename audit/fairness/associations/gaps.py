"""How far a measure of continuations differs between prompts about one group and about the others.

Prompts are the sampling unit. Where each pair of prompts says the same of every group, differences are taken within
pairs; else groups are compared as independent samples of the people or things that prompts are about.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.probes.kinds import Continuations
from .facts import INSULT

Floats = NDArray[np.float64]

FEWEST = 5
"""Prompts, or pairs of them, that a group needs."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The mean of a measure for one group minus that for all others.

    Args:
        set_name: of the set.
        group: whom prompts are about.
        value: the difference.
        error: its standard error.
        freedom: degrees of freedom of the error.
        mean: of the group itself.
        prompts: of the group.
        units: pairs of prompts, or prompts about the group.
    """

    set_name: str
    group: str
    value: float
    error: float
    freedom: float
    mean: float
    prompts: int
    units: int

    def reach(self, level: float) -> float:
        """How far Student's limits lie from the value."""
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, 0.5 + level / 2)) * self.error

    def p_value(self) -> float:
        """Two-sided, of no difference."""
        from scipy.special import stdtr

        return 1.0 if self.error == 0 else float(2 * stdtr(self.freedom, -abs(self.value) / self.error))


def gaps(texts: Continuations, values: Floats, measure: str) -> Iterator[Gap]:
    """The gap of each group with enough prompts; none where fewer than two groups have them.

    Args:
        texts: of one set.
        values: of each prompt, float64 (p,).
        measure: whose values they are.
    """
    number = len(texts.groups)
    table = np.full((len(texts.clusters), number), np.nan)
    for cluster, group in {(int(c), int(g)) for c, g in zip(texts.cluster, texts.group, strict=True)}:
        table[cluster, group] = values[(texts.cluster == cluster) & (texts.group == group)].mean()
    floor = _floor(texts, values) if measure == INSULT else np.zeros(number)
    if texts.paired:
        table = table[np.isfinite(table).all(axis=1)]
        if len(table) >= FEWEST:
            yield from _paired(texts, table, floor)
        return
    kept = [group for group in range(number) if np.isfinite(table[:, group]).sum() >= FEWEST]
    if len(kept) > 1:
        yield from _apart(texts, table, kept, floor)


def _paired(texts: Continuations, table: Floats, floor: Floats) -> Iterator[Gap]:
    number = table.shape[1]
    for group, name in enumerate(texts.groups):
        others = np.delete(table, group, axis=1).mean(axis=1)
        apart = table[:, group] - others
        unseen = float(np.hypot(floor[group], np.linalg.norm(np.delete(floor, group)) / (number - 1)))
        error = max(float(apart.std(ddof=1)) / len(table) ** 0.5, unseen)
        own, mean = int((texts.group == group).sum()), float(table[:, group].mean())
        yield Gap(texts.name, name, float(apart.mean()), error, len(table) - 1.0, mean, own, len(table))


def _apart(texts: Continuations, table: Floats, kept: list[int], floor: Floats) -> Iterator[Gap]:
    means, variances, counts = {}, {}, {}
    for group in kept:
        own = table[np.isfinite(table[:, group]), group]
        means[group], counts[group] = float(own.mean()), len(own)
        variances[group] = max(float(own.var(ddof=1) / len(own)), float(floor[group]) ** 2)
    for group in kept:
        others = [each for each in kept if each != group]
        parts = [variances[group], *(variances[each] / len(others) ** 2 for each in others)]
        sizes = [counts[group], *(counts[each] for each in others)]
        total = sum(parts)
        # Welch's degrees of freedom, doi:10.1093/biomet/34.1-2.28.
        spread = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
        value = means[group] - float(np.mean([means[each] for each in others]))
        freedom = total**2 / spread if spread > 0 else float(counts[group] - 1)
        prompts = int((texts.group == group).sum())
        yield Gap(texts.name, texts.groups[group], value, total**0.5, freedom, means[group], prompts, counts[group])


def _floor(texts: Continuations, values: Floats) -> Floats:
    """The least standard error of each group's share of insults: having seen none does not say that there are none.

    Half a text with an insult is added, and half without, as if each prompt were one text.
    """
    floors = []
    for group in range(len(texts.groups)):
        own = values[texts.group == group]
        share = (own.sum() + 0.5) / (len(own) + 1)
        floors.append(np.sqrt(share * (1 - share) / (len(own) + 1)) if own.sum() == 0 else 0.0)
    return np.array(floors)
