"""Collect what a judge of groups says of generated, reference and held-out records."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..bundle import Evidence
from ..plan import Plan, stream
from ..samples.real import labels_of
from ..unavailable import Unavailable
from .judge import Judge
from .kind import Ints, Judged

NEEDS = ()


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> tuple[Judged, ...]:
    """The groups of all records at hand, an entry an attribute, in the order in which they were described.

    Raises:
        Unavailable: if no judge was named.
        EncoderError: if it fails.
    """
    if plan.judge is None:
        raise Unavailable("no judge of groups was named")
    samples = {
        name: each.samples
        for name in ("generated", "reference", "holdout")
        if (each := getattr(so_far, name)) is not None
    }
    order = list(samples)
    reference = order.index("reference") if "reference" in order else 0
    told = plan.judge.told(list(samples.values()), reference=reference, progress=progress)
    nobody = np.empty(0, dtype=np.int64)

    def said(attribute: str, name: str) -> Ints:
        return told[attribute][order.index(name)][0] if name in samples else nobody

    found = []
    for attribute, names in plan.judge.groups.items():
        each = Judged(
            attribute=attribute,
            names=names,
            judge=plan.judge.words,
            generated=said(attribute, "generated"),
            reference=said(attribute, "reference"),
            holdout=said(attribute, "holdout"),
            probability=told[attribute][0][1],
            knows_reference=plan.judge.knows_reference,
        )
        found.append(_with_errors(each, plan, plan.judge))
    return tuple(found)


def _with_errors(judged: Judged, plan: Plan, judge: Judge) -> Judged:
    """With its errors as the user had them counted, else as a labelled holdout shows them."""
    if judged.attribute in judge.errors:
        errors = judge.errors[judged.attribute]
        return replace(judged, confusion=errors.confusion, counted_on=errors.counted_on)
    if plan.holdout is None or not judge.knows_reference:
        return judged
    labels = labels_of(plan.holdout, stream(plan.seed, "holdout")).get(judged.attribute)
    if labels is None or not set(labels.attribute.names) <= set(judged.names):
        return judged
    places = np.array([judged.names.index(name) for name in labels.attribute.names], dtype=np.int64)
    known = judged.holdout >= 0
    confusion = np.zeros((len(judged.names), len(judged.names)), dtype=np.int64)
    np.add.at(confusion, (places[labels.attribute.values][known], judged.holdout[known]), 1)
    return replace(judged, confusion=confusion, counted_on=f"{int(known.sum()):,} labelled records of the holdout")
