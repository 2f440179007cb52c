"""What no record can be is kept of generated records, as evidence, and refused of real ones."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_audit.audit.validity.output_validity.rules import broken_rules
from genai_audit.models.data.datasets import load_data
from genai_audit.models.errors import UserError

RNG = np.random.default_rng(0)


def npz(path: Path) -> None:
    x = RNG.random((5, 4, 4))
    x[0, 0, 0], x[1, 0, 0], x[2, 0, 0], x[3, 0, 0] = np.nan, 1.5, 1 + 2e-7, -2e-7
    np.savez(path, x=x)


def sounds(path: Path) -> None:
    from scipy.io import wavfile

    path.mkdir()
    for index, scale in enumerate((1.0, 2.5, np.inf)):
        wavfile.write(path / f"{index}.wav", 8000, (np.full(16, 0.9) * scale).astype(np.float32))


FAULTS: dict[str, tuple[str, Any, int]] = {
    "images": ("a.npz", npz, 2),
    "sounds": ("wav", sounds, 2),
    "lines": (
        "a.txt",
        lambda path: path.write_bytes(
            b"one\n\ntwo\0\n\nthree and many more words than there is a NUL in these lines of text\n"
        ),
        3,
    ),
    "objects": ("a.jsonl", lambda path: path.write_text('{"text": "one"}\n{"text": null}\n{"text": ""}'), 2),
    "pieces": ("a.json", lambda path: path.write_text(json.dumps([[60, 128], [], [60]])), 2),
}


@pytest.mark.parametrize(("name", "write", "broken"), FAULTS.values(), ids=FAULTS)
def test_generated_faults_are_counted(tmp_path: Path, name: str, write: Any, broken: int) -> None:
    write(tmp_path / name)
    data = load_data(str(tmp_path / name), generated=True)
    flags = np.any([each for _, each in broken_rules(data.modality, data.samples)], axis=0)
    assert int(flags.sum()) == broken


@pytest.mark.parametrize("name", ["images", "sounds", "lines", "objects", "pieces"])
def test_the_same_in_real_data_is_refused(tmp_path: Path, name: str) -> None:
    file, write, _ = FAULTS[name]
    write(tmp_path / file)
    with pytest.raises(UserError):
        load_data(str(tmp_path / file))


def test_values_beyond_the_range_by_rounding_are_put_back(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([[[1 + 2e-7, -2e-7]]]))
    assert load_data(str(tmp_path / "a.npz")).samples.ravel().tolist() == [1.0, 0.0]


def test_a_table_of_a_generator_breaks_rules_of_its_columns(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("a,b,c\n" + "1,x,2020-01-01\n2,y,2020-01-02\n" * 20)
    (tmp_path / "gen.csv").write_text("a,b,c\n" + ",x,2020-01-01\n,y,soon\n" * 20)
    real = load_data(str(tmp_path / "real.csv"))
    made = load_data(str(tmp_path / "gen.csv"), types=real.types, generated=True)
    shares = {rule: float(flags.mean()) for rule, flags in broken_rules("tabular", made.samples, real.samples)}
    assert shares == {"infinite numbers": 0, "a word among numbers or dates": 0.5, "a column without any value": 1}


def test_a_column_that_may_be_empty_by_chance_breaks_no_rule(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("a,b\n1,x\n" + ",x\n" * 19)
    (tmp_path / "gen.csv").write_text("a,b\n" + ",x\n" * 20)
    real = load_data(str(tmp_path / "real.csv"))
    made = load_data(str(tmp_path / "gen.csv"), types=real.types, generated=True)
    assert not dict(broken_rules("tabular", made.samples, real.samples))["a column without any value"].any()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_their_tag_says(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    picture = Image.fromarray(RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8))
    exif = picture.getexif()
    exif[0x0112] = orientation
    picture.save(tmp_path / "a.png", exif=exif)
    shown = ImageOps.exif_transpose(Image.open(tmp_path / "a.png"))
    seen = load_data(str(tmp_path)).samples[0].transpose(1, 2, 0) * 255
    np.testing.assert_allclose(seen, np.asarray(shown), atol=0.5)
    assert seen.shape[:2] == ((6, 4) if orientation > 4 else (4, 6))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_colours_under_alpha_are_not_seen(tmp_path: Path, mode: str) -> None:
    for name in ("a", "b"):
        picture = np.array(Image.fromarray(np.full((4, 4, 3), 90, dtype=np.uint8)).convert(mode))
        picture[:2] = RNG.integers(0, 256, picture[:2].shape)
        picture[:2, :, -1] = 0
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    samples = load_data(str(tmp_path)).samples
    np.testing.assert_array_equal(samples[0], samples[1])
    assert (samples[:, :, :2] == 1).all()
    assert samples.shape[1] == len(mode) - 1


def png(channels: int, bits: int) -> bytes:
    """A PNG file of 2 × 2 with a colour type of so many channels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    row = b"\0" + bytes(range(1, 1 + 2 * channels * bits // 8))
    head = struct.pack(">IIBBBBB", 2, 2, bits, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * 2)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_of_16_bits_are_refused_not_halved(tmp_path: Path, channels: int) -> None:
    (tmp_path / "a.png").write_bytes(png(channels, 8))
    assert len(load_data(str(tmp_path))) == 1
    (tmp_path / "a.png").write_bytes(png(channels, 16))
    with pytest.raises(UserError, match=r"a\.png: expected 8 bits a channel in grey or RGB, got 16 bits"):
        load_data(str(tmp_path))


def test_an_animation_is_no_picture(tmp_path: Path) -> None:
    frames = [Image.fromarray(RNG.integers(0, 256, (4, 4, 3), dtype=np.uint8)) for _ in range(3)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    with pytest.raises(UserError, match=r"a\.png: expected one picture, got an animation of 3"):
        load_data(str(tmp_path))


def test_whole_numbers_0_and_1_are_not_taken_for_black(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=RNG.integers(0, 2, (5, 4, 4), dtype=np.uint8))
    with pytest.raises(UserError, match="expected x as uint8 from 0 to 255, got only 0 and 1"):
        load_data(str(tmp_path / "a.npz"))
    np.savez(tmp_path / "a.npz", x=np.zeros((5, 4, 4), dtype=np.uint8))
    assert not load_data(str(tmp_path / "a.npz"), generated=True).samples.any()


def test_sounds_beyond_the_range_by_rounding_are_put_back(tmp_path: Path) -> None:
    from scipy.io import wavfile

    wavfile.write(tmp_path / "a.wav", 8000, np.array([1 + 2e-7, -1 - 2e-7, 0.5], dtype=np.float32))
    assert load_data(str(tmp_path)).samples[0].tolist() == [1.0, -1.0, 0.5]


@pytest.mark.parametrize(("mine", "other"), [("png", "webp"), ("png", "BMP"), ("wav", "mp3"), ("wav", "flac")])
def test_other_formats_are_not_passed_over(tmp_path: Path, mine: str, other: str) -> None:
    if mine == "png":
        Image.new("L", (4, 4)).save(tmp_path / "a.png")
    else:
        (tmp_path / "a.wav").touch()
    (tmp_path / f"b.{other}").touch()
    with pytest.raises(UserError, match=rf"got 1 in other formats beside them, such as b.{other}"):
        load_data(str(tmp_path))


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\0\0\0\0"])
def test_a_sound_that_was_written_into_a_pipe_is_read_to_its_end(tmp_path: Path, length: bytes) -> None:
    wave = RNG.integers(-9, 9, 100).astype("<i2")
    extra = b"LIST" + struct.pack("<I", 6) + b"INFOxx"
    head = (
        b"RIFF"
        + length
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        + extra
        + b"data"
        + length
    )
    (tmp_path / "a.wav").write_bytes(head + wave.tobytes())
    data = load_data(str(tmp_path))
    np.testing.assert_array_equal(data.samples[0] * 32768, wave.astype(np.float32))
    assert data.sample_rate == 8000
