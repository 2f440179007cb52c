"""Write everything a run leaves, all or nothing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import UserError
from ...reports.formats import ALWAYS, FORMATS, written
from ...reports.memorised import MEMORISED, memorised
from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..folder import place
from ..folder.attestation import ATTESTATION, statement_text
from ..folder.exchange import replacing
from ..folder.manifest import write_manifest
from ..folder.signing import ENVELOPE, signed
from ..over_time.earlier import PREVIOUS, change_since, earlier_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from ...reports.over_time.parts import ComparisonPart

EVIDENCE = "evidence"
MARK = "record.json"
REPORT = "report.html"
PDF = "report.pdf"
OURS = frozenset(
    {MARK, EVIDENCE, REPORT, PDF, PREVIOUS, MEMORISED, ATTESTATION, ENVELOPE, *(each.file for each in FORMATS.values())}
)


def check_out(out: Path) -> Path:
    """The output folder as an absolute path, before any work is done.

    Raises:
        UserError: if `out` is a file, holds files that no audit wrote, or cannot be written.
    """
    return place.check_out(out, OURS)


def write(
    out: Path,
    record: Record,
    evidence: Evidence,
    formats: Sequence[str] = (),
    *,
    key: "EllipticCurvePrivateKey | None" = None,
    show_real: bool = False,
    against: Path | None = None,
) -> Record:
    """Write record, report, JUnit file, summary, attestation and evidence to `out`, replacing an earlier audit whole.

    Args:
        out: the folder.
        record: of the audit.
        evidence: behind it.
        formats: names of further machine formats.
        key: signs the attestation, which is then also written signed.
        show_real: show real records in the report also where they are texts or rows.
        against: the earlier audit that the report compares with; see `earlier_text` for what counts without it.

    Returns:
        the record as written, which counts the looks at the same question in that folder and knows its evidence.

    Raises:
        UserError: if it cannot be written; an earlier audit is then as it was.
    """
    from ..folder.binding import evidence_digests
    from ..folder.seal import sealed

    earlier = _earlier(record, out, against)
    record = _with_tree(counted(record, out), evidence)
    with replacing(out) as folder:
        evidence.save(folder / EVIDENCE)
        record = sealed(record.model_copy(update={"evidence": evidence_digests(folder / EVIDENCE)}))
        if earlier is not None:
            (folder / PREVIOUS).write_text(earlier, encoding="utf-8")
        made = views(record, evidence, formats, show_real=show_real, change=change_since(record, folder / PREVIOUS))
        if key is not None:
            made[ENVELOPE] = signed(made[ATTESTATION].encode(), key)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
        write_manifest(folder)
    return record


def _earlier(record: Record, out: Path, against: Path | None) -> str | None:
    try:
        return earlier_text(record, out, against)
    except (OSError, ValueError) as error:
        raise UserError(str(error)) from error


def _with_tree(record: Record, evidence: Evidence) -> Record:
    """The record with the hash that stands for all samples, chunk by chunk as they were drawn."""
    from ..folder.merkle import CHUNK, tree_of

    data = record.data
    tree = tree_of(evidence.generated.samples, CHUNK if record.drawing is None else record.drawing.chunk)
    generated = data.generated.model_copy(update={"tree": tree})
    return record.model_copy(update={"data": data.model_copy(update={"generated": generated})})


def counted(record: Record, out: Path) -> Record:
    """The record with its `looks`: one more than an earlier audit in `out` that asked the same of other samples.

    The same samples again (the same seed and number) are no further look, since they cannot end otherwise; nor is an
    audit that went on from the samples of the earlier one, whose looks share one error with its own.
    """
    try:
        earlier = Record.load(out / MARK)
    except ValueError:
        return record
    if _asked(earlier) != _asked(record):
        return record
    again = earlier.data.generated.sha256 == record.data.generated.sha256 or _went_on(earlier, record)
    return record.model_copy(update={"looks": earlier.looks + (not again)})


def _went_on(earlier: Record, record: Record) -> bool:
    """Whether what the earlier audit's looks spent was taken from what these could spend."""
    if earlier.drawing is None or record.drawing is None or earlier.environment.seed != record.environment.seed:
        return False
    spent, parts = ([(each.n, each.part) for each in one.looks] for one in (earlier.drawing, record.drawing))
    return len(spent) < len(parts) and parts[: len(spent)] == spent


def _asked(record: Record) -> tuple[str | None, ...]:
    """What makes two audits looks at the same question: checkpoint, real data and policy, by digest."""
    data = record.data
    # Samples alone have no checkpoint: then their own file, looked at in part or whole, is what is audited.
    real = [None if part is None else part.sha256 for part in (data.reference, data.holdout)]
    return (record.checkpoint.sha256, *real, record.policy.sha256)


def views(
    record: Record,
    evidence: Evidence,
    formats: Sequence[str] = (),
    *,
    show_real: bool = False,
    change: "ComparisonPart | None" = None,
) -> dict[str, str]:
    """The files beside the evidence, by name: pure functions of record, evidence and what changed."""
    from .views import place_of

    place, text = place_of(record), record.to_json()
    made = {MARK: text, REPORT: report_of(record, evidence, show_real=show_real, change=change)}
    made |= {FORMATS[name].file: written(name, record, place) for name in (*ALWAYS, *formats)}
    listed = memorised(record)
    if listed is not None:
        made[MEMORISED] = listed
    made[ATTESTATION] = statement_text(record, hashlib.sha256(text.encode()).hexdigest())
    return made


def report_of(record: Record, evidence: Evidence, *, show_real: bool, change: "ComparisonPart | None" = None) -> str:
    """The HTML report."""
    from ...models.threads import plain_algebra
    from ...reports.html import render
    from ...reports.redaction import Showing

    with plain_algebra():
        return render(record, evidence, showing=Showing.REAL if show_real else Showing.GENERATED, change=change)
