"""Outcomes: what happens to the records of a data set, by a column or an attribute that a user names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError, shortened
from ..records import MISSING, Attribute, is_number, table_attribute

if TYPE_CHECKING:
    from .datasets import Dataset

MOST_LEVELS = 10
"""Values that an outcome may have; a number with more is split at its median."""

FEWEST = 2
"""Records that at least two values must have, so that there is anything to compare."""


def with_outcomes(data: "Dataset", outcomes: Sequence[str], *, groups: Sequence[str] = ()) -> "Dataset":
    """The same data, with the outcome of every record by these columns or attributes.

    A number of more than `MOST_LEVELS` values is split at the median of these data: `edges` of its attribute say where.

    Args:
        data: the reference, with all that tells its groups apart.
        outcomes: names of columns or attributes.
        groups: those that the user named as groups; none named: those that the data declare.

    Raises:
        UserError: if there is no such column, it tells groups apart as well, has too many values, or tells nothing
            apart; or if there are no groups to compare.
    """
    if not outcomes:
        return data
    found = {outcome: _outcome(data, outcome, groups) for outcome in dict.fromkeys(outcomes)}
    if not any(name not in found for name in groups or data.attributes):
        raise UserError(
            f"--outcome {outcomes[0]}: expected groups whose outcomes are compared, got none in {data.source}; name a "
            "column or attribute that tells them apart with --groups"
        )
    return replace(data, outcomes=found)


def check_vary(option: str, attributes: Mapping[str, Attribute], source: str) -> None:
    """Refuse attributes that a user named by an option and that tell no two groups of records apart.

    Raises:
        UserError: if all records have one value of an attribute, or all but one of them.
    """
    for name, attribute in attributes.items():
        _check_varies(f"{option} {name}", attribute, source)


def _check_varies(option: str, attribute: Attribute, source: str) -> None:
    # A record without a value is no group of its own kind that anybody asked to compare.
    counts = {
        name: int(number)
        for name, number in zip(
            attribute.names, np.bincount(attribute.values, minlength=len(attribute.names)), strict=True
        )
        if name != MISSING and number
    }
    if sum(number >= FEWEST for number in counts.values()) >= 2:
        return
    shown = ", ".join(f"{shortened(name)} ({number:,})" for name, number in list(counts.items())[:5]) or "none"
    more = f" and {len(counts) - 5} others" if len(counts) > 5 else ""
    raise UserError(
        f"{option}: expected at least two values that {FEWEST} records or more have, got {shown}{more} in {source}; "
        "name one that varies"
    )


def _outcome(data: "Dataset", name: str, groups: Sequence[str]) -> Attribute:
    option = f"--outcome {name}"
    if name in groups:
        raise UserError(
            f"{option}: expected an outcome that is no group, got one that --groups names as well; leave it out of one"
        )
    if data.modality == "tabular" and name in data.samples.columns:
        attribute = _column(data, name)
    elif name in data.attributes:
        attribute = data.attributes[name]
    else:
        known = [*map(str, data.samples.columns)] if data.modality == "tabular" else [*data.attributes]
        raise UserError(
            f"{option}: expected {'a column' if data.modality == 'tabular' else 'an attribute'} of {data.source} "
            f"({', '.join(known) or 'it has none'}); name one of them, or give data that have it"
        )
    if len(attribute.names) - (MISSING in attribute.names) > MOST_LEVELS:
        raise UserError(
            f"{option}: expected numbers or at most {MOST_LEVELS} different values, got {len(attribute.names):,} in "
            f"{data.source}; add a column that puts them into a few classes"
        )
    _check_varies(option, attribute, data.source)
    return attribute


def _column(data: "Dataset", name: str) -> Attribute:
    values = data.samples[name]
    if is_number(values) and values.nunique() > MOST_LEVELS:
        edge = _middle(values)
        words = f"{edge:.6g}"
        attribute: Attribute = table_attribute(
            data.samples, name, names=(f"below {words}", f"{words} and above"), edges=(edge,)
        )
        return attribute
    named: Attribute = table_attribute(data.samples, name)
    return named


def _middle(values: Any) -> float:
    """The median, or the next greater value where nothing lies below it."""
    numbers = values.dropna().to_numpy(dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    middle = float(np.median(numbers))
    return middle if (numbers < middle).any() else float(numbers[numbers > middle].min())
