"""GA203 on evidence whose answer is known."""

import numpy as np
import pytest

from genai_audit.audit.attribution.protected_reliance.auditor import ProtectedReliance
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.reliance.kind import (
    MATCHED,
    REGENERATED,
    ColumnReliance,
    ColumnRows,
    PromptReliance,
    Reliance,
)
from genai_audit.audit.finding import Finding, NotApplicable, Table


def ask(*prompts: PromptReliance, columns: tuple[ColumnReliance, ...] = ()) -> Finding:
    reliance = Reliance(prompts=prompts, columns=columns)
    return ProtectedReliance()(
        Evidence("text", Generated(["a"], 0, "toy"), reliance=reliance), np.random.default_rng(0)
    )


def prompts(job: float, *, wording: float = 0.0, name: str = "mine", noise: float = 0.05) -> PromptReliance:
    """Twelve wordings: of the difference between two sides, so much hangs on the job, so much on the wording."""
    rng = np.random.default_rng(0)
    side, cluster = np.tile([0, 0, 1, 1], 12), np.repeat(np.arange(12), 4)
    sign = np.where(side == 0, 0.5, -0.5)
    base = rng.normal(0, 1, 12)[cluster]
    values = np.zeros((2, 4, 48))
    for mask in range(4):
        values[:, mask] = base * (mask >> 1 & 1) + job * sign * (mask & 1) + wording * sign * (mask >> 1 & 1)
    values += rng.normal(0, noise, values.shape)
    swapped = np.stack([values[0, 3] - 2 * job * sign, values[0, 3]])
    return PromptReliance(
        name=name,
        source="a.yaml",
        sha256="ab",
        contrast="she over he",
        control="it over this",
        sides=("one", "other"),
        slots=("job", "wording"),
        baselines=("the mean", "a neutral job"),
        unit="wording",
        side=side,
        cluster=cluster,
        fillers=tuple(("a", "b") for _ in side),
        prompts=tuple(f"prompt {at}" for at in range(48)),
        values=values,
        swapped=swapped,
        control_values=rng.normal(0, 0.05, values.shape),
    )


def rows(carried: tuple[float, float], *, seed: int = 0, swap: tuple[float, float] | None = None) -> ColumnRows:
    rng = np.random.default_rng(seed)
    side = np.tile([0, 1], 1_000)
    sign = np.where(side == 0, 0.5, -0.5)
    moved = carried if swap is None else swap
    centred = rng.normal(0, 0.3, (2_000, 2))
    outcome = 0.5 + sum(carried) * sign + rng.normal(0, 0.4, 2_000)
    outcome += np.where(side == 0, -outcome[side == 0].mean(), -outcome[side == 1].mean()) + sum(carried) * sign
    return ColumnRows(
        outcome=outcome,
        side=side,
        attributions=sign[:, None] * np.array(carried),
        influence=centred - centred.mean(axis=0),
        swapped=np.array(moved) + rng.normal(0, 0.05, (2_000, 2)),
        permuted=np.zeros(2),
        fit=(0.1, 0.1),
    )


def columns(
    own: ColumnRows, *, real: ColumnRows | None = None, intervention: str = MATCHED, set_to: float = -0.2
) -> ColumnReliance:
    rng = np.random.default_rng(0)
    intervened = np.array([[0.5 + set_to / 2], [0.5 - set_to / 2]]) + rng.normal(0, 0.3, (2, 2_000))
    return ColumnReliance("hired: yes", "sex", ("f", "m"), ("sex", "job"), own, real, intervention, intervened)


def cells(finding: Finding, name: str, key: str) -> dict[str, object]:
    table: Table = next(each for each in finding.tables if each.name == name)
    at = [each.key for each in table.columns].index(key)
    return {str(row[0]): row[at] for row in reversed(table.rows)}


def test_the_slot_that_carries_the_gap_is_found_and_confirmed() -> None:
    finding = ask(prompts(2.0))
    assert finding.reason is None
    assert finding.estimate("total_gap").value == pytest.approx(2.0, abs=0.05)
    assert finding.estimate("attributed_gap", "job").value == pytest.approx(2.0, abs=0.05)
    assert finding.estimate("slot_share", "job").value == pytest.approx(1.0, abs=0.03)
    assert finding.estimate("worst_attributed_gap").interval().low > 1.9
    assert finding.estimate("unconfirmed_slot_share").value == 0
    assert cells(finding, "carried_1", "result") == {"job": "carries the gap", "wording": "—"}
    assert cells(finding, "gaps", "status") == {"mine": "explained"}
    for key in ("readout", "contrast", "baselines", "sampling_unit", "method"):
        assert finding.settings[key]


def test_parts_add_up_to_the_gap_by_each_baseline() -> None:
    finding = ask(prompts(2.0, wording=0.7))
    total = finding.estimate("total_gap").value
    assert sum(map(float, cells(finding, "carried_1", "first_baseline").values())) == pytest.approx(total, abs=0.1)


