"""Maps of attributions as a notebook shows them: question, bars beside numbers with a sign, and what the checks say.

A map that fails its checks is shown with the reason first and without a reading. Colours come from the notebook, but
for the bars, whose sign stands as a character beside them, too. Nothing is loaded from anywhere.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np

from . import numbers
from .pixels import PUOR
from .terminal.visible import line
from .words import short

MOST_PARTS = 12
"""Parts shown of a map: those whose mean is largest in size."""

TABLE = "border-collapse:collapse;color:inherit;background:transparent"
CELL = "text-align:left;vertical-align:top;padding:0.15em 0.75em 0.15em 0;border-bottom:1px solid;color:inherit"
BLOCK = "color:inherit;background:transparent;border-left:4px solid;padding:0 0 0 0.75em;margin:0 0 1em;max-width:70em"
NEGATIVE, POSITIVE = f"#{PUOR.split()[2]}", f"#{PUOR.split()[8]}"

SAID = {"pass": "✓ passes", "fail": "✕ fails", "open": "? cannot tell"}


def explanation_html(explanation: Any) -> str:
    """All maps of a model as a fragment of HTML, and why there are no others."""
    maps = "".join(map_html(each) for each in explanation.maps)
    none = "" if maps else "<p>There is no map of attributions.</p>"
    return (
        f"<div><p><strong>What drives {_text(explanation.name)}</strong></p>{maps}{none}{_without(explanation)}</div>"
    )


def map_html(shown: Any) -> str:
    """One map as a fragment of HTML."""
    said = (
        f"<p><strong>{_text(shown.question)}</strong> {_text(shown.code)}</p>"
        f"<p>Readout: {_text(shown.readout)}. Contrast: {_text(shown.contrast)}. Baseline: {_text(shown.baseline)}. "
        f"{numbers.count(len(np.unique(shown.clusters)))} × {_text(shown.sampling_unit)}, {_text(shown.method)}.</p>"
    )
    return f'<div style="{BLOCK}">{said}<p>{_verdict(shown)}</p>{_bars(shown)}{_checks(shown)}</div>'


def _verdict(shown: Any) -> str:
    sign = "✓" if shown.may_be_read else "✕" if shown.reading.startswith("not to be read") else "?"
    reading = shown.reading[:1].upper() + shown.reading[1:]
    leading = ""
    if shown.may_be_read:
        at = int(shown.size.argmax())
        leading = f" {shown.parts[at]} moves it most: by {numbers.number(shown.size[at])} on average, either way."
    return f"{sign} {_text(reading + '.' + leading, 600)}"


def _bars(shown: Any) -> str:
    mean, size = shown.mean, shown.size
    leading = np.argsort(-size, kind="stable")[:MOST_PARTS]
    largest = float(size.max()) or 1.0
    rows = "".join(_bar(shown.parts[at], float(mean[at]), float(size[at]), largest) for at in leading)
    rest = len(size) - len(leading)
    more = f"<p>And {rest} {'part that moves' if rest == 1 else 'parts that move'} it less.</p>" if rest else ""
    heads = _row(("Part", "Mean size", "", "Mean"), 'th scope="col"')
    return f'<table style="{TABLE}"><thead>{heads}</thead><tbody>{rows}</tbody></table>{more}'


def _bar(part: str, mean: float, size: float, largest: float) -> str:
    colour = NEGATIVE if mean < 0 else POSITIVE
    bar = (
        f'<div aria-hidden="true" style="width:12em"><div style="background:{colour};height:0.8em;'
        f'width:{100 * size / largest:.1f}%"></div></div>'
    )
    cells = (_text(part), _text(numbers.number(size)), bar, _text(_signed(mean)))
    joined = "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells)
    return f"<tr>{joined}</tr>"


def _checks(shown: Any) -> str:
    asked = [each for each in (shown.effect, *shown.checks) if each.decision in SAID]
    rows = "".join(
        _row((each.name, SAID[each.decision], numbers.number(each.value), each.rule), "td") for each in asked
    )
    heads = _row(("Check", "It", "Measured", "It passes where"), 'th scope="col"')
    table = f'<table style="{TABLE}"><thead>{heads}</thead><tbody>{rows}</tbody></table>'
    return f"<details><summary>{len(asked)} checks</summary>{table}</details>"


def _without(explanation: Any) -> str:
    reasons: Mapping[str, str] = explanation.without
    if not reasons:
        return ""
    items = "".join(f"<li>{_text(code)}: {_text(reason, 400)}</li>" for code, reason in reasons.items())
    return f"<p>No map of:</p><ul>{items}</ul>"


def _row(cells: Iterable[str], tag: str) -> str:
    return "<tr>" + "".join(f'<{tag} style="{CELL}">{_text(cell)}</{tag[:2]}>' for cell in cells) + "</tr>"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{numbers.number(abs(value))}"


def _text(text: str, limit: int = 300) -> str:
    """Text in which every character is seen, cut and escaped."""
    return escape(short(line(text), limit))
