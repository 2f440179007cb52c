"""Reader for a user's own audio: a folder of `.wav` files."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError, one_line
from ...records import Records
from .groups import labelled_files

LONGEST = 2**20
"""Samples that a record may have: 65 seconds at 16 kHz."""


def read_folder(path: Path) -> Records:
    """Read the WAV files in a folder as float32 (n, t) in [−1, 1]; where they lie in sub-folders, these are the labels.

    PCM of 8 to 64 bits is divided by its largest magnitude, IEEE floats are taken as they are, and channels are
    averaged. Records are compared sample by sample, so all files must have one sample rate and one length.

    Raises:
        UserError: if there are none, if they differ in rate or length, or if one cannot be decoded, is empty, longer
            than 2^20 samples, not finite or outside [−1, 1].
    """
    files, attributes = labelled_files(path, (".wav",))
    rates, waves = zip(*map(_wave, files), strict=True)
    for file, rate, wave in zip(files, rates, waves, strict=True):
        if rate != rates[0]:
            raise UserError(
                f"{file}: expected {rates[0]} Hz as in {files[0].name}, got {rate} Hz; resample all to one rate"
            )
        if len(wave) != len(waves[0]):
            raise UserError(
                f"{file}: expected {len(waves[0])} samples as in {files[0].name}, got {len(wave)}; "
                "cut or pad all to one length"
            )
    return Records("audio", np.stack(waves), attributes, rates[0])


def _wave(file: Path) -> tuple[int, NDArray[np.float32]]:
    rate, wave = _decoded(file)
    if not len(wave) or rate <= 0:
        fault = "no samples" if rate > 0 else f"a sample rate of {rate} Hz"
        raise UserError(f"{file}: expected sound, got {fault}; remove the file")
    if len(wave) > LONGEST:
        raise UserError(f"{file}: expected at most {LONGEST} samples, got {len(wave)}; cut it into shorter pieces")
    scaled = _scaled(wave)
    if not np.isfinite(scaled).all():
        raise UserError(f"{file}: expected finite samples, got NaN or infinity; replace or remove it")
    highest = float(np.abs(scaled).max())
    if highest > 1:
        raise UserError(
            f"{file}: expected samples in [-1, 1], got magnitudes up to {highest:.4g}; scale all files alike"
        )
    mono = scaled if scaled.ndim == 1 else scaled.mean(axis=1)
    return rate, np.ascontiguousarray(mono, dtype=np.float32)


def _scaled(wave: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # A signalling NaN would warn here; it is refused with the others.
        plain = wave.astype(np.float64)
    if wave.dtype.kind == "f":
        return plain
    if wave.dtype.kind == "u":
        return (plain - 128) / 128
    # 24 bits come in the upper three bytes of 32, so one rule fits all widths.
    return plain / -float(np.iinfo(wave.dtype).min)


def _decoded(file: Path) -> tuple[int, NDArray[Any]]:
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            # Chunks with titles or markers are none of our business; a file that ends too early is.
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            warnings.filterwarnings("error", "Reached EOF|Incomplete", wavfile.WavFileWarning)
            rate, wave = wavfile.read(file)
    except Exception as error:  # A damaged file makes scipy raise almost anything, down to UnboundLocalError.
        raise UserError(
            f"{file}: cannot be decoded as WAV ({one_line(error)}); replace it, or convert it to PCM"
        ) from error
    return int(rate), wave
