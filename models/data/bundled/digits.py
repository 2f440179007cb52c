"""`digits`: real handwritten digits that come with scikit-learn."""

import numpy as np

from ...records import Attribute, Records


def records() -> Records:
    """All digits, float32 (1797, 1, 8, 8), with the group `class`."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    # Each pixel counts the dark ones among 16, so 16 is full ink.
    samples = (bundle.images[:, None] / 16).astype(np.float32)
    names = tuple(str(digit) for digit in range(10))
    return Records("image", samples, {"class": Attribute(names, bundle.target.astype(np.int64))})
