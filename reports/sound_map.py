"""A map over the spans of sounds, below the mean spectrogram of the same sounds: seconds to the right, hertz upwards.

Geometry, texts and one picture a panel; the template draws them. Values stand in a table, too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..audit.evidence.bundle import Evidence
from ..audit.evidence.regions.kind import SPAN
from ..models.records import is_array
from . import numbers
from .finding_parts import ExhibitPart, PicturesPart
from .pixels import CIVIDIS, PUOR, coloured, data_uri, opaque
from .renderings import FRAME, QUIETEST, TIMES, spectrograms
from .signed import signed
from .tables import TableView
from .words import short

SIGNED, MAGNITUDES, UNREAD = "signed_sound_maps", "sound_maps", "unread_"
SOUND_MAPS = (SIGNED, MAGNITUDES, UNREAD + SIGNED, UNREAD + MAGNITUDES)
"""The forms of exhibits that are shown so: values around zero, or sizes; and both of maps that fail their checks."""

UNREADABLE = "The map fails its checks, so it is shown without a reading."

LEFT, WIDTH, HEIGHT, BARS, AXIS = 60, 248, 96, 40, 34
"""Pixels: for the names of frequencies; of the picture; of the tallest bar, above and below the line of none; and for
the axis of time. The whole fits a phone."""

MOST_SOUNDS = 200
"""Sounds of which the spectrogram is a mean, at most."""

TICKS = 2


@dataclass(frozen=True, slots=True)
class SpanBar:
    """One span: where it lies, its bar and its colour."""

    x: str
    width: str
    y: str
    height: str
    colour: str


@dataclass(frozen=True, slots=True)
class SoundMap:
    """One map in pixels: the mean spectrogram as a picture, bars below it on one axis of time, and all values."""

    label: str
    reading: str
    alt: str
    left: int
    right: int
    width: int
    height: int
    uri: str
    x: str
    across: str
    tall: int
    line: int
    foot: int
    bars: tuple[SpanBar, ...]
    times: tuple[tuple[str, str], ...]
    pitches: tuple[tuple[int, str], ...]
    unit_across: str
    unit_up: str
    table: TableView


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """One map of the evidence: values (R,) of named spans, the span of each sample, and the sounds that it is of."""

    label: str
    values: NDArray[np.float64]
    names: tuple[str, ...]
    place: NDArray[np.int64]
    waves: NDArray[np.floating]


def sound_maps(exhibit: ExhibitPart, evidence: Evidence) -> tuple[tuple[SoundMap, ...], float, tuple[str, ...]]:
    """The maps of an exhibit, the largest absolute value of any, and notes."""
    found = [(each, _panel(each, evidence)) for each in exhibit.pictures]
    panels = [panel for _, panel in found if panel is not None]
    absent = [short(each.label) for each, panel in found if panel is None]
    largest = max((float(np.abs(each.values).max(initial=0.0)) for each in panels), default=0.0)
    rate = evidence.generated.sample_rate
    drawn = tuple(_map(f"{exhibit.name}-{at}", each, exhibit.form, largest, rate) for at, each in enumerate(panels))
    quietest = numbers.number(10 * float(np.log10(QUIETEST)))
    notes = [
        f"Each picture is the mean spectrogram of up to {MOST_SOUNDS} of the sounds that the map is a mean over: from "
        f"dark blue at {quietest} dB of full scale and less to yellow at 0 dB. Bars below have the same axis of time, "
        "and one scale in all maps.",
    ]
    if absent:
        notes.append(f"Not in the evidence at hand, so not shown: {short(', '.join(absent), 200)}.")
    return drawn, largest, tuple(notes) if panels else tuple(notes[1:])


def _panel(pictures: PicturesPart, evidence: Evidence) -> _Panel | None:
    """The map that an exhibit names; None where the evidence does not hold it and its sounds."""
    kind, _, field = pictures.kind.partition(".")
    item = getattr(evidence, kind, None) if kind in ("criticised", "encoded") else None
    values = getattr(item, field, None) if field in ("span_maps", "null_span_maps", "error_span_maps") else None
    if item is None or values is None or item.regions.what != SPAN or len(pictures.indices) != 1:
        return None
    at = pictures.indices[0]
    waves = _sounds(kind, field, at, item, evidence)
    if not 0 <= at < len(values) or waves is None or not len(waves):
        return None
    finite = np.nan_to_num(np.asarray(values[at], dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return _Panel(short(pictures.label), finite, item.regions.names, item.regions.place, waves)


def _sounds(kind: str, field: str, at: int, item: object, evidence: Evidence) -> NDArray[np.floating] | None:
    """Up to `MOST_SOUNDS` of the sounds of a map: of all, or of the group whose number less one is `at`."""
    made = kind == "criticised" and field == "span_maps"
    side = evidence.generated if made else evidence.reference
    of = getattr(item, "generated" if made else "reference", item) if kind == "criticised" else item
    rows, members = np.asarray(getattr(of, "rows", ())), np.asarray(getattr(of, "members", ()))
    if field == "span_maps" and kind == "encoded":
        chosen = np.asarray(getattr(item, "explained", ()))
        rows, members = rows[chosen], members[chosen]
    kept = rows if at == 0 or field == "null_span_maps" else rows[members == at - 1]
    if side is None or not is_array(side.samples) or (len(kept) and kept.max() >= len(side.samples)):
        return None
    waves: NDArray[np.floating] = np.asarray(side.samples[kept[:MOST_SOUNDS]])
    return waves


def _map(name: str, panel: _Panel, form: str, largest: float, rate: int | None) -> SoundMap:
    signs = form.endswith(SIGNED)
    length = len(panel.place)
    # The first and the last column are the frames that begin and end the sound; each lies where its middle is.
    hop = max(length - FRAME, 0) / length / (TIMES - 1)
    start, across = ((FRAME / length - hop) / 2, hop * TIMES) if hop else (0.0, 1.0)
    line = HEIGHT + 8 + BARS
    below = BARS if signs else 0
    loud = 1 - spectrograms(panel.waves).mean(axis=(0, 1))
    second = rate or 1
    return SoundMap(
        label=panel.label,
        reading=UNREADABLE if form.startswith(UNREAD) else _reading(panel, signs),
        alt=f"{panel.label}: mean spectrogram of {len(panel.waves)} sounds over bars of {len(panel.values)} spans; the "
        "table below has their values",
        left=LEFT,
        right=LEFT + WIDTH,
        width=LEFT + WIDTH + 8,
        height=line + below + AXIS,
        uri=data_uri(opaque(coloured(loud, 0.0, 1.0, CIVIDIS))),
        x=f"{LEFT + WIDTH * start:.1f}",
        across=f"{WIDTH * across:.1f}",
        tall=HEIGHT,
        line=line,
        foot=line + below,
        bars=tuple(_bars(panel, largest, line, signs)),
        times=tuple(
            (f"{LEFT + WIDTH * share:.1f}", numbers.number(length * share / second))
            for share in np.linspace(0, 1, TICKS + 1).tolist()
        ),
        pitches=tuple((round(HEIGHT * (1 - at / 2)), numbers.number(second * at / 4)) for at in range(3)),
        unit_across="s" if rate else "samples",
        unit_up="Hz" if rate else "cycles",
        table=_table(name, panel, signs, rate),
    )


def _bars(panel: _Panel, largest: float, line: int, signs: bool) -> list[SpanBar]:
    stops, low = (PUOR, -largest) if signs else (CIVIDIS, 0.0)
    colours = coloured(panel.values[None], low, largest, stops)[0].tolist()
    counts = np.bincount(panel.place, minlength=len(panel.values))
    ends = np.concatenate([[0], np.cumsum(counts)]) / len(panel.place) * WIDTH + LEFT
    bars = []
    for at, (value, colour) in enumerate(zip(panel.values.tolist(), colours, strict=True)):
        height = BARS * value / largest if largest else 0.0
        bars.append(
            SpanBar(
                x=f"{ends[at]:.1f}",
                width=f"{ends[at + 1] - ends[at]:.1f}",
                y=f"{line - max(height, 0.0):.1f}",
                height=f"{abs(height):.1f}",
                colour="#" + "".join(f"{channel:02x}" for channel in colour),
            )
        )
    return bars


def _reading(panel: _Panel, signs: bool) -> str:
    if not np.abs(panel.values).max(initial=0.0):
        return "No span has a value other than 0."
    most = int(np.abs(panel.values).argmax())
    value = signed(float(panel.values[most])) if signs else numbers.number(float(panel.values[most]))
    return f"Most is at {panel.names[most]}: {value}."


def _table(name: str, panel: _Panel, signs: bool, rate: int | None) -> TableView:
    said = [signed(value) if signs else numbers.number(value) for value in panel.values.tolist()]
    unit = "" if rate else " (in samples: the sounds have no rate)"
    return TableView(
        id=name,
        caption=f"{panel.label}: the value of each span{unit}",
        columns=("Span", "Value"),
        numeric=(False, True),
        rows=tuple(zip(panel.names, said, strict=True)),
    )
