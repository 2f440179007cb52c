"""What is needed to say whether a map can be trusted, collected beside it so that it is judged without the model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CheckedMap:
    """One map of n records over P parts of their input, and what its checks saw.

    Effects, drops and errors are in the unit of the readout. What could not be computed is an empty array.

    Args:
        question: that the map answers.
        readout: the scalar that is explained.
        contrast: what it is compared with.
        baseline: what takes the place of a part that is left out.
        sampling_unit: what is independent of one another: record, template, piece, pair of draws.
        method: of the map.
        other_method: of a second family that explains the same.
        violations: what broke on the way: a changed state, numbers that are not finite, other values in a second run.
        values: (n, P), the map.
        other_values: (n, P), by the second method.
        clusters: int64 (n,), which sampling unit each record belongs to.
        effects: (n,), readout of the record less that of its baseline.
        material: the smallest effect that is worth explaining.
        completeness_error: (n,), |Σ of the map − effect|, of methods whose maps add up.
        tolerance: (n,), the largest that is accepted.
        deletion: (n,), mean drop of the readout while parts are taken out, those with the largest values first.
        reversed_deletion: (n,), the same in the opposite order.
        random_deletion: (n, R), the same in random orders.
        kept: (n, F), drop where only the leading shares of the parts stay (sufficiency).
        taken: (n, F), drop where the leading shares of the parts are out (comprehensiveness).
        random_kept: (n, F), mean of the first over the random orders.
        random_taken: (n, F), mean of the second over the random orders.
        retrained: (R', n), similarity of the map to that of each copy of the model with new random weights.
        between_retrained: (R'', n), similarity of the maps of two such copies.
        repeated: (n,), similarity of the map to that of a second run: the ceiling.
        moved: (n,), relative change of the map of a record that was changed a little.
        unmoved: (n,), relative change of the map in a second run: the noise floor.
    """

    question: str
    readout: str
    contrast: str
    baseline: str
    sampling_unit: str
    method: str
    other_method: str
    violations: tuple[str, ...]
    values: Floats
    other_values: Floats
    clusters: NDArray[np.int64]
    effects: Floats
    material: float
    completeness_error: Floats
    tolerance: Floats
    deletion: Floats
    reversed_deletion: Floats
    random_deletion: Floats
    kept: Floats
    taken: Floats
    random_kept: Floats
    random_taken: Floats
    retrained: Floats
    between_retrained: Floats
    repeated: Floats
    moved: Floats
    unmoved: Floats
