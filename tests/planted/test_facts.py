"""What auditors say of their estimates holds for the findings that they give: name, unit and direction."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from planted.audits import audited

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.reports.finding_parts import FindingPart


def contradictions(finding: FindingPart) -> Iterator[str]:
    """Estimates of which the auditor says nothing, or something else."""
    facts = {each.name: each for each in finding.facts}
    for each in finding.estimates:
        said = facts.get(each.name)
        if said is None:
            yield f"{finding.code} says nothing of {each.name}"
        elif said.unit not in (None, each.unit) or said.better is not each.better:
            yield f"{finding.code} {each.name}: {said.unit}, {said.better} is not {each.unit}, {each.better}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "fewest"), [("vae", 11), ("text-lstm", 8), ("tabular-vae", 8)], ids=["image", "text", "table"]
)
def test_findings_are_as_their_auditors_say(tmp_path: Path, family: str, fewest: int) -> None:
    record = audited(family, tmp_path, plant=None, steps=20, only=(), samples=1_000)
    assert len(record.coverage.measured) >= fewest
    for auditor, finding in zip(AUDITORS, record.findings, strict=True):
        assert [each.name for each in finding.facts] == [each.name for each in auditor.estimates]
        assert list(contradictions(finding)) == []
    # The comparison sees another direction, another unit, and a name that nobody told.
    finding = next(each for each in record.findings if each.code == "GA302")
    first, *others = finding.facts
    for wrong in (first.model_copy(update={"unit": "x"}), first.model_copy(update={"better": "neither"})):
        assert len(list(contradictions(finding.model_copy(update={"facts": (wrong, *others)})))) == 1
    assert len(list(contradictions(finding.model_copy(update={"facts": tuple(others)})))) == 1
