"""Columns of tables, real beside generated, without a bar that stands for one person."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.reports.document.distributions import FEWEST, OTHERS, columns
from unit.reports import example


def tables(real: Any, made: Any) -> Evidence:
    return Evidence(
        "tabular", Generated(pd.DataFrame(made), 0, "m"), reference=Real(pd.DataFrame(real), 1, "r", "r", "d")
    )


def test_levels_have_the_shares_of_both_and_the_longest_bar_is_whole() -> None:
    [column], more = columns(tables({"a": ["x"] * 60 + ["y"] * 40}, {"a": ["x"] * 20 + ["y"] * 80}))
    assert [(bar.label, bar.real, bar.generated) for bar in column.bars] == [
        ("x", "75.0%", "25.0%"),
        ("y", "50.0%", "100.0%"),
    ]
    assert column.reading == "Furthest apart at x: 60.0 % of real, 20.0 % of generated records."
    assert more == 0


def test_a_level_of_few_people_is_not_named() -> None:
    [column], _ = columns(tables({"a": ["x"] * 50 + ["rare"] * (FEWEST - 1)}, {"a": ["x"] * 50}))
    assert [bar.label for bar in column.bars] == ["x", OTHERS]


def test_the_ends_of_a_column_of_numbers_tell_no_single_value() -> None:
    [column], _ = columns(tables({"a": [*range(1, 200), 987_654]}, {"a": list(range(200))}))
    said = " ".join([column.reading, *(bar.label for bar in column.bars)])
    assert "987" not in said
    assert column.bars[-1].label.startswith("over ")


def test_other_records_have_no_columns() -> None:
    assert columns(example.evidence()) == ((), 0)


@pytest.mark.parametrize("values", [[None] * 10, [1.0] * 10])
def test_a_column_without_spread_is_no_error(values: list[Any]) -> None:
    columns(tables({"a": values}, {"a": values}))


def test_a_column_that_only_one_has_is_left_out() -> None:
    both = tables({"a": ["x"] * 9, "b": [1] * 9}, {"a": ["x"] * 9})
    assert [each.name for each in columns(both)[0]] == ["a"]
    assert columns(replace(both, reference=None)) == ((), 0)
