"""Vendi scores: the exponential of the entropy of a normalised kernel matrix's eigenvalues.

Reference: Friedman & Dieng 2023, arXiv:2210.02410; Pasarkar & Dieng 2024 (orders other than 1), arXiv:2310.12952.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def vendi_from_kernel(kernel: ArrayLike, *, order: float = 1.0) -> float:
    """Of a positive semidefinite matrix (n, n) with ones on its diagonal; between 1 and n, higher is more diverse.

    Args:
        kernel: similarities.
        order: 0 counts, 1 is Shannon's, 2 is that of RKE, infinity looks at the commonest kind alone.

    Raises:
        ValueError: if the matrix is not square or the order is negative.
    """
    matrix = np.asarray(kernel, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"expected a square kernel matrix, got shape {matrix.shape}")
    if order == 2:
        return float(np.trace(matrix) ** 2 / np.square(matrix).sum())
    return hill_number(np.linalg.eigvalsh(matrix), order=order)


def vendi_from_features(features: ArrayLike, *, order: float = 1.0) -> float:
    """Under the cosine kernel, from its d × d dual where that is smaller: time n d², and the n × n matrix never exists.

    Args:
        features: (n, d); rows of zeros are left out, as they have no direction.
        order: see `vendi_from_kernel`.

    Raises:
        ValueError: if no row has a direction.
    """
    rows = np.asarray(features, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1)
    rows = rows[lengths > 0] / lengths[lengths > 0][:, None]
    if not len(rows):
        raise ValueError("expected at least one row that is not zero; a cosine needs a direction")
    product = rows.T @ rows if rows.shape[1] < len(rows) else rows @ rows.T
    return vendi_from_kernel(product / len(rows), order=order)


def hill_number(weights: ArrayLike, *, order: float = 1.0) -> float:
    """The effective number of kinds with these weights, of any sum: exp of Rényi's entropy of the order.

    Reference: Hill 1973, doi:10.2307/1934352.
    """
    if order < 0:
        raise ValueError(f"expected an order of at least 0, got {order}")
    values = np.asarray(weights, dtype=np.float64)
    # Rounding gives tiny values of either sign where there are none; they would count as kinds at order 0.
    values = values[values > len(values) * np.finfo(np.float64).eps * values.max()]
    shares = values / values.sum()
    if order == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    if math.isinf(order):
        return float(1 / shares.max())
    return float((shares**order).sum() ** (1 / (1 - order)))
