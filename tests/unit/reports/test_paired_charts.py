"""Rates by group, generated beside real, on one axis."""

from dataclasses import replace

import pytest

from genai_audit.audit.finding import Column, Finding, Kind, Table
from genai_audit.reports import convert
from genai_audit.reports.html import render
from genai_audit.reports.paired_charts import KEYS, paired_charts
from unit.reports import example

TEXTS = ("level", "group")
COLUMNS = tuple(
    Column(key, {"level": "income", "group": "sex"}.get(key, key), Kind.TEXT if key in TEXTS else Kind.SHARE)
    for key in KEYS
)
ROWS = ((">50K", "men", 0.39, 0.36, 0.42, 0.31, 0.30, 0.32), (">50K", "women", 0.13, 0.11, 0.15, 0.11, 0.10, 0.12))


def finding(*rows: tuple[str | float | None, ...]) -> Finding:
    return replace(example.neighbours(), tables=(Table("rates", "Rates", COLUMNS, rows),))


def test_each_group_has_both_rates_on_one_axis_the_widest_gap_first() -> None:
    (chart,) = paired_charts(convert.finding_part(finding(*reversed(ROWS))))
    assert chart.title == "Income >50K by sex, generated beside real"
    assert [(row.label, row.text) for row in chart.rows] == [
        ("men", "39.0 %, real 31.0 %"),
        ("women", "13.0 %, real 11.0 %"),
    ]
    assert chart.reading == "Furthest apart: men, 39.0 %, real 31.0 %."
    places = [(row.beside.dot, row.dot) for row in chart.rows if row.beside]
    spots = [float(each[:-1]) for pair in places for each in pair]
    # 31, 39, 11 and 13 % on one linear axis.
    assert (spots[1] - spots[0]) / (spots[3] - spots[2]) == pytest.approx((0.39 - 0.31) / (0.13 - 0.11), rel=0.01)


def test_several_levels_name_the_level_in_each_row() -> None:
    (chart,) = paired_charts(convert.finding_part(finding(*ROWS, ("<=50K", "men", 0.6, 0.5, 0.7, 0.69, 0.6, 0.7))))
    assert chart.title == "Income by sex, generated beside real"
    assert [row.label for row in chart.rows] == ["men: <=50K", "men: >50K", "women: >50K"]


def test_findings_without_such_a_table_have_none() -> None:
    assert list(paired_charts(convert.finding_part(example.neighbours()))) == []
    assert list(paired_charts(convert.finding_part(finding()))) == []


def test_the_page_draws_a_dot_and_a_ring_in_each_row() -> None:
    record = dict(example.variants())["pass"]
    part = convert.finding_part(finding(*ROWS))
    others = tuple(part if each.code == part.code else each for each in record.findings)
    page = render(record.model_copy(update={"findings": others}), example.evidence())
    figure = page[page.index("GA302-chart-1") : page.index("GA302-chart-2")]
    assert figure.count('class="ring"') == figure.count('class="dot made"') == 2
