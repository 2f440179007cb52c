"""The table of GA502: what each set of records showed."""

from collections.abc import Sequence

from ...finding import Column, Kind, Table
from ...statistics.independence.file_order import EXCHANGES
from .estimates import Tested, facts_of


def tests_table(tests: Sequence[Tested]) -> Table:
    """One row a set of records."""
    columns = (
        Column("set", "Records", Kind.TEXT),
        Column("records", "looked at", Kind.COUNT),
        Column("members", "Records of a group", Kind.COUNT),
        Column("groups", "Groups of that size", Kind.COUNT),
        Column("allowed", "that independence allows on average", Kind.NUMBER),
        Column("radius", "Reach of a link", Kind.NUMBER),
        Column("size_p", "p of the sizes", Kind.P_VALUE),
        Column("pairs", "Pairs of nearest records", Kind.COUNT),
        Column("adjacent", "side by side in the file", Kind.COUNT),
        Column("expected", "by chance", Kind.NUMBER),
        Column("order_p", "p of the order", Kind.P_VALUE, 1 / (EXCHANGES + 1)),
    )
    rows = tuple((each.name, *(facts_of(each)[column.key] for column in columns[1:])) for each in tests)
    caption = "The scale and size of groups that speak most against independence, and the order of the file"
    return Table("tests", caption, columns, rows)
