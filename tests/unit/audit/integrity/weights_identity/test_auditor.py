"""GA601: what is counted, what is left out rather than called zero, and what the tables show."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import Finding, NotApplicable, Outcome
from genai_audit.audit.integrity.weights_identity.auditor import Identity
from genai_audit.audit.pages import SECTIONS, page
from genai_audit.models.checkpoints.weight_facts import TensorFacts, WeightFacts


def tensor(name: str = "w", **changes: Any) -> TensorFacts:
    plain = TensorFacts(
        name=name, shape=(20, 20), dtype="float32", device="cpu", count=400, mean=0.0, deviation=0.1, low=-0.4,
        high=0.5, zeros=0, broken=0, sha256="00", initial="", tested=True,
    )  # fmt: skip
    return replace(plain, **changes)


SOUND = WeightFacts(
    tensors=(tensor("a"), tensor("b", count=100, tested=False)),
    files=(("m.pt", "ab" * 32),),
    parts=(),
    remarks=(),
    state_before="s",
    state_after="s",
    file_before="f",
    file_after="f",
)


def found(weights: WeightFacts | None, **parameters: Any) -> Finding:
    generated = Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy")
    evidence = Evidence("image", generated, weights=weights, absent={} if weights else {"weights": "only samples"})
    return Identity(**parameters)(evidence, np.random.default_rng(0))


def values(weights: WeightFacts) -> dict[str, float]:
    return {each.name: each.value for each in found(weights).estimates}


def test_sound_weights_score_what_perfect_ones_do() -> None:
    finding = found(SOUND)
    assert finding.outcome is Outcome.MEASURED
    assert {each.name for each in finding.estimates} == {each.name for each in Identity.estimates}
    for each in finding.estimates:
        assert each.value == 0
        assert each.interval(0.99).low == each.interval(0.99).high == 0
        assert (each.perfect is not None) == (each.better == "lower")
        assert each.n > 0
        assert each.method == "complete count"
    assert [table.name for table in finding.tables] == ["tensors", "files"]


@pytest.mark.parametrize(
    ("changed", "name", "value"),
    [
        ({"tensors": (tensor(initial="uniform"), tensor(count=1200))}, "initial_weight_share", 0.25),
        ({"tensors": (tensor(broken=3), tensor(count=200))}, "broken_weight_share", 0.005),
        ({"tensors": (tensor(), tensor(count=100, low=1.0, high=1.0))}, "constant_weight_share", 0.2),
        ({"tensors": (tensor(dtype="bfloat16"), tensor(dtype="float64"))}, "half_precision_share", 0.5),
        ({"tensors": (tensor(device="cuda:1"), tensor())}, "accelerator_tagged_share", 0.5),
        ({"remarks": ("One.", "Two.")}, "remark_count", 2),
        ({"state_after": "t"}, "changed_by_audit", 1),
        ({"file_after": "t", "state_before": "", "state_after": ""}, "changed_by_audit", 1),
    ],
)
def test_each_defect_moves_its_own_estimate(changed: dict[str, Any], name: str, value: float) -> None:
    scores = values(replace(SOUND, **changed))
    assert scores.pop(name) == pytest.approx(value)
    assert not any(scores.values())


def test_constants_that_no_law_was_compared_with_count_neither_way() -> None:
    weights = replace(SOUND, tensors=(tensor(initial="uniform"), tensor(tested=False, initial="constant 1", count=900)))
    assert values(weights)["initial_weight_share"] == 1


def test_a_single_number_is_no_constant_tensor() -> None:
    one = tensor(shape=(), count=1, low=2.0, high=2.0, tested=False)
    assert values(replace(SOUND, tensors=(one,)))["constant_weight_share"] == 0


def test_what_was_not_looked_at_is_not_called_zero() -> None:
    assert "initial_weight_share" not in values(replace(SOUND, tensors=(tensor(tested=False),)))
    unknown = replace(SOUND, state_before="", state_after="", file_before="", file_after="")
    assert "changed_by_audit" not in values(unknown)


def test_without_weights_it_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="only samples"):
        found(None)
    with pytest.raises(NotApplicable, match="no file of the checkpoint could be read as tensors"):
        found(replace(SOUND, tensors=()))
    assert values(replace(SOUND, tensors=(), file_after="t")) == {"remark_count": 0, "changed_by_audit": 1}


def test_the_tables_show_what_matters_first_and_say_what_they_leave_out() -> None:
    tensors = (
        tensor("small", count=300),
        tensor("large", count=4000),
        tensor("fresh", count=256, initial="orthogonal"),
        tensor("nan", count=9, broken=9, tested=False, mean=0.0),
        tensor("middle", count=2000),
    )
    finding = found(replace(SOUND, tensors=tensors, remarks=("Bad.",)), shown=3)
    remarks, listed, files = finding.tables
    assert remarks.rows == (("Bad.",),)
    keys = [column.key for column in listed.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in listed.rows]
    assert [row["tensor"] for row in rows] == ["large", "fresh", "nan"]
    assert [row["agrees"] for row in rows] == ["no initialiser", "orthogonal", "not tested"]
    assert (rows[0]["shape"], rows[2]["mean"], rows[2]["greatest"]) == ("20 × 20", None, None)
    assert "3 of 5" in listed.caption
    assert files.rows == (("m.pt", "ab" * 8),)
    assert " of " not in found(SOUND).tables[0].caption.partition("(")[0].replace("of the checkpoint", "")


def test_impossible_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="expected shown of at least 1, got 0"):
        Identity(shown=0)


def test_the_page_has_every_section() -> None:
    assert tuple(page("GA601").sections) == SECTIONS
    assert page("GA601").title == f"GA601 {Identity.title}"
