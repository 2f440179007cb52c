"""What was declared: shown as declared, missing where it is missing, and never made up."""

from datetime import date
from typing import Any

import pytest

from genai_audit.reports import scope
from unit.reports import example

RECORD = dict(example.variants())["pass"]


class Carded:
    """A record with a card, as far as this part of the report looks at one."""

    def __init__(self, card: Any) -> None:
        self.card = card


def facts_of(card: Any) -> dict[str, str | None]:
    return {each.name: each.said for each in scope.facts(Carded(card))}  # type: ignore[arg-type]  # all that is read


def test_without_a_card_everything_is_missing() -> None:
    facts = scope.facts(RECORD)
    assert [each.name for each in facts][:2] == ["Intended use", "Excluded use"]
    assert {each.said for each in facts} == {None}
    assert scope.next_review(RECORD) is None
    assert scope.residual_risks(RECORD) == ()


def test_facts_of_a_card_are_shown_as_they_are_declared() -> None:
    card = {
        "facts": {"intended_use": ["tests", "teaching"], "owner": "A. Person", "languages": (), "hardware": "1 GPU"}
    }
    said = facts_of(card)
    assert (said["Intended use"], said["Owner"], said["Excluded use"]) == ("tests; teaching", "A. Person", None)
    assert said["Hardware"] == "1 GPU"
    assert "Languages" not in said


def test_training_data_that_are_described_read_as_text() -> None:
    card = {"facts": {"training_data": [{"name": "loans", "records": 8000, "notes": None}]}}
    assert facts_of(card)["Training data"] == "name loans, records 8000"


def test_risks_have_an_owner_and_a_day_where_the_card_says_them() -> None:
    declared = {"residual_risks": [{"risk": "bias", "owner": "A", "review": date(2027, 1, 1)}, "unknown"]}
    carded = Carded({"facts": declared | {"next_review": date(2027, 2, 1)}})
    risks = scope.residual_risks(carded)  # type: ignore[arg-type]  # all that is read
    assert [(each.name, each.owner, each.review) for each in risks] == [
        ("bias", "A", "2027-01-01"),
        ("unknown", None, None),
    ]
    assert scope.next_review(carded) == "2027-02-01"  # type: ignore[arg-type]  # all that is read


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ([], None),
        ("two\nlines", "two lines"),
        (True, "yes"),
        (0.5, "0.5"),
        (["a", 1], "a; 1"),
        ({"a_b": 1}, "a b 1"),
        ([[1, [2]], [3]], "2 entries, in record.json"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_values_are_text_without_the_brackets_of_a_program(value: Any, expected: str | None) -> None:
    assert scope.plain(value) == expected
