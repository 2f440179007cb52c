"""What a network must know of the images it is to be trained on."""

import numpy as np

from ...data.datasets import Dataset


def image_shape(data: Dataset) -> tuple[int, int, int]:
    """Channels, height and width."""
    channels, height, width = data.samples.shape[1:]
    return channels, height, width


def grey_levels(data: Dataset) -> int:
    """How many equal steps lead from 0 to 1 in these images: 1, 16 (bundled digits), or 255 for all others."""
    for levels in (1, 16):
        scaled = data.samples[:1000] * levels
        if np.abs(scaled - scaled.round()).max() < 1e-4:
            return levels
    return 255
