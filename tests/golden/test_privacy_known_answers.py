"""Known answers about copies and members that concern no auditor alone: nulls of others, and controls."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal

from genai_audit.audit.evidence.likelihoods.kind import Scored
from genai_audit.audit.evidence.membership.kind import MembershipScore
from genai_audit.audit.privacy.shared.calibration import base_of
from genai_audit.audit.statistics.copying.nulls import authenticity
from genai_audit.audit.statistics.membership.separation import separation
from golden.unaudited.integrated_support import integrated_precision, integrated_recall
from golden.unaudited.minhash import candidate_share, standard_error, tuned

RNG = np.random.default_rng


@pytest.mark.parametrize(("dimensions", "recall"), [(2, 0.49), (8, 0.47), (64, 0.50)])
def test_integrated_precision_and_recall_of_a_perfect_generator(dimensions: int, recall: float) -> None:
    """K27: about 0.97 and a half, not 1: in half of all cases the nearest record is a real one."""
    rng = RNG(dimensions)
    sets = [[rng.normal(size=(1000, dimensions)) for _ in range(2)] for _ in range(3)]
    precisions = [integrated_precision(generated=one, reference=other) for one, other in sets]
    recalls = [integrated_recall(generated=one, reference=other) for one, other in sets]
    assert np.mean(precisions) == pytest.approx(0.97, abs=0.015)
    assert np.mean(recalls) == pytest.approx(recall, abs=0.03)


def test_half_of_all_real_records_are_identifiable_by_chance() -> None:
    """Nearest generated against nearest other real record, equal sizes: by exchangeability each is nearer in half."""
    rng = RNG(0)
    real, made = rng.normal(size=(2000, 5)), rng.normal(size=(2000, 5))
    between, own = cdist(real, made), cdist(real, real)
    np.fill_diagonal(own, np.inf)
    assert 1 - authenticity(distance=between.min(1), own=own.min(1)) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("threshold", "bands", "rows", "recall"), [(0.5, 25, 5, 55), (0.7, 14, 9, 44), (0.8, 9, 13, 40), (0.9, 5, 25, 31)]
)
def test_an_index_misses_half_of_what_lies_at_its_threshold(
    threshold: float, bands: int, rows: int, recall: int
) -> None:
    """Answer 22. 1 − (1 − 0.5⁵)²⁵ = 0.548, and so on: what an index did not find may well be a near-copy."""
    assert tuned(threshold) == (bands, rows)
    assert round(100 * candidate_share(threshold, bands=bands, rows=rows)) == recall
    # √(0.25 / 128) = 0.044 at a half.
    assert standard_error(0.5, 128) == pytest.approx(0.0442, abs=1e-4)


def test_a_base_model_that_learned_from_the_holdout_makes_members_of_all_others() -> None:
    """Answer 23: the target memorised nothing, as it is the truth; a base model of the holdout alone is refused."""
    rng = RNG(1)
    # As many parameters as 0.55 of the records: 46 means and 1,081 covariances of 2,000.
    d, n = 46, 2000
    truth = multivariate_normal(np.zeros(d))
    training, holdout, apart = (rng.normal(size=(n, d)) for _ in range(3))

    def score(fitted_to: np.ndarray) -> MembershipScore:
        base = multivariate_normal(fitted_to.mean(0), np.cov(fitted_to.T))
        rows = np.arange(n)
        return MembershipScore(
            "log-likelihood",
            "likelihood",
            *(Scored(rows, truth.logpdf(each), rows * 0 + d) for each in (training, holdout, apart)),
            base_training=base.logpdf(training),
            base_holdout=base.logpdf(holdout),
        )

    learned, fair = base_of(score(holdout)), base_of(score(apart))
    assert learned is not None
    assert fair is not None
    # About 0.71 where nothing is to be told: the base model gives the holdout more, so that all others stand out.
    assert separation(members=learned.training, others=learned.holdout).value == pytest.approx(0.71, abs=0.08)
    assert not learned.symmetric
    assert "learned from holdout records" in learned.refusal
    assert separation(members=fair.training, others=fair.holdout).value == pytest.approx(0.5, abs=0.04)
    assert fair.symmetric
