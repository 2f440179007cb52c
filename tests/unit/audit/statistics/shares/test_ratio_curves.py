"""Known answers of the pieces that intervals of ratios are made from; `tests/golden/test_modes.py` has whole ones."""

import numpy as np
import pytest
from scipy import special, stats

from genai_audit.audit.statistics.shares.ratio_curves import (
    NODES,
    RATIOS,
    STEPS,
    Floats,
    curves_against,
    normal_scores,
    ratio_curves,
    ratio_nodes,
    share_quantiles,
)


def test_ratios_are_densest_around_the_centre_and_reach_twelve_standard_errors() -> None:
    nodes = ratio_nodes(np.array([1.0, 0.2]), np.array([0.1, 0.5]))
    assert nodes.shape == (RATIOS, 2)
    assert nodes[RATIOS // 2] == pytest.approx([1.0, 0.2])
    assert np.log(nodes[-1] / nodes[RATIOS // 2]) == pytest.approx(STEPS * np.array([0.1, 0.5]))
    assert np.log(nodes[0] * nodes[-1]) == pytest.approx(2 * np.log([1.0, 0.2]))
    gaps = np.diff(np.log(nodes), axis=0)[RATIOS // 2 :]
    assert (np.diff(gaps, axis=0) > 0).all()


@pytest.mark.parametrize("above", [False, True])
def test_quantiles_of_a_share_are_those_of_its_beta_distribution(above: bool) -> None:
    found = share_quantiles(np.array([30.0]), 200, above=above)[:, 0]
    shape = (30.25, 170.75) if above else (30.75, 170.25)
    z, half = np.linspace(-7.5, 7.5, NODES), NODES // 2
    assert found[: half + 1] == pytest.approx(stats.beta(*shape).ppf(stats.norm.cdf(z[: half + 1])))
    assert found[half:] == pytest.approx(stats.beta(*shape).isf(stats.norm.sf(z[half:])))


def test_upper_ends_see_smaller_shares_than_lower_ends() -> None:
    counts = np.array([1.0, 30.0, 200.0])
    low, high = (share_quantiles(counts, 200, above=above) for above in (False, True))
    assert (high[:, :2] < low[:, :2]).all()
    # All of them: the share is u^(1 / (n + 1/4)) for upper ends, and 1 for lower ends, but for a billionth.
    assert high[:, 2] == pytest.approx(stats.norm.cdf(np.linspace(-7.5, 7.5, NODES)) ** (1 / 200.25), rel=1e-9)
    assert low[NODES // 2 :, 2] == pytest.approx(1.0)


def test_scores_of_a_probability_that_is_the_same_everywhere_are_its_quantile() -> None:
    beyond = np.array([0.9, 0.5, 1e-3, 1e-30])
    blocks = np.broadcast_to(beyond[:, None, None], (4, NODES, 1))
    scores = normal_scores(1 - blocks, blocks)[:, 0]
    assert scores == pytest.approx(-special.ndtri(beyond), abs=1e-9)


def test_scores_rise_even_where_probabilities_do_not() -> None:
    flat = np.full((5, NODES, 2), 0.25)
    assert (np.diff(normal_scores(flat, 1 - flat), axis=0) > 0).all()


def lognormal(points: Floats, above: bool) -> tuple[Floats, Floats]:
    """A share of 0.02 whose logarithm has a standard error of 0.3."""
    z = np.log(points / 0.02) / 0.3
    return special.ndtr(z), special.ndtr(-z)


def test_against_a_share_that_is_nearly_exact_the_interval_is_that_of_the_first_share() -> None:
    found = curves_against(
        lognormal,
        estimate=np.array([0.2]),
        centre=np.array([0.2]),
        width=np.array([0.3]),
        counts=np.array([1e11]),
        n=10**12,
    ).limits([0.95])
    reach = stats.norm.ppf(0.975) * 0.3
    assert (found.low[0, 0], found.high[0, 0]) == pytest.approx((0.2 * np.exp(-reach), 0.2 * np.exp(reach)), rel=1e-4)


def test_errors_of_both_shares_add_on_the_logarithmic_scale() -> None:
    # 400 of very many records: a relative standard error of 1/20.
    found = curves_against(
        lognormal,
        estimate=np.array([0.2]),
        centre=np.array([0.2]),
        width=np.array([np.hypot(0.3, 0.05)]),
        counts=np.array([400.0]),
        n=4_000,
    ).limits([0.95])
    width = np.log(found.high[0, 0] / found.low[0, 0])
    assert width == pytest.approx(2 * 1.96 * np.sqrt(0.3**2 + 0.9 * 0.05**2), rel=0.01)


def test_two_counted_shares_are_a_case_of_any_distribution_against_a_counted_one() -> None:
    def binomial(points: Floats, above: bool) -> tuple[Floats, Floats]:
        shape = (50.75, 950.25) if above else (50.25, 950.75)
        inside = np.minimum(points, 1.0)
        return special.betainc(*shape, inside), special.betaincc(*shape, inside)

    whole = ratio_curves(generated=[50], m=1_000, reference=[40], n=900).limits([0.9, 0.99])
    parts = curves_against(
        binomial,
        estimate=np.array([0.05 * 900 / 40]),
        centre=np.array([50.5 / 1_000 * 900 / 40]),
        width=np.sqrt(np.array([1 / 50.5 + 1 / 40])),
        counts=np.array([40.0]),
        n=900,
    ).limits([0.9, 0.99])
    assert np.stack(parts) == pytest.approx(np.stack(whole), rel=1e-12)
