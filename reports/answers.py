"""The answer to each auditor's question in a few sentences: estimates beside what a perfect generator scores."""

import math
from collections.abc import Callable, Mapping

from ..audit.finding import Outcome
from . import numbers
from .answer_parts import first_said, stated, whole_of
from .attribution_answers import ATTRIBUTION, unread
from .fairness_answers import FAIRNESS
from .finding_parts import EstimatePart, FindingPart
from .unnoticed import smallest_mode, smallest_mode_words
from .words import perfect_text, reason_words, sentence, short


def answer(finding: FindingPart) -> str:
    """The answer, or why there is none."""
    match finding.outcome:
        case Outcome.MEASURED:
            return ANSWERS.get(finding.code, first_said)(finding)
        case Outcome.NOT_APPLICABLE:
            return f"The question does not arise here: {reason_words(finding)}"
        case Outcome.INCONCLUSIVE:
            return f"This could not be answered: {reason_words(finding)}"
        case Outcome.ERROR:
            return f"The auditor broke, so nothing is known here: {reason_words(finding)}"


def _drivers(finding: FindingPart) -> str:
    whole, said = whole_of(finding), unread(finding)
    if said is not None:
        return said
    shares = [each for each in finding.estimates if each.name == "share_of_effect" and "→" not in (each.group or "")]
    first = max(shares, key=lambda each: each.value, default=None)
    size = finding.settings.get("latent_dimensions")
    if first is None or not isinstance(size, int):
        return (sentence(finding.reason) + " " if finding.reason else "") + first_said(finding)
    text = f"Dimension {short(first.group or '')} carries {stated(first)} of the effect on what was explained; "
    text += f"with equal shares each of the {size} dimensions would carry {numbers.share(1 / size)}"
    turned = _turned(finding)
    text += f", and with the latent axes turned at random the largest would carry {turned}." if turned else "."
    if "effective_dimensions" in whole:
        text += f" The effect is spread as if over {_brief(whole['effective_dimensions'])} equal dimensions."
    if "unused_dimensions" in whole:
        text += f" Unused: {_brief(whole['unused_dimensions'])} of {size} dimensions."
    return text + _regrouped(finding)


def _regrouped(finding: FindingPart) -> str:
    """Which dimension changes the group of the output most often, beside all of them together."""
    changes = {each.group or "": each for each in finding.estimates if each.name == "group_changes"}
    alone = [each for group, each in changes.items() if group.startswith("z")]
    most = max(alone, key=lambda each: each.value, default=None)
    if most is None:
        return ""
    whole = changes.get("all dimensions")
    beside = f"; all together do in {_brief(whole)}" if whole is not None else ""
    return (
        f" Redrawing {short(most.group or '')} alone changes the group that is seen in {stated(most)} of draws{beside}."
    )


def _turned(finding: FindingPart) -> str | None:
    """The largest share if single dimensions meant nothing: median and central 95 % over randomly turned axes."""
    table = next((each for each in finding.tables if each.name == "turned_axes"), None)
    if table is None or not table.rows:
        return None
    cells = dict(zip((column.key for column in table.columns), table.rows[0], strict=True))
    values = [cells.get(key) for key in ("middle", "low", "high")]
    middle, low, high = (each if isinstance(each, float) else math.nan for each in values)
    if not math.isfinite(middle + low + high):
        return None
    value, between = numbers.estimate(middle, low, high, "share")
    return f"{value} ({between})"


def _brief(estimate: EstimatePart) -> str:
    value, between = numbers.estimate(estimate.value, estimate.low, estimate.high, estimate.unit)
    return value if estimate.low == estimate.high else f"{value} ({between})"


def _neighbours(finding: FindingPart) -> str:
    whole = whole_of(finding)
    ratios = [whole[name] for name in ("precision_ratio", "recall_ratio", "coverage_ratio") if name in whole]
    if not ratios:
        return first_said(finding)
    first, *others = sorted(ratios, key=lambda each: each.value)
    text = f"{_kind(first).capitalize()} is {stated(first)} of what a perfect generator would score here"
    rest = [f"{_kind(each)} {stated(each)}" for each in others]
    text += f", {' and '.join(rest)}." if rest else "."
    outliers = whole.get("stray_share")
    if outliers is not None and outliers.perfect is not None:
        text += (
            f" Further out than all but a few real samples lie {stated(outliers)} of the generated ones; of a perfect "
            f"generator’s, {perfect_text(outliers.perfect, outliers.unit)}."
        )
    return text


