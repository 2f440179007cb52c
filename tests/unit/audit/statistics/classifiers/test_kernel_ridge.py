"""Regressions from one pass equal those that are fitted anew without each fold."""

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.statistics.classifiers.kernel_ridge import gaussian, ridge_in_folds, varying

PENALTY = 1e-2
Matrix = NDArray[np.float64]


def fitted(kernel: Matrix, signs: Matrix) -> tuple[Matrix, Matrix]:
    """Ridge regression with an intercept that is not penalised, from the centred rows."""
    middle, level = kernel.mean(axis=0), signs.mean(axis=0)
    centred = kernel - middle
    weights = np.linalg.solve(centred.T @ centred + PENALTY * np.eye(kernel.shape[1]), centred.T @ (signs - level))
    return weights, level - middle @ weights


@pytest.mark.parametrize("landmarks", [[4, 4, 4], [0, 7, 2], [9, 0, 0]])
def test_each_fold_is_scored_without_its_records_and_its_landmarks(landmarks: list[int]) -> None:
    rng = np.random.default_rng(sum(landmarks))
    folds = [rng.normal(size=(size, 3)) for size in (20, 21, 19)]
    points = np.vstack([fold[:size] for fold, size in zip(folds, landmarks, strict=True)])
    kernels = [gaussian(fold, points, 0.5) for fold in folds]
    signs = [rng.normal(size=(len(fold), 2)) for fold in folds]
    ends = np.cumsum(landmarks).tolist()
    if max(landmarks) == len(points):
        with pytest.raises(ValueError, match="landmarks"):
            ridge_in_folds(kernels, signs, ends=ends, penalty=PENALTY)
        return
    whole, scores = ridge_in_folds(kernels, signs, ends=ends, penalty=PENALTY)
    weights, intercept = fitted(np.vstack(kernels), np.vstack(signs))
    assert whole.weights == pytest.approx(weights, rel=1e-7, abs=1e-9)
    assert whole.intercept == pytest.approx(intercept, rel=1e-7, abs=1e-9)
    for at, (kernel, end) in enumerate(zip(kernels, ends, strict=True)):
        others = np.setdiff1d(np.arange(len(points)), np.arange(end - landmarks[at], end))
        rest = [other for index, other in enumerate(kernels) if index != at]
        told = [other for index, other in enumerate(signs) if index != at]
        weights, intercept = fitted(np.vstack(rest)[:, others], np.vstack(told))
        assert scores[at] == pytest.approx(kernel[:, others] @ weights + intercept, rel=1e-7, abs=1e-9)


def test_kernels_are_those_of_the_distances() -> None:
    rng = np.random.default_rng(0)
    x = np.hstack([rng.normal(size=(300, 4)), np.full((300, 2), 0.7)])
    plain = np.exp(-0.3 * np.square(x[:, None] - x[None, :7]).sum(axis=2))
    columns = varying(x)
    assert columns is not None
    assert columns.tolist() == [0, 1, 2, 3]
    assert varying(x[:, :4]) is None
    rows = np.array([5, 2, 280])
    assert gaussian(x, x[:7], 0.3) == pytest.approx(plain, rel=1e-12)
    assert gaussian(x, x[:7, columns], 0.3, rows=rows, columns=columns) == pytest.approx(plain[rows], rel=1e-12)
