"""A card reaches the record, formats the folder, and a mistake in either stops before any work."""

import json
from pathlib import Path

import numpy as np
import pytest

from genai_audit import UserError, audit_checkpoint
from genai_audit.audit.request import Request
from genai_audit.audit.request_checks import check_places
from genai_audit.reports.record import Record

RECORDS = np.random.default_rng(0).random((60, 8, 8))


def test_the_record_holds_the_card_and_the_folder_the_formats(tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text("owner: A. Person\nintended_use: Tests\n", encoding="utf-8")
    out = tmp_path / "out"
    record = audit_checkpoint(
        RECORDS, reference=RECORDS[::-1], only="GA501", card=card, formats=["sarif", "crosswalk"], out=out
    )
    assert record.card is not None
    assert (record.card.facts.owner, record.card.source("owner")) == ("A. Person", "card.yaml")
    assert Record.load(out / "record.json").card == record.card
    assert json.loads((out / "audit.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert (out / "crosswalk.md").exists()
    assert not (out / "bom.cdx.json").exists()


def test_a_wrong_card_or_format_is_refused_before_any_work(tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text("ownr: A. Person\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"card\.yaml:1: ownr: unknown key; remove it or correct its spelling$"):
        check_places(Request("reference:vae", card=card))
    with pytest.raises(UserError, match="formats: no format pdf; known: junit, markdown, sarif"):
        audit_checkpoint(RECORDS, formats="pdf")
