"""The card: declared facts are taken as they are, marked as such, and a mistake in the file is one line."""

from datetime import date
from pathlib import Path

import pytest

from genai_audit.models.errors import UserError
from genai_audit.reports.card import CardFacts, CardPart, card_lines
from genai_audit.reports.card_files import declared_facts, read_card
from genai_audit.reports.record import Record, schema
from unit.reports.small_record import small_record

CARD = """\
name: Digits
version: "2.1"
owner: A. Person
licence: Apache-2.0
intended_use: Drawing digits
excluded_use: [Deciding about people, Teaching machines]
training_data:
  - {name: digits, records: 1797, licence: BSD-3-Clause}
residual_risks:
  - {risk: Rare styles are missed, owner: A. Person, review: 2027-01-31, decision: accept}
next_review: 2027-01-31
"""

README = """\
---
license: mit
language: [en, de]
base_model: org/base
datasets:
- squad
tags: [x]
co2_eq_emissions: {emissions: 12.5, source: guess}
model-index: [{name: n, results: []}]
---
# Title
"""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.yaml"
    path.write_text(CARD, encoding="utf-8")
    return path


def test_a_card_says_what_it_says(card: Path) -> None:
    facts = read_card(card)
    assert facts.intended_use == ("Drawing digits",)
    assert facts.residual_risks[0].review == date(2027, 1, 31)
    assert facts.training_data[0].records == 1797
    # What is not said is missing, and nothing is made up for it.
    assert facts.provider is None
    assert "provider" not in facts.given()
    assert dict(card_lines(facts))["residual_risks"] == (
        "Rare styles are missed; owner: A. Person; review: 2027-01-31; decision: accept",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: x\n", ":1: nmae: unknown key; remove it or correct its spelling"),
        ("name: x\nversion: 2.1\n", ":2: version: Input should be a valid string, got 2.1"),
        ("residual_risks:\n- risk: a\n  ownr: b\n", ":3: residual_risks.0.ownr: unknown key"),
        ("residual_risks:\n- owner: b\n", ":2: residual_risks.0.risk: missing; add it"),
        ("residual_risks:\n- {risk: a, decision: ignore}\n", "decision: Input should be 'accept', 'mitigate'"),
        ("next_review: soon\n", ":1: next_review: Input should be a valid date"),
        ("- a\n", ":1: expected a card in YAML, a mapping of names to values, got list"),
        ("", ":1: expected a card in YAML, a mapping of names to values, got nothing"),
        ("name: x\nname: y\n", ":2: the key 'name' is given twice"),
        ("a: 1\nb: 2\nc: 3\n", "(and 2 more mistakes)"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_card(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a card in YAML"):
        read_card(tmp_path / "none.yaml")


def test_front_matter_declares_what_the_card_does_not(card: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    declared = declared_facts(card, tmp_path)
    assert declared is not None
    assert declared.status == "declared, not verified"
    assert declared.facts.licence == "Apache-2.0"
    assert declared.source("licence") == "card.yaml"
    assert declared.facts.languages == ("en", "de")
    assert declared.facts.base_models == ("org/base",)
    assert declared.facts.training_energy == "12.5 g of CO2 equivalents"
    assert declared.source("languages") == "README.md"
    assert declared.source("provider") is None
    assert [each.kind for each in declared.sources] == ["card", "front matter"]
    # The same file alone also gives its licence.
    alone = declared_facts(None, tmp_path)
    assert alone is not None
    assert (alone.facts.licence, alone.facts.training_data[0].name) == ("mit", "squad")


def test_front_matter_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: !!python/object:os.system x\n---\n", encoding="utf-8")
    declared = declared_facts(None, tmp_path)
    assert declared is not None
    assert declared.facts == CardFacts()
    assert declared.unread is not None
    assert declared.unread.startswith("README.md: ")


@pytest.mark.parametrize("text", ["# none\n", "---\nnever ends\n", "---\n- a\n---\n", "---\ntags: [x]\n---\n"])
def test_without_front_matter_nothing_is_declared(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert declared_facts(None, tmp_path) is None
    assert declared_facts(None, None) is None


def test_a_record_keeps_its_card(card: Path, tmp_path: Path) -> None:
    record = small_record().model_copy(update={"card": declared_facts(card, None)})
    path = tmp_path / "record.json"
    path.write_text(record.to_json(), encoding="utf-8")
    assert Record.load(path).card == record.card
    assert small_record().card is None
    assert "CardPart" in schema()["$defs"]


def test_every_field_of_the_skeleton_is_a_field() -> None:
    skeleton = Path(__file__).parents[3] / "templates" / "init" / "card.yaml.txt"
    lines = [line[2:] for line in skeleton.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
    named = {line.split(":")[0] for line in lines if ":" in line and line[0].islower()}
    assert len(named) > 12
    assert named <= set(CardFacts.model_fields)
    assert CardPart.model_fields["status"].default == "declared, not verified"
