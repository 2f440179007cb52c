"""Write everything a run leaves, all or nothing."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...models.errors import UserError
from ...reports.record import Record
from ..evidence.bundle import Evidence

EVIDENCE = "evidence"
MARK = "record.json"
REPORT = "report.html"
OURS = frozenset({MARK, EVIDENCE, REPORT, "junit.xml", "summary.md"})


def check_out(out: Path) -> Path:
    """Refuse an output folder that holds something else, before any work is done.

    Raises:
        UserError: if `out` is a file, holds files that no audit wrote, or cannot be written.
    """
    if out.is_file():
        raise UserError(f"--out {out}: expected a folder to write, got a file; choose another name")
    others = sorted({each.name for each in out.iterdir()} - OURS) if out.is_dir() else []
    if others:
        # An audit replaces its folder whole; what it did not write, it must not delete.
        raise UserError(
            f"--out {out}: expected a new folder or an earlier audit, but it holds {others[0]}; choose another"
        )
    if not os.access(_existing(out), os.W_OK):
        raise UserError(f"--out {out}: expected a place that can be written, but permission is denied")
    return out.absolute()


def write(out: Path, record: Record, evidence: Evidence) -> Record:
    """Write record, report, JUnit file, summary and evidence to `out`, replacing an earlier audit whole.

    Returns:
        the record as written, which counts the looks at the same question in that folder.
    """
    record = counted(record, out)
    with _replacing(out) as folder:
        evidence.save(folder / EVIDENCE)
        _write_views(folder, record, evidence)
    return record


def counted(record: Record, out: Path) -> Record:
    """The record with its `looks`: one more than an earlier audit in `out` that asked the same of other samples.

    The same samples again (the same seed and number) are no further look, since they cannot end otherwise.
    """
    try:
        earlier = Record.load(out / MARK)
    except ValueError:
        return record
    if _asked(earlier) != _asked(record):
        return record
    again = earlier.data.generated.sha256 == record.data.generated.sha256
    return record.model_copy(update={"looks": earlier.looks + (not again)})


def _asked(record: Record) -> tuple[str | None, ...]:
    """What makes two audits looks at the same question: checkpoint, real data and policy, by digest."""
    data = record.data
    # Samples alone have no checkpoint: then their own file, looked at in part or whole, is what is audited.
    real = [None if part is None else part.sha256 for part in (data.reference, data.holdout)]
    return (record.checkpoint.sha256, *real, record.policy.sha256)


def _write_views(folder: Path, record: Record, evidence: Evidence) -> None:
    from ...reports.html import render
    from ...reports.junit import junit
    from ...reports.markdown import summary

    files = {
        MARK: record.to_json(),
        REPORT: render(record, evidence),
        "junit.xml": junit(record),
        "summary.md": summary(record),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out` that takes its place when the block ends well, and vanishes otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    try:
        yield folder
        folder.chmod(0o755)
        old = None
        if out.exists():
            old = folder.with_suffix(".old")
            out.rename(old)
        folder.rename(out)
        if old is not None:
            shutil.rmtree(old)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
