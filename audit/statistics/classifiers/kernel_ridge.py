"""Kernel ridge regression on landmarks that are samples too, of all folds and of all but each, from one pass.

What a fold's regression needs are sums over the records of the others: those of all records less its own. Landmarks lie
in the order of the folds, so that leaving out those of one leaves blocks of the matrix of products, of which only the
lower half is ever computed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# So many records at a time that their kernel stays in the cache from the product to the end.
_ROWS = 128


class Ridge(NamedTuple):
    """Scores are kernel (n, l) @ `weights` (l, C) + `intercept` (C,)."""

    weights: Floats
    intercept: Floats


class _Sums(NamedTuple):
    """What a ridge regression needs of its rows: their number, sums and products; of `gram` the lower half."""

    n: int
    kernel: Floats
    signs: Floats
    gram: Floats
    cross: Floats

    @classmethod
    def of(cls, kernel: Floats, signs: Floats) -> "_Sums":
        from scipy.linalg.blas import dsyrk

        gram = dsyrk(1.0, kernel.T, lower=1)
        return cls(len(kernel), kernel.sum(axis=0), signs.sum(axis=0), gram, kernel.T @ signs)

    @classmethod
    def added(cls, parts: "Sequence[_Sums]") -> "_Sums":
        total = cls(parts[0].n, *(each.copy(order="K") for each in parts[0][1:]))
        for part in parts[1:]:
            # In place: fresh memory for so large a matrix costs more than the sum.
            for ours, theirs in zip(total[1:], part[1:], strict=True):
                ours += theirs
        return total._replace(n=sum(part.n for part in parts))

    def without(self, part: "_Sums", start: int, end: int, room: Floats) -> "_Sums":
        """Of the other rows, and of the columns outside [start, end); the products lie in `room`."""
        few = len(self.kernel) - (end - start)
        gram = room[: few * few].reshape((few, few), order="F")
        kept, place = (slice(0, start), slice(end, None)), (slice(0, start), slice(start, few))
        for i, j in ((0, 0), (1, 0), (1, 1)):
            np.subtract(self.gram[kept[i], kept[j]], part.gram[kept[i], kept[j]], out=gram[place[i], place[j]])
        kernel, cross = (
            np.delete(whole - less, slice(start, end), axis=0)
            for whole, less in ((self.kernel, part.kernel), (self.cross, part.cross))
        )
        return _Sums(self.n - part.n, kernel, self.signs - part.signs, gram, cross)

    def solved(self, penalty: float) -> Ridge:
        """The regression with a free intercept; it writes over `gram`."""
        from scipy.linalg import cho_factor, cho_solve
        from scipy.linalg.blas import dsyr

        middle, level = self.kernel / self.n, self.signs / self.n
        gram = dsyr(-float(self.n), middle, lower=1, a=self.gram, overwrite_a=1)
        gram[np.diag_indices_from(gram)] += penalty
        factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
        right = self.cross - self.n * np.outer(middle, level)
        weights = np.ascontiguousarray(cho_solve(factor, right, check_finite=False))
        return Ridge(weights, level - middle @ weights)


def ridge_in_folds(
    kernels: Sequence[Floats], signs: Sequence[Floats], *, ends: Sequence[int], penalty: float
) -> tuple[Ridge, list[Floats]]:
    """The regression on all records, and scores (n_f, C) of each fold's records by one that saw nothing of the fold.

    A fold's own landmarks are left out where it is scored: a record that met itself among them would be told by its own
    column, which no new record has.

    Args:
        kernels: (n_f, l) of the records of each fold with all landmarks, which lie in the order of the folds.
        signs: (n_f, C) of the records of each fold, what is to be told.
        ends: for each fold the column after its last landmark.
        penalty: on the squared weights.

    Raises:
        ValueError: if all landmarks are of one fold.
        numpy.linalg.LinAlgError: if the penalty is too small for the products to be invertible.
    """
    if int(np.diff([0, *ends]).max()) == ends[-1]:
        raise ValueError(f"expected landmarks in two folds at least, got them up to {list(ends)}")
    parts = [_Sums.of(kernel, told) for kernel, told in zip(kernels, signs, strict=True)]
    whole, scores, start = _Sums.added(parts), [], 0
    # Memory that is used over and over: to get it anew costs more than to fill it.
    room = np.empty(len(whole.kernel) ** 2)
    for kernel, part, end in zip(kernels, parts, ends, strict=True):
        ridge = whole.without(part, start, end, room).solved(penalty)
        # Weights of 0 rather than a copy of the other columns.
        weights = np.insert(ridge.weights, [start] * (end - start), 0.0, axis=0)
        scores.append(kernel @ weights + ridge.intercept)
        start = end
    return whole.solved(penalty), scores


def gaussian(
    features: Floats, landmarks: Floats, gamma: float, *, rows: Ints | None = None, columns: Ints | None = None
) -> Floats:
    """exp(−gamma ‖x − landmark‖²), (n, l), of features (n, d) and landmarks (l, d), or of some rows and columns alone.

    Args:
        features: of records.
        landmarks: what they are compared with; of the same columns if some are chosen.
        gamma: positive.
        rows: the records to compare; None for all.
        columns: the features to compare by; None for all.
    """
    n = len(features) if rows is None else len(rows)
    kernel, twice = np.empty((n, len(landmarks))), (2 * gamma) * landmarks.T
    own = -gamma * np.square(landmarks).sum(1)
    for start in range(0, n, _ROWS):
        some = slice(start, start + _ROWS)
        few, part = features[some if rows is None else rows[some]], kernel[some]
        if columns is not None:
            few = few.take(columns, axis=1)
        np.matmul(few, twice, out=part)
        part += own
        part -= gamma * np.square(few).sum(1)[:, None]
        np.minimum(part, 0, out=part)
        np.exp(part, out=part)
    return kernel


def varying(features: Floats) -> Ints | None:
    """The columns (k,) in which the rows of `features` (n, d) differ at all; None where that is all of them."""
    some = np.zeros(features.shape[1], dtype=bool)
    for start in range(0, len(features), _ROWS):
        some |= (features[start : start + _ROWS] != features[0]).any(axis=0)
    return None if some.all() else np.flatnonzero(some)
