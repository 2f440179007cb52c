"""Sentences about a judged rule and the verdict, with what is behind them by name, which every output shows alike."""

from collections.abc import Sequence

from ..audit.finding import Better
from ..audit.verdict import Ruling
from . import numbers
from .claims import claim
from .finding_parts import Cell, FindingPart
from .record import Record, RulePart
from .unnoticed import smallest_mode_words
from .words import (
    bound_words,
    finding_of,
    nearest_end,
    observed_words,
    rule_words,
    sentence,
    short,
    spaced,
    waiver_words,
)

MOST_NAMED = 3
"""Symbols or modes that a sentence names; the report's tables have the others."""


def rule_sentence(rule: RulePart, record: Record) -> str:
    """What a rule asked, what was seen, and what follows."""
    if rule.observed is None:
        text = f"{rule_words(rule, record)}, {bound_words(rule, record)}: {short(rule.reason, 300)}"
    else:
        text = f"{rule_words(rule, record)} is {observed_words(rule)}; the policy asks for {bound_words(rule, record)}"
        text += f"; {rule.reason}" if rule.outcome is Ruling.INCONCLUSIVE else ""
    named, waiver = named_words(record, rule), waiver_words(rule)
    more = [each for each in (named and sentence(named), waiver) if each]
    return " ".join([sentence(text), *more])


def verdict_sentence(record: Record) -> str:
    """Which rule decided, and by how much."""
    verdict = record.verdict
    standing = [rule for rule in verdict.rules if not rule.waived]
    alike = [rule for rule in standing if rule.outcome is verdict.outcome]
    seen = [rule for rule in alike if rule.observed is not None]
    if verdict.outcome is Ruling.PASS and seen:
        return _passed(record, seen)
    if not alike:
        return sentence(verdict.reason)
    if not seen:
        return sentence(f"rule {alike[0].id} is undecided, as {short(alike[0].reason, 300)}{_also(alike, 'undecided')}")
    worst = max(seen, key=_distance)
    said = f"{claim(worst, record)}; the policy asks for {bound_words(worst, record)}{basis(worst)}"
    said += _named(worst, record)
    if verdict.outcome is Ruling.FAIL:
        return sentence(said + _also(alike, "not met"))
    return sentence(f"{said}; {spaced(short(worst.reason, 300))}{_also(alike, 'undecided')}")


def _passed(record: Record, rules: Sequence[RulePart]) -> str:
    # What was counted completely has no interval: it is met or not, and says little of how near the model came.
    uncertain = [each for each in rules if each.observed is not None and each.observed.low < each.observed.high]
    nearest = min(uncertain or rules, key=_distance)
    count = f"all {len(rules)} applied rules are met" if len(rules) > 1 else "the only applied rule is met"
    waived = sum(rule.waived for rule in record.verdict.rules)
    left = f", {waived} more waived" if waived else ""
    closest = "nearest to its bound: " if len(rules) > 1 else ""
    return sentence(
        f"{count}{left}; {closest}{claim(nearest, record)}, where the policy asks for "
        f"{bound_words(nearest, record)}{basis(nearest)}{_named(nearest, record)}"
    )


def basis(rule: RulePart) -> str:
    """What the numbers of a claim stand on: ` (95 % intervals, n = 20,000)`, or a complete count."""
    seen = rule.observed
    if seen is None:
        return ""
    if seen.complete:
        return f" (complete count, n = {numbers.count(seen.n)})"
    return f" ({numbers.level(seen.level)} interval, n = {numbers.count(seen.n)})"


def _also(rules: Sequence[RulePart], what: str) -> str:
    others = len(rules) - 1
    if not others:
        return ""
    return f"; {others} other rule{'s are' if others > 1 else ' is'} {what} too"


def _distance(rule: RulePart) -> float:
    """How far the estimate is from the bound, in units of the bound."""
    assert rule.observed is not None
    end = nearest_end(rule.bound, rule.observed.value)
    assert end is not None
    return abs(rule.observed.value - end) / (abs(end) or 1.0)


def _named(rule: RulePart, record: Record) -> str:
    """What is behind the estimate, as it follows a claim; the worst group stands in its subject."""
    named = None if worst_group(record, rule) is not None else named_words(record, rule)
    return "" if named is None else f"; {named}"


