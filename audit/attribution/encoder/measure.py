"""What the encoder's evidence says: how far codes are apart, which regions set them, and where they lose a group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.encoded.kind import Encoded
from ...finding import NOMINAL
from ...statistics.attribution.map_gaps import MapGaps, map_gaps, resolved
from ...statistics.attribution.region_excess import RegionExcess, region_excess
from ...statistics.attribution.region_shares import RegionShares, shares_of_size, student_reach

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MATERIAL = 0.1
"""The smallest material spread of codes, in standard deviations of a code's own noise."""

FEWEST = 25
"""Records of a group below which it is not compared."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far records' codes are apart, in standard deviations of a code's own noise; on the log scale of its square.

    Args:
        value: at least 0.
        relative: standard error of the logarithm of its square.
        freedom: degrees of freedom of that error.
    """

    value: float
    relative: float
    freedom: int

    def limits(self, level: float) -> tuple[float, float]:
        """Student's limits on the log scale."""
        factor = float(np.exp(student_reach(level, self.freedom) * self.relative / 2))
        return self.value / factor, self.value * factor


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that is reported.

    Args:
        spread: of the codes.
        shares: of regions in what sets the code; None where no region does anything.
        compared: the groups with enough records, as places in the names.
        too_small: why the others are not compared.
        excess: where a group's error is above that of the others; None without errors or groups.
        gaps: between groups' maps of errors.
    """

    spread: Spread
    shares: RegionShares | None
    compared: tuple[int, ...]
    too_small: tuple[str, ...]
    excess: RegionExcess | None
    gaps: MapGaps | None

    @property
    def material(self) -> bool:
        """Whether records have surely different codes by a material amount."""
        return self.spread.limits(NOMINAL)[0] > MATERIAL


def measured(evidence: Encoded, rng: np.random.Generator) -> Measured:
    """All numbers."""
    sizes = np.array([int((evidence.members == at).sum()) for at in range(len(evidence.groups))], dtype=np.int64)
    compared = tuple(at for at, size in enumerate(sizes) if size >= FEWEST)
    small = tuple(
        f"{name}: {size} records, of which {FEWEST} are needed"
        for name, size in zip(evidence.groups, sizes, strict=True)
        if 0 < size < FEWEST
    )
    excess, gaps = None, None
    if len(compared) > 1 and len(evidence.errors):
        excess, gaps = _errors(evidence, compared, rng)
    return Measured(spread_of(evidence), shares_of_size(evidence.map_of_records), compared, small, excess, gaps)


def spread_of(evidence: Encoded) -> Spread:
    """The root of the codes' variance over the variance of the code's own noise, both summed over dimensions."""
    means = evidence.means.astype(np.float64)
    noise = np.exp(np.clip(evidence.log_variances.astype(np.float64), -80, 80)).sum(axis=1)
    apart = np.square(means - means.mean(axis=0)).sum(axis=1)
    signal, usual, n = float(apart.mean()), float(noise.mean()), len(means)
    if signal == 0 or usual == 0:
        # Without noise of its own, any two different codes are infinitely far apart: then the codes' size is the unit.
        scale = float(np.square(means).sum(axis=1).mean())
        return Spread(float(np.sqrt(signal / scale)) if scale > 0 else 0.0, 0.0, n - 1)
    relative = float((apart / signal - noise / usual).std(ddof=1)) / np.sqrt(n)
    return Spread(float(np.sqrt(signal / usual)), relative, n - 1)


def _errors(
    evidence: Encoded, compared: tuple[int, ...], rng: np.random.Generator
) -> tuple[RegionExcess | None, MapGaps | None]:
    chosen = np.isin(evidence.members, compared)
    errors, members = evidence.errors[chosen], np.searchsorted(compared, evidence.members[chosen])
    excess = region_excess(errors, members, len(compared), nominal=NOMINAL, rng=rng)
    samples = [(errors[members == at],) for at in range(len(compared))]
    if excess is None or not all(map(resolved, samples)):
        return excess, None
    return excess, map_gaps(samples, weights=[len(each[0]) for each in samples], rng=rng)
