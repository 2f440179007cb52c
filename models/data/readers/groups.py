"""Groups of records: from values that a file gives, and from the sub-folders that files lie in."""

from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...adapters.contained import check_links
from ...errors import UserError
from ...limits import check
from ...records import Attribute
from .utf8 import half_surrogate

PICTURES = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif", ".jp2",
     ".jxl", ".ppm", ".pgm", ".tga", ".ico")
)  # fmt: skip
SOUNDS = frozenset(
    (".wav", ".wave", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aac", ".m4a", ".wma", ".au")
)
MUSIC = frozenset((".mid", ".midi", ".kar", ".rmi", ".musicxml", ".mxl", ".krn"))
OTHER_FORMATS = (PICTURES, SOUNDS, MUSIC)
"""Endings of records of one modality, those that are read among them."""


def attribute(values: Sequence[Any]) -> Attribute:
    """The groups that equal values make; their names are sorted, those of numbers by size."""
    names = sorted(set(values))
    index = {name: position for position, name in enumerate(names)}
    return Attribute(tuple(map(str, names)), np.array([index[value] for value in values], dtype=np.int64))


def labelled_files(path: Path, suffixes: tuple[str, ...]) -> tuple[list[Path], dict[str, Attribute]]:
    """The files of a folder with these suffixes in the order of their names; sub-folders with such files are classes.

    Raises:
        UserError: if there are none, if they lie both in the folder and in sub-folders, or further down, or if a link
            leads out of the folder.
    """
    kinds = " or ".join(f"*{suffix}" for suffix in suffixes)
    check_links(path)
    _refuse_other_formats(path, suffixes)
    loose = _inside(path, suffixes)
    folders = sorted(each for each in path.iterdir() if each.is_dir() and each.name[0] != ".")
    classes = {each.name: files for each in folders if (files := _inside(each, suffixes))}
    if loose and classes:
        raise UserError(
            f"{path}: expected {kinds} either here or in sub-folders, got both; put each file in a class folder"
        )
    labelled = loose or [file for files in classes.values() for file in files]
    deeper = sorted(set(below(path, suffixes)) - set(labelled))
    if deeper:
        raise UserError(
            f"{path}: expected {kinds} here or in sub-folders, got {len(deeper)} further down, such as "
            f"{deeper[0].relative_to(path)}; name the folder whose sub-folders are the classes"
        )
    if loose:
        return loose, {}
    if not classes:
        raise UserError(
            f"{path}: expected files {kinds}, or sub-folders of them, got none; name the folder they lie in"
        )
    labels = np.repeat(np.arange(len(classes), dtype=np.int64), [len(files) for files in classes.values()])
    return labelled, {"class": Attribute(tuple(classes), labels)}


def _refuse_other_formats(path: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse records in a format that is not read beside those that are: nothing of a user's is passed over."""
    formats = next(group for group in OTHER_FORMATS if set(suffixes) <= group)
    others = sorted(file for pattern in ("*", "*/**/*") for file in below(path, formats - set(suffixes), pattern))
    if others:
        raise UserError(
            f"{path}: expected only {' or '.join(f'*{suffix}' for suffix in suffixes)}, got {len(others):,} in other "
            f"formats beside them, such as {others[0].relative_to(path)}; convert or remove them"
        )


def below(folder: Path, suffixes: Container[str], pattern: str = "*/**/*") -> Iterator[Path]:
    """The files with these suffixes in the folders below, in no order; what is hidden is none of a user's records.

    Raises:
        UserError: if there are more files than a folder may have.
    """
    for count, file in enumerate(folder.glob(pattern), 1):
        check("files", count, folder, got="more")
        hidden = any(part[0] == "." for part in file.relative_to(folder).parts)
        if file.suffix.lower() in suffixes and not hidden and file.is_file():
            yield file


def _inside(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return sorted(below(folder, suffixes, "*"))


def check_names(attributes: Mapping[str, Attribute], spec: str) -> None:
    """Refuse names of groups that no encoding can save: of labels, or of folders whose names are not UTF-8.

    Raises:
        UserError: naming the first of them.
    """
    for name, attribute in attributes.items():
        odd = next((each for each in (name, *attribute.names) if half_surrogate(each)), None)
        if odd is not None:
            raise UserError(f"{spec}: expected names of groups in UTF-8, got {odd!a}; rename it")
