"""Units: what several records may belong to (a patient, a writer, a piece, a prompt), and one record of each.

Everything that an audit computes takes records for independent draws. Records of one unit are not. One record a unit
is, if units are independent; and it follows the distribution of all records if a unit is kept with a probability in
proportion to its size (rejection sampling) and then any of its records is taken.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..records import take, take_attributes

if TYPE_CHECKING:
    from .datasets import Dataset

FEWEST = 30
"""Independent records that an audit needs at least."""

Values = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class OneEach:
    """How the records of a data set were thinned to one of each unit.

    Args:
        unit: the column or attribute.
        units: how many units there were.
        given: how many records there were.
        shared: records left out because the reference has their units, too.
    """

    unit: str
    units: int
    given: int
    shared: int = 0


def unit_values(data: "Dataset", unit: str) -> Values | None:
    """The unit of each record as text, (n,); None if the data do not say.

    Raises:
        UserError: if some records have none.
    """
    if data.modality == "tabular":
        if unit not in data.samples.columns:
            return None
        column = data.samples[unit]
        missing = int(column.isna().sum())
        if missing:
            raise UserError(
                f"--unit {unit}: expected a value in every row, got {missing} of {len(column)} rows of {data.source} "
                "without one; fill them in, each with a value of its own if it belongs to none"
            )
        return np.array([_text(value) for value in column.tolist()])
    if unit in data.attributes:
        attribute = data.attributes[unit]
        return np.array(attribute.names)[attribute.values]
    return np.array(data.identifiers[unit]) if unit in data.identifiers else None


def required(data: "Dataset", unit: str) -> Values:
    """The unit of each record.

    Raises:
        UserError: if the data do not say.
    """
    units = unit_values(data, unit)
    if units is not None:
        return units
    known = [
        *data.attributes,
        *data.identifiers,
        *(map(str, data.samples.columns) if data.modality == "tabular" else ()),
    ]
    raise UserError(
        f"--unit {unit}: expected a column or attribute of {data.source} ({', '.join(known) or 'it has none'}); "
        "name one of them, or give data that have it"
    )


def one_each(data: "Dataset", unit: str, rng: np.random.Generator) -> "Dataset":
    """One record of each unit, in their order, without the column or attribute that names it; the digest stays.

    A unit of n records is kept with probability n / the largest n, so that records keep their distribution.

    Raises:
        UserError: if the data name no units, or if fewer than `FEWEST` records are left.
    """
    values = required(data, unit)
    names, which, sizes = np.unique(values, return_inverse=True, return_counts=True)
    kept = rng.random(len(names)) < sizes / sizes.max()
    # The first of each unit in a random order is any of its records with the same chance.
    order = rng.permutation(len(values))
    _, first = np.unique(which[order], return_index=True)
    rows = np.sort(order[first][kept])
    if len(rows) < FEWEST:
        raise UserError(_too_few(data, unit, sizes, len(rows)))
    thinned = OneEach(unit, len(names), len(values), 0 if data.one_each is None else data.one_each.shared)
    return without_unit(_rows(data, rows), unit, thinned)


def apart(holdout: "Dataset", reference: "Dataset", unit: str) -> "Dataset":
    """The holdout without records of units that the reference has, too: those are no new people.

    Raises:
        UserError: if nothing would be left, or if either names no units.
    """
    values = required(holdout, unit)
    shared = np.isin(values, required(reference, unit))
    if shared.all():
        raise UserError(
            f"--unit {unit}: expected units in {holdout.source} that {reference.source} does not have, got none; "
            f"split the data by {unit}, so that all records of one are on the same side"
        )
    note = OneEach(unit, len(np.unique(values)), len(values), int(shared.sum()))
    return replace(_rows(holdout, np.flatnonzero(~shared)), one_each=note)


def without_unit(data: "Dataset", unit: str, thinned: OneEach | None) -> "Dataset":
    """The data without the column or attribute that names the unit: it identifies records and describes none."""
    samples = data.samples
    if data.modality == "tabular" and unit in samples.columns:
        samples = samples.drop(columns=[unit])
    attributes = {name: each for name, each in data.attributes.items() if name != unit}
    return replace(data, samples=samples, attributes=attributes, one_each=thinned)


def _rows(data: "Dataset", rows: NDArray[np.int64]) -> "Dataset":
    identifiers = {name: tuple(values[row] for row in rows) for name, values in data.identifiers.items()}
    attributes = take_attributes(data.attributes, rows)
    return replace(data, samples=take(data.samples, rows), attributes=attributes, identifiers=identifiers)


def _too_few(data: "Dataset", unit: str, sizes: NDArray[np.int64], kept: int) -> str:
    effective = sizes.sum() ** 2 / (sizes.astype(float) ** 2).sum()
    return (
        f"--unit {unit}: expected at least {FEWEST} independent records, got {kept} of the {len(sizes)} units of "
        f"{data.source}, whose sizes are worth {effective:.1f} equal ones (the largest has {sizes.max()} of "
        f"{sizes.sum()} records); give more units, or fewer records of the largest"
    )


def _text(value: Any) -> str:
    """The same text for a number that one file holds as 7 and another, beside gaps elsewhere, as 7.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
