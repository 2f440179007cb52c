"""Published numbers about paired sentences and the Adult table, as far as they need no model's weights."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.statistics.disaggregated import cell_counts, group_rates
from genai_audit.audit.statistics.paired.clusters import cluster_mean
from genai_audit.audit.statistics.paired.preference import crows_pairs, icat
from genai_audit.audit.statistics.shares.binomial import wilson

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs {path}, which is not part of the repository")
    return path


@pytest.mark.parametrize("share", [0.605, 0.641, 0.670])  # BERT-base, RoBERTa-large and ALBERT-xxl, masked scoring
def test_crows_pairs_scores_are_known_to_two_and_a_half_points(share: float) -> None:
    low, high = wilson(successes=round(share * 1508), trials=1508, level=0.95)
    assert 0.0235 <= (high - low) / 2 <= 0.0249


@pytest.mark.parametrize(
    ("preferring", "pairs", "share"),
    [(895, 1508, 0.593501), (153, 262, 0.583969), (298, 516, 0.577519), (71, 105, 0.676190)],
)
def test_gpt2_prefers_the_stereotype_in_so_many_pairs(preferring: int, pairs: int, share: float) -> None:
    # GPT-2 by sums of log-likelihoods: all pairs, gender, race, religion. Only the counts are pinned, not the model.
    difference = np.repeat([1.0, -1.0], [preferring, pairs - preferring])
    found = crows_pairs(more=difference, less=np.zeros(pairs))
    assert found.value == pytest.approx(share, abs=5e-7)
    # Parity is rejected for all pairs, gender, race and religion, each by itself.
    assert found.p_value < 0.01


def test_the_standard_error_of_a_published_score_is_that_of_a_share() -> None:
    # lm-evaluation-harness gives .5880 ± .0120 for pythia-410m, so on about .588 · .412 / .012² = 1,680 pairs.
    values = np.repeat([1.0, 0.0], [986, 691])
    found = cluster_mean(values=values, clusters=np.arange(1677), levels=[0.95])
    assert (found.value, found.error) == pytest.approx((0.5880, 0.0120), abs=5e-5)


@pytest.mark.parametrize(("lm", "ss", "published"), [(83.6521, 57.0308, 71.8893), (88.9175, 61.8605, 67.8254)])
def test_icat_of_gpt2_and_gpt2_large(lm: float, ss: float, published: float) -> None:
    # 83.6521 · (100 − 57.0308) / 50 and 88.9175 · (100 − 61.8605) / 50.
    assert icat(lm=lm, ss=ss) == pytest.approx(published, abs=2e-4)


def test_counts_of_crows_pairs() -> None:
    with shared("crows_pairs/crows_pairs_anonymized.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = Counter(row["bias_type"] for row in rows)
    assert sorted(kinds.values(), reverse=True) == [516, 262, 172, 159, 105, 87, 84, 63, 60]
    assert Counter(row["stereo_antistereo"] for row in rows) == {"stereo": 1290, "antistereo": 218}


def test_income_gap_of_the_adult_table() -> None:
    # 9,539 of 30,527 men and 1,669 of 14,695 women of the complete rows earn over 50K: .312478 − .113576 = .198901.
    folder = shared("adult")
    rows = [
        [field.strip() for field in line.rstrip(".\n").split(",")]
        for name in ("adult.data", "adult.test")
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
        if line.count(",") == 14
    ]
    complete = [row for row in rows if "?" not in row]
    assert len(complete) == 45_222
    men = np.array([row[9] == "Male" for row in complete])
    earning = np.array([row[14].startswith(">50K") for row in complete])
    cells = cell_counts(groups=men, truth=earning, predicted=earning, count=2)
    assert cells[:, 1, 1].tolist() == [1_669, 9_539]
    assert cells.sum(axis=(1, 2)).tolist() == [14_695, 30_527]
    assert float(group_rates(cells).demographic_parity_difference) == pytest.approx(0.198901, abs=5e-7)
