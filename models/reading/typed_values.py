"""Whether what was read is of the types that a dataclass promises: a damaged or forged file may hold anything."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

DAMAGED = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, TypeError)
"""What reading damaged files raises, beside `ValueError` and what zip archives raise: `damage` has them all."""


def damage() -> tuple[type[Exception], ...]:
    """All that reading damaged files raises; nesting without end is a `RuntimeError`."""
    import zipfile
    import zlib

    return (*DAMAGED, ValueError, zipfile.BadZipFile, zlib.error)


def misfit(value: Any, hint: Any, place: str) -> str | None:
    """Where a value is not of its type, with what was found there; None if it is.

    Args:
        value: what was read.
        hint: its type, as a dataclass declares it.
        place: what to call it.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return None
    if origin in (Union, types.UnionType):
        found = [misfit(value, each, place) for each in inner]
        return None if None in found else found[0]
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        if not isinstance(value, hint):
            return _said(value, hint, place)
        parts = ((getattr(value, each.name), hints[each.name], f"{place}.{each.name}") for each in fields(hint))
        return next((said for each in parts if (said := misfit(*each))), None)
    if origin is np.ndarray:
        return _array_misfit(value, inner, place)
    if origin is tuple:
        return _tuple_misfit(value, inner, place)
    if origin in (Mapping, dict):
        if not isinstance(value, Mapping):
            return _said(value, hint, place)
        # Whoever names things may nest them, where the type does not say how.
        told = get_origin(inner[1]) in (Mapping, dict)
        values = (
            (each, hint if isinstance(each, Mapping) and not told else inner[1], f"{place}.{key}")
            for key, each in value.items()
        )
        return next((said for each in values if (said := misfit(*each))), None)
    return None if _is_plain(value, hint) else _said(value, hint, place)


def _tuple_misfit(value: Any, inner: tuple[Any, ...], place: str) -> str | None:
    endless = len(inner) == 2 and inner[1] is Ellipsis
    if not isinstance(value, tuple) or not (endless or len(value) == len(inner)):
        return f"{place} is no list of the right length"
    hints = [inner[0]] * len(value) if endless else inner
    parts = zip(value, hints, (f"{place}.{index}" for index in range(len(value))), strict=True)
    return next((said for each in parts if (said := misfit(*each))), None)


def _array_misfit(value: Any, inner: tuple[Any, ...], place: str) -> str | None:
    if not isinstance(value, np.ndarray):
        return f"{place} is no array"
    wanted = next((each for each in get_args(inner[1]) if each is not Any), None)
    kind = np.dtype(wanted).kind if isinstance(wanted, type) else value.dtype.kind
    return None if value.dtype.kind == kind else f"{place} is an array of {value.dtype}"


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is None or hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return not isinstance(hint, type) or isinstance(value, hint)


def _said(value: Any, hint: Any, place: str) -> str:
    return f"{place} is no {getattr(hint, '__name__', hint)}, but a {type(value).__name__}"