def test_a_slot_that_no_exchange_moves_is_unconfirmed() -> None:
    finding = ask(prompts(1.0, wording=1.0))
    assert finding.estimate("unconfirmed_slot_share").value == 0.5
    result = cells(finding, "carried_1", "result")
    assert str(result["wording"]).startswith("unconfirmed")
    assert result["job"] == "carries the gap"


def test_a_sure_gap_that_is_not_material_is_nothing_to_explain() -> None:
    finding = ask(prompts(0.1, noise=0.001))
    assert finding.estimate("attributed_gap", "job").p_value < 0.01
    assert finding.reason == "nothing to explain: neither the gap nor a part of it is surely larger than 0.22 nats"
    assert "unconfirmed_slot_share" in finding.gaps
    assert not [each for each in finding.estimates if each.name in ("slot_share", "unconfirmed_slot_share")]


def test_shares_are_withheld_where_the_gap_is_not_resolved() -> None:
    finding = ask(prompts(1.0, wording=-1.0))
    assert finding.reason is None
    assert not [each for each in finding.estimates if each.name == "slot_share"]
    assert finding.estimate("worst_attributed_gap").value == pytest.approx(1.0, abs=0.05)


def test_several_sets_share_their_error_and_are_named() -> None:
    alone, both = ask(prompts(2.0)), ask(prompts(2.0), prompts(0.0, name="others"))
    assert both.estimate("total_gap", "others").value == pytest.approx(0, abs=0.05)
    one, other = alone.estimate("attributed_gap", "job"), both.estimate("attributed_gap", "mine: job")
    assert other.p_adjusted == pytest.approx(2 * float(one.p_adjusted or 0))
    assert cells(both, "gaps", "status") == {
        "mine": "explained",
        "others": "nothing to explain: not surely beyond 0.22",
    }


def test_columns_stand_beside_those_of_the_data() -> None:
    finding = ask(columns=(columns(rows((-0.2, -0.1)), real=rows((-0.05, -0.1), seed=1)),))
    sex = finding.estimate("attributed_gap", "sex")
    assert sex.value == pytest.approx(-0.2)
    assert sex.unit == "share difference"
    assert sex.perfect is not None
    assert sex.perfect.value == pytest.approx(-0.05)
    assert sex.p_value < 1e-6
    assert finding.estimate("attributed_gap", "job").p_value > 0.05
    assert finding.settings["group_set_by"] == MATCHED
    assert cells(finding, "carried_1", "result") == {"sex": "carries the gap", "job": "carries the gap"}


def test_what_a_column_carries_beyond_the_data_is_bounded() -> None:
    added = ask(columns=(columns(rows((-0.2, -0.1)), real=rows((-0.05, -0.1), seed=1)),)).estimate("worst_added_gap")
    assert added.value == pytest.approx(0.15)
    # Influences of spread 0.3 in 2,000 rows each: standard error 0.3 √(2 / 2,000) ≈ 0.0095; at 95 % over two columns
    # 2.24 of them below, and 1.96 above.
    assert added.interval().low == pytest.approx(0.15 - 2.24 * 0.0095, abs=0.001)
    assert added.interval().high == pytest.approx(0.15 + 1.96 * 0.0095, abs=0.001)
    assert added.p_value < 1e-6
    alike = ask(columns=(columns(rows((-0.2, -0.1)), real=rows((-0.2, -0.1), seed=1)),)).estimate("worst_added_gap")
    assert alike.interval().low == 0
    assert alike.interval().high < 0.03


def test_without_real_rows_nothing_is_said_of_what_was_added() -> None:
    finding = ask(columns=(columns(rows((-0.2, -0.1))),))
    assert "worst_added_gap" not in {each.name for each in finding.estimates}


def test_a_column_is_unconfirmed_where_trees_or_the_model_disagree() -> None:
    finding = ask(columns=(columns(rows((-0.2, -0.1), swap=(-0.2, 0.1))),))
    assert str(cells(finding, "carried_1", "result")["job"]).startswith("unconfirmed")
    ignores = ask(columns=(columns(rows((-0.2, -0.1)), intervention=REGENERATED, set_to=0.0),))
    assert str(cells(ignores, "carried_1", "result")["sex"]).startswith("unconfirmed")
    heeds = ask(columns=(columns(rows((-0.2, -0.1)), intervention=REGENERATED, set_to=-0.3),))
    assert cells(heeds, "carried_1", "result")["sex"] == "carries the gap"


def test_of_a_table_without_a_gap_there_is_nothing_to_explain() -> None:
    finding = ask(columns=(columns(rows((0.0, 0.005))),))
    assert finding.reason == "nothing to explain: neither the gap nor a part of it is surely larger than 2 points"


def test_without_evidence_the_question_does_not_arise() -> None:
    evidence = Evidence("image", Generated(["a"], 0, "toy"), absent={"reliance": "not for images"})
    with pytest.raises(NotApplicable, match="not for images"):
        ProtectedReliance()(evidence, np.random.default_rng(0))


@pytest.mark.parametrize("wrong", [{"material_nats": 0.0}, {"material_points": 1.0}])
def test_what_is_no_bound_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected material gaps above 0"):
        ProtectedReliance(**wrong)
