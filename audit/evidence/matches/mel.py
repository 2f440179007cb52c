"""Waves as pictures of sound: log power in mel bands over short frames.

Reference: O'Shaughnessy 1987, Speech communication: human and machine (the mel scale 2595 log₁₀(1 + f / 700)).
"""

import numpy as np
from numpy.typing import NDArray

BANDS, FRAMES, FRAME = 32, 32, 512
FLOOR = 1e-4
"""Power that silence is taken to have, −40 dB: a fainter hiss makes no difference."""

RATE = 16_000
"""Samples a second where nobody said."""

BLOCK = 256

MEL_WORDS = f"log power in {BANDS} mel bands at {FRAMES} times"


def log_mel(waves: NDArray[np.float32], rate: int | None) -> NDArray[np.float32]:
    """Waves (n, t) to natural logarithms of power, (n, 1024): frames at equal steps, in each 32 mel bands."""
    parts = [
        _log_mel(np.asarray(waves[at : at + BLOCK], dtype=np.float64), rate or RATE)
        for at in range(0, len(waves), BLOCK)
    ]
    return np.concatenate(parts) if parts else np.empty((0, BANDS * FRAMES), dtype=np.float32)


def _log_mel(waves: NDArray[np.float64], rate: int) -> NDArray[np.float32]:
    n, length = waves.shape
    padded = np.pad(waves, ((0, 0), (0, max(0, FRAME - length))))
    starts = np.linspace(0, padded.shape[1] - FRAME, FRAMES).astype(int)
    frames = np.stack([padded[:, start : start + FRAME] for start in starts], axis=1)
    window = np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames * window, axis=2)) ** 2 / np.square(window).sum()
    mel: NDArray[np.float32] = np.log(FLOOR + power @ _filters(rate)).reshape(n, -1).astype(np.float32)
    return mel


def _filters(rate: int) -> NDArray[np.float64]:
    """Triangles that weigh frequencies into bands, (FRAME / 2 + 1, BANDS), each of weight 1."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    frequencies = np.linspace(0, rate / 2, FRAME // 2 + 1)[:, None]
    rise = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float64] = np.maximum(0, np.minimum(rise, fall))
    # A band narrower than the steps between frequencies would hear nothing: it hears the nearest one.
    empty = np.flatnonzero(weights.sum(axis=0) <= 0)
    weights[np.abs(frequencies - edges[1:-1][empty]).argmin(axis=0), empty] = 1
    weights /= weights.sum(axis=0)
    return weights
