"""Signed values beside their colour: which of eleven colours, the sign in words of a strip, and notes by name."""

import numpy as np

from ..models.records import pitch_name
from . import numbers
from .words import short

TONES = 10


def tone(value: float, largest: float) -> int:
    """Which of the colours a value has: 0 the most negative, 5 none, 10 the most positive."""
    return TONES // 2 if not largest else int(np.clip(round(TONES / 2 * (1 + value / largest)), 0, TONES))


def signed(value: float) -> str:
    """A value with its sign: `+0.92`, `−0.10`; `0` where two decimals show nothing."""
    text = f"{abs(value):.2f}"
    return "0" if float(text) == 0 else f"{'+' if value > 0 else numbers.MINUS}{text}"


def note_name(text: str) -> str:
    """A MIDI pitch as a note, `C4`; a rest, and any other text, as it is."""
    pitch = text.isascii() and text.isdigit()
    return pitch_name(int(text)) if pitch or text == "-1" else short(text)
