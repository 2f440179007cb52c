"""What is in common is marked in both texts, cut to what surrounds it, and nothing is marked that is not known."""

from genai_audit.reports.excerpts import excerpts
from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from unit.audit.privacy.reproduced import audited


def test_what_is_in_common_is_marked_in_both_texts() -> None:
    evidence = audited("text", copies=5)
    seen = evidence.reproductions
    assert seen is not None
    row = int(seen.rows[seen.shown[0]])
    exhibit = ExhibitPart(
        name="verbatim",
        caption="pairs",
        form="shared_runs",
        pictures=(
            PicturesPart(label="made", kind="generated", indices=(row,)),
            PicturesPart(label="learned from", kind="reproductions", indices=(0,)),
            PicturesPart(label="another", kind="generated", indices=(599,)),
        ),
    )
    shown, _ = excerpts(exhibit, evidence)
    marked = ["".join(each.text for each in one.pieces if each.marked) for one in shown]
    assert marked[0] == marked[1] == evidence.generated.samples[row]
    assert marked[2] == ""
    assert shown[2].pieces[0].text == evidence.generated.samples[599]
