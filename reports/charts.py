"""The one chart of the report: a row per estimate with its interval, a perfect generator's band and the policy's bound.

Geometry only, as percentages of the plot's width; the template draws it as SVG beside labels in HTML, so that a chart
takes the page's font and colours and fits a phone, a screen and a sheet of paper.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ..audit.finding import NOMINAL, Better
from . import numbers
from .axis import Tick, scale
from .chart_specs import SPECS, Spec
from .finding_parts import EstimatePart, FindingPart
from .record import BoundPart, RulePart
from .unnoticed import smallest_mode_words
from .words import Mark, bound_words, label, ruling_mark, sentence, short

MOST_ROWS = 20
"""Rows of a chart; more would be a wall. The worst are kept, and the table of estimates has them all."""


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where, in per cent of the plot's width."""

    start: str
    end: str
    width: str


@dataclass(frozen=True, slots=True)
class Row:
    """One estimate: texts, and positions in per cent of the plot's width."""

    label: str
    text: str
    dot: str
    line: Span
    band: Span | None
    bounds: tuple[str, ...]
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Guide:
    """A value to compare with: where it lies and what it is."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready to be drawn: `reading` says in a sentence what it shows."""

    title: str
    reading: str
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    has_band: bool
    bound: str | None
    guide: Guide | None
    key: str
    left_out: int


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
    """The charts of a finding: the chosen ones for a known auditor, otherwise one for each unit.

    Args:
        finding: with its estimates.
        rules: the judged rules about this finding.
    """
    drawn = []
    for spec in SPECS.get(finding.code) or _by_unit(finding.estimates):
        chosen = [each for name in spec.names for each in _worst_first(name, finding.estimates)]
        size = finding.settings.get("latent_dimensions")
        equal = None
        if spec.divided:
            # Shares in a part of the whole (`z3 → ink`) are another division, which the table of estimates has.
            chosen = sorted((e for e in chosen if "→" not in (e.group or "")), key=lambda e: -e.value)
            equal = 1 / size if isinstance(size, int) and size > 0 else None
        if chosen:
            lines = [_line(each, rules, _name(each, finding, spec)) for each in chosen]
            chart = _chart(spec.title, lines, equal)
            drawn.append(_with_size(chart, finding) if "missing_modes" in spec.names else chart)
    return drawn


def _with_size(chart: Chart, finding: FindingPart) -> Chart:
    """Beside missing modes, how small one would have been found: what is not found is not proved absent."""
    words = smallest_mode_words(finding)
    return chart if words is None else replace(chart, reading=f"{chart.reading} {sentence(words)}")


def _by_unit(estimates: Iterable[EstimatePart]) -> tuple[Spec, ...]:
    names: dict[str, dict[str, None]] = {}
    for each in estimates:
        names.setdefault(each.unit, {})[each.name] = None
    return tuple(
        Spec(f"Estimates ({unit})" if unit else "Estimates", tuple(unit_names)) for unit, unit_names in names.items()
    )


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


def _chart(title: str, lines: list[_Line], equal: float | None) -> Chart:
    shown = lines[:MOST_ROWS]
    place, ticks = scale([*_ends(shown), *([] if equal is None else [equal])], shown[0].estimate.unit)
    rows = tuple(_row(line, place) for line in shown)
    rules = [line.rule for line in shown if line.rule is not None]
    bounds = {bound_words(rule) for rule in rules}
    return Chart(
        title=title,
        reading=_reading(lines),
        rows=rows,
        ticks=ticks,
        has_band=any(row.band for row in rows),
        bound=bounds.pop() if len(bounds) == 1 else "see the rules" if bounds else None,
        guide=None if equal is None else Guide(place(equal), f"an equal share, {numbers.share(equal)}"),
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
    text = f"estimate and {nominal} interval" + (f"; judged rows at {' or '.join(others)}" if others else "")
    return text if len(uncertain) == len(lines) else f"{text}; none where everything was counted"


def _name(estimate: EstimatePart, finding: FindingPart, spec: Spec) -> str:
    """What a row is called; what the chart's title says is not said again."""
    if estimate.name.startswith("worst_") and spec.worst is not None:
        # The group of such an estimate is an attribute, of whose groups it is the worst.
        return spec.worst if estimate.group is None else f"{spec.worst} of {short(estimate.group)}"
    if estimate.group is not None:
        # A bare number would read as a value.
        return f"Group {estimate.group}" if estimate.group.isdigit() else short(estimate.group)
    text = label(estimate.name, finding).removesuffix(f" {spec.title[:1].lower()}{spec.title[1:]}")
    return text[:1].upper() + text[1:]


def _row(line: _Line, place: Callable[[float], str]) -> Row:
    each = line.estimate
    bound = line.bound
    ends = (bound.at_least, bound.at_most) if bound else ()
    near = min((end for end in ends if end is not None), key=lambda end: abs(end - each.value), default=None)
    value, between = numbers.estimate(
        each.value, line.low, line.high, each.unit, bound=near if line.rule is not None else None
    )
    return Row(
        label=line.label,
        text=value if line.low == line.high else f"{value} ({between})",
        dot=place(each.value),
        line=_span(line.low, line.high, place),
        band=_span(each.perfect.low, each.perfect.high, place) if each.perfect else None,
        bounds=tuple(place(end) for end in ends if end is not None),
        mark=ruling_mark(line.rule.outcome) if line.rule is not None else None,
    )


def _span(low: float, high: float, place: Callable[[float], str]) -> Span:
    start, end = place(low), place(high)
    return Span(start, end, f"{float(end[:-1]) - float(start[:-1]):.2f}%")


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
        away = sum(
            _outside(line, line.estimate.perfect.low, line.estimate.perfect.high)
            for line in compared
            if line.estimate.perfect
        )
        parts.append(f"{_of(away, len(compared), exact=exact)} outside a perfect generator’s band")
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
