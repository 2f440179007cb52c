"""Real data as evidence: a random part where there is more than the auditors can use."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .bundle import Ints, Real

MAX_RECORDS = 10_000
"""Neighbour statistics grow with the square of this; 10,000 records already pin them to the second digit."""


class Images(Protocol):
    """A data set as the readers give it: see `genai_audit.models.data.Dataset`."""

    @property
    def name(self) -> str: ...  # noqa: D102 – the fields are described where they are defined
    @property
    def samples(self) -> NDArray[np.float32]: ...  # noqa: D102 – as above
    @property
    def labels(self) -> Ints: ...  # noqa: D102 – as above
    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102 – as above
    @property
    def source(self) -> str: ...  # noqa: D102 – as above
    @property
    def sha256(self) -> str: ...  # noqa: D102 – as above


def real_data(dataset: Images, rng: np.random.Generator) -> Real:
    """A data set as evidence; of more than `MAX_RECORDS` records, a random part in the original order."""
    total = len(dataset.samples)
    rows: Any = slice(None)
    if total > MAX_RECORDS:
        rows = np.sort(rng.choice(total, MAX_RECORDS, replace=False))
    return Real(
        samples=np.ascontiguousarray(dataset.samples[rows], dtype=np.float32),
        labels=dataset.labels[rows] if len(dataset.labels) else np.empty(0, np.int64),
        class_counts=np.bincount(dataset.labels, minlength=len(dataset.classes)).astype(np.int64),
        classes=dataset.classes,
        total=total,
        name=dataset.name,
        source=dataset.source,
        sha256=dataset.sha256,
    )
