"""What becomes of outputs when one latent dimension is changed and the others are not."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .kind import QUANTILES
from .pairs import Pairs
from .paths import values_at
from .readouts import SCORE

if TYPE_CHECKING:
    from torch import Tensor

REDRAWN = 2048
"""Outputs decoded to see what redrawing one dimension does to the group: draws × latent dimensions."""

LEADING = 6
"""Dimensions that are shown at fixed quantiles."""


class Walks(NamedTuple):
    """The dimensions that are walked along, int64 (k,), outputs float32 (5k, …) and readouts float64 (R, 5k)."""

    dimensions: NDArray[np.int64]
    outputs: "Tensor"
    values: NDArray[np.float64]


def told_apart(pairs: Pairs) -> NDArray[np.int64]:
    """The class seen in draws as they are, all redrawn, and with one dimension redrawn: see `Attributions.told`."""
    import torch

    scores = [place for place, each in enumerate(pairs.panel.readouts) if each.name.startswith(SCORE)]
    if len(scores) < 2:
        return np.empty((0, 0), np.int64)
    size = pairs.here.shape[1]
    some = slice(0, max(32, REDRAWN // size))
    here, there = pairs.here[some], pairs.there[some]
    one = torch.eye(size, dtype=torch.bool, device=here.device)
    redrawn = torch.where(one, there[:, None], here[:, None])  # (m, L, L)
    points = torch.cat([here[:, None], there[:, None], redrawn], dim=1)
    with torch.no_grad():
        parts = []
        for part in torch.split(points.reshape(-1, size), pairs.rows):
            values = pairs.function(part)
            parts.append(torch.stack([values[place] for place in scores], dim=1).argmax(dim=1))
    told: NDArray[np.int64] = torch.cat(parts).reshape(len(here), size + 2).cpu().numpy()
    return told


def walks(pairs: Pairs, attributions: NDArray[np.float64]) -> Walks:
    """The first draw with each leading dimension at fixed quantiles of the prior and the others as drawn.

    Leading are those with the largest share in the readouts, by their attributions (R, n, L).
    """
    import torch

    sizes = np.abs(attributions).mean(axis=1)
    total = sizes.sum(axis=1, keepdims=True)
    shares = np.divide(sizes, total, out=np.zeros_like(sizes), where=total > 0).mean(axis=0)
    leading = np.argsort(-shares, kind="stable")[:LEADING].astype(np.int64)
    points = pairs.here[0].repeat(len(leading), len(QUANTILES), 1)
    for place, dimension in enumerate(leading.tolist()):
        points[place, :, dimension] = _quantiles(pairs, dimension)
    points = points.flatten(0, 1)
    with torch.no_grad():
        outputs = torch.cat([pairs.decode(part) for part in torch.split(points, pairs.rows)]).cpu().float()
    values = values_at(pairs.function, points, pairs.rows).T.double().cpu().numpy()
    return Walks(leading, outputs, values)


def _quantiles(pairs: Pairs, dimension: int) -> "Tensor":
    """Of the prior of one dimension, (5,): as known, or of the draws."""
    import torch
    from scipy.stats import norm

    if pairs.standard:
        return torch.from_numpy(norm.ppf(QUANTILES)).to(pairs.here)
    drawn = torch.cat([pairs.here[:, dimension], pairs.there[:, dimension]]).double()
    return drawn.quantile(torch.tensor(QUANTILES, dtype=torch.float64, device=drawn.device)).to(pairs.here)
