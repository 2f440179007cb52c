"""Readers for a user's own images: `.npz` files and folders of PNG or JPEG.

Whatever is wrong with the data is said in one line that names the file and what to do.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError, one_line
from ...held_pictures import LEVELS, PictureFile, as_floats, is_large
from ...limits import check, check_unpacked, on_disk
from ...picture_arrays import Pictures, from_arrays
from ...reading.npz_member import Member
from ...records import Records
from ..npz_headers import FLOAT, check_headers
from .groups import labelled_files

SUFFIXES = (".png", ".jpg", ".jpeg")
SCANS = 20
"""Passes over a JPEG that are usual: progressive ones have about ten."""
UNLABELLED = np.zeros(0, dtype=np.int64)


def read_file(path: Path, *, generated: bool = False) -> Records:
    """Read `x`, (n, h, w), (n, h, w, c) or (n, c, h, w), uint8 or float in [0, 1], and optional labels `y` (n,).

    Other arrays (n,) of integers or strings are identifiers. Of `generated` images, values that are not finite or lie
    outside [0, 1] are kept, as evidence.

    Raises:
        UserError: if the file or its arrays are not that; objects are never unpickled.
    """
    pictures, arrays = _arrays(path)
    if pictures is None:
        got = ", ".join(sorted(arrays)) or "no array"
        raise UserError(f"{path}: expected an array named x, got {got}; write it with numpy.savez(path, x=images)")
    with _undamaged(path):
        images = from_arrays(pictures, arrays.pop("y", None), path, generated=generated)
    others = {name: each for name, each in arrays.items() if len(each) == len(images.samples)}
    return replace(images, identifiers={name: tuple(map(str, each.tolist())) for name, each in others.items()})


def _arrays(path: Path) -> tuple[Pictures | None, dict[str, NDArray[Any]]]:
    """The pictures, which stay in the file where they are large, and the other arrays by name."""
    pictures: Pictures | None = None
    arrays = {}
    with _undamaged(path), path.open("rb") as file:
        # What does not begin like an archive numpy takes for a pickle, although the end alone makes it a zip file.
        if file.read(2) != b"PK" or not zipfile.is_zipfile(file):
            raise UserError(f"{path}: expected a .npz archive, got another kind of file; write it with numpy.savez")
        file.seek(0)
        check_headers(file, path)
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            for name in archive.files:
                if name == "x":
                    pictures = _large(path) or _array(archive, name, path)
                else:
                    arrays[name] = _array(archive, name, path) if name == "y" else _identifier(archive, name)
    return pictures, arrays


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Says in one line of what cannot be read that the archive is damaged."""
    try:
        yield
    except (OSError, EOFError, MemoryError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(
            f"{path}: the .npz archive is damaged ({one_line(error)}); write it again with numpy.savez"
        ) from error


def _large(path: Path) -> Member | None:
    """The pictures of an archive, to be read a few at a time; None where they can be read at once, or only so."""
    try:
        member = Member(path, "x.npy")
    except (KeyError, ValueError):
        return None  # Whoever reads it says what is wrong.
    numbers = member.can_be_read_in_blocks and member.dtype.kind in "fub"
    return member if numbers and is_large(len(member), member.shape[1:]) else None


def _identifier(archive: Any, name: str) -> NDArray[Any]:
    """An array of integers or strings; empty if it is of another kind, which is none of our business."""
    try:
        array = archive[name]
    except ValueError:
        return UNLABELLED
    usable = isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind in "iuU"
    return array if usable else UNLABELLED


def _array(archive: Any, name: str, path: Path) -> NDArray[Any]:
    try:
        array = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error) or "Object arrays" in str(error):
            raise UserError(
                f"{path}: {name} holds Python objects, which only unpickling could read and which may run code; "
                f"save it as a plain numeric array"
            ) from error
        raise UserError(
            f"{path}: {name} cannot be read ({one_line(error)}); write it again with numpy.savez"
        ) from error
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: expected {name} to be an array, got raw bytes; write it with numpy.savez")
    return array


