"""What a report shows of real records: nothing that is text or a row unless asked for; digests in their place."""

import hashlib
import json
from dataclasses import replace

import pandas as pd
import pytest

from genai_audit.models.records import WITHHELD
from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from genai_audit.reports.html import render
from genai_audit.reports.redaction import Showing, masked, parted, repeating
from unit.audit.privacy.reproduced import audited
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


def test_generated_records_that_repeat_real_ones_are_withheld_with_these() -> None:
    evidence = audited("text", copies=6, n=60, training=120, holdout=60)
    seen = evidence.reproductions
    assert seen is not None
    # The copies come first; a short line that everybody writes is no copy of anybody's.
    copied = [row for row in range(6) if evidence.generated.samples[row] != "yours truly and so on"]
    assert set(copied) <= repeating(evidence)
    pictures = (
        PicturesPart(label="made", kind="generated", indices=(copied[0], 59)),
        PicturesPart(label="learned from", kind="reproductions", indices=(0,)),
    )
    shown = ExhibitPart(name="e", caption="c", form="grid", pictures=pictures)
    kept, withheld = parted(shown, evidence, Showing.GENERATED)
    assert [each.indices for each in kept.pictures] == [(59,)]
    assert [(each.label, each.count) for each in withheld] == [
        ("made: repeats of real records", 1),
        ("learned from", 1),
    ]
    assert all(each.sha256 for each in withheld)
    whole, none = parted(shown, evidence, Showing.REAL)
    assert (whole.pictures, none) == (pictures, ())


def test_of_generated_rows_cells_of_a_few_people_are_left_out() -> None:
    _, evidence = read("tabular")
    assert evidence.reference is not None
    places = ["Ulm"] * 36 + ["Kleinstadt"] * 4
    real = replace(evidence.reference, samples=pd.DataFrame({"place": places, "age": range(40)}))
    made = pd.DataFrame({"place": ["Ulm", "Kleinstadt", "Nirgends"], "age": [1, 2, 3]})
    evidence = replace(evidence, reference=real, generated=replace(evidence.generated, samples=made))
    shown = masked(evidence, Showing.GENERATED).generated.samples
    # Four people live there; many in the first place, and nobody in the last, which is the model's own.
    assert shown["place"].tolist() == ["Ulm", WITHHELD, "Nirgends"]
    assert shown["age"].tolist() == [1, 2, 3]
    assert masked(evidence, Showing.REAL) is evidence
    assert made["place"].tolist()[1] == "Kleinstadt"
