"""The crosswalk: of each control of each framework, which evidence of a record bears on it.

A control is *evidenced* where something measured supports it, *partly* where something measured bears on a part of it,
*not applicable* where its framework leaves such models out or the card says so, and otherwise *not evidenced by this
tool*. Whether a control is met is for people to say: a measurement counts as evidence whatever it shows.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from ..audit.finding import Outcome
from .frameworks.loader import PARTS, STALE_DAYS, Control, Framework, Target, frameworks, links
from .record import Record
from .words import finding_of, reason_words


class Status(StrEnum):
    """How far a record's evidence bears on a control."""

    EVIDENCED = "evidenced"
    PARTLY = "partly"
    NOT = "not evidenced by this tool"
    OUTSIDE = "not applicable"


PART_WORDS = {"policy": "the policy", "coverage": "the list of what was not measured", "record": "the record"}


@dataclass(frozen=True, slots=True)
class Bearing:
    """Evidence that bears on a control: its code or part, how, and why it does not count where it does not."""

    evidence: str
    relation: str
    reason: str
    missing: str | None

    @property
    def name(self) -> str:
        """The auditor's code, or the part of the record in words."""
        return PART_WORDS.get(self.evidence, self.evidence)

    @property
    def is_auditor(self) -> bool:
        """Whether it is an auditor's finding."""
        return self.evidence not in PARTS


@dataclass(frozen=True, slots=True)
class Row:
    """A control with what became of it."""

    control: Control
    status: Status
    bearings: tuple[Bearing, ...]
    why: str | None

    @property
    def counted(self) -> tuple[Bearing, ...]:
        """The evidence that was there."""
        return tuple(each for each in self.bearings if each.missing is None)


@dataclass(frozen=True, slots=True)
class Crossed:
    """A framework with all its controls."""

    framework: Framework
    rows: tuple[Row, ...]
    warning: str | None

    def of(self, status: Status) -> tuple[Row, ...]:
        """The controls of that status."""
        return tuple(row for row in self.rows if row.status is status)

    @property
    def others(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """The controls without evidence, by what that is for; none where the whole framework lies outside."""
        if self.framework.outside is not None:
            return ()
        missing = self.of(Status.NOT)
        found = {
            "Not evidenced, because what bears on it was not measured": tuple(row for row in missing if row.bearings),
            "Not evidenced by this tool": tuple(row for row in missing if not row.bearings),
            "Not applicable": self.of(Status.OUTSIDE),
        }
        return tuple((said, rows) for said, rows in found.items() if rows)

    @property
    def counts(self) -> dict[Status, int]:
        """How many controls have each status."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in Status}


def crosswalk(record: Record, day: date | None = None) -> tuple[Crossed, ...]:
    """Every framework with every control, in the order of the files.

    Args:
        record: of the audit.
        day: on which the age of the frameworks' files counts; by default that of the audit.
    """
    when = judged_on(record) if day is None else day
    bearing = _bearings()
    return tuple(
        Crossed(each, tuple(_row(record, each, one, bearing) for one in each.controls), _warning(each, when))
        for each in frameworks().values()
    )


def judged_on(record: Record) -> date | None:
    """The day of the audit; None where its record does not say it."""
    try:
        return datetime.fromisoformat(record.environment.started).date()
    except ValueError:
        return None


def controls_of(code: str) -> tuple[tuple[str, str], ...]:
    """The controls that an auditor's evidence bears on, as framework and id; those that it supports come first."""
    found = [(target, control) for link in links() if code in link.evidence for target, control in _each(link.to)]
    found.sort(key=lambda each: each[0].relation != "supports")
    return tuple((target.framework, control) for target, control in found)


def stale_words(day: date) -> list[str]:
    """A sentence for each framework file that is too old on that day."""
    return [said for each in frameworks().values() if (said := _warning(each, day)) is not None]


@cache
def _bearings() -> dict[tuple[str, str], tuple[tuple[str, Target], ...]]:
    """By framework and control, the evidence that bears on it with the link."""
    found: dict[tuple[str, str], tuple[tuple[str, Target], ...]] = {}
    for link in links():
        for target, control in _each(link.to):
            key = target.framework, control
            found[key] = (*found.get(key, ()), *((evidence, target) for evidence in link.evidence))
    return found


def _each(targets: tuple[Target, ...]) -> list[tuple[Target, str]]:
    return [(target, control) for target in targets for control in target.controls]


def _row(
    record: Record, framework: Framework, control: Control, all_: dict[tuple[str, str], tuple[tuple[str, Target], ...]]
) -> Row:
    bearings = tuple(
        Bearing(evidence, target.relation, target.reason, _missing(record, evidence))
        for evidence, target in all_.get((framework.id, control.id), ())
    )
    outside = framework.outside or _declared_outside(record, framework.id, control.id)
    if outside is not None:
        return Row(control, Status.OUTSIDE, (), outside)
    relations = {each.relation for each in bearings if each.missing is None}
    if relations:
        return Row(control, Status.EVIDENCED if "supports" in relations else Status.PARTLY, bearings, None)
    said = [f"{each.evidence}: {each.missing}" for each in bearings]
    return Row(control, Status.NOT, bearings, "; ".join(said) or None)


def _missing(record: Record, evidence: str) -> str | None:
    """Why the evidence is not there; None where it is."""
    if evidence in PARTS:
        return None
    finding = finding_of(record, evidence)
    if finding is None:
        return "not in this record"
    words = finding.outcome.replace("_", " ")
    return None if finding.outcome is Outcome.MEASURED else f"{words}, {reason_words(finding).rstrip('.')}"


def _declared_outside(record: Record, framework: str, control: str) -> str | None:
    declared = () if record.card is None else record.card.facts.not_applicable
    fits = (each for each in declared if each.framework == framework and each.control in (None, control))
    return next((f"declared on the card, not verified: {each.reason}" for each in fits), None)


def _warning(framework: Framework, day: date | None) -> str | None:
    if day is None or not framework.stale(day):
        return None
    return (
        f"{framework.name}: the file is as of {framework.as_of}, more than {STALE_DAYS} days before {day}; look up "
        "whether it still holds."
    )
