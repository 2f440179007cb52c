"""Contexts token by token: each with its value, a bar and a sign beside its colour; melodies as a piano roll.

Geometry and texts only; the template draws them. Colours are the classes `puor0` (most negative) to `puor10`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..audit.evidence.bundle import Evidence
from ..audit.evidence.contexts.kind import MATERIAL, Contexts, ContextSet
from . import numbers
from .finding_parts import ExhibitPart, PicturesPart
from .piano_roll import Roll, piano_roll
from .signed import note_name, signed, tone
from .tables import TableView
from .words import short

UNREAD = "unread_token_strip"
STRIPS = ("token_strip", UNREAD)
"""The forms of exhibits that are shown so."""

MOST_TOKENS = 128
"""Tokens of one strip; of longer contexts the last ones are shown."""

MOST_STRIPS = 12
LONGEST_TOKEN = 24
WHITE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}
UNREADABLE = "The map fails its checks, so it is shown without a reading."
START, MARK = "⟨start⟩", "⟨mark⟩"


@dataclass(frozen=True, slots=True)
class TokenCell:
    """One token: what it says, what it adds, and its bar, in per cent of the bar's width."""

    text: str
    value: str
    tone: int
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One context: `reading` says in a sentence what drives it, `table` has all values."""

    label: str
    reading: str
    cells: tuple[TokenCell, ...]
    target: str
    left_out: str
    roll: Roll | None
    table: TableView


@dataclass(frozen=True, slots=True)
class _Row:
    """One context of the evidence: its tokens, the first one first, what each adds, and what follows."""

    label: str
    tokens: tuple[int, ...]
    values: NDArray[np.float64]
    target: int
    nats: float


def token_strips(exhibit: ExhibitPart, evidence: Evidence) -> tuple[tuple[Strip, ...], float, tuple[str, ...]]:
    """The strips of an exhibit, the largest absolute value of any, and notes."""
    contexts = evidence.contexts
    if contexts is None:
        return (), 0.0, ("Not in the evidence at hand, so not shown: contexts.",)
    rows = [row for each in exhibit.pictures for row in _rows(each, contexts)][:MOST_STRIPS]
    largest = max((float(np.abs(row.values).max(initial=0.0)) for row in rows), default=0.0)
    music = evidence.modality == "music"
    texts = dict(zip(contexts.symbol_ids.tolist(), contexts.symbols, strict=True))
    read = exhibit.form != UNREAD
    strips = tuple(
        _strip(f"{exhibit.name}-{place}", row, contexts, texts, largest, music, read) for place, row in enumerate(rows)
    )
    unit = contexts.unit
    what = (
        f"Values are nats: + and purple where what truly follows is likelier with this {unit} than without, "
        "− and orange where it is less likely. All strips have the same scale."
    )
    drawn = "Time runs to the right and pitch upwards; the dashed note is the one that follows, and bars below are the "
    return strips, largest, (what, f"{drawn}values.") if music else (what,)


def _rows(pictures: PicturesPart, contexts: Contexts) -> list[_Row]:
    of = {"contexts.real": contexts.real, "contexts.generated": contexts.generated}.get(pictures.kind)
    if of is None:
        return []
    places = [place for place in pictures.indices if 0 <= place < len(of.rows)]
    return [_row(f"{short(pictures.label)} {number}", of, contexts.shown, at) for number, at in enumerate(places, 1)]


def _row(label: str, of: ContextSet, shown: int, at: int) -> _Row:
    length = int(of.lengths[at])
    values = np.nan_to_num(of.attributions[shown, at, -length:], nan=0.0, posinf=0.0, neginf=0.0)
    tokens = tuple(int(each) for each in of.tokens[at, -length:])
    return _Row(label, tokens, values, int(of.targets[at]), float(of.nats[at]))


def _strip(
    name: str, row: _Row, contexts: Contexts, texts: dict[int, str], largest: float, music: bool, read: bool
) -> Strip:
    kept = slice(max(0, len(row.tokens) - MOST_TOKENS), None)
    begins = [contexts.begins and place == 0 for place in range(len(row.tokens))][kept]
    raw = [texts.get(each, f"#{each}") for each in row.tokens][kept]
    shown = [_named(each, first, music) for each, first in zip(raw, begins, strict=True)]
    values = row.values[kept]
    target = _named(texts.get(row.target, f"#{row.target}"), False, music)
    missing = len(row.tokens) - len(shown)
    unit = contexts.unit
    # A melody's marks and numbers that are no pitch have no place in a roll; the table has them.
    roll = piano_roll(raw, values.tolist(), texts.get(row.target, ""), largest) if music else None
    return Strip(
        label=row.label,
        reading=_reading(shown, values, target, row.nats, unit) if read else UNREADABLE,
        cells=() if music else tuple(_cell(*each, largest) for each in zip(shown, values.tolist(), strict=True)),
        target=target,
        left_out=f"The first {numbers.count(missing)} {unit}s are not shown." if missing else "",
        roll=roll,
        table=_table(name, row.label, shown, values, unit),
    )


def _cell(text: str, value: float, largest: float) -> TokenCell:
    share = abs(value) / largest if largest else 0.0
    start = 50.0 if value >= 0 else 50.0 * (1 - share)
    return TokenCell(text, signed(value), tone(value, largest), f"{start:.1f}%", f"{50 * share:.1f}%")


def _named(text: str, first: bool, music: bool) -> str:
    """A token as it may be read: white space visible, marks by name, a pitch as a note."""
    if not text:
        return START if first else MARK
    if music:
        return note_name(text)
    seen = "".join(WHITE.get(char, f"⟨U+{ord(char):04X}⟩" if char.isspace() else char) for char in text)
    # A mark that joins the letter before would join what is no part of the token.
    seen = f"◌{seen}" if unicodedata.combining(seen[0]) else seen
    return short(seen, LONGEST_TOKEN)


def _reading(shown: Sequence[str], values: NDArray[np.float64], target: str, nats: float, unit: str) -> str:
    probability = numbers.share(float(np.exp(min(nats, 0.0))))
    text = f"“{target}” follows with a probability of {probability}"
    if np.abs(values).max(initial=0.0) < MATERIAL:
        return f"{text}; no single {unit} changes it by {MATERIAL:g} nats."
    most = int(np.abs(values).argmax())
    back = len(values) - most
    change = "less" if values[most] > 0 else "more"
    size = numbers.number(abs(float(values[most])))
    where = f"the last {unit}" if back == 1 else f"{back} {unit}s back"
    return f"{text}. Most depends on “{shown[most]}”, {where}: without it, it is {size} nats {change} likely."


def _table(name: str, label: str, shown: Sequence[str], values: NDArray[np.float64], unit: str) -> TableView:
    rows = tuple(
        (str(len(shown) - place), text, signed(float(value)))
        for place, (text, value) in enumerate(zip(shown, values, strict=True))
    )
    return TableView(
        id=name,
        caption=f"{label}: what each {unit} adds, in nats",
        columns=("Back", unit.capitalize(), "Adds, nats"),
        numeric=(True, False, True),
        rows=rows,
    )
