"""The groups of generated samples as a judge sees them, and how often the judge errs.

The judge is kernel ridge classification on random landmarks: closed form, hence the same on every run, and small enough
to be saved as four plain arrays which numpy and torch can apply again without unpickling anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One attribute of the reference: `labels` (m,) index its `classes`; `counts` (K,) are of the whole reference."""

    attribute: str
    classes: tuple[str, ...]
    labels: Ints
    counts: Ints


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
    """The groups of one attribute; see `collect_judged`.

    Raises:
        Unavailable: if there is nothing to tell apart, too few members to measure an error rate, or constant features.
        ValueError: if shapes or labels do not fit together.
    """
    asked = Labelled(attribute, classes, np.asarray(labels, dtype=np.int64), np.asarray(reference_counts))
    (found,) = collect_judged(generated=generated, reference=reference, attributes=[asked], rng=rng)
    if isinstance(found, Unavailable):
        raise found
    return found


def collect_judged(
    *,
    generated: NDArray[np.float64],
    reference: NDArray[np.float64],
    attributes: Sequence[Labelled],
    rng: np.random.Generator,
) -> list[Groups | Unavailable]:
    """Fit judges on the labelled reference, measure their errors out of fold, and let them name the generated samples.

    All attributes share landmarks and folds, so that the costly products are made once. The judge that names the
    generated samples has seen all of the training part; those whose errors are counted have seen the labels of four
    fifths of it, so the error rates are slightly pessimistic.

    Args:
        generated: (n, d) features.
        reference: (m, d) features of the labelled reference, by the same map.
        attributes: what to tell apart.
        rng: chooses folds, landmarks and, above `TRAINING` samples, the part to learn from.

    Returns:
        for each attribute its groups, or why they cannot be told apart.

    Raises:
        ValueError: if shapes or labels do not fit together.
    """
    refused = [_refusal(generated, reference, each) for each in attributes]
    chosen = [each for each, why in zip(attributes, refused, strict=True) if why is None]
    judged = iter(_judged(generated, reference, chosen, rng) if chosen else [])
    return [next(judged) if why is None else why for why in refused]


def _judged(
    generated: NDArray[np.float64],
    reference: NDArray[np.float64],
    attributes: Sequence[Labelled],
    rng: np.random.Generator,
) -> list[Groups]:
    gamma = 1.0 / _mean_square_distance(reference)
    labels = np.stack([each.labels for each in attributes])  # (A, m)
    if labels.shape[1] > TRAINING:
        part = _stratified_part(labels[0], TRAINING, rng)
        reference, labels = reference[part], labels[:, part]
    folds = _folds(labels, rng)
    landmarks = reference
    if len(reference) > LANDMARKS:
        landmarks = reference[np.sort(rng.choice(len(reference), LANDMARKS, replace=False))]
    signs = [
        2.0 * (row[:, None] == np.arange(len(each.classes))) - 1 for row, each in zip(labels, attributes, strict=True)
    ]
    ends = np.cumsum([part.shape[1] for part in signs])[:-1]
    whole, held_out = _ridges(_kernel(reference, landmarks, gamma), np.hstack(signs), folds)
    scored = np.split(_scores({"landmarks": landmarks, "gamma": np.array(gamma), **whole}, generated), ends, axis=1)
    found = []
    for index, (each, out_of_fold) in enumerate(zip(attributes, np.split(held_out, ends, axis=1), strict=True)):
        own = {name: np.split(whole[name], ends, axis=-1)[index] for name in ("weights", "intercept")}
        judge = {"landmarks": landmarks, "gamma": np.array(gamma), **own}
        confusion = np.zeros((len(each.classes), len(each.classes)), dtype=np.int64)
        np.add.at(confusion, (labels[index], out_of_fold.argmax(axis=1)), 1)
        found.append(
            Groups(
                names=each.classes,
                predicted=scored[index].argmax(axis=1).astype(np.int64),
                confusion=confusion,
                reference_counts=np.asarray(each.counts, dtype=np.int64),
                judge=f"kernel ridge classifier on {len(landmarks):,} landmarks, "
                f"fitted to {len(reference):,} labelled reference samples",
                parameters=_sharpened(judge, _sharpness(out_of_fold, labels[index])),
                reference=each.labels,
                attribute=each.attribute,
            )
        )
    return found


