"""What a model gave for the same random numbers under one condition after another."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ....models.records import Attribute

Floats = NDArray[np.float32] | NDArray[np.float64]


def _nothing() -> NDArray[np.float64]:
    return np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Outputs of n seeds under K values of one condition, as vectors.

    Args:
        slot: the condition: `class`, the name of a column, or `prompt`.
        how: the model is asked: `class`, `column` or `prompt`, as in `Conditioned`.
        values: the K values asked for, in words.
        available: how many values the model takes; K of them, evenly spread, are asked for.
        outputs: (K, n, d), the features of each output; row i of every value is of the same random numbers.
        again: float (n, d), those of the first value drawn once more at the end.
        extractor: what the features are.
        outcomes: by attribute, the group of each output (K · n,), value after value, read or told by the group
            classifier; empty where nothing tells.
        windows: names of the W windows of steps, from noise to record; empty where they were not told apart.
        steps: (m, W), of m further seeds, the squared change of the features where the model is told another value in
            one window alone.
        no_steps: why there are no windows; empty where there are.
        shown: float32 (K · s, c, h, w), the outputs of the first s seeds, value after value; (0,) where they are no
            images.
    """

    slot: str
    how: str
    values: tuple[str, ...]
    available: int
    outputs: Floats
    again: Floats
    extractor: str
    outcomes: Mapping[str, Attribute] = field(default_factory=dict)
    windows: tuple[str, ...] = ()
    steps: NDArray[np.float64] = field(default_factory=_nothing)
    no_steps: str = ""
    shown: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))

    @property
    def repeats(self) -> float:
        """The largest change of a feature between two draws of the same seed and value: 0 for a reproducible model."""
        return float(np.abs(np.asarray(self.again, np.float64) - self.outputs[0]).max())
