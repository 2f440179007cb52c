"""Melodies and sounds as pictures: a piano roll, and power by time and frequency."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]

LONGEST = 64
"""Steps of a melody that are drawn."""

OCTAVE = 12
FRAME, TIMES, BANDS = 128, 48, 32
QUIETEST = 1e-5
"""Power that is drawn as white, about 50 dB below a full-scale tone."""

PAPER, BEYOND = 1.0, 0.82
"""Grey of an empty step, and of the place after a melody's end."""


def piano_rolls(pieces: Sequence[Sequence[int]], *, low: int, high: int) -> Images:
    """Melodies as (n, 1, pitches, steps): notes black on white, high ones up, all between two pitches."""
    low, high = min(low, high - OCTAVE), max(high, low + OCTAVE)
    steps = min(LONGEST, max([1, *(len(piece) for piece in pieces)]))
    rolls = np.full((len(pieces), 1, high - low + 1, steps), PAPER, np.float32)
    for roll, piece in zip(rolls, pieces, strict=True):
        roll[0, :, len(piece) :] = BEYOND
        for step, pitch in enumerate(piece[:steps]):
            if pitch >= 0:
                roll[0, high - min(max(pitch, low), high), step] = 0.0
    return rolls


def spectrograms(waves: NDArray[np.floating]) -> Images:
    """Waves (n, t) as (n, 1, bands, times): time runs to the right, frequency up; the louder, the darker."""
    waves = np.nan_to_num(np.asarray(waves, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    padded = np.pad(waves, ((0, 0), (0, max(0, FRAME - waves.shape[1]))))
    starts = np.linspace(0, padded.shape[1] - FRAME, TIMES).astype(int)
    frames = np.stack([padded[:, start : start + FRAME] for start in starts], axis=1) * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames, axis=2)[..., 1:]) ** 2 / FRAME**2 * 16
    banded = power.reshape(len(waves), TIMES, BANDS, -1).max(axis=3)
    loudness = np.log(np.maximum(banded, QUIETEST) / QUIETEST) / -np.log(QUIETEST)
    pictures: Images = (1 - np.clip(loudness, 0, 1)).transpose(0, 2, 1)[:, None, ::-1].astype(np.float32)
    return pictures
