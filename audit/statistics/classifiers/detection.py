"""A classifier two-sample test: how well can real and generated records be told apart on records it was not fitted to?

The answer is the area under the ROC curve on held-out halves: the chance that a generated record gets a higher score
than a real one, ties counting half. Given the classifier, held-out scores are independent, so its variance is known
exactly (DeLong), whatever the classifier does; if both distributions are equal the expectation is 1/2 for any
classifier.
Fitting on either half in turn and averaging would look twice as precise and is not: both fits err alike.

Reference: Lopez-Paz & Oquab 2017, arXiv:1610.06545; DeLong et al. 1988, doi:10.2307/2531595.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...finding import Interval
from ..intervals import Share
from ..neighbours.cloud import checked
from .detector import Detector, fit

# With fewer degrees of freedom than this the fourth moment is itself a guess.
_LEAST_FREEDOM = 8.0

Values = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Auc:
    """The area under the ROC curve with what its uncertainty is computed from.

    Args:
        value: share of pairs in which the generated record has the higher score, ties counting half, in [0, 1].
        from_generated: the part of its variance due to the generated records.
        from_reference: the part due to the reference records.
        null_variance: its variance if both sets had one distribution.
        freedom: degrees of freedom of the two parts together, fewer where they hang on few records.
        generated: generated records.
        reference: reference records.
    """

    value: float
    from_generated: float
    from_reference: float
    null_variance: float
    freedom: float
    generated: int
    reference: int

    def limits(self, level: float) -> Interval:
        """Those of a share at the effective number of trials, so that they stay inside [0, 1] and open at its ends.

        Where no pair is in the wrong order, every record of the smaller set counts as one trial.
        """
        m, n = self.generated, self.reference
        variance = self.from_generated + self.from_reference
        if variance <= 0:
            return Share(self.value, 0.0, min(m, n), m + n - 2).limits(level)
        # Among many ties the score hangs on few records: never less than two on either side.
        on_angle = max(variance / (4 * self.value * (1 - self.value)), (1 / m**2 + 1 / n**2) / 2)
        return Share(self.value, on_angle, m * n, self.freedom).limits(level)

    def p_value(self) -> float:
        """The chance of a value as high if both sets had one distribution (Mann & Whitney); at least 1e-6."""
        from scipy.special import ndtr

        if self.null_variance <= 0:
            return 1.0
        return max(float(ndtr((0.5 - self.value) / math.sqrt(self.null_variance))), 1e-6)


@dataclass(frozen=True, slots=True)
class Detection:
    """A classifier of real and generated records, and how it did on records that it had not seen.

    Args:
        auc: on the held-out halves.
        detector: the classifier.
        generated_rows: which generated records were held out.
        reference_rows: which reference records were held out.
        generated_scores: their scores, higher for what looks generated.
        reference_scores: the same of the held-out reference records.
    """

    auc: Auc
    detector: Detector
    generated_rows: Indices
    reference_rows: Indices
    generated_scores: Values
    reference_scores: Values


def detect(*, generated: ArrayLike, reference: ArrayLike, rng: np.random.Generator) -> Detection:
    """Fit a classifier on a random half of both sets and measure it on the other half.

    Args:
        generated: (n, d), at least four rows.
        reference: (n, d), as many.
        rng: cuts the halves and draws the classifier's random features.

    Raises:
        ValueError: on wrong or unequal shapes, values that are not finite, or too few rows.
    """
    y, x = checked(generated, "generated"), checked(reference, "reference")
    if x.shape != y.shape or len(x) < 4:
        raise ValueError(
            f"expected equally many records of equally many features, four or more, got {y.shape} and {x.shape}"
        )
    half = len(x) // 2
    rows = [rng.permutation(len(x)) for _ in range(2)]
    (y_fit, y_test), (x_fit, x_test) = ((each[:half], np.sort(each[half:])) for each in rows)
    detector = fit(generated=y[y_fit], reference=x[x_fit], rng=rng)
    scores = detector.scores(y[y_test]), detector.scores(x[x_test])
    return Detection(area(generated=scores[0], reference=scores[1]), detector, y_test, x_test, *scores)


def area(*, generated: ArrayLike, reference: ArrayLike) -> Auc:
    """The area under the ROC curve of given scores, independent of each other, with its variance.

    Args:
        generated: (m,), at least two.
        reference: (n,), at least two.

    Raises:
        ValueError: on fewer scores or any that is not finite.
    """
    from scipy.stats import rankdata

    y, x = np.asarray(generated, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if y.ndim != 1 or x.ndim != 1 or min(len(x), len(y)) < 2 or not np.isfinite(np.concatenate([x, y])).all():
        raise ValueError(f"expected two finite scores or more on both sides, got shapes {y.shape} and {x.shape}")
    m, n = len(y), len(x)
    ranks = rankdata(np.concatenate([y, x]))
    above = (ranks[:m] - rankdata(y)) / n  # The share of reference scores below each generated one.
    below = 1 - (ranks[m:] - rankdata(x)) / m
    _, counts = np.unique(ranks, return_counts=True)
    total = m + n
    tied = float((counts.astype(np.float64) ** 3 - counts).sum()) / (total * (total - 1))
    from_generated, from_reference = (float(each.var(ddof=1)) / len(each) for each in (above, below))
    doubt = from_generated**2 * _doubt(above) + from_reference**2 * _doubt(below)
    freedom = 2 * (from_generated + from_reference) ** 2 / doubt if doubt > 0 else float(total)
    return Auc(
        value=float(above.mean()),
        from_generated=from_generated,
        from_reference=from_reference,
        freedom=min(max(freedom, _LEAST_FREEDOM), total - 2.0),
        null_variance=(total + 1 - tied) / (12 * m * n),
        generated=m,
        reference=n,
    )


def _doubt(placements: Values) -> float:
    """Relative variance of a sample variance, from the fourth moment."""
    from scipy.stats import kurtosis

    if np.ptp(placements) == 0:
        return 0.0
    return max(float(kurtosis(placements, fisher=False)) - 1, 0.0) / len(placements)
