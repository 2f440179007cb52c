"""Forms: each field is measured, declared or missing, and nothing is made up."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.audit.finding import Column, Kind, Table
from genai_audit.reports.card import CardFacts, CardPart, CardSource
from genai_audit.reports.forms.facts import FACTS
from genai_audit.reports.forms.filled import PEOPLE, Field, filled
from genai_audit.reports.forms.form import Fact, form, forms
from genai_audit.reports.forms.output import form_html, form_markdown
from genai_audit.reports.frameworks.loader import frameworks
from genai_audit.reports.record import Record
from unit.reports import example
from unit.reports.small_record import HOSTILE, estimate, finding, small_record

DAY = date(2026, 12, 1)
RECORD = dict(example.variants())["fail"]
FACTS_DECLARED = CardFacts(provider=HOSTILE, intended_use=("Drawing digits",), next_review=date(2027, 1, 31))
CARD = CardPart(
    sources=(CardSource(name="card.yaml", sha256="0" * 64, kind="card", fields=FACTS_DECLARED.given()),),
    facts=FACTS_DECLARED,
)


def field(name: str, id_: str, record: Record) -> Field:
    return next(each for _, fields in filled(name, record, DAY).parts for each in fields if each.id == id_)


def test_the_forms_name_nothing_that_there_is_not() -> None:
    assert forms() == ("annex-iv", "annex-xi", "ll144", "model-card")
    codes = {each.code for each in AUDITORS}
    for name in forms():
        asked = form(name)
        assert asked.framework is None or asked.framework in frameworks()
        fields = [each for part in asked.parts for each in part.fields]
        assert len({each.id for each in fields}) == len(fields)
        for each in fields:
            assert set(each.card) <= set(CardFacts.model_fields)
            full = {code for code in each.findings if len(code) == 5 and not code.startswith("GA40")}
            assert full <= codes
            assert each.card or each.record or each.findings or each.people
    assert set(FACTS) == set(Fact.__args__) - {"impact_ratios"}


def test_a_form_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError, match="no form 'annex-v'; known: annex-iv, annex-xi, ll144, model-card"):
        form("annex-v")


def test_each_entry_says_where_it_comes_from() -> None:
    found = field("annex-iv", "2(g) discrimination", RECORD)
    assert [(each.kind, each.source) for each in found.entries] == [("measured", "GA101")]
    assert "Group 3 makes up 0.4 %" in found.entries[0].text
    purpose = field("annex-iv", "1(a)", RECORD.model_copy(update={"card": CARD}))
    kinds = {each.text.split(":")[0]: (each.kind, each.source) for each in purpose.entries}
    assert kinds["intended use"] == ("declared", "card.yaml")
    assert kinds["version"] == ("missing", "")
    assert kinds["gan.safetensors"] == ("measured", "record")


def test_without_a_card_nothing_is_declared() -> None:
    for name in forms():
        entries = [each for _, fields in filled(name, RECORD, DAY).parts for one in fields for each in one.entries]
        assert {each.kind for each in entries} <= {"measured", "missing"}


def test_what_gave_no_answer_is_missing_with_its_reason() -> None:
    texts = [each.text for each in field("model-card", "memory", small_record()).entries]
    assert texts == [
        "GA402 Leaks gave no answer: Too few samples.",
        "not applicable here: GA401. No training data was given.",
    ]
    assert PEOPLE in [each.text for each in field("annex-iv", "2(g) reports", RECORD).entries]


def test_impact_ratios_are_shown_as_the_finding_has_them() -> None:
    columns = (Column("category", "Category", Kind.TEXT), Column("ratio", "Impact ratio", Kind.RATIO))
    table = Table("impact_ratios", "Rates as an analogue", columns, (("F", 0.75), ("M", 1.0)))
    measured = replace(finding("GA102", estimate("x", 1.0, 0.1)), tables=(table,))
    record = small_record(findings=(measured,), rules=RULES, waivers=())
    assert field("ll144", "ratios", record).entries[0].source == "GA102"
    assert "| F | 0.75 |" in form_markdown(filled("ll144", record, DAY))
    assert "0.75" in form_html(filled("ll144", record, DAY))
    assert field("ll144", "ratios", RECORD).entries[0].kind == "missing"


RULES = ({"id": "a", "auditor": "GA102", "estimate": "x", "at_least": 0.8, "why": "because"},)


@pytest.mark.parametrize("name", forms())
def test_forms_are_plain_files_that_claim_nothing(name: str) -> None:
    record = dict(example.variants())["hostile"].model_copy(update={"card": CARD})
    made = filled(name, record, DAY)
    html, text = form_html(made), form_markdown(made)
    assert html == form_html(filled(name, record, DAY))
    assert "<script" not in html
    assert "<img" not in html
    assert "<script" not in text
    assert not {"\x00", "\x1b", "\u202e"} & set(html + text)
    assert "compliant" not in (html + text).lower()
    # One main heading, and none that skips a level.
    levels = [int(level) for level in re.findall(r"<h(\d)", html)]
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_an_old_framework_is_warned_of() -> None:
    late = filled("annex-iv", RECORD, date(2027, 12, 1))
    assert "EU Artificial Intelligence Act: the file is as of 2026-11-20" in late.warnings[0]
    assert late.warnings[0] in form_markdown(late)
    assert filled("annex-iv", RECORD, DAY).warnings == ()
    assert filled("model-card", RECORD, date(2030, 1, 1)).warnings == ()
