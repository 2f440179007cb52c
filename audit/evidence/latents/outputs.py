"""Outputs of draws from the prior, reduced in size so that all can be compared with each other."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....models.encoders.builtin.pixels import pixel_features
from ....models.held_pictures import at_once
from ....models.records import blocks, read
from ...statistics.latents.coincidences import partners, typical_distance
from ..attributions.readouts import Measure
from ..bundle import Real

if TYPE_CHECKING:
    from torch import Tensor

COARSE = 256
"""Outputs are compared after averaging in squares until they have at most this many values."""

ROUNDING = 1e-5
"""Outputs that differ by less than this part of their norm differ by rounding."""


class Outputs(NamedTuple):
    """Of n draws: coarse outputs (n, d), the root mean square norm of an output, and their total variance."""

    coarse: NDArray[np.float64]
    norm: float
    variance: float


def outputs_at(decode: Measure, points: "Tensor", rows: int) -> Outputs:
    """What points (n, L) become, averaged in squares, `rows` computed at a time.

    Raises:
        ValueError: if an output is not finite.
    """
    import torch

    parts, square = [], 0.0
    total: Tensor = torch.zeros((), dtype=torch.float64, device=points.device)
    for part in torch.split(points, rows):
        images = decode(part.clone())
        if not bool(images.isfinite().all()):
            raise ValueError("expected decode(z) to give finite images for draws from the prior, got NaN or infinity")
        flat = images.double().flatten(1)
        total, square = total + flat.sum(dim=0), square + float(flat.square().sum())
        parts.append(_coarse(images))
    n, every = len(points), np.concatenate(parts)
    norm = math.sqrt(square / n)
    variance = max(0.0, square / n - float((total / n).square().sum()))
    if math.sqrt(variance) <= norm * ROUNDING:
        # Outputs that differ by rounding alone are one output.
        return Outputs(np.repeat(every[:1], n, axis=0), norm, 0.0)
    return Outputs(every, norm, variance)


def total_variance(images: Any) -> float:
    """Of images (n, c, h, w), perhaps held in a file: the variances of their values, summed."""
    size = int(np.prod(images.shape[1:]))
    mean, squares = np.zeros(size), np.zeros(size)
    for each in _flat(images):
        mean += each
    mean /= len(images)
    for each in _flat(images):
        squares += np.square(each - mean)
    return float(sum((part / len(images)).sum() for part in np.array_split(squares, 16)))


def _flat(images: Any) -> Iterator[NDArray[np.float32]]:
    return (each.reshape(-1) for block in blocks(images) for each in block)


def reference_gap(reference: Real | None, *, blocks: int, block: int, seed: int) -> NDArray[np.float32]:
    """How near each real record's nearest other of its block is, see `Latents`; empty if there are too few records.

    Args:
        reference: real images (n, c, h, w).
        blocks: how many at most.
        block: records in each.
        seed: chooses the records.
    """
    import torch

    if reference is None or len(reference.samples) < block:
        return np.empty(0, np.float32)
    chosen = np.random.default_rng(seed).permutation(len(reference.samples))[: blocks * block]
    pieces = max(8, -(-len(chosen) // at_once(reference.samples.shape[1:])))
    parts = np.array_split(chosen, pieces)
    outputs = np.concatenate([_coarse(torch.from_numpy(read(reference.samples, part))) for part in parts if len(part)])
    if typical_distance(outputs) == 0:
        return np.empty(0, np.float32)
    return partners(outputs=outputs, inputs=None, block=block).gap.astype(np.float32)


def _coarse(images: "Tensor") -> NDArray[np.float64]:
    # Rounded to single precision, so that real records and outputs are compared alike.
    coarse: NDArray[np.float64] = pixel_features(images.float(), COARSE).cpu().numpy().astype(np.float64)
    return coarse
