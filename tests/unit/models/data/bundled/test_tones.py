"""The bundled sounds follow their declared truth: shares, frequencies, envelopes and noise."""

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from genai_audit.models.data.bundled import tones
from genai_audit.models.data.datasets import load_data

DATA = load_data("tones")
TIMBRE, PITCH = (DATA.attributes[name] for name in ("timbre", "pitch"))


def test_form_and_range() -> None:
    assert DATA.samples.shape == (3000, 512)
    assert DATA.samples.dtype == np.float32
    assert np.abs(DATA.samples).max() <= 1
    assert (DATA.modality, DATA.sample_rate) == ("audio", 8000)
    assert DATA.classes == ("sine", "square", "pluck")


@pytest.mark.parametrize("name", ["timbre", "pitch"])
def test_groups_have_their_shares(name: str) -> None:
    shares = {"timbre": tones.TIMBRE, "pitch": tones.PITCH}[name]
    attribute = DATA.attributes[name]
    assert attribute.names == tuple(shares)
    assert chisquare(np.bincount(attribute.values), np.array(list(shares.values())) * 3000).pvalue > 1e-3


def test_timbre_and_pitch_are_independent() -> None:
    joint = np.array([np.bincount(PITCH.values[TIMBRE.values == t], minlength=5) for t in range(3)])
    expected = np.outer(list(tones.TIMBRE.values()), list(tones.PITCH.values())) * 3000
    assert chisquare(joint.ravel(), expected.ravel()).pvalue > 1e-3


def test_frequencies_lie_at_their_pitch_with_the_declared_detuning() -> None:
    # A clean sine: the frequency that explains most, on a grid of one cent.
    sines = np.flatnonzero((TIMBRE.values == 0) & (PITCH.values == 3))
    cents = np.arange(-30, 31)
    t = np.arange(512) / 8000
    waves = np.exp(-2j * np.pi * 440 * 2 ** (cents[:, None] / 1200) * t)
    found = cents[np.abs(DATA.samples[sines] * (t > 0.01) @ waves.T).argmax(axis=1)]
    assert kstest(found + np.random.default_rng(0).uniform(-0.5, 0.5, len(found)), "norm", args=(0, 5)).pvalue > 1e-3


@pytest.mark.parametrize("index", range(4))
def test_the_declared_law_explains_a_sound_up_to_its_noise(index: int) -> None:
    timbre, pitch = TIMBRE.names[TIMBRE.values[index]], PITCH.names[PITCH.values[index]]

    def unexplained(timbre: str, pitch: str) -> float:
        """The least mean square that is left over a grid of detuning, amplitude and decay."""
        return min(
            float(np.square(DATA.samples[index] - tones.waveform(timbre, frequency, amplitude, decay)).mean())
            for frequency in tones.FREQUENCY[pitch] * 2 ** (np.linspace(-15, 15, 13) / 1200)
            for amplitude in np.linspace(*tones.AMPLITUDE, 11)
            for decay in np.linspace(*tones.DECAY[timbre], 3)
        )

    # The noise, and half a step of the grid; any other distribution leaves most of the sound.
    assert 0.8 * tones.NOISE**2 < unexplained(timbre, pitch) < 0.0012
    others = [name for name in tones.PITCH if name != pitch]
    assert unexplained(timbre, others[0]) > 0.005


def test_waveforms_are_their_formula() -> None:
    # At 1/4 period of 500 Hz a sine is at its top: t = 4 samples = 0.5 ms, attack 0.1, decay e^(−0.005).
    assert tones.waveform("sine", 500.0, 0.8, 0.1)[4] == pytest.approx(0.8 * 0.1 * np.exp(-0.005))
    # After the attack, at t = 20.5 ms: 1 − 1/3 + 1/5 of it for the odd harmonics.
    expected = 0.8 * (1 - 1 / 3 + 1 / 5) * np.exp(-0.205)
    assert tones.waveform("square", 500.0, 0.8, 0.1)[164] == pytest.approx(expected)
    # Of a pluck the odd harmonics 1 and 3 remain there, the third falling three times as fast.
    expected = 0.8 * (0.5 * np.exp(-0.205) - np.exp(-0.615) / 6)
    assert tones.waveform("pluck", 500.0, 0.8, 0.1)[164] == pytest.approx(expected)
    for timbre in tones.TIMBRE:
        assert tones.waveform(timbre, 659.26, 1.0, 0.2)[0] == 0


def test_the_first_sample_is_noise_alone_and_as_strong_as_declared() -> None:
    assert kstest(DATA.samples[:, 0].astype(float), "norm", args=(0, tones.NOISE)).pvalue > 1e-3


def test_fresh_draws_differ_and_repeat() -> None:
    first, again, other = (tones.draw(5, np.random.default_rng(seed)).samples for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_harmonic_is_above_half_the_sample_rate() -> None:
    highest = max(multiple for parts in tones.HARMONICS.values() for multiple, _ in parts)
    assert highest * max(tones.FREQUENCY.values()) * 2 ** (6 * tones.DETUNE / 1200) < tones.SAMPLE_RATE / 2
