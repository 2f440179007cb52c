"""GA401: a leak is seen and its size bounded, a sound twin is left in peace, and unfair comparisons are refused."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.membership.kind import Membership
from genai_audit.audit.finding import Finding, NotApplicable, Outcome
from genai_audit.audit.privacy.membership import auditor as module
from genai_audit.audit.privacy.membership.auditor import MembershipInference
from genai_audit.audit.privacy.shared.split_check import Blind
from unit.audit.privacy.examples import evidence, membership


def audit(found: Membership, seed: int = 0, **settings: Any) -> Finding:
    return MembershipInference(**settings)(evidence(found), np.random.default_rng(seed))


def null(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.normal(size=n)


def test_a_model_that_knows_its_training_records_is_seen() -> None:
    training, holdout = null(0, 700)
    finding = audit(membership(training + 3, holdout))
    area = finding.estimate("membership_auc")
    assert area.value == pytest.approx(0.983, abs=0.01)  # Φ(3 / √2)
    assert area.interval().low > 0.96
    assert area.p_value is not None
    assert area.p_value < 1e-10
    found = finding.estimate("membership_tpr")
    assert found.curve == ()  # All training records were scored: nothing is left to chance.
    assert found.value > 0.4
    assert finding.estimate("membership_ppv").interval().low > 0.95
    claims = finding.tables[0]
    assert [row[0] for row in claims.rows] == ["this checkpoint", "the training algorithm"]
    assert claims.rows[1][5] < 1e-10  # type: ignore[operator]  # a p-value
    # Generated records look like unseen ones, and being generated makes no member of them.
    assert finding.estimate("generated_as_members").interval().low < 0.01


def test_sound_twins_are_left_in_peace() -> None:
    alarms = 0
    for seed in range(40):
        finding = audit(membership(*null(seed)))
        area = finding.estimate("membership_auc")
        assert area.perfect is not None
        assert area.p_value is not None
        alarms += area.p_value < 0.05
    assert alarms <= 7  # Beyond 7 of 40 at 5 %: one chance in 500.


def test_a_small_holdout_certifies_no_rate() -> None:
    training, holdout = null(1, 298)
    finding = audit(membership(training, holdout))
    assert {each.name for each in finding.estimates} == {"membership_auc"}
    assert "299 holdout records" in finding.gaps["membership_tpr"]
    rows = {row[0]: row for row in finding.tables[1].rows}
    assert rows[0.001][-1] == "certifying 0.001 takes 2,995 holdout records"
    assert rows[0.1][-1] == "certified"
    # With twice as many, one half sets the threshold and the other checks it.
    training, holdout = null(1, 598)
    rows = {row[0]: row for row in audit(membership(training, holdout)).tables[1].rows}
    assert (rows[0.01][1], rows[0.01][6]) == (299, 299)


def test_a_part_of_the_training_records_has_an_interval() -> None:
    found = replace(membership(*null(2)), training_total=5000)
    assert audit(found).estimate("membership_tpr").curve != ()


def test_one_memorised_group_is_named() -> None:
    training, holdout = null(3)
    told = np.arange(400) % 2
    training = training + 1.5 * (told == 1)
    finding = audit(membership(training, holdout, groups=(told, told)))
    assert finding.estimate("membership_auc", "m").p_adjusted < 0.01  # type: ignore[operator]  # it is adjusted
    assert finding.estimate("membership_auc", "f").p_adjusted > 0.05  # type: ignore[operator]  # likewise
    table = finding.tables[-1]
    assert [row[-1] for row in table.rows] == ["told", "not surely told"]
    few = np.where(np.arange(400) < 10, 1, 0)
    small = audit(membership(training, holdout, groups=(few, few)))
    assert {each.group for each in small.estimates} == {None}


def test_a_base_model_takes_off_what_is_likely_to_any_model() -> None:
    rng = np.random.default_rng(4)
    common = rng.normal(scale=5.0, size=800)
    base = common + rng.normal(scale=0.3, size=800)
    training, holdout = common[:400] + 1 + rng.normal(scale=0.3, size=400), common[400:]
    finding = audit(membership(training, holdout, base=(base[:400], base[400:])))
    assert finding.estimate("calibrated_membership_auc").value > 0.9
    assert finding.estimate("membership_auc").value < 0.65
    assert finding.gaps == {}


def test_a_base_model_trained_on_the_holdout_is_refused() -> None:
    rng = np.random.default_rng(5)
    training, holdout = null(5)
    # It gives the holdout more: against it, an innocent model would look guilty.
    base = training + rng.normal(size=400), holdout + rng.normal(size=400) + 0.8
    finding = audit(membership(training, holdout, base=base))
    assert "calibrated_membership_auc" not in {each.name for each in finding.estimates}
    assert "learned from holdout records" in finding.gaps["calibrated_membership_auc"]
    other = audit(membership(training, holdout, base=(base[1], base[0])))
    assert "learned from training records" in other.gaps["calibrated_membership_auc"]
    rows = {row[0]: row for row in finding.tables[2].rows}
    assert rows["the base model by itself"][-1] == "refused: it tells the sets apart"


def test_of_a_split_that_can_be_told_only_the_excess_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    training, holdout = null(6)
    monkeypatch.setattr(module, "blind_of", lambda evidence: Blind(0.7, 0.02, confounded=True))
    finding = audit(membership(training + 1, holdout))
    (excess,) = finding.estimates
    assert excess.name == "membership_excess"
    assert excess.value == pytest.approx(0.76 - 0.7, abs=0.05)
    assert excess.interval().low < 0 < excess.interval().high
    assert finding.reason is not None
    assert "not split at random" in finding.reason
    assert "not split at random" in finding.gaps["membership_auc"]
    far = audit(membership(training + 4, holdout)).estimates[0]
    assert far.interval().low > 0.15


def test_the_check_of_the_split_is_read_as_it_is() -> None:
    from genai_audit.audit.privacy.shared.split_check import blind_of

    split = SimpleNamespace(blind_auc=0.6, blind_low=0.56, blind_high=0.64, confounded=True)
    found = blind_of(SimpleNamespace(split=split))  # type: ignore[arg-type]  # only this field is read
    assert found == Blind(0.6, pytest.approx(0.0204, abs=1e-3), True)
    assert blind_of(evidence(None)) is None


def test_without_a_holdout_the_question_does_not_arise() -> None:
    without: Evidence = replace(evidence(None), absent={"membership": "give --holdout"})
    with pytest.raises(NotApplicable, match="--holdout"):
        MembershipInference()(without, np.random.default_rng(0))
    with pytest.raises(ValueError, match="rate between 0 and 1"):
        MembershipInference(rate=0)
    assert audit(membership(*null(7))).outcome is Outcome.MEASURED
