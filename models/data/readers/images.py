"""Readers for a user's own images: `.npz` files and folders of PNG or JPEG.

Whatever is wrong with the data is said in one line that names the file and what to do.
"""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError, one_line
from ...records import Attribute, Records
from .groups import labelled_files

SUFFIXES = (".png", ".jpg", ".jpeg")
CHANNELS = (1, 2, 3, 4)
ROUNDING = 1e-6
"""How far outside [0, 1] a value may lie by rounding."""
UNLABELLED = np.zeros(0, dtype=np.int64)


def read_file(path: Path, *, generated: bool = False) -> Records:
    """Read `x`, (n, h, w), (n, h, w, c) or (n, c, h, w), uint8 or float in [0, 1], and optional labels `y` (n,).

    Other arrays (n,) of integers or strings are identifiers. Of `generated` images, values that are not finite or lie
    outside [0, 1] are kept, as evidence.

    Raises:
        UserError: if the file or its arrays are not that; objects are never unpickled.
    """
    arrays = _arrays(path)
    if "x" not in arrays:
        raise UserError(f"{path}: expected an array named x, got {', '.join(sorted(arrays)) or 'no array'}")
    images = from_arrays(arrays["x"], arrays.get("y"), path, generated=generated)
    others = {
        name: each for name, each in arrays.items() if name not in ("x", "y") and len(each) == len(images.samples)
    }
    return replace(images, identifiers={name: tuple(map(str, each.tolist())) for name, each in others.items()})


def from_arrays(x: NDArray[Any], y: NDArray[Any] | None, where: object, *, generated: bool = False) -> Records:
    """Images, and their labels where there are any, from arrays of the forms that `read_file` describes.

    Args:
        x: the images.
        y: a label each, or None.
        where: named at the start of each message.
        generated: keep values that no image can have.

    Raises:
        UserError: if an array is not that.
    """
    samples = _scaled(_channels_first(x, where), where, generated=generated)
    if y is None:
        return Records("image", samples)
    labels, classes = _labels(y, len(samples), where)
    return Records("image", samples, {"class": Attribute(classes, labels)})


def _arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    arrays = {}
    try:
        with path.open("rb") as file:
            # What does not begin like an archive numpy takes for a pickle, although the end alone makes it a zip file.
            if file.read(2) != b"PK" or not zipfile.is_zipfile(file):
                raise UserError(f"{path}: expected a .npz archive, got another kind of file; write it with numpy.savez")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                for name in archive.files:
                    arrays[name] = _array(archive, name, path) if name in ("x", "y") else _identifier(archive, name)
    except (OSError, EOFError, MemoryError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(
            f"{path}: the .npz archive is damaged ({one_line(error)}); write it again with numpy.savez"
        ) from error
    return arrays


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


def _channels_first(x: NDArray[Any], path: object) -> NDArray[Any]:
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim != 4:
        raise UserError(
            f"{path}: expected x as (n, h, w), (n, h, w, c) or (n, c, h, w), got {x.ndim} dimensions {x.shape}"
        )
    elif (first := x.shape[1] in CHANNELS) == (last := x.shape[3] in CHANNELS):
        fault = "both could be" if first and last else "neither is"
        raise UserError(
            f"{path}: expected 1 to 4 channels second or last in x {x.shape}, but {fault}; use (n, h, w) or PNG"
        )
    elif last:
        x = x.transpose(0, 3, 1, 2)
    if 0 in x.shape:
        raise UserError(f"{path}: expected at least one image, got x of shape {x.shape}")
    return x


def _scaled(x: NDArray[Any], path: object, *, generated: bool) -> NDArray[np.float32]:
    if x.dtype == np.uint8:
        return np.ascontiguousarray(x, dtype=np.float32) / np.float32(255)
    if x.dtype != np.bool_ and not np.issubdtype(x.dtype, np.floating):
        raise UserError(f"{path}: expected x as uint8 or float in [0, 1], got {x.dtype}; convert it")
    with np.errstate(over="ignore"):  # What float32 cannot hold is infinite, and treated so.
        samples = np.ascontiguousarray(x, dtype=np.float32)
    # Rounding, as of (tanh + 1) / 2, is put back; the bounds let NaN through.
    low_by_rounding, high_by_rounding = (
        (samples >= -ROUNDING) & (samples < 0),
        (samples > 1) & (samples <= 1 + ROUNDING),
    )
    samples = np.where(low_by_rounding, np.float32(0), np.where(high_by_rounding, np.float32(1), samples))
    if generated:
        return samples
    if not np.isfinite(samples).all():
        bad = int((~np.isfinite(samples)).any(axis=(1, 2, 3)).sum())
        raise UserError(
            f"{path}: expected finite values, got NaN or infinity in {bad} of {len(samples)} images; remove them"
        )
    low, high = float(samples.min()), float(samples.max())
    if low < 0 or high > 1:
        raise UserError(
            f"{path}: expected floats in [0, 1], got values from {low:.8g} to {high:.8g}; rescale x or use uint8"
        )
    return samples


def _labels(y: NDArray[Any], n: int, path: object) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if y.shape != (n,):
        raise UserError(f"{path}: expected one label an image, y of shape ({n},), got {y.shape}; align x and y")
    if not (np.issubdtype(y.dtype, np.integer) or y.dtype.kind in "USb"):
        raise UserError(f"{path}: expected labels y as integers or strings, got {y.dtype}; convert them")
    try:
        names, labels = np.unique(y.astype(str) if y.dtype.kind == "S" else y, return_inverse=True)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected labels y as ASCII bytes or as strings, got others; convert them") from error
    return labels.astype(np.int64), tuple(str(name) for name in names)


def read_folder(path: Path, *, generated: bool = False) -> Records:
    """Read the PNG and JPEG files in a folder; where they lie in sub-folders, these are the labels.

    Pictures are as a viewer shows them: turned as their orientation tag says, and what is transparent over white.
    `generated` makes no difference: every picture that can be decoded has values that a picture can have.

    Raises:
        UserError: if there are none, if they differ in size or mode, or if one cannot be decoded.
    """
    files, attributes = labelled_files(path, SUFFIXES)
    return Records("image", _stack([_picture(file) for file in files], files), attributes)


def _picture(file: Path) -> NDArray[np.uint8]:
    from PIL import Image

    try:
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            image.load()
            plain = _as_seen(image)
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError) as error:
        raise UserError(
            f"{file}: cannot be decoded as PNG or JPEG ({one_line(error)}); replace or remove it"
        ) from error
    if plain.mode not in ("L", "RGB"):
        what = "16 bits" if plain.mode.startswith("I") else f"mode {plain.mode}"
        raise UserError(f"{file}: expected 8 bits a channel in grey or RGB, got {what}; convert it")
    return np.atleast_3d(np.asarray(plain)).transpose(2, 0, 1)


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


def _stack(pictures: list[NDArray[np.uint8]], files: list[Path]) -> NDArray[np.float32]:
    first = pictures[0].shape
    for picture, file in zip(pictures, files, strict=True):
        if picture.shape != first:
            raise UserError(
                f"{file}: expected {_words(first)} as in {files[0].name}, got {_words(picture.shape)}; "
                f"make all images one size and mode"
            )
    return np.stack(pictures).astype(np.float32) / np.float32(255)


def _words(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{width}×{height} with {channels} channel{'s' if channels > 1 else ''}"
