"""What a model says of single records: how likely they are to it, and how well it gives them back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scored:
    """One number for each of some records of a set.

    Args:
        rows: int64 (k,), which records of the set at hand, ascending.
        values: float64 (k,).
        units: int64 (k,), the units (characters, notes, columns, pixel values) that each record has.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    units: NDArray[np.int64]

    @property
    def impossible(self) -> float:
        """The share of records whose value is −inf: the model cannot give them. 0 where there are no records."""
        return float(np.isneginf(self.values).mean()) if len(self.values) else 0.0

    @property
    def per_unit(self) -> NDArray[np.float64]:
        """Values per unit, (k,); −inf stays −inf."""
        each: NDArray[np.float64] = self.values / np.maximum(self.units, 1)
        return each


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """Log-likelihoods of records in nats; −inf for those that the model cannot give.

    Args:
        kind: "exact" or "lower_bound", as the model says.
        unit: what `Scored.units` counts, e.g. `character`.
        generated: of generated records.
        reference: of reference records.
        holdout: of held-out ones; None without any.
    """

    kind: str
    unit: str
    generated: Scored
    reference: Scored
    holdout: Scored | None = None


@dataclass(frozen=True, slots=True)
class Reconstructions:
    """Mean squared errors of records that the model encoded, and decoded from the mean latent; at least 0.

    Args:
        unit: what `Scored.units` counts: values of a record.
        generated: of generated records.
        reference: of reference records.
        holdout: of held-out ones; None without any.
    """

    unit: str
    generated: Scored
    reference: Scored
    holdout: Scored | None = None
