"""The form that generated samples must have in each modality, and one whole of several calls' samples."""

from collections.abc import Callable, Iterable
from itertools import islice
from operator import index
from typing import Any

import numpy as np

from ....models.reading.plain_table import plain_table
from ....models.reading.plain_tensor import numbers

HIGHEST = 2**31 - 1
"""Pitches beyond it are kept as it."""


def joined(parts: list[Any]) -> Any:
    """The records of several calls as one."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    if isinstance(parts[0], list):
        return [each for part in parts for each in part]
    import pandas as pd

    return pd.concat(parts, ignore_index=True)


def _images(drawn: Any, n: int, first: Any) -> Any:
    return _array(drawn, n, None if first is None else first.shape[1:], "images", 4, "c, h, w")


def _waves(drawn: Any, n: int, first: Any) -> Any:
    return _array(drawn, n, None if first is None else first.shape[1:], "waves", 2, "t")


def _array(drawn: Any, n: int, shape: tuple[int, ...] | None, what: str, dimensions: int, names: str) -> Any:
    wanted = f"expected sample({n}) to give {what} ({n}, {', '.join(map(str, shape)) if shape else names})"
    # A claim can be larger than any memory, so its shape is looked at before its numbers are.
    claimed = getattr(drawn, "shape", None)
    if isinstance(claimed, tuple) and not _fits(claimed, n, shape, dimensions):
        raise ValueError(f"{wanted}, got an array of shape {tuple(claimed)}")
    try:
        array = numbers(drawn)
    except ValueError as error:
        raise ValueError(f"{wanted}, got {error}") from error
    if not _fits(array.shape, n, shape, dimensions):
        raise ValueError(f"{wanted}, got an array of shape {array.shape}")
    return array


def _fits(found: tuple[int, ...], n: int, shape: tuple[int, ...] | None, dimensions: int) -> bool:
    """Whether there are n records of that shape, none of them without a value."""
    return len(found) == dimensions and found[0] == n and (found[1:] == shape if shape is not None else all(found[1:]))


def _texts(drawn: Any, n: int, first: Any) -> Any:
    # What goes on without end is cut where there is one too many.
    texts = list(islice(_iterable(drawn, n, "texts"), n + 1))
    strange = next((each for each in texts if not isinstance(each, str)), None)
    if len(texts) != n or strange is not None:
        got = f"{len(texts)} records" if strange is None else f"a {type(strange).__name__} among them"
        raise ValueError(f"expected sample({n}) to give {n} texts, got {got}")
    # A text of a class of its own may behave in its own way.
    return [str.__str__(text) for text in texts]


def _iterable(drawn: Any, n: int, what: str) -> Iterable[Any]:
    if isinstance(drawn, str | bytes) or not isinstance(drawn, Iterable):
        raise ValueError(f"expected sample({n}) to give {n} {what}, got a {type(drawn).__name__}")
    return drawn


def _melodies(drawn: Any, n: int, first: Any) -> Any:
    what = "lists of pitches (whole numbers)"
    pieces = list(islice(_iterable(drawn, n, what), n + 1))
    if len(pieces) != n:
        raise ValueError(f"expected sample({n}) to give {n} {what}, got {len(pieces)}")
    try:
        return [[_pitch(pitch) for pitch in _iterable(piece, n, what)] for piece in pieces]
    except TypeError as error:
        raise ValueError(f"expected sample({n}) to give {n} {what}, got another value among them: {error}") from error


def _pitch(value: Any) -> int:
    """A pitch as a whole number; one beyond all pitches stays beyond them, at a number that arrays have room for."""
    return max(-HIGHEST, min(HIGHEST, index(value)))


def _rows(drawn: Any, n: int, first: Any) -> Any:
    import pandas as pd

    if isinstance(drawn, pd.DataFrame):
        try:
            drawn = plain_table(drawn)
        except ValueError as error:
            raise ValueError(f"expected sample({n}) to give a DataFrame of plain values, got {error}") from error
    columns = drawn.columns if isinstance(drawn, pd.DataFrame) else None
    if columns is None or len(drawn) != n or (first is not None and list(columns) != list(first.columns)):
        got = type(drawn).__name__ if columns is None else f"{len(drawn)} rows of {', '.join(map(str, columns))}"
        raise ValueError(f"expected sample({n}) to give a DataFrame of {n} rows, the same columns each time, got {got}")
    return drawn


FORMS: dict[str, Callable[[Any, int, Any], Any]] = {
    "image": _images,
    "audio": _waves,
    "text": _texts,
    "music": _melodies,
    "tabular": _rows,
}
