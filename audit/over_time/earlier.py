"""The audit before this one, whose record is kept beside it, so that a report says what changed since then."""

from collections.abc import Iterator
from pathlib import Path

from ...reports.over_time.parts import ComparisonPart
from ...reports.record import TIME_FIELDS, Record
from .comparison import compare
from .side import Side

PREVIOUS = "previous.json"
"""The earlier record in the folder of an audit."""

RECORD = "record.json"

THIS = "this audit"


def record_file(path: Path) -> Path:
    """The record at `path`, which is that file or the folder of an audit."""
    return path / RECORD if path.is_dir() else path


def earlier_text(record: Record, out: Path, against: Path | None) -> str | None:
    """The earlier record, as its file has it; None where there is none to compare with.

    Args:
        record: of the audit that is about to be written.
        out: where it will be written.
        against: the earlier audit, where a user names it; else the record that the policy's rules compare with, else
            the one that lies in `out`, if that looked at records of the same kind.

    Raises:
        ValueError: if what a user named is no record.
    """
    if against is not None:
        file = record_file(against)
        Record.load(file)
        return file.read_text(encoding="utf-8")
    for file in (*_baselines(record), out / RECORD):
        earlier = _read(file)
        if earlier is None or earlier.checkpoint.modality != record.checkpoint.modality:
            continue
        if not _same_audit(earlier, record):
            return file.read_text(encoding="utf-8")
        # The same audit again has changed nothing: what it was compared with stands.
        kept = out / PREVIOUS
        return kept.read_text(encoding="utf-8") if file.parent == out and _read(kept) is not None else None
    return None


def change_since(record: Record, file: Path) -> ComparisonPart | None:
    """What changed since the record in a file; None where there is no such file.

    Raises:
        ValueError: if it is no record.
    """
    if not file.is_file():
        return None
    return compare(Side.of(Record.load(file), PREVIOUS), Side.of(record, THIS))


def _baselines(record: Record) -> Iterator[Path]:
    """The files that rules of the policy compare with, as far as they are still what was read."""
    from ...models.digests import file_sha256

    beside = Path(record.policy.source).parent
    for rule in record.verdict.rules:
        if rule.against is not None:
            file = record_file(beside / rule.against.source)
            if file.is_file() and file_sha256(file) == rule.against.sha256:
                yield file


def _read(file: Path) -> Record | None:
    """The record in a file, where it can be compared with at all."""
    try:
        record = Record.load(file)
        Side.of(record, str(file))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return record


def _same_audit(one: Record, other: Record) -> bool:
    """Whether two audits found the same in the same samples, whatever time they took."""
    hidden = dict.fromkeys(TIME_FIELDS, True)
    first, second = ([each.model_dump(exclude=hidden) for each in record.findings] for record in (one, other))
    return one.data.generated.sha256 == other.data.generated.sha256 and first == second
