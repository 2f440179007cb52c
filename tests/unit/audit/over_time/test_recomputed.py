"""Auditors asked again without parts of what two audits share: false alarms, power, and what is not paired."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import Estimate, Finding, Outcome
from genai_audit.audit.over_time.recomputed import PARTS, Asked, Key, recomputed
from genai_audit.audit.over_time.thinned import only_thinned, thinned
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.statistics.change import Paired, change, changed_p
from genai_audit.audit.statistics.intervals import BAND
from unit.audit.fairness import probe_examples
from unit.audit.judged import normal
from unit.reports.small_record import rule

POLICY = Policy.model_validate({"version": 1, "name": "p", "rules": [rule("a", "GA101", "share_ratio")]})


def shares(reference: np.ndarray, generated: np.ndarray) -> Evidence:
    """Groups that stand in the records: 0 or 1."""
    from unit.audit.collapse.feature_evidence import feature_evidence

    evidence = feature_evidence(reference[:, None] - 0.5, generated[:, None] - 0.5, labelled=True)
    assert evidence.groups is not None
    return replace(evidence, groups=(replace(evidence.groups[0], classifier="declared"),))


def sentences(rng: np.random.Generator, noise: float = 0.2) -> list[Evidence]:
    """Two models on the same 60 pairs of sentences, which differ more from each other than the models do."""
    pairs = rng.normal(size=60)
    return [probe_examples.evidence([probe_examples.pairs(pairs + noise * rng.normal(size=60))]) for _ in range(2)]


def asked(evidence: Evidence, code: str = "GA106") -> Asked:
    found = run_auditors(configured(POLICY), evidence, seed=0, only=(code,))
    return Asked(POLICY, 0, evidence, {each.code: each for each in found})


def asked_again(old: Asked, new: Asked) -> Mapping[Key, Paired]:
    return recomputed(old, new, codes=("GA106",), budget=1e9, progress=lambda step, share: None).paired


def replaced(side: Asked, change: Callable[[Estimate], Estimate]) -> Asked:
    """The audit with other estimates in its record."""
    finding = side.findings["GA106"]
    altered = replace(finding, estimates=tuple(map(change, finding.estimates)))
    return replace(side, findings={**side.findings, "GA106": altered})


def whole(side: Asked) -> Estimate:
    return next(each for each in side.findings["GA106"].estimates if each.name == "mean_nats")


def test_two_seeds_of_one_model_raise_no_false_alarm_and_a_real_change_is_seen_more_often() -> None:
    # Two means of 400 draws less that of one reference of 100, all of variance 1: the reference's error, 0.1, cancels.
    # Twenty parts are left out of all three, as auditors would be asked again without them.
    rng, alarms, seen = np.random.default_rng(1), [], []
    half = np.sqrt(1 / 100 + 1 / 400)
    for moved, tests in ((0.0, alarms), (0.25, seen)):
        for _ in range(400):
            reference, then, now = (rng.normal(size=size) for size in (100, 400, 400))
            old, new = (normal("a", each.mean() - reference.mean(), half, draws=0.2) for each in (then, now + moved))
            parts = [without(each) for each in (reference, then, now)]
            values = [each - parts[0] for each in parts[1:]]
            paired = Paired(float(np.corrcoef(*values)[0, 1]), PARTS)
            tests.append([changed_p(change(old=old, new=new, paired=each)) < 0.05 for each in (None, paired)])
    # 400 tests at 5 % raise 30 alarms or more once in 70 times.
    assert np.sum(alarms, axis=0)[1] < 30
    power = np.mean(seen, axis=0)
    assert power[1] > 0.8
    assert power[0] < 0.4


def without(values: np.ndarray) -> np.ndarray:
    """The mean without each of the parts."""
    sums = values.reshape(PARTS, -1).sum(axis=1)
    return (values.sum() - sums) / (values.size - values.size // PARTS)


def test_what_the_sentences_share_cancels_and_what_the_models_add_stays() -> None:
    # Sentences of variance 1, noise of 0.04 each: correlation 1 / 1.04, and a difference of error √(2 · 0.04 / 60).
    old, new = map(asked, sentences(np.random.default_rng(2)))
    key = ("GA106", "mean_nats", whole(old).group)
    paired = asked_again(old, new)[key]
    assert paired.correlation == pytest.approx(1 / 1.04, abs=0.06)
    alone, told = (change(old=whole(old), new=whole(new), paired=each) for each in (None, paired))
    errors = [(each.interval().high - each.interval().low) / (2 * BAND) for each in (alone, told)]
    assert errors[1] == pytest.approx(np.sqrt(2 * 0.04 / 60), rel=0.5)
    assert errors[0] > 4 * errors[1]


def test_what_the_evidence_does_not_bear_out_is_not_paired() -> None:
    old, new = map(asked, sentences(np.random.default_rng(3)))
    key = ("GA106", "mean_nats", whole(old).group)
    # A value that the evidence does not give again, as an altered record has it.
    moved = replaced(
        old, lambda each: replace(each, value=(each.curve[0].high + each.value) / 2) if each.curve else each
    )
    assert key not in asked_again(moved, new)
    # An interval that is far from what leaving out parts shows.
    narrow = replaced(new, lambda each: replace(normal(each.name, each.value, 1e-4, group=each.group), unit=each.unit))
    assert key not in asked_again(old, narrow)


def test_slow_auditors_and_those_of_other_evidence_are_left_out_by_name() -> None:
    rng = np.random.default_rng(5)
    evidence = shares(rng.random(100) < 0.4, rng.random(200) < 0.4)
    shown = (normal("share", 0.4, 0.1),)
    finding = Finding("GA101", "Shares", "Which?", Outcome.MEASURED, estimates=shown, seconds=2.0)
    side = Asked(POLICY, 0, evidence, {"GA101": finding, "GA601": replace(finding, code="GA601")})
    found = recomputed(side, side, codes=("GA101", "GA601"), budget=60, progress=lambda step, share: None)
    assert found.left_out == {"GA101": pytest.approx(84.0), "GA601": None}
    assert found.paired == {}


def test_each_record_is_left_out_once_and_the_same_ones_in_both_audits() -> None:
    rng = np.random.default_rng(6)
    reference = np.arange(103.0)
    sides = [
        Evidence(
            modality="image",
            generated=Generated(rng.random(n), 0, "toy"),
            reference=Real(reference, 500, "toy", "toy", ""),
        )
        for n in (64, 90)
    ]
    gone: list[float] = []
    for part in range(PARTS):
        left = [thinned(only_thinned(side), part, PARTS) for side in sides]
        rows = [set(each.reference.samples) for each in left if each.reference is not None]
        assert rows[0] == rows[1]
        gone += sorted(set(reference) - rows[0])
        assert left[0].reference is not None
        assert left[0].reference.total == 500 - (103 - len(rows[0]))
    assert sorted(gone) == list(reference)


def test_counts_behind_groups_lose_a_part_each() -> None:
    rng = np.random.default_rng(7)
    evidence = shares(rng.random(100) < 0.4, rng.random(200) < 0.4)
    assert evidence.groups is not None
    # More records were counted than are at hand, and a classifier told the groups.
    counted = replace(
        evidence.groups[0],
        reference_counts=np.array([3000, 2000]),
        confusion=np.array([[900, 100], [50, 950]]),
        classifier="a classifier",
    )
    whole = replace(evidence, groups=(counted,))
    lost, wrong = np.zeros(2), np.zeros((2, 2))
    for part in range(PARTS):
        groups = thinned(whole, part, PARTS).groups
        assert groups is not None
        lost += counted.reference_counts - groups[0].reference_counts
        wrong += counted.confusion - groups[0].confusion
        assert groups[0].reference_counts.sum() == pytest.approx(4750, abs=1)
        assert len(groups[0].reference) == 95
    assert lost.tolist() == [3000, 2000]
    assert wrong.tolist() == [[900, 100], [50, 950]]


def test_half_widths_follow_the_correlation() -> None:
    # a = b = 1: √(2 − 2r), times t over z with 2 · 19 / (1 + r)² degrees of freedom: 38, 9.5; 2.0244, 2.2444 over 1.96.
    assert Paired(0.0, 20).half(1.0, 1.0, 0.95) == pytest.approx(np.sqrt(2) * 2.0244 / BAND, rel=1e-3)
    assert Paired(1.0, 20).half(1.0, 2.0, 0.95) == pytest.approx(2.2444 / BAND, rel=1e-3)
    assert Paired(1.0, 20).half(1.0, 1.0, 0.95) == 0


def test_a_pair_never_widens_and_stays_nested() -> None:
    old, new = normal("recall", 0.9, 0.01, draws=0.9), normal("recall", 0.88, 0.02, draws=0.9)
    alone = change(old=old, new=new)
    for correlation in (-1.0, 0.0, 0.7, 0.99):
        paired = change(old=old, new=new, paired=Paired(correlation, PARTS))
        for one, other in zip(alone.curve, paired.curve, strict=True):
            assert other.high - other.low <= one.high - one.low + 1e-12