def worst_group(record: Record, rule: RulePart) -> str | None:
    """The group behind an estimate of the worst of all groups: `worst_share_ratio` is the least `share_ratio`.

    Where less is better, the worst is the one that is furthest from 0. Changes have a sign: `worst_gap_change` is the
    size of a `gap_change`.
    """
    if not rule.estimate.startswith("worst_"):
        return None
    name = rule.estimate.removeprefix("worst_")
    finding = finding_of(record, rule.auditor)
    estimates = () if finding is None else finding.estimates
    in_groups = [each for each in estimates if each.name == name and each.group is not None]
    if not in_groups:
        return None
    better = next((each.better for each in estimates if each.name == rule.estimate), Better.HIGHER)
    if better is not Better.LOWER:
        return min(in_groups, key=lambda each: each.value).group
    # Changes that are better neither way have a sign, and the worst is the largest either way.
    signed = in_groups[0].better is Better.NEITHER
    return max(in_groups, key=lambda each: abs(each.value) if signed else each.value).group


def _called(rule: RulePart, group: str) -> str:
    """What a sentence calls the worst: a group, but for a gap, which names groups of its own."""
    return short(group, 100) if rule.estimate.endswith("gap_change") else f"group {short(group)}"


def observed_and_named(record: Record, rule: RulePart) -> str:
    """What was seen, with what is behind it by name, for a cell of a table of rules."""
    group, named = worst_group(record, rule), named_words(record, rule)
    if group is not None:
        return f"{observed_words(rule)} in {_called(rule, group)}"
    return observed_words(rule) if named is None else f"{observed_words(rule)}; {named}"


def named_words(record: Record, rule: RulePart) -> str | None:
    """What is behind a rule's estimate, by name: the worst group, mode or pair of columns, or what vanished.

    At most `MOST_NAMED` of each, for a sentence: `the letter x never appears`. None where the record names none.
    """
    group, finding = worst_group(record, rule), finding_of(record, rule.auditor)
    if group is not None:
        instead = None if finding is None or rule.auditor != "GA104" else _made_instead(finding)
        return instead or f"the worst is {_called(rule, group)}"
    if finding is None or rule.observed is None or rule.group is not None:
        return None
    match rule.auditor, rule.estimate:
        case "GA310", "vanished_share" | "invented_share":
            return _symbols(finding, rule.estimate.removesuffix("_share"))
        case "GA309", "association_gap":
            pair = next(iter(_cells(finding, "pairs", "one", "other")), None)
            return None if pair is None else f"furthest off: {short(str(pair[0]))} and {short(str(pair[1]))}"
        case "GA301", "thinnest_mode_ratio":
            known = [each for each in _cells(finding, "modes", "mode", "ratio") if isinstance(each[1], float | int)]
            thinnest = min(known, key=lambda each: float(each[1] or 0), default=None)
            return None if thinnest is None else f"the thinnest is {short(str(thinnest[0]))}"
        case "GA301", "lost_mass":
            thin = [str(name) for name, verdict in _cells(finding, "modes", "mode", "verdict") if verdict != "–"]
            return f"thin or missing: {_listed(thin, len(thin))}" if thin else None
        case "GA301", "missing_modes":
            gone = [str(name) for name, found in _cells(finding, "modes", "mode", "verdict") if found == "missing"]
            said = [f"missing: {_listed(gone, len(gone))}" if gone else None, smallest_mode_words(finding)]
            return "; ".join(each for each in said if each) or None
        case _:
            return None


def _made_instead(finding: FindingPart) -> str | None:
    """`asked for 3 it makes 7, asked for 7 it makes 3`; None where no request surely makes something else."""
    tables = [each.name for each in finding.tables if each.name.startswith("requests")]
    cells = [cell for name in tables for cell in _cells(finding, name, "request", "instead", "reading")]
    wrong = [
        f"asked for {short(str(request))} it makes {short(str(instead))}"
        for request, instead, reading in cells
        if str(reading).startswith(("swapped with", "makes "))
    ]
    return _listed(wrong, len(wrong)) if wrong else None


def _symbols(finding: FindingPart, which: str) -> str | None:
    """`seen: the letter x never appears, the letter q hardly appears and 4 more`; None where the finding names none."""
    named = [str(what) for (what,) in _cells(finding, which, "what")]
    total = finding.settings.get(f"symbols_{which}")
    if not named:
        return None
    # Names out of the data follow a word of ours, so that no sentence gives them a capital that they do not have.
    return f"seen: {_listed(named, max(len(named), total if isinstance(total, int) else 0))}"


def _listed(names: Sequence[str], total: int) -> str:
    shown = ", ".join(short(name) for name in names[:MOST_NAMED])
    more = total - min(len(names), MOST_NAMED)
    return f"{shown} and {more} more" if more else shown


def _cells(finding: FindingPart, name: str, *keys: str) -> list[tuple[Cell, ...]]:
    """Some columns of a finding's table, row by row; nothing where the finding lacks the table or a column."""
    table = next((each for each in finding.tables if each.name == name), None)
    columns = {} if table is None else {each.key: place for place, each in enumerate(table.columns)}
    if table is None or not columns.keys() >= set(keys):
        return []
    return [tuple(row[columns[key]] for key in keys) for row in table.rows]
