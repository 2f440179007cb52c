"""The public names: pinned, the same on every machine, loaded on first use, and the types that an audit returns."""

import inspect
import re
from pathlib import Path

import pytest

import genai_audit
from genai_audit import Outcome, Ruling
from genai_audit.reports import record as record_module
from genai_audit.reports.part import OutcomePart
from unit.reports.small_record import small_record

PUBLIC = [
    "Better",
    "Coverage",
    "EstimatePart",
    "Evidence",
    "ExplainedMap",
    "Explanation",
    "FindingPart",
    "Outcome",
    "Policy",
    "PolicyError",
    "Record",
    "RulePart",
    "Ruling",
    "UserError",
    "VerdictPart",
    "audit_checkpoint",
    "compare_records",
    "explain",
    "load_weights",
    "verify",
]
GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "python.md"


def test_the_public_names_are_pinned() -> None:
    assert genai_audit.__all__ == PUBLIC


def test_every_public_name_exists_and_lives_in_the_package() -> None:
    for name in PUBLIC:
        value = getattr(genai_audit, name)
        assert value.__name__ == name
        assert value.__module__.startswith("genai_audit.")
        assert value.__doc__


def test_completion_offers_the_public_names() -> None:
    assert dir(genai_audit) == sorted(PUBLIC)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(genai_audit, "trust_score")


def test_a_public_class_is_the_one_the_package_uses() -> None:
    # Two copies of a class, as two import names of one file would give, never compare equal.
    from genai_audit.audit.finding import Outcome as Used

    assert genai_audit.Outcome is Used


def test_the_types_returned_are_the_types_exported() -> None:
    record = small_record()
    rule, found = record.verdict.rules[0], record.finding("GA302")
    estimate = record.estimate("GA302", "recall_ratio")
    returned = (record, record.verdict, rule, found, estimate, record.coverage, rule.outcome, found.outcome)
    for each in (*returned, estimate.better):
        assert type(each) is getattr(genai_audit, type(each).__name__)


def test_every_type_without_a_truth_value_is_exported() -> None:
    kinds = {
        name
        for name, kind in vars(record_module).items()
        if inspect.isclass(kind) and issubclass(kind, OutcomePart) and kind is not OutcomePart
    }
    assert kinds == {"Coverage", "EstimatePart", "FindingPart", "Record", "RulePart", "VerdictPart"}
    assert kinds <= set(PUBLIC)


@pytest.mark.parametrize(
    "value",
    [
        record := small_record(),
        record.verdict,
        record.verdict.rules[0],
        record.findings[0],
        record.findings[0].estimates[0],
        record.coverage,
        record.verdict.outcome,
        *Ruling,
        *Outcome,
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_no_outcome_has_a_truth_value(value: object) -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(value)


def test_every_public_name_and_argument_is_documented() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    names = [*PUBLIC, *inspect.signature(genai_audit.audit_checkpoint).parameters]
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []
