"""The crosswalk as Markdown: an overview for the summary, and every control for a file of its own."""

from .crosswalk import Bearing, Crossed, Row, Status, crosswalk
from .markdown import escape
from .record import Record

MEANING = (
    "A control is evidenced where something that was measured supports it, and partly where it bears on a part of it, "
    "whatever the measurement shows. That says nothing of whether a control is met, which is for people to decide."
)


def overview(crossed: tuple[Crossed, ...]) -> list[str]:
    """A row for each framework, with the number of controls of each status, and warnings of age."""
    rows = [
        f"| {escape(each.framework.name)} | {escape(each.framework.version)} | {each.framework.as_of} | "
        f"{' | '.join(str(each.counts[status]) for status in Status)} |"
        for each in crossed
    ]
    head = " | ".join(status.capitalize() for status in Status)
    warnings = [f"- {escape(each.warning)}" for each in crossed if each.warning]
    return [
        f"| Framework | Version | As of | {head} |",
        "|---|---|---|" + "---:|" * len(Status),
        *rows,
        *(["", *warnings] if warnings else []),
    ]


def brief(crossed: tuple[Crossed, ...]) -> list[str]:
    """A line for each framework that any evidence bears on, then warnings of age."""
    lines = []
    for each in crossed:
        counts = each.counts
        if counts[Status.EVIDENCED] + counts[Status.PARTLY]:
            said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
            lines.append(f"- {escape(f'{each.framework.name} ({each.framework.version}): {said}')}")
    return [*lines, *(f"- {escape(each.warning)}" for each in crossed if each.warning)]


def crosswalk_markdown(record: Record) -> str:
    """Every control of every framework with its evidence."""
    crossed = crosswalk(record)
    lines = [
        f"# Control crosswalk: {escape(record.checkpoint.name)}",
        "",
        MEANING,
        "",
        *overview(crossed),
        *(line for each in crossed for line in _framework(each)),
    ]
    return "\n".join(lines) + "\n"


def _framework(crossed: Crossed) -> list[str]:
    framework = crossed.framework
    facts = [f"{framework.citation}. Version {framework.version}, as of {framework.as_of}. Status: {framework.status}."]
    facts += [f"{each}." for each in (framework.note, framework.ids) if each]
    lines = ["", f"## {escape(framework.name)}", "", *(escape(each) for each in facts)]
    if framework.outside:
        return [*lines, "", escape(f"Not applicable: {framework.outside}")]
    return [
        *lines,
        "",
        "| Control | Status | Evidence | Certainty |",
        "|---|---|---|---|",
        *(_row(row) for row in crossed.rows),
    ]


def _row(row: Row) -> str:
    control = row.control
    since = f"; applies from {control.applies_from}" if control.applies_from else ""
    said = "; ".join(_bearing(each) for each in row.counted) or row.why or ""
    cells = (f"{control.id} {control.title}{since}", str(row.status), said, control.certainty)
    return f"| {' | '.join(escape(cell) for cell in cells)} |"


def _bearing(bearing: Bearing) -> str:
    return f"{bearing.name} ({bearing.relation}: {bearing.reason})"
