"""What the evidence of GA404 says: how many records reproduce, how long their runs are, and what can be extracted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.reproductions.kind import Closeness, Extraction, Reproductions, Runs
from ...statistics.intervals import Share
from ...statistics.reproduction.chance import Bar, Excess, excess
from ...statistics.reproduction.extraction import discoverable
from ...statistics.reproduction.runs import Stretches, covered

Floats = NDArray[np.float64]

_FEW_LONGER = 0.1
"""Records of the null that are longer than the bar, as a share, below which runs tell nothing."""


@dataclass(frozen=True, slots=True)
class Covered:
    """The share of tokens in runs longer than chance: of generated records, and of those of the null."""

    generated: Share
    null: Share


@dataclass(frozen=True, slots=True)
class Extracted:
    """How many training records can be extracted, and how many of the null: counts out of how many were asked about.

    Args:
        found: training records that come out within n tries with chance p.
        asked: training records.
        null_found: held-out records that come out so.
        null_asked: held-out records; 0 without a holdout.
    """

    found: int
    asked: int
    null_found: int
    null_asked: int


@dataclass(frozen=True, slots=True)
class Measured:
    """All that is reported.

    Args:
        verbatim: records that reproduce.
        by_whole: whether only records count that stand in one training record as a whole, and all of these: where
            hardly
            any record is longer than the bar, no run can be longer than chance.
        near: records that nearly do.
        covered: tokens in runs longer than chance; None for pictures and rows, or where no record has a token.
        extracted: None where the model gives no probability of a token.
    """

    verbatim: Excess
    by_whole: bool
    near: Excess
    covered: Covered | None
    extracted: Extracted | None


def measured(evidence: Reproductions, *, false_match: float, tries: int, chance: float) -> Measured:
    """All numbers; the parameters are those of the auditor."""
    verbatim, near = (_excess(each, false_match) for each in (evidence.verbatim, evidence.near))
    by_whole = _no_longer_run(evidence, verbatim.bar)
    covered_share = None if by_whole else _covered(evidence, verbatim.bar)
    if by_whole:
        sides = [(each == 0).astype(np.float64) for each in (evidence.whole, evidence.null_whole)]
        verbatim = excess(generated=sides[0], null=sides[1], share=false_match, end=1.0)
    return Measured(
        verbatim=verbatim,
        by_whole=by_whole,
        near=near,
        covered=covered_share,
        extracted=None if evidence.extraction is None else extracted(evidence.extraction, tries=tries, chance=chance),
    )


def passed(found: Measured, evidence: Reproductions) -> NDArray[np.bool_]:
    """Which generated records reproduce."""
    return evidence.whole == 0 if found.by_whole else found.verbatim.bar.counts(evidence.verbatim.generated)


def _no_longer_run(evidence: Reproductions, over: Bar) -> bool:
    """Whether the bar is as long as records are, as where whole texts come again by chance: then no run is longer.

    The null alone decides, and the more of its records are whole by chance, the likelier; so the test stays careful.
    """
    if evidence.null_runs is None:
        return False
    longer = float((evidence.null_runs.tokens > over.value).mean())
    return longer < _FEW_LONGER and int((evidence.null_whole == 0).sum()) > over.passed


def _excess(closeness: Closeness, share: float) -> Excess:
    return excess(generated=closeness.generated, null=closeness.null, share=share, end=closeness.end)


def extracted(evidence: Extraction, *, tries: int, chance: float) -> Extracted:
    """How many records come out within so many tries with that chance."""
    found, null = (discoverable(each, n=tries, p=chance) for each in (evidence.training, evidence.null))
    return Extracted(int(found.sum()), len(found), int(null.sum()), len(null))


def _covered(evidence: Reproductions, bar: Bar) -> Covered | None:
    if evidence.runs is None or evidence.null_runs is None:
        return None
    sides = [_share(each, int(bar.value) + 1) for each in (evidence.runs, evidence.null_runs)]
    return None if sides[0] is None or sides[1] is None else Covered(sides[0], sides[1])


def _share(runs: Runs, least: int) -> Share | None:
    """A ratio of sums over records, with its variance by linearisation; None where there are no tokens."""
    total, n = int(runs.tokens.sum()), len(runs.tokens)
    if not total:
        return None
    inside = covered(Stretches(runs.record, runs.start, runs.length), records=n, least=least)
    value = float(inside.sum() / total)
    rest = inside - value * runs.tokens
    variance = float((rest**2).sum() * n / (n - 1) / total**2)
    inner = value * (1 - value)
    # Where no token lies in such a run, records stand for the trials: tokens of one record are not independent.
    return Share(value, variance / (4 * inner) if inner > 0 else 1 / (4 * n), total if inner > 0 else n, n - 1)


def quantile_ends(values: Floats, share: float, level: float) -> tuple[float, float] | None:
    """Exact limits of a quantile from the order of the values; None where these are too few to bound it.

    Reference: David and Nagaraja 2003, Order Statistics, section 7.1.
    """
    from scipy.special import bdtr

    n, tail = len(values), (1 - level) / 2
    sums = bdtr(np.arange(n + 1, dtype=np.float64), n, share)
    low, high = int(np.searchsorted(sums, tail, side="right")), int(np.searchsorted(sums, 1 - tail)) + 1
    if low < 1 or high > n:
        return None
    ordered = np.sort(values)
    return float(ordered[low - 1]), float(ordered[high - 1])
