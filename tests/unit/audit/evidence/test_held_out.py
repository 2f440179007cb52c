"""Half of the held-out records in the place of generated ones: what is asked of copies finds none among them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from genai_audit.audit.evidence.control import control_evidence
from genai_audit.audit.evidence.held_out.copies import dealt
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.pipeline.controlled_verdict import judged
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import Ruling
from unit.audit.privacy import copied, reproduced

RNG = np.random.default_rng


def policy(code: str, estimate: str) -> Policy:
    rule = {"id": "little-copied", "auditor": code, "estimate": estimate, "at_most": 0.01, "why": "x"}
    return Policy.model_validate({"version": 1, "name": "p", "rules": [rule]})


@pytest.mark.parametrize(("stand", "held", "sizes"), [(100, 100, (50, 50)), (40, 100, (40, 60)), (90, 101, (51, 50))])
def test_no_record_is_on_both_sides(stand: int, held: int, sizes: tuple[int, int]) -> None:
    rows = np.sort(RNG(0).permutation(held)[:stand])
    halves = dealt(rows, held, RNG(1))
    assert (len(halves.standing), len(halves.rest)) == sizes
    assert not set(halves.standing) & set(halves.rest)
    np.testing.assert_array_equal(rows[halves.places], halves.standing)


def test_nearest_records_of_held_out_ones_are_those_that_were_found() -> None:
    evidence = copied.audited(60, n=200)
    control = control_evidence(evidence, RNG(0), ("matches",))
    assert control is not None
    assert control.reproductions is None
    before, after = evidence.matches, control.matches
    assert before is not None
    assert after is not None
    found, again = before.distances[0], after.distances[0]
    assert found.holdout_to_training is not None
    assert again.holdout_to_training is not None
    assert evidence.holdout is not None
    # Whoever stands for a generated record is as near to training data as the holdout was, up to the scale of ranks.
    stand = control.generated.samples.iloc[after.generated_rows]
    where = {row: at for at, row in enumerate(map(tuple, evidence.holdout.samples.to_numpy().tolist()))}
    places = [where[row] for row in map(tuple, stand.to_numpy().tolist())]
    assert not set(places) & set(after.holdout_rows.tolist())
    pairs = again.generated_to_training.distance, found.holdout_to_training.distance[places]
    assert np.corrcoef(*pairs)[0, 1] > 0.98
    np.testing.assert_array_equal(after.holdout_equal, before.holdout_equal[after.holdout_rows])


def test_copies_stay_a_failure_beside_their_control() -> None:
    evidence = copied.audited(150, n=300)
    asked = policy("GA402", "copy_excess")
    findings = run_auditors(configured(asked), evidence, seed=0, only=["GA402"])
    [rule] = judged(findings, asked, evidence, seed=0, today=date(2026, 1, 1), available=None).rules
    assert rule.outcome is Ruling.FAIL
    # The control was asked, and shows nothing.
    assert rule.control is not None
    assert rule.control.low <= 0.01


@pytest.mark.parametrize("modality", ["text", "tabular"])
def test_reproductions_stay_a_failure_beside_their_control(modality: str) -> None:
    evidence = reproduced.audited(modality, copies=60)
    asked = policy("GA404", "reproduction_excess")
    findings = run_auditors(configured(asked), evidence, seed=0, only=["GA404"])
    [rule] = judged(findings, asked, evidence, seed=0, today=date(2026, 1, 1), available=None).rules
    assert rule.outcome is Ruling.FAIL
    assert rule.control is not None
    assert rule.control.low <= 0.01
    control = control_evidence(evidence, RNG(0))
    assert control is not None
    found, before = control.reproductions, evidence.reproductions
    assert found is not None
    assert before is not None
    assert len(found.rows) + len(found.null_rows) == len(before.null_rows)
    assert found.extraction is None
    if before.null_runs is not None:
        assert found.runs is not None
        assert found.null_runs is not None
        assert len(found.runs.record) + len(found.null_runs.record) == len(before.null_runs.record)


def test_identifiers_of_held_out_records_are_looked_for_among_the_others() -> None:
    rng = RNG(0)
    texts = {name: [f"write to {name}{at}@example.org" for at in range(120)] for name in ("seen", "held")}
    made = [*texts["seen"][:40], *[f"write to new{rng.integers(10**6)}@example.org" for _ in range(80)]]
    # Two held-out people share an address, so that one half repeats the other.
    texts["held"][5] = texts["held"][6]
    evidence = _identified(made, texts["seen"], texts["held"])
    asked = policy("GA406", "identifiers_excess")
    findings = run_auditors(configured(asked), evidence, seed=0, only=["GA406"])
    [rule] = judged(findings, asked, evidence, seed=0, today=date(2026, 1, 1), available=None).rules
    assert rule.outcome is Ruling.FAIL
    assert rule.control is not None
    assert rule.control.low <= 0.01
    few = replace(evidence, holdout=None)
    assert control_evidence(few, rng) is None


def _identified(made: list[str], training: list[str], holdout: list[str]):  # type: ignore[no-untyped-def]  # evidence
    from genai_audit.audit.evidence.collect import collect
    from genai_audit.audit.evidence.plan import Plan
    from genai_audit.models.data.in_memory import data_in_memory

    sets = [data_in_memory(each, "data") for each in (made, training, holdout)]
    plan = Plan("text", "made", samples=sets[0], reference=sets[1], holdout=sets[2])
    return collect(plan, needs=("identifiers",), guard=lambda work: (work(), None), progress=lambda step, share: None)
