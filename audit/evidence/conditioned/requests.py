"""What a model can be asked for, and which groups of the reference those requests name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError, shortened
from ....models.records import Attribute, table_attribute
from ..bundle import DECLARED, Evidence, Groups
from ..plan import Plan
from ..samples.given import reference_labels
from ..unavailable import Unavailable, Unmeasured, needed
from .kind import CLASS, COLUMN

FEWEST = 2
"""Requests that must name groups, or there is nothing to tell apart."""


@dataclass(frozen=True, slots=True)
class Request:
    """One attribute of the reference, and what the model can be asked for of it.

    Args:
        groups: of the attribute.
        labels: of the reference, by which columns are read.
        how: see `Conditioned`.
        names: the R requests in words.
        conditions: what `sample` is told for each.
        wanted: int64 (R,), the group that each names.
    """

    groups: Groups
    labels: Attribute
    how: str
    names: tuple[str, ...]
    conditions: tuple[Any, ...]
    wanted: NDArray[np.int64]


def requests_of(plan: Plan, so_far: Evidence) -> tuple[Request, ...]:
    """What can be asked of the model, one entry an attribute.

    Raises:
        Unavailable: if the model cannot be asked for anything.
        Unmeasured: if it can, but nothing tells whether it does it.
        UserError: if its `classes` are no names.
    """
    if plan.model is None:
        raise Unavailable("there are samples only, and no model that could be asked for more")
    classes, columns = classes_of(plan.model), getattr(plan.model, "conditions", None) or {}
    if not classes and not columns:
        raise Unavailable("the model cannot be asked for a class or a value: it has no classes")
    if not so_far.groups:
        if "groups" in so_far.crashed:
            needed(so_far, "groups")
        reason = so_far.unmeasured.get("groups", so_far.absent.get("groups", "there are no groups"))
        raise Unmeasured(f"the model can be asked for a class, but nothing tells what it makes then: {reason}")
    labels = {name: each.attribute for name, each in reference_labels(plan).items()}
    told = [(each, labels[each.attribute]) for each in so_far.groups if each.attribute in labels]
    if classes:
        return (_by_class(classes, told),)
    found = tuple(_by_column(columns, told))
    if not found:
        names = ", ".join(map(str, columns))
        raise Unmeasured(f"the model can be asked for values of {names}, but no groups of the reference are read there")
    return found


def classes_of(model: Any) -> tuple[Any, ...]:
    """What a model says that it can be asked for; empty if nothing.

    Raises:
        UserError: if that is no list of different names.
    """
    classes = getattr(model, "classes", None)
    if classes is None:
        return ()
    if isinstance(classes, str) or not isinstance(classes, Sequence):
        got = shortened(repr(classes))
        raise UserError(f"classes of the model: expected a list of names, got {got}; give the names in their order")
    names = [str(each) for each in classes]
    if len(set(names)) < len(names):
        raise UserError(f"classes of the model: expected different names, got {shortened(', '.join(names))}")
    return tuple(classes)


def _by_class(classes: tuple[Any, ...], told: Sequence[tuple[Groups, Attribute]]) -> Request:
    names = tuple(str(each) for each in classes)

    def known(groups: Groups) -> int:
        return len(set(names) & set(groups.told_apart))

    groups, labels = max(told, key=lambda pair: known(pair[0]))
    if known(groups) < FEWEST:
        own, theirs = (shortened(", ".join(each[:10])) for each in (names, groups.told_apart))
        raise Unmeasured(
            f"the model's classes ({own}) are not the groups of the reference ({theirs}), so what it makes cannot be "
            "compared with what it was asked for; give the reference's groups the names of the classes"
        )
    places = {name: place for place, name in enumerate(groups.told_apart)}
    kept = [at for at, name in enumerate(names) if name in places]
    wanted = np.array([places[names[at]] for at in kept], dtype=np.int64)
    return Request(groups, labels, CLASS, tuple(names[at] for at in kept), tuple(classes[at] for at in kept), wanted)


def _by_column(columns: Any, told: Sequence[tuple[Groups, Attribute]]) -> Iterator[Request]:
    import pandas as pd

    for groups, labels in told:
        column = labels.column
        values = columns.get(column, ()) if groups.classifier == DECLARED and not labels.edges else ()
        if column is None or len(values) < FEWEST:
            continue
        read = table_attribute(pd.DataFrame({column: list(values)}), column, names=groups.names)
        kept = [at for at, group in enumerate(read.values) if group < len(groups.names)]
        if len(kept) >= FEWEST:
            conditions = tuple({column: values[at]} for at in kept)
            names = tuple(read.names[read.values[at]] for at in kept)
            yield Request(groups, labels, COLUMN, names, conditions, read.values[kept].astype(np.int64))
