"""Pictures held in a file are those that were put there, to the last bit, however they are read."""

import errno
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_audit.models import held_pictures
from genai_audit.models.errors import UserError
from genai_audit.models.held_pictures import FLOATS, LEVELS, HeldPictures, PictureFile, as_floats, at_once
from genai_audit.models.reading.picture_archive import add_to_archive, in_archive
from genai_audit.models.records import blocks, digest, read, take

SHAPE = (3, 5, 4)
ONE = 4 * 3 * 5 * 4
"""Bytes of a picture of that shape as float32."""


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures are few, three are many; four are read at once."""
    monkeypatch.setattr(held_pictures, "LARGE", 2 * ONE)
    monkeypatch.setattr(held_pictures, "AT_ONCE", 4 * ONE)


def drawn(n: int, stored: np.dtype[Any]) -> Any:
    rng = np.random.default_rng(n)
    levels = rng.integers(0, 256, (n, *SHAPE), dtype=np.uint8)
    return levels if stored == LEVELS else rng.random((n, *SHAPE), dtype=np.float32)


def held(given: Any) -> HeldPictures:
    file = PictureFile(SHAPE, given.dtype)
    for start in range(0, len(given), 3):
        file.add(given[start : start + 3])
    pictures = file.part(0, len(given))
    assert isinstance(pictures, HeldPictures)
    return pictures


def test_a_level_is_its_255th() -> None:
    # The conversion that readers always made: single precision, divided once.
    levels = np.arange(256, dtype=np.uint8)
    assert as_floats(levels).tolist() == [float(np.float32(level) / np.float32(255)) for level in range(256)]
    assert as_floats(levels).dtype == np.float32
    assert as_floats(levels)[[0, 255]].tolist() == [0.0, 1.0]


def test_every_level_comes_back_from_its_float() -> None:
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(np.rint(as_floats(levels) * 255).astype(np.uint8), levels)


@pytest.mark.parametrize("stored", [LEVELS, FLOATS])
def test_what_is_read_is_what_was_held(stored: np.dtype[Any]) -> None:
    given = drawn(11, stored)
    whole, pictures = as_floats(given), held(given)
    assert (len(pictures), pictures.shape, pictures.size, pictures.ndim) == (11, (11, *SHAPE), given.size, 4)
    for key in (3, -1, slice(2, 9, 3), slice(None), [5, 0, 5], np.array([10, 9]), np.arange(11) % 2 == 0, []):
        got = pictures[key]
        assert got.dtype == np.float32
        assert np.array_equal(got, whole[key])
    assert np.array_equal(np.concatenate(list(pictures.blocks())), whole)
    assert [len(block) for block in blocks(pictures)] == [4, 4, 3]
    assert all(np.array_equal(each, other) for each, other in zip(pictures, whole, strict=True))
    assert np.array_equal(np.asarray(pictures), whole)
    with pytest.raises(IndexError):
        pictures[11]


@pytest.mark.parametrize("stored", [LEVELS, FLOATS])
def test_a_part_is_an_array_where_it_is_small_and_has_the_same_digest(stored: np.dtype[Any]) -> None:
    given = drawn(9, stored)
    whole, pictures = as_floats(given), held(given)
    few, many = np.array([7, 2]), np.array([8, 1, 1, 4, 5])
    assert isinstance(take(pictures, few), np.ndarray)
    part = take(pictures, many)
    assert isinstance(part, HeldPictures)
    assert np.array_equal(part[:], whole[many])
    again = take(part, np.array([4, 0, 2]))
    assert isinstance(again, HeldPictures)
    assert np.array_equal(again[:], whole[many][[4, 0, 2]])
    assert isinstance(read(part, many[:3] % 5), np.ndarray)
    for one, other in ((pictures, whole), (part, whole[many])):
        assert digest(one, {}) == digest(other, {})


def test_a_file_that_grows_leaves_what_was_read_from_it_alone() -> None:
    given = drawn(8, FLOATS)
    file = PictureFile(SHAPE, FLOATS)
    file.add(given[:5])
    early = file.part(0, 4)
    file.add(given[5:])
    assert np.array_equal(early[:], given[:4])
    assert np.array_equal(file.part(3, 8)[:], given[3:])
    with pytest.raises(ValueError, match="expected pictures"):
        file.add(np.zeros((1, 3, 5, 5), np.float32))


def test_the_file_is_closed_with_its_last_reader() -> None:
    pictures = held(drawn(6, LEVELS))
    part = pictures.part(np.arange(1, 6))
    descriptor = pictures._file.descriptor
    del pictures
    assert len(part[:]) == 5
    os.fstat(descriptor)
    del part
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_full_disk_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = PictureFile(SHAPE, LEVELS)
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(UserError, match=r"expected room for .* GiB of pictures.*No space left.*set TMPDIR"):
        file.add(drawn(3, LEVELS))


def test_at_least_one_picture_is_read_at_once() -> None:
    assert at_once((3, 100_000, 100_000)) == 1
    assert at_once(SHAPE, 10 * ONE + 1) == 10


@pytest.mark.parametrize("stored", [LEVELS, FLOATS])
def test_an_archive_gives_back_what_it_got_and_numpy_reads_it(stored: np.dtype[Any], tmp_path: Path) -> None:
    given = drawn(10, stored)
    rows = np.array([9, 3, 4, 5, 0])
    names = ("a.npz", "b.npz")
    for name in names:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("first.txt", "of another length")
            add_to_archive(archive, "samples", held(given).part(rows))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    name = "samples@255" if stored == LEVELS else "samples"
    with np.load(tmp_path / "a.npz") as archive:
        assert np.array_equal(archive[name], given[rows])
        pictures = in_archive(archive.zip, tmp_path / "a.npz", name)
    assert isinstance(pictures, HeldPictures)
    (tmp_path / "a.npz").unlink()
    assert np.array_equal(pictures[:], as_floats(given[rows]))


def test_a_damaged_archive_is_noticed_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        add_to_archive(archive, "samples", held(drawn(10, LEVELS)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive, pytest.raises(zipfile.BadZipFile, match="CRC"):
        in_archive(archive, path, "samples@255")
