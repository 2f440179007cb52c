"""Waves as vectors: log power in bands of frequency over stretches of time."""

import numpy as np
from numpy.typing import NDArray

FRAME, BANDS, STRETCHES = 256, 32, 8
FLOOR = 1e-2
"""Power that silence is taken to have, about −20 dB. Without it the logarithm would make the faintest hiss in any band
count like a tone; with it, a fainter hiss counts for little, which the page of GA302 says."""

BLOCK = 1024

EXTRACTOR = f"log power in {BANDS} equal bands of frequency over {STRETCHES} equal stretches of time"


def audio_features(waves: NDArray[np.float32]) -> NDArray[np.float64]:
    """Waves (n, t) in [−1, 1] to natural logarithms of power, (n, 256); short waves are padded with silence."""
    blocks = [_log_power(waves[start : start + BLOCK].astype(np.float64)) for start in range(0, len(waves), BLOCK)]
    return np.concatenate(blocks) if blocks else np.empty((0, BANDS * STRETCHES))


def _log_power(waves: NDArray[np.float64]) -> NDArray[np.float64]:
    n, length = waves.shape
    wanted = max(length, FRAME * STRETCHES // 2)
    padded = np.pad(waves, ((0, 0), (0, wanted - length)))
    starts = np.linspace(0, wanted - FRAME, 4 * STRETCHES).astype(int)
    frames = np.stack([padded[:, start : start + FRAME] for start in starts], axis=1)  # (n, frames, FRAME)
    window = np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames * window, axis=2)[..., 1:]) ** 2 / np.square(window).sum()  # (n, frames, 128)
    banded = power.reshape(n, STRETCHES, 4, BANDS, -1).mean(axis=(2, 4))  # (n, STRETCHES, BANDS)
    logs: NDArray[np.float64] = np.log(FLOOR + banded).reshape(n, -1)
    return logs
