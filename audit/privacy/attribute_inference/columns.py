"""Tables as an attacker codes them: numbers, categories, and when a guessed number counts as right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.data.identifier_columns import identifier_columns
from ....models.records import is_number
from ...statistics.disclosure.nearest import Coded, Flags, Ints, agrees

WIDE = (0.05, 0.95)
"""Between these quantiles lies the range of which a tolerance is a part."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One column that is guessed from the others.

    Args:
        name: of the column.
        tolerance: how far a guessed number may be off, in its own unit; None for a category.
    """

    name: str
    tolerance: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Sets of rows in one code.

    Args:
        secrets: the columns, numbers first, in the order of the code.
        sets: the rows of each set.
        identifiers: columns that name records and are neither known nor guessed, and why each is one.
    """

    secrets: tuple[Secret, ...]
    sets: tuple[Coded, ...]
    identifiers: Mapping[str, str]


def coded(
    tables: Sequence[Any], people: Sequence[Any], *, share: float, tolerances: Mapping[str, float], reference: Any
) -> Tables:
    """Code tables with the same columns.

    Args:
        tables: what to code.
        people: those whose secrets are guessed; their values alone say what range a tolerance is a part of.
        share: of that range, for numbers without a tolerance of their own.
        tolerances: of numbers, by column.
        reference: the table that says which columns are numbers, and which name records.

    Raises:
        ValueError: if a tolerance is of no column of numbers.
    """
    named = identifier_columns(reference)
    kept = [name for name in reference.columns if str(name) not in named]
    numeric = [name for name in kept if is_number(reference[name])]
    others = [name for name in kept if name not in numeric]
    strange = sorted(set(tolerances) - {str(name) for name in numeric})
    if strange:
        raise ValueError(f"tolerances of {', '.join(strange)}: expected columns of numbers")
    numbers = {name: [_numbers(each[name]) for each in tables] for name in numeric}
    levels = {name: _levels([each[name] for each in tables]) for name in others}
    secrets = [
        Secret(str(name), tolerances.get(str(name), share * _range([_numbers(each[name]) for each in people])))
        for name in numeric
    ]
    sets = []
    for at, table in enumerate(tables):
        columns = np.stack([numbers[name][at] for name in numeric], 1) if numeric else np.empty((len(table), 0))
        codes = np.stack([levels[name][at] for name in others], 1) if others else np.empty((len(table), 0), np.int64)
        sets.append(Coded(columns, codes))
    return Tables((*secrets, *(Secret(str(name), None) for name in others)), tuple(sets), named)


def hits(secrets: Sequence[Secret], people: Coded, donors: Coded, nearest: Ints) -> Flags:
    """Whether each secret of each person agrees with that of the nearest donor, (n, K)."""
    numbers = people.numbers.shape[1]
    found = np.empty((len(people), len(secrets)), dtype=np.bool_)
    for at, secret in enumerate(secrets):
        if secret.tolerance is None:
            found[:, at] = donors.levels[nearest[:, at], at - numbers] == people.levels[:, at - numbers]
        else:
            guess = donors.numbers[nearest[:, at], at]
            found[:, at] = agrees(guess, people.numbers[:, at], secret.tolerance)
    return found


def _numbers(column: Any) -> NDArray[np.float64]:
    import pandas as pd

    # A generator may give anything in a column of numbers; what is none counts as missing.
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _range(columns: Sequence[NDArray[np.float64]]) -> float:
    known = np.concatenate(columns)
    known = known[~np.isnan(known)]
    low, high = np.quantile(known, WIDE) if len(known) else (0.0, 0.0)
    return float(high - low)


def _levels(columns: Sequence[Any]) -> list[Ints]:
    """Equal texts as equal numbers, over all sets; a missing value is one of its own."""
    import pandas as pd

    texts = [each.astype(object).where(each.notna(), None).map(_text) for each in columns]
    codes, _ = pd.factorize(pd.concat(texts, ignore_index=True))
    ends = np.cumsum([len(each) for each in texts])
    return [np.asarray(part, dtype=np.int64) for part in np.split(codes, ends[:-1])]


def _text(value: Any) -> str:
    # No text of a user begins so.
    return "\0missing" if value is None else str(value)
