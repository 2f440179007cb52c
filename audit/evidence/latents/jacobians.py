"""How fast the output changes along latent directions, and where a linear decoder of that kind would put the draws."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..attributions.readouts import Measure
from ..decoding import slopes

if TYPE_CHECKING:
    from torch import Tensor


class Jacobians(NamedTuple):
    """At m points: singular values (m, r), column norms (m, L); and the mean of JᵀJ / |J| over them, (L, L).

    So weighted, a few points where the decoder jumps do not make up all of the mean.
    """

    singular_values: NDArray[np.float64]
    column_norms: NDArray[np.float32]
    metric: NDArray[np.float64]


def speed_along(decode: Measure, points: "Tensor", directions: "Tensor", *, rows: int) -> NDArray[np.float32]:
    """How fast the output changes at each point (n, L) along its direction (n, L), float32 (n,).

    Args:
        decode: latents to images (n, c, h, w).
        points: where.
        directions: of length 1.
        rows: outputs computed at a time.
    """
    import torch

    pairs = zip(torch.split(points, rows), torch.split(directions, rows), strict=True)
    speed: NDArray[np.float32] = torch.cat([_slopes(decode, *each).norm(dim=1) for each in pairs]).cpu().float().numpy()
    return speed


def jacobians_at(decode: Measure, points: "Tensor", *, rows: int, progress: Callable[[float], None]) -> Jacobians:
    """From JᵀJ alone: the L derivatives of a few points at a time are all that is held.

    Args:
        decode: latents to images (n, c, h, w).
        points: (m, L), where.
        rows: outputs computed at a time.
        progress: told the share that is done.
    """
    import torch

    count, size = points.shape
    axes = torch.eye(size, dtype=points.dtype, device=points.device)
    together = max(1, rows // size)
    values, norms = [], []
    metric = torch.zeros(size, size, dtype=torch.float64, device=points.device)
    for start in range(0, count, together):
        some = points[start : start + together]
        pairs = zip(
            torch.split(some.repeat_interleave(size, dim=0), rows),
            torch.split(axes.repeat(len(some), 1), rows),
            strict=True,
        )
        changes = torch.cat([_slopes(decode, *each) for each in pairs]).reshape(len(some), size, -1)
        gram = changes @ changes.mT
        squares = torch.linalg.eigvalsh(gram).flip(-1).clamp(min=0)
        values.append(squares[:, : min(size, changes.shape[2])].sqrt())
        norms.append(gram.diagonal(dim1=1, dim2=2).sqrt())
        norm = gram.diagonal(dim1=1, dim2=2).sum(dim=1).sqrt()
        metric += (gram / norm.clamp(min=torch.finfo(torch.float64).tiny)[:, None, None]).sum(dim=0)
        progress((start + len(some)) / count)
    return Jacobians(
        torch.cat(values).cpu().numpy(), torch.cat(norms).cpu().float().numpy(), (metric / count).cpu().numpy()
    )


def expected_positions(
    draws: NDArray[np.float32], metric: NDArray[np.float64], resolution: float
) -> NDArray[np.float64]:
    """Draws where a linear decoder of this mean JᵀJ would put them: distances there are those to be expected."""
    if float(np.trace(metric)) <= resolution * math.sqrt(len(metric)):
        return draws.astype(np.float64)  # No direction moves the output, so only the latents themselves are left.
    weights, axes = np.linalg.eigh(metric)
    positions: NDArray[np.float64] = draws.astype(np.float64) @ (axes * np.sqrt(weights.clip(min=0)))
    return positions


def _slopes(decode: Measure, points: "Tensor", directions: "Tensor") -> "Tensor":
    """The derivative of every pixel along one direction a point: (n, pixels), float64."""
    return slopes(lambda at: decode(at).double(), points, directions).flatten(1)
