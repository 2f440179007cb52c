"""Reader for a user's own audio: a folder of `.wav` files."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError, one_line
from ...limits import bytes_words, check, most
from ...records import Records
from .groups import labelled_files

OPEN = (b"\xff\xff\xff\xff", b"\0\0\0\0")
"""Lengths in a header that was written before the end was known."""
BYTES = 128
"""Of a sample in 16 channels of doubles."""
ROUNDING = 1e-6
"""How far outside [−1, 1] a sample may lie by rounding."""
MOST_BYTES = 2 * BYTES
"""Of a sample, with a share of other chunks: pictures, notes."""
MOST_CHUNKS = 10_000


def read_folder(path: Path, *, generated: bool = False) -> Records:
    """Read the WAV files in a folder as float32 (n, t) in [−1, 1]; where they lie in sub-folders, these are the labels.

    PCM of 8 to 64 bits is divided by its largest magnitude, IEEE floats are taken as they are, and channels are
    averaged. Records are compared sample by sample, so all files must have one sample rate and one length. Of
    `generated` sounds, values that are not finite or lie outside [−1, 1] are kept, as evidence.

    Raises:
        UserError: if there are none, if they differ in rate or length, or if one cannot be decoded, is empty, longer
            than 2^20 samples, not finite or outside [−1, 1].
    """
    files, attributes = labelled_files(path, (".wav",))
    rates, waves = zip(*(_wave(file, generated) for file in files), strict=True)
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


def _wave(file: Path, generated: bool) -> tuple[int, NDArray[np.float32]]:
    rate, wave = _decoded(file)
    if not len(wave) or rate <= 0:
        fault = "no samples" if rate > 0 else f"a sample rate of {rate} Hz"
        raise UserError(f"{file}: expected sound, got {fault}; remove the file")
    check("samples", len(wave), file)
    scaled = _scaled(wave)
    if not generated and not np.isfinite(scaled).all():
        raise UserError(f"{file}: expected finite samples, got NaN or infinity; replace or remove it")
    scaled = np.where((np.abs(scaled) > 1) & (np.abs(scaled) <= 1 + ROUNDING), np.sign(scaled), scaled)
    highest = float(np.abs(scaled).max())
    if not generated and highest > 1:
        raise UserError(
            f"{file}: expected samples in [-1, 1], got magnitudes up to {highest:.7g}; scale all files alike"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        return rate, _mono(scaled)


def _mono(scaled: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mean of the channels; of generated sounds also where it is not finite."""
    mono = scaled if scaled.ndim == 1 else scaled.mean(axis=1)
    return np.ascontiguousarray(mono, dtype=np.float32)


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
            rate, wave = wavfile.read(_with_lengths(file) or file)
    except UserError:
        raise
    except Exception as error:  # A damaged file makes scipy raise almost anything, down to UnboundLocalError.
        raise UserError(
            f"{file}: cannot be decoded as WAV ({one_line(error)}); replace it, or convert it to PCM"
        ) from error
    return int(rate), wave


def _with_lengths(file: Path) -> io.BytesIO | None:
    """A file that was written into a pipe, whose header leaves the lengths open, with them; None if it has them.

    Raises:
        UserError: if it is larger than its samples may be.
        ValueError: if its header claims more than there is, which would be made room for.
    """
    size = file.stat().st_size
    most_bytes = most("samples") * MOST_BYTES
    if size > most_bytes:
        check("samples", size // BYTES, file, got=f"a file of {bytes_words(size)}")
    with file.open("rb") as opened:
        if opened.read(4) != b"RIFF":
            return None
        open_end, kind = opened.read(4) in OPEN, opened.read(4)
        chunks = 0
        while len(head := opened.read(8)) == 8 and head[:4] != b"data":
            chunks += 1
            if chunks > MOST_CHUNKS:
                raise ValueError(f"more than {MOST_CHUNKS} chunks")
            length = int.from_bytes(head[4:], "little")
            opened.seek(length + (length & 1), io.SEEK_CUR)
        length, place = int.from_bytes(head[4:], "little"), opened.tell()
        if head[:4] != b"data" or kind != b"WAVE" or not open_end or head[4:] not in OPEN:
            if head[:4] == b"data" and kind == b"WAVE" and head[4:] != OPEN[0] and length > size - place:
                raise ValueError(f"{length} bytes of sound in a file of {size}")
            return None
        opened.seek(0)
        content = bytearray(opened.read())
    content[4:8] = (size - 8).to_bytes(4, "little")
    content[place - 4 : place] = (size - place).to_bytes(4, "little")
    return io.BytesIO(bytes(content))
