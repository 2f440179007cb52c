"""Frameworks and crosswalk as data: nothing in one names what is not in the other."""

import re
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.reports.frameworks.loader import PARTS, STALE_DAYS, Control, Framework, frameworks, links

TARGETS = [(link.evidence, target) for link in links() for target in link.to]


def test_every_control_of_the_crosswalk_is_in_its_framework() -> None:
    known = {(name, control.id) for name, each in frameworks().items() for control in each.controls}
    named = {(target.framework, control) for _, target in TARGETS for control in target.controls}
    assert len(named) > 80
    assert named - known == set()


def test_every_code_of_the_crosswalk_is_an_auditor() -> None:
    codes = {code for evidence, _ in TARGETS for code in evidence} - set(PARTS)
    strange = {code for code in codes if not code.startswith("GA40")} - {each.code for each in AUDITORS}
    assert strange == set()
    # GA400 to GA407 are about memorisation; others of the theme would have to be known.
    assert {code for code in codes if code.startswith("GA40")} <= {f"GA40{digit}" for digit in range(8)}


def test_no_evidence_bears_twice_on_a_control() -> None:
    # Two links would give two relations for one thing.
    pairs = [
        (code, target.framework, control)
        for evidence, target in TARGETS
        for code in evidence
        for control in target.controls
    ]
    assert sorted(pair for pair in set(pairs) if pairs.count(pair) > 1) == []


def test_what_lies_outside_a_scope_is_not_linked() -> None:
    outside = {name for name, each in frameworks().items() if each.outside}
    assert outside == {"iso-iec-ts-12791", "us-sr-26-2"}
    assert {target.framework for _, target in TARGETS} & outside == set()


def test_the_frameworks_that_reviewers_ask_for_are_there() -> None:
    asked = {"nist-ai-600-1", "nist-ai-rmf", "eu-ai-act", "eu-gpai-code", "iso-iec-42001", "nyc-ll144"}
    assert asked <= set(frameworks())
    dates = {each.id: each.applies_from for each in frameworks()["eu-ai-act"].controls}
    # After Regulation (EU) 2026/1744: high-risk duties later than in 2024, transparency as before.
    assert dates["Art. 9(8)"] == dates["Annex IV(2)(g)"] == date(2027, 12, 2)
    assert dates["Art. 50(2)"] == date(2026, 8, 2)
    assert dates["Art. 53(1)(a)"] == date(2025, 8, 2)
    # The basis for special categories moved to Art. 4a.
    assert not any(id_.startswith("Art. 10(5)") for id_ in dates)


def test_nothing_says_compliant() -> None:
    words = [text for each in frameworks().values() for text in (each.status, each.note or "", each.outside or "")]
    words += [target.reason for _, target in TARGETS]
    assert [text for text in words if re.search(r"\bcomplian", text, re.IGNORECASE)] == []


@pytest.mark.parametrize(("days", "stale"), [(0, False), (STALE_DAYS, False), (STALE_DAYS + 1, True), (-30, False)])
def test_a_file_is_stale_after_half_a_year(days: int, stale: bool) -> None:
    framework = frameworks()["eu-ai-act"]
    assert framework.stale(framework.as_of + timedelta(days=days)) is stale


def test_a_control_that_stands_twice_is_refused() -> None:
    control = Control(id="1", title="t", topic="bias", certainty="read", says="s")
    facts = {"id": "x", "name": "X", "version": "1", "as_of": date(2026, 1, 1), "citation": "c", "status": "s"}
    with pytest.raises(ValidationError, match="expected each control once, got 1 again"):
        Framework(**facts, controls=(control, control))  # type: ignore[arg-type]  # by name
