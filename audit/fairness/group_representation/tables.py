"""The tables of GA101."""

import numpy as np

from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.shares.confusion import corrected_shares, error_rates, scaled_errors
from ...statistics.shares.total_variation import total_variation
from .group_shares import GroupShares, relative

SHIFTS = (0.5, 1.0, 2.0)
"""Factors on the classifier's error rates, should it err more or less on generated samples than on real ones."""


def tables(measured: GroupShares, *, several: bool = False) -> tuple[Table, ...]:
    """Groups in detail; for a classifier also its confusion and what a shift of its errors would change.

    With `several` attributes, names and captions of the tables say which is theirs.
    """
    made = [_groups(measured)]
    if measured.confusion is not None:
        made.append(_confusion(measured))
    if measured.confusion is not None and measured.hand is None:  # what people saw does not hang on the classifier
        made.append(_shift_sensitivity(measured))
    if not several:
        return tuple(made)
    whose = measured.attribute
    return tuple(Table(f"{each.name}_{whose}", f"{whose}: {each.caption}", each.columns, each.rows) for each in made)


def _groups(measured: GroupShares) -> Table:
    at = LEVELS.index(NOMINAL)
    low, high = measured.each.low[at], measured.each.high[at]
    ratio_low, ratio_high = measured.ratio_each.low[at], measured.ratio_each.high[at]
    columns: tuple[Column, ...] = (
        Column("group", "Group", Kind.TEXT),
        Column("share", "Share generated", Kind.SHARE),
        Column("share_low", "from (95 %)", Kind.SHARE),
        Column("share_high", "to (95 %)", Kind.SHARE),
        Column("target", "Target share", Kind.SHARE),
        Column("ratio", "Share / target", Kind.RATIO),
        Column("ratio_low", "from (95 %)", Kind.RATIO),
        Column("ratio_high", "to (95 %)", Kind.RATIO),
        Column("uniform_ratio", "Share / equal share", Kind.RATIO),
        Column("uncorrected", "Uncorrected share", Kind.SHARE),
        Column("classified", "Samples classified so", Kind.COUNT),
    )
    if measured.confusion is None:  # what is read from the records is neither classified nor corrected
        columns = (*columns[:-2], Column("classified", "Samples", Kind.COUNT))
    rows = []
    for k, name in enumerate(measured.names):
        target = float(measured.targets[k])
        shares = [float(value[k]) for value in (measured.shares, low, high)]
        ratios = [float(each[k]) if target > 0 else None for each in (measured.ratios, ratio_low, ratio_high)]
        uniform, uncorrected = shares[0] * len(measured.names), float(measured.counts[k] / measured.n)
        last = (uncorrected, int(measured.counts[k])) if measured.confusion is not None else (int(measured.counts[k]),)
        rows.append((name, *shares, target, *ratios, uniform, *last))
    how = "read from the records" if measured.confusion is None else "corrected for the group classifier's errors"
    if measured.by_hand:
        alone = "as people saw them in a random part of the samples"
        how = alone if measured.hand is None else f"{alone} and the classifier in all"
    caption = f"Each group among the generated samples, {how}, beside its target"
    return Table("groups", caption, columns, tuple(rows))


def _confusion(measured: GroupShares) -> Table:
    assert measured.confusion is not None
    columns = (
        Column("group", "True group", Kind.TEXT),
        *(Column(f"classified_{k}", f"classified as {name}", Kind.COUNT) for k, name in enumerate(measured.names)),
        Column("recognised", "Recognised", Kind.SHARE),
    )
    own = np.diagonal(measured.confusion) / np.maximum(measured.confusion.sum(axis=1), 1)
    known = measured.confusion.sum(axis=1) > 0
    rows: list[tuple[str | float | None, ...]] = [
        (name, *measured.confusion[k].tolist(), float(own[k]) if known[k] else None)
        for k, name in enumerate(measured.names)
    ]
    on = "generated samples that people labelled" if measured.hand is not None else "labelled samples"
    return Table("confusion", f"The group classifier on {on} that it had not learned from", columns, tuple(rows))


def _shift_sensitivity(measured: GroupShares) -> Table:
    assert measured.confusion is not None
    rates = [scaled_errors(error_rates(measured.confusion), factor) for factor in SHIFTS]
    shares = [None if each is None else corrected_shares(counts=measured.counts, rates=each) for each in rates]
    columns = (
        Column("quantity", "Quantity", Kind.TEXT),
        *(Column(f"errors_{factor:g}", _heading(factor), Kind.SHARE) for factor in SHIFTS),
    )
    rows: list[tuple[str | float | None, ...]] = [
        (
            "worst share ratio",
            *(None if each is None else float(relative(each, measured.targets).min()) for each in shares),
        ),
        (
            "total variation",
            *(
                None if each is None else float(total_variation(shares=each, targets=measured.targets))
                for each in shares
            ),
        ),
    ]
    rows += [
        (f"share of {name}", *(None if each is None else float(each[k]) for each in shares))
        for k, name in enumerate(measured.names)
    ]
    caption = (
        "What the estimates would be if the group classifier erred on generated samples more or less often than on "
        "real ones"
    )
    return Table("shift_sensitivity", caption, columns, tuple(rows))


def _heading(factor: float) -> str:
    return {0.5: "errors halved", 1.0: "errors as measured", 2.0: "errors doubled"}[factor]
