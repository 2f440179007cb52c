"""Judge and render saved audits again, from their folder alone."""

import os
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.checkpoints.whole_file import write_whole
from ...models.errors import UserError, one_line
from ...models.reading.regular_file import check_file_or_folder
from ...models.reading.typed_values import damage
from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..folder.binding import check_derived, check_evidence, check_verdict
from ..folder.lock import alone, alone_with
from ..folder.manifest import relist, strangers, sweep
from ..folder.seal import check_seal
from ..over_time.earlier import PREVIOUS, change_since
from .outputs import EVIDENCE, MARK, PDF, REPORT, check_out, write

if TYPE_CHECKING:
    from ...reports.redaction import Showing


def open_audit(path: Path) -> tuple[Record, Evidence | None, Path]:
    """The record at `path` (the file or its folder), its evidence if that lies beside it, and the folder.

    Raises:
        UserError: if there is no readable record, its verdict does not follow from its findings, it was changed, or
            the evidence is not that of the audit.
    """
    check_file_or_folder(path, "a record written by genai-audit")
    file = path / MARK if path.is_dir() else path
    try:
        record = Record.load(file)
    except ValueError as error:
        raise UserError(str(error)) from error
    check_verdict(record, file)
    check_derived(record, file)
    folder = file.parent / EVIDENCE
    if os.path.lexists(folder) and not folder.is_dir():
        raise UserError(f"{folder}: expected the folder of evidence that the audit wrote; put it back, or audit again")
    if folder.is_dir():
        check_evidence(record, folder)
    check_seal(record, file)
    return record, _evidence(folder) if folder.is_dir() else None, file.parent


def _evidence(folder: Path) -> Evidence:
    try:
        return Evidence.load(folder)
    except damage() as error:
        said = one_line(error)
        raise UserError(f"{folder}: expected evidence written by genai-audit, but reading failed: {said}") from error


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
        with alone(out):
            kept = folder / PREVIOUS
            judged = write(out, judged, evidence, against=kept if kept.is_file() else None)
    return judged


def render_again(
    path: Path,
    out: Path | None,
    card: Path | None = None,
    *,
    showing: str = "generated",
    full: bool = False,
    pdf: bool = False,
) -> Path:
    """Render the report of a saved audit; returns the file written.

    Args:
        path: the record, or its folder.
        out: the file to write; by default beside the record.
        card: facts to show in place of those that the record holds.
        showing: which records are shown, a `Showing`.
        full: print the appendix and all folded parts, too.
        pdf: print it to a PDF, by an installed Chromium.

    Raises:
        UserError: if the record or the target cannot be used, or nothing can print.
    """
    from ...reports.redaction import Showing

    with alone_with(path) if out is None else nullcontext():
        return _rendered(path, out, card, Showing(showing), full=full, pdf=pdf)


def _rendered(path: Path, out: Path | None, card: Path | None, showing: "Showing", *, full: bool, pdf: bool) -> Path:
    from ...models.threads import plain_algebra
    from ...reports.html import render
    from ...reports.pdf import print_pdf
    from .views import with_card

    record, evidence, folder = open_audit(path)
    if evidence is None:
        raise UserError(f"{folder}: expected an {EVIDENCE} folder beside {MARK}; the report shows pictures from it")
    if out is None:
        sweep(folder)
    name = PDF if pdf else REPORT
    target = out or folder / name
    odd = out is None and os.path.lexists(target) and name in set(strangers(folder))
    try:
        change = change_since(record, folder / PREVIOUS)
    except ValueError as error:
        raise UserError(str(error)) from error
    with plain_algebra():
        report = render(with_card(record, card), evidence, showing=showing, full=full, change=change)
    # One that was written by a process which was killed before it said so in the list is ours.
    if odd and not (target.is_file() and target.read_bytes() == report.encode()):
        raise UserError(f"{target}: is not as an audit wrote it; move it away, or name another file by --out")
    content = print_pdf(report) if pdf else report.encode()
    try:
        write_whole(target, content)
        if target.absolute() == (folder / name).absolute():
            relist(folder, name)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); choose another by --out") from error
    return target
