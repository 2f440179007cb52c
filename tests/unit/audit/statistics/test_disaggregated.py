"""Rates by group and their resamples: equal to fairlearn's, and to what is known of them."""

import numpy as np
import pytest
from fairlearn import metrics
from scipy import stats

from genai_audit.audit.statistics.disaggregated import (
    cell_counts,
    group_rates,
    largest_difference,
    permuted_cells,
    resampled_cells,
    smallest_ratio,
)


def people(n: int = 1_500, groups: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = rng.choice(groups, n, p=np.arange(1, groups + 1) / (groups * (groups + 1) / 2))
    truth = rng.random(n) < 0.2 + 0.1 * group
    return {"groups": group, "truth": truth, "predicted": np.where(rng.random(n) < 0.8, truth, rng.random(n) < 0.4)}


def fairlearn_arguments(data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {"y_true": data["truth"], "y_pred": data["predicted"], "sensitive_features": data["groups"]}


def test_rates_and_gaps_are_those_of_fairlearn() -> None:
    data = people()
    rates = group_rates(cell_counts(**data, count=3))
    theirs = metrics.MetricFrame(
        metrics={
            "selection_rate": metrics.selection_rate,
            "true_positive_rate": metrics.true_positive_rate,
            "false_positive_rate": metrics.false_positive_rate,
            "accuracy": lambda true, said: float(np.mean(true == said)),
        },
        **fairlearn_arguments(data),
    ).by_group
    for name in theirs.columns:
        assert getattr(rates, name) == pytest.approx(theirs[name].to_numpy(dtype=float))
    for ours, name in (
        (rates.demographic_parity_difference, "demographic_parity_difference"),
        (rates.demographic_parity_ratio, "demographic_parity_ratio"),
        (rates.equalised_odds_difference, "equalized_odds_difference"),
        (rates.equalised_odds_ratio, "equalized_odds_ratio"),
    ):
        assert float(ours) == pytest.approx(getattr(metrics, name)(**fairlearn_arguments(data)))


def test_resamples_have_the_moments_of_rows_drawn_with_replacement() -> None:
    data = people()
    cells = cell_counts(**data, count=3)
    drawn = resampled_cells(cells, repeats=20_000, rng=np.random.default_rng(1))
    assert (drawn.sum(axis=(1, 2, 3)) == 1_500).all()
    share = cells / 1_500
    assert drawn.mean(axis=0) == pytest.approx(cells, abs=5 * float(np.sqrt(cells.max() / 20_000)))
    assert drawn.var(axis=0) == pytest.approx(1_500 * share * (1 - share), rel=0.06)
    fixed = resampled_cells(cells, repeats=500, rng=np.random.default_rng(1), fixed_groups=True)
    assert (fixed.sum(axis=(2, 3)) == cells.sum(axis=(1, 2))).all()


def test_quantiles_are_those_of_rows_drawn_one_by_one() -> None:
    data, rng = people(600), np.random.default_rng(2)
    ours = group_rates(resampled_cells(cell_counts(**data, count=3), repeats=4_000, rng=rng)).equalised_odds_difference
    rows = rng.integers(0, 600, (1_500, 600))
    slow = [
        float(
            group_rates(
                cell_counts(**{key: each[row] for key, each in data.items()}, count=3)
            ).equalised_odds_difference
        )
        for row in rows
    ]
    assert stats.ks_2samp(ours, slow).pvalue > 1e-3


@pytest.mark.parametrize("given_truth", [True, False])
def test_dealing_keeps_all_margins_and_gives_the_exact_distribution(given_truth: bool) -> None:
    cells = np.array([[[5, 2], [1, 4]], [[9, 6], [3, 8]]])
    dealt = permuted_cells(cells, repeats=20_000, rng=np.random.default_rng(3), given_truth=given_truth)
    assert (dealt.sum(axis=1) == cells.sum(axis=0)).all()
    assert (dealt.sum(axis=(2, 3)) == cells.sum(axis=(1, 2))).all()
    if given_truth:
        assert (dealt.sum(axis=3) == cells.sum(axis=2)).all()
    # Hits of the first group: of 12 hits among 16 positives, its 5; or of 12 among all 38, its 12 rows.
    exact = stats.hypergeom(16, 12, 5) if given_truth else stats.hypergeom(38, 12, 12)
    assert dealt[:, 0, 1, 1].mean() == pytest.approx(exact.mean(), abs=0.05)
    assert dealt[:, 0, 1, 1].var() == pytest.approx(exact.var(), rel=0.06)


def test_a_rate_of_nobody_is_not_a_number_and_no_gap() -> None:
    cells = np.array([[[3, 1], [0, 0]], [[2, 2], [1, 3]]])  # the first group has no positives
    rates = group_rates(cells)
    assert np.isnan(rates.true_positive_rate[0])
    assert float(largest_difference(rates.true_positive_rate)) == 0
    assert float(rates.equalised_odds_difference) == 0.25
    assert np.isnan(smallest_ratio(np.zeros(2)))


def test_columns_that_are_no_groups_or_decisions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got \(2,\), \(2,\) and \(1,\)"):
        cell_counts(groups=[0, 1], truth=[0, 1], predicted=[1], count=2)
    for wrong in ({"groups": [0, 2]}, {"truth": [0, 2]}, {"predicted": [-1, 0]}):
        with pytest.raises(ValueError, match="groups from 0 to 1, and truth and predictions that are 0 or 1"):
            cell_counts(**{"groups": [0, 1], "truth": [0, 1], "predicted": [0, 1], **wrong}, count=2)
