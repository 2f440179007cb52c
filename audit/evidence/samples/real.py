"""Real data as evidence: a random part where there is more than the auditors can use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ....models.records import Attribute, take, take_attributes
from ..bundle import Ints, Real

MAX_RECORDS = 10_000
"""Neighbour statistics grow with the square of this; 10,000 records already pin them to the second digit."""


class Data(Protocol):
    """A data set as the readers give it: see `genai_audit.models.data.Dataset`."""

    @property
    def name(self) -> str: ...  # noqa: D102 – the fields are described where they are defined
    @property
    def modality(self) -> str: ...  # noqa: D102 – as above
    @property
    def samples(self) -> Any: ...  # noqa: D102 – as above
    @property
    def attributes(self) -> Mapping[str, Attribute]: ...  # noqa: D102 – as above
    @property
    def outcomes(self) -> Mapping[str, Attribute]: ...  # noqa: D102 – as above
    @property
    def source(self) -> str: ...  # noqa: D102 – as above
    @property
    def sha256(self) -> str: ...  # noqa: D102 – as above
    @property
    def sample_rate(self) -> int | None: ...  # noqa: D102 – as above
    @property
    def one_each(self) -> Any: ...  # noqa: D102 – as above


@dataclass(frozen=True, slots=True)
class Labels:
    """One attribute of the real data: the group of each record at hand, and how many there are in all of the data."""

    attribute: Attribute
    counts: Ints


def real_data(data: Data, rng: np.random.Generator, *, most: int = MAX_RECORDS) -> Real:
    """A data set as evidence: of more than `most` records, a random part in its order."""
    total, rows = len(data.samples), rows_at_hand(data, rng, most)
    return Real(
        samples=data.samples if total == len(rows) else take(data.samples, rows),
        total=total,
        name=data.name,
        source=data.source,
        sha256=data.sha256,
        unit=None if data.one_each is None else data.one_each.unit,
    )


def labels_of(
    data: Data,
    rng: np.random.Generator,
    *,
    most: int = MAX_RECORDS,
    attributes: Mapping[str, Attribute] | None = None,
) -> dict[str, Labels]:
    """The groups of the records that `real_data` takes where its generator is in the same state.

    `attributes` are other ones of all its records, such as its outcomes.
    """
    whole = data.attributes if attributes is None else attributes
    chosen = take_attributes(whole, rows_at_hand(data, rng, most))
    return {
        name: Labels(chosen[name], np.bincount(each.values, minlength=len(each.names)).astype(np.int64))
        for name, each in whole.items()
    }


def rows_at_hand(data: Data, rng: np.random.Generator, most: int = MAX_RECORDS) -> Ints:
    """Which records `real_data` takes where its generator is in the same state, ascending."""
    total = len(data.samples)
    return np.sort(rng.choice(total, most, replace=False)) if total > most else np.arange(total)
