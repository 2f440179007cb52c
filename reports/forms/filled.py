"""A form, filled from a record: what was measured (by which finding), what is declared, and what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ...audit.finding import Outcome
from ..answers import answer
from ..card import field_texts
from ..crosswalk import stale_words
from ..finding_parts import FindingPart
from ..frameworks.loader import frameworks
from ..record import Record
from ..tables import TableView, table
from ..words import reason_words
from .facts import fact
from .form import Form, FormField, form

Kind = Literal["measured", "declared", "missing"]

PEOPLE = "left to people to fill in"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that fills a field, or that would.

    Args:
        kind: where it comes from.
        text: what it says; of what is missing, what that is.
        source: the finding's code, the file that declared it, or the record; empty of what is missing.
        table: beside the text.
    """

    kind: Kind
    text: str
    source: str = ""
    table: TableView | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field with what fills it."""

    id: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with its parts, each a heading and fields."""

    form: Form
    model: str
    digest: str
    parts: tuple[tuple[str, tuple[Field, ...]], ...]
    warnings: tuple[str, ...]


def filled(name: str, record: Record, day: date) -> Filled:
    """The form of that name, filled.

    Args:
        name: of the form.
        record: of the audit.
        day: on which it is filled; a framework file that is too old then is warned of.
    """
    asked = form(name)
    parts = tuple(
        (part.title, tuple(Field(each.id, each.title, tuple(_entries(each, record))) for each in part.fields))
        for part in asked.parts
    )
    of = None if asked.framework is None else frameworks()[asked.framework].name
    warnings = tuple(each for each in stale_words(day) if of is not None and each.startswith(f"{of}:"))
    return Filled(asked, record.checkpoint.name, record.checkpoint.sha256, parts, warnings)


def _entries(field: FormField, record: Record) -> Iterator[Entry]:
    for name in field.record:
        yield from _tables(record) if name == "impact_ratios" else _fact(name, record)
    yield from _findings(field.findings, record)
    yield from (_declared(each, record) for each in field.card)
    if field.people:
        yield Entry("missing", PEOPLE)


def _fact(name: str, record: Record) -> Iterator[Entry]:
    said = fact(name, record)
    yield Entry("missing", f"{name}: not known to the record") if said is None else Entry("measured", said, "record")


def _tables(record: Record) -> Iterator[Entry]:
    found = [
        (finding.code, each)
        for finding in record.findings
        for each in finding.tables
        if each.name.startswith("impact_ratios")
    ]
    for index, (code, each) in enumerate(found):
        yield Entry("measured", each.caption, code, table(f"impact-ratios-{index}", each))
    if not found:
        yield Entry("missing", "impact ratios: no table of groups that are declared in the data was made")


def _findings(codes: tuple[str, ...], record: Record) -> Iterator[Entry]:
    """What findings say; those whose question does not arise for one reason are one entry together."""
    idle: dict[str, list[str]] = {}
    for finding in record.findings:
        if not finding.code.startswith(codes or ("-",)):
            continue
        if finding.outcome is Outcome.NOT_APPLICABLE:
            idle.setdefault(reason_words(finding), []).append(finding.code)
        else:
            yield _finding(finding)
    for reason, unasked in idle.items():
        yield Entry("missing", f"not applicable here: {', '.join(unasked)}. {reason}")
    known = {each.code for each in record.findings}
    for code in (each for each in codes if len(each) > len("GA1") and each not in known):
        yield Entry("missing", f"{code}: not in this record")


def _finding(finding: FindingPart) -> Entry:
    if finding.outcome is Outcome.MEASURED:
        return Entry("measured", answer(finding), finding.code)
    return Entry("missing", f"{finding.code} {finding.title} gave no answer: {reason_words(finding)}")


def _declared(name: str, record: Record) -> Entry:
    words = name.replace("_", " ")
    texts = () if record.card is None else field_texts(getattr(record.card.facts, name))
    if record.card is None or not texts:
        return Entry("missing", f"{words}: not declared")
    return Entry("declared", f"{words}: {'; '.join(texts)}", record.card.source(name) or "card")
