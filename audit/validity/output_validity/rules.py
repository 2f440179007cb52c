"""What no record of a modality can be, whatever the data: rules that follow from its form alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import blocks, is_number

Flags = NDArray[np.bool_]

TOLERANCE = 1e-6
"""How far outside its range a value may lie by rounding."""

RANGES = {"image": (0.0, 1.0), "audio": (-1.0, 1.0)}
HIGHEST_PITCH = 127
BY_CHANCE = 1e-6
"""How seldom chance alone would leave a column without any value, for that to break a rule."""


def broken_rules(modality: str, samples: Any, reference: Any = None) -> list[tuple[str, Flags]]:
    """Each rule of the modality in words, and which records break it, (n,).

    Args:
        modality: of the records.
        samples: the generated records.
        reference: real records, which say of a table what its columns hold; None without them.
    """
    match modality:
        case "image" | "audio":
            return _array(samples, *RANGES[modality])
        case "text":
            return [
                ("an empty text", _flags(not text.strip() for text in samples)),
                ("characters that are no text", _flags(_is_no_text(text) for text in samples)),
            ]
        case "music":
            return [
                ("an empty piece", _flags(not piece for piece in samples)),
                ("a pitch outside −1 … 127", _flags(any(not -1 <= p <= HIGHEST_PITCH for p in s) for s in samples)),
            ]
        case _:
            rules = [("infinite numbers", _infinite(samples))]
            return rules if reference is None else [*rules, *_of_columns(samples, reference)]


def _flags(broken: Any) -> Flags:
    return np.fromiter(broken, dtype=bool)


def _array(samples: Any, low: float, high: float) -> list[tuple[str, Flags]]:
    undefined, outside = [], []
    for block in blocks(samples):
        flat = block.reshape(len(block), -1)
        finite = np.isfinite(flat)
        with np.errstate(invalid="ignore"):
            beyond = ((flat < low - TOLERANCE) | (flat > high + TOLERANCE)) & finite
        undefined.append((~finite).any(axis=1))
        outside.append(beyond.any(axis=1))
    return [
        ("NaN or infinite values", np.concatenate(undefined)),
        (f"values outside [{low:g}, {high:g}]", np.concatenate(outside)),
    ]


def _is_no_text(text: str) -> bool:
    """Whether a text holds control characters, lone surrogates or the mark of what could not be decoded."""
    return any((ord(c) < 32 and c not in "\t\n\r") or c == "\ufffd" or 0xD800 <= ord(c) <= 0xDFFF for c in text)


def _infinite(table: Any) -> Flags:
    return _any([np.isinf(_numbers(table[name])) for name in table.columns if not _is_text(table[name])], len(table))


def _of_columns(table: Any, reference: Any) -> list[tuple[str, Flags]]:
    """Rules that hold of columns by what the real ones hold: of numbers, and at all."""
    names = [name for name in reference.columns if name in table.columns]
    strange = [
        table[name].notna().to_numpy() & np.isnan(_numbers(table[name])) for name in names if is_number(reference[name])
    ]
    empty = [np.ones(len(table), dtype=bool) for name in names if _lost(table[name], reference[name])]
    return [
        ("a word among numbers or dates", _any(strange, len(table))),
        ("a column without any value", _any(empty, len(table))),
    ]


def _lost(column: Any, reference: Any) -> bool:
    """Whether a column has no value although real records have too many of them for chance."""
    gaps = float(reference.isna().mean())
    return bool(column.isna().all()) and gaps ** len(column) < BY_CHANCE


def _is_text(column: Any) -> bool:
    """Whether all values of a column are words, so that none of them is a number."""
    from pandas.api import types

    return types.infer_dtype(column, skipna=True) in ("string", "boolean", "categorical")


def _numbers(column: Any) -> NDArray[np.float64]:
    """The numbers of a column, NaN for what is missing or none."""
    import pandas as pd

    numbers: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return numbers


def _any(columns: Sequence[Flags], n: int) -> Flags:
    return np.any(columns, axis=0) if len(columns) else np.zeros(n, dtype=bool)
