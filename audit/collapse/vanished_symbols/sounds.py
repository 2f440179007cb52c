"""Symbols of melodies and of waves: notes, intervals, lengths; loudness."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .classes import Ints, Occurrences, SymbolClass, lengths_class, numbered, one_each, symbol_class

_REST = -1
_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_QUIETEST, _STEP = -90, 6
_LEVELS = -_QUIETEST // _STEP + 1
_MOST_VALUES = 256


def music_classes(
    generated: Sequence[Sequence[int]], reference: Sequence[Sequence[int]], *, gate: float
) -> Iterator[SymbolClass]:
    """Notes with rests, intervals between notes that follow each other, and lengths in steps."""
    flat = [_flat(each) for each in (generated, reference)]
    codes, known = numbered([pitches for pitches, _ in flat])
    own, real = (
        Occurrences(record, code, len(side))
        for code, (_, record), side in zip(codes, flat, (generated, reference), strict=True)
    )
    yield symbol_class("notes", own, real, lambda at: _note(int(known[at])), gate=gate)
    steps = [_intervals(*each) for each in flat]
    codes, wide = numbered([each for each, _ in steps])
    own, real = (
        Occurrences(record, code, len(side))
        for code, (_, record), side in zip(codes, steps, (generated, reference), strict=True)
    )
    yield symbol_class("intervals", own, real, lambda at: _interval(int(wide[at])), gate=gate, article="a")
    lengths = [np.array([len(each) for each in side], dtype=np.int64) for side in (generated, reference)]
    yield lengths_class(lengths[0], lengths[1], "steps", gate=gate)


def audio_classes(generated: Any, reference: Any, *, gate: float) -> Iterator[SymbolClass]:
    """Loudness of single values in steps of 6 dB, and records of silence."""
    loud = [_loudness(each) for each in (generated, reference)]
    own, real = (Occurrences(np.repeat(np.arange(len(each)), each.shape[1]), each.ravel(), len(each)) for each in loud)
    yield symbol_class("loudness", own, real, _loudness_name, gate=gate, article="")
    silent = [one_each((each.max(axis=1) == 0).astype(np.int64)) for each in loud]
    names = ("record with sound", "silent record")
    yield symbol_class("records", silent[0], silent[1], lambda at: names[at], gate=gate, article="a")


def _flat(records: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    lengths = np.array([len(each) for each in records], dtype=np.int64)
    pitches = np.array([pitch for each in records for pitch in each], dtype=np.int64)
    return pitches, np.repeat(np.arange(len(records)), lengths)


def _intervals(pitches: Ints, record: Ints) -> tuple[Ints, Ints]:
    both = (record[1:] == record[:-1]) & (pitches[1:] != _REST) & (pitches[:-1] != _REST)
    return (pitches[1:] - pitches[:-1])[both], record[1:][both]


def _note(pitch: int) -> str:
    if pitch == _REST:
        return "rest"
    return f"note {_NAMES[pitch % 12]}{pitch // 12 - 1}" if pitch >= 0 else f"pitch {pitch}"


def _interval(semitones: int) -> str:
    if semitones == 0:
        return "repeated note"
    return f"step of {abs(semitones)} semitone{'' if abs(semitones) == 1 else 's'} {'up' if semitones > 0 else 'down'}"


def _loudness(waves: Any) -> Ints:
    """Levels 0 (silence) … 16 of some values of each wave, (n, ≤ 256)."""
    values = np.asarray(waves, dtype=np.float64)
    at = np.unique(np.linspace(0, values.shape[1] - 1, min(_MOST_VALUES, values.shape[1])).astype(np.int64))
    size = np.abs(np.nan_to_num(values[:, at], nan=0.0, posinf=1.0, neginf=1.0))
    decibels = 20 * np.log10(np.maximum(size, 1e-12))
    levels = np.clip(np.floor((decibels - _QUIETEST) / _STEP) + 1, 0, _LEVELS)
    return np.asarray(levels, dtype=np.int64)


def _loudness_name(level: int) -> str:
    if level == 0:
        return "silence"
    low = _QUIETEST + _STEP * (level - 1)
    return f"loudness of {low} to {low + _STEP} dB" if level < _LEVELS else "full loudness"
