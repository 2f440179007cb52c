"""The groups of generated samples, read from a table or told apart by a classifier whose errors are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...models.records import Attribute, table_attribute
from ..statistics.shares.confusion import WEAKEST, youden
from .bundle import DECLARED, TOO_FEW, Groups, Ints
from .group_classifier import Classifier, fit, named, sharpened
from .unavailable import Unavailable, Unmeasured

FOLDS = 5
"""Folds of the cross-validation, hence also the smallest group whose error rate can be measured at all."""

TRAINING = 10_000
"""Reference samples that the classifier learns from at most; beyond it the error rates are known well enough."""

NOBODY = -1
"""The label of samples of groups that are too few even together."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One attribute of the reference: `labels` (m,) index its `classes`; `counts` (K,) are of the whole reference."""

    attribute: str
    classes: tuple[str, ...]
    labels: Ints
    counts: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Classes:
    """The classes of one attribute that a classifier learns, after groups that are too few have been put together.

    Args:
        names: the groups, `TOO_FEW` last if there are any.
        learned: how many of them, from the first, are classes of the classifier.
        labels: int64 (m,), of all reference samples, index `names`.
        counts: int64 of each, of the whole reference.
        too_few: see `Groups`.
    """

    names: tuple[str, ...]
    learned: int
    labels: Ints
    counts: Ints
    too_few: Mapping[str, int]


