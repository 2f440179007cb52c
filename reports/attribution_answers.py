"""The answers to the questions of attribution: what moves the output, and whether the maps may be read."""

from collections.abc import Callable, Mapping

from . import numbers
from .answer_parts import first_said, stated, whole_of
from .finding_parts import Cell, EstimatePart, FindingPart
from .words import perfect_text, sentence, short


def unread(finding: FindingPart) -> str | None:
    """Why the map of a finding is shown without a reading; None where it may be read."""
    said = finding.settings.get("maps_not_to_be_read", "none")
    return None if said == "none" else sentence(f"The map is shown without a reading, as it fails its checks: {said}")


def _quality(finding: FindingPart) -> str:
    whole = whole_of(finding)
    failed, unconfirmed = whole.get("failed_checks"), whole.get("unconfirmed_share")
    if failed is None or unconfirmed is None:
        return sentence(finding.reason) if finding.reason else first_said(finding)
    maps = unconfirmed.n
    sound = round(maps * (1 - unconfirmed.value))
    text = f"Of {numbers.count(maps)} maps with something to explain, {numbers.count(sound)} pass all their checks"
    readings = {str(row[-1]) for table in finding.tables if table.name == "maps" for row in table.rows}
    named = sorted(each for each in readings if each.startswith(("not to be read", "unconfirmed")))
    others = f"; others: {'; '.join(short(each, 100) for each in named)}" if named else ""
    return sentence(f"{text}{others}")


def _conditioning(finding: FindingPart) -> str:
    whole = whole_of(finding)
    still, effect = whole.get("unmoved_conditions"), whole.get("condition_effect")
    if still is None or effect is None:
        return first_said(finding)
    text = sentence(finding.reason) + " " if finding.reason else ""
    if still.high == 0:
        text += "Every value that was asked for moves the output; "
    elif still.low == still.high:
        text += f"{numbers.count(int(still.value))} of the values asked for move nothing; "
    else:
        least, most = numbers.count(int(still.low)), numbers.count(int(still.high))
        text += f"{least} of the values asked for surely move nothing, {most} possibly; "
    text += f"of the distance between outputs asked for differently, {stated(effect)} is due to the condition."
    windows = [each for each in finding.estimates if each.name == "step_effect"]
    if windows:
        first = max(windows, key=lambda each: each.value)
        text += f" Most of the change comes from {short(first.group or '')}: {stated(first)}."
    return text


def _reliance(finding: FindingPart) -> str:
    parts = [each for each in finding.estimates if each.name == "attributed_gap" and each.group]
    first = max(parts, key=lambda each: abs(each.value), default=None)
    if first is None or finding.reason:
        return sentence(finding.reason) if finding.reason else first_said(finding)
    if (said := unread(finding)) is not None:
        return said
    nats = ", in nats," if first.unit == "nats" else ""
    text = f"{short(first.group or '').capitalize()} carries{nats} {stated(first)} of the gap between two groups"
    share = next((each for each in finding.estimates if (each.name, each.group) == ("slot_share", first.group)), None)
    if share is not None:
        text += f", {stated(share)} of the whole"
    if first.perfect is not None and first.unit != "nats":
        text += f"; among real rows it carries {perfect_text(first.perfect, first.unit)}"
    unconfirmed = whole_of(finding).get("unconfirmed_slot_share")
    if unconfirmed is not None:
        sure = round(unconfirmed.n * (1 - unconfirmed.value))
        text += f". Of {numbers.count(unconfirmed.n)} flagged, exchanging it alone confirms {numbers.count(sure)}"
    return sentence(text)


def _next_token(finding: FindingPart) -> str:
    whole = whole_of(finding)
    effect, reach = whole.get("context_effect"), whole.get("context_range")
    if effect is None or reach is None:
        return (sentence(finding.reason) + " " if finding.reason else "") + first_said(finding)
    said = unread(finding)
    if said is not None:
        return f"Replacing the whole context changes what follows, in nats, by {stated(effect)}. {said}"
    last = next((each for each in finding.estimates if (each.name, each.group) == ("last_share", "last 1")), None)
    text = "Replacing the whole context changes the log-probability of what follows, in nats, by "
    text += f"{stated(effect)}. Counted back from there, the tokens that carry 90 % of what single ones change number "
    text += stated(reach)
    text += f"; the very last carries {stated(last)}." if last is not None else "."
    copies = _copies_last(finding)
    if last is not None and copies is not None:
        low, high = copies
        text += f" Copies of the network that know nothing have {numbers.interval(low, high, 'share')} there"
        alike = last.low <= high and last.high >= low
        text += ": so far the profile tells of the architecture, not of what was learned." if alike else "."
    shift = whole.get("recency_shift")
    if shift is not None:
        text += f" From real records to its own, the share of the last four tokens changes by {stated(shift)}"
        text += f"; a perfect generator would show {perfect_text(shift.perfect, shift.unit)}."
    return text


