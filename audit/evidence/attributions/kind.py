"""The kind of evidence that says what moves a model’s output."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..explained.kind import CheckedMap

Ints = NDArray[np.int64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the prior, at which leading dimensions are shown."""


@dataclass(frozen=True, slots=True)
class Attributions:
    """What moves the model's output: attributions from latent dimensions to named readouts.

    Args:
        readouts: the R named scalars that were explained.
        latents: float32 (n, L), the explained latent draws.
        baselines: float32 (n, L), what each was compared with.
        attributions: float64 (R, n, L); row sums equal `differences` up to `completeness_error`.
        differences: float64 (R, n), readout(latent) − readout(baseline).
        completeness_error: float64 (R, n), |sum of attributions − difference|.
        tolerance: float64 (R,), the largest error accepted for each readout.
        steps: int64 (R,), integration steps that reached it.
        maps: float32 (L, c, h, w), mean signed change of each output value per unit of each latent dimension.
        null_maps: float32 (k, c, h, w), the same for random directions of equal length.
        sample: float32 (1, c, h, w), the decoded mean latent, to lay the maps over. Where outputs are no images, these
            and `traversals` are empty.
        checked: maps of some draws to the readouts that move most, with what their checks need.
        missed: float64 (R, n), by how much the quadrature missed the difference before what was small of it was shared
            out among the dimensions; (0,) in older evidence.
        told: int64 (m, L + 2), the class, in the order of the score readouts, that the group classifier sees in draws:
            as they are, all redrawn, and with one dimension redrawn, each in turn; (0, 0) without one.
        traversed: int64 (k,), the dimensions that are shown at fixed quantiles, those that drive most first.
        traversals: float32 (5k, c, h, w), the first draw with each of these at its quantiles, the other ones as drawn.
        walked: float64 (R, 5k), the readouts of these outputs.
        units: of the R readouts; () in older evidence.
        material: float64 (R,), the smallest difference of each that is worth explaining; (0,) in older evidence.
        standard_prior: whether the draws are standard normal.
    """

    readouts: tuple[str, ...]
    latents: NDArray[np.float32]
    baselines: NDArray[np.float32]
    attributions: NDArray[np.float64]
    differences: NDArray[np.float64]
    completeness_error: NDArray[np.float64]
    tolerance: NDArray[np.float64]
    steps: Ints
    maps: NDArray[np.float32]
    null_maps: NDArray[np.float32]
    sample: NDArray[np.float32]
    checked: tuple[CheckedMap, ...] = ()
    missed: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    told: Ints = field(default_factory=lambda: np.empty((0, 0), np.int64))
    traversed: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    traversals: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0, 0, 0), np.float32))
    walked: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    units: tuple[str, ...] = ()
    material: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    standard_prior: bool = True
