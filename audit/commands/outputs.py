"""Write everything a run leaves, all or nothing."""

from pathlib import Path

from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..folder import place
from ..folder.exchange import replacing
from ..folder.manifest import write_manifest

EVIDENCE = "evidence"
MARK = "record.json"
REPORT = "report.html"
PDF = "report.pdf"
OURS = frozenset({MARK, EVIDENCE, REPORT, PDF, "junit.xml", "summary.md"})


def check_out(out: Path) -> Path:
    """The output folder as an absolute path, before any work is done.

    Raises:
        UserError: if `out` is a file, holds files that no audit wrote, or cannot be written.
    """
    return place.check_out(out, OURS)


def write(out: Path, record: Record, evidence: Evidence, *, show_real: bool = False) -> Record:
    """Write record, report, JUnit file, summary and evidence to `out`, replacing an earlier audit whole.

    Args:
        out: the folder.
        record: of the audit.
        evidence: of the audit.
        show_real: show real records in the report also where they are texts or rows.

    Returns:
        the record as written, which counts the looks at the same question in that folder and knows its evidence.

    Raises:
        UserError: if it cannot be written; an earlier audit is then as it was.
    """
    from ..folder.binding import evidence_digests

    record = counted(record, out)
    with replacing(out) as folder:
        evidence.save(folder / EVIDENCE)
        record = record.model_copy(update={"evidence": evidence_digests(folder / EVIDENCE)})
        _write_views(folder, record, evidence, show_real)
        write_manifest(folder)
    return record


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


def _write_views(folder: Path, record: Record, evidence: Evidence, show_real: bool) -> None:
    from ...models.threads import plain_algebra
    from ...reports.html import render
    from ...reports.junit import junit
    from ...reports.markdown import summary
    from ...reports.redaction import Showing

    with plain_algebra():
        report = render(record, evidence, showing=Showing.REAL if show_real else Showing.GENERATED)
    files = {MARK: record.to_json(), REPORT: report, "junit.xml": junit(record), "summary.md": summary(record)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
