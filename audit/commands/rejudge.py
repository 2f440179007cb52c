"""Judge and render saved audits again, from their folder alone."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from ...models.errors import UserError
from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..folder.binding import check_evidence, check_verdict
from ..folder.manifest import relist, strangers
from .outputs import EVIDENCE, MARK, REPORT, check_out, write


def open_audit(path: Path) -> tuple[Record, Evidence | None, Path]:
    """The record at `path` (the file or its folder), its evidence if that lies beside it, and the folder.

    Raises:
        UserError: if there is no readable record, its verdict does not follow from its findings, or the evidence is
            not that of the audit.
    """
    file = path / MARK if path.is_dir() else path
    try:
        record = Record.load(file)
    except ValueError as error:
        raise UserError(str(error)) from error
    check_verdict(record, file)
    folder = file.parent / EVIDENCE
    if folder.is_dir():
        check_evidence(record, folder)
    return record, _evidence(folder) if folder.is_dir() else None, file.parent


def _evidence(folder: Path) -> Evidence:
    try:
        return Evidence.load(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder}: expected evidence written by genai-audit, but reading failed: {error}") from error


def judge_again(path: Path, policy_file: Path | None, out: Path | None) -> Record:
    """The record judged by another policy; written to `out`, with its report, if that is given.

    Raises:
        UserError: if the record or the target cannot be used.
        PolicyError: if the policy cannot be used, or needs evidence that is missing.
    """
    from ..catalogue import estimates_by_code
    from ..policy import Policy
    from ..run import rejudge

    record, evidence, folder = open_audit(path)
    if out is not None:
        out = check_out(out)
        if evidence is None:
            raise UserError(f"{folder}: no {EVIDENCE} folder beside the record, so no report can be written to {out}")
    policy = Policy.load(policy_file, estimates=estimates_by_code())
    judged = rejudge(record, policy, policy_file, evidence, datetime.now(UTC).date())
    if out is not None and evidence is not None:
        judged = write(out, judged, evidence)
    return judged


def render_again(path: Path, out: Path | None) -> Path:
    """Render the report of a saved audit; returns the file written."""
    from ...reports.html import render

    record, evidence, folder = open_audit(path)
    if evidence is None:
        raise UserError(f"{folder}: expected an {EVIDENCE} folder beside {MARK}; the report shows pictures from it")
    target = out or folder / REPORT
    if out is None and os.path.lexists(target) and REPORT in set(strangers(folder)):
        raise UserError(f"{target}: is not as an audit wrote it; move it away, or name another file by --out")
    try:
        _write(target, render(record, evidence))
        if target.absolute() == (folder / REPORT).absolute():
            relist(folder, REPORT)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); choose another by --out") from error
    return target


def _write(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=".report.", dir=target.absolute().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(name, 0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
