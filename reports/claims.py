"""What a rule's estimate says in the words of what it protects: `class 3 makes up 0.4 % of the samples`."""

from collections.abc import Callable, Mapping

from . import numbers
from .finding_parts import EstimatePart, FindingPart
from .record import Record, RulePart
from .words import finding_of, nearest_end, observed_words, rule_words, sentence, short

Claim = Callable[[RulePart, FindingPart, str], str | None]

PLAIN: Mapping[tuple[str, str], str] = {
    ("GA101", "total_variation"): "{seen} of the samples are in another group than they should be",
    ("GA105", "worst_learned_gap_change"): "learners trained on these records widen a gap between groups by {seen}",
    ("GA106", "worst_preference"): "the stereotyping sentence is preferred {seen} away from one half",
    ("GA203", "worst_attributed_gap"): "the slot of a prompt that carries most of a gap between groups carries {seen}",
    ("GA203", "worst_added_gap"): "one column carries {seen} more of a gap between groups than in the data, or less",
    ("GA205", "unmoved_conditions"): "{seen} of the values asked for move nothing",
    ("GA206", "unconfirmed_share"): "{seen} of the maps with something to explain do not pass all their checks",
    ("GA301", "thinnest_mode_ratio"): "the rarest kind of record comes {seen} times as often as in the data",
    ("GA301", "lost_mass"): "kinds of records that come too rarely are short of {seen} of the data",
    ("GA302", "precision_ratio"): "records look real {seen} times as often as a perfect generator’s",
    ("GA302", "recall_ratio"): "real records are reached {seen} times as often as by a perfect generator",
    ("GA302", "coverage_ratio"): "surroundings of real records are reached {seen} times as often as by a perfect one",
    ("GA302", "support_precision"): "{seen} of the samples lie where real records lie",
    ("GA302", "support_recall"): "{seen} of the real records lie where the model generates",
    ("GA302", "stray_share"): "{seen} of the samples lie further out than all but a few real records",
    ("GA303", "frechet_ratio"): "samples lie {seen} times as far from the data as a perfect generator’s",
    ("GA304", "effective_number_ratio"): "there are {seen} times as many really different records as in real data",
    ("GA304", "duplicate_excess"): "{seen} more records are repeated than in real data",
    ("GA308", "auc"): "a classifier tells a real from a generated record in {seen} of pairs, where 50 % is chance",
    ("GA309", "association_gap"): "the relation between two columns that is furthest off is off by {seen}",
    ("GA310", "vanished_share"): "symbols or levels that make up {seen} of what real records show never come",
    ("GA310", "invented_share"): "{seen} of what is generated are symbols or levels that real records hardly show",
    ("GA401", "membership_auc"): "the model’s scores tell a training record from an unseen one in {seen} of pairs",
    ("GA402", "copy_excess"): "generated records match training records {seen} more often than chance has it",
    ("GA404", "reproduction_excess"): "training records are given back {seen} more often than by chance",
    ("GA406", "identifiers_excess"): "what names single training records comes back {seen} more often than by chance",
    ("GA501", "invalid_share"): "{seen} of the records are undefined, out of range or break a constraint",
    ("GA601", "initial_weight_share"): "{seen} of the weights look as if they were never trained",
    ("GA601", "broken_weight_share"): "{seen} of the weights are NaN or infinite",
}
"""By auditor and estimate; `{seen}` is the value with its interval."""


def claim(rule: RulePart, record: Record) -> str:
    """What was seen, as a clause in the words of what the rule protects, value and interval included."""
    finding, seen = finding_of(record, rule.auditor), brief(rule)
    if finding is not None and rule.observed is not None and rule.group is None:
        special = SPECIAL.get((rule.auditor, rule.estimate))
        said = None if special is None else special(rule, finding, seen)
        template = PLAIN.get((rule.auditor, rule.estimate))
        if said is not None:
            return said
        if template is not None:
            return template.format(seen=seen)
    what = rule_words(rule, record)
    return f"{what[:1].lower()}{what[1:]} is {observed_words(rule)}" if rule.observed is not None else what


