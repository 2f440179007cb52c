"""The share of real data that lies in modes the generator gives too little, with an interval that knows its noise.

Lost mass is Σ max(0, real − generated share). Put estimates in, and it is biased upwards: a perfect generator seems to
lose something in half of all modes. So the statistic counts only what each mode loses or gains beyond one standard
error, and its distribution is simulated along a path of possible truths: differences between the shares shrunk towards
none, each by the same number of its standard errors. At one end of the path the generator is perfect, at the other it
is what was seen; the few modes that stand out fade last. The estimate is the truth whose median is the statistic, the
limits are the truths for which it would be just too large or too small. Where a single mode alone is surely thinner
than real, its loss is a lower limit too; a quarter of the error is spent on that.

Reference: Donoho and Johnstone 1995 for shrinking by thresholds, doi:10.1080/01621459.1995.10476626.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..intervals import POWER
from ..shares.binomial import Limits, clopper_pearson
from ..shares.total_variation import pearson
from .shares import Counts, Floats, Ints

_THRESHOLD = 1.0
# How far differences are shrunk, as parts of what removes the largest; below 0 they grow by that part instead.
_PARTS = np.concatenate([np.linspace(1, 0, 21) ** 2, [-0.05, -0.15, -0.3, -0.5]])
_REPEATS = 600
_SINGLE = 0.25  # of the lower limit's error, for the loss of a single mode


@dataclass(frozen=True, slots=True)
class LostMass:
    """The estimate, its limits (L,), what perfect generators would seem to lose (low, high), the least visible loss."""

    value: float
    limits: Limits
    perfect: tuple[float, float]
    detectable: float


def excess(counts: Counts, *, generated: Ints, reference: Ints) -> Floats:
    """Half of what modes (and the outside) lose or gain beyond one standard error each, for (…, K + 1) counts."""
    moved = np.abs(reference / counts.n - generated / counts.m)
    gained: Floats = 0.5 * np.maximum(moved - _THRESHOLD * _errors(counts), 0).sum(axis=-1)
    return gained


def lost_mass(counts: Counts, *, levels: ArrayLike, simulated: Ints, rng: np.random.Generator) -> LostMass:
    """The lost mass with two-sided intervals at `levels` (ascending), all in [0, 1].

    Args:
        counts: of a generator in question.
        levels: (L,) confidence levels.
        simulated: generated counts of perfect generators, from `redrawn`.
        rng: for the counts of generators along the path.
    """
    from scipy.special import ndtri

    observed = float(excess(counts, generated=counts.generated, reference=counts.reference))
    truths, reached, middles = _path(counts, observed, rng)
    z = ndtri(0.5 + np.asarray(levels, dtype=np.float64) / 2)
    # On the normal scale the chance of a statistic as large as the observed one is nearly straight in the truth.
    rising = np.maximum.accumulate(reached) + 1e-9 * np.arange(len(_PARTS))
    value = float(np.interp(0.0, rising, truths))
    high = np.interp(z, rising, truths)
    tails = (1 - np.asarray(levels, dtype=np.float64)) / 2
    low = np.interp(ndtri((1 - _SINGLE) * tails), rising, truths)
    low = np.maximum(low, np.minimum(_largest_single_loss(counts, _SINGLE * tails), value))
    pooled = counts.generated + counts.reference
    null = excess(counts, generated=simulated, reference=pooled - simulated)
    quantiles = np.quantile(null, [0.025, 0.95, 0.975])
    # The same reading of the statistic, applied to perfect generators.
    order = np.maximum.accumulate(middles) + 1e-12 * np.arange(len(_PARTS))
    perfect = np.interp(quantiles, order, truths)
    detectable = float(np.interp(quantiles[1] + POWER * null.std(), order, truths))
    return LostMass(
        value,
        Limits(np.minimum(low, value), np.maximum(high, value)),
        (float(perfect[0]), float(perfect[2])),
        detectable,
    )


def _errors(counts: Counts) -> Floats:
    pooled = (counts.generated + counts.reference) / (counts.m + counts.n)
    errors: Floats = np.sqrt(pooled * (1 - pooled) * (1 / counts.n + 1 / counts.m))
    return errors


def _largest_single_loss(counts: Counts, tails: Floats) -> Floats:
    """The largest of the lower limits, (L,), of real minus generated share over all modes, at least 0.

    Limits of both shares are combined as for independent errors. Reference: Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    levels = 1 - 2 * tails[:, None] / (len(counts.reference) - 1)
    reference, generated = counts.reference[:-1] / counts.n, counts.generated[:-1] / counts.m
    least = clopper_pearson(successes=counts.reference[None, :-1], trials=counts.n, level=levels).low
    most = clopper_pearson(successes=counts.generated[None, :-1], trials=counts.m, level=levels).high
    losses: Floats = np.maximum(reference - generated - np.hypot(reference - least, most - generated), 0).max(axis=1)
    return losses


def _path(counts: Counts, observed: float, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Lost mass along the path, ascending; Φ⁻¹ P(statistic ≥ observed); the median statistic: (parts,) each."""
    from scipy.special import ndtri

    m, n = counts.m, counts.n
    pooled = (counts.generated + counts.reference) / (m + n)
    difference = counts.reference / n - counts.generated / m
    steps = np.abs(difference) / np.maximum(_errors(counts), 1e-300)
    furthest = float(steps.max())
    truths, reached, middles = np.zeros((3, len(_PARTS)))
    for at, part in enumerate(_PARTS):
        kept = difference * np.maximum(0, 1 - max(part, 0) * furthest / np.maximum(steps, 1e-300)) * (1 - min(part, 0))
        reference = _shares(pooled + kept * m / (m + n))
        generated = _shares(pooled - kept * n / (m + n))
        truths[at] = np.maximum(reference - generated, 0)[:-1].sum()
        drawn = rng.multinomial(m, generated, size=_REPEATS)
        simulated = excess(counts, generated=drawn, reference=rng.multinomial(n, reference, size=_REPEATS))
        spread = max(float(simulated.std()), 1e-12)
        skewness = ((simulated - simulated.mean()) ** 3).mean() / spread**3
        below = float(pearson(np.array((observed - simulated.mean()) / spread), np.array(skewness)))
        reached[at] = ndtri(np.clip(1 - below, 1e-12, 1 - 1e-12))
        middles[at] = np.median(simulated)
    return np.maximum.accumulate(truths), reached, middles


def _shares(values: Floats) -> Floats:
    positive = np.maximum(values, 0)
    shares: Floats = positive / positive.sum()
    return shares
