"""What binds a record to the evidence beside it and its verdict to its findings: digests, and judging anew."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from ...models.digests import file_sha256
from ...models.errors import UserError, one_line
from ...models.reading.regular_file import check_file
from ...reports import convert
from ...reports.diagnosis import diagnosis_part
from ...reports.diagnosis_parts import DiagnosisPart
from ...reports.drawing import part_spent
from ...reports.record import TIME_FIELDS, Record, RulePart
from ..catalogue import patterns_by_code
from ..commands.environment import versions
from ..diagnosis import diagnose
from ..judge import judge
from ..policy import Policy
from ..verdict import RuleResult, Ruling

CHANGED = "the record was changed since the audit"
OURS = "genai-audit"
"""Our own name among the versions of a record."""

UNBOUND = 1
"""The last version of records that hold no digests of their evidence."""


def evidence_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of evidence; of JSON, as it is without the seconds that something took.

    Two equal runs have equal digests, therefore.
    """
    paths = sorted(folder.iterdir())
    for path in paths:
        check_file(path, "a file of evidence")
    return {path.name: _digest(path) for path in paths}


def check_evidence(record: Record, folder: Path) -> None:
    """Refuse evidence that is not what the record was made of.

    Raises:
        UserError: naming the first file that was changed, added or taken away.
    """
    if record.schema_version > UNBOUND and not record.evidence:
        raise UserError(f"{folder}: the record holds no digests of its evidence, so it cannot be trusted; audit again")
    found = evidence_digests(folder)
    if not record.evidence:
        return
    for name in sorted({*record.evidence, *found}):
        if record.evidence.get(name) != found.get(name):
            how = "is missing" if name not in found else "was added" if name not in record.evidence else "was changed"
            raise UserError(f"{folder / name}: {how} since the audit; put the folder back as it was, or audit again")


def check_verdict(record: Record, file: Path) -> None:
    """Refuse a record whose verdict does not follow from its findings and its policy.

    Raises:
        UserError: naming the first rule whose outcome is another, or that of the verdict.
    """
    try:
        policy = Policy.model_validate(record.policy.content)
        findings = [convert.finding_from(part) for part in record.findings]
        day = day_of_judgement(record)
        part = part_spent(record.drawing)
        derived = judge(findings, policy, drawn=record.environment.samples, today=day, part=part)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(f"{file}: its verdict cannot be derived again: {one_line(error)}") from error
    told = {(rule.id, rule.group): rule for rule in record.verdict.rules}
    # How older versions judged is not known here; that a verdict follows from its rules is the same in all.
    for rule in derived.rules if record.schema_version > UNBOUND else ():
        stored = told.get((rule.id, rule.group))
        if stored is None or not _follows(stored, rule, exact=record.verdict.judged_on is not None):
            said = "is missing" if stored is None else f"says {stored.outcome}, but its finding says {rule.outcome}"
            raise UserError(f"{file}: rule {rule.id} {said}; the record was changed since the audit")
    concluded = _concluded(record.verdict.rules, crashed=bool(record.coverage.error))
    if concluded is not record.verdict.outcome or len(told) != len(record.verdict.rules):
        raise UserError(
            f"{file}: the verdict says {record.verdict.outcome}, but its rules say {concluded}; the record was changed "
            "since the audit"
        )


def check_derived(record: Record, file: Path) -> None:
    """Refuse a record whose policy, coverage or diagnosis is not what follows from the rest of it.

    How other versions of genai-audit derived these is not known here: of their records only the coverage is looked at.

    Raises:
        UserError: naming the first that does not follow.
    """
    codes = sorted(code for _, listed in record.coverage for code in listed)
    covered = record.coverage == convert.coverage_of(tuple(convert.finding_from(part) for part in record.findings))
    if not covered or len(codes) != len(set(codes)):
        raise UserError(
            f"{file}: its coverage does not follow from its findings; the record was changed since the audit"
        )
    if record.environment.versions.get(OURS) != versions()[OURS]:
        return
    if Policy.model_validate(record.policy.content).sha256 != record.policy.sha256:
        raise UserError(f"{file}: its policy is not that of its digest; {CHANGED}")
    if record.diagnosis is not None and record.diagnosis != diagnosed(record):
        raise UserError(
            f"{file}: its diagnosis does not follow from its findings; the record was changed since the audit"
        )


def diagnosed(record: Record) -> DiagnosisPart:
    """What follows from a record's findings."""
    findings = tuple(convert.finding_from(part) for part in record.findings)
    return diagnosis_part(diagnose(findings, patterns_by_code()))


def day_of_judgement(record: Record) -> date:
    """The day on which waivers counted; older records only say when the audit began, at or after which it was.

    Raises:
        ValueError: if there is no such day.
    """
    return record.verdict.judged_on or datetime.fromisoformat(record.environment.started).date()


def _follows(stored: RulePart, derived: RuleResult, *, exact: bool) -> bool:
    """Whether a rule is as judged again; not `exact`ly on the same day where older records do not say which it was."""
    if (stored.bound.at_least, stored.bound.at_most) != (derived.bound.low, derived.bound.high):
        return False
    kept = derived.waiver
    if stored.waiver is not None:
        # A waiver that ran out before the audit cannot count at any later judgement.
        told = (stored.waiver.owner, stored.waiver.reason, stored.waiver.expires)
        if kept is None or told != (kept.owner, kept.reason, kept.expires) or kept.void > stored.waiver.void:
            return False
        if exact and kept.void != stored.waiver.void:
            return False
    if exact and (kept is None) != (stored.waiver is None):
        return False
    # A failure that held-out real records share is left open; what these show is in the record, not in the findings.
    shared = derived.outcome is Ruling.FAIL and stored.outcome is Ruling.INCONCLUSIVE and stored.control is not None
    return stored.outcome is derived.outcome or shared


def _concluded(rules: Sequence[RulePart], *, crashed: bool) -> Ruling:
    """What the stored rules come to, by the order in which `verdict.conclude` asks."""
    standing = [rule.outcome for rule in rules if rule.waiver is None or rule.waiver.void]
    if Ruling.FAIL in standing:
        return Ruling.FAIL
    if Ruling.INCONCLUSIVE in standing or crashed:
        return Ruling.INCONCLUSIVE
    return Ruling.PASS if any(rule.outcome is Ruling.PASS for rule in rules) else Ruling.INCONCLUSIVE


def _digest(path: Path) -> str:
    if path.suffix == ".json":
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            return file_sha256(path)
        if isinstance(content, dict) and set(content) & set(TIME_FIELDS):
            kept = {name: value for name, value in content.items() if name not in TIME_FIELDS}
            return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    return file_sha256(path)
