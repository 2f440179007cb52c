"""GA400: a random split is in order, a shifted, doubled or drifting one is named, a small one says what it allows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collector
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.audit.finding import Finding, NotApplicable
from genai_audit.audit.privacy.preconditions.auditor import Preconditions
from genai_audit.models.data.in_memory import data_in_memory
from unit.audit.privacy.copied import audited, collected, people


def audit(evidence: Evidence) -> Finding:
    return Preconditions()(evidence, np.random.default_rng(0))


def test_a_random_split_is_in_order() -> None:
    finding = audit(audited())
    assert finding.reason is None
    for name in ("blind_auc", "overlap_excess", "near_overlap_excess", "order_drift"):
        estimate = finding.estimate(name)
        assert estimate.p_value is not None
        assert estimate.p_value > 0.01
    # 1 − 0.05^(1/300); 299 records suffice for 1 %, 2,995 would for 0.1 %.
    assert finding.estimate("certifiable_rate").value == pytest.approx(1 - 0.05 ** (1 / 300))
    assert [row[1::2] for row in finding.tables[0].rows] == [(29, "yes"), (299, "yes"), (2995, "too few")]


def test_another_source_is_confounded() -> None:
    training, holdout = people(300, 1), people(300, 2)
    finding = audit(collected(people(300, 3), training, holdout.assign(income=holdout["income"] * 2)))
    assert finding.reason is not None
    assert finding.reason.startswith("confounded")
    assert finding.estimate("blind_auc").interval().low > 0.6


def test_records_on_both_sides_are_counted() -> None:
    training, holdout = people(300, 1), people(300, 2)
    doubled = pd.concat([training.iloc[:30], holdout.iloc[30:]], ignore_index=True)
    finding = audit(collected(people(300, 3), training, doubled))
    assert finding.estimate("overlap_excess").value == pytest.approx(0.05, abs=0.005)
    assert (finding.estimate("overlap_excess").p_value or 1) < 0.001
    assert finding.estimate("near_overlap_excess").interval().low > 0.03


def test_a_holdout_cut_off_from_drifting_data_is_seen() -> None:
    drifting = people(600, 1).assign(height=lambda table: table["height"] + np.linspace(0, 40, 600))
    finding = audit(collected(people(300, 3), drifting.iloc[:400].reset_index(drop=True), drifting.iloc[400:]))
    drift = finding.estimate("order_drift")
    assert drift.interval().high < -0.2
    assert finding.settings["confounded"] is True


def test_it_does_not_depend_on_what_was_generated() -> None:
    first, second = (collected(people(n, n), people(200, 1), people(100, 2)).split for n in (50, 90))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.training_scores, second.training_scores)


def test_what_is_missing_or_too_small_is_said() -> None:
    module = collector("split")
    some = data_in_memory(people(100, 1), "some")
    plan = Plan("tabular", "made", samples=some, reference=some)
    with pytest.raises(Unavailable, match="--holdout"):
        module.collect(plan, replace(audited(), holdout=None), lambda share: None)
    silent = replace(audited(), absent={"training": "(--not-training)"})
    with pytest.raises(Unavailable, match="--not-training"):
        module.collect(plan, silent, lambda share: None)
    evidence = collected(people(50, 1), people(50, 2), people(1, 3))
    assert "1 holdout records are too few: give 20 or more" in evidence.unmeasured["split"]
    assert "too few to search" in evidence.unmeasured["matches"]
    with pytest.raises(Unmeasured):
        module.collect(plan, evidence, lambda share: None)
    with pytest.raises(NotApplicable):
        audit(replace(audited(), split=None))


def test_not_training_is_noted_in_the_evidence() -> None:
    evidence = collected(people(50, 1), people(50, 2), people(50, 3), not_training=True)
    assert evidence.split is None
    assert evidence.matches is None
    assert "--not-training" in evidence.absent["matches"]
