"""Real data as evidence: a random part where there is more than the auditors can use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ...models.records import Attribute, take, take_attributes
from .bundle import Ints, Real

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
    def source(self) -> str: ...  # noqa: D102 – as above
    @property
    def sha256(self) -> str: ...  # noqa: D102 – as above
    @property
    def sample_rate(self) -> int | None: ...  # noqa: D102 – as above


@dataclass(frozen=True, slots=True)
class Labels:
    """One attribute of the real data: the group of each record at hand, and how many there are in all of the data."""

    attribute: Attribute
    counts: Ints


def real_data(dataset: Data, rng: np.random.Generator, *, most: int = MAX_RECORDS) -> tuple[Real, dict[str, Labels]]:
    """A data set as evidence, with its groups; of more than `most` records, a random part in its order."""
    total = len(dataset.samples)
    rows = np.arange(total)
    if total > most:
        rows = np.sort(rng.choice(total, most, replace=False))
    part = Real(
        samples=dataset.samples if total == len(rows) else take(dataset.samples, rows),
        total=total,
        name=dataset.name,
        source=dataset.source,
        sha256=dataset.sha256,
    )
    chosen = take_attributes(dataset.attributes, rows)
    labels = {
        name: Labels(chosen[name], np.bincount(each.values, minlength=len(each.names)).astype(np.int64))
        for name, each in dataset.attributes.items()
    }
    return part, labels
