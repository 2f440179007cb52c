"""Machine formats: each record in each of them, through the schema or the library of those who read it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
from jsonschema import Draft202012Validator
from sarif_pydantic import Sarif

from genai_audit.audit.verdict import Ruling
from genai_audit.reports.card import CardFacts, CardPart, CardSource, ResidualRisk, TrainingData
from genai_audit.reports.formats import FORMATS, written
from genai_audit.reports.forms.form import forms
from genai_audit.reports.policy_place import PolicyPlace
from genai_audit.reports.record import Record
from unit.reports import example
from unit.reports.small_record import FINDINGS, HOSTILE, estimate, finding, rule, small_record

PLACE = PolicyPlace("gates/policy.yaml", {"missed": 7, "per-group": 12})
FACTS = CardFacts(
    name=HOSTILE,
    version="2.1",
    provider="Example Ltd",
    licence="Apache 2.0 with changes",
    languages=("en",),
    intended_use=("Drawing digits",),
    users=("teachers",),
    limits=("small",),
    training_data=(TrainingData(name="digits"),),
    residual_risks=(ResidualRisk(risk="rare styles", treatment="none"), ResidualRisk(risk=HOSTILE)),
)
CARD = CardPart(
    sources=(CardSource(name="card.yaml", sha256="0" * 64, kind="card", fields=FACTS.given()),), facts=FACTS
)
CARDED = small_record().model_copy(update={"card": CARD})
RECORDS = {**dict(example.variants()), "small": small_record(), "card": CARDED}


@cache
def schema(name: str) -> Mapping[str, Any]:
    text = (Path(__file__).parent / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    Draft202012Validator.check_schema(found)
    return found


def complaints(name: str, content: object) -> list[str]:
    return [
        f"{each.json_path}: {each.message[:200]}" for each in Draft202012Validator(schema(name)).iter_errors(content)
    ]


def as_json(name: str, record: Record) -> Any:
    return json.loads(written(name, record, PLACE))


@pytest.mark.parametrize("name", RECORDS)
def test_sarif_is_valid_and_points_at_the_policy(name: str) -> None:
    text = written("sarif", RECORDS[name], PLACE)
    assert complaints("sarif", json.loads(text)) == []
    run = Sarif.model_validate_json(text).runs[0]
    places = [each.locations[0].physical_location for each in run.results or [] if each.locations]
    assert {place.artifact_location.uri for place in places if place and place.artifact_location} <= {PLACE.uri}


@pytest.mark.parametrize("name", RECORDS)
def test_code_quality_is_valid_and_each_finding_is_known_apart(name: str) -> None:
    found = as_json("gitlab", RECORDS[name])
    assert complaints("gitlab", found) == []
    assert len({each["fingerprint"] for each in found}) == len(found)


@pytest.mark.parametrize("name", RECORDS)
def test_the_bill_of_materials_is_valid(name: str) -> None:
    # The strict validator of the format's own library, with the schema of 1.7 that it brings.
    text = written("cyclonedx", RECORDS[name], PLACE)
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None


@pytest.mark.parametrize("name", RECORDS)
def test_every_eval_ever_is_valid(name: str) -> None:
    assert complaints("every_eval_ever", as_json("every-eval-ever", RECORDS[name])) == []


@pytest.mark.parametrize("name", RECORDS)
def test_the_hub_reads_the_model_card(name: str) -> None:
    # `ModelCard.validate` would ask the Hub over the network; reading the front matter needs nobody.
    text = written("hugging-face", RECORDS[name], PLACE)
    measured = [each for part in RECORDS[name].findings for each in part.estimates]
    read = ModelCard(text).data
    assert len(read.eval_results or []) == len(measured)
    assert {each.metric_value for each in read.eval_results or []} == {each.value for each in measured}
    # YAML's references are read by few.
    assert "&id" not in text


def test_places_are_references_in_sarif_and_paths_in_code_quality() -> None:
    place = PolicyPlace("my%20gates/policy.yaml")
    assert json.loads(written("gitlab", small_record(), place))[0]["location"]["path"] == "my gates/policy.yaml"
    assert '"my%20gates/policy.yaml"' in written("sarif", small_record(), place)


def test_no_two_outputs_share_a_file() -> None:
    files = [each.file for each in FORMATS.values()] + [f"{name}.{kind}" for name in forms() for kind in ("md", "html")]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("name", ["sarif", "gitlab"])
def test_there_is_a_finding_exactly_where_the_verdict_is_not_pass_or_something_is_waived(name: str) -> None:
    for record in RECORDS.values():
        found = as_json(name, record)
        results = found if name == "gitlab" else found["runs"][0]["results"]
        waived = any(each.waived for each in record.verdict.rules)
        assert bool(results) == (record.verdict.outcome is not Ruling.PASS or waived)


def test_a_verdict_that_no_rule_explains_is_a_finding_of_its_own() -> None:
    # All rules are met, but an auditor crashed that none names.
    met = finding("GA302", estimate("coverage_ratio", 0.95, 0.01))
    record = small_record(findings=(FINDINGS[1], met), rules=(rule("one", "GA302", "coverage_ratio"),), waivers=())
    assert [each["check_name"] for each in as_json("gitlab", record)] == ["verdict"]
    run = as_json("sarif", record)["runs"][0]
    assert [each["ruleId"] for each in run["results"]] == ["verdict"]
    assert run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"] == "verdict"
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "ValueError" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_levels_kinds_and_lines() -> None:
    run = as_json("sarif", small_record())["runs"][0]
    results = {
        (each["ruleId"], each["partialFingerprints"]["primaryLocationLineHash"]): each for each in run["results"]
    }
    by_rule = {id_: each for (id_, _), each in results.items()}
    assert len(results) == len(run["results"])
    assert (by_rule["missed"]["kind"], by_rule["missed"]["level"]) == ("fail", "error")
    assert (by_rule["open"]["kind"], by_rule["open"]["level"]) == ("open", "none")
    assert by_rule["missed"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 7
    assert by_rule["open"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert by_rule["lived-with"]["suppressions"][0]["justification"] == "A. Person until 2026-01-31: planned"
    # GitHub would show what is met as an alert.
    assert "met" not in by_rule
    assert "met" in {each["id"] for each in run["tool"]["driver"]["rules"]}
    severities = {each["check_name"]: each["severity"] for each in as_json("gitlab", small_record())}
    assert (severities["missed"], severities["open"], severities["lived-with"]) == ("critical", "major", "info")


def test_fingerprints_outlive_numbers_and_weights() -> None:
    def prints(record: Record) -> dict[str, str]:
        results = as_json("sarif", record)["runs"][0]["results"]
        return {each["ruleId"]: each["partialFingerprints"]["primaryLocationLineHash"] for each in results}

    first = small_record()
    other = finding("GA302", *(estimate(each.name, each.value - 0.01, 0.01) for each in FINDINGS[2].estimates))
    checkpoint = first.checkpoint.model_copy(update={"sha256": "ef" * 32})
    again = small_record(findings=(*FINDINGS[:2], other, *FINDINGS[3:])).model_copy(update={"checkpoint": checkpoint})
    assert prints(again)["missed"] == prints(first)["missed"]
    assert prints(small_record(name="another"))["missed"] != prints(first)["missed"]


def test_the_bill_of_materials_holds_metrics_with_intervals_as_text() -> None:
    content = as_json("cyclonedx", CARDED)
    model = content["metadata"]["component"]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    missed = next(each for each in metrics if each["type"] == "GA302/recall_ratio")
    assert missed["value"] == "0.5"
    interval = missed["confidenceInterval"]
    assert float(interval["lowerBound"]) < 0.5 < float(interval["upperBound"])
    assert {each["slice"] for each in metrics if each["type"] == "GA101/share_ratio"} == {"a", "b"}
    assert model["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert model["supplier"] == {"name": "Example Ltd"}
    # A further key in a strict part is refused, so the validator does look.
    model["modelCard"]["considerations"]["grade"] = "A"
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(json.dumps(content)) is not None


def test_the_front_matter_says_what_is_declared_and_no_more() -> None:
    front = yaml.safe_load(written("hugging-face", CARDED, PLACE).split("---\n")[1])
    assert (front["license"], front["license_name"]) == ("other", "Apache 2.0 with changes")
    assert front["language"] == ["en"]
    assert "license" not in yaml.safe_load(written("hugging-face", small_record(), PLACE).split("---\n")[1])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_the_same_for_the_same_record_and_shows_no_hidden_characters(name: str) -> None:
    text = written(name, RECORDS["hostile"], PLACE)
    assert text == written(name, RECORDS["hostile"].model_copy(), PLACE)
    assert text.endswith("\n")
    assert not {"\x00", "\x1b", "\u202e", "\u2066"} & set(text)
    text.encode()


@pytest.mark.parametrize("name", ["sarif", "gitlab", "every_eval_ever"])
def test_the_schemas_refuse_what_is_wrong(name: str) -> None:
    content = as_json(name.replace("_", "-"), small_record())
    broken = {
        "sarif": lambda: content["runs"][0]["results"][0].update(message={"text": ""}),
        "gitlab": lambda: content[0].update(severity="high"),
        "every_eval_ever": lambda: content["evaluation_results"][0]["score_details"].update(score="0.5"),
    }
    broken[name]()
    assert complaints(name, content) != []
