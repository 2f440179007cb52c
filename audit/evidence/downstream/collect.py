"""Collect what learners predict for real people, trained on generated records and on real ones."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....models.records import Attribute, table_attribute, take
from ..bundle import Evidence
from ..plan import Plan, stream
from ..samples.given import reference_labels
from ..samples.real import Labels
from ..unavailable import Partial, Unavailable, Unmeasured
from .kind import Downstream
from .trained import People, trained

NEEDS: tuple[str, ...] = ()

TESTED = 1 / 3
"""The part of the reference that is kept for testing where there is no holdout."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Partial:
    """Predictions of every named outcome; outcomes that could not be learned are left out with why.

    Raises:
        Unavailable: if no outcome was named, the records are no table, or there is no real data or no group.
        Unmeasured: if no outcome could be learned.
    """
    from threadpoolctl import threadpool_limits

    labels = _labels(plan, so_far)
    rng = stream(plan.seed, "downstream")
    real, people = _split(so_far, labels, rng)
    found: list[Downstream] = []
    missing: dict[str, Unavailable | Unmeasured] = {}
    for index, outcome in enumerate(plan.outcomes):
        share = _share_of(progress, index, len(plan.outcomes))
        try:
            _check(outcome, so_far.generated.samples, real)
            # Trees use threads of their own, and a sum must not hang on how many there are.
            with threadpool_limits(1):
                found.append(
                    trained(
                        outcome,
                        generated=so_far.generated.samples,
                        real=real,
                        people=people,
                        rng=stream(plan.seed, f"downstream {outcome}"),
                        progress=share,
                    )
                )
        except Unmeasured as reason:
            missing[outcome] = reason
    if not found:
        raise next(iter(missing.values()))
    return Partial(tuple(found), {f"downstream of {name}": reason for name, reason in missing.items()})


def _labels(plan: Plan, so_far: Evidence) -> dict[str, Labels]:
    if plan.modality != "tabular":
        raise Unavailable(
            f"generated {plan.modality} records carry no outcome of their own that a learner could be trained on"
        )
    if not plan.outcomes:
        raise Unavailable("no outcome was named; name the column that says what happens to a person with --outcome")
    if so_far.reference is None:
        raise Unavailable("there is no reference data to train and test on; give it with --reference")
    labels = {name: each for name, each in reference_labels(plan).items() if each.attribute.column is not None}
    if not labels:
        raise Unavailable("the reference names no groups whose members could fare differently; name some with --groups")
    return labels


def _check(outcome: str, generated: Any, real: Any) -> None:
    for whose, frame in (("reference", real), ("generated table", generated)):
        if outcome not in frame.columns:
            columns = ", ".join(map(str, frame.columns[:8])) + (", …" if len(frame.columns) > 8 else "")
            raise Unmeasured(f"outcome {outcome}: the {whose} has no such column; it has: {columns}")


def _split(so_far: Evidence, labels: dict[str, Labels], rng: np.random.Generator) -> tuple[Any, People]:
    """Records to train on, and people to test on: the holdout, else a part of the reference."""
    assert so_far.reference is not None
    reference = so_far.reference.samples
    if so_far.holdout is not None:
        held = so_far.holdout
        groups = {
            name: _read(held.samples, each.attribute)
            for name, each in labels.items()
            if each.attribute.column in held.samples.columns
        }
        return reference, People(held.samples, groups, f"the holdout, {len(held.samples):,} records")
    order = rng.permutation(len(reference))
    number = round(TESTED * len(reference))
    tested, rest = np.sort(order[:number]), np.sort(order[number:])
    people = take(reference, tested)
    groups = {name: _read(people, each.attribute) for name, each in labels.items()}
    words = (
        f"a random third of the reference, {number:,} records that nothing was trained on here (there is no holdout)"
    )
    return take(reference, rest), People(people, groups, words)


def _read(records: Any, labels: Attribute) -> Attribute:
    assert labels.column is not None
    read: Attribute = table_attribute(records, labels.column, names=labels.names, edges=labels.edges)
    return read


def _share_of(progress: Callable[[float], None], index: int, number: int) -> Callable[[float], None]:
    return lambda share: progress((index + share) / number)
