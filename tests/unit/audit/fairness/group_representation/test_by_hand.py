"""GA101 with labels by hand: right where the classifier errs otherwise on generated samples than on real ones."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Groups
from genai_audit.audit.evidence.hand_labels.kind import HandLabels
from genai_audit.audit.evidence.judged.kind import Judged
from genai_audit.audit.fairness.group_representation.auditor import GroupRepresentation
from genai_audit.audit.finding import Inconclusive, Outcome
from genai_audit.audit.statistics.shares.hand_labelled import (
    hand_labelled,
    labelled_covariance,
    simulated_labelled,
)

N, LABELLED = 3_000, 300
TRUE = np.array([0.3, 0.7])


def evidence(seed=0, *, chosen=None):
    """Groups of which the first is recognised in 60 % of generated samples, but in 95 % of real ones."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(2, N, p=TRUE)
    rates = np.array([[0.6, 0.4], [0.05, 0.95]])
    predicted = (rng.random(N) < rates[truth, 1]).astype(np.int64)
    groups = Groups(
        names=("f", "m"),
        predicted=predicted,
        confusion=np.array([[190, 10], [10, 190]]),
        reference_counts=np.array([500, 500]),
        classifier="a rule",
        parameters={},
        reference=np.zeros(1_000, dtype=np.int64),
        attribute="sex",
    )
    rows = np.sort(rng.choice(N, LABELLED, replace=False)) if chosen is None else chosen(predicted)
    labels = HandLabels("sex", ("f", "m"), rows, truth[rows], groups.reference_counts, "l.csv", "ab" * 32, 0)
    return Evidence("text", Generated(["a"] * N, 0, "model"), groups=(groups,), hand_labels=(labels,))


def found(given, **settings):
    return GroupRepresentation(repeats=300, **settings)(given, np.random.default_rng(1))


def test_labels_put_right_what_the_correction_for_real_errors_gets_wrong():
    without, with_labels = found(replace(evidence(), hand_labels=None)), found(evidence())
    assert without.estimate("share", "f").interval().high < 0.3  # its 95 % recognised are 60 % here
    interval = with_labels.estimate("share", "f").interval()
    assert interval.low < 0.3 < interval.high
    ratio = with_labels.estimate("worst_share_ratio").interval()
    assert ratio.low < 0.6 < ratio.high < 0.8
    assert with_labels.estimate("worst_share_ratio").p_value < 1e-6
    assert "300 samples labelled by hand" in with_labels.estimate("share", "f").method
    assert "seed 0" in with_labels.settings["hand_labels"]
    assert [each.name for each in with_labels.tables] == ["groups", "confusion"]


def test_exact_targets_and_a_perfect_generator():
    finding = found(evidence(), targets={"f": 0.3, "m": 0.7})
    ratio = finding.estimate("worst_share_ratio")
    assert ratio.perfect.low <= ratio.value <= ratio.perfect.high
    assert ratio.p_value > 0.05
    assert finding.estimate("total_variation").interval().low == 0


def test_labels_chosen_by_the_classifier_keep_the_rule_open():
    finding = found(evidence(chosen=lambda told: np.flatnonzero(told == 0)[:200]))
    assert "no random part of all" in finding.gaps["worst_share_ratio"]
    assert not found(evidence()).gaps


def test_a_handful_of_labels_is_refused():
    with pytest.raises(Inconclusive, match="9 of the samples drawn have labels by hand: label at least 30"):
        found(evidence(chosen=lambda told: np.arange(9)))


def test_without_a_classifier_labels_stand_alone():
    given = evidence()
    alone = replace(given, groups=None)
    finding = found(alone)
    share = finding.estimate("share", "f")
    assert share.n == LABELLED
    assert "exact binomial" in share.method
    assert share.interval().low < 0.3 < share.interval().high
    assert share.interval().high - share.interval().low > 0.09
    unlabelled = replace(given.hand_labels[0], reference_counts=np.zeros(2, dtype=np.int64))
    with pytest.raises(Inconclusive, match="give target shares in the policy"):
        found(replace(alone, hand_labels=(unlabelled,)))


def test_a_judge_whose_errors_nobody_counted_is_put_right_by_labels_alone():
    given = evidence()
    groups = given.groups[0]
    judged = Judged(
        "sex", ("f", "m"), "by code", groups.predicted, groups.reference, np.empty(0, np.int64), np.ones(N, np.float32)
    )
    finding = found(replace(given, groups=None, judged=(judged,)))
    assert finding.estimate("share", "f").value == found(given).estimate("share", "f").value
    open_ = found(replace(given, groups=None, judged=(judged,), hand_labels=None))
    assert open_.outcome is Outcome.INCONCLUSIVE
    assert "which are" in open_.tables[0].caption or "uncorrected" in open_.tables[0].caption


def test_simulated_shares_have_the_covariance_worked_out():
    rates, shares = np.array([[0.8, 0.2], [0.1, 0.9]]), np.array([0.4, 0.6])
    sizes = {"labelled": 200, "others": 5_000}
    drawn = simulated_labelled(shares=shares, rates=rates, repeats=4_000, rng=np.random.default_rng(3), **sizes)
    expected = labelled_covariance(shares=shares, rates=rates, **sizes)
    np.testing.assert_allclose(drawn.mean(axis=0), shares, atol=0.002)
    np.testing.assert_allclose(np.cov(drawn.T), expected.draws + expected.classifier, rtol=0.1)


def test_a_distribution_agrees_with_its_limits():
    found_ = hand_labelled(table=np.array([[50, 10], [5, 135]]), others=np.array([900, 1_900]))
    low, high = found_.limits([0.9])
    below, _ = found_.tails(np.array([low[0, 0], found_.shares[0], high[0, 0]]), 0, above=False)
    np.testing.assert_allclose(below, [0.05, 0.5, 0.95], atol=1e-6)
