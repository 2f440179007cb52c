"""The findings by theme: each with one figure, exhibits, limits and what to do; those that do not apply on a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ...audit.evidence.bundle import Evidence
from ...audit.finding import Outcome
from ...audit.pages import page
from ...audit.verdict import Ruling
from .. import numbers, words
from ..answers import answer
from ..chart_parts import Chart
from ..charts import charts
from ..finding_parts import EstimatePart, FindingPart
from ..found import departures
from ..markdown_lite import markdown
from ..paired_charts import paired_charts
from ..pictures import BUDGET, Shown, show
from ..record import Record, RulePart
from ..redaction import Showing, Withheld, masked, parted
from ..tables import TableView, estimates_table, table
from ..unnoticed import too_small
from .glance import plainly
from .glossary import linked
from .text import text_of, visible

MOST_ROWS_UNFOLDED = 15
"""Rows of a finding's first table that is shown without unfolding, where something was found."""

CHANGES = {"higher": "a fall", "lower": "a rise", "neither": "a change"}


@dataclass(frozen=True, slots=True)
class Check:
    """A complete count or an exact value: its sign, what it is, and its value."""

    mark: words.Mark
    said: str
    value: str


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """What there is to look at, and what of it is withheld."""

    shown: Shown | None
    caption: str
    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with everything that is shown of it; `open` where something was found."""

    part: FindingPart
    mark: words.Mark
    open: bool
    answer: Markup
    rules: tuple[RulePart, ...]
    charts: tuple[Chart, ...]
    checks: tuple[Check, ...]
    shown_tables: tuple[TableView, ...]
    folded_tables: tuple[TableView, ...]
    exhibits: tuple[ExhibitView, ...]
    estimates: TableView | None
    meanings: tuple[tuple[str, str], ...]
    sections: Mapping[str, Markup]
    settings: tuple[tuple[str, str], ...]
    unseen: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Findings of one theme: those that say something, and those whose question did not arise."""

    id: str
    name: str
    findings: tuple[FindingView, ...]
    inapplicable: tuple[FindingView, ...]


def views(record: Record, evidence: Evidence, rules: Sequence[RulePart], showing: Showing) -> list[FindingView]:
    """All findings in the record's order."""
    exhibits = _exhibits(record, evidence, showing)
    found = {each.code for each in departures(record)}
    return [_view(each, rules, exhibits.get(each.code, []), each.code in found) for each in record.findings]


def by_theme(findings: Sequence[FindingView]) -> tuple[Theme, ...]:
    """The findings by theme, in their order, what was found before what was not."""
    names = list(dict.fromkeys(words.theme(each.part.code) for each in findings))
    themes = []
    for place, name in enumerate(names, 1):
        own = [each for each in findings if words.theme(each.part.code) == name]
        said = [each for each in own if each.part.outcome is not Outcome.NOT_APPLICABLE]
        idle = tuple(each for each in own if each.part.outcome is Outcome.NOT_APPLICABLE)
        themes.append(Theme(f"theme-{place}", name, tuple(sorted(said, key=lambda each: not each.open)), idle))
    return tuple(themes)


def _exhibits(record: Record, evidence: Evidence, showing: Showing) -> dict[str, list[ExhibitView]]:
    """All exhibits by finding; what one leaves of its share of the budget goes to those after it."""
    shown: dict[str, list[ExhibitView]] = {}
    waiting = sum(len(finding.exhibits) for finding in record.findings)
    left = BUDGET
    as_shown = masked(evidence, showing)
    for finding in record.findings:
        for exhibit in finding.exhibits:
            kept, withheld = parted(exhibit, evidence, showing)
            prepared = show(kept, as_shown, budget=left // waiting) if kept.pictures else None
            left -= sum(len(sheet.uri) for sheet in prepared.sheets) if prepared else 0
            waiting -= 1
            caption = words.spaced(plainly(exhibit.caption, finding).replace("*", ""))
            shown.setdefault(finding.code, []).append(ExhibitView(prepared, caption, withheld))
    return shown


def _view(part: FindingPart, rules: Sequence[RulePart], exhibits: Sequence[ExhibitView], found: bool) -> FindingView:
    own = tuple(rule for rule in rules if rule.auditor == part.code)
    measured = part.outcome is Outcome.MEASURED
    missed = any(rule.outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE) for rule in own)
    opened = found or missed or not measured
    tables = tuple(table(f"{part.code}-table-{index}", each) for index, each in enumerate(part.tables) if each.rows)
    shown = 1 if tables and len(tables[0].rows) <= MOST_ROWS_UNFOLDED and opened else 0
    return FindingView(
        part=part,
        mark=words.outcome_mark(part.outcome),
        open=opened,
        answer=linked(str(visible(words.spaced(answer(part))))),
        rules=own,
        charts=(*paired_charts(part), *charts(part, own)) if measured else (),
        checks=_checks(part, own) if measured else (),
        shown_tables=tables[:shown],
        folded_tables=tables[shown:],
        exhibits=tuple(exhibits),
        estimates=estimates_table(part) if part.estimates else None,
        meanings=_meanings(part),
        sections=_sections(part),
        settings=tuple((words.short(name).replace("_", " "), text_of(value)) for name, value in part.settings.items()),
        unseen=_unseen(part, own),
    )


def _checks(part: FindingPart, rules: Sequence[RulePart]) -> tuple[Check, ...]:
    """What was counted completely, as a checklist: without an axis and without an interval."""
    exact = [each for each in part.estimates if not each.curve]
    return tuple(_check(each, part, rules) for each in exact)


def _check(each: EstimatePart, part: FindingPart, rules: Sequence[RulePart]) -> Check:
    judged = [rule for rule in rules if (rule.estimate, rule.group) == (each.name, each.group)]
    mark = words.ruling_mark(judged[0].outcome) if judged else words.Mark("·", "counted", "muted")
    whose = f", {words.short(each.group)}" if each.group is not None else ""
    unit = "" if each.unit in ("share", "ratio", "count", "share difference") else f" {each.unit}"
    said = words.sentence(words.label(each.name, part))[:-1] + whose
    of = f" of {numbers.count(each.n)}" if each.unit in ("share", "count") else ""
    return Check(mark, said, f"{numbers.quantity(each.value, each.unit)}{unit}{of}")


def _unseen(part: FindingPart, rules: Sequence[RulePart]) -> str:
    """The smallest departure that would have been seen, of what rules judge, else of the first estimate that knows."""
    known = [each for each in part.estimates if each.group is None and each.minimum_detectable is not None]
    judged = {rule.estimate for rule in rules}
    chosen = [each for each in known if each.name in judged] or known[:1]
    said = [
        too_small(
            each.name,
            each.unit,
            each.minimum_detectable or 0.0,
            change=CHANGES[each.better],
            perfect=0.0 if each.perfect is None else each.perfect.value,
        )
        for each in chosen[:2]
    ]
    return f"Too small to be seen with so many records: {'; '.join(said)}." if said else ""


def _meanings(part: FindingPart) -> tuple[tuple[str, str], ...]:
    """What each estimate that was given is called, and what it says."""
    given = {each.name for each in part.estimates}
    return tuple((words.sentence(each.label)[:-1], each.meaning) for each in part.facts if each.name in given)


def _sections(part: FindingPart) -> dict[str, Markup]:
    try:
        sections: Mapping[str, Any] = page(part.code).sections
    except KeyError:
        # A record may come from a version with other auditors; its numbers are shown all the same.
        return {}
    return {name: markdown(plainly(text, part)) for name, text in sections.items()}
