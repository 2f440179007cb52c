"""Collect the groups that people saw in some of the generated samples."""

from collections.abc import Callable

import numpy as np

from ..bundle import DECLARED, TOO_FEW, Evidence, Groups
from ..plan import Plan
from ..samples.given import reference_labels
from ..unavailable import Partial, Unavailable, Unmeasured
from .kind import HandLabels
from .reading import LabelFile, known_names

NEEDS = ("groups",)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Partial:
    """The labels of every attribute in the file, for the samples that were drawn.

    Raises:
        Unavailable: if there is no such file.
        Unmeasured: if no labels can be used.
    """
    if plan.labels is None:
        raise Unavailable("nobody labelled generated samples by hand; give such labels with --labels")
    found: list[HandLabels] = []
    missing: dict[str, Unavailable | Unmeasured] = {}
    groups = {each.attribute: each for each in so_far.groups or ()}
    for attribute in plan.labels.labels:
        known = groups.get(attribute)
        if known is not None and known.classifier == DECLARED:
            missing[attribute] = Unmeasured(
                f"{attribute} stands in the records, so that its labels by hand were not used"
            )
        else:
            found.append(_labels(plan, plan.labels, attribute, known, len(so_far.generated.samples)))
    if not found:
        raise next(iter(missing.values()))
    return Partial(tuple(found), {f"hand labels of {name}": reason for name, reason in missing.items()})


def _labels(plan: Plan, file: LabelFile, attribute: str, known: Groups | None, n: int) -> HandLabels:
    told = np.array(file.labels[attribute], dtype=object)
    noted = told != ""
    here = noted & (file.rows < n)
    order = np.argsort(file.rows[here], kind="stable")
    texts = [str(each) for each in told[here][order]]
    if known is not None:
        names, counts = known.names, known.reference_counts
        # Groups with too few records to be learned stand together.
        texts = [each if each in names else TOO_FEW for each in texts]
    else:
        names = known_names(plan, attribute) or tuple(sorted({str(each) for each in told[noted]}))
        labels = reference_labels(plan).get(attribute)
        counts = np.zeros(len(names), dtype=np.int64)
        if labels is not None:
            counts[[names.index(name) for name in labels.attribute.names]] = labels.counts
    places = {name: k for k, name in enumerate(names)}
    return HandLabels(
        attribute=attribute,
        names=names,
        rows=file.rows[here][order],
        values=np.array([places[each] for each in texts], dtype=np.int64),
        reference_counts=counts,
        source=file.source,
        sha256=file.sha256,
        seed=None if plan.samples is not None else plan.seed,
        unused=int(noted.sum() - here.sum()),
    )
