"""Labels that people gave to some generated samples, beside what a classifier said of all of them."""

from dataclasses import replace

import numpy as np

from ...evidence.bundle import DECLARED, Evidence, Groups
from ...evidence.hand_labels.kind import HandLabels
from ...evidence.judged.kind import Judged
from ...finding import Inconclusive
from ...statistics.shares.hand_labelled import HandLabelled, hand_labelled

FEWEST = 30
"""Labels below which intervals of shares are so wide, and so little is known of their errors, that nothing is said."""

ODD = 1e-3
"""The p-value below which labelled samples are not taken for a random part of all."""

Source = tuple[Groups, HandLabels | None]
"""What tells the groups of an attribute: a classifier, or what stands in the records, and labels if there are any."""


def sources(evidence: Evidence) -> list[Source]:
    """The groups of every attribute with its labels; what only people told is declared for the samples they saw."""
    labels = {each.attribute: each for each in evidence.hand_labels or ()}
    found: list[Source] = [(each, labels.pop(each.attribute, None)) for each in evidence.groups or ()]
    judged = {each.attribute: each for each in evidence.judged or ()}
    for attribute, each in labels.items():
        told = judged.get(attribute)
        usable = told is not None and told.names == each.names and bool((told.generated >= 0).all())
        found.append((_told(told, each, evidence) if usable and told is not None else _alone(each), each))
    return found


def _told(judged: Judged, labels: HandLabels, evidence: Evidence) -> Groups:
    """What a judge of unknown errors says, which labels alone put right."""
    size = len(judged.names)
    return Groups(
        names=judged.names,
        predicted=judged.generated,
        confusion=np.zeros((size, size), dtype=np.int64),
        reference_counts=labels.reference_counts,
        classifier=judged.judge,
        parameters={},
        reference=np.full(_records(evidence), -1, dtype=np.int64),
        attribute=judged.attribute,
    )


def _alone(labels: HandLabels) -> Groups:
    """The labelled samples alone, as a sample of which every group is known."""
    size = len(labels.names)
    return Groups(
        names=labels.names,
        predicted=labels.values,
        confusion=np.zeros((size, size), dtype=np.int64),
        reference_counts=labels.reference_counts,
        classifier=DECLARED,
        parameters={},
        reference=np.empty(0, dtype=np.int64),
        attribute=labels.attribute,
    )


def _records(evidence: Evidence) -> int:
    return 0 if evidence.reference is None else len(evidence.reference.samples)


def told_by_hand(groups: Groups) -> Groups:
    """The groups as people can tell them: all names, also those that the classifier has too few records to learn."""
    if groups.classifier == DECLARED:
        return groups
    size = len(groups.names)
    # Only whether rows are empty counts here, and people can tell every group.
    return replace(groups, confusion=np.eye(size, dtype=np.int64), too_few=groups.too_few)


def powered(groups: Groups, labels: HandLabels) -> HandLabelled:
    """The shares as labels and classifier together give them.

    Raises:
        Inconclusive: if too few samples have labels.
    """
    require_enough(labels)
    size = len(groups.names)
    table = np.zeros((size, size), dtype=np.int64)
    np.add.at(table, (labels.values, groups.predicted[labels.rows]), 1)
    others = np.bincount(np.delete(groups.predicted, labels.rows), minlength=size).astype(np.int64)
    if others.sum() < 2:
        raise Inconclusive("all samples have labels by hand, so that there is nothing left to estimate: draw more")
    return hand_labelled(table=table, others=others)


def require_enough(labels: HandLabels) -> None:
    """Refuse to speak of a handful of labels.

    Raises:
        Inconclusive: saying how many are wanted.
    """
    if len(labels.rows) < FEWEST:
        raise Inconclusive(
            f"{labels.attribute}: {len(labels.rows)} of the samples drawn have labels by hand: label at least "
            f"{FEWEST}, chosen at random"
        )


def chosen_otherwise(groups: Groups, labels: HandLabels) -> str | None:
    """Why the labelled samples are no random part of all, as far as the classifier sees; None if nothing shows."""
    from scipy.stats import chi2_contingency

    if groups.classifier == DECLARED:
        return None
    size = len(groups.names)
    own = np.bincount(groups.predicted[labels.rows], minlength=size)
    rest = np.bincount(np.delete(groups.predicted, labels.rows), minlength=size)
    table = np.stack([own, rest])[:, own + rest > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return None
    p_value = float(chi2_contingency(table, correction=False).pvalue)
    if p_value >= ODD:
        return None
    return (
        f"the samples labelled by hand are no random part of all: the classifier takes them for other groups of "
        f"{labels.attribute} than the rest (p = {p_value:.2g}); label samples chosen at random"
    )


def words(labels: HandLabels) -> str:
    """Which samples the labels are of, and until when they hold."""
    of = "the given samples, in their order" if labels.seed is None else f"the samples of seed {labels.seed}"
    unused = f"; {labels.unused:,} of samples that were not drawn were left out" if labels.unused else ""
    return (
        f"{len(labels.rows):,} samples labelled by hand ({labels.source}, SHA-256 {labels.sha256[:12]}…), taken to "
        f"have been chosen at random; they hold for {of} of this checkpoint{unused}"
    )


def seen_of(groups: Groups, labels: HandLabels | None, drawn: int) -> Groups:
    """The groups with a place for each of the samples drawn; −1 for those that nobody told."""
    if labels is None or len(groups.predicted) == drawn:
        return groups
    told = np.full(drawn, -1, dtype=np.int64)
    told[labels.rows] = labels.values
    return replace(groups, predicted=told)
