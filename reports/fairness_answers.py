"""The answers to the questions of fairness: who is shown, who gets worse quality, and what happens to people."""

from collections.abc import Callable, Mapping

from . import numbers
from .answer_parts import first_said, stated, whole_of
from .finding_parts import Cell, EstimatePart, FindingPart
from .words import perfect_text, sentence, short

APART = "share difference"
"""The unit of gaps between groups."""


def _representation(finding: FindingPart) -> str:
    ratios = [each for each in finding.estimates if each.name == "share_ratio"]
    worst = min(ratios, key=lambda each: each.value, default=None)
    group = None if worst is None else worst.group
    share = next((each for each in finding.estimates if (each.name, each.group) == ("share", group)), None)
    if worst is None or share is None:
        return first_said(finding)
    corrected = ", corrected for the group classifier’s errors" if share.method.startswith("corrected") else ""
    text = f"Group {short(share.group or '')} makes up {stated(share, corrected)} of the generated samples"
    if share.perfect:
        text += f"; its target is {numbers.share(share.perfect.value)}"
    text += f". That is {stated(worst)} of its target, the smallest such ratio of {len(ratios)} groups"
    whole = whole_of(finding).get("worst_share_ratio")
    if whole is None or whole.perfect is None:
        return f"{text}."
    perfect = perfect_text(whole.perfect, whole.unit)
    text += f"; the smallest ratio of a perfect generator with as many samples would be {perfect}."
    return text


def _intersections(finding: FindingPart) -> str:
    worst = whole_of(finding).get("worst_cell_ratio")
    cells = [each for each in finding.estimates if each.name == "cell_ratio"]
    least = min(cells, key=lambda each: each.value, default=None)
    if worst is None or least is None:
        return first_said(finding)
    text = (
        f"Where groups of several attributes meet, {short(least.group or '')} gets least: {stated(least)} of its target"
    )
    if worst.perfect is not None:
        text += f"; the smallest such ratio of a perfect generator would be {perfect_text(worst.perfect, worst.unit)}"
    return f"{text}."


def _quality(finding: FindingPart) -> str:
    whole = whole_of(finding)
    said = []
    for name, each, what in (
        ("worst_fidelity_gap", "group_fidelity", "records look least like real ones for"),
        ("worst_coverage_gap", "group_coverage", "the fewest real records are reached of"),
        ("likelihood_gap", "group_likelihood", "the model finds real records least likely for"),
        ("reconstruction_gap", "group_reconstruction", "real records are given back worst for"),
    ):
        groups = [estimate for estimate in finding.estimates if estimate.name == each and estimate.group]
        worst = min(groups, key=lambda estimate: estimate.value, default=None)
        gap = whole.get(name)
        if worst is None or gap is None:
            continue
        beside = f"; a perfect generator: {perfect_text(gap.perfect, gap.unit)}" if gap.perfect else ""
        said.append(f"{what} {short(worst.group or '')}, {stated(gap)} behind the other groups{beside}")
    return sentence(". ".join(sentence(each)[:-1] for each in said)) if said else first_said(finding)


def _requests(finding: FindingPart) -> str:
    whole = whole_of(finding)
    worst, ignored = whole.get("worst_fidelity"), whole.get("ignored_condition")
    groups = [each for each in finding.estimates if each.name == "fidelity"]
    least = min(groups, key=lambda each: each.value, default=None)
    if worst is None or least is None:
        return first_said(finding)
    text = f"Asked for {short(least.group or '')}, the model makes it in {stated(least)} of the records, the least of "
    text += f"{numbers.count(len(groups))} groups"
    reading = _reading(finding, least.group)
    text += f": {reading}." if reading else "."
    if ignored is not None:
        text += f" Requests are ignored to {stated(ignored)}."
    return text


def _reading(finding: FindingPart, group: str | None) -> str | None:
    """What was made where a group was asked for, in the words of the table of requests."""
    tables = [each.name for each in finding.tables if each.name.startswith("requests")]
    rows = [row for name in tables for row in _cells(finding, name, "request", "reading")]
    return next((str(reading) for request, reading in rows if request == group and reading), None)


