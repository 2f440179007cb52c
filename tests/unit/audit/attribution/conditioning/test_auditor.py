"""GA205 on models whose condition is connected, disconnected or connected in part."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.attribution.conditioning.auditor import ConditionEffect
from genai_audit.audit.evidence.conditioning.collect import collect
from genai_audit.audit.evidence.conditioning.kind import Conditioning
from genai_audit.audit.finding import LEVELS, Finding, Outcome
from genai_audit.audit.pages import page
from unit.audit.attribution.conditional_models import NAMES, Classes, Rows, Steps, evidence_of, plan_of


def found(model: Any, seed: int = 0, **how: Any) -> Finding:
    evidence = evidence_of(model)
    asked = collect(plan_of(model, seed), evidence, lambda share: None)
    return ConditionEffect(**how)(replace(evidence, conditioning=asked), np.random.default_rng(seed))


def readings(finding: Finding) -> dict[str, str]:
    (table,) = [each for each in finding.tables if each.name == "values"]
    return {str(row[0]): str(row[-1]) for row in table.rows}


@pytest.mark.parametrize("wasteful", [False, True])
def test_a_connected_condition_moves_the_output_by_every_value(wasteful: bool) -> None:
    finding = found(Classes(wasteful=wasteful))
    assert finding.outcome is Outcome.MEASURED
    assert finding.reason is None
    assert finding.estimate("unmoved_conditions").interval(0.9998).high == 0
    effect = finding.estimate("condition_effect")
    assert [each.level for each in effect.curve] == list(LEVELS)
    assert effect.interval().low > 0.1
    assert set(readings(finding).values()) == {"moves the output"}
    named = {each.name for each in finding.estimates}
    assert named == {"unmoved_conditions", "condition_effect"} | (set() if wasteful else {"same_noise_distance"})
    assert named <= {each.name for each in ConditionEffect.estimates}


@pytest.mark.parametrize("wasteful", [False, True])
def test_a_disconnected_condition_is_named_also_without_common_random_numbers(wasteful: bool) -> None:
    finding = found(Classes(moved=(), wasteful=wasteful))
    assert finding.reason == "nothing to explain: the model ignores its class, which does not move the output"
    still = finding.estimate("unmoved_conditions").interval()
    assert still.low > 0
    assert still.high == len(NAMES)
    kept = str(finding.settings["common_random_numbers"])
    assert kept.startswith("not seen" if wasteful else "kept")
    if not wasteful:
        assert set(readings(finding).values()) == {f"gives the same as {each}, number for number" for each in "ab"}
        assert finding.estimate("condition_effect").value == 0
        assert finding.estimate("same_noise_distance").value == 0


def test_two_values_that_share_one_embedding_are_named_and_no_other() -> None:
    finding = found(Classes(moved=(0, 1)))  # c and d have no pattern
    said = readings(finding)
    assert said.pop("c") == "gives the same as d, number for number"
    assert said.pop("d") == "gives the same as c, number for number"
    assert set(said.values()) == {"moves the output"}
    still = finding.estimate("unmoved_conditions").interval()
    assert (still.low, still.high) == (2, 2)
    assert finding.reason is None


def test_a_model_without_reproducible_noise_is_said_to_have_none_in_common() -> None:
    finding = found(Classes(seeded=False))
    assert "the same seed and value gave outputs that differ" in str(finding.settings["common_random_numbers"])
    assert finding.gaps["same_noise_distance"].startswith("common random numbers not kept")
    assert finding.estimate("unmoved_conditions").interval().high == 0
    ignoring = found(Classes(seeded=False, moved=()))
    assert ignoring.reason is not None
    assert "ignores its class" in ignoring.reason


def test_of_several_conditions_the_one_that_moves_the_output_carries_it() -> None:
    finding = found(Rows())
    share = finding.estimate("condition_share", "kind")
    assert share.value >= 0.95
    assert share.interval().low >= 0.95
    assert finding.estimate("unmoved_conditions", "shade").interval().low == 2
    assert finding.estimate("unmoved_conditions", "kind").interval().high == 0
    assert finding.estimate("unmoved_conditions").interval().low == 2
    assert finding.reason is not None
    assert "ignores its shade" in finding.reason
    assert finding.estimate("condition_effect") == replace(finding.estimate("condition_effect", "kind"), group=None)


def test_only_the_windows_of_steps_that_listen_carry_the_change() -> None:
    finding = found(Steps(listening=(4, 5)))  # of 16 in 8 windows: the third
    shares = {each.group: each.value for each in finding.estimates if each.name == "step_effect"}
    assert shares["steps 5 to 6 of 16"] == pytest.approx(1)
    assert sum(shares.values()) == pytest.approx(1)
    assert "step_effect" not in finding.gaps
    (table,) = [each for each in finding.tables if each.name == "steps"]
    assert [row[0] for row in table.rows if row[1]] == ["steps 5 to 6 of 16"]


def test_a_denoiser_that_never_listens_has_no_profile_of_steps() -> None:
    finding = found(Steps(listening=(4, 5), moved=()))
    assert not [each for each in finding.estimates if each.name == "step_effect"]
    (table,) = [each for each in finding.tables if each.name == "steps"]
    assert {row[1] for row in table.rows} == {0.0}
    assert finding.reason is not None
    assert "ignores its class" in finding.reason


def test_models_that_offer_no_steps_say_so() -> None:
    assert "sample_in_windows" in found(Classes()).gaps["step_effect"]


def test_false_alarms_are_rare_either_way() -> None:
    """Over 100 models a condition that does nothing seldom seems to, and one that does never seems to do nothing."""
    alarms, silences = 0, 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(4, 24, 9))
        for moved in (0.0, 0.8):
            outputs = noise + moved * np.eye(4, 9)[:, None, :]
            entry = Conditioning("class", "class", NAMES, 4, outputs, outputs[0], "numbers")
            evidence = replace(evidence_of(Classes()), conditioning=(entry,))
            still = ConditionEffect(permutations=99)(evidence, rng).estimate("unmoved_conditions").interval()
            alarms += moved == 0 and still.high < 4
            silences += moved > 0 and still.low > 0
    assert alarms <= 6
    assert silences <= 1


def test_evidence_alone_decides_and_only_some_of_many_values_leave_a_gap() -> None:
    outputs = np.random.default_rng(0).normal(size=(2, 16, 3))
    entry = Conditioning("class", "class", ("a", "b"), 1_000, outputs, outputs[0], "numbers")
    evidence = replace(evidence_of(Classes()), conditioning=(entry,))
    once, again = (ConditionEffect(permutations=99)(evidence, np.random.default_rng(4)) for _ in range(2))
    assert once == again
    assert once.gaps["unmoved_conditions"] == "2 of 1000 values of class were asked for"


def test_parameters_out_of_range_are_refused() -> None:
    for wrong in ({"permutations": 9}, {"negligible": 0.0}, {"unseen": 1.0}):
        with pytest.raises(ValueError, match="expected"):
            ConditionEffect(**wrong)  # type: ignore[arg-type]  # one number of two types


def test_the_page_says_how_it_differs_from_conditional_fidelity() -> None:
    text = str(page("GA205"))
    assert "GA104 asks whether what was asked for *is made*" in text
    for each in ConditionEffect.estimates:
        assert each.name in text
