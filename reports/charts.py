"""The one chart of the report: a row per estimate with its interval, a perfect generator's band and the policy's bound.

Geometry only, as percentages of the plot's width; the template draws it as SVG beside labels in HTML, so that a chart
takes the page's font and colours and fits a phone, a screen and a sheet of paper.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..audit.finding import NOMINAL, Better
from . import numbers
from .axis import scale
from .chart_parts import USUAL_KEY, Chart, Guide, Row, span
from .chart_specs import SPECS, Spec
from .finding_parts import EstimatePart, FindingPart
from .found import side, standardised
from .record import BoundPart, RulePart
from .symmetric import Axis, symmetric
from .unnoticed import smallest_mode_words
from .words import bound_words, label, ruling_mark, sentence, short

MOST_ROWS = 20
"""Rows of a chart; more would be a wall. The worst are kept, and the table of estimates has them all."""

MOST_ROWS_OF_PARTS = 6
"""Rows of each part where a figure has several."""


STANDARD = "0: a perfect generator; ±1: the ends of its band, further out drawn closer"
"""What the axis is on which estimates of several units stand."""


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    estimate: EstimatePart
    low: float
    high: float
    level: float
    rule: RulePart | None
    bound: BoundPart | None


def charts(finding: FindingPart, rules: Sequence[RulePart]) -> list[Chart]:
    """The charts of a finding, which become parts of one figure: the chosen ones for a known auditor, otherwise two.

    Complete counts are on no axis: they have no interval, and a checklist says them.

    Args:
        finding: with its estimates.
        rules: the judged rules about this finding.
    """
    specs = SPECS.get(finding.code) or _usual(finding)
    return [chart for spec in specs if (chart := _of_spec(spec, finding, rules, len(specs))) is not None]


def _of_spec(spec: Spec, finding: FindingPart, rules: Sequence[RulePart], parts: int) -> Chart | None:
    uncertain = [each for each in finding.estimates if each.curve]
    chosen = [each for name in spec.names for each in _worst_first(name, uncertain)]
    if spec.standard:
        chosen = [each for each in chosen if each.group is None and standardised(each) is not None]
    size = finding.settings.get("latent_dimensions")
    equal = None
    if spec.divided:
        # Shares in a part of the whole (`z3 → ink`) are another division, which the table of estimates has.
        chosen = sorted((e for e in chosen if "→" not in (e.group or "")), key=lambda e: -e.value)
        equal = 1 / size if isinstance(size, int) and size > 0 else None
    if not chosen:
        return None
    lines = [_line(each, rules, _name(each, finding, spec)) for each in chosen]
    most = MOST_ROWS if parts == 1 or len(lines) <= MOST_ROWS_OF_PARTS + 2 else MOST_ROWS_OF_PARTS
    chart = _chart(spec.title, lines, equal, most, standard=spec.standard)
    return _with_size(chart, finding) if "missing_modes" in spec.names else chart


def _with_size(chart: Chart, finding: FindingPart) -> Chart:
    """Beside missing modes, how small one would have been found: what is not found is not proved absent."""
    words = smallest_mode_words(finding)
    return chart if words is None else replace(chart, reading=f"{chart.reading} {sentence(words)}")


def _usual(finding: FindingPart) -> tuple[Spec, ...]:
    """For an auditor without charts of its own: the whole beside a perfect generator, and its first groups."""
    whole = tuple(dict.fromkeys(each.name for each in finding.estimates if each.group is None))
    compared = tuple(name for name in whole if any(e.name == name and e.perfect for e in finding.estimates))
    grouped = next((each.name for each in finding.estimates if each.group is not None and each.curve), None)
    own = [Spec("Beside a perfect generator", compared, standard=True)] if compared else []
    if not compared and whole:
        units = dict.fromkeys(each.unit for each in finding.estimates if each.group is None and each.curve)
        named = {
            u: tuple(dict.fromkeys(e.name for e in finding.estimates if e.group is None and e.unit == u)) for u in units
        }
        own = [Spec(sentence(label(names[0], finding))[:-1], names) for names in named.values()]
    if grouped is not None:
        own.append(Spec(f"{sentence(label(grouped, finding))[:-1]}, by group", (grouped,)))
    return tuple(own)


def _worst_first(name: str, estimates: Sequence[EstimatePart]) -> list[EstimatePart]:
    """The estimates of that name, the worst first; if the worst of them is an estimate itself, in its direction."""
    named = [each for each in estimates if each.name == name]
    extreme = next((each.better for each in estimates if each.name == f"worst_{name}"), None)

    def badness(each: EstimatePart) -> float:
        if each.better is Better.NEITHER and each.unit == "share difference":
            # It is as bad to be above as to be below.
            return -abs(each.value)
        match extreme or each.better:
            case Better.HIGHER:
                return each.value
            case Better.LOWER:
                return -each.value
            case _:
                return 0.0 if each.perfect is None else -abs(each.value - each.perfect.value)

    return sorted(named, key=badness)


def _line(estimate: EstimatePart, rules: Sequence[RulePart], name: str) -> _Line:
    # A rule on an earlier record is about the difference, which this scale does not show.
    rules = [rule for rule in rules if rule.against is None]
    own = [rule for rule in rules if (rule.estimate, rule.group) == (estimate.name, estimate.group) and rule.observed]
    if own and own[0].observed:
        # The interval a rule was judged by, so that the picture and the outcome cannot disagree.
        seen = own[0].observed
        return _Line(name, estimate, seen.low, seen.high, seen.level, own[0], own[0].bound)
    worst = [rule for rule in rules if rule.estimate == f"worst_{estimate.name}" and rule.group is None]
    bound = worst[0].bound if worst else None
    if bound is not None and estimate.better is Better.NEITHER and bound.at_least is None and bound.at_most is not None:
        # The worst is the size of changes that have a sign, so its bound holds on either side of 0.
        bound = BoundPart(at_least=-bound.at_most, at_most=bound.at_most)
    return _Line(name, estimate, estimate.low, estimate.high, estimate.level, None, bound)


def _standard_place(axis: Axis, estimate: EstimatePart) -> Callable[[float], str]:
    """Where a value of the estimate stands on an axis on which 0 is a perfect generator."""
    return lambda value: axis.place(standardised(estimate, value) or 0.0)


def _chart(title: str, lines: list[_Line], equal: float | None, most: int, *, standard: bool) -> Chart:
    shown = lines[:most]
    if standard:
        axis = symmetric([at for line in shown for end in _ends([line]) if (at := standardised(line.estimate, end))])
        ticks = axis.ticks
        rows = tuple(_row(line, _standard_place(axis, line.estimate)) for line in shown)
        guide: Guide | None = Guide(axis.place(0.0), STANDARD)
    else:
        place, ticks = scale([*_ends(shown), *([] if equal is None else [equal])], shown[0].estimate.unit)
        rows = tuple(_row(line, place, _least(shown)) for line in shown)
        guide = None if equal is None else Guide(place(equal), f"an equal share, {numbers.share(equal)}")
    bounds = {bound_words(line.rule) for line in shown if line.rule is not None}
    return Chart(
        title=title,
        reading=_reading(lines),
        rows=rows,
        ticks=ticks,
        has_band=any(row.band for row in rows),
        bound=bounds.pop() if len(bounds) == 1 else "see the rules" if bounds else None,
        guide=guide,
        key=_key(shown),
        left_out=len(lines) - len(shown),
    )


def _key(lines: Sequence[_Line]) -> str:
    """What a dot and its line stand for."""
    uncertain = [line for line in lines if line.estimate.curve]
    if not uncertain:
        return "value, exact or a complete count: there is no interval"
    nominal = numbers.level(NOMINAL)
    levels = sorted({line.level for line in uncertain if line.low < line.high})
    others = [text for text in dict.fromkeys(numbers.level(each) for each in levels) if text != nominal]
    text = USUAL_KEY + (f"; judged rows at {' or '.join(others)}" if others else "")
    return text if len(uncertain) == len(lines) else f"{text}; none where everything was counted"


def _name(estimate: EstimatePart, finding: FindingPart, spec: Spec) -> str:
    """What a row is called; what the chart's title says is not said again."""
    if estimate.name.startswith("worst_") and spec.worst is not None:
        # The group of such an estimate is an attribute, of whose groups it is the worst.
        return spec.worst if estimate.group is None else f"{spec.worst} of {short(estimate.group)}"
    if estimate.group is not None:
        # A bare number would read as a value.
        return f"Group {estimate.group}" if estimate.group.isdigit() else short(estimate.group)
    whole = label(estimate.name, finding)
    text = whole.removesuffix(f" {spec.title[:1].lower()}{spec.title[1:]}")
    # "Share of" is no name without what it is a share of.
    text = whole if text.endswith((" of", " that", " to")) else text
    return text[:1].upper() + text[1:]


