"""Held-out real records in the place of generated ones: matched in number, told apart alike, and able to excuse."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from genai_audit import audit_checkpoint
from genai_audit.audit.evidence.bundle import DECLARED, KINDS, Evidence, Features, Generated, Groups, Real
from genai_audit.audit.evidence.control import FEWEST, control_evidence
from genai_audit.audit.evidence.reliance.kind import Reliance
from genai_audit.audit.finding import Outcome
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.pipeline.controlled_verdict import judged
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import Ruling
from unit.audit.evidence.every_kind import full


def evidence(generated: int = 80, held: int = 120, shift: float = 0.0) -> Evidence:
    """Two normal columns; `shift` moves generated and held-out records alike away from the reference."""
    rng = np.random.default_rng(0)
    sizes = {"generated": (generated, shift), "reference": (300, 0.0), "holdout": (held, shift)}
    x = {name: rng.normal(offset, 1, (n, 2)) for name, (n, offset) in sizes.items()}
    groups = {
        name: np.where(values[:, 0] > offset, "b", "a")
        for (name, values), (_, offset) in zip(x.items(), sizes.values(), strict=True)
    }
    frames = {name: pd.DataFrame({"x": v[:, 0], "y": v[:, 1], "g": groups[name]}) for name, v in x.items()}
    codes = {name: (each == "b").astype(np.int64) for name, each in groups.items()}
    return Evidence(
        modality="tabular",
        generated=Generated(frames["generated"], 0, "model"),
        reference=Real(frames["reference"], 300, "reference", "reference", ""),
        holdout=Real(frames["holdout"], held, "holdout", "holdout", ""),
        features=Features(x["generated"], x["reference"], x["holdout"], "columns"),
        groups=(
            Groups(
                ("a", "b"),
                codes["generated"],
                np.zeros((2, 2), dtype=np.int64),
                np.bincount(codes["reference"], minlength=2),
                DECLARED,
                {},
                codes["reference"],
                "g",
            ),
        ),
    )


@pytest.mark.parametrize(("generated", "held", "n"), [(80, 120, 80), (500, 120, 120)])
def test_the_control_is_matched_in_number(generated: int, held: int, n: int) -> None:
    given = evidence(generated, held)
    control = control_evidence(given, np.random.default_rng(1))
    assert control is not None
    assert control.features is not None
    assert control.groups is not None
    assert len(control.generated.samples) == len(control.features.generated) == len(control.groups[0].predicted) == n
    assert control.holdout is None
    # The same rows in every kind, and each of them held out.
    np.testing.assert_array_equal(control.features.generated[:, 0], control.generated.samples["x"])
    np.testing.assert_array_equal(control.groups[0].predicted == 1, control.generated.samples["g"] == "b")
    assert given.holdout is not None
    assert set(control.generated.samples["x"]) <= set(given.holdout.samples["x"])


def test_few_held_out_records_are_no_control() -> None:
    assert control_evidence(evidence(held=20), np.random.default_rng(1)) is None


POLICY = Policy.model_validate(
    {
        "version": 1,
        "name": "p",
        "rules": [{"id": "real", "auditor": "GA302", "estimate": "precision_ratio", "at_least": 0.8, "why": "x"}],
    }
)


@pytest.mark.parametrize(("both", "outcome"), [(True, Ruling.INCONCLUSIVE), (False, Ruling.FAIL)])
def test_what_held_out_records_fail_too_is_not_held_against_the_model(both: bool, outcome: Ruling) -> None:
    found = evidence(400, 400, shift=12.0)
    if not both:
        found = _with_sound_holdout(found)
    findings = run_auditors(configured(POLICY), found, seed=0, only=["GA302"])
    assert any(each.outcome is Outcome.MEASURED for each in findings)
    verdict = judged(findings, POLICY, found, seed=0, today=date(2026, 1, 1), available=None)
    assert verdict.rules[0].outcome is outcome
    assert verdict.rules[0].control is not None


def _with_sound_holdout(given: Evidence) -> Evidence:
    from dataclasses import replace

    assert given.features is not None
    fresh = np.random.default_rng(5).normal(0, 1, given.features.holdout.shape)
    return replace(given, features=replace(given.features, holdout=fresh))


def test_held_out_records_answer_no_probes() -> None:
    from dataclasses import replace

    from unit.audit.fairness.probe_examples import pairs

    asked = replace(evidence(), probes=(pairs(np.ones(60)),))
    policy = Policy.model_validate(
        {
            "version": 1,
            "name": "p",
            "rules": [{"id": "s", "auditor": "GA106", "estimate": "worst_preference", "at_most": 0.15, "why": "x"}],
        }
    )
    findings = run_auditors(configured(policy), asked, seed=0, only=["GA106"])
    verdict = judged(findings, policy, asked, seed=0, today=date(2026, 1, 1), available=None)
    # What the model itself was asked cannot be asked of records: they are no excuse.
    assert verdict.rules[0].outcome is Ruling.FAIL
    assert verdict.rules[0].control is None
    control = control_evidence(replace(asked, continuations=(), reliance=Reliance()), np.random.default_rng(1))
    assert control is not None
    assert control.probes is None
    assert control.continuations is None
    assert control.reliance is None


def test_a_record_tells_what_the_control_showed() -> None:
    rng = np.random.default_rng(3)
    far = pd.DataFrame(rng.normal(4, 1, (400, 2)), columns=["x", "y"])
    real = pd.DataFrame(rng.normal(0, 1, (400, 2)), columns=["x", "y"])
    held = pd.DataFrame(rng.normal(4, 1, (200, 2)), columns=["x", "y"])

    class Far:
        modality = "tabular"

        def sample(self, n: int, *, generator: object, condition: object = None) -> pd.DataFrame:
            return far.iloc[np.arange(n) % len(far)].reset_index(drop=True)

    record = audit_checkpoint(Far(), reference=real, holdout=held, samples=400, only="GA302")
    failing = [rule for rule in record.verdict.rules if rule.estimate == "support_precision"]
    assert failing[0].control is not None
    assert failing[0].outcome is Ruling.INCONCLUSIVE


def test_outcomes_of_held_out_records_are_read_as_those_of_generated_ones() -> None:
    from dataclasses import replace

    from genai_audit.audit.evidence.bundle import Outcomes

    given = evidence(80, 120)
    assert given.groups is not None
    assert given.reference is not None
    edge = float(np.median(given.reference.samples["y"]))
    levels = {name: (x["y"] >= edge).to_numpy().astype(np.int64) for name, x in _frames(given).items()}
    high = Groups(
        ("below", "above"),
        levels["generated"],
        np.zeros((2, 2), dtype=np.int64),
        np.bincount(levels["reference"], minlength=2),
        DECLARED,
        {},
        levels["reference"],
        "y",
    )
    control = control_evidence(replace(given, outcomes=(Outcomes(high, (edge,)),)), np.random.default_rng(1))
    assert control is not None
    assert control.outcomes is not None
    np.testing.assert_array_equal(control.outcomes[0].levels.predicted == 1, control.generated.samples["y"] >= edge)


def _frames(given: Evidence) -> dict[str, pd.DataFrame]:
    assert given.reference is not None
    return {"generated": given.generated.samples, "reference": given.reference.samples}


def test_a_moved_gap_that_held_out_records_show_too_is_not_held_against_the_model() -> None:
    rng = np.random.default_rng(4)

    def table(n: int, rate: float) -> pd.DataFrame:
        sex = rng.choice(["f", "m"], n)
        paid = np.where(rng.random(n) < np.where(sex == "f", rate, 0.7), "yes", "no")
        return pd.DataFrame({"sex": sex, "paid": paid, "age": rng.integers(20, 70, n)})

    real, made = table(2_000, 0.7), table(2_000, 0.2)
    for held, outcome in ((table(1_000, 0.2), Ruling.INCONCLUSIVE), (table(1_000, 0.7), Ruling.FAIL)):
        record = audit_checkpoint(made, reference=real, holdout=held, groups="sex", outcome="paid", only="GA108")
        (rule,) = [each for each in record.verdict.rules if each.auditor == "GA108"]
        assert rule.control is not None
        assert rule.outcome is outcome


def test_nothing_that_was_collected_from_the_model_is_that_of_held_out_records() -> None:
    evidence = full()
    assert evidence.holdout is not None
    held = replace(evidence.holdout, samples=np.zeros((FEWEST, 1, 4, 4), np.float32))
    evidence = replace(evidence, holdout=held)
    evidence = replace(evidence, features=None, other_features=None, judged=None, groups=None, outcomes=None)
    # What says of copies is found anew where it is asked for: test_held_out.py.
    control = control_evidence(evidence, np.random.default_rng(0), ())
    assert control is not None
    assert {kind for kind in KINDS if getattr(control, kind) is not None} == {"generated", "reference", "crossed"}
