"""Audio comes back in [−1, 1] whatever its sample format is, and files that do not fit together are named."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import wavfile

from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.readers.audio import read_folder
from genai_audit.models.errors import UserError
from genai_audit.models.limits import most

RATE = 8000
TONE = np.sin(np.arange(64, dtype=np.float32) / 5)


def write(path: Path, samples: np.ndarray = TONE, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(path, rate, samples)
    return path


def pcm(path: Path, content: bytes, width: int, channels: int = 1) -> None:
    """Written by the standard library, as a second opinion on what the bytes mean."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(content)


@given(arrays(np.float32, 16, elements=st.floats(-1, 1, width=32)))
def test_floats_come_back(tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray) -> None:
    folder = tmp_path_factory.getbasetemp() / "floats"
    write(folder / "a.wav", samples)
    found = read_folder(folder)
    assert (found.modality, found.sample_rate, found.samples.dtype) == ("audio", RATE, np.float32)
    np.testing.assert_array_equal(found.samples, samples[None])


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_width_of_pcm_is_divided_by_its_largest_magnitude(tmp_path: Path, width: int) -> None:
    fractions = np.array([-1, -0.5, 0, 0.25, 0.5])
    whole = (fractions * 2 ** (8 * width - 1)).astype(int) + (128 if width == 1 else 0)
    pcm(tmp_path / "a.wav", b"".join(int(v).to_bytes(width, "little", signed=width > 1) for v in whole), width)
    np.testing.assert_array_equal(read_folder(tmp_path).samples[0], fractions.astype(np.float32))


def test_channels_are_averaged(tmp_path: Path) -> None:
    pcm(tmp_path / "a.wav", np.array([[16384, 0], [-16384, -16384]], dtype="<i2").tobytes(), 2, channels=2)
    np.testing.assert_array_equal(read_folder(tmp_path).samples[0], np.array([0.25, -0.5], dtype=np.float32))


def test_sub_folders_are_classes_and_silence_is_sound(tmp_path: Path) -> None:
    write(tmp_path / "yes" / "1.wav")
    write(tmp_path / "yes" / "2.WAV", np.zeros(64, dtype=np.int16))
    write(tmp_path / "no" / "1.wav", TONE / 2)
    data = load_data(str(tmp_path))
    assert (data.modality, data.sample_rate, data.samples.shape) == ("audio", RATE, (3, 64))
    assert (data.classes, data.labels.tolist()) == (("no", "yes"), [0, 1, 1])
    assert not data.samples[2].any()
    assert data.subset(np.array([0])).sample_rate == RATE


def test_other_chunks_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav")
    content = path.read_bytes()
    path.write_bytes(content + b"junk\x04\0\0\0abcd")
    np.testing.assert_array_equal(read_folder(tmp_path).samples[0], TONE)


def rates(folder: Path) -> None:
    write(folder / "a.wav")
    write(folder / "b.wav", rate=16000)


def lengths(folder: Path) -> None:
    write(folder / "a.wav")
    write(folder / "b.wav", TONE[:50])


def truncated(folder: Path) -> None:
    path = write(folder / "a.wav")
    path.write_bytes(path.read_bytes()[:-20])


def compressed(folder: Path) -> None:
    path = write(folder / "a.wav", np.zeros(64, dtype=np.uint8))
    content = bytearray(path.read_bytes())
    content[20] = 7  # µ-distribution
    path.write_bytes(content)


def spoilt(value: float) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        samples = TONE.copy()
        samples[7] = value
        write(folder / "a.wav", samples)

    return make


def both(folder: Path) -> None:
    write(folder / "a.wav")
    write(folder / "cat" / "a.wav")


@pytest.mark.parametrize(
    ("make", "file", "message"),
    [
        (rates, "b.wav", "expected 8000 Hz as in a.wav, got 16000 Hz; resample all to one rate"),
        (lengths, "b.wav", "expected 64 samples as in a.wav, got 50; cut or pad all to one length"),
        (truncated, "a.wav", r"cannot be decoded as WAV \(.*\); replace it"),
        (compressed, "a.wav", r"cannot be decoded as WAV \(Unknown wave file format: MULAW"),
        (lambda folder: (folder / "a.wav").write_text("no sound"), "a.wav", "cannot be decoded as WAV"),
        (lambda folder: (folder / "a.wav").write_bytes(b""), "a.wav", "cannot be decoded as WAV"),
        (lambda folder: pcm(folder / "a.wav", b"", 2), "a.wav", "expected sound, got no samples"),
        (lambda folder: write(folder / "a.wav", rate=0), "a.wav", "expected sound, got a sample rate of 0 Hz"),
        (spoilt(np.nan), "a.wav", "expected finite samples, got NaN or infinity"),
        (spoilt(-np.inf), "a.wav", "expected finite samples, got NaN or infinity"),
        (spoilt(1.5), "a.wav", r"expected samples in \[-1, 1\], got magnitudes up to 1.5; scale all files alike"),
        (
            lambda folder: write(folder / "a.wav", np.zeros(most("samples") + 1, dtype=np.uint8)),
            "a.wav",
            "expected at most 1,048,576 samples in a sound, got 1,048,577",
        ),
        (both, "", r"expected \*.wav either here or in sub-folders, got both"),
    ],
)
def test_bad_audio_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], object], file: str, message: str
) -> None:
    make(tmp_path)
    with pytest.raises(UserError, match=message) as refusal:
        load_data(str(tmp_path))
    assert str(refusal.value).startswith(f"{tmp_path / file}: ")
    assert str(refusal.value).isprintable()


def test_a_folder_without_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(UserError, match=r"expected files \*.wav, or sub-folders of them, got none"):
        read_folder(tmp_path)
