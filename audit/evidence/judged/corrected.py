"""The groups of generated samples as a judge told them, with its errors counted on labelled reference records."""

from collections.abc import Mapping

import numpy as np

from ..bundle import Groups
from ..samples.real import Labels
from ..unavailable import Unmeasured
from .kind import Judged


def judged_groups(judged: Judged, labels: Labels | None) -> Groups | Unmeasured:
    """The groups of one attribute, or why the judge's counts cannot be corrected.

    Errors are those counted on labelled records that the judge never saw; of a judge that learned nothing of the
    reference, every labelled record there is one.

    Args:
        judged: what the judge says.
        labels: the true groups of the reference records at hand, by the same names; None where nobody labelled them.
    """
    broken = int((judged.generated < 0).sum() + (judged.reference < 0).sum())
    if broken:
        return Unmeasured(f"{broken:,} records are no finite numbers, so no judge can tell their groups")
    size = len(judged.names)
    counts, truth = np.zeros(size, dtype=np.int64), np.full(len(judged.reference), -1, dtype=np.int64)
    if labels is not None:
        places = np.array([judged.names.index(name) for name in labels.attribute.names], dtype=np.int64)
        counts[places], truth = labels.counts, places[labels.attribute.values]
    confusion = judged.confusion
    if not confusion.size:
        if judged.knows_reference or labels is None:
            return _uncounted(judged)
        confusion = np.zeros((size, size), dtype=np.int64)
        np.add.at(confusion, (truth, judged.reference), 1)
    unlabelled = [name for name, row in zip(judged.names, confusion, strict=True) if not row.sum()]
    if unlabelled:
        return Unmeasured(
            f"how often the judge of {judged.attribute} recognises {', '.join(unlabelled)} is not known: give "
            "labelled records of every group, or leave the group out of its names"
        )
    on = f", its errors counted on {judged.counted_on}" if judged.counted_on else ""
    return Groups(
        names=judged.names,
        predicted=judged.generated,
        confusion=confusion,
        reference_counts=counts,
        classifier=f"{judged.judge}{on}",
        parameters={},
        reference=truth,
        attribute=judged.attribute,
    )


def _uncounted(judged: Judged) -> Unmeasured:
    listed = ", ".join(judged.names)
    if judged.knows_reference:
        return Unmeasured(
            f"how often the classifier of {judged.attribute} errs is not known, so its counts are not shares: give "
            f"records with labels of {judged.attribute} ({listed}) that it never saw with --classifier-validation, or "
            "a labelled holdout"
        )
    return Unmeasured(
        f"how often the judge of {judged.attribute} errs is not known, so its counts are not shares: give reference "
        f"records with labels of {judged.attribute} ({listed}), on which its errors are counted"
    )


def by_attribute(judged: tuple[Judged, ...], labels: Mapping[str, Labels]) -> dict[str, Groups | Unmeasured]:
    """`judged_groups` of every attribute."""
    return {each.attribute: judged_groups(each, labels.get(each.attribute)) for each in judged}
