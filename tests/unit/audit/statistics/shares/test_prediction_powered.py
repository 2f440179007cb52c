"""Prediction-powered means and shares: against the paper's own package, their coverage, and what is refused."""

import numpy as np
import pytest
from scipy import stats

from genai_audit.audit.statistics.shares.prediction_powered import PredictionPowered, prediction_powered


def draw(rng: np.random.Generator, m: int, n: int, share: float, miss: float, alarm: float) -> dict[str, np.ndarray]:
    truth = rng.random(m + n) < share
    judged = np.where(truth, rng.random(m + n) >= miss, rng.random(m + n) < alarm)
    return {"labelled": truth[:m], "labelled_predictions": judged[:m], "predictions": judged[m:]}


def numeric() -> dict[str, np.ndarray]:
    # Exact in binary and the same on every machine: no random numbers.
    i, j = np.arange(40), np.arange(300)
    return {"labelled": (i % 7) / 8 + (i % 3) / 4, "labelled_predictions": (i % 7) / 8, "predictions": (j % 7) / 8}


@pytest.mark.parametrize(
    ("tuned", "value", "low", "high"),
    [
        (True, 0.61492128, 0.5464618060216613, 0.6833807528740781),
        (False, 0.6175, 0.5478958586790238, 0.6871041413209763),
    ],
)
def test_numbers_of_the_papers_own_package(tuned: bool, value: float, low: float, high: float) -> None:
    # ppi-python 0.2.3 on these numbers: ppi_mean_pointestimate and ppi_mean_ci(alpha=0.05), lam=1 and tuned. It divides
    # variances by m and by n and takes normal quantiles.
    found = prediction_powered(**numeric(), tuned=tuned)
    assert found.values[0] == pytest.approx(value, abs=5e-9)
    data = numeric()
    rectifier = np.var(data["labelled"] - found.trust * data["labelled_predictions"]) / 40
    imputed = np.var(found.trust * data["predictions"]) / 300
    assert found.values[0] - stats.norm.ppf(0.975) * np.sqrt(rectifier + imputed) == pytest.approx(low, abs=1e-9)
    assert found.covariance[0, 0] == pytest.approx(rectifier * 40 / 39 + imputed * 300 / 299)
    # Ours is a little wider, by Student's quantile and the unbiased variances.
    ours = found.curve()[3]
    assert low - 0.02 * (high - low) < ours.low < low < high < ours.high < high + 0.02 * (high - low)


def test_a_judge_who_knows_nothing_leaves_the_labels_alone() -> None:
    truth = np.repeat([1, 0], [30, 70])
    found = prediction_powered(labelled=truth, labelled_predictions=np.ones(100), predictions=np.ones(900))
    assert found.trust == 0
    exact, score = (stats.binomtest(30, 100).proportion_ci(0.95, method=each) for each in ("exact", "wilson"))
    assert exact.low < found.curve()[3].low < score.low + 0.01
    assert score.high - 0.01 < found.curve()[3].high < exact.high


def test_a_judge_without_an_error_on_the_labels_is_not_taken_for_perfect() -> None:
    truth = np.repeat([1, 0], [30, 20])
    interval = prediction_powered(
        labelled=truth, labelled_predictions=truth, predictions=np.repeat([1, 0], [6000, 4000]), tuned=False
    ).curve()[3]
    # Up to 1 − .025^(1/50) = 7.1 % of false negatives go with no error among 50.
    assert interval.high >= 0.6 + 1 - 0.025 ** (1 / 50)


def one_hot(classes: np.ndarray, k: int) -> np.ndarray:
    return np.eye(k)[classes]


def test_shares_of_all_classes_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(4, 600, p=[0.4, 0.3, 0.2, 0.1])
    judged = np.where(rng.random(600) < 0.8, truth, rng.integers(0, 4, 600))
    found = prediction_powered(
        labelled=one_hot(truth[:120], 4),
        labelled_predictions=one_hot(judged[:120], 4),
        predictions=one_hot(judged[120:], 4),
    )
    assert found.values.sum() == pytest.approx(1)
    assert found.covariance.sum(axis=0) == pytest.approx(np.zeros(4), abs=1e-15)
    assert ((found.limits.low <= found.values) & (found.values <= found.limits.high)).all()


@pytest.mark.parametrize("tuned", [True, False])
@pytest.mark.parametrize(
    ("m", "share", "miss", "alarm"), [(30, 0.5, 0.1, 0.1), (100, 0.05, 0.3, 0.02), (100, 0.6, 0.01, 0.03)]
)
def test_shares_are_covered(m: int, share: float, miss: float, alarm: float, tuned: bool) -> None:
    rng = np.random.default_rng(m)
    found = [
        prediction_powered(**draw(rng, m, 2000, share, miss, alarm), tuned=tuned, levels=[0.95]) for _ in range(300)
    ]
    hits = sum(bool(each.limits.low[0, 0] <= share <= each.limits.high[0, 0]) for each in found)
    assert stats.binomtest(hits, 300, 0.95, alternative="less").pvalue > 0.01


def test_tuning_never_costs_much_and_a_good_judge_narrows() -> None:
    def width(found: PredictionPowered) -> float:
        return float(found.covariance[0, 0]) ** 0.5

    data = draw(np.random.default_rng(1), 200, 5000, 0.5, 0.05, 0.05)
    labels = float(np.var(data["labelled"], ddof=1) / 200) ** 0.5
    assert width(prediction_powered(**data)) < 0.6 * labels
    poor = draw(np.random.default_rng(1), 200, 5000, 0.5, 0.5, 0.5)
    assert width(prediction_powered(**poor)) <= 1.01 * labels < width(prediction_powered(**poor, tuned=False))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([1, 0], [1], [1, 0]), r"shapes \(2, 1\), \(1, 1\) and \(2, 1\)"),
        (([1], [1], [1, 0]), "at least two samples"),
        (([1, 0], [1, np.nan], [1, 0]), "finite labels"),
    ],
)
def test_what_cannot_be_paired_is_refused(data: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prediction_powered(labelled=data[0], labelled_predictions=data[1], predictions=data[2])
