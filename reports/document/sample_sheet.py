"""A few records, real beside generated, for the page that says what the data are: the first ones, not picked."""

from typing import Any

from ...audit.evidence.bundle import Evidence
from ..finding_parts import ExhibitPart, PicturesPart
from ..pictures import Shown, show
from ..redaction import Showing, parted

FIRST = 16
BUDGET = 120_000


def sample_sheet(evidence: Evidence, showing: Showing) -> Shown | None:
    """The first real and generated records that may be shown; None where there are none, or columns say more."""
    if evidence.modality == "tabular":
        return None
    listed = evidence.modality in ("text", "music")
    sets: list[tuple[str, str, Any]] = [("Generated, the first of them", "generated", evidence.generated)]
    if evidence.reference is not None:
        sets.insert(0, ("Reference, the first of them", "reference", evidence.reference))
    pictures = tuple(
        PicturesPart(label=label, kind=kind, indices=tuple(range(min(FIRST, len(item.samples)))))
        for label, kind, item in sets
        # Texts and melodies are lists, pictures and sounds arrays; what is neither is no record of this modality.
        if len(item.samples) and isinstance(item.samples, list) is listed
    )
    exhibit = ExhibitPart(name="sample_sheet", caption="What the records are", form="grid", pictures=pictures)
    kept, _ = parted(exhibit, evidence, showing)
    return show(kept, evidence, budget=BUDGET) if kept.pictures else None
