"""Records that are compared: opened, held against their own findings, and named."""

from collections.abc import Callable, Iterable
from pathlib import Path

from ...models.errors import UserError, one_line
from ...models.reading.regular_file import check_file_or_folder
from ...reports.over_time.parts import ComparisonPart
from ...reports.record import Record
from ..catalogue import AUDITORS, estimates_by_code
from ..commands.outputs import EVIDENCE, MARK
from ..folder.binding import check_verdict
from ..policy import Policy, PolicyError
from .comparison import MARGIN, compare
from .evidence_shared import BUDGET, shared_by
from .side import Side


def opened(path: Path) -> Side:
    """The audit at `path`, a record or the folder that holds it.

    Raises:
        UserError: if there is no readable record, or its verdict does not follow from its findings.
    """
    check_file_or_folder(path, "a record written by genai-audit")
    file = path / MARK if path.is_dir() else path
    try:
        record = Record.load(file)
    except ValueError as error:
        raise UserError(str(error)) from error
    check_verdict(record, file)
    return Side.of(record, str(path))


def records_in(folder: Path) -> list[Path]:
    """The files below a folder that may be records: `record.json` at any depth, other JSON in the folder itself.

    Raises:
        UserError: if there is no such folder, or nothing in it.
    """
    check_file_or_folder(folder, "a folder of audits")
    if not folder.is_dir():
        raise UserError(f"{folder}: expected a folder of audits, got a file; name the folder that holds their folders")
    found = {path for path in folder.rglob(MARK) if EVIDENCE not in path.relative_to(folder).parts[:-1]}
    found |= {path for path in folder.glob("*.json") if path.name != "manifest.json"}
    if not found:
        raise UserError(f"{folder}: expected audits below it, each with its {MARK}, found none; name another folder")
    return sorted(found)


def compare_records(
    old: Record | str | Path,
    new: Record | str | Path,
    *,
    policy: str | Path | Policy | None = None,
    margin: float = MARGIN,
    only: str | Iterable[str] = (),
    recompute: float = BUDGET,
    progress: Callable[[str, float], None] = lambda step, share: None,
) -> ComparisonPart:
    """Compare two audits: what changed, what did not, and where that cannot be told.

    Args:
        old: the audit to compare with: a record, its file, or the folder that holds it.
        new: the audit that is compared.
        policy: whose rules decide; that of the new audit without it.
        margin: the change that does not matter: in shares, ratios and correlations as it is (0.05 is five points), of
            anything else as a part of the old value.
        only: codes of the auditors to compare, one or several; all if empty.
        recompute: seconds that asking auditors again may take, where both folders hold evidence, to find out how the
            estimates of both audits move together; 0 for not at all.
        progress: told the step and the share of it that is done.

    Returns:
        the comparison: `outcome` is PASS where no rule is worse by its margin, FAIL where one is, else INCONCLUSIVE.

    Raises:
        UserError: if a record cannot be read, or a value not be used.
        PolicyError: if the policy cannot be used.
    """
    if not 0 < margin < 1e6:
        raise UserError(f"margin: expected a number above 0, e.g. 0.05, got {margin!r}")
    codes = (only,) if isinstance(only, str) else tuple(only)
    known = [each.code for each in AUDITORS]
    strangers = sorted(set(codes) - set(known))
    if strangers:
        raise UserError(f"--only: no auditor {', '.join(strangers)}; known: {', '.join(known)}")
    sides = [Side.of(each, name) if isinstance(each, Record) else opened(Path(each)) for each, name in _named(old, new)]
    rules = policy if isinstance(policy, Policy) else _policy(policy, sides[1])
    places = [None if isinstance(each, Record) else Path(each) for each in (old, new)]
    shared = shared_by(sides[0], sides[1], places, only=codes, budget=recompute, progress=progress)
    return compare(*sides, policy=rules, margin=margin, only=codes, shared=shared)


def _named(old: Record | str | Path, new: Record | str | Path) -> list[tuple[Record | str | Path, str]]:
    return [(old, "old"), (new, "new")]


def _policy(given: str | Path | None, new: Side) -> Policy:
    if given is not None:
        return Policy.load(Path(given), estimates=estimates_by_code())
    try:
        return Policy.model_validate(new.record.policy.content)
    except ValueError as error:
        said = one_line(error)
        raise PolicyError(f"{new.name}: the policy in the record cannot be used ({said}); give --policy") from error
