"""Means of clustered values: their algebra, their coverage, and what is refused."""

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.statistics.paired.clusters import cluster_mean, satterthwaite, wild_cluster_p


def test_clusters_of_one_are_a_plain_t_interval_at_least() -> None:
    # CR3 of n singletons is the jackknife variance, s² / n exactly; symmetric values leave nothing to widen.
    values = np.concatenate([np.arange(1, 51), -np.arange(1, 51)]).astype(float)
    found = cluster_mean(values=values, clusters=np.arange(100), levels=[0.95])
    low, high = stats.t.interval(0.95, 99, 0, values.std(ddof=1) / 10)
    assert found.error == pytest.approx(values.std(ddof=1) / 10)
    assert found.freedom == pytest.approx(99)
    assert (found.curve[0].low, found.curve[0].high) == pytest.approx((low, high))


def test_freedom_is_that_of_the_quadratic_form_written_as_a_matrix() -> None:
    sizes, variances = np.array([3.0, 9, 1, 30, 7]), np.array([2.0, 5, 1, 60, 3])
    u = sizes / sizes.sum()
    residual = np.eye(5) - np.outer(u, np.ones(5))
    b = np.diag(1 / (1 - u)) @ residual @ np.diag(variances) @ residual.T @ np.diag(1 / (1 - u))
    assert satterthwaite(sizes, variances) == pytest.approx(np.trace(b) ** 2 / np.trace(b @ b))


def test_the_order_and_names_of_clusters_do_not_matter_and_values_shift_and_scale() -> None:
    rng = np.random.default_rng(0)
    clusters, values = rng.integers(0, 9, 80), rng.exponential(size=80)
    one = cluster_mean(values=values, clusters=clusters)
    order = rng.permutation(80)
    other = cluster_mean(values=3 + 2 * values[order], clusters=np.array([f"c{each}" for each in clusters])[order])
    for first, second in zip(one.curve, other.curve, strict=True):
        assert (second.low, second.high) == pytest.approx((3 + 2 * first.low, 3 + 2 * first.high))


def test_test_and_interval_of_few_clusters_agree() -> None:
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(8), [3, 5, 9, 4, 7, 6, 8, 2])
    values = rng.normal(size=len(clusters)) + rng.normal(size=8)[clusters]
    interval = cluster_mean(values=values, clusters=clusters, levels=[0.95]).curve[0]
    # The interval is the outer of several, so what lies beyond it is rejected.
    assert wild_cluster_p(values=values, clusters=clusters, null=interval.low - 0.01) <= 0.05
    assert wild_cluster_p(values=values, clusters=clusters, null=interval.high + 0.01) <= 0.05
    assert wild_cluster_p(values=values, clusters=clusters, null=float(values.mean())) == pytest.approx(1.0)


def test_the_smallest_p_value_of_three_clusters_is_that_of_equal_weights() -> None:
    # Of 6³ tables of weights the 6 with three equal ones give |t*| as large as equal totals: p = 6 / 216.
    values, clusters = np.array([9.99, 10.0, 10.01]), np.arange(3)
    assert wild_cluster_p(values=values, clusters=clusters) == pytest.approx(6 / 216)


def test_what_the_interval_leaves_in_is_not_rejected_where_clusters_are_skewed() -> None:
    values, clusters = np.exp(np.random.default_rng(1).normal(size=8)), np.arange(8)
    interval = cluster_mean(values=values, clusters=clusters, levels=[0.95]).curve[0]
    for inside in np.linspace(interval.low, interval.high, 12)[1:-1]:
        assert wild_cluster_p(values=values, clusters=clusters, null=float(inside)) > 0.0499


def test_many_equal_values_in_one_cluster_are_one_value() -> None:
    # Rows of one cluster that say the same say it once: the interval must not shrink with copies.
    clusters, values = np.arange(40), np.random.default_rng(5).normal(size=40)
    once = cluster_mean(values=values, clusters=clusters, levels=[0.95])
    copied = cluster_mean(values=np.repeat(values, 25), clusters=np.repeat(clusters, 25), levels=[0.95])
    assert copied.curve[0] == once.curve[0] or copied.curve[0].low == pytest.approx(once.curve[0].low)
    assert copied.freedom == pytest.approx(39)


@pytest.mark.parametrize("count", [6, 12, 30, 100])
def test_skewed_values_in_unequal_clusters_are_covered(count: int) -> None:
    # Exponential cluster effects and values, sizes 2 to 59; a larger study lies in benchmarks/fairness_statistics.py.
    rng = np.random.default_rng(count)
    hits, repeats = 0, 120
    for _ in range(repeats):
        sizes = rng.integers(2, 60, count)
        clusters = np.repeat(np.arange(count), sizes)
        values = rng.exponential(size=count)[clusters] + rng.exponential(size=len(clusters))
        interval = cluster_mean(values=values, clusters=clusters, levels=[0.95]).curve[0]
        hits += interval.low <= 2 <= interval.high
    assert stats.binomtest(hits, repeats, 0.93, alternative="less").pvalue > 0.01


@pytest.mark.parametrize(
    ("values", "clusters", "message"),
    [
        ([1.0, 2.0], [0, 0], "at least two clusters, got 1"),
        ([1.0, np.nan], [0, 1], "finite values"),
        ([1.0, 2.0, 3.0], [0, 1], "one cluster for each value"),
        ([1.0, 1.0, 1.0], [0, 1, 2], "got 3 with the same mean of 1"),
    ],
)
def test_what_says_nothing_is_refused(values: list[float], clusters: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cluster_mean(values=values, clusters=clusters)