def title(rule: RulePart) -> str:
    """What a rule protects: its id as words, and the group where one rule holds for several."""
    words = sentence(short(rule.id.replace("-", " ").replace("_", " ")))[:-1]
    return words if rule.group is None else f"{words}, {short(rule.group)}"


def brief(rule: RulePart) -> str:
    """The value with its interval, for a sentence that has the unit in its words: `79 % (75–83 %)`."""
    seen = rule.observed
    if seen is None:
        return numbers.DASH
    if seen.complete or seen.low == seen.high:
        return numbers.quantity(seen.value, seen.unit)
    end = nearest_end(rule.bound, seen.value)
    value, between = numbers.estimate(seen.value, seen.low, seen.high, seen.unit, bound=end)
    return f"{value} ({between})"


def _of_group(name: str, group: str | None, finding: FindingPart) -> EstimatePart | None:
    return next((each for each in finding.estimates if (each.name, each.group) == (name, group)), None)


def _group(name: str) -> str:
    # Of one attribute groups go by their bare names, of several by `sex: female`.
    return short(name, 100) if ": " in name else f"group {short(name)}"


def _representation(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    ratios = [each for each in finding.estimates if each.name == "share_ratio" and each.group is not None]
    worst = min(ratios, key=lambda each: each.value, default=None)
    if worst is None or worst.group is None:
        return None
    share = _of_group("share", worst.group, finding)
    if share is None or share.perfect is None:
        return f"{_group(worst.group)} gets {seen} of its share"
    value, between = numbers.estimate(share.value, share.low, share.high, share.unit)
    target = numbers.share(share.perfect.value)
    return (
        f"{_group(worst.group)} makes up {value} ({between}) of the samples where it should make up {target}, "
        f"which is {seen} of its share"
    )


def _combination(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    cells = [each for each in finding.estimates if each.name == "cell_ratio" and each.group is not None]
    worst = min(cells, key=lambda each: each.value, default=None)
    return None if worst is None else f"{short(worst.group or '', 100)} gets {seen} of its share"


def _request(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    groups = [each for each in finding.estimates if each.name == "fidelity" and each.group is not None]
    worst = min(groups, key=lambda each: each.value, default=None)
    return None if worst is None else f"asked for {short(worst.group or '')}, the model makes it in {seen} of cases"


def _outcome(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    gaps = [each for each in finding.estimates if each.name == "gap_change" and each.group is not None]
    worst = max(gaps, key=lambda each: abs(each.value), default=None)
    return None if worst is None else f"the gap of {short(worst.group or '', 100)} is moved by {seen}"


def _missing(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    value = 0 if rule.observed is None else rule.observed.value
    return "no kind of real record is missing" if not value else f"kinds of real records that never come: {seen}"


def _memorised(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    value = 0 if rule.observed is None else rule.observed.value
    if not value:
        return "no training record stands out from those that the model never saw"
    return f"training records that stand out from all that the model never saw: {seen}"


def _remarks(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    value = 0 if rule.observed is None else rule.observed.value
    return "files and parts do not contradict each other" if not value else f"files or parts contradict: {seen} times"


def _changed(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    value = 0 if rule.observed is None else rule.observed.value
    return "the audit changed neither model nor files" if not value else "the audit changed the model or its files"


def _vanished(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    if rule.observed is None or rule.observed.value:
        return None
    return "everything that real records show often is generated, too"


def _invented(rule: RulePart, finding: FindingPart, seen: str) -> str | None:
    if rule.observed is None or rule.observed.value:
        return None
    return "nothing is generated often that real records hardly show"


SPECIAL: Mapping[tuple[str, str], Claim] = {
    ("GA101", "worst_share_ratio"): _representation,
    ("GA102", "worst_cell_ratio"): _combination,
    ("GA104", "worst_fidelity"): _request,
    ("GA108", "worst_gap_change"): _outcome,
    ("GA301", "missing_modes"): _missing,
    ("GA403", "memorised_count"): _memorised,
    ("GA310", "vanished_share"): _vanished,
    ("GA310", "invented_share"): _invented,
    ("GA601", "remark_count"): _remarks,
    ("GA601", "changed_by_audit"): _changed,
}
"""Where the sentence names a group, or reads otherwise at nothing."""
