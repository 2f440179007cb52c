"""The tables of GA104."""

from collections.abc import Sequence

import numpy as np

from ...evidence.conditioned.kind import Conditioned
from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.shares.confusion import corrected_shares, error_rates, scaled_errors
from .answers import Answers

MOST_COLUMNS = 20
"""Groups that get a column of their own in the full table; of more, those that were made most."""

SHIFTS = (0.5, 1.0, 2.0)
"""Factors on the classifier's error rates, should it err more or less on generated samples than on real ones."""

HALF = 0.5
"""Of the records of a request: what more than half of them are, it mostly makes."""


def tables(parts: Sequence[Answers], every: Sequence[Conditioned]) -> tuple[Table, ...]:
    """What was made of each request, in short and in full; where others than the worst stand, by attribute.

    Args:
        parts: the answers to requests for a group.
        every: all that was asked, also with prompts that name no group.
    """
    made = []
    for part in parts:
        mine = [_requests(part), _asked_made(part)]
        mine += [] if part.confusion is None else [_shift_sensitivity(part)]
        made += mine if len(parts) == 1 else [_of(part.attribute, each) for each in mine]
    for each in every:
        if (each.wanted < 0).any():
            made.append(_of(each.attribute, _by_prompt(each)))
    return tuple(made)


def _of(attribute: str, table: Table) -> Table:
    return Table(f"{table.name}_{attribute}", f"{attribute}: {table.caption}", table.columns, table.rows)


def readings(part: Answers) -> tuple[str, ...]:
    """What each request does, in words.

    More than half of its records must surely be of another group for it to be said that another one is made.
    """
    surely = part.together.high[LEVELS.index(NOMINAL)] < HALF
    kept = part.each.low[LEVELS.index(NOMINAL)] > HALF
    most = part.shares.argmax(axis=1)
    clear = part.shares.max(axis=1) > HALF
    instead = {
        int(part.wanted[row]): int(most[row])
        for row in range(len(most))
        if surely[row] and clear[row] and most[row] != part.wanted[row]
    }
    words = []
    for row, group in enumerate(map(int, part.wanted)):
        if kept[row]:
            words.append("mostly as asked")
        elif group in instead and surely[row]:
            other = instead[group]
            swapped = instead.get(other) == group
            words.append(f"{'swapped with' if swapped else 'makes'} {part.names[other]}{'' if swapped else ' instead'}")
        elif surely[row]:
            words.append("mostly something else")
        else:
            words.append("cannot tell")
    return tuple(words)


def _requests(part: Answers) -> Table:
    at = LEVELS.index(NOMINAL)
    others = part.shares.copy()
    rows_of = np.arange(len(part.wanted))
    others[rows_of, part.wanted] = -1.0
    next_best = others.argmax(axis=1)
    uncorrected = part.counts[rows_of, part.wanted] / part.sizes
    said = readings(part)
    columns = (
        Column("request", "Asked for", Kind.TEXT),
        Column("n", "Records", Kind.COUNT),
        Column("met", "Made as asked", Kind.SHARE),
        Column("met_low", "from (95 %)", Kind.SHARE),
        Column("met_high", "to (95 %)", Kind.SHARE),
        Column("instead", "Most often instead", Kind.TEXT),
        Column("instead_share", "Share of that", Kind.SHARE),
        *(() if part.confusion is None else (Column("uncorrected", "As asked, uncorrected", Kind.SHARE),)),
        Column("reading", "Reading", Kind.TEXT),
    )
    rows = []
    for row in np.argsort(part.met, kind="stable"):
        share = float(part.shares[row, next_best[row]])
        instead = part.names[next_best[row]] if share > 0 and next_best[row] != part.wanted[row] else None
        rows.append(
            (
                part.requests[row],
                int(part.sizes[row]),
                float(part.met[row]),
                float(part.each.low[at, row]),
                float(part.each.high[at, row]),
                instead,
                None if instead is None else share,
                *(() if part.confusion is None else (float(uncorrected[row]),)),
                said[row],
            )
        )
    how = "read from the records" if part.confusion is None else "corrected for the group classifier's errors"
    return Table("requests", f"What was made of each request, worst first, {how}", columns, tuple(rows))


def _asked_made(part: Answers) -> Table:
    shown = np.arange(len(part.names))
    if len(shown) > MOST_COLUMNS:
        shown = np.sort(np.argsort(-part.shares.sum(axis=0), kind="stable")[:MOST_COLUMNS])
    columns = (
        Column("request", "Asked for", Kind.TEXT),
        *(Column(f"made_{k}", f"made {part.names[k]}", Kind.SHARE) for k in shown),
    )
    rows = tuple((name, *part.shares[row, shown].tolist()) for row, name in enumerate(part.requests))
    left = len(part.names) - len(shown)
    note = f"; {left} groups that were made less often have no column" if left else ""
    return Table("asked_made", f"The groups that were made, by what was asked for{note}", columns, rows)


def _shift_sensitivity(part: Answers) -> Table:
    assert part.confusion is not None
    rates = [scaled_errors(error_rates(part.confusion), factor) for factor in SHIFTS]
    at = np.arange(len(part.wanted))
    met = [
        None if each is None else corrected_shares(counts=part.counts, rates=each)[at, part.wanted] for each in rates
    ]
    columns = (
        Column("quantity", "Quantity", Kind.TEXT),
        Column("errors_0.5", "errors halved", Kind.SHARE),
        Column("errors_1", "errors as measured", Kind.SHARE),
        Column("errors_2", "errors doubled", Kind.SHARE),
    )
    rows = [("worst fidelity", *(None if each is None else float(each.min()) for each in met))]
    rows += [
        (f"fidelity of {name}", *(None if each is None else float(each[row]) for each in met))
        for row, name in enumerate(part.requests)
    ]
    caption = (
        "What the shares made as asked would be if the group classifier erred on generated samples more or less often "
        "than on real ones"
    )
    return Table("shift_sensitivity", caption, columns, tuple(rows))


def _by_prompt(asked: Conditioned) -> Table:
    """Counted groups by prompt, also of prompts that name none: what GA107 asks about."""
    counts = asked.counts
    sizes = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shown = np.sort(np.argsort(-counts.sum(axis=0), kind="stable")[:MOST_COLUMNS])
    columns = (
        Column("prompt", "Prompt", Kind.TEXT),
        Column("n", "Records", Kind.COUNT),
        Column("names", "Names the group", Kind.TEXT),
        *(Column(f"made_{k}", asked.names[k], Kind.SHARE) for k in shown),
    )
    rows = tuple(
        (
            prompt,
            int(counts[row].sum()),
            None if asked.wanted[row] < 0 else asked.names[asked.wanted[row]],
            *(counts[row, shown] / sizes[row]).tolist(),
        )
        for row, prompt in enumerate(asked.requests)
    )
    return Table("by_prompt", "The groups of what each prompt made, as counted, uncorrected", columns, rows)