def collect_classified(
    *,
    generated: NDArray[np.float64],
    reference: NDArray[np.float64],
    attributes: Sequence[Labelled],
    rng: np.random.Generator,
) -> list[Groups | Unavailable | Unmeasured]:
    """Fit classifiers to the labelled reference, count their errors out of fold, and let them name generated samples.

    All attributes share landmarks and folds, so that the costly products are made once. The classifier that names the
    generated samples has seen all of the training part; those whose errors are counted have seen four fifths of it, so
    the error rates are slightly pessimistic.

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
    part = np.arange(len(reference))
    if chosen and len(part) > TRAINING:
        part = _stratified_part(chosen[0].labels, TRAINING, rng)
    classes = [_classes(each, part) for each in chosen]
    usable = [each if isinstance(each, Unmeasured) else None for each in classes]
    learned = [(one, each) for one, each in zip(chosen, classes, strict=True) if isinstance(each, _Classes)]
    told = iter(_told_apart(generated, reference, part, learned, rng) if learned else [])
    answers = iter([next(told) if why is None else why for why in usable])
    return [next(answers) if why is None else why for why in refused]


def _told_apart(
    generated: NDArray[np.float64],
    reference: NDArray[np.float64],
    part: Ints,
    attributes: Sequence[tuple[Labelled, _Classes]],
    rng: np.random.Generator,
) -> list[Groups]:
    labels = np.stack([np.where(each.labels < each.learned, each.labels, NOBODY)[part] for _, each in attributes])
    signs = [
        2.0 * (row[:, None] == np.arange(each.learned)) - 1 for row, (_, each) in zip(labels, attributes, strict=True)
    ]
    ends = np.cumsum([each.learned for _, each in attributes])[:-1]
    learning = reference if len(part) == len(reference) else reference[part]
    whole, held_out = fit(learning, np.hstack(signs), folds=_folds(labels, rng), rng=rng)
    apart = np.split(held_out, ends, axis=1)
    learned = []
    for index, (_, each) in enumerate(attributes):
        own = {name: np.split(whole[name], ends, axis=-1)[index] for name in ("weights", "intercept")}
        learned.append(_learned(each, {**whole, **own}, labels[index], apart[index]))
    told = named([each.classifier for each in learned], generated)
    groups = []
    for (asked, classes), classifier, predicted, scores in zip(attributes, learned, told, apart, strict=True):
        found = _groups(asked, classes, classifier, predicted)
        said = _out_of_fold(scores, len(found.told_apart), part, len(reference))
        groups.append(replace(found, out_of_fold=said))
    return groups


def _out_of_fold(held_out: NDArray[np.float64], told: int, part: Ints, size: int) -> Ints:
    """What was said of each of `size` reference records, −1 of those outside `part`.

    Of `held_out` scores (t, C) only the first `told` count: the others' class was given up.
    """
    said = np.full(size, -1, dtype=np.int64)
    said[part] = held_out[:, :told].argmax(axis=1)
    return said


class _Learned(NamedTuple):
    """A classifier of one attribute.

    classifier: its parameters. labels: (m,) of the training part; `NOBODY` where the classifier has no class for them.
    held_out: (m, C) scores of the training part, out of fold. confusion: its errors out of fold.
    """

    classifier: Classifier
    labels: Ints
    held_out: NDArray[np.float64]
    confusion: Ints


def _learned(classes: _Classes, classifier: Classifier, labels: Ints, held_out: NDArray[np.float64]) -> _Learned:
    """The classifier, without a class for rare groups that nothing tells from others."""
    learned, size = classes.learned, len(classes.names)
    confusion = _confusion(labels, held_out, size)
    pooled = learned == size and classes.names[-1] == TOO_FEW
    if pooled and learned > 2 and youden(confusion)[-1] < WEAKEST:
        # Rare groups of all kinds may have nothing in common: then nobody is put among them.
        learned -= 1
        labels, held_out = np.where(labels < learned, labels, NOBODY), held_out[:, :learned]
        classifier = {**classifier, **{name: classifier[name][..., :learned] for name in ("weights", "intercept")}}
        confusion = _confusion(labels, held_out, size)
    return _Learned(classifier, labels, held_out, confusion)


def _groups(asked: Labelled, classes: _Classes, learned: _Learned, predicted: Ints) -> Groups:
    """The groups of one attribute; `predicted` (n,) of the generated samples."""
    known = learned.labels >= 0
    return Groups(
        names=classes.names,
        predicted=predicted,
        confusion=learned.confusion,
        reference_counts=classes.counts,
        classifier=f"kernel ridge classifier on {len(learned.classifier['landmarks']):,} landmarks, "
        f"fitted to {len(learned.labels):,} labelled reference samples",
        parameters=sharpened(learned.classifier, learned.held_out[known], learned.labels[known]),
        reference=classes.labels,
        attribute=asked.attribute,
        too_few=classes.too_few,
    )


def _confusion(labels: Ints, held_out: NDArray[np.float64], size: int) -> Ints:
    confusion = np.zeros((size, size), dtype=np.int64)
    known = labels >= 0
    np.add.at(confusion, (labels[known], held_out[known].argmax(axis=1)), 1)
    return confusion


def _classes(asked: Labelled, part: Ints) -> _Classes | Unmeasured:
    """What a classifier can learn of an attribute from the rows `part`, or why that is nothing."""
    size = len(asked.classes)
    members = np.bincount(asked.labels[part], minlength=size)
    few = members < FOLDS
    kept = np.flatnonzero(~few)
    pooled = int(members[few].sum()) >= FOLDS
    if len(kept) + pooled < 2:
        listed = ", ".join(f"{name} ({number})" for name, number in zip(asked.classes, members, strict=True))
        return Unmeasured(
            f"a classifier's error rate needs two groups of at least {FOLDS} labelled reference samples each, got: "
            f"{listed}; label more of them, or merge groups"
        )
    places = np.full(size, len(kept))
    places[kept] = np.arange(len(kept))
    too_few = {asked.classes[k]: int(asked.counts[k]) for k in np.flatnonzero(few)}
    lacking = int(asked.counts[few].sum()) > 0 or bool(members[few].sum())
    return _Classes(
        names=(*(asked.classes[k] for k in kept), *((TOO_FEW,) if lacking else ())),
        learned=len(kept) + pooled,
        labels=places[asked.labels].astype(np.int64),
        counts=np.append(asked.counts[kept], asked.counts[few].sum())[: len(kept) + lacking].astype(np.int64),
        too_few=too_few,
    )


def read_groups(*, generated: Any, labels: Attribute, reference_counts: Ints, attribute: str) -> Groups:
    """The groups that stand in a column of a generated table, so that no classifier is needed.

    Args:
        generated: a `pandas.DataFrame` with the column that `labels` names.
        labels: the groups of the reference rows at hand.
        reference_counts: (K,) true groups of the whole reference.
        attribute: what tells the groups apart.

    Raises:
        Unavailable: if the generated table has no such column, or all records of both sides are of one group.
    """
    if labels.column is None or labels.column not in generated.columns:
        raise Unavailable(f"the generated table has no column {labels.column or attribute!r} to read groups from")
    membership = table_attribute(generated, labels.column, names=labels.names, edges=labels.edges)
    k = len(membership.names)
    if k < 2:
        raise Unavailable(_one_group(membership.names))
    return Groups(
        names=membership.names,
        predicted=membership.values,
        confusion=np.zeros((k, k), dtype=np.int64),
        # A value that the reference lacks makes a group more, of which none was wanted.
        reference_counts=np.pad(reference_counts, (0, k - len(reference_counts))).astype(np.int64),
        classifier=DECLARED,
        parameters={},
        reference=labels.values,
        attribute=attribute,
    )


def _one_group(names: Sequence[str]) -> str:
    return f"the reference has one group only ({', '.join(names)}): there are no shares to compare"


def _refusal(
    generated: NDArray[np.float64], reference: NDArray[np.float64], asked: Labelled
) -> Unavailable | Unmeasured | None:
    """Why no classifier can tell these groups apart; None if one can.

    Raises:
        ValueError: if shapes or labels do not fit together.
    """
    labels, classes = asked.labels, asked.classes
    if len(labels) == 0:
        return Unavailable("the reference has no labels, so no classifier can tell groups apart: give labelled data")
    if len(labels) != len(reference) or len(asked.counts) != len(classes):
        raise ValueError(
            f"expected a label for each of {len(reference)} reference samples and a count for each of {len(classes)} "
            f"classes, got {len(labels)} labels and {len(asked.counts)} counts"
        )
    if generated.shape[1] != reference.shape[1]:
        raise ValueError(f"expected {reference.shape[1]} features a generated sample, got {generated.shape[1]}")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(f"expected labels in 0…{len(classes) - 1}, got {labels.min()}…{labels.max()}")
    if np.count_nonzero(asked.counts) < 2:
        return Unavailable(_one_group([classes[k] for k in np.flatnonzero(asked.counts)] or classes[:1]))
    if not (np.isfinite(reference).all() and np.isfinite(generated).all()):
        return Unmeasured(
            "some features are not finite numbers, so no classifier can use them: look at the generated values"
        )
    if np.ptp(reference, axis=0).max() == 0:
        return Unmeasured("all reference samples have the same features, so no classifier can tell groups apart")
    return None


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
