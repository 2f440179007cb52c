"""GA104 on models whose answers to requests are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups
from genai_audit.audit.evidence.conditioned.collect import collect
from genai_audit.audit.evidence.conditioned.kind import Conditioned
from genai_audit.audit.fairness.conditional_fidelity.auditor import ConditionalFidelity
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from genai_audit.audit.pages import page
from unit.audit.fairness.requested_world import world

MODELS = world()
CLASSES = MODELS.WORLDS["alike"]
SEED = 3


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """An audit's reference, with the group classifier fitted to it."""
    found: Evidence = MODELS.evidence_of(MODELS.sound(CLASSES), seed=SEED, needs=("features", "groups"))
    return found


def found(evidence: Evidence, model: Any) -> Finding:
    plan = MODELS.plan_of(model, evidence_seed=SEED)
    asked = collect(plan, evidence, lambda share: None)
    return ConditionalFidelity(repeats=200)(replace(evidence, conditioned=asked), np.random.default_rng(0))


def readings(finding: Finding) -> dict[str, str]:
    (table,) = [each for each in finding.tables if each.name == "requests"]
    return {str(row[0]): str(row[-1]) for row in table.rows}


def test_a_sound_model_meets_every_request(evidence: Evidence) -> None:
    finding = found(evidence, MODELS.sound(CLASSES))
    assert finding.outcome is Outcome.MEASURED
    worst = finding.estimate("worst_fidelity")
    assert [each.level for each in worst.curve] == list(LEVELS)
    assert worst.interval().low > 0.8
    assert worst.perfect is not None
    assert worst.perfect.low <= worst.value <= 1
    assert worst.p_value is not None
    assert worst.p_value > 0.05
    assert finding.estimate("ignored_condition").value < 0.02
    assert finding.estimate("uneven_share").interval().low == 0
    assert set(readings(finding).values()) == {"mostly as asked"}
    assert {each.name for each in finding.estimates} == {each.name for each in ConditionalFidelity.estimates}


def test_swapped_classes_are_named_with_what_is_made_instead(evidence: Evidence) -> None:
    finding = found(evidence, MODELS.swapped(CLASSES))
    assert finding.estimate("worst_fidelity").interval(0.9998).high < 0.2
    said = readings(finding)
    assert (said.pop("c"), said.pop("d")) == ("swapped with d", "swapped with c")
    assert set(said.values()) == {"mostly as asked"}
    # The model listens, and makes all groups alike often.
    assert finding.estimate("ignored_condition").interval().high < 0.1
    assert finding.estimate("uneven_share").interval().low == 0
    assert finding.exhibits[0].caption.startswith(("Asked for c", "Asked for d"))


def test_an_ignored_class_is_named(evidence: Evidence) -> None:
    finding = found(evidence, MODELS.ignoring_one(CLASSES))
    said = readings(finding)
    assert said.pop("c") == "mostly something else"
    assert set(said.values()) == {"mostly as asked"}
    ignored = finding.estimate("ignored_condition").interval()
    assert ignored.low < 1 / 6 < ignored.high
    assert finding.estimate("uneven_share").interval().low > 0.05


def test_a_model_that_ignores_what_it_is_asked_for_is_seen_to(evidence: Evidence) -> None:
    ignored = found(evidence, MODELS.ignoring_all(CLASSES)).estimate("ignored_condition")
    assert ignored.interval().low > 0.8
    assert ignored.interval().high == 1
    assert ignored.p_value is not None
    assert ignored.p_value < 1e-5


def read(counts: list[list[int]], *, how: str = "column", wanted: list[int] | None = None) -> Evidence:
    """Evidence of groups that are read from a table."""
    table = np.array(counts)
    asked = np.repeat(np.arange(len(table)), table.sum(axis=1))
    made = np.concatenate([np.repeat(np.arange(table.shape[1]), row) for row in table])
    names = ("f", "m")
    groups = Groups(
        names, made, np.zeros((2, 2), dtype=np.int64), np.array([5, 5]), DECLARED, {}, np.array([0, 1]), "sex"
    )
    requests = tuple(f"r{k}" for k in range(len(table)))
    chosen = np.array(range(len(table)) if wanted is None else wanted)
    conditioned = Conditioned("sex", how, requests, chosen, names, asked, made)
    return Evidence("tabular", Generated([], 0, "m"), groups=(groups,), conditioned=(conditioned,))


def test_groups_that_are_read_get_exact_limits() -> None:
    finding = ConditionalFidelity()(read([[40, 0], [10, 30]]), np.random.default_rng(0))
    worst = finding.estimate("worst_fidelity")
    assert worst.value == 0.75
    # Clopper and Pearson for 30 of 40: 0.588 to 0.873; the upper end holds for two requests, so at 97.5 %.
    assert worst.interval().low == pytest.approx(0.5880, abs=1e-3)
    assert worst.interval().high == pytest.approx(0.8856, abs=1e-3)
    assert worst.n == 40
    assert finding.estimate("fidelity", "r0").interval().high == 1


def test_of_prompts_only_those_that_name_a_group_are_judged_and_all_are_shown() -> None:
    evidence = read([[30, 10], [20, 20], [5, 35]], how="prompt", wanted=[0, -1, 1])
    finding = ConditionalFidelity()(evidence, np.random.default_rng(0))
    assert {each.group for each in finding.estimates if each.name == "fidelity"} == {"r0", "r2"}
    (table,) = [each for each in finding.tables if each.name.startswith("by_prompt")]
    assert [row[0] for row in table.rows] == ["r0", "r1", "r2"]
    # Prompts are not an even request, as the user chose them.
    assert "uneven_share" not in {each.name for each in finding.estimates}
    with pytest.raises(NotApplicable, match="no prompt names one group"):
        ConditionalFidelity()(read([[30, 10]], how="prompt", wanted=[-1]), np.random.default_rng(0))


def test_a_classifier_that_cannot_tell_the_groups_apart_says_nothing() -> None:
    evidence = read([[20, 20], [20, 20]])
    assert evidence.groups is not None
    weak = replace(evidence.groups[0], classifier="a guess", confusion=np.array([[12, 10], [10, 12]]))
    with pytest.raises(Inconclusive, match="cannot tell sex apart"):
        ConditionalFidelity()(replace(evidence, groups=(weak,)), np.random.default_rng(0))


def test_its_page_and_its_parameters() -> None:
    assert page("GA104").title == "GA104 Conditional fidelity"
    with pytest.raises(ValueError, match="expected at least 100 repeats"):
        ConditionalFidelity(repeats=10)
