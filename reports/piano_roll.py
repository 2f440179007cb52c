"""A melody as a piano roll whose notes carry a value each: colour, a sign in the note and a bar below it."""

from collections.abc import Sequence
from dataclasses import dataclass

from .signed import note_name, signed, tone

STEP, PITCH = 22, 12
"""Pixels of a step to the right, and of a pitch upwards."""

LEFT, BARS = 40, 28
"""Pixels for the names of pitches, and for the tallest bar above and below the line of none."""

LEAST = 8
"""Pitches that a roll spans at least."""


@dataclass(frozen=True, slots=True)
class RollNote:
    """A note, or the place of a rest: where it lies, its colour and sign, and its bar."""

    x: int
    y: int
    tone: int
    sign: str
    rest: bool
    bar_y: str
    bar_height: str


@dataclass(frozen=True, slots=True)
class Roll:
    """A piano roll in pixels; `names` are (y, text) of pitches at the left."""

    width: int
    height: int
    line: int
    step: int
    pitch: int
    notes: tuple[RollNote, ...]
    names: tuple[tuple[int, str], ...]
    next_x: int
    next_y: int
    alt: str


def piano_roll(tokens: Sequence[str], values: Sequence[float], target: str, largest: float) -> Roll | None:
    """A roll of the tokens that are pitches or rests, with what follows; None where there is none.

    Args:
        tokens: pitches as numbers, −1 for a rest; others, such as a mark of the beginning, have no place.
        values: of each token.
        target: what follows.
        largest: the absolute value at which colours and bars end.
    """
    played = [(each, value) for each, value in zip(tokens, values, strict=True) if _pitch(each) is not None]
    if not played:
        return None
    sounding = [pitch for each in (*(token for token, _ in played), target) if (pitch := _pitch(each) or -1) >= 0]
    low = min(sounding, default=60) - 2
    high = max([*sounding, low + LEAST])
    # Rests lie below the lowest pitch.
    line = PITCH * (high - low + 2) + BARS

    def height(token: str) -> int:
        pitch = _pitch(token)
        return PITCH * (high - (low if pitch is None or pitch < 0 else pitch))

    notes = tuple(
        RollNote(
            x=LEFT + STEP * place,
            y=height(token),
            tone=tone(value, largest),
            sign=signed(value)[0].replace("0", ""),
            rest=_pitch(token) == -1,
            bar_y=f"{line - max(0.0, _bar(value, largest)):.1f}",
            bar_height=f"{abs(_bar(value, largest)):.1f}",
        )
        for place, (token, value) in enumerate(played)
    )
    named = sorted({low + 2, high, *(pitch for pitch in range(low + 2, high) if pitch % 12 == 0)})
    return Roll(
        width=LEFT + STEP * (len(played) + 1),
        height=line + BARS,
        line=line,
        step=STEP,
        pitch=PITCH,
        notes=notes,
        names=(*((PITCH * (high - pitch), note_name(str(pitch))) for pitch in named), (PITCH * (high - low), "rest")),
        next_x=LEFT + STEP * len(played),
        next_y=height(target),
        alt=f"Piano roll of {len(played)} steps; the table below has what each adds",
    )


def _bar(value: float, largest: float) -> float:
    return BARS * value / largest if largest else 0.0


def _pitch(token: str) -> int | None:
    return int(token) if token == "-1" or (token.isascii() and token.isdigit() and int(token) < 128) else None
