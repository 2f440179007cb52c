"""GA202: planted reasons are named, equal groups are left in peace, and where there is no effect nothing is said."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from genai_audit.audit.attribution.critic.auditor import Critic
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.criticised.collect import collect
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from unit.audit.attribution.region_examples import Judge, evidence, nothing, pictures, plan

SPOT, OTHER = (3, 4), (6, 1)


def darkness(x: Tensor) -> Tensor:
    return -x.flatten(1).sum(1)


def audit(seen: Evidence, critic: Callable[[Tensor], Tensor] = darkness, seed: int = 0) -> Finding:
    found = collect(plan(Judge(critic)), seen, nothing)
    return Critic()(replace(seen, criticised=found), np.random.default_rng(seed))


def planted(*spots: tuple[int, int], n: int = 120, by: float = 1.2, seed: int = 0) -> Evidence:
    """Generated records that are too bright in one spot, that of their group."""
    made = pictures(n, 2 * seed)
    for row in range(n):
        made[row, 0, *spots[row % len(spots)]] += by
    return evidence(made, pictures(n, 2 * seed + 1))


def test_a_critic_that_looks_at_one_position_of_the_border_is_named() -> None:
    finding = audit(planted((0, 5)), lambda x: -x[:, 0, 0, 5])
    assert finding.outcome is Outcome.MEASURED
    assert finding.reason is None
    assert finding.estimate("region_share", "row 1, column 6 (edge)").value == pytest.approx(1)
    border = finding.estimate("border_share")
    assert border.value == pytest.approx(1)
    assert border.interval().low == pytest.approx(1)
    table = next(each for each in finding.tables if each.name == "regions")
    assert table.rows[0][0] == "row 1, column 6 (edge)"
    assert table.rows[0][-1] == "tells generated"
    assert {row[-1] for row in table.rows[1:]} == {"open"}


def test_a_spot_inside_is_no_matter_of_the_border() -> None:
    finding = audit(planted(SPOT))
    assert finding.estimate("region_share", "row 4, column 5").interval().low > 0.5
    border = finding.estimate("border_share")
    assert border.perfect is not None
    # What the critic sees in real records lies all over the picture: 28 of 64 regions are the rim.
    assert border.perfect.value == pytest.approx(28 / 64, abs=0.02)
    assert border.interval().high < border.perfect.low


def test_another_reason_for_one_group_is_found() -> None:
    finding = audit(planted(SPOT, OTHER))
    gap = finding.estimate("reason_gap")
    assert gap.value == pytest.approx(1, abs=0.1)
    assert gap.p_value is not None
    assert gap.p_value < 0.01
    assert gap.interval().low > 0.5
    table = next(each for each in finding.tables if each.name == "groups")
    assert {row[6] for row in table.rows} == {"row 4, column 5", "row 7, column 2"}


def test_the_same_reason_is_rarely_called_another() -> None:
    found = [audit(planted(SPOT, n=60, seed=seed), seed=seed).estimate("reason_gap") for seed in range(12)]
    assert sum((each.p_value or 0) <= 0.05 for each in found) <= 2
    assert all(each.interval().low == 0 for each in found if (each.p_value or 0) > 0.05)


def test_where_scores_are_alike_there_is_nothing_to_explain() -> None:
    finding = audit(evidence(pictures(120, 0), pictures(120, 1)))
    assert finding.outcome is Outcome.MEASURED
    assert finding.reason is not None
    assert finding.reason.startswith("nothing to explain")
    assert {each.name for each in finding.estimates} == {"critic_gap"}
    assert finding.exhibits == ()
    gap = finding.estimate("critic_gap")
    assert gap.interval().low <= 0 <= gap.interval().high


def test_where_generated_records_score_higher_there_is_nothing_to_explain() -> None:
    finding = audit(planted(SPOT), lambda x: -darkness(x))
    assert finding.reason is not None
    assert finding.estimate("critic_gap").value < 0


def test_a_critic_that_says_yes_or_no_has_no_unit() -> None:
    with pytest.raises(Inconclusive, match="give the logits"):
        audit(planted(SPOT, by=50.0), lambda x: (x.flatten(1).sum(1) < 45).float())


def test_a_constant_critic_says_nothing() -> None:
    finding = audit(planted(SPOT), lambda x: 0 * darkness(x))
    assert finding.estimate("critic_gap").value == 0
    assert finding.reason is not None


def test_without_a_critic_the_question_does_not_arise() -> None:
    seen = evidence(pictures(9, 0), pictures(9, 1))
    with pytest.raises(NotApplicable, match=r"no critic\(x\)"):
        Critic()(seen, np.random.default_rng(0))


def test_few_records_say_nothing() -> None:
    with pytest.raises(Inconclusive, match="fewer than 25"):
        audit(planted(SPOT, n=20))


def test_a_group_with_few_records_is_named_as_a_gap() -> None:
    n = 150
    made, real = pictures(n, 0), pictures(n, 1)
    made[:, 0, 3, 4] += 1.2
    few = (np.arange(n) < 10).astype(np.int64)
    finding = audit(evidence(made, real, made=few, real=few))
    table = next(each for each in finding.tables if each.name == "groups")
    assert "fewer than 25 records" in {str(row[0]): str(row[-1]) for row in table.rows}["b"]
    assert not [each for each in finding.estimates if each.name == "reason_gap"]


def test_every_estimate_is_declared_and_has_all_levels() -> None:
    finding = audit(planted(SPOT, OTHER))
    assert {each.name for each in finding.estimates} == {each.name for each in Critic.estimates}
    units = {each.name: each.unit for each in Critic.estimates}
    for each in finding.estimates:
        assert tuple(one.level for one in each.curve) == LEVELS
        assert each.unit == units[each.name]
    for name in ("readout", "contrast", "baseline", "sampling_unit", "method", "null"):
        assert finding.settings[name]


def test_pictures_stand_beside_the_null() -> None:
    finding = audit(planted(SPOT, OTHER))
    maps = finding.exhibits[0].pictures
    assert [each.kind for each in maps] == ["criticised.maps"] * 3 + ["criticised.null_maps"]
    assert finding.exhibits[0].form == "signed_maps"


def test_the_same_seed_gives_the_same_finding() -> None:
    assert audit(planted(SPOT, OTHER)) == audit(planted(SPOT, OTHER))
