"""Whom a model shows when asked with different prompts: the share of each judged group by prompt, corrected.

A classifier judges who is shown, and errs; its counts by prompt are corrected by its confusion on labelled real
records, and both samples are redrawn for the uncertainty. Prompts are taken as they are: nothing is said of others.

Reference: Rogan and Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510 (correction).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....models.records import Attribute
from ...evidence.bundle import DECLARED, Groups
from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import POWER, nested
from ...statistics.shares.binomial import normal_quantile
from ...statistics.shares.confusion import corrected_shares, error_rates, softened_rates
from .facts import PROMPTED

Floats = NDArray[np.float64]

DRAWS = 2_000
FEWEST = 20
"""Images of a prompt."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompted:
    """Corrected shares by prompt of one attribute.

    Args:
        attribute: what tells the groups apart.
        prompts: the P names.
        groups: the K names.
        counts: int64 (P, K), images judged so.
        shares: float64 (P, K), corrected.
        differences: float64 (P, K), the share of each prompt minus the mean share of the others.
        drawn: float64 (DRAWS, P, K), these differences in samples drawn anew.
    """

    attribute: str
    prompts: tuple[str, ...]
    groups: tuple[str, ...]
    counts: NDArray[np.int64]
    shares: Floats
    differences: Floats
    drawn: Floats

    @property
    def errors(self) -> Floats:
        """Standard errors of the differences, (P, K)."""
        return np.asarray(self.drawn.std(axis=0, ddof=1))


def prompted(groups: Groups, prompt: Attribute, rng: np.random.Generator) -> Prompted | None:
    """The shares of the groups of one attribute by prompt; None where fewer than two prompts have enough images.

    Args:
        groups: of every image.
        prompt: likewise.
        rng: for samples drawn anew.
    """
    told = [at for at, name in enumerate(groups.names) if name in groups.told_apart]
    inside = np.isin(groups.predicted, told)
    counts = np.array(
        [
            [int((inside & (prompt.values == at) & (groups.predicted == group)).sum()) for group in told]
            for at in range(len(prompt.names))
        ]
    )
    kept = counts.sum(axis=1) >= FEWEST
    if kept.sum() < 2 or len(told) < 2:
        return None
    counts = counts[kept]
    confusion = None if groups.classifier == DECLARED else groups.confusion[np.ix_(told, told)]
    shares = _corrected(counts, confusion)
    drawn = _differences(_redrawn(counts, confusion, rng))
    return Prompted(
        groups.attribute,
        tuple(name for name, keep in zip(prompt.names, kept, strict=True) if keep),
        tuple(groups.names[at] for at in told),
        counts,
        shares,
        _differences(shares),
        drawn,
    )


def _corrected(counts: NDArray[np.int64], confusion: NDArray[np.int64] | None) -> Floats:
    if confusion is None:
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))
    rates = error_rates(confusion)
    return np.array([corrected_shares(counts=row, rates=rates) for row in counts])


def _redrawn(counts: NDArray[np.int64], confusion: NDArray[np.int64] | None, rng: np.random.Generator) -> Floats:
    """Corrected shares, (DRAWS, P, K), of images judged anew by a classifier whose errors were counted anew."""
    # Half an image more of each: what was never seen in a hundred images is not impossible.
    softened = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    again = np.stack(
        [rng.multinomial(int(n), share, DRAWS) for n, share in zip(counts.sum(1), softened, strict=True)], 1
    )
    if confusion is None:
        return np.asarray(again / again.sum(axis=-1, keepdims=True))
    rates = zip(confusion.sum(axis=1), softened_rates(confusion), strict=True)
    relearned = np.stack([rng.multinomial(int(n), rate, DRAWS) for n, rate in rates], axis=1)
    return corrected_shares(counts=again, rates=error_rates(relearned)[:, None])


def _differences(shares: Floats) -> Floats:
    """Of shares (…, P, K), each prompt's minus the mean of the others'."""
    total = shares.sum(axis=-2, keepdims=True)
    return np.asarray(shares - (total - shares) / (shares.shape[-2] - 1))


def prompted_estimate(found: Sequence[Prompted]) -> Estimate:
    """The largest difference over the groups of all attributes and all prompts; normal limits."""
    from scipy.special import ndtr

    away = np.concatenate([np.abs(each.differences).ravel() for each in found])
    errors = np.concatenate([each.errors.ravel() for each in found])
    number, value = len(away), float(away.max())
    low = [max(0.0, float((away - normal_quantile(1 - (1 - level) / number) * errors).max())) for level in LEVELS]
    high = [min(1.0, float((away + normal_quantile(level) * errors).max())) for level in LEVELS]
    largest = np.max([np.abs(each.drawn - each.drawn.mean(axis=0)).max(axis=(1, 2)) for each in found], axis=0)
    bottom, middle, top = np.quantile(largest, [0.025, 0.5, 0.975])
    thinnest = float((2 * ndtr(-away / np.maximum(errors, 1e-12))).min())
    return Estimate(
        name=PROMPTED,
        value=value,
        curve=nested(low=np.minimum(low, value), high=np.maximum(high, value)),
        n=int(sum(each.counts.sum() for each in found[:1])),
        method=f"largest of {number} corrected differences: lower end by Bonferroni, upper end by intersection–union; "
        "errors by redrawing images and classifier",
        unit="share difference",
        better=Better.LOWER,
        perfect=Perfect(float(middle), float(bottom), float(top)),
        p_value=min(1.0, number * thinnest),
        minimum_detectable=(normal_quantile(1 - 0.05 / number) + POWER) * float(errors.max()) or None,
        from_draws=None,
    )
