"""JUnit XML: every rule shown, green exactly where the verdict is PASS, valid whatever names it holds."""

from xml.etree import ElementTree

import pytest

from genai_audit.audit.finding import Finding, Outcome
from genai_audit.audit.verdict import Ruling
from genai_audit.reports.junit import junit
from genai_audit.reports.record import Record
from unit.reports.small_record import FINDINGS, HOSTILE, estimate, finding, rule, small_record

# Jenkins' junit-10 schema, as far as a report of ours can go: for each element its attributes (a star marks those it
# must have) and its children. GitLab reads a subset.
SHAPE = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name*", "tests*", "failures*", "errors*", "skipped", "time", "timestamp"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name*", "value*"}, set()),
    "testcase": ({"name*", "classname", "time"}, {"skipped", "error", "failure", "system-out"}),
    "skipped": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "failure": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def shape_errors(element: ElementTree.Element) -> list[str]:
    attributes, children = SHAPE[element.tag]
    known = {each.rstrip("*") for each in attributes}
    needed = {each.rstrip("*") for each in attributes if each.endswith("*")}
    errors = [f"{element.tag} has {each}" for each in set(element.keys()) - known]
    errors += [f"{element.tag} lacks {each}" for each in needed - set(element.keys())]
    errors += [f"{element.tag} holds {child.tag}" for child in element if child.tag not in children]
    return errors + [error for child in element if child.tag in children for error in shape_errors(child)]


def parsed(record: Record) -> ElementTree.Element:
    return ElementTree.fromstring(junit(record).encode())


def states(record: Record) -> dict[str, list[str]]:
    cases = parsed(record).iter("testcase")
    return {case.attrib["name"]: [child.tag for child in case if child.tag != "system-out"] for case in cases}


def test_each_rule_is_a_case_in_its_own_state() -> None:
    assert states(small_record()) == {
        "met": [],
        "missed": ["failure"],
        "open": ["error"],
        "per-group[a]": [],
        "per-group[b]": ["failure"],
        "crashed": ["error"],
        "passed-over": ["skipped"],
        "lived-with": ["skipped"],
    }


def test_messages_say_what_was_asked_and_seen() -> None:
    root = parsed(small_record())
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    missed = cases["missed"].find("failure")
    assert missed is not None
    assert "at least 0.8" in missed.attrib["message"]
    assert "n = 2,000" in missed.attrib["message"]
    undecided = cases["open"].find("error")
    assert undecided is not None
    assert undecided.attrib["type"] == "inconclusive"
    assert "samples would decide" in undecided.attrib["message"]
    crashed = cases["crashed"].find("error")
    assert crashed is not None
    assert crashed.attrib["type"] == "crash"
    assert "ValueError: <broken> & torn" in (crashed.text or "")
    waived = cases["lived-with"].find("skipped")
    assert waived is not None
    assert "A. Person until 2026-01-31: planned" in waived.attrib["message"]
    assert cases["met"].attrib["classname"] == "genai_audit.GA302"


def test_the_counts_are_those_of_the_cases() -> None:
    suite = parsed(small_record()).find("testsuite")
    assert suite is not None
    counts = {key: int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 8, "failures": 2, "errors": 2, "skipped": 2}


def test_numbers_stand_in_the_properties() -> None:
    properties = {each.attrib["name"]: each.attrib["value"] for each in parsed(small_record()).iter("property")}
    assert float(properties["met.value"]) == 0.95
    assert float(properties["met.low"]) < 0.95 < float(properties["met.high"])
    assert properties["met.n"] == "2000"
    assert properties["verdict"] == "fail"
    assert properties["checkpoint.sha256"] == "ab" * 32


