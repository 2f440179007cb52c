"""Rules in the words of what they protect."""

import pytest

from genai_audit.audit.catalogue import estimates_by_code
from genai_audit.reports.claims import PLAIN, SPECIAL, claim, title
from unit.reports import example
from unit.reports.small_record import estimate, finding, small_record

RECORDS = dict(example.variants())


def test_every_sentence_is_about_an_estimate_that_there_is() -> None:
    known = {(code, name) for code, names in estimates_by_code().items() for name in names}
    assert set(PLAIN) | set(SPECIAL) <= known


def test_the_group_behind_the_worst_is_named_with_its_share_and_what_it_should_be() -> None:
    rule = RECORDS["fail"].verdict.rules[0]
    assert claim(rule, RECORDS["fail"]) == (
        "group 3 makes up 0.4 % (0–0.8 %) of the samples where it should make up 10.0 %, which is 0.04 (0–0.08) of its "
        "share"
    )
    assert title(rule) == "No group underrepresented"


@pytest.mark.parametrize(("code", "name"), [*PLAIN, *SPECIAL])
def test_every_sentence_holds_its_value_or_says_that_nothing_is_wrong(code: str, name: str) -> None:
    asked = {"id": "asked", "auditor": code, "estimate": name, "at_most": 0.02, "why": "because"}
    record = small_record(findings=(finding(code, estimate(name, 0.5, 0.1)),), rules=(asked,), waivers=())
    said = claim(record.verdict.rules[0], record)
    assert "{" not in said
    assert "0.5" in said or "changed the model" in said


def test_without_a_number_the_rule_says_what_it_is_about() -> None:
    rule = RECORDS["error"].verdict.rules[1]
    assert rule.observed is None
    assert claim(rule, RECORDS["error"]) == "Precision relative to a perfect generator"