def _copies_last(finding: FindingPart) -> tuple[float, float] | None:
    """The least and the most that copies with new random weights have on the last token."""
    table = next((each for each in finding.tables if each.name == "profile"), None)
    if table is None or not table.rows:
        return None
    cells = dict(zip((column.key for column in table.columns), table.rows[0], strict=True))
    low, high = cells.get("fresh_low"), cells.get("fresh_high")
    return (low, high) if isinstance(low, float) and isinstance(high, float) else None


def _critic(finding: FindingPart) -> str:
    whole = whole_of(finding)
    gap = whole.get("critic_gap")
    if gap is None:
        return first_said(finding)
    text = f"The critic scores real records higher than generated ones, by {stated(gap)} standard deviations."
    if finding.reason:
        return f"{text} {sentence(finding.reason)}"
    hidden = unread(finding)
    if hidden is not None:
        return f"{text} {hidden}"
    leading = _leading(finding, "region_share")
    if leading is not None:
        text += f" It is told most by {short(leading.group or '')}: {stated(leading)} of the reason."
    border, reason = whole.get("border_share"), whole.get("reason_gap")
    if border is not None:
        known = border.perfect
        usual = "" if known is None else f", and {numbers.share(known.value)} of what regions do to real records"
        text += f" The border carries {stated(border)} of it{usual}."
    if reason is not None:
        who = short(str(_first_cell(finding, "groups", "group")))
        text += f" The reason differs most for group {who}, by {stated(reason)}, where 0 is the same{_perfect(reason)}."
    return text


def _encoder(finding: FindingPart) -> str:
    whole = whole_of(finding)
    said = [sentence(finding.reason)] if finding.reason else []
    leading, border = _leading(finding, "code_region_share"), whole.get("code_border_share")
    hidden = unread(finding)
    if hidden is not None:
        said.append(hidden)
    elif leading is not None:
        said.append(f"The code is set most by {short(leading.group or '')}: {stated(leading)} of it.")
        said += [] if border is None else [f"The border carries {stated(border)}."]
    worst, gap = whole.get("worst_region_error"), whole.get("error_region_gap")
    if worst is not None:
        who, where = (short(str(_first_cell(finding, "errors", key))) for key in ("group", "region"))
        said.append(
            f"Group {who} is given back worst beside the others, in {where}: its error there lies above theirs by "
            f"{stated(worst)} times the mean error{_perfect(worst)}."
        )
    if gap is not None:
        said.append(f"The places of errors differ between groups by up to {stated(gap)}{_perfect(gap)}.")
    return " ".join(said) or first_said(finding)


def _first_cell(finding: FindingPart, table: str, key: str) -> Cell:
    """The first row's value in a column of a table; None where there is none."""
    found = next((each for each in finding.tables if each.name == table and each.rows), None)
    if found is None:
        return None
    return dict(zip((column.key for column in found.columns), found.rows[0], strict=True)).get(key)


def _leading(finding: FindingPart, name: str) -> EstimatePart | None:
    """The region with the largest share."""
    shares = [each for each in finding.estimates if each.name == name]
    return max(shares, key=lambda each: each.value, default=None)


def _perfect(estimate: EstimatePart) -> str:
    if estimate.perfect is None:
        return ""
    return f"; without any difference, {perfect_text(estimate.perfect, estimate.unit)} would be seen"


ATTRIBUTION: Mapping[str, Callable[[FindingPart], str]] = {
    "GA202": _critic,
    "GA203": _reliance,
    "GA204": _encoder,
    "GA205": _conditioning,
    "GA206": _quality,
    "GA207": _next_token,
}
"""What answers each auditor's question."""
