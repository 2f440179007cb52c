"""What no record of a modality can be, whatever the data: rules that follow from its form alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

TOLERANCE = 1e-6
"""How far outside its range a value may lie by rounding."""

RANGES = {"image": (0.0, 1.0), "audio": (-1.0, 1.0)}
HIGHEST_PITCH = 127


def broken_rules(modality: str, samples: Any) -> list[tuple[str, Flags]]:
    """Each rule of the modality in words, and which records break it, (n,)."""
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
            return [("infinite numbers", _infinite(samples))]


def _flags(broken: Any) -> Flags:
    return np.fromiter(broken, dtype=bool)


def _array(samples: NDArray[np.float32], low: float, high: float) -> list[tuple[str, Flags]]:
    flat = samples.reshape(len(samples), -1)
    finite = np.isfinite(flat)
    with np.errstate(invalid="ignore"):
        beyond = ((flat < low - TOLERANCE) | (flat > high + TOLERANCE)) & finite
    undefined: Flags = np.asarray((~finite).any(axis=1))
    outside: Flags = np.asarray(beyond.any(axis=1))
    return [("NaN or infinite values", undefined), (f"values outside [{low:g}, {high:g}]", outside)]


def _is_no_text(text: str) -> bool:
    """Whether a text holds control characters, lone surrogates or the mark of what could not be decoded."""
    return any((ord(c) < 32 and c not in "\t\n\r") or c == "\ufffd" or 0xD800 <= ord(c) <= 0xDFFF for c in text)


def _infinite(table: Any) -> Flags:
    numbers = table.select_dtypes("number")
    columns: Sequence[Flags] = [np.isinf(numbers[name].to_numpy(dtype=float, na_value=0.0)) for name in numbers]
    return np.any(columns, axis=0) if columns else np.zeros(len(table), dtype=bool)
