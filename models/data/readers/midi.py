"""One MIDI file as one voice of pitches on a fixed grid.

Reference: MIDI Association, Standard MIDI Files 1.0 (RP-001), 1996
"""

from collections import defaultdict, deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import UserError, one_line
from ...limits import check

STEPS = 4
"""Steps in a quarter note: sixteenth notes."""
PERCUSSION = 9
"""The channel (from 0) whose note numbers are instruments, not pitches."""
REST = -1


class Note(NamedTuple):
    """A note that sounds from `start` until before `end`, in ticks."""

    pitch: int
    start: int
    end: int


def read_midi(path: Path, steps: int = STEPS) -> list[int]:
    """The highest pitch that sounds in each step of the grid, 0–127, rest −1.

    All tracks and channels but percussion sound together; a chord or several voices leave their top note, and a note
    that is held repeats in each of its steps, so the grid does not tell it from one that is struck again. Starts and
    ends are rounded to the nearest step, and no note is shorter than one. Silence before the first note is kept.

    Args:
        path: a Standard MIDI File with parallel tracks (type 0 or 1) and a metrical time base.
        steps: how many steps a quarter note has.

    Raises:
        UserError: if the file is damaged, has no notes or another time base, or if `mido` is not installed.
    """
    try:
        import mido
    except ImportError as error:
        raise UserError(
            f"{path}: reading it needs mido, which is not installed; run: pip install 'genai-audit[midi]'"
        ) from error
    # Each of its events takes hundreds of times as much memory as in the file.
    check("midi", path.stat().st_size, path)
    try:
        file = mido.MidiFile(path)
        tracks = [list(track) for track in file.tracks]
    except Exception as error:  # A damaged file makes mido raise almost anything: KeyError, IndexError, its own.
        raise UserError(f"{path}: cannot be read as MIDI ({one_line(error)}); replace or remove it") from error
    if file.type == 2 or file.ticks_per_beat <= 0:
        fault = "independent patterns (type 2)" if file.type == 2 else "a time base of film frames"
        raise UserError(f"{path}: expected a MIDI file in beats, type 0 or 1, got {fault}; export it as type 1")
    notes = [note for track in tracks for note in _notes(track)]
    if not notes:
        raise UserError(f"{path}: expected notes, got none outside the percussion channel; remove the file")
    return _grid(notes, file.ticks_per_beat / steps, path)


def _notes(track: list[Any]) -> list[Note]:
    now, notes = 0, []
    sounding: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == PERCUSSION:
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity > 0:
            sounding[key].append(now)
        elif sounding[key]:
            notes.append(Note(message.note, sounding[key].popleft(), now))
    # Nobody ended these, so the track does.
    return notes + [Note(pitch, start, now) for (_, pitch), starts in sounding.items() for start in starts]


def _grid(notes: list[Note], ticks: float, path: Path) -> list[int]:
    spans = [(note.pitch, int(note.start / ticks + 0.5), int(note.end / ticks + 0.5)) for note in notes]
    length = max(max(end, start + 1) for _, start, end in spans)
    # A damaged delta time easily makes millions.
    check("steps", length, path)
    grid = np.full(length, REST, dtype=np.int64)
    for pitch, start, end in spans:
        step = slice(start, max(end, start + 1))
        grid[step] = np.maximum(grid[step], pitch)
    steps: list[int] = grid.tolist()
    return steps
