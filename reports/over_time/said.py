"""What is said of two audits compared and of a series of them, as plain text that every output shows alike."""

from collections import Counter
from collections.abc import Sequence

from ...audit.verdict import Ruling
from .. import numbers
from ..document.provenance import moment
from ..record import RulePart
from ..words import SIGNS, Mark, sentence, short, waiver_words
from .parts import Change, ChangePart, ComparisonPart, SeenPart, SidePart

OUTCOMES = {
    Ruling.PASS: Mark("✓", "NO WORSE", "pass"),
    Ruling.FAIL: Mark("✕", "WORSE", "fail"),
    Ruling.INCONCLUSIVE: Mark("?", "CANNOT TELL", "unsure"),
    Ruling.NOT_APPLIED: Mark("–", "NOT APPLIED", "muted"),
}
"""What the outcome of a comparison, or of one rule in it, is called."""

ARROWS = {"better": "▲ better", "worse": "▼ worse", "other": "◆ changed", None: ""}
"""How a change is marked: by shape and word."""

MOST_CHANGED = 20
"""Changed estimates that a terminal shows; JSON and HTML have all."""


def heading(part: ComparisonPart) -> str:
    """The outcome and its reason, in words of comparison."""
    return sentence(_reason(part))


def _reason(part: ComparisonPart) -> str:
    worse, unsure = (
        [each for each in part.rules if each.outcome is outcome and not each.waived]
        for outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE)
    )
    match part.outcome:
        case Ruling.PASS:
            held = sum(each.outcome is Ruling.PASS for each in part.rules)
            return f"{held} of {len(part.rules)} rules were compared, and none is worse by its margin"
        case Ruling.FAIL:
            return f"worse by more than the margin: {_named(worse)}"
        case _:
            return f"it cannot be told whether these are worse: {_named(unsure)}" if unsure else part.reason


def _named(rules: Sequence[RulePart]) -> str:
    shown = ", ".join(rule_name(each) for each in rules[:5])
    return shown if len(rules) <= 5 else f"{shown} and {len(rules) - 5} more"


def rule_name(rule: RulePart) -> str:
    """Its id, with the group where it holds for several."""
    return rule.id if rule.group is None else f"{rule.id}[{short(rule.group)}]"


def rule_line(rule: RulePart) -> str:
    """One rule of a comparison, in a sentence."""
    if rule.observed is None:
        text = f"{rule.auditor} {rule.estimate}: {short(rule.reason, 300)}"
    else:
        seen, unit = rule.observed, rule.observed.unit
        value, between = numbers.estimate(seen.value, seen.low, seen.high, unit, bound=rule.bound.at_most)
        around = "exact" if seen.complete else f"{numbers.level(seen.level)} interval {between}"
        allowed = numbers.quantity(rule.bound.at_most or 0.0, unit)
        moved = f"worse by {value} ({around})"
        if seen.value < 0:
            value, between = numbers.estimate(-seen.value, -seen.high, -seen.low, unit)
            around = "exact" if seen.complete else f"{numbers.level(seen.level)} interval {between}"
            moved = f"better by {value} ({around})"
        elif seen.complete and not seen.value:
            moved = "as it was (exact)"
        elif seen.low == seen.high == 0:
            moved = f"as it was ({numbers.level(seen.level)} interval of no width)"
        text = f"{rule.auditor} {rule.estimate} is {moved}; worse by {allowed} at most is allowed"
        text += f"; {rule.reason}" if rule.outcome is Ruling.INCONCLUSIVE else ""
    waiver = waiver_words(rule)
    return sentence(text) + (f" {waiver}" if waiver else "")


def seen_words(seen: SeenPart | None, unit: str) -> str:
    """A value with its interval; a dash where there is none."""
    if seen is None:
        return numbers.DASH
    if seen.exact or seen.low == seen.high:
        return numbers.quantity(seen.value, unit)
    value, between = numbers.estimate(seen.value, seen.low, seen.high, unit)
    return f"{value} ({between})"


def row_name(auditor: str, label: str, group: str | None) -> str:
    """What a row is about."""
    return f"{auditor} {label}" + ("" if group is None else f", {short(group)}")


def row_line(row: ChangePart) -> str:
    """One changed estimate, on one line."""
    before, after = (seen_words(each, row.unit) for each in (row.old, row.new))
    moved = seen_words(row.difference, row.difference_unit)
    return f"{ARROWS[row.direction]}: {row_name(row.auditor, row.label, row.group)}: {before} → {after}, by {moved}"


def side_line(side: SidePart) -> str:
    """Which audit a side is."""
    drawn = f"{numbers.count(side.samples)} samples, seed {side.seed}"
    asked = f"{drawn}, policy {side.policy}"
    return f"{side.checkpoint} ({side.name}), {moment(side.started)}, {asked}: {side.verdict.upper()}"


def reasons(part: ComparisonPart) -> list[tuple[int, str]]:
    """Why rows could not be told, the most frequent first, with how many there are."""
    counted = Counter(row.reason for row in part.rows if row.outcome is Change.CANNOT_TELL)
    return [(n, reason) for reason, n in counted.most_common()]


def changed(part: ComparisonPart) -> list[ChangePart]:
    """The rows that changed: worse ones first, then what is neither, then better ones; the clearest of each first."""
    order = {"worse": 0, "other": 1, "better": 2, None: 3}
    rows = [row for row in part.rows if row.outcome is Change.CHANGED]
    return sorted(rows, key=lambda row: (order[row.direction], row.p_change or 0.0))


def comparison_lines(part: ComparisonPart) -> list[str]:
    """A comparison for a terminal, the outcome first."""
    mark = OUTCOMES[part.outcome]
    lines = [f"{mark.word} {mark.sign}  {heading(part)}"]
    lines += [f"Old: {side_line(part.old)}", f"New: {side_line(part.new)}"]
    lines += [f"  {SIGNS[rule.outcome]} {rule_name(rule)}: {rule_line(rule)}" for rule in in_order(part.rules)]
    counts = ", ".join(f"{numbers.count(part.count(each))} {each}" for each in Change)
    lines.append(f"Estimates: {counts}; intervals of {numbers.level(part.level)}")
    rows = changed(part)
    lines += [f"  {row_line(row)}" for row in rows[:MOST_CHANGED]]
    lines += [f"  … and {len(rows) - MOST_CHANGED} more, in --json and --html"] if len(rows) > MOST_CHANGED else []
    lines += [f"  ? {n} cannot tell: {short(reason, 200)}" for n, reason in reasons(part)[:6]]
    lines += [f"Note: {sentence(note)}" for note in part.notes]
    return lines


def in_order(rules: Sequence[RulePart]) -> list[RulePart]:
    """Rules that were compared, the worst first."""
    place = {Ruling.FAIL: 0, Ruling.INCONCLUSIVE: 1, Ruling.PASS: 2, Ruling.NOT_APPLIED: 3}
    return sorted((rule for rule in rules if rule.outcome is not Ruling.NOT_APPLIED), key=lambda r: place[r.outcome])
