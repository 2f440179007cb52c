"""What a file may ask for at most, so that a small one cannot take all memory or time.

Readers compare with these before they allocate. Where a sound file needs more, the user says so:
`GENAI_AUDIT_LIMITS="unpacked=16G,columns=20000"`.
"""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .errors import UserError

VARIABLE = "GENAI_AUDIT_LIMITS"
TIMES = 100
"""A file may unpack to this many times its own size, whatever that is: a model of 10 GB still opens."""


class Limit(NamedTuple):
    """The most there may be of something, and the words for it, which follow the number."""

    most: int
    what: str


LIMITS: Mapping[str, Limit] = {
    "unpacked": Limit(2**30, f"bytes of what a file unpacks to, where that is more than {TIMES} times the file's size"),
    "files": Limit(1_000_000, "files in a folder"),
    "members": Limit(100_000, "members in a zip archive"),
    "tensors": Limit(1_000_000, "tensors and other values in a torch file"),
    "header": Limit(32 * 2**20, "bytes of a safetensors header, or of a configuration in JSON"),
    "layers": Limit(4096, "layers in a configuration"),
    "labels": Limit(100_000, "labels in a configuration"),
    "activations": Limit(2**27, "numbers that a Keras layer gives for one record"),
    "pixels": Limit(2**26, "pixels in a picture"),
    "records": Limit(10_000_000, "records in a data set"),
    "columns": Limit(4096, "columns in a table"),
    "cells": Limit(200_000_000, "cells in a table"),
    "characters": Limit(2**20, "characters in a text or a cell"),
    "samples": Limit(2**20, "samples in a sound"),
    "steps": Limit(65_536, "steps in a piece of music, or of a schedule of noise"),
    "midi": Limit(2 * 2**20, "bytes of a MIDI file"),
    "answer": Limit(32_000_000, "bytes in an answer of a server"),
    "wait": Limit(180, "seconds until an answer of a server is whole"),
    "nodes": Limit(1_000_000, "nodes in an ONNX graph"),
    "trial": Limit(30, "seconds for the first eight records of an ONNX graph"),
    "run": Limit(600, "seconds for a batch of records of an ONNX graph"),
    "graph": Limit(8 * 2**30, "bytes that an ONNX graph takes beside its weights"),
}
"""By the name that the variable knows; `docs/guide/security.md` lists them."""

SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)([KMGT]?)", re.IGNORECASE)
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def most(name: str) -> int:
    """The most there may be, as the user says or by default.

    Raises:
        UserError: if what the user says is no limit.
    """
    return _said(os.environ.get(VARIABLE, "")).get(name, LIMITS[name].most)


def check(name: str, found: int, where: object, *, got: str = "") -> None:
    """Refuse more than a limit allows.

    Args:
        name: of the limit.
        found: how many there are, or are claimed to be.
        where: the file, which begins the message.
        got: how the message says what was found; by default the number.

    Raises:
        UserError: with the limit, what was found, and how to allow more.
    """
    limit = most(name)
    if found > limit:
        raise UserError(
            f"{where}: expected at most {limit:,} {LIMITS[name].what}, got {got or f'{found:,}'}; {way_out(name)}"
        )


def check_unpacked(size: int, packed: int, where: object, what: str) -> None:
    """Refuse a file that takes much memory and is itself small.

    Args:
        size: the bytes that it takes in memory, or claims to.
        packed: the bytes of the file.
        where: the file, which begins the message.
        what: which content it is, e.g. `weights`.

    Raises:
        UserError: with both sizes, and how to allow more.
    """
    limit = unpacked(packed)
    if size > limit:
        raise UserError(
            f"{where}: expected {what} of at most {bytes_words(limit)} in a file of {bytes_words(packed)}, got "
            f"{bytes_words(size)}; {way_out('unpacked', size)}"
        )


def on_disk(path: Path) -> int:
    """The bytes of a file that are stored; the holes of a sparse file are no content.

    Raises:
        OSError: if it cannot be looked at.
    """
    status = path.stat()
    # Some file systems count no blocks.
    stored = getattr(status, "st_blocks", 0) * 512
    return min(status.st_size, stored) if stored else status.st_size


def unpacked(packed: int) -> int:
    """The bytes that a file of so many bytes may take in memory."""
    return max(most("unpacked"), TIMES * packed)


def way_out(name: str, needed: int | None = None) -> str:
    """What to do where a limit is met."""
    example = f"{name}={_gigabytes(needed)}" if needed is not None else f"{name}=N"
    return f"if that is meant, allow more by {VARIABLE}={example}"


def bytes_words(size: int) -> str:
    """A number of bytes, e.g. `1.5 GiB`."""
    number, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if number < 999.5:  # Three digits show it.
            break
        number, unit = number / 1024, larger
    return f"{number:.3g} {unit}" if unit != "bytes" else f"{size} bytes"


def _gigabytes(size: int) -> str:
    return f"{min(-(-size // 2**30), 10**9)}G"


@lru_cache
def _said(text: str) -> dict[str, int]:
    limits = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, size = part.partition("=")
        number = SIZE.fullmatch(size.strip())
        if name.strip() not in LIMITS or number is None:
            raise UserError(
                f"{VARIABLE}: expected a list such as unpacked=16G,columns=20000 of {', '.join(LIMITS)}, got {part!r}; "
                "correct it"
            )
        limits[name.strip()] = int(float(number[1]) * UNITS[number[2].upper()])
    return limits
