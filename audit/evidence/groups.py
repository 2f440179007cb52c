"""The groups of generated samples as a judge sees them, and how often the judge errs.

The judge is kernel ridge classification on random landmarks: closed form, hence the same on every run, and small enough
to be saved as four plain arrays which numpy and torch can apply again without unpickling anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...models.records import Attribute, table_attribute
from .bundle import DECLARED, Groups, Ints
from .unavailable import Unavailable

if TYPE_CHECKING:
    from torch import Tensor

FOLDS = 5
"""Folds of the cross-validation, hence also the smallest class whose error rate can be measured at all."""

LANDMARKS = 2_000
"""Reference samples that the judge compares with: MNIST gained 0.35 points from 1,000 to 2,000, for some time."""

TRAINING = 10_000
"""Reference samples that the judge learns from at most; beyond it the error rates are known well enough."""

RIDGE = 1e-3
"""Penalty on the squared weights. Accuracy on digits and MNIST is flat between 1e-4 and 1e-2."""

BLOCK = 2_048
"""Samples judged at a time, so that memory does not grow with their number."""

Judge = Mapping[str, NDArray[Any]]
"""`landmarks` (m, d), `gamma` (), `weights` (m, K), `intercept` (K,): see `judge_scores`."""


@dataclass(frozen=True, slots=True)
class _Fold:
    scores: NDArray[np.float64]
    labels: Ints


def collect_groups(
    *,
    generated: NDArray[np.float64],
    reference: NDArray[np.float64],
    labels: Ints,
    classes: tuple[str, ...],
    reference_counts: Ints,
    rng: np.random.Generator,
    attribute: str = "class",
) -> Groups:
    """Fit a judge on the labelled reference, measure its errors out of fold, and let it name the generated samples.

    The judge that names the generated samples has seen all of the training part; those whose errors are counted have
    seen four fifths of it, so the error rates are slightly pessimistic.

    Args:
        generated: (n, d) features.
        reference: (m, d) features of the labelled reference, by the same map.
        labels: (m,) indices into `classes`.
        classes: names of the K groups.
        reference_counts: (K,) true groups of the whole reference, of which `reference` may be a part.
        rng: chooses folds, landmarks and, above `TRAINING` samples, the part to learn from.
        attribute: what tells the groups apart.

    Raises:
        Unavailable: if there is nothing to tell apart, too few members to measure an error rate, or constant features.
        ValueError: if shapes or labels do not fit together.
    """
    _check(generated, reference, labels, classes, reference_counts)
    everyone = np.asarray(labels, dtype=np.int64)
    gamma = 1.0 / _mean_square_distance(reference)
    if len(labels) > TRAINING:
        chosen = _stratified_part(labels, TRAINING, rng)
        reference, labels = reference[chosen], labels[chosen]
    folds = [
        _Fold(_scores(_fit(reference[train], labels[train], gamma, rng), reference[test]), labels[test])
        for train, test in _stratified_folds(labels, rng)
    ]
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for fold in folds:
        np.add.at(confusion, (fold.labels, fold.scores.argmax(axis=1)), 1)
    parameters = _sharpened(_fit(reference, labels, gamma, rng), _sharpness(folds))
    return Groups(
        names=classes,
        predicted=judge_scores(parameters, generated).argmax(axis=1).astype(np.int64),
        confusion=confusion,
        reference_counts=np.asarray(reference_counts, dtype=np.int64),
        judge=f"kernel ridge classifier on {len(parameters['landmarks']):,} landmarks, "
        f"fitted to {len(labels):,} labelled reference samples",
        parameters=parameters,
        reference=everyone,
        attribute=attribute,
    )


def read_groups(*, generated: Any, labels: Attribute, reference_counts: Ints, attribute: str) -> Groups:
    """The groups that stand in a column of a generated table, so that nothing need be judged.

    Args:
        generated: a `pandas.DataFrame` with the column that `labels` names.
        labels: the groups of the reference rows at hand.
        reference_counts: (K,) true groups of the whole reference.
        attribute: what tells the groups apart.

    Raises:
        Unavailable: if the generated table has no such column.
    """
    if labels.column is None or labels.column not in generated.columns:
        raise Unavailable(f"the generated table has no column {labels.column or attribute!r} to read groups from")
    found = table_attribute(generated, labels.column, names=labels.names, edges=labels.edges)
    k = len(found.names)
    return Groups(
        names=found.names,
        predicted=found.values,
        confusion=np.zeros((k, k), dtype=np.int64),
        # A value that the reference lacks makes a group more, of which none was wanted.
        reference_counts=np.pad(reference_counts, (0, k - len(reference_counts))).astype(np.int64),
        judge=DECLARED,
        parameters={},
        reference=labels.values,
        attribute=attribute,
    )


def judge_scores(parameters: Judge, features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Log-probabilities of each group, (n, K), of a saved judge; features (n, d).

    log softmax(exp(−gamma ‖x − landmark‖²) · weights + intercept), the sharpness of the softmax fitted out of fold.
    """
    from scipy.special import log_softmax

    scores: NDArray[np.float64] = log_softmax(_scores(parameters, features), axis=1)
    return scores


