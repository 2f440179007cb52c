"""The kind of evidence that says how the latent space becomes outputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Latents:
    """How the latent space becomes outputs, seen at n draws from the prior and, where the model encodes, at real data.

    Args:
        draws: float32 (n, L), from the prior.
        gap: float32 (n,), distance from each draw's output to the nearest output of a far-away draw of its block, in
            units of the typical distance between two outputs; infinite where no draw of the block is far away.
        partner: int64 (n,), the draw with that output, or −1.
        block: how many draws were compared with each other.
        region: int64 (n,), which set of nearly equal outputs each draw belongs to, −1 for none.
        speed: float32 (n,), how fast the output changes along one random direction at each draw.
        reference_gap: float32 (k,), as `gap`, of real records, of which any two count as far apart; may be empty.
        points: int64 (m,), the draws where the Jacobian was taken.
        singular_values: float64 (m, min(L, pixels)) of the Jacobian, descending.
        column_norms: float32 (m, L), of the Jacobian: how fast the output changes along each latent dimension.
        resolution: singular values below this cannot be told from rounding.
        variance: of the outputs, summed over their values.
        reference_variance: of real records, likewise; 0 without any.
        posterior_means: float32 (r, L), of the encoder at real records; (0, L) where there is none.
        posterior_log_variances: float32 (r, L), likewise.
        axes: float32 (2, L), the two directions that move the output most on average, or the latents themselves.
        plane: float32 (n, 2), coordinates of the draws along these.
        maps: float32 (2, 1, g, g), over the plane from −3 to 3, upward and to the right, 0 where no draw lies: the
            share of draws whose output a far-away draw nearly has; and the mean speed, 1 for that of a linear decoder
            of the same variance, at most 3.
        shown_draws: int64 (k,), draws of the regions, or those with the smallest gaps and their partners.
        shown: float32 (k, c, h, w), their outputs.
        remarks: what could not be looked at, and why.
    """

    draws: NDArray[np.float32]
    gap: NDArray[np.float32]
    partner: Ints
    block: int
    region: Ints
    speed: NDArray[np.float32]
    reference_gap: NDArray[np.float32]
    points: Ints
    singular_values: NDArray[np.float64]
    column_norms: NDArray[np.float32]
    resolution: float
    variance: float
    reference_variance: float
    posterior_means: NDArray[np.float32]
    posterior_log_variances: NDArray[np.float32]
    axes: NDArray[np.float32]
    plane: NDArray[np.float32]
    maps: NDArray[np.float32]
    shown_draws: Ints
    shown: NDArray[np.float32]
    remarks: tuple[str, ...] = ()
