"""Random records like those of some data: drawn uniformly from a stated space, so that their ranks are exact."""

import datetime
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....models.data.identifier_columns import identifier_columns
from ....models.errors import UserError
from ....models.records import is_number

WORDS = 12
"""Words of a text at most."""

FEWEST_WORDS = 100
"""Different words of the data below which texts are made of characters."""

LONGEST_WORD = 20

LEVELS = 256
"""Of a pixel."""

TONES, NOTES = 8, 24
"""Tones of a sound one after the other, each one of so many half tones up from the lowest."""

LOWEST = 220.0
"""Hz of the lowest tone, or less where a low sample rate has no room for the highest."""

STEPS = 32_768
"""Of a wave's amplitude from 0 to 1, as a WAV file of 16 bits holds it."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Some random records.

    Args:
        records: in the form of their modality.
        written: the same as they are written to a file.
        bits: log₂ of how many records there could have been, all equally likely.
        space: what they were drawn from, in words.
    """

    records: Any
    written: Any
    bits: float
    space: str


def drawn(data: Any, number: int, rng: np.random.Generator) -> Drawn:
    """Draw records, no two alike and none of the data.

    Args:
        data: what they are to be like: a `Dataset` of texts, rows, pieces, pictures or sounds.
        number: of records.
        rng: draws.

    Raises:
        UserError: if there are too few possible records for one to be nobody's by chance.
    """
    makers = {"text": _texts, "tabular": _rows, "music": _pieces, "image": _pictures, "audio": _sounds}
    made = makers[data.modality](data, number, rng)
    if made.bits < 2 * math.log2(number) + 10:
        raise UserError(
            f"--reference: expected data that leave room for {number:,} random records that nobody could guess, got "
            f"{made.space}; give longer records or more columns"
        )
    return made


def _texts(data: Any, number: int, rng: np.random.Generator) -> Drawn:
    words = sorted({word for text in data.samples for word in text.split() if len(word) <= LONGEST_WORD})
    if len(words) >= FEWEST_WORDS:
        usual = int(np.median([len(text.split()) for text in data.samples]))
        length = min(max(usual, 4), WORDS)
        made = [" ".join(words[at] for at in row) for row in rng.integers(len(words), size=(number, length))]
        space = f"{length} words, each one of the {len(words):,} of the data"
        return Drawn(made, made, length * math.log2(len(words)), space)
    characters = sorted({each for text in data.samples for each in text if not each.isspace()})
    length = max(int(np.median([len(text) for text in data.samples])), 4)
    made = ["".join(characters[at] for at in row) for row in rng.integers(len(characters), size=(number, length))]
    space = f"{length} characters, each one of the {len(characters):,} of the data"
    return Drawn(made, made, length * math.log2(max(len(characters), 1)), space)


def _pieces(data: Any, number: int, rng: np.random.Generator) -> Drawn:
    pitches = sorted({pitch for piece in data.samples for pitch in piece})
    length = int(np.median([len(piece) for piece in data.samples]))
    made = [[pitches[at] for at in row] for row in rng.integers(len(pitches), size=(number, length))]
    space = f"{length} pitches, each one of the {len(pitches):,} of the data"
    return Drawn(made, made, length * math.log2(len(pitches)), space)


def _pictures(data: Any, number: int, rng: np.random.Generator) -> Drawn:
    shape = tuple(data.samples.shape[1:])
    made = rng.integers(LEVELS, size=(number, *shape)).astype(np.float32) / np.float32(LEVELS - 1)
    space = f"pictures of {' × '.join(map(str, shape))}, each value one of {LEVELS}"
    return Drawn(made, made, math.prod(shape) * math.log2(LEVELS), space)


def _sounds(data: Any, number: int, rng: np.random.Generator) -> Drawn:
    """Sequences of tones, as long and as loud as a usual recording."""
    length, rate = int(data.samples.shape[1]), int(data.sample_rate)
    loud = float(np.median(np.sqrt(np.square(data.samples, dtype=np.float64).mean(axis=1))))
    lowest = min(LOWEST, 0.4 * rate / 2 ** ((NOTES - 1) / 12))
    pitch = lowest * 2 ** (rng.integers(NOTES, size=(number, TONES)) / 12)
    place = np.minimum(np.arange(length) * TONES // length, TONES - 1)
    # The phase goes on from tone to tone, so that no click gives the seams away.
    waves = np.sin(2 * np.pi * np.cumsum(pitch[:, place], axis=1) / rate)
    level = np.clip(loud * math.sqrt(2), 0.01, 0.99)
    made = (np.round(level * waves * STEPS) / STEPS).astype(np.float32)
    space = f"{TONES} tones one after the other, each one of {NOTES} half tones, {length:,} values at {rate:,} Hz"
    return Drawn(made, made, TONES * math.log2(NOTES), space)


def _rows(data: Any, number: int, rng: np.random.Generator) -> Drawn:
    import pandas as pd

    table, named = data.samples, identifier_columns(data.samples)
    columns, written, bits, parts = {}, {}, 0.0, []
    for name in table.columns:
        known = table[name].dropna()
        if not len(known):
            columns[name] = pd.Series([None] * number, dtype=table[name].dtype)
        elif is_number(table[name]):
            columns[name], choices = _numbers(known, number, rng)
            bits += math.log2(choices)
        elif str(name) in named:
            # Never the identifier of a person who is in the data.
            columns[name] = pd.Series([rng.bytes(6).hex() for _ in range(number)])
            bits += 48
        else:
            values = sorted(known.unique().tolist(), key=str)
            columns[name] = pd.Series([values[at] for at in rng.integers(len(values), size=number)])
            bits += math.log2(len(values))
        columns[name] = columns[name].astype(object if str(name) in named else table[name].dtype)
        kind = data.types.get(str(name))
        dated = kind is not None and kind.type == "date"
        written[name] = columns[name].map(lambda day, form=kind: _date(day, form.format)) if dated else columns[name]
        parts.append(str(name))
    space = f"rows of {len(parts)} columns, each value by itself from the range or the categories of its column"
    return Drawn(pd.DataFrame(columns), pd.DataFrame(written), bits, space)


def _numbers(known: Any, number: int, rng: np.random.Generator) -> tuple[Any, float]:
    """Numbers between the smallest and the largest, whole ones where all are; and how many different ones there are."""
    import pandas as pd

    low, high = float(known.min()), float(known.max())
    if bool((known % 1 == 0).all()):
        return pd.Series(rng.integers(int(low), int(high) + 1, size=number)), high - low + 1
    # A thousandth of the range is as fine as a table's numbers can be told to be.
    steps = 1000
    return pd.Series(low + (high - low) * rng.integers(steps + 1, size=number) / steps), float(steps + 1)


def _date(day: Any, form: str) -> str:
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=int(day))
    return date.strftime(form) if form else date.isoformat()