def _ridges(
    kernel: NDArray[np.float64], signs: NDArray[np.float64], folds: Sequence[Ints]
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Ridge regressions of all signs (m, C) on the kernel (m, l): of all rows, and the scores (m, C) out of fold.

    The sums over the rows outside a fold are those over all rows less those inside it.
    """
    sums = _Sums.of(kernel, signs)
    whole = _solved(sums)
    held_out = np.empty_like(signs)
    for rows in folds:
        ridge = _solved(sums.without(_Sums.of(kernel[rows], signs[rows])))
        held_out[rows] = kernel[rows] @ ridge["weights"] + ridge["intercept"]
    return whole, held_out


class _Sums(NamedTuple):
    """What a ridge regression needs of its rows: their number, sums and products."""

    n: int
    kernel: NDArray[np.float64]
    signs: NDArray[np.float64]
    gram: NDArray[np.float64]
    cross: NDArray[np.float64]

    @classmethod
    def of(cls, kernel: NDArray[np.float64], signs: NDArray[np.float64]) -> "_Sums":
        return cls(len(kernel), kernel.sum(axis=0), signs.sum(axis=0), kernel.T @ kernel, kernel.T @ signs)

    def without(self, part: "_Sums") -> "_Sums":
        return _Sums(self.n - part.n, *(ours - theirs for ours, theirs in zip(self[1:], part[1:], strict=True)))


def _solved(sums: _Sums) -> dict[str, NDArray[np.float64]]:
    """Weights (l, C) and intercept (C,) of a ridge regression with a free intercept."""
    from scipy.linalg import solve

    middle, level = sums.kernel / sums.n, sums.signs / sums.n
    gram = sums.gram - sums.n * np.outer(middle, middle)
    gram[np.diag_indices_from(gram)] += RIDGE
    weights = solve(gram, sums.cross - sums.n * np.outer(middle, level), assume_a="pos")
    return {"weights": weights, "intercept": level - middle @ weights}


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


def _refusal(generated: NDArray[np.float64], reference: NDArray[np.float64], asked: Labelled) -> Unavailable | None:
    """Why no judge can tell these groups apart; None if one can.

    Raises:
        ValueError: if shapes or labels do not fit together.
    """
    labels, classes = asked.labels, asked.classes
    if len(labels) == 0:
        return Unavailable("the reference carries no labels, so no judge of groups can be fitted: give labelled data")
    if len(labels) != len(reference) or len(asked.counts) != len(classes):
        raise ValueError(
            f"expected a label for each of {len(reference)} reference samples and a count for each of {len(classes)} "
            f"classes, got {len(labels)} labels and {len(asked.counts)} counts"
        )
    if generated.shape[1] != reference.shape[1]:
        raise ValueError(f"expected {reference.shape[1]} features a generated sample, got {generated.shape[1]}")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(f"expected labels in 0…{len(classes) - 1}, got {labels.min()}…{labels.max()}")
    if len(classes) < 2:
        return Unavailable(f"the reference has one group only ({classes[0]}): there are no shares to compare")
    members = np.bincount(labels, minlength=len(classes))
    if members.min() < FOLDS:
        few = ", ".join(f"{classes[k]} ({members[k]})" for k in np.flatnonzero(members < FOLDS))
        return Unavailable(
            f"a judge's error rate needs at least {FOLDS} labelled reference samples a group, got fewer of: {few}; "
            "label more of them, or merge or leave out these groups"
        )
    if not (np.isfinite(reference).all() and np.isfinite(generated).all()):
        return Unavailable(
            "some features are not finite numbers, so no judge can use them: look at the generated values"
        )
    if np.ptp(reference, axis=0).max() == 0:
        return Unavailable("all reference samples have the same features, so no judge can tell groups apart")
    return None


def _mean_square_distance(features: NDArray[np.float64]) -> float:
    # Over all pairs of different samples it is twice the summed variance of the features.
    return float(2.0 * features.var(axis=0, ddof=1).sum())


def _stratified_part(labels: Ints, size: int, rng: np.random.Generator) -> Ints:
    order = rng.permutation(len(labels))
    share = size / len(labels)
    keep = [members[: max(FOLDS, round(share * len(members)))] for members in _by_class(labels, order)]
    return np.sort(np.concatenate(keep))


def _folds(labels: Ints, rng: np.random.Generator) -> list[Ints]:
    """Rows of each fold; every group of the first attribute is spread evenly, and of the others nearly so."""
    shuffled = rng.permutation(labels.shape[1])
    order = shuffled[np.lexsort(labels[::-1, shuffled])]
    return [np.sort(order[fold::FOLDS]).astype(np.int64) for fold in range(FOLDS)]


def _by_class(labels: Ints, order: Ints) -> list[Ints]:
    return [order[labels[order] == label] for label in np.unique(labels)]


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


def _sharpness(scores: NDArray[np.float64], labels: Ints) -> float:
    """The factor on ridge scores (m, K) that makes their softmax the likeliest for the labels (m,) held out."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def surprise(log_factor: float) -> float:
        return -float(log_softmax(np.exp(log_factor) * scores, axis=1)[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 5.0), method="bounded").x))


def _sharpened(judge: Judge, factor: float) -> Judge:
    return {**judge, "weights": judge["weights"] * factor, "intercept": judge["intercept"] * factor}