def _least(lines: Sequence[_Line]) -> float | None:
    """What is too small to be told from 0 beside the largest value: a thousandth of it; None for shares and counts."""
    if any(line.estimate.unit in ("share", "share difference", "ratio", "count") for line in lines):
        return None
    largest = max(abs(line.estimate.value) for line in lines)
    return None if largest == 0 else 10.0 ** (math.floor(math.log10(largest)) - 3)


def _row(line: _Line, place: Callable[[float], str], least: float | None = None) -> Row:
    each = line.estimate
    bound = line.bound
    ends = (bound.at_least, bound.at_most) if bound else ()
    near = min((end for end in ends if end is not None), key=lambda end: abs(end - each.value), default=None)
    value, between = numbers.estimate(
        each.value, line.low, line.high, each.unit, bound=near if line.rule is not None else None
    )
    text = value if line.low == line.high else f"{value} ({between})"
    return Row(
        label=line.label,
        text=text if least is None or not 0 < line.high < least else f"<{numbers.number(least)}",
        dot=place(each.value),
        line=span(line.low, line.high, place),
        band=span(each.perfect.low, each.perfect.high, place) if each.perfect else None,
        bounds=tuple(place(end) for end in ends if end is not None),
        mark=ruling_mark(line.rule.outcome) if line.rule is not None else None,
    )


