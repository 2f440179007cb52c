"""The tables of GA301: every mode, worst first, and the modes of each group."""

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.multiplicity import holm
from ...statistics.shares.binomial import Limits
from ...statistics.shares.ratio_curves import ratio_limits, ratio_p_values
from .estimates import MISSING, Ints, Measured, detectable

ALARM = 0.05
"""A mode is called thin where a perfect generator would show any as thin less often than this."""

_RATIO_COLUMNS = (
    Column("ratio", "Generated / real", Kind.RATIO),
    Column("ratio_low", "from (95 %)", Kind.RATIO),
    Column("ratio_high", "to (95 %)", Kind.RATIO),
)

_GROUP_COLUMNS = (
    Column("group", "Group", Kind.TEXT),
    Column("modes", "Modes it is the majority of", Kind.COUNT),
    Column("thin", "of these thin or missing", Kind.COUNT),
    Column("share_real", "Share of real samples", Kind.SHARE),
    Column("share_generated", "Share of generated samples", Kind.SHARE),
    *_RATIO_COLUMNS,
    Column("p_holm", "p, Holm", Kind.P_VALUE),
    Column("lost", "Lost by its modes together", Kind.SHARE),
    Column("lost_thin", "Lost by its thin modes", Kind.SHARE),
)


def tables(coverage: Measured, evidence: Evidence) -> tuple[Table, ...]:
    """All modes; and, where groups are known, what each group has lost."""
    return (_modes(coverage), *_groups(coverage, evidence))


def verdict(coverage: Measured, k: int) -> str:
    """`missing`, `thin`, or nothing to say, with control over all modes."""
    if coverage.thin.joint[k] > ALARM:
        return "–"
    return "missing" if coverage.ratios[k] < MISSING else "thin"


def worst_first(coverage: Measured) -> list[int]:
    """Modes by how surely they are thin, then by how thin they are."""
    return [int(k) for k in np.lexsort((coverage.ratios, coverage.thin.single))]


def _modes(coverage: Measured) -> Table:
    at = LEVELS.index(NOMINAL)
    counts = coverage.counts
    visible = detectable(coverage, tests=len(coverage.ratios))
    rows: list[tuple[str | int | float | None, ...]] = [
        (
            coverage.cells.names[k],
            verdict(coverage, k),
            float(counts.reference[k] / counts.n),
            float(counts.generated[k] / counts.m),
            float(coverage.ratios[k]),
            float(coverage.each.low[at, k]),
            float(coverage.each.high[at, k]),
            float(coverage.thin.joint[k]),
            float(coverage.thin.holm[k]),
            float(coverage.thin.fdr[k]),
            visible[k],
        )
        for k in worst_first(coverage)
    ]
    if not coverage.cells.elsewhere:
        outside = float(counts.reference[-1] / counts.n), float(counts.generated[-1] / counts.m)
        rows.append(("outside all modes", "–", *outside, *(None,) * 7))
    columns = (
        Column("mode", "Mode", Kind.TEXT),
        Column("verdict", "Verdict", Kind.TEXT),
        Column("share_real", "Share of real samples", Kind.SHARE),
        Column("share_generated", "Share of generated samples", Kind.SHARE),
        *_RATIO_COLUMNS,
        Column("p_joint", "p, over all modes (redrawn)", Kind.P_VALUE, coverage.p_floor),
        Column("p_holm", "p, Holm", Kind.P_VALUE),
        Column("p_fdr", "p, Benjamini–Hochberg", Kind.P_VALUE),
        Column("detectable", "Smallest loss that would show", Kind.SHARE),
    )
    thin = sum(verdict(coverage, k) != "–" for k in range(len(coverage.ratios)))
    caption = (
        f"Every mode, worst first: {thin} of {len(coverage.ratios)} thin or missing at the 5 % level over all modes. "
        f"All shares equal: {_equal(coverage)}"
    )
    return Table("modes", caption, columns, tuple(rows))


def _equal(coverage: Measured) -> str:
    """The p-value of all shares being equal, which has a least one."""
    return f"p {'≤' if coverage.global_p_value <= coverage.p_floor else '='} {coverage.global_p_value:.2g}"


def _groups(coverage: Measured, evidence: Evidence) -> tuple[Table, ...]:
    """For each group of the first attribute, the modes in which it is the majority, taken together."""
    majority, counts = coverage.cells.majority, coverage.counts
    present = [int(g) for g in np.unique(majority) if g >= 0]
    if not evidence.groups or not present:
        return ()
    first = evidence.groups[0]
    generated = np.array([counts.generated[:-1][majority == g].sum() for g in present])
    reference = np.array([counts.reference[:-1][majority == g].sum() for g in present])
    limits: Limits = ratio_limits(generated=generated, m=counts.m, reference=reference, n=counts.n, levels=[NOMINAL])
    p_values = ratio_p_values(generated=generated, m=counts.m, reference=reference, n=counts.n)
    adjusted = [step.adjusted for step in holm(p_values.tolist(), alpha=ALARM)]
    rows = [
        (
            first.names[g],
            *_of_modes(coverage, np.flatnonzero(majority == g)),
            float(reference[row] / counts.n),
            float(generated[row] / counts.m),
            float(generated[row] / counts.m) / float(reference[row] / counts.n),
            float(limits.low[0, row]),
            float(limits.high[0, row]),
            adjusted[row],
            max(0.0, float(reference[row] / counts.n) - float(generated[row] / counts.m)),
            _lost_by_thin(coverage, np.flatnonzero(majority == g)),
        )
        for row, g in enumerate(present)
    ]
    caption = (
        f"By {first.attribute}: the modes whose real samples are mostly of one group, taken together. "
        "No classifier of generated samples is needed; the modes of a group also hold some samples of others"
    )
    return (Table("groups", caption, _GROUP_COLUMNS, tuple(rows)),)


def _of_modes(coverage: Measured, modes: Ints) -> tuple[int, int]:
    """How many modes these are, and how many of them are thin or missing."""
    return len(modes), sum(verdict(coverage, int(k)) != "–" for k in modes)


def _lost_by_thin(coverage: Measured, modes: Ints) -> float:
    """The share of the reference that the thin ones of these modes lose together, at least 0."""
    counts = coverage.counts
    thin = (int(k) for k in modes if verdict(coverage, int(k)) != "–")
    return max(0.0, sum(float(counts.reference[k] / counts.n - counts.generated[k] / counts.m) for k in thin))
