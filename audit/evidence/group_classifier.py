"""A classifier that tells groups apart, and what it says of labelled samples that it has not seen.

It is kernel ridge classification on random landmarks: closed form, hence the same on every run, and small enough to be
saved as four plain arrays which numpy and torch can apply again without unpickling anything.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..statistics.classifiers.kernel_ridge import gaussian, ridge_in_folds, varying
from .bundle import Ints

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]

LANDMARKS = 2_000
"""Reference samples that the classifier compares with: MNIST gained 0.35 points from 1,000 to 2,000, for some time."""

RIDGE = 1e-3
"""Penalty on the squared weights. Accuracy on digits and MNIST is flat between 1e-4 and 1e-2."""

BLOCK = 2_048
"""Samples classified at a time, so that memory does not grow with their number."""

# Samples, and features, that are looked at together.
_ROWS, _COLUMNS = 256, 64
# Rounding in single precision, and so many standard errors that no sum of roundings is beyond.
_UNIT, _SURE = 2.0**-24, 8.0
# A kernel whose relative error may be larger says nothing.
_MOST = 0.1

Classifier = Mapping[str, NDArray[Any]]
"""`landmarks` (m, d), `gamma` (), `weights` (m, C), `intercept` (C,): see `classifier_scores`."""


def fit(
    features: Floats, signs: Floats, *, folds: Sequence[Ints], rng: np.random.Generator
) -> tuple[Classifier, Floats]:
    """A classifier fitted to all samples, and scores (m, C) of each sample by one that has seen nothing of its fold.

    Landmarks are samples too; see `ridge_in_folds` for what becomes of a fold's own where it is scored.

    Args:
        features: (m, d) of labelled samples.
        signs: (m, C), 1 for members of a class and −1 for others.
        folds: the rows of each fold.
        rng: chooses landmarks where there are more samples than `LANDMARKS`.
    """
    gamma = 1.0 / _mean_square_distance(features)
    landmarks, ends = _landmarks(len(features), folds, rng)
    columns, points = varying(features), features[landmarks]
    seen = points if columns is None else points[:, columns]
    kernels = [gaussian(features, seen, gamma, rows=fold, columns=columns) for fold in folds]
    ridge, scores = ridge_in_folds(kernels, [signs[fold] for fold in folds], ends=ends, penalty=RIDGE)
    held_out = np.empty_like(signs)
    for fold, said in zip(folds, scores, strict=True):
        held_out[fold] = said
    order = np.argsort(landmarks)
    weights = {"weights": ridge.weights[order], "intercept": ridge.intercept}
    return {"landmarks": points[order], "gamma": np.array(gamma), **weights}, held_out


def _landmarks(size: int, folds: Sequence[Ints], rng: np.random.Generator) -> tuple[Ints, list[int]]:
    """Which of `size` samples are landmarks, those of the first fold first, and how many there are up to each fold."""
    chosen = np.zeros(size, dtype=bool)
    chosen[rng.choice(size, LANDMARKS, replace=False) if size > LANDMARKS else slice(None)] = True
    own = [fold[chosen[fold]] for fold in folds]
    return np.concatenate(own), np.cumsum([len(each) for each in own]).tolist()


def classifier_scores(parameters: Classifier, features: NDArray[np.floating[Any]]) -> Floats:
    """Log-probabilities of each group, (n, C), of a saved classifier; features (n, d).

    log softmax(exp(−gamma ‖x − landmark‖²) · weights + intercept), the sharpness of the softmax fitted out of fold.
    """
    from scipy.special import log_softmax

    scores: Floats = log_softmax(raw_scores(parameters, features), axis=1)
    return scores


def classifier_scores_torch(parameters: Classifier, features: "Tensor") -> "Tensor":
    """The same as `classifier_scores`, differentiable in `features` (n, d), in their dtype and on their device."""
    import torch

    landmarks, gamma, weights, intercept = (
        torch.as_tensor(np.asarray(parameters[name]), dtype=features.dtype, device=features.device)
        for name in ("landmarks", "gamma", "weights", "intercept")
    )
    # Not torch.cdist: its gradient is undefined where a sample meets a landmark.
    squared = features.square().sum(1, keepdim=True) + landmarks.square().sum(1) - 2 * features @ landmarks.T
    return torch.log_softmax(torch.exp(-gamma * squared.clamp(min=0)) @ weights + intercept, dim=1)


def raw_scores(parameters: Classifier, features: NDArray[np.floating[Any]]) -> Floats:
    """Scores (n, C) before they are made log-probabilities; features (n, d)."""
    landmarks, gamma = parameters["landmarks"], float(parameters["gamma"])
    scores = np.empty((len(features), len(parameters["intercept"])))
    for start in range(0, len(features), BLOCK):
        block = np.asarray(features[start : start + BLOCK], dtype=np.float64)
        scores[start : start + BLOCK] = gaussian(block, landmarks, gamma) @ parameters["weights"]
    return scores + parameters["intercept"]


def named(classifiers: Sequence[Classifier], features: NDArray[np.floating[Any]]) -> list[Ints]:
    """By each classifier, the group with the highest of the `raw_scores` of each sample, (n,); features (n, d).

    In single precision, and again in double where that cannot tell the two highest scores apart. The classifiers have
    landmarks and gamma in common, so that they are compared with them once.
    """
    together = {
        name: np.concatenate([each[name] for each in classifiers], axis=-1) for name in ("weights", "intercept")
    }
    together |= {name: classifiers[0][name] for name in ("landmarks", "gamma")}
    ends = np.cumsum([len(each["intercept"]) for each in classifiers])[:-1]
    groups, rough = [np.empty(len(features), dtype=np.int64) for _ in classifiers], _Rough(together)
    for start in range(0, len(features), _ROWS):
        block = np.asarray(features[start : start + _ROWS], dtype=np.float64)
        scores, error = rough.scores(block)
        unsure = ~np.all([_lead(part) > 2 * error for part in np.split(scores, ends, axis=1)], axis=0)
        if unsure.any():
            scores[unsure] = raw_scores(together, block[unsure])
        for own, part in zip(groups, np.split(scores, ends, axis=1), strict=True):
            own[start : start + _ROWS] = part.argmax(axis=1)
    return groups


def _lead(scores: Floats) -> Floats:
    """By how much the highest score of each row exceeds the next."""
    if scores.shape[1] == 1:
        return np.full(len(scores), np.inf)
    highest = np.partition(scores, -2, axis=1)[:, -2:]
    with np.errstate(invalid="ignore"):
        return np.asarray(highest[:, 1] - highest[:, 0])


class _Rough:
    """A classifier whose kernel is computed in single precision, about the middle of its landmarks.

    Roundings go either way: a sum of d products errs by √d units rather than d, and the errors of landmarks add up by
    their squares. `_SURE` times as much is never met.

    Reference: Higham & Mary 2019, doi:10.1137/18M1226312.
    """

    def __init__(self, parameters: Classifier) -> None:
        landmarks, weights = parameters["landmarks"], parameters["weights"]
        self.root, self.centre = np.sqrt(float(parameters["gamma"])), landmarks.mean(axis=0)
        self.weights, self.intercept = weights, parameters["intercept"]
        self.largest = np.square(weights).max(axis=1).astype(np.float32)
        # Where landmarks do not differ, they are at the centre, and add nothing to a product.
        self.columns = varying(landmarks)
        with np.errstate(over="ignore", invalid="ignore"):
            points = (landmarks - self.centre) * self.root
            # Twice as much is exact, and saves a pass over every kernel.
            self.twice, self.lengths = 2 * self._rounded(points), np.square(points).sum(1)
            self.far = np.square(landmarks * self.root).sum(1).max()

    def _rounded(self, points: Floats) -> NDArray[np.float32]:
        return (points if self.columns is None else points.take(self.columns, axis=1)).astype(np.float32)

    def scores(self, features: Floats) -> tuple[Floats, Floats]:
        """Scores (n, C), and by how much each sample's may err, (n,); infinitely where nothing can be said."""
        with np.errstate(over="ignore", invalid="ignore"):
            points = (features - self.centre) * self.root
            lengths = np.square(points).sum(1)
            kernel = self._rounded(points) @ self.twice.T
            kernel -= lengths.astype(np.float32)[:, None]
            kernel -= self.lengths.astype(np.float32)
            np.exp(np.minimum(kernel, 0, out=kernel), out=kernel)
            scores = kernel.astype(np.float64) @ self.weights + self.intercept
            np.square(kernel, out=kernel)
            adding_up = np.sqrt(kernel @ self.largest, dtype=np.float64)
            digits = np.sqrt(features.shape[1])
            units = digits * (lengths + self.lengths.max()) + 8
            # What double precision itself leaves of distances, taken about 0 there.
            left = digits * _UNIT * (np.square(features * self.root).sum(1) + self.far)
            relative = _SURE * _UNIT * (units + left)
            return scores, np.where(relative < _MOST, relative * adding_up, np.inf)


def sharpened(parameters: Classifier, held_out: Floats, labels: Ints) -> Classifier:
    """The classifier whose probabilities fit the scores (m, C) held out and their labels (m,) best."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def surprise(log_factor: float) -> float:
        return -float(log_softmax(np.exp(log_factor) * held_out, axis=1)[np.arange(len(labels)), labels].mean())

    factor = float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 5.0), method="bounded").x))
    return {
        **parameters,
        "weights": parameters["weights"] * factor,
        "intercept": parameters["intercept"] * factor,
    }


def _mean_square_distance(features: Floats) -> float:
    # Over all pairs of different samples it is twice the summed variance of the features; a few of these at a time.
    some = range(0, features.shape[1], _COLUMNS)
    return float(2.0 * np.concatenate([features[:, at : at + _COLUMNS].var(axis=0, ddof=1) for at in some]).sum())
