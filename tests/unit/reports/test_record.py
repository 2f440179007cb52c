"""The record: valid by its own schema, the same finding out as in, and no number that JSON cannot carry."""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from genai_audit.audit.finding import (
    Better,
    Column,
    Estimate,
    EstimateFacts,
    Exhibit,
    Finding,
    Interval,
    Kind,
    Outcome,
    Perfect,
    Pictures,
    Table,
)
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.reports.convert import coverage_of, finding_from, finding_part, verdict_part
from genai_audit.reports.finding_parts import FindingPart
from genai_audit.reports.record import SCHEMA_VERSION, TIME_FIELDS, Record, schema
from unit.reports.small_record import FINDINGS, HOSTILE, TODAY, estimate, small_record

EVERYTHING = Finding(
    code="GA101",
    title="Title",
    question="Question?",
    outcome=Outcome.MEASURED,
    estimates=(
        Estimate(
            name="share",
            value=0.1,
            curve=(Interval(0.5, 0.09, 0.11), Interval(0.95, 1 / 12, 2 / 15), Interval(0.9998, 0.0, 0.5)),
            n=12,
            method="Clopper–Pearson",
            unit="share",
            better=Better.LOWER,
            group=HOSTILE,
            perfect=Perfect(0.1, 0.05, 0.15),
            p_value=0.04,
            p_adjusted=0.2,
            minimum_detectable=0.01,
            from_draws=1.0,
            p_floor=0.001,
        ),
        Estimate("count", 3.0, (), 3, "counted", "count", Better.NEITHER),
    ),
    tables=(
        Table(
            "t",
            "Caption",
            (Column("a", "A", Kind.TEXT), Column("b", "B", Kind.SHARE), Column("c", "C", Kind.P_VALUE, 0.002)),
            (("x", 0.5, None), (HOSTILE, 1, 2.0)),
        ),
    ),
    exhibits=(Exhibit("e", "Caption", "grid", (Pictures("3", "generated", (0, 5)),)),),
    references=("doi:10.1000/1",),
    facts=(EstimateFacts("share", "a share", "share", Better.LOWER, "What it says.", ("generated",)),),
    doubts="records are near-copies",
    doubted=("reference",),
    sampling_unit="wording",
    settings={"k": 5, "targets": {"a": 0.5}, "names": ["a", None, True]},
    seconds=1.234,
)


def through_json(finding: Finding) -> Finding:
    return finding_from(FindingPart.model_validate_json(finding_part(finding).model_dump_json()))


@pytest.mark.parametrize("finding", [EVERYTHING, *FINDINGS], ids=lambda finding: finding.code)
def test_a_finding_comes_back_as_it_was(finding: Finding) -> None:
    assert through_json(finding) == finding


def test_types_of_cells_survive() -> None:
    (table,) = through_json(EVERYTHING).tables
    assert [[type(cell) for cell in row] for row in table.rows] == [[str, float, type(None)], [str, int, float]]


def test_a_recorded_audit_judges_as_the_audit_did() -> None:
    record = small_record()
    findings = [finding_from(part) for part in record.findings]
    policy = Policy.model_validate(record.policy.content)
    again = judge(findings, policy, drawn=record.environment.samples, today=TODAY)
    assert verdict_part(again) == record.verdict


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_record_is_valid_by_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    assert list(validator.iter_errors(json.loads(small_record().to_json()))) == []
    assert list(validator.iter_errors(json.loads(small_record(name=HOSTILE, waivers=()).to_json()))) == []


def broken(path: str, value: Any) -> Any:
    data: Any = json.loads(small_record().to_json())
    part = data
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    for key in parents:
        part = part[key]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return data


BROKEN = [
    ("verdict.outcome", "compliant"),
    ("verdict.rules.0.observed.value", "0.9"),
    ("findings.0.outcome", "passed"),
    ("findings.0.estimates.0.n", ...),
    ("checkpoint.sha256", ...),
    ("checkpoint.score", 10),
    ("schema_version", 4),
    ("coverage", ...),
]


