"""Means and covariances of the halves of a sample, for many random cuts at the price of a few.

Of both halves the products of only one are summed: with those of the other they add up to those of the whole. And cuts
are taken several at a time: c cuts divide the records into 2ᶜ classes by the halves they fall into, the products of
each class are summed once, and every half of these cuts is the sum of half of the classes.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .frechet import Moments, Values, moments, scatter

Indices = NDArray[np.int64]

TOGETHER = 4
"""Cuts that are best taken at once: more make classes too small for a fast product."""


def half_moments(points: Values, orders: Sequence[Indices], half: int) -> Iterator[tuple[Moments, Moments]]:
    """The moments of both halves in each cut; of covariances the lower halves alone, and above them whatever.

    Args:
        points: (n, d).
        orders: of each cut, 2 · half different rows: those of the first half, then those of the second.
        half: records in a half, at least 2.
    """
    if len(points) > 2 * half + 1:
        yield from ((moments(points[order[:half]]), moments(points[order[half:]])) for order in orders)
        return
    # About their mean, or differences of sums would lose digits.
    centre = points.mean(axis=0)
    centred = points - centre
    whole = centred.sum(axis=0), scatter(centred, np.zeros_like(centre)).T
    for start in range(0, len(orders), TOGETHER):
        some = orders[start : start + TOGETHER]
        for order, total, products in zip(some, *_first_halves(centred, some, half), strict=True):
            second = whole[0] - total, whole[1] - products
            if len(order) < len(points):
                (left,) = centred[_left_out(order, len(points))]
                second = second[0] - left, second[1] - np.outer(left, left)
            yield _moments(total, products, half, centre), _moments(*second, half, centre)


def _first_halves(points: Values, orders: Sequence[Indices], half: int) -> tuple[Values, Values]:
    """Of each cut's first half, the sum (cuts, d) and the upper half of the sum of products (cuts, d, d)."""
    from scipy.linalg.blas import dsyrk

    classes = np.zeros(len(points), dtype=np.int64)
    for at, order in enumerate(orders):
        classes[order[:half]] += 1 << at
    count, d = (1 << len(orders)) - 1, points.shape[1]
    sums, products = np.zeros((count, d)), np.zeros((count, d, d))
    # Those of class 0 are in no first half.
    for each in range(count):
        members = points[classes == each + 1]
        if len(members):
            sums[each] = members.sum(axis=0)
            # The lower half of the transpose, which lies in memory as the routine has it.
            dsyrk(1.0, members.T, c=products[each].T, lower=1, overwrite_c=1)
    inside = np.array([(np.arange(1, count + 1) >> at) & 1 for at in range(len(orders))], dtype=np.float64)
    return inside @ sums, (inside @ products.reshape(count, -1)).reshape(-1, d, d)


def _moments(total: Values, products: Values, n: int, centre: Values) -> Moments:
    mean = total / n
    covariance = np.outer(mean, -n * mean)
    covariance += products
    covariance /= n - 1
    return Moments(n, centre + mean, covariance.T)


def _left_out(order: Indices, n: int) -> Indices:
    return np.setdiff1d(np.arange(n), order)
