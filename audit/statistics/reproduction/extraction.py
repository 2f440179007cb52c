"""Records that a model gives back when it is given their beginning, within a number of tries: (n, p)-discoverable.

With p_z the chance that one try continues a beginning exactly as the record does, n tries bring the rest out at
least once with chance 1 − (1 − p_z)ⁿ.

Reference: Hayes et al. 2024, arXiv:2410.19482.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def tries(*, chance: float, p: float) -> int:
    """The fewest tries in which a record comes out with chance p, where one try brings it out with `chance`.

    Raises:
        ValueError: if either is not between 0 and 1.
    """
    if not 0 < chance < 1 or not 0 < p < 1:
        raise ValueError(f"expected chances between 0 and 1, got {chance} and {p}")
    return math.ceil(math.log1p(-p) / math.log1p(-chance))


def discoverable(nats: Floats, *, n: int, p: float) -> NDArray[np.bool_]:
    """Which records come out within n tries with chance p or more.

    Args:
        nats: (m,), log p_z of each; −inf where the model never continues so.
        n: tries.
        p: the chance, between 0 and 1.
    """
    # 1 − (1 − p_z)ⁿ ≥ p, solved for p_z, so that nothing is lost where p_z is tiny.
    least = -math.expm1(math.log1p(-p) / n)
    found: NDArray[np.bool_] = nats >= math.log(least)
    return found
