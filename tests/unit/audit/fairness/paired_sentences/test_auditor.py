"""GA106: preferences are found and named, indifference is not, and ties, clusters and gaps are counted as declared."""

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.fairness.paired_sentences.auditor import PairedSentences
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable
from genai_audit.audit.pages import page
from genai_audit.audit.statistics.paired.preference import crows_pairs
from genai_audit.audit.statistics.shares.binomial import clopper_pearson
from unit.audit.fairness.probe_examples import associations, evidence, pairs


def ask(given: Evidence, **settings: int) -> Finding:
    return PairedSentences(**settings)(given, np.random.default_rng(0))


def test_a_preference_in_one_type_is_found_there() -> None:
    rng = np.random.default_rng(1)
    differences = np.concatenate([rng.normal(0, 1, 200), rng.normal(2, 1, 100)])
    found = ask(evidence([pairs(differences, kinds=["age"] * 200 + ["religion"] * 100)]))
    worst = found.estimate("worst_preference")
    share = found.estimate("preference_share", "religion")
    assert worst.value == pytest.approx(share.value - 0.5)
    assert worst.interval().low > 0.3
    assert share.p_adjusted is not None
    assert share.p_adjusted < 1e-6
    assert found.estimate("preference_share", "age").p_value > 0.01
    assert found.tables[0].rows[0][0] == "religion"
    assert found.estimate("mean_nats", "religion").interval().low > 1.5
    # All pairs of the set are told, too, and judged by no rule on the worst type.
    assert found.estimate("preference_share", "all types").n == 300
    assert [each.level for each in worst.curve] == list(LEVELS)


def test_a_single_type_of_single_pairs_has_the_exact_limits_of_the_sign_test() -> None:
    differences = np.where(np.arange(60) < 38, 1.0, -1.0)
    share = ask(evidence([pairs(differences)])).estimate("preference_share", "age")
    exact = clopper_pearson(successes=38, trials=60, level=0.95)
    assert share.interval().low == pytest.approx(float(exact.low))
    assert share.interval().high == pytest.approx(float(exact.high))
    # Two-sided binomial: 2 P(X >= 38), X ~ B(60, 1/2).
    assert share.p_value == pytest.approx(0.0519, abs=1e-4)
    more, less = np.where(differences > 0, 1.0, 0.0), np.where(differences > 0, 0.0, 1.0)
    assert share.value == crows_pairs(more=more, less=less).value


def test_an_indifferent_model_has_a_share_of_one_half() -> None:
    found = ask(evidence([pairs(np.zeros(50))]))
    assert found.estimate("preference_share", "age").value == 0.5
    assert found.estimate("worst_preference").value == 0
    assert found.estimate("mean_nats", "age").value == 0
    assert found.settings["ties"] == 50


def test_pairs_of_one_writer_are_not_independent() -> None:
    # Twelve writers of twenty pairs each, who agree with themselves: that is far less than 240 pairs.
    clusters = np.repeat(np.arange(12), 20)
    differences = np.where(clusters < 9, 1.0, -1.0)
    by_writer = ask(evidence([pairs(differences, clusters=clusters.tolist())])).estimate("preference_share", "age")
    alone = ask(evidence([pairs(differences)])).estimate("preference_share", "age")
    assert alone.interval().low > 0.68
    assert by_writer.interval().low < 0.5 < by_writer.value
    assert by_writer.p_value > 0.05 > alone.p_value


def test_writers_who_all_agree_count_once_each() -> None:
    found = ask(evidence([pairs(np.ones(60), clusters=np.repeat(np.arange(6), 10).tolist())]))
    assert found.estimate("preference_share", "age").interval().low == pytest.approx(0.025 ** (1 / 6))


def test_the_published_direction_changes_no_score() -> None:
    differences = np.random.default_rng(3).normal(0.5, 1, 80)
    plain = ask(evidence([pairs(differences)]))
    turned = ask(evidence([pairs(differences, direction=[1, -1] * 40)]))
    assert plain.estimates == turned.estimates
    assert turned.tables[0].rows[0][-2] == 40


def test_occupations_with_shares_make_pairs() -> None:
    shares = {f"job {at}": {"she": 0.9, "he": 0.1} if at < 5 else {"she": 0.1, "he": 0.9} for at in range(10)}
    table = np.where(np.arange(10)[:, None] < 5, 1.0, -1.0) + np.random.default_rng(0).normal(0, 0.1, (10, 6))
    found = ask(evidence([associations(table, shares=shares)]))
    assert found.estimate("preference_share", "pronoun of the majority").value == 1.0
    baseline = ask(evidence([associations(np.full((10, 6), 3.0), shares=shares)]))
    # One pronoun more often, whatever the occupation, is no stereotype.
    assert baseline.estimate("preference_share", "pronoun of the majority").value == 0.5


def test_types_with_too_few_pairs_are_named_and_leave_the_worst_open() -> None:
    found = ask(evidence([pairs(np.ones(40), kinds=["age"] * 35 + ["race"] * 5)]))
    assert "race: 5 of 5 pairs scored" in found.gaps["worst_preference"]
    assert found.tables[0].rows[-1][:2] == ("race", None)
    with pytest.raises(Inconclusive, match="10 of 10 pairs could be scored, and no bias type has the 20"):
        ask(evidence([pairs(np.ones(10))]))


def test_without_scores_the_reason_is_told() -> None:
    with pytest.raises(NotApplicable, match="no model"):
        ask(evidence(absent={"probes": "there is no model"}))
    with pytest.raises(Inconclusive, match="none in its language"):
        ask(evidence(unmeasured={"probes": "none in its language"}))
    with pytest.raises(NotApplicable, match="hold no pairs"):
        ask(evidence([associations(np.ones((4, 6)))]))


def test_limits_hold_the_truth_with_writers_who_differ() -> None:
    rng, inside, worst = np.random.default_rng(5), 0, 0
    for _ in range(60):
        size = rng.integers(1, 12, 40)
        clusters = np.repeat(np.arange(40), size)
        chance = np.clip(rng.normal(0.6, 0.15, 40), 0.05, 0.95)[clusters]
        differences = np.where(rng.random(len(clusters)) < chance, 1.0, -1.0)
        found = ask(evidence([pairs(differences, clusters=clusters.tolist())]))
        limits = found.estimate("preference_share", "age").interval()
        inside += limits.low <= 0.6 <= limits.high
        limits = found.estimate("worst_preference").interval()
        worst += limits.low <= 0.1 <= limits.high
    assert min(inside, worst) >= 54


def test_the_page_is_there() -> None:
    assert page("GA106").title.startswith("GA106")
