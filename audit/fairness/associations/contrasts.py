"""Contrasts of scores by subject: how much likelier sentences about it are with one group than with another, in nats.

Templates are the sampling unit: other sentences that say the same would give other numbers. So each subject's contrast
is a mean over its templates with Student's limits, and the limits of all subjects hold together (Bonferroni).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.probes.kinds import ASSOCIATIONS, Contrast, ProbeScores

Floats = NDArray[np.float64]

FEWEST = 4
"""Templates that a subject needs for limits of its own."""

DRAWS = 1_000
"""Indifferent models that are simulated."""


@dataclass(frozen=True, slots=True, eq=False)
class Contrasted:
    """One contrast of one set, by subject and template.

    Args:
        set_name: of the set.
        contrast: what is compared.
        subjects: the S names.
        table: float64 (S, T), nats; NaN where a sentence is missing.
        targets: float64 (S,), what each should be; 0 is parity.
        context: float64 (S,), the same contrast of shares elsewhere; NaN where there are none.
        clearest: of each subject the sentence that speaks most for the direction that its templates take.
        missing: cells of the set that could not be scored.
    """

    set_name: str
    contrast: Contrast
    subjects: tuple[str, ...]
    table: Floats
    targets: Floats
    context: Floats
    clearest: tuple[str, ...]
    missing: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """Templates of each subject, (S,)."""
        return np.asarray(np.isfinite(self.table).sum(axis=1), dtype=np.int64)

    @property
    def means(self) -> Floats:
        """The association of each subject in nats, (S,)."""
        return np.asarray(np.nanmean(self.table, axis=1))

    @property
    def errors(self) -> Floats:
        """Standard errors of these, (S,)."""
        return np.asarray(np.nanstd(self.table, axis=1, ddof=1) / np.sqrt(self.counts))

    def reach(self, level: float) -> Floats:
        """How far Student's limits at a level lie from the means, (S,)."""
        from scipy.special import stdtrit

        return np.asarray(stdtrit(self.counts - 1, 0.5 + level / 2) * self.errors)

    def p_values(self) -> Floats:
        """Two-sided, of each subject's association being its target, (S,)."""
        from scipy.special import stdtr

        away, errors, counts = np.abs(self.means - self.targets), self.errors, self.counts
        score = np.divide(away, errors, out=np.zeros_like(away), where=errors > 0)
        # Where nothing varies, only that all templates agree is known.
        exact = np.where(away > 1e-9, 0.5 ** (counts - 1), 1.0)
        return np.asarray(np.where(errors > 0, 2 * stdtr(counts - 1, -score), exact))

    def indifferent(self, rng: np.random.Generator) -> Floats:
        """Distances from the targets that templates alone would cause, (DRAWS, S)."""
        rest = np.nan_to_num(self.table - self.means[:, None]) * np.sqrt(self.counts / (self.counts - 1))[:, None]
        # A template moves all of its subjects together.
        noise: Floats = rng.standard_normal((DRAWS, rest.shape[1])) @ rest.T / self.counts
        return noise


def contrasted(probes: Sequence[ProbeScores]) -> Iterator[Contrasted]:
    """Every contrast of every set of associations with subjects that have enough templates."""
    for each in probes:
        if each.form == ASSOCIATIONS:
            for contrast in each.contrasts:
                found = _contrasted(each, contrast)
                if found is not None:
                    yield found


def _contrasted(probes: ProbeScores, contrast: Contrast) -> Contrasted | None:
    weights = np.array([contrast.weights.get(name, 0.0) for name in probes.variants])
    usable = (probes.scored | (weights == 0)).all(axis=1)
    values = probes.nats @ weights
    shape = len(probes.subjects), len(probes.clusters)
    # Several sentences of one template about one subject count as one.
    cell = probes.subject * shape[1] + probes.cluster
    count = np.bincount(cell[usable], minlength=shape[0] * shape[1])
    total = np.bincount(cell[usable], weights=values[usable], minlength=shape[0] * shape[1])
    table = np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(shape)
    missing = int((~usable).sum())
    if contrast.centred:
        rows, columns = complete(np.isfinite(table))
        table = table[np.ix_(rows, columns)]
        if len(rows) < 2:
            return None
        table = table - table.mean(axis=0)
    else:
        rows = np.arange(shape[0])
    kept = np.isfinite(table).sum(axis=1) >= FEWEST
    if not kept.any():
        return None
    rows, table = rows[kept], table[kept]
    subjects = tuple(probes.subjects[row] for row in rows.tolist())
    own = [_of_shares(contrast, probes.shares.get(name, {})) for name in subjects]
    shares = np.array([np.nan if each is None else each for each in own])
    return Contrasted(
        probes.name,
        contrast,
        subjects,
        table,
        np.nan_to_num(shares) if probes.targets and not contrast.centred else np.zeros(len(rows)),
        shares,
        _clearest(probes, weights, usable, rows, np.nanmean(table, axis=1)),
        missing,
    )


def complete(there: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of a table (S, T) that leave no cell empty: the emptiest go first."""
    rows, columns = np.arange(there.shape[0]), np.arange(there.shape[1])
    while len(rows) and len(columns) and not there[np.ix_(rows, columns)].all():
        part = there[np.ix_(rows, columns)]
        by_row, by_column = part.mean(axis=1), part.mean(axis=0)
        if by_row.min() < by_column.min():
            rows = rows[by_row > by_row.min()]
        else:
            columns = columns[by_column > by_column.min()]
    return rows, columns


def _of_shares(contrast: Contrast, shares: Mapping[str, float]) -> float | None:
    """The contrast of logarithms of shares; None where one is unknown."""
    if any(name not in shares for name in contrast.weights):
        return None
    return float(sum(weight * np.log(shares[name]) for name, weight in contrast.weights.items()))


def _clearest(
    probes: ProbeScores,
    weights: Floats,
    usable: NDArray[np.bool_],
    rows: NDArray[np.int64],
    means: Floats,
) -> tuple[str, ...]:
    """Of each subject the sentence, in the likelier variant, with the largest contrast in the direction of its mean."""
    values = probes.nats @ weights
    found = []
    for row, mean in zip(rows.tolist(), means.tolist(), strict=True):
        side = 1.0 if mean >= 0 else -1.0
        own = np.flatnonzero(usable & (probes.subject == row))
        best = int(own[np.argmax(side * values[own])])
        variant = int(np.argmax(side * weights))
        found.append(probes.texts[best][variant])
    return tuple(found)
