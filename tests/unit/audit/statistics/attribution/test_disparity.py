"""Gaps between two groups, put down to parts: they add up, and their limits hold."""

import numpy as np
import pytest

from genai_audit.audit.statistics.attribution.disparity import (
    Gap,
    gap_by_cluster,
    gap_by_row,
    resolved,
    share_of,
    widest,
)


def test_a_gap_is_the_mean_over_clusters_of_the_differences_within() -> None:
    gap = gap_by_cluster(values=[3.0, 1.0, 5.0, 4.0, 0.0], sides=[0, 1, 0, 0, 1], clusters=["a", "a", "b", "b", "b"])
    assert gap.units.tolist() == [2.0, 4.5]
    assert gap.value == 3.25


def test_shares_of_parts_that_add_up_add_up_to_one() -> None:
    rng = np.random.default_rng(0)
    parts = [Gap(float(each.mean()), each) for each in rng.normal(1, 0.3, (3, 12))]
    units = sum(each.units for each in parts)
    whole = Gap(float(units.mean()), units)
    assert sum(share_of(each, whole).value for each in parts) == pytest.approx(1)
    assert sum(share_of(each, whole).units for each in parts) == pytest.approx(np.ones(12))


def test_limits_over_a_dozen_clusters_hold_in_95_of_100_samples() -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        # Members of a cluster move together: to count them as independent would hold in a third of the samples.
        shifts = np.repeat(rng.normal(0, 1, 12), 6)
        sides, clusters = np.tile([0, 1], 36), np.repeat(np.arange(12), 6)
        values = np.where(sides == 0, 0.5 + shifts, 0.0) + rng.normal(0, 0.2, 72)
        (limits,) = gap_by_cluster(values=values, sides=sides, clusters=clusters).limits((0.95,))
        held += limits.low <= 0.5 <= limits.high
    assert held / 200 >= 0.92


def test_where_all_clusters_agree_only_that_is_known() -> None:
    gap = Gap(1.0, np.ones(6))
    assert gap.limits((0.95,))[0].low == gap.limits((0.95,))[0].high == 1.0
    assert gap.p_value() == 0.5**5
    assert Gap(0.0, np.zeros(6)).p_value() == 1.0
    assert not resolved(Gap(0.0, np.zeros(6)))


def test_rows_are_as_uncertain_as_their_influence() -> None:
    rng = np.random.default_rng(0)
    influence = rng.normal(0, 2, 5_000)
    gap = gap_by_row(value=0.1, influence=influence)
    assert gap.error == pytest.approx(2 / np.sqrt(5_000), rel=0.05)
    assert gap.p_value() == pytest.approx(2 * 0.00020, abs=5e-3)


def test_of_several_baselines_the_furthest_counts_with_the_limits_of_all() -> None:
    rng = np.random.default_rng(0)
    near, far = (Gap(float(each.mean()), each) for each in (rng.normal(1, 0.2, 12), rng.normal(-2, 0.2, 12)))
    furthest, limits = widest([near, far])
    assert furthest is far
    assert limits[3].low == far.limits()[3].low
    assert limits[3].high == near.limits()[3].high


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"values": [1.0, 2.0], "sides": [0, 1], "clusters": [0]}, "expected a side and a cluster"),
        ({"values": [1.0, np.nan], "sides": [0, 1], "clusters": [0, 0]}, "expected finite values"),
        ({"values": [1.0, 2.0], "sides": [0, 0], "clusters": [0, 1]}, "expected at least two clusters"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: dict[str, list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        gap_by_cluster(**arguments)


def test_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="expected a whole"):
        share_of(Gap(1.0, np.ones(3)), Gap(0.0, np.ones(3)))
