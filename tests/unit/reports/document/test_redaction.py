"""What a report shows of real records: nothing that is text or a row unless asked for; digests in their place."""

import hashlib
import json
from dataclasses import replace

import pandas as pd
import pytest

from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from genai_audit.reports.html import render
from genai_audit.reports.redaction import Showing, parted
from unit.reports import example
from unit.reports.read_records import read


def exhibit(*kinds: str) -> ExhibitPart:
    pictures = tuple(PicturesPart(label=kind, kind=kind, indices=(0, 1)) for kind in kinds)
    return ExhibitPart(name="e", caption="c", form="grid", pictures=pictures)


@pytest.mark.parametrize("modality", ["text", "tabular"])
def test_real_records_that_are_read_are_withheld_unless_asked_for(modality: str) -> None:
    record, evidence = read(modality)
    made = ["made up"] * 40
    samples = made if modality == "text" else pd.DataFrame({"place of residence": made})
    evidence = replace(evidence, generated=replace(evidence.generated, samples=samples))
    usual, real, none = (render(record, evidence, showing=each) for each in Showing)
    # The exhibit names records 0 to 11 as real, of which eight are shown.
    assert ("record 5 of" in usual, "record 5 of" in real, "record 5 of" in none) == (False, True, False)
    assert "--show-real" in usual
    assert usual.count("12 records, SHA-256") == 1
    assert none.count("records, SHA-256") == 2
    assert "SHA-256 <code>" in usual


@pytest.mark.parametrize("showing", list(Showing))
def test_pictures_are_shown_whole_unless_none_are_wanted(showing: Showing) -> None:
    pages = render(dict(example.variants())["fail"], example.evidence(), showing=showing)
    assert ("data:image/png" in pages) is (showing is not Showing.NOTHING)


def test_what_is_withheld_is_told_by_the_digest_of_its_content() -> None:
    _, evidence = read("text")
    assert evidence.reference is not None
    kept, [withheld] = parted(exhibit("reference", "generated"), evidence, Showing.GENERATED)
    assert [each.kind for each in kept.pictures] == ["generated"]
    content = json.dumps(evidence.reference.samples[:2], ensure_ascii=False).encode()
    assert (withheld.count, withheld.sha256) == (2, hashlib.sha256(content).hexdigest())


def test_rows_of_a_table_are_told_by_their_content_as_well() -> None:
    _, evidence = read("tabular")
    assert evidence.reference is not None
    _, [withheld] = parted(exhibit("reference"), evidence, Showing.GENERATED)
    rows = pd.DataFrame(evidence.reference.samples).iloc[:2].to_csv(index=False, lineterminator="\n")
    assert withheld.sha256 == hashlib.sha256(rows.encode()).hexdigest()


def test_contexts_of_real_texts_are_real_records_too() -> None:
    _, evidence = read("text")
    kept, withheld = parted(exhibit("contexts.real", "contexts.generated"), evidence, Showing.GENERATED)
    assert [each.kind for each in kept.pictures] == ["contexts.generated"]
    # The evidence at hand has no contexts, so that there is nothing to take a digest of.
    assert [each.sha256 for each in withheld] == [""]