def _downstream(finding: FindingPart) -> str:
    worst = whole_of(finding).get("worst_learned_gap_change")
    changes = [each for each in finding.estimates if each.name == "learned_gap_change"]
    widest = max(changes, key=lambda each: each.value, default=None)
    if worst is None or widest is None:
        return first_said(finding)
    gap = next((row for row in _cells(finding, "gaps", "gap", "generated", "real") if row[0] == widest.group), None)
    text = (
        "Trained on generated instead of real records, learners treat groups of real people less alike where the gap "
    )
    text += f"of {short(widest.group or '', 100)} grows by {stated(worst)}"
    if gap is not None and isinstance(gap[1], float) and isinstance(gap[2], float):
        text += f", from {numbers.quantity(gap[2], APART)} to {numbers.quantity(gap[1], APART)}"
    if worst.perfect is not None:
        text += f"; records of a perfect generator would show {perfect_text(worst.perfect, worst.unit)}"
    return f"{text}."


def _outcomes(finding: FindingPart) -> str:
    worst = whole_of(finding).get("worst_gap_change")
    changes = [each for each in finding.estimates if each.name == "gap_change"]
    largest = max(changes, key=lambda each: abs(each.value), default=None)
    if worst is None or largest is None:
        return first_said(finding)
    text = f"The gap that the model moves most is that of {short(largest.group or '', 100)}: by {stated(worst)}"
    became = _became(finding, largest.group or "")
    text += f", {became}" if became else ""
    if worst.perfect is not None:
        text += f"; a perfect generator would show {perfect_text(worst.perfect, worst.unit)}"
    return f"{text}."


def _became(finding: FindingPart, moved: str) -> str | None:
    """What became of the gap that `moved` names, from the tables of gaps."""
    keys = ("level", "pair", "generated", "real", "became")
    tables = [each.name for each in finding.tables if each.name.startswith("gaps")]
    for level, pair, generated, real, became in (row for name in tables for row in _cells(finding, name, *keys)):
        named = str(level) in moved and moved.endswith(str(pair))
        if named and isinstance(generated, float) and isinstance(real, float):
            text = f"from {numbers.quantity(real, APART)} among real records to {numbers.quantity(generated, APART)}"
            return f"{text}: {became}" if became else text
    return None


def _cells(finding: FindingPart, table: str, *keys: str) -> list[tuple[Cell, ...]]:
    """Chosen columns of a table's rows; empty where there is no such table or column."""
    found = next((each for each in finding.tables if each.name == table), None)
    names = [] if found is None else [column.key for column in found.columns]
    if found is None or not all(key in names for key in keys):
        return []
    return [tuple(row[names.index(key)] for key in keys) for row in found.rows]


def _preferences(finding: FindingPart) -> str:
    worst = whole_of(finding).get("worst_preference")
    types = [each for each in finding.estimates if each.name == "preference_share"]
    furthest = max(types, key=lambda each: abs(each.value - 0.5), default=None)
    if worst is None or furthest is None:
        return first_said(finding)
    text = f"Furthest from indifference is {short(furthest.group or '')}: the stereotyping sentence is likelier in "
    text += f"{stated(furthest)} of the pairs, where an indifferent model shows 50 %"
    nats = next((each for each in finding.estimates if (each.name, each.group) == ("mean_nats", furthest.group)), None)
    text += f"; in nats by {stated(nats)} on average." if nats is not None else "."
    return text


def _associations(finding: FindingPart) -> str:
    whole = whole_of(finding)
    worst = whole.get("worst_association")
    subjects = [each for each in finding.estimates if each.name == "association"]
    largest = max(subjects, key=lambda each: abs(each.value), default=None)
    said = []
    if worst is not None and largest is not None:
        said.append(
            f"The strongest association, in nats, is that of {short(largest.group or '', 100)}: {stated(largest)}"
        )
    gaps = [each for name, each in whole.items() if name.endswith("_gap")]
    said += [_gap_said(finding, each) for each in gaps]
    return " ".join(map(sentence, said)) if said else first_said(finding)


def _gap_said(finding: FindingPart, gap: EstimatePart) -> str:
    label = next((each.label for each in finding.facts if each.name == gap.name), gap.name.replace("_", " "))
    return f"{label} is {stated(gap)}"


FAIRNESS: Mapping[str, Callable[[FindingPart], str]] = {
    "GA101": _representation,
    "GA102": _intersections,
    "GA103": _quality,
    "GA104": _requests,
    "GA105": _downstream,
    "GA106": _preferences,
    "GA107": _associations,
    "GA108": _outcomes,
}
"""What answers each auditor's question."""
