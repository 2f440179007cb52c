"""Symbols of tables and of images: categories, values that many rows share, gaps; levels of pixels."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ....models.records import blocks, is_number
from .classes import Ints, Occurrences, SymbolClass, one_each, symbol_class

_MISSING = "(missing)"
_DIGITS = 6
_LEVELS = 16
_UNDEFINED = _LEVELS
_MOST_VALUES = 256
_COLOURS = ("red", "green", "blue")


def table_classes(generated: Any, reference: Any, *, gate: float) -> Iterator[SymbolClass]:
    """One class a column: its categories, or the numbers that many rows share, and its gaps."""
    for column in reference.columns:
        codes, names = _codes(generated[column], reference[column])
        own, real = (one_each(each) for each in codes)

        def name(at: int, column: Any = column, names: list[str] = names) -> str:
            return _value(column, names[at])

        values = symbol_class(str(column), own, real, name, gate=gate, article="")
        if values.symbols:
            yield values


def value_holders(tables: Sequence[Any], column: str, reference: Any) -> Counter[str]:
    """How many rows of some tables have each value of a column, by what its symbols are called."""
    found: Counter[str] = Counter()
    name = next(each for each in reference.columns if str(each) == column)
    for table in tables:
        (codes, _), names = _codes(table[name], reference[name])
        for at, count in enumerate(np.bincount(codes, minlength=len(names)).tolist()):
            found[_value(name, names[at])] += count
    return found


def _value(column: Any, value: str) -> str:
    return f"{column} = {value}"


def image_classes(generated: Any, reference: Any, *, gate: float) -> Iterator[SymbolClass]:
    """Levels of pixels, sixteen a channel, and images of a single value."""
    channels, places = reference.shape[1], int(np.prod(reference.shape[2:]))
    count = max(1, min(places, _MOST_VALUES // channels))
    at = np.unique(np.linspace(0, places - 1, count).astype(np.int64))
    picked, flat = zip(*(_looked_at(each, at) for each in (generated, reference)), strict=True)
    for channel in range(channels):
        own, real = (_levels(each[:, channel]) for each in picked)
        colour = _colour(channel, channels)

        def name(level: int, colour: str = colour) -> str:
            return f"undefined {colour}" if level == _UNDEFINED else f"{colour} level {level + 1} of {_LEVELS}"

        yield symbol_class(f"{colour} levels", own, real, name, gate=gate, article="")
    single = [one_each(each) for each in flat]
    names = ("image of several values", "image of a single value")
    yield symbol_class("images", single[0], single[1], lambda kind: names[kind], gate=gate, article="an")


def _colour(channel: int, channels: int) -> str:
    if channels == 1:
        return "grey"
    return _COLOURS[channel] if channels == len(_COLOURS) else f"channel {channel + 1}"


def _levels(values: Any) -> Occurrences:
    levels = np.clip(np.floor(np.nan_to_num(values, nan=0.0) * _LEVELS), 0, _LEVELS - 1).astype(np.int64)
    levels[np.isnan(values)] = _UNDEFINED
    return Occurrences(np.repeat(np.arange(len(levels)), levels.shape[1]), levels.ravel(), len(levels))


def _looked_at(images: Any, at: Ints) -> tuple[Any, Ints]:
    """The values at some places, (n, channels, places), and which images are of a single value."""
    picked, single = [], []
    for block in blocks(images):
        picked.append(block.reshape(*block.shape[:2], -1)[:, :, at])
        flat = block.reshape(len(block), -1)
        single.append(flat.max(axis=1) == flat.min(axis=1))
    return np.concatenate(picked), np.concatenate(single).astype(np.int64)


def _codes(generated: Any, reference: Any) -> tuple[list[Ints], list[str]]:
    """Numbers of the values of both columns, equal where the values are, and what they stand for."""
    import pandas as pd

    if is_number(reference):
        # Single and double precision write the same number differently beyond these digits.
        columns = [_rounded(pd.to_numeric(each, errors="coerce")) for each in (generated, reference)]
        codes, known = pd.factorize(np.concatenate(columns), use_na_sentinel=False)
        names = [_MISSING if np.isnan(each) else f"{each:.{_DIGITS}g}" for each in known.tolist()]
    else:
        texts = [each.astype(object).where(each.notna(), _MISSING).astype(str) for each in (generated, reference)]
        codes, known = pd.factorize(pd.concat(texts, ignore_index=True))
        names = [str(each) for each in known]
    return np.split(codes.astype(np.int64), [len(generated)]), names


def _rounded(column: Any) -> Any:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    size = np.abs(values)
    sound = np.isfinite(values) & (size > 0)
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.where(sound, size, 1.0))))
    # A zero with a sign is the same value.
    return np.where(sound, np.round(values * scale) / scale, values) + 0.0