@pytest.mark.parametrize(("path", "value"), BROKEN)
def test_the_schema_refuses_what_is_no_record(path: str, value: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken(path, value), schema())


@pytest.mark.parametrize(("path", "value"), [each for each in BROKEN if each[0] != "verdict.rules.0.observed.value"])
def test_loading_refuses_what_is_no_record(tmp_path: Path, path: str, value: Any) -> None:
    target = tmp_path / "record.json"
    target.write_text(json.dumps(broken(path, value)), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"record\.json: (not a record of schema_version 3|expected schema_version 1 or 2 or 3)"
    ):
        Record.load(target)


@pytest.mark.parametrize("version", [0, 4, "1", None, 1.5, True])
def test_an_unknown_schema_version_is_refused(tmp_path: Path, version: object) -> None:
    target = tmp_path / "record.json"
    target.write_text(json.dumps(broken("schema_version", version)), encoding="utf-8")
    with pytest.raises(ValueError, match=r"expected schema_version 1 or 2 or 3, got .*; use a matching genai-audit"):
        Record.load(target)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"3", b"\xff\xfe", b'{"schema_version": 1}'])
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, content: bytes | None) -> None:
    target = tmp_path / "record.json"
    if content is not None:
        target.write_bytes(content)
    with pytest.raises(ValueError, match=r"record\.json: "):
        Record.load(target)


def test_a_record_survives_its_file(tmp_path: Path) -> None:
    record = small_record(name=HOSTILE)
    target = tmp_path / "record.json"
    target.write_text(record.to_json(), encoding="utf-8")
    assert Record.load(target) == record
    assert Record.load(target).to_json() == record.to_json()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_undefined_numbers_are_refused_in_estimates(value: float) -> None:
    part = finding_part(FINDINGS[0]).model_dump()
    part["estimates"][0]["value"] = value
    with pytest.raises(ValueError, match="finite number"):
        FindingPart.model_validate(part)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_undefined_numbers_are_refused_in_tables(value: float) -> None:
    table = Table("t", "C", (Column("a", "A"),), ((value,),))
    with pytest.raises(ValueError, match="finite number"):
        finding_part(Finding("GA101", "T", "Q?", Outcome.MEASURED, estimates=FINDINGS[0].estimates, tables=(table,)))


def test_undefined_numbers_in_what_a_checkpoint_declares_become_null() -> None:
    # Free-form facts are not ours to refuse; JSON has no NaN, so readers elsewhere must not meet the bare word.
    record = small_record()
    checkpoint = record.checkpoint.model_copy(update={"declared": {"loss": math.nan}})
    text = record.model_copy(update={"checkpoint": checkpoint}).to_json()
    assert json.loads(text)["checkpoint"]["declared"] == {"loss": None}
    assert "NaN" not in text


def test_each_auditor_is_covered_exactly_once() -> None:
    covered = coverage_of(FINDINGS)
    codes = [*covered.measured, *covered.not_applicable, *covered.inconclusive, *covered.error]
    assert sorted(codes) == sorted(each.code for each in FINDINGS)
    assert covered.error == ("GA201",)


def test_the_interval_shown_is_the_nominal_one() -> None:
    part = finding_part(
        Finding("GA1", "T", "Q?", Outcome.MEASURED, estimates=(estimate("share", 0.5, 0.1),))
    ).estimates[0]
    assert part.level == 0.95
    assert (part.low, part.high) == pytest.approx((0.4, 0.6))


def test_time_fields_are_those_of_the_record() -> None:
    names: set[str] = set()

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            names.update(part)
            for value in part.values():
                collect(value)
        elif isinstance(part, list):
            for value in part:
                collect(value)

    collect(json.loads(small_record().to_json()))
    assert set(TIME_FIELDS) <= names
    assert SCHEMA_VERSION == 3
