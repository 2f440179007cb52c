"""Known answers for spectra, units and coincidences; the derivation stands beside each."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.latents.coincidences import partners, regions, typical_distance
from genai_audit.audit.statistics.latents.spectra import (
    MOST_DECADES,
    count_above,
    effective_rank,
    log_condition,
    marginal_divergence,
    mean_curve,
    median_curve,
    posterior_divergence,
    relative_strength,
    resolved,
    variances,
)


@pytest.mark.parametrize(
    ("singular_values", "rank"),
    [
        # Equal values have uniform shares: the entropy of r equal shares is log r.
        ([2.0, 2.0, 2.0, 2.0, 2.0], 5.0),
        ([3.0, 0.0, 0.0], 1.0),
        # Energies ½, ¼, ¼: the entropy is 1.5 log 2.
        ([math.sqrt(2), 1.0, 1.0], 2**1.5),
        # Energies 0.9 and 0.1.
        ([3.0, 1.0], 0.9**-0.9 * 0.1**-0.1),
        ([0.0, 0.0], 0.0),
    ],
)
def test_effective_rank(singular_values: list[float], rank: float) -> None:
    assert effective_rank(np.array([singular_values]))[0] == pytest.approx(rank, rel=1e-12)


@pytest.mark.parametrize(
    ("singular_values", "decades"),
    [([100.0, 50.0, 1.0], 2.0), ([1.0, 1.0], 0.0), ([1.0, 0.0], MOST_DECADES), ([0.0, 0.0], MOST_DECADES)],
)
def test_condition_number(singular_values: list[float], decades: float) -> None:
    assert log_condition(np.array([singular_values]))[0] == pytest.approx(decades, abs=1e-12)


def test_what_rounding_leaves_is_not_resolved() -> None:
    values = np.array([[1.0, 1e-3, 1e-5], [0.5, 1e-3, 1e-7]])
    assert (resolved(values, floor=0.0) > 0).tolist() == [[True, True, False], [True, True, False]]
    assert (resolved(values, floor=0.01) > 0).tolist() == [[True, False, False], [True, False, False]]


@pytest.mark.parametrize(
    ("mean", "variance", "nats"),
    [
        (0.0, 1.0, 0.0),
        (1.0, 1.0, 0.5),
        # ½ (v − 1 − ln v)
        (0.0, math.e, (math.e - 2) / 2),
        (2.0, 0.25, 2 + 0.5 * (0.25 - 1 + math.log(4))),
    ],
)
def test_divergence_of_a_posterior(mean: float, variance: float, nats: float) -> None:
    found = posterior_divergence(np.array([[mean]]), np.log(np.array([[variance]])))
    assert found[0, 0] == pytest.approx(nats, abs=1e-12)


def test_divergence_of_a_hardly_moved_posterior_keeps_its_digits() -> None:
    # ½ (eᵛ − 1 − v) = v²/4 + …
    assert posterior_divergence(np.array(0.0), np.array(1e-6)) == pytest.approx(2.5e-13, rel=1e-3)


def test_an_aggregate_that_is_the_prior_has_no_divergence_although_every_posterior_has() -> None:
    # Means ±√0.75 and variance 0.25 make the variance 1, around 0.
    means = np.sqrt(0.75) * np.array([[1.0], [-1.0]])
    log_variances = np.log(np.full((2, 1), 0.25))
    assert marginal_divergence(means, log_variances)[0] == pytest.approx(0.0, abs=1e-12)
    assert (posterior_divergence(means, log_variances) > 0.4).all()


def test_the_mean_of_symmetric_values_has_student_s_limits() -> None:
    from scipy.stats import t

    values = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    found = next(each for each in mean_curve(values, least=-9, most=9) if each.level == 0.95)
    width = t.ppf(0.975, 6) * values.std(ddof=1) / math.sqrt(7)
    assert (found.low, found.high) == pytest.approx((-width, width))
    clipped = mean_curve(values, least=-0.1, most=0.2)[-1]
    assert (clipped.low, clipped.high) == (-0.1, 0.2)
    assert {(each.low, each.high) for each in mean_curve(np.full(9, 2.0), least=0, most=9)} == {(2.0, 2.0)}


def test_the_mean_of_skewed_values_is_missed_on_either_side_alike() -> None:
    """Squares of 50 normal values: Student's t misses their mean from below in 6 % and from above in under 1 %."""
    rng = np.random.default_rng(0)
    below, above, runs = 0, 0, 800
    for _ in range(runs):
        found = mean_curve(rng.normal(size=50) ** 2, least=0.0, most=math.inf)[LEVELS.index(0.95)]
        below += found.high < 1
        above += found.low > 1
    # 20 of each are expected; more than these are seen in one of 1,000 studies.
    assert below <= 45
    assert 5 <= above <= 36
    assert below + above <= 0.07 * runs


def test_the_median_lies_between_order_statistics() -> None:
    """P(X₍ₖ₎ > median) is the chance that fewer than k of n fair coins fall low; the largest k below half the error."""
    n = 100
    values = np.random.default_rng(0).permutation(n).astype(float)
    curve = median_curve(values, least=-1.0, most=101.0)
    at = next(each for each in curve if each.level == 0.95)
    assert (at.low, at.high) == (39.0, 60.0)
    assert binom.cdf(39, n, 0.5) <= 0.025 < binom.cdf(40, n, 0.5)
    few = median_curve(values[:4], least=-1.0, most=101.0)
    assert (few[-1].low, few[-1].high) == (-1.0, 101.0)


def test_a_column_of_twice_the_norm_has_twice_the_strength() -> None:
    norms = np.tile([2.0, 1.0, 1.0, 0.0], (10, 1))
    found = relative_strength(norms)
    assert found.values.tolist() == [2.0, 1.0, 1.0, 0.0]
    assert [each.tolist() for each in found.bounds(0.99)] == [[2.0, 1.0, 1.0, 0.0]] * 2
    assert count_above(found, 0.1)[0] == 3
    # Beside a least total of 400 all of them do next to nothing.
    assert relative_strength(norms, least=400.0).values.tolist() == [0.02, 0.01, 0.01, 0.0]


def test_simultaneous_bounds_of_variances_hold_all_at_once() -> None:
    """400 repeats of 8 variances, normal, uniform and two-pointed: all 8 held at least as often as the level says."""
    rng = np.random.default_rng(0)
    level, held = 0.9, 0
    for _ in range(400):
        values = np.concatenate(
            [rng.normal(size=(200, 4)), rng.random((200, 2)) * 12**0.5, 2.0 * (rng.random((200, 2)) < 0.5)], axis=1
        )
        low, high = variances(values).bounds(level)
        held += bool(((low <= 1) & (high >= 1)).all())
    assert held >= 0.87 * 400
    assert len(count_above(variances(values), 0.01)[1]) == len(LEVELS)


def test_typical_distance() -> None:
    # E|x − y|² = 2 Σ variances.
    points = np.array([[0.0, 0.0], [2.0, 4.0]])
    assert typical_distance(points) == pytest.approx(math.sqrt(2 * (2 + 8)))


def test_partners_are_far_in_and_near_out() -> None:
    """Four inputs on a line: 0 and 3 give one output, 0 and 0.1 as well, but those two are neighbours."""
    inputs = np.array([[0.0], [0.1], [3.0], [6.0]])
    outputs = np.array([[1.0], [1.0], [1.0], [5.0]])
    found = partners(outputs=outputs, inputs=inputs, block=4)
    assert found.gap[:3].tolist() == [0.0, 0.0, 0.0]
    assert found.partner[:2].tolist() == [2, 2]
    assert found.company.tolist() == [1, 1, 2, 0]
    assert found.gap[3] == pytest.approx(4 / typical_distance(outputs))
    inside, centres = regions(outputs=outputs, company=found.company, most=3)
    assert inside.tolist() == [0, 0, 0, -1]
    assert centres.tolist() == [2]


def test_a_linear_map_has_no_coincidences_whatever_its_spectrum() -> None:
    """Where expected distances are those of the outputs, no pair at half of the typical one is at a tenth of it."""
    points = np.random.default_rng(0).normal(size=(512, 5)) * [10, 1, 0.1, 0, 0]
    found = partners(outputs=points, inputs=points, block=128)
    assert found.gap.min() >= 0.5
    assert not found.company.any()


def test_shares_of_partners_do_not_depend_on_the_number_of_blocks() -> None:
    """With G equally likely outputs a draw has a partner among b − 1 others with chance 1 − (1 − 1/G)^(b − 1)."""
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(100, 8))[rng.integers(100, size=64 * 200)]
    found = partners(outputs=outputs, inputs=None, block=64)
    assert (found.gap == 0).mean() == pytest.approx(1 - 0.99**63, abs=0.02)
