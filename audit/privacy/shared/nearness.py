"""When a record lies so close to a training record that it may be a copy of it."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLOSE = 0.01
"""The share of training records that lie so close to another one."""


def near_limit(own: Floats) -> float:
    """The distance below which a hundredth of training records, at least one, have another one: (t,) to a number."""
    at = math.ceil(CLOSE * len(own)) - 1
    return float(np.partition(own, at)[at])


def close_rate(distance: Floats, limit: float) -> tuple[int, int]:
    """How many of the records lie within the limit, and how many there are."""
    return int((distance <= limit).sum()), len(distance)
