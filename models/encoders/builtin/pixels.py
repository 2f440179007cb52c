"""Images as vectors: their pixels, averaged in squares where there are many."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

MAX_VALUES = 1024
"""Pixels are averaged in squares until an image has at most this many values."""


SMALL = 64
"""Edge of pictures of which it is not said at which size they are seen."""


def pooling(shape: tuple[int, ...], most: int = MAX_VALUES) -> int:
    """Edge of the smallest squares whose averages describe an image (c, h, w) in at most `most` values."""
    channels, height, width = shape
    edge = 1
    while channels * -(-height // edge) * -(-width // edge) > most and edge < max(height, width):
        edge += 1
    return edge


def pixel_features(images: "Tensor", most: int = MAX_VALUES) -> "Tensor":
    """Images (n, c, h, w) to pixel values (n, d), averaged in squares where there are many; differentiable."""
    import torch.nn.functional as F

    edge = pooling(tuple(images.shape[1:]), most)
    if edge > 1:
        images = F.avg_pool2d(images, edge, ceil_mode=True, count_include_pad=False)
    return images.flatten(1)


def pixel_vectors(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same of arrays; a picture's values do not depend on those beside it."""
    import torch

    with torch.no_grad():
        vectors: NDArray[np.float32] = pixel_features(torch.from_numpy(images)).numpy()
    return vectors


def pixel_words(shape: tuple[int, ...]) -> str:
    """What the features of images (c, h, w) are."""
    edge = pooling(shape)
    if edge == 1:
        return "pixel values"
    height, width = shape[1:]
    said = f"pixel values averaged in squares of {edge} × {edge}"
    seen = f"{-(-height // edge)} × {-(-width // edge)}"
    return f"{said}: pictures of {height} × {width} are seen at {seen}" if max(height, width) > SMALL else said
