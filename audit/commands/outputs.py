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


def check_out(out: Path) -> None:
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


def write(out: Path, record: Record, evidence: Evidence) -> None:
    """Write record, report, JUnit file, summary and evidence to `out`, replacing an earlier audit whole."""
    with _replacing(out) as folder:
        evidence.save(folder / EVIDENCE)
        _write_views(folder, record, evidence)


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
