"""Collect features: one fixed map from images to vectors, the same for generated and real ones.

The map never learns from the data. A map fitted on the reference would treat the reference as special and so break the
exchangeability on which the perfect-generator values rest.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .bundle import Features, Generated, Real
from .unavailable import Unavailable

if TYPE_CHECKING:
    from torch import Tensor

MAX_VALUES = 1024
"""Pixels are averaged in squares until an image has at most this many values."""


def pooling(shape: tuple[int, ...]) -> int:
    """Edge of the smallest squares whose averages describe an image (c, h, w) in at most `MAX_VALUES` values."""
    channels, height, width = shape
    edge = 1
    while channels * -(-height // edge) * -(-width // edge) > MAX_VALUES and edge < max(height, width):
        edge += 1
    return edge


def pixel_features(images: "Tensor") -> "Tensor":
    """Images (n, c, h, w) to pixel values (n, d), averaged in squares where there are many; differentiable."""
    import torch.nn.functional as F

    edge = pooling(tuple(images.shape[1:]))
    if edge > 1:
        images = F.avg_pool2d(images, edge, ceil_mode=True, count_include_pad=False)
    return images.flatten(1)


def collect_features(generated: Generated, reference: Real | None, holdout: Real | None) -> Features:
    """Features of all samples at hand.

    Raises:
        Unavailable: without reference data.
    """
    if reference is None:
        raise Unavailable("there is no reference data to compare with; give it with --reference")
    edge = pooling(generated.samples.shape[1:])
    unit = "pixel values" if edge == 1 else f"pixel values averaged in squares of {edge} × {edge}"
    return Features(
        generated=_extract(generated.samples),
        reference=_extract(reference.samples),
        holdout=_extract(holdout.samples) if holdout is not None else np.empty((0, 0)),
        extractor=unit,
    )


def _extract(images: NDArray[np.float32]) -> NDArray[np.float64]:
    import torch

    with torch.no_grad():
        # Through float32 on purpose: this is what is saved, and a reloaded audit must see the same bits.
        values: NDArray[Any] = pixel_features(torch.from_numpy(images)).numpy()
    return values.astype(np.float64)
