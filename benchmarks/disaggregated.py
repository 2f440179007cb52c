"""How fast are resampled metrics by group, beside fairlearn's own bootstrap in the same process?

    python benchmarks/disaggregated.py [--rows 50000] [--groups 5] [--ours 10000] [--theirs 20]

Both resample the same rows for the same four metrics and, on fewer rows, are asked for the same quantiles.
"""

import argparse
import time

import numpy as np
from fairlearn import metrics
from numpy.typing import NDArray

from genai_audit.audit.statistics.disaggregated import cell_counts, group_rates, resampled_cells

NAMES = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")
Columns = dict[str, NDArray[np.int64]]


def people(rows: int, groups: int) -> Columns:
    """Truth and predictions whose rates differ by group."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, groups, rows)
    truth = (rng.random(rows) < 0.2 + 0.05 * group).astype(np.int64)
    predicted = np.where(rng.random(rows) < 0.85, truth, rng.random(rows) < 0.3).astype(np.int64)
    return {"groups": group, "truth": truth, "predicted": predicted}


def ours(data: Columns, groups: int, repeats: int) -> tuple[float, NDArray[np.float64]]:
    """Seconds, counting the rows included, and the quantiles .025 and .975 of each metric and group, (4, K, 2)."""
    start = time.perf_counter()
    cells = cell_counts(**data, count=groups)
    rates = group_rates(resampled_cells(cells, repeats=repeats, rng=np.random.default_rng(1)))
    _ = rates.demographic_parity_difference, rates.equalised_odds_difference, rates.demographic_parity_ratio
    found = np.stack([np.quantile(getattr(rates, name), [0.025, 0.975], axis=0).T for name in NAMES])
    return time.perf_counter() - start, found


def theirs(data: Columns, repeats: int) -> tuple[float, NDArray[np.float64]]:
    """The same by `MetricFrame(n_boot=…, ci_quantiles=…)`."""
    start = time.perf_counter()
    each = {name: getattr(metrics, name) for name in NAMES[:3]}
    frame = metrics.MetricFrame(
        metrics={**each, "accuracy": lambda true, said: float(np.mean(true == said))},
        y_true=data["truth"],
        y_pred=data["predicted"],
        sensitive_features=data["groups"],
        n_boot=repeats,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    low, high = (table[list(NAMES)].to_numpy(dtype=np.float64).T for table in frame.by_group_ci)
    return time.perf_counter() - start, np.stack([low, high], axis=2)


def main() -> None:
    """Print both times, their ratio per resample, and how far the quantiles are apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--groups", type=int, default=5)
    parser.add_argument("--ours", type=int, default=10_000)
    parser.add_argument("--theirs", type=int, default=20)
    parser.add_argument("--compared", type=int, default=300, help="fairlearn's resamples of 2,000 rows to compare")
    given = parser.parse_args()
    data = people(given.rows, given.groups)
    ours(data, given.groups, 100)  # imports are nobody's
    slow, _ = theirs(data, given.theirs)
    fast, _ = ours(data, given.groups, given.ours)
    ratio = (slow / given.theirs) / (fast / given.ours)
    print(f"{given.rows:,} rows, {given.groups} groups, 4 metrics")
    print(f"ours:      {given.ours:,} resamples in {fast:.3f} s, {fast / given.ours * 1e6:.1f} µs each")
    print(f"fairlearn: {given.theirs:,} resamples in {slow:.2f} s, {slow / given.theirs * 1e3:.0f} ms each")
    print(f"ratio per resample: {ratio:,.0f}")
    small = people(2_000, given.groups)
    (_, one), (_, other) = ours(small, given.groups, given.ours), theirs(small, given.compared)
    widths = (one[..., 1] - one[..., 0])[..., None]
    # A quantile at .025 of B draws is off by √(.025 · .975 / B) / density: about 2.67 / √B standard errors.
    noise = 2.67 / (2 * 1.96) * np.sqrt(1 / given.compared + 1 / given.ours)
    apart = (one - other) / widths / noise
    print(
        f"quantiles of 2,000 rows, {given.compared} of fairlearn's resamples: root mean square difference "
        f"{np.sqrt(np.mean(apart**2)):.2f} and largest {np.abs(apart).max():.2f} Monte-Carlo standard errors"
    )


if __name__ == "__main__":
    main()