def read_folder(path: Path, *, generated: bool = False) -> Records:
    """Read the PNG and JPEG files in a folder; where they lie in sub-folders, these are the labels.

    Pictures are as a viewer shows them: turned as their orientation tag says, and what is transparent over white.
    `generated` makes no difference: every picture that can be decoded has values that a picture can have.

    Raises:
        UserError: if there are none, if they differ in size or mode, or if one cannot be decoded.
    """
    files, attributes = labelled_files(path, SUFFIXES)
    _check_pictures(files, path)
    return Records("image", _together(files), attributes)


def _check_pictures(files: list[Path], path: Path) -> None:
    """Refuse pictures that are much larger than their files, by their headers, before any is decoded.

    Raises:
        UserError: with the limit.
    """
    numbers, packed = 0, 0
    for file in files:
        with _opened(file) as image:
            width, height = image.size
            check("pixels", width * height * _scans(file), file)
            numbers += width * height * (1 if image.mode in ("1", "L") else len(image.getbands()))
        packed += on_disk(file)
    check_unpacked(FLOAT * numbers, packed, path, "pictures")


def _scans(file: Path) -> int:
    """How many of the passes of a progressive JPEG are one too many; 1 for all other pictures.

    Each pass over all pixels takes as long as a picture, and may itself be empty.
    """
    if file.suffix.lower() == ".png":
        return 1
    content = file.read_bytes()
    return max(1, content.count(b"\xff\xda") // SCANS) if content[:2] == b"\xff\xd8" else 1


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A picture whose header was read; its pixels are still to be decoded.

    Raises:
        UserError: if it cannot be read, there or in what is done with it.
    """
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # The limit is ours, so that users can set it.
    try:
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            yield image
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise UserError(
            f"{file}: cannot be decoded as PNG or JPEG ({one_line(error)}); replace or remove it"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _picture(file: Path) -> NDArray[np.uint8]:
    with _opened(file) as image:
        # Read first, as Pillow halves the bits of colours in silence, and shows the first picture of several.
        deep, pictures = _bits(file) == 16, getattr(image, "n_frames", 1) if image.format == "PNG" else 1
        image.load()
        plain = _as_seen(image)
    if pictures > 1:
        raise UserError(f"{file}: expected one picture, got an animation of {pictures}; save each by itself")
    if deep or plain.mode not in ("L", "RGB"):
        what = "16 bits" if deep or plain.mode.startswith("I") else f"mode {plain.mode}"
        raise UserError(f"{file}: expected 8 bits a channel in grey or RGB, got {what}; convert it")
    return np.atleast_3d(np.asarray(plain)).transpose(2, 0, 1)


def _bits(file: Path) -> int:
    """Bits a channel of a PNG file, as its header says; 8 of any other."""
    with file.open("rb") as opened:
        head = opened.read(25)
    return head[24] if len(head) == 25 and head.startswith(b"\x89PNG") else 8


def _as_seen(image: Any) -> Any:
    """The picture turned as its orientation tag says, without a palette, and over white where it is transparent."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    grey = upright.mode in ("1", "L", "LA", "La")
    if upright.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        # A transparent colour of a grey picture is known as such only on the way over RGBA.
        full = upright.convert("RGBA") if upright.mode != "I;16" else upright
        if full.mode == "RGBA":
            seen = Image.alpha_composite(Image.new("RGBA", full.size, "white"), full)
            return seen.convert("RGB").convert("L" if grey else "RGB")
    return upright.convert({"1": "L", "P": "RGB"}.get(upright.mode, upright.mode))


def _together(files: list[Path]) -> Any:
    """The pictures of files as one; they go to a file of their own, as they came, where they would take much memory."""
    pictures = ((_picture(file), file) for file in files)
    first, _ = next(pictures)
    held = PictureFile(first.shape, LEVELS) if is_large(len(files), first.shape) else None
    every = [] if held else [first]
    if held:
        held.add(first[None])
    for picture, file in pictures:
        if picture.shape != first.shape:
            raise UserError(
                f"{file}: expected {_words(first.shape)} as in {files[0].name}, got {_words(picture.shape)}; "
                f"make all images one size and mode"
            )
        if held:
            held.add(picture[None])
        else:
            every.append(picture)
    return held.part(0, len(files)) if held else as_floats(np.stack(every))


def _words(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{width}×{height} with {channels} channel{'s' if channels > 1 else ''}"
