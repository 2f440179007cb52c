"""GA207: what it says of contexts with known contents."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.attribution.next_token.auditor import NextToken
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.contexts.kind import Contexts
from genai_audit.audit.finding import LEVELS, Finding, NotApplicable
from unit.audit.evidence.contexts.token_toys import Planted, contexts, evidence_of, item, table, texts


@cache
def measured() -> Contexts:
    return item(contexts(Planted({1: table(0), 3: table(1, 1.0)})))


def evidence(found: Contexts | None, **more: Any) -> Evidence:
    return replace(evidence_of(texts(4, 24, 1), texts(4, 24, 2)), contexts=found, **more)


def audit(found: Contexts, **more: Any) -> Finding:
    return NextToken()(evidence(found, **more), np.random.default_rng(0))


def column(finding: Finding, table: str, key: str) -> list[Any]:
    found = next(each for each in finding.tables if each.name == table)
    return [row[[each.key for each in found.columns].index(key)] for row in found.rows]


def test_every_estimate_is_declared_and_has_all_levels() -> None:
    finding = audit(measured())
    assert {each.name for each in finding.estimates} == {each.name for each in NextToken.estimates}
    for each in finding.estimates:
        assert tuple(one.level for one in each.curve) == LEVELS


def test_the_profile_is_shared_out_and_zero_where_nothing_depends() -> None:
    finding = audit(measured())
    assert sum(column(finding, "profile", "real")) == pytest.approx(1)
    assert column(finding, "profile", "distance")[:5] == ["the last", "2 back", "3 back", "4 back", "5 to 8 back"]
    assert column(finding, "profile", "real")[1] == pytest.approx(0, abs=1e-6)
    assert column(finding, "profile", "real")[0] > column(finding, "profile", "real")[2] > 0.1
    low, high = (column(finding, "profile", f"fresh_{end}") for end in ("low", "high"))
    assert all(a <= b for a, b in zip(low, high, strict=True))


def test_the_baseline_is_the_one_that_was_collected_as_shown_and_both_stand_in_the_table() -> None:
    for shown in (0, 1):
        finding = audit(replace(measured(), shown=shown))
        uses = column(finding, "baselines", "use")
        assert uses[shown] == "reported"
        assert uses[1 - shown] == "for comparison"
        assert str(finding.settings["baseline"]).startswith(measured().baselines[shown])
        assert finding.estimate("last_share", "last 1").value == pytest.approx(
            column(finding, "baselines", "last_1")[shown]
        )


def test_settings_name_what_was_asked() -> None:
    settings = audit(measured()).settings
    for name in ("question", "readout", "contrast", "baseline", "sampling_unit", "method"):
        assert settings[name]


def test_records_of_its_own_are_compared_with_real_ones() -> None:
    found = measured()
    same = replace(found, generated=found.real)
    shift = audit(same).estimate("recency_shift")
    assert (shift.value, shift.p_value) == (0, 1)
    # In its own records the last tokens count double, the others as before.
    leaning = found.real.attributions.copy()
    leaning[:, :, -4:] *= 2
    leaning[:, :, -8] = 0.3 * np.random.default_rng(0).standard_normal(leaning.shape[:2])
    flat = found.real.attributions.copy()
    flat[:, :, -8] = leaning[:, :, -8]
    shifted = replace(
        found, real=replace(found.real, attributions=flat), generated=replace(found.real, attributions=leaning)
    )
    shift = audit(shifted).estimate("recency_shift")
    assert shift.interval().low > 0
    assert shift.p_value is not None
    assert shift.p_value < 0.05
    assert shift.perfect is not None
    assert shift.perfect.value == 0


def test_a_map_that_fails_its_checks_is_shown_without_a_reading() -> None:
    found = measured()
    assert audit(replace(found, checked=())).exhibits[0].form == "token_strip"
    # As if all copies of the network looked at the very same: then its map does not tell what it learned.
    (map_,) = found.checked
    alike = replace(
        map_, retrained=np.ones_like(map_.retrained), between_retrained=np.ones_like(map_.between_retrained)
    )
    finding = audit(replace(found, checked=(alike,)))
    assert finding.exhibits[0].form == "unread_token_strip"
    assert "random weights" in str(finding.settings["maps_not_to_be_read"])


def test_gaps_say_what_was_left_out() -> None:
    found = measured()
    finding = audit(replace(found, impossible=3, longest=int(found.real.lengths.max())))
    assert finding.gaps["context_effect"].startswith("3 pairs of contexts were left out")
    assert finding.gaps["context_range"].startswith("no context of more than")
    none = np.zeros(0, dtype=np.int64)
    without = replace(found, gradients=np.zeros((0, 24)), gradient_complete=none.astype(bool), gradient_steps=none)
    finding = audit(without, unmeasured={"contexts.gradients": "no embedding"})
    assert finding.gaps["top_position_agreement"] == "no embedding"
    assert not [each for each in finding.estimates if each.name == "top_position_agreement"]


def test_where_it_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="the model makes pictures"):
        NextToken()(evidence(None, absent={"contexts": "the model makes pictures"}), np.random.default_rng(0))


@pytest.mark.parametrize("wrong", [{"share": 1.0}, {"beyond": 0}, {"last": ()}, {"material": 0.0}])
def test_parameters_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected share between 0 and 1"):
        NextToken(**wrong)
