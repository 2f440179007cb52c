"""`melodies`: pitch sequences from a random process whose every probability is declared here.

A melody is in a mode (major or minor) and a register (low or high: its tonic is C3 or C4). It opens with the three
notes of the tonic triad in one of four orders, which tells mode and register; from then on each step is a note whose
scale degree depends on the last sounding one alone, by `TRANSITIONS`, or now and then a rest. It has two or three
phrases of eight steps; the last step of each is a breath, always a rest. Degree 0 is the tonic, 7 the tonic an octave
above, −1 the degree below it.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...records import Attribute, Records

Choice = TypeVar("Choice")

N = 6_000
SEED = 20_240_602
REST = -1

MODES: Mapping[str, float] = {"major": 0.65, "minor": 0.35}
"""P(mode)."""

REGISTERS: Mapping[str, Mapping[str, float]] = {
    "major": {"low": 0.3, "high": 0.7},
    "minor": {"low": 0.6, "high": 0.4},
}
"""P(register | mode)."""

TONICS: Mapping[str, int] = {"low": 48, "high": 60}
"""MIDI pitch of degree 0."""

SCALES: Mapping[str, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
"""Semitones of the seven degrees above the tonic."""

OPENINGS: Mapping[tuple[int, int, int], float] = {(0, 2, 4): 0.4, (4, 2, 0): 0.3, (0, 4, 2): 0.2, (2, 4, 0): 0.1}
"""P(degrees of the first three steps)."""

REST_SHARE = 0.05
"""P(rest) of each step that is neither in the opening nor a breath, whatever came before."""

PHRASE = 8
"""Steps in a phrase, the last of them the breath."""

PHRASES: Mapping[int, float] = {2: 0.5, 3: 0.5}
"""P(number of phrases)."""

DEGREES = range(-3, 9)
"""The degrees a melody may use: from the dominant below the tonic to a tone above the octave."""

LEAPS: Mapping[int, float] = {0: 2.0, 1: 6.0, 2: 2.5, 3: 1.0, 4: 0.5, 7: 0.5}
"""How readily a melody moves by so many degrees, up or down, relative to each other."""

OTHER_LEAP = 0.05
"""How readily it moves by any other number of degrees."""

PULL = (2.0, 1.0, 1.5, 0.8, 1.7, 0.9, 0.5)
"""How strongly each degree of the scale attracts."""


def _transitions() -> NDArray[np.float64]:
    weights = np.array([[LEAPS.get(abs(to - of), OTHER_LEAP) * PULL[to % 7] for to in DEGREES] for of in DEGREES])
    matrix: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return matrix


TRANSITIONS = _transitions()
"""P(next degree | last sounding degree), (12, 12), rows and columns in the order of `DEGREES`; rows sum to 1."""


def joint() -> dict[tuple[str, str], float]:
    """P(mode, register), in closed form."""
    return {(mode, each): MODES[mode] * share for mode in MODES for each, share in REGISTERS[mode].items()}


def pitch(degree: int, mode: str, register: str) -> int:
    """MIDI pitch of a degree."""
    octave, step = divmod(degree, 7)
    return TONICS[register] + 12 * octave + SCALES[mode][step]


def read(pitches: Sequence[int]) -> dict[str, str] | None:
    """Mode and register of a melody; None if the process cannot give it."""
    key = _KEYS.get(tuple(pitches[:3]))
    return None if key is None or log_prob(pitches) == -math.inf else {"mode": key[0], "register": key[1]}


def moves(pitches: Sequence[int]) -> list[tuple[int, int]]:
    """The degrees (of, to) of each step after the opening that is not a rest; of a melody that `read` can read."""
    mode, register, _ = _KEYS[tuple(pitches[:3])]
    degrees = [_DEGREES[mode, register][each] for each in pitches[2:] if each != REST]
    return list(pairwise(degrees))


def log_prob(pitches: Sequence[int]) -> float:
    """Nats of a melody under the process; −inf if the process cannot give it."""
    phrases, more = divmod(len(pitches), PHRASE)
    if more or phrases not in PHRASES or tuple(pitches[:3]) not in _KEYS:
        return -math.inf
    mode, register, opening = _KEYS[tuple(pitches[:3])]
    breaths = set(pitches[PHRASE - 1 :: PHRASE])
    if breaths != {REST} or not set(pitches) <= {REST, *_DEGREES[mode, register]}:
        return -math.inf
    steps = moves(pitches)
    rests = list(pitches).count(REST) - phrases
    nats = math.log(joint()[mode, register]) + math.log(OPENINGS[opening]) + math.log(PHRASES[phrases])
    nats += rests * math.log(REST_SHARE) + len(steps) * math.log(1 - REST_SHARE)
    return nats + sum(math.log(TRANSITIONS[of - DEGREES.start, to - DEGREES.start]) for of, to in steps)


def records() -> Records:
    """6,000 melodies of 16 or 24 steps, with the groups `mode` and `register`; always the same."""
    # Every choice has a uniform number of its own: four for the melody, two for each step after the opening.
    u = np.random.default_rng(SEED).random((N, 4 + 2 * PHRASE * max(PHRASES)))
    keys = [_melody(list(row)) for row in u.tolist()]
    modes, registers = tuple(MODES), tuple(TONICS)
    attributes = {
        "mode": Attribute(modes, np.array([modes.index(mode) for mode, _, _ in keys], dtype=np.int64)),
        "register": Attribute(registers, np.array([registers.index(each) for _, each, _ in keys], dtype=np.int64)),
    }
    return Records("music", [pitches for _, _, pitches in keys], attributes)


def _melody(u: list[float]) -> tuple[str, str, list[int]]:
    """A mode, a register and a melody from 52 uniform numbers."""
    mode = _pick(u[0], MODES)
    register = _pick(u[1], REGISTERS[mode])
    opening = _pick(u[2], OPENINGS)
    length = PHRASE * _pick(u[3], PHRASES)
    pitches = [pitch(degree, mode, register) for degree in opening]
    degree = opening[-1]
    for silent, to in zip(u[4::2], u[5::2], strict=True):
        if len(pitches) == length:
            break
        if len(pitches) % PHRASE == PHRASE - 1 or silent < REST_SHARE:
            pitches.append(REST)
            continue
        degree = DEGREES[_place(to, TRANSITIONS[degree - DEGREES.start])]
        pitches.append(pitch(degree, mode, register))
    return mode, register, pitches


def _place(u: float, shares: NDArray[np.float64]) -> int:
    """The place that a uniform number falls on: the inverse of the cumulative distribution."""
    return int(np.searchsorted(np.cumsum(shares)[:-1], u, side="right"))


def _pick(u: float, shares: Mapping[Choice, float]) -> Choice:
    return list(shares)[_place(u, np.array(list(shares.values())))]


_DEGREES = {
    (mode, register): {pitch(degree, mode, register): degree for degree in DEGREES} for mode, register in joint()
}
_KEYS = {
    tuple(pitch(degree, mode, register) for degree in opening): (mode, register, opening)
    for (mode, register), opening in product(joint(), OPENINGS)
}
"""What an opening tells; no two keys share one, since the triad's lowest note is the tonic and its third the mode."""