@pytest.mark.parametrize("name", ["model.safetensors", HOSTILE, "]]>", "&amp;", "", "\udc80lone"])
def test_any_name_gives_valid_xml(name: str) -> None:
    record = small_record()
    # A record cannot hold a lone surrogate; a name that the file system gave can.
    record = record.model_copy(update={"checkpoint": record.checkpoint.model_copy(update={"name": name})})
    root = parsed(record)
    assert shape_errors(root) == []
    suite = root.find("testsuite")
    assert suite is not None
    kept = [letter for letter in name if letter.isprintable() and letter not in "\ufffe"]
    assert all(letter in suite.attrib["name"] for letter in kept)


def test_hostile_groups_and_reasons_give_valid_xml() -> None:
    findings = (finding("GA101", estimate("share_ratio", 0.1, 0.01, group=HOSTILE)), *FINDINGS[1:])
    record = small_record(findings=findings)
    assert shape_errors(parsed(record)) == []
    assert any(HOSTILE[:20] in name for name in states(record))


def test_the_shape_can_be_violated() -> None:
    wrong = ElementTree.fromstring('<testsuites><testsuite name="x" colour="red"><testcase/></testsuite></testsuites>')
    assert "testsuite has colour" in shape_errors(wrong)
    assert "testsuite lacks tests" in shape_errors(wrong)
    assert "testcase lacks name" in shape_errors(wrong)


ONE = (rule("one", "GA302", "coverage_ratio"),)
OPTIONAL = (rule("one", "GA302", "coverage_ratio", required=False),)
ABSENT = (Finding("GA302", "T", "Q?", Outcome.NOT_APPLICABLE, "no images"),)


@pytest.mark.parametrize(
    ("rules", "findings", "verdict"),
    [
        (ONE, (finding("GA302", estimate("coverage_ratio", 0.95, 0.01)),), Ruling.PASS),
        (ONE, (finding("GA302", estimate("coverage_ratio", 0.5, 0.01)),), Ruling.FAIL),
        (ONE, (finding("GA302", estimate("coverage_ratio", 0.8, 0.01)),), Ruling.INCONCLUSIVE),
        (ONE, ABSENT, Ruling.INCONCLUSIVE),
        # Nothing was tested: all cases would be skipped, which a server shows as green.
        (OPTIONAL, ABSENT, Ruling.INCONCLUSIVE),
        # All rules are met, but an auditor crashed that none names.
        (ONE, (FINDINGS[1], finding("GA302", estimate("coverage_ratio", 0.95, 0.01))), Ruling.INCONCLUSIVE),
    ],
)
def test_green_exactly_where_the_verdict_is_pass(
    rules: tuple[dict[str, object], ...], findings: tuple[Finding, ...], verdict: Ruling
) -> None:
    record = small_record(rules=rules, findings=findings, waivers=())
    assert record.verdict.outcome is verdict
    bad = [name for name, found in states(record).items() if {"failure", "error"} & set(found)]
    assert bool(bad) == (verdict is not Ruling.PASS)


def test_no_text_stands_twice_in_a_case() -> None:
    for case in parsed(small_record()).iter("testcase"):
        said = [f"{each.get('message', '')}\n{each.text or ''}" for each in case if each.tag != "system-out"]
        output = (case.findtext("system-out") or "").splitlines()
        values = [line.partition(": ")[2] for line in output]
        assert output
        assert len(set(values)) == len(values)
        assert [value for value in values for text in said if value.lower() in text.lower()] == []


def test_the_output_of_a_met_rule_says_all_of_it() -> None:
    cases = {case.attrib["name"]: case for case in parsed(small_record()).iter("testcase")}
    output = cases["met"].findtext("system-out") or ""
    for expected in (
        "pass: the whole interval",
        "GA302 coverage_ratio",
        "expected: at least 0.8",
        "n = 2,000",
        "why: ",
    ):
        assert expected in output
    # What the message of a missed rule says is not said again.
    missed = cases["missed"].findtext("system-out") or ""
    assert "GA302 recall_ratio" in missed
    assert "n = 2,000" not in missed
