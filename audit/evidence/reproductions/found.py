"""What is compared, and what comparing it gives; the same for every modality."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kind import Closeness, Runs

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sets:
    """Records in the form of their modality: generated ones, those of the null, and the training records."""

    generated: Any
    null: Any
    training: Any


@dataclass(frozen=True, slots=True)
class Found:
    """What `Reproductions` holds of these sets; training records by their place among those compared."""

    method: str
    verbatim: Closeness
    near: Closeness
    whole: Ints
    null_whole: Ints
    part: str
    runs: Runs | None = None
    null_runs: Runs | None = None


SHOWN = 12
"""Matched training records that are kept to be shown, for each kind of closeness."""


def closest(closeness: Floats, matched: Ints) -> Ints:
    """The generated records that come closest to a training record, the closest first."""
    order = np.argsort(-closeness, kind="stable")
    return order[matched[order] >= 0][:SHOWN]
