"""What of sets of probes could not be used, and why."""

from collections.abc import Iterator, Mapping, Sequence

from ...finding import Column, Kind, Table


def left_out_table(sets: Sequence[tuple[str, Mapping[str, int]]], things: str) -> Iterator[Table]:
    """A row for each reason of each set; no table where nothing was left out.

    Args:
        sets: names, and how many things each reason kept out.
        things: what they are, in the plural.
    """
    rows = tuple((name, reason, count) for name, reasons in sets for reason, count in reasons.items())
    if rows:
        columns = (
            Column("set", "Set", Kind.TEXT),
            Column("reason", "Why", Kind.TEXT),
            Column("count", things.capitalize(), Kind.COUNT),
        )
        yield Table(f"left_out_{things}", f"What could not be used of the {things}", columns, rows)


def said(sets: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    """The reasons of all sets in one phrase."""
    total: dict[str, int] = {}
    for _, reasons in sets:
        for reason, count in reasons.items():
            total[reason] = total.get(reason, 0) + count
    return "; ".join(f"{reason} ({count:,})" for reason, count in total.items()) or "none was left out"
