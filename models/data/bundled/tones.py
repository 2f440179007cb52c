"""`tones`: short made-up sounds whose truth is known in closed form.

Each has a timbre and a pitch, drawn independently with the shares below; its frequency is that of the pitch, detuned by
normal noise of `DETUNE` cents; its amplitude and its decay are uniform between bounds. `waveform` is then the sound, to
which white noise is added. All start at phase zero.
"""

import numpy as np
from numpy.typing import NDArray

from ...records import Attribute, Records

CLIPS = 3000
SEED = 20_240_502
SAMPLES = 512
SAMPLE_RATE = 8000

TIMBRE = {"sine": 0.5, "square": 0.3, "pluck": 0.2}
PITCH = {"A3": 0.30, "C4": 0.25, "E4": 0.20, "A4": 0.15, "E5": 0.10}
FREQUENCY = {"A3": 220.00, "C4": 261.63, "E4": 329.63, "A4": 440.00, "E5": 659.26}
"""In Hz, equal temperament."""
DETUNE = 5.0
"""Standard deviation in cents, hundredths of a semitone."""
AMPLITUDE = (0.4, 0.9)
DECAY = {"sine": (0.10, 0.20), "square": (0.10, 0.20), "pluck": (0.02, 0.04)}
"""Bounds of the time, in seconds, in which the fundamental falls to 1/e."""
ATTACK = 0.005
"""Seconds in which a sound rises linearly."""
NOISE = 0.005
"""Standard deviation of the white noise."""

HARMONICS = {
    "sine": ((1, 1.0),),
    "square": ((1, 1.0), (3, 1 / 3), (5, 1 / 5)),
    "pluck": ((1, 0.5), (2, 0.25), (3, 1 / 6), (4, 0.125)),
}
"""Multiples of the frequency, and the share of the amplitude each starts with; a pluck's k-th falls k times faster.

The highest, five times E5, lies below half the sample rate, and no clean sound leaves [−1, 1].
"""


def waveform(timbre: str, frequency: float, amplitude: float, decay: float) -> NDArray[np.float64]:
    """The sound without its noise, (512,) in [−1, 1].

    Args:
        timbre: a key of `HARMONICS`.
        frequency: of the fundamental, in Hz.
        amplitude: the peak before the decay, in [0, 1].
        decay: the time in which the fundamental falls to 1/e, in seconds.
    """
    t = np.arange(SAMPLES) / SAMPLE_RATE
    sound = np.zeros(SAMPLES)
    for multiple, share in HARMONICS[timbre]:
        faster = multiple if timbre == "pluck" else 1
        sound += share * np.exp(-t * faster / decay) * np.sin(2 * np.pi * multiple * frequency * t)
    return amplitude * np.minimum(t / ATTACK, 1) * sound


def records() -> Records:
    """All 3,000 sounds, float32 (3000, 512) in [−1, 1] at 8 kHz, with the groups `timbre` and `pitch`."""
    return draw(CLIPS, np.random.default_rng(SEED))


def draw(n: int, rng: np.random.Generator) -> Records:
    """Draw n fresh sounds with their groups: a perfect generator, for comparison."""
    timbres, pitches = (_pick(shares, n, rng) for shares in (TIMBRE, PITCH))
    clips = np.zeros((n, SAMPLES))
    for clip, timbre, pitch in zip(clips, timbres, pitches, strict=True):
        name = tuple(TIMBRE)[timbre]
        frequency = tuple(FREQUENCY.values())[pitch] * 2 ** (DETUNE * rng.standard_normal() / 1200)
        clip[:] = waveform(name, frequency, rng.uniform(*AMPLITUDE), rng.uniform(*DECAY[name]))
    clips = (clips + NOISE * rng.standard_normal(clips.shape)).clip(-1, 1)
    attributes = {
        "timbre": Attribute(tuple(TIMBRE), timbres),
        "pitch": Attribute(tuple(PITCH), pitches),
    }
    return Records("audio", clips.astype(np.float32), attributes, SAMPLE_RATE)


def _pick(shares: dict[str, float], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    bounds = np.cumsum(list(shares.values()))[:-1]
    return np.searchsorted(bounds, rng.random(n), side="right").astype(np.int64)