def _reading(every: Sequence[_Line]) -> str:
    # The worst of the groups is one of them and would count twice.
    lines = [line for line in every if not line.estimate.name.startswith("worst_")] or every
    low, high = (end(lines, key=lambda line: line.estimate.value) for end in (min, max))
    parts = [f"Lowest: {_said(low)}", f"highest: {_said(high)}"] if high is not low else [_said(low)]
    beyond = [line for line in lines if line.bound and _outside(line, line.bound.at_least, line.bound.at_most)]
    exact = not any(line.estimate.curve for line in lines)
    judged = sum(line.bound is not None for line in lines)
    if judged:
        parts.append(f"{_of(len(beyond), judged, exact=exact)} beyond the policy’s bound")
    compared = [line for line in lines if line.estimate.perfect]
    if compared:
        # What is better than perfect is not held against a model.
        away = sum(bool(side(line.estimate)) for line in compared)
        parts.append(f"{_of(away, len(compared), exact=exact)} on the worse side of a perfect generator’s band")
    return "; ".join(parts) + "."


def _said(line: _Line) -> str:
    return f"{line.label} at {numbers.estimate(line.estimate.value, line.low, line.high, line.estimate.unit)[0]}"


def _of(some: int, every: int, *, exact: bool) -> str:
    what, wholly = ("value", "") if exact else ("interval", " wholly")
    if every == 1:
        return f"the {what} {'lies' if some else 'does not lie'}{wholly}"
    return f"{some if some else 'none'} of {every} {what}s {'lies' if some == 1 else 'lie'}{wholly}"


def _outside(line: _Line, low: float | None, high: float | None) -> bool:
    return (low is not None and line.high < low) or (high is not None and line.low > high)


def _ends(lines: Sequence[_Line]) -> list[float]:
    """Every value that a chart shows."""
    ends = [end for line in lines for end in (line.low, line.high)]
    ends += [end for line in lines if (each := line.estimate.perfect) for end in (each.low, each.high)]
    return ends + [
        end for line in lines if line.bound for end in (line.bound.at_least, line.bound.at_most) if end is not None
    ]
