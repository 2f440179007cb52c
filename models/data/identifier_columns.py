"""Which columns of a table name its records rather than describe them: customer numbers, e-mail addresses, full names.

Such a column says nothing of a record's likeness to another. Whether one is an identifier is told from its values, and
not from whether a measurement happens to repeat itself rarely: numbers with decimals and dates never count.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..records import is_number

FEWEST = 30
"""Records with a value, below which nothing is told."""

ALMOST = 0.95
"""The share of different values among those of a column of texts from which on it names records."""

LONGEST = 64
"""Characters of a value at the median, beyond which a column holds texts that were written, not names."""

EXPECTED = 20.0
"""Equal values that a whole-numbered measurement would be expected to show, where an identifier shows none; even of a
measurement that is spread evenly over its range none at all then has a chance of e⁻²⁰."""

DIGITS, MANY = 6, 200
"""Digits that all numbers have, and records, from which on numbers that lie evenly over all such numbers were dealt."""

EVEN = 1.36
"""√n times the largest distance from an even distribution, which 5 % of even samples exceed (Kolmogorov)."""

_WORDS = (
    "id|ids|uid|uuid|guid|key|ssn|iban|passport|account|index|idx|nr|no|number|code|serial|email|e-mail|phone|mobile"
)
_HOLDERS = "telephone|isbn|customer|client|patient|person|user|member|employee|student|subject|invoice|order|ticket"

NAMED = re.compile(rf"(^|[\W_])({_WORDS}|{_HOLDERS})($|[\W_])|[a-z](Id|ID|Key|No|Nr)$")
"""A name that says that whole numbers are identifiers, where the numbers alone leave it open."""

TIMES = re.compile(r"date|day|time|year|month|week|hour|minute|second", re.IGNORECASE)
"""A name that says that numbers count time, all of which may differ."""


def identifier_columns(table: Any) -> dict[str, str]:
    """The columns of a `pandas.DataFrame` that name its records, and why each does, in words.

    Depends on the values only, not on their order. Empty if there are fewer than `FEWEST` records.
    """
    found = {str(name): _why(table[name], str(name)) for name in table.columns}
    return {name: why for name, why in found.items() if why is not None}


def described_by(table: Any) -> tuple[list[Any], Mapping[str, str]]:
    """The columns that describe records, and the identifiers, which do not; where all are identifiers, all describe."""
    named = identifier_columns(table)
    kept = [name for name in table.columns if str(name) not in named]
    return (kept, named) if kept else (list(table.columns), {})


def _why(column: Any, name: str) -> str | None:
    from pandas.api import types

    known = column[column.notna()]
    if len(known) < FEWEST or types.is_bool_dtype(column) or types.is_datetime64_any_dtype(column):
        return None
    if is_number(column):
        return _why_number(known, name)
    texts = known.astype(str)
    different = int(texts.nunique())
    if different < ALMOST * len(texts) or float(texts.str.len().median()) > LONGEST:
        return None
    return f"{different:,} different values in {len(texts):,} records"


def _why_number(known: Any, name: str) -> str | None:
    """Whole numbers that never repeat although a measurement within their range would, or that are called so."""
    if TIMES.search(name) or not bool((known % 1 == 0).all()) or bool(known.duplicated().any()):
        return None
    count, width = len(known), float(known.max() - known.min()) + 1
    if count * (count - 1) / (2 * width) >= EXPECTED:
        return f"{count:,} whole numbers within {width:,.0f}, none of them twice"
    if NAMED.search(name):
        return f"{count:,} whole numbers, none of them twice, in a column of that name"
    return f"{count:,} whole numbers, dealt evenly over all of as many digits" if _dealt(known) else None


def _dealt(known: Any) -> bool:
    """Whether numbers lie evenly over all that have as many digits, as no measurement does."""
    low = 10 ** (len(str(int(abs(known.min())))) - 1)
    if len(known) < MANY or known.min() < 10 ** (DIGITS - 1) or known.max() >= 10 * low:
        return False
    places = np.sort((known.to_numpy(dtype=float) - low) / (9 * low))
    steps = np.arange(len(places) + 1) / len(places)
    furthest = max(np.abs(places - steps[1:]).max(), np.abs(places - steps[:-1]).max())
    return bool(np.sqrt(len(places)) * furthest < EVEN)
