"""Everything of a saved audit that can be computed again, computed again and compared."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import UserError
from ...reports.record import SCHEMA_VERSION, Record
from ...reports.strict_json import strict_content
from ..commands.outputs import EVIDENCE, MARK
from ..evidence.bundle import Evidence
from ..over_time.earlier import PREVIOUS
from .check import Check, Verification, sound, unchecked, wrong
from .comparison import Closeness, closeness
from .of_files import loaded, of_evidence, of_files, of_seal
from .of_findings import of_findings
from .of_record import of_data, of_policy, of_summaries, of_verdict
from .of_signature import of_signature
from .of_views import of_views

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

Progress = Callable[[str, float], None]


def verify_folder(
    out: Path, key: "EllipticCurvePublicKey | None" = None, progress: Progress = lambda step, share: None
) -> tuple[list[Check], Record | None, Evidence | None]:
    """What of the audit in a folder holds, and its record and evidence where they can be read.

    Args:
        out: the folder, or its `record.json`.
        key: that the attestation must be signed by; None: whoever signed it is only told.
        progress: is told each step and the share of it that is done.

    Raises:
        UserError: if there is no record there, or it is of a later version.
    """
    folder, file = _places(out)
    progress("verify: files", 0.0)
    checks = [*of_files(folder)]
    record = _record(file)
    if record is None:
        return [*checks, wrong(MARK, "cannot be read as a record of its schema version")], None, None
    checks.append(sound(MARK, f"a record of schema version {record.schema_version}"))
    close = closeness(record)
    evidence = None
    if (folder / EVIDENCE).is_dir():
        checks += of_evidence(record, folder / EVIDENCE)
        evidence, read = loaded(folder / EVIDENCE)
        checks.append(read)
    else:
        checks.append(wrong(EVIDENCE, "expected the folder of evidence beside the record, found none"))
    checks += _parts(folder, file, record, evidence, close, progress)
    checks += of_signature(folder, key)
    return checks, record, evidence


def _parts(
    folder: Path, file: Path, record: Record, evidence: Evidence | None, close: Closeness, progress: Progress
) -> Iterator[Check]:
    yield of_seal(record, file)
    yield from _of_earlier(folder / PREVIOUS)
    yield from of_policy(record)
    if evidence is None:
        yield unchecked("samples, findings and outputs", "there is no evidence that can be read")
    else:
        progress("verify: samples", 0.0)
        yield from of_data(record, evidence)
        yield from of_findings(record, evidence, close, progress)
    yield from of_summaries(record, close)
    progress("verify: verdict", 0.0)
    yield from of_verdict(record, evidence, close)
    if evidence is not None:
        progress("verify: outputs", 0.0)
        yield from of_views(folder, record, evidence, close)


def _of_earlier(file: Path) -> Iterator[Check]:
    """That the earlier record, where there is one, is as it was sealed."""
    if file.is_file():
        earlier = _record(file)
        yield wrong(file.name, "cannot be read as a record") if earlier is None else of_seal(earlier, file)


def _places(out: Path) -> tuple[Path, Path]:
    file = out / MARK if out.is_dir() else out
    if not file.is_file():
        raise UserError(f"{out}: expected the folder of an audit, with {MARK}, found none; name what `run --out` wrote")
    return file.parent, file


def _record(file: Path) -> Record | None:
    """The record; None where it is damaged.

    Raises:
        UserError: if a later version wrote it, which says nothing against it.
    """
    try:
        return Record.load(file)
    except ValueError as error:
        try:
            content = strict_content(file)
            version = content.get("schema_version") if isinstance(content, dict) else None
        except (OSError, RecursionError, ValueError):
            return None
        if type(version) is int and version > SCHEMA_VERSION:
            raise UserError(str(error)) from error
        return None


def told(out: Path, checks: list[Check]) -> Verification:
    """The checks as one answer."""
    return Verification(folder=str(out), checks=tuple(checks))
