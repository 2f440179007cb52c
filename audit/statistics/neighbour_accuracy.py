"""The nearest-neighbour two-sample test: how often is a record's nearest neighbour of its own kind?"""

import numpy as np
from numpy.typing import ArrayLike

from .neighbour_graph import balls, crossings, origin, tie_seed
from .neighbours import checked_pair


def neighbour_accuracy(
    *, generated: ArrayLike, reference: ArrayLike, rng: np.random.Generator, device: str = "cpu"
) -> float:
    """Leave-one-out accuracy of the nearest-neighbour classifier of real and generated records, in [0, 1].

    Above `expected_accuracy`: they differ. Below it: generated records lie closer to real ones than those lie to each
    other, as copies do. Equal distances are put in random order.

    Args:
        generated: (m, d), at least two rows.
        reference: (n, d), at least two rows.
        rng: orders equal distances.
        device: where torch multiplies.

    Raises:
        ValueError: on wrong shapes, values that are not finite, or fewer rows.

    Reference: Schilling 1986, doi:10.1080/01621459.1986.10478337; Lopez-Paz & Oquab 2017, arXiv:1610.06545.
    """
    x, y = checked_pair(generated=generated, reference=reference, k=1)
    seed, centre = tie_seed(rng), origin(x)
    real = balls(x, depth=1, first=0, seed=seed, centre=centre, device=device)
    fake = balls(y, depth=1, first=len(x), seed=seed, centre=centre, device=device)
    wrong_real, wrong_fake = np.zeros(len(x), bool), np.zeros(len(y), bool)
    for block in crossings(real, fake, k=1, depth=1, seed=seed):
        wrong_real[block.forward.ball] = True  # Some generated record is nearer than every other real one.
        wrong_fake[block.backward.ball] = True
    return float(1 - (wrong_real.sum() + wrong_fake.sum()) / (len(x) + len(y)))


def expected_accuracy(*, generated: int, reference: int) -> float:
    """The accuracy if both sets have one law: each of the n + m - 1 others is as likely to be the nearest."""
    m, n = generated, reference
    return (n * (n - 1) + m * (m - 1)) / ((n + m) * (n + m - 1))