def judge_scores_torch(parameters: Judge, features: "Tensor") -> "Tensor":
    """The same as `judge_scores`, differentiable in `features` (n, d), in their dtype and on their device."""
    import torch

    landmarks, gamma, weights, intercept = (
        torch.as_tensor(np.asarray(parameters[name]), dtype=features.dtype, device=features.device)
        for name in ("landmarks", "gamma", "weights", "intercept")
    )
    # Not torch.cdist: its gradient is undefined where a sample meets a landmark.
    squared = features.square().sum(1, keepdim=True) + landmarks.square().sum(1) - 2 * features @ landmarks.T
    return torch.log_softmax(torch.exp(-gamma * squared.clamp(min=0)) @ weights + intercept, dim=1)


def _check(
    generated: NDArray[np.float64],
    reference: NDArray[np.float64],
    labels: Ints,
    classes: tuple[str, ...],
    reference_counts: Ints,
) -> None:
    if len(labels) == 0:
        raise Unavailable("the reference carries no labels, so no judge of groups can be fitted: give labelled data")
    if len(labels) != len(reference) or len(reference_counts) != len(classes):
        raise ValueError(
            f"expected a label for each of {len(reference)} reference samples and a count for each of {len(classes)} "
            f"classes, got {len(labels)} labels and {len(reference_counts)} counts"
        )
    if generated.shape[1] != reference.shape[1]:
        raise ValueError(f"expected {reference.shape[1]} features a generated sample, got {generated.shape[1]}")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(f"expected labels in 0…{len(classes) - 1}, got {labels.min()}…{labels.max()}")
    if len(classes) < 2:
        raise Unavailable(f"the reference has one group only ({classes[0]}): there are no shares to compare")
    members = np.bincount(labels, minlength=len(classes))
    if members.min() < FOLDS:
        few = ", ".join(f"{classes[k]} ({members[k]})" for k in np.flatnonzero(members < FOLDS))
        raise Unavailable(
            f"a judge's error rate needs at least {FOLDS} labelled reference samples a group, got fewer of: {few}; "
            "label more of them, or merge or leave out these groups"
        )
    if not (np.isfinite(reference).all() and np.isfinite(generated).all()):
        raise Unavailable(
            "some features are not finite numbers, so no judge can use them: look at the generated values"
        )
    if np.ptp(reference, axis=0).max() == 0:
        raise Unavailable("all reference samples have the same features, so no judge can tell groups apart")


def _mean_square_distance(features: NDArray[np.float64]) -> float:
    # Over all pairs of different samples it is twice the summed variance of the features.
    return float(2.0 * features.var(axis=0, ddof=1).sum())


def _stratified_part(labels: Ints, size: int, rng: np.random.Generator) -> Ints:
    order = rng.permutation(len(labels))
    share = size / len(labels)
    keep = [members[: max(FOLDS, round(share * len(members)))] for members in _by_class(labels, order)]
    return np.sort(np.concatenate(keep))


def _stratified_folds(labels: Ints, rng: np.random.Generator) -> list[tuple[Ints, Ints]]:
    order = np.concatenate(_by_class(labels, rng.permutation(len(labels))))
    return [
        (np.sort(np.delete(order, np.s_[fold::FOLDS])).astype(np.int64), np.sort(order[fold::FOLDS]).astype(np.int64))
        for fold in range(FOLDS)
    ]


def _by_class(labels: Ints, order: Ints) -> list[Ints]:
    return [order[labels[order] == label] for label in np.unique(labels)]


def _fit(features: NDArray[np.float64], labels: Ints, gamma: float, rng: np.random.Generator) -> Judge:
    from sklearn.linear_model import RidgeClassifier

    landmarks = features
    if len(features) > LANDMARKS:
        landmarks = features[np.sort(rng.choice(len(features), LANDMARKS, replace=False))]
    ridge = RidgeClassifier(alpha=RIDGE, solver="cholesky").fit(_kernel(features, landmarks, gamma), labels)
    # The shape of a single score differs between versions of scikit-learn.
    weights, intercept = np.atleast_2d(ridge.coef_).T, np.atleast_1d(ridge.intercept_)
    if weights.shape[1] == 1:  # two groups are told apart by the sign of one score
        weights, intercept = np.hstack([-weights, weights]), np.concatenate([-intercept, intercept])
    return {"landmarks": landmarks, "gamma": np.array(gamma), "weights": weights, "intercept": intercept}


def _scores(parameters: Judge, features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    landmarks, gamma = parameters["landmarks"], float(parameters["gamma"])
    scores = np.empty((len(features), len(parameters["intercept"])))
    for start in range(0, len(features), BLOCK):
        block = np.asarray(features[start : start + BLOCK], dtype=np.float64)
        scores[start : start + BLOCK] = _kernel(block, landmarks, gamma) @ parameters["weights"]
    return scores + parameters["intercept"]


def _kernel(features: NDArray[np.float64], landmarks: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    squared = np.square(features).sum(1)[:, None] + np.square(landmarks).sum(1) - 2 * features @ landmarks.T
    kernel: NDArray[np.float64] = np.exp(-gamma * np.maximum(squared, 0))
    return kernel


def _sharpness(folds: list[_Fold]) -> float:
    """The factor on ridge scores that makes their softmax the likeliest for the labels held out."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    scores = np.concatenate([fold.scores for fold in folds])
    labels = np.concatenate([fold.labels for fold in folds])

    def surprise(log_factor: float) -> float:
        return -float(log_softmax(np.exp(log_factor) * scores, axis=1)[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 5.0), method="bounded").x))


def _sharpened(judge: Judge, factor: float) -> Judge:
    return {**judge, "weights": judge["weights"] * factor, "intercept": judge["intercept"] * factor}