def _modes(finding: FindingPart) -> str:
    whole = whole_of(finding)
    missing, thinnest, lost = (whole.get(name) for name in ("missing_modes", "thinnest_mode_ratio", "lost_mass"))
    if missing is None or thinnest is None or lost is None:
        return first_said(finding)
    text = _missing(finding, missing)
    text += f"; the thinnest gets {stated(thinnest)} of its real share"
    if thinnest.perfect is not None:
        text += f", where the thinnest of a perfect generator would get {perfect_text(thinnest.perfect, thinnest.unit)}"
    return f"{text}. Modes that get too little are short of {stated(lost)} of the data."


def _missing(finding: FindingPart, missing: EstimatePart) -> str:
    """How many modes are missing, and how small one would have been found; old records do not say the latter."""
    words = smallest_mode_words(finding)
    if missing.value:
        return f"{stated(missing)} modes of the data are missing" + (f" ({words})" if words else "")
    if words is None:
        return "No mode of the data is missing"
    smallest = smallest_mode(finding)
    if smallest is None:
        return "No mode of the data is missing, but none would have been found so here"
    return f"No mode of the data is missing (one of {numbers.share(smallest)} of the data would have been found so)"


def _validity(finding: FindingPart) -> str:
    whole = whole_of(finding)
    if "invalid_share" not in whole:
        return first_said(finding)
    invalid = whole["invalid_share"]
    text = (
        "No generated record breaks a rule" if invalid.value == 0 else f"{stated(invalid)} of the records break a rule"
    )
    text += f" ({_of_none(invalid)})." if invalid.value == 0 else "."
    if "unsupported_share" in whole:
        outside = whole["unsupported_share"]
        text += f" A value that no real record has stands in {stated(outside)}"
        text += (
            f"; of a perfect generator’s, in {perfect_text(outside.perfect, outside.unit)}." if outside.perfect else "."
        )
    if "broken_relation_share" in whole:
        text += (
            f" {sentence(stated(whole['broken_relation_share']))[:-1]} break a relation between columns that every "
            "real record keeps."
        )
    return text


def _identity(finding: FindingPart) -> str:
    whole = whole_of(finding)
    fresh, remarks = whole.get("initial_weight_share"), whole.get("remark_count")
    text = []
    if fresh is not None:
        count = numbers.count(fresh.n)
        if fresh.value:
            text.append(f"{numbers.share(fresh.value)} of the {count} weights that could be tested look fresh")
        else:
            text.append(f"None of the {count} weights that could be tested looks fresh")
    broken = whole.get("broken_weight_share")
    if broken is not None and broken.value:
        text.append(f"{numbers.share(broken.value)} of the weights are NaN or infinite")
    if remarks is not None:
        text.append(
            f"{numbers.count(int(remarks.value))} contradictions between files or parts, listed below"
            if remarks.value
            else "files and parts do not contradict each other"
        )
    changed = whole.get("changed_by_audit")
    if changed is not None:
        text.append("the audit CHANGED the model or its files" if changed.value else "the audit changed neither")
    return sentence("; ".join(text))


def _of_none(estimate: EstimatePart) -> str:
    """The upper end of a share's interval where none of n records counted."""
    most = numbers.beyond(estimate.high, "share", None, below=False)
    return f"at most {most} do, n = {numbers.count(estimate.n)}"


def _kind(ratio: EstimatePart) -> str:
    return ratio.name.removesuffix("_ratio")


ANSWERS: Mapping[str, Callable[[FindingPart], str]] = {
    **FAIRNESS,
    **ATTRIBUTION,
    "GA201": _drivers,
    "GA301": _modes,
    "GA302": _neighbours,
    "GA501": _validity,
    "GA601": _identity,
}
