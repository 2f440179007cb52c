"""What changed since an earlier audit: the outcome in a sentence, what moved on one axis, each row with its reason."""

from dataclasses import dataclass

from .. import numbers
from ..over_time import said
from ..over_time.parts import Change, ChangePart, ComparisonPart
from ..symmetric import Axis, symmetric
from ..words import Mark, sentence, short

MOST_MOVED = 15
"""Rows of the chart; the table below it has all."""

MOST_REASONS = 3

MOVES = {
    "worse": Mark("▼", "worse", "fail"),
    "better": Mark("▲", "better", "pass"),
    "other": Mark("◆", "changed", "unsure"),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """One estimate that changed, on an axis on which its margin reaches from −1 to 1."""

    name: str
    text: str
    mark: Mark
    dot: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What the section shows."""

    part: ComparisonPart
    mark: Mark
    sentence: str
    before: str
    counts: str
    unsure: tuple[str, ...]
    moved: tuple[Moved, ...]
    left_out: int
    axis: Axis
    rows: tuple[tuple[str, str, tuple[ChangePart, ...]], ...]


def changes(part: ComparisonPart) -> ChangeView:
    """The section of a comparison: what is worse first."""
    changed = said.changed(part)
    placed = [row for row in changed if _ends(row) is not None]
    axis = symmetric([end for row in placed[:MOST_MOVED] for end in _ends(row) or ()])
    others = {each: tuple(row for row in part.rows if row.outcome is each) for each in Change}
    rows = {Change.CHANGED: tuple(changed), **{each: others[each] for each in (Change.CANNOT_TELL, Change.NOT_CHANGED)}}
    return ChangeView(
        part=part,
        mark=said.OUTCOMES[part.outcome],
        sentence=said.heading(part),
        before=_before(part),
        counts=_counts(part, changed),
        unsure=tuple(f"{n}: {short(reason, 200)}" for n, reason in said.reasons(part)[:MOST_REASONS]),
        moved=tuple(_moved(row, axis) for row in placed[:MOST_MOVED]),
        left_out=max(0, len(placed) - MOST_MOVED),
        axis=axis,
        rows=tuple((f"change-{place}", str(each), rows[each]) for place, each in enumerate(rows) if rows[each]),
    )


def _before(part: ComparisonPart) -> str:
    old = part.old
    digest = f"SHA-256 {old.sha256[:12]}…" if old.sha256 else "in memory"
    return (
        f"{short(old.checkpoint)} ({digest}), audited on {old.started[:10]} with {numbers.count(old.samples)} samples "
        f"and the policy {short(old.policy)}: {old.verdict.upper()}"
    )


def _counts(part: ComparisonPart, changed: list[ChangePart]) -> str:
    ways = [str(each.direction) for each in changed]
    named = {"worse": "worse", "better": "better", "other": "neither way better"}
    how = ", ".join(f"{ways.count(way)} {word}" for way, word in named.items() if way in ways)
    told = {each: f"{numbers.count(part.count(each))} {each}" for each in Change}
    told[Change.CHANGED] += f" ({how})" if how else ""
    return sentence(", ".join(told.values()))


def _ends(row: ChangePart) -> tuple[float, float, float] | None:
    """Value, low and high of a difference in margins; None where no margin is known."""
    if row.difference is None or not row.margin:
        return None
    seen = row.difference
    return seen.value / row.margin, seen.low / row.margin, seen.high / row.margin


def _moved(row: ChangePart, axis: Axis) -> Moved:
    value, low, high = _ends(row) or (0.0, 0.0, 0.0)
    values = [numbers.DASH if seen is None else numbers.quantity(seen.value, row.unit) for seen in (row.old, row.new)]
    return Moved(
        name=said.row_name(row.auditor, row.label, row.group),
        text=" → ".join(values),
        mark=MOVES[row.direction or "other"],
        dot=axis.place(value),
        start=axis.place(low),
        end=axis.place(high),
    )
