"""Columns are read by one schema: doubt is refused with the ways out, and what a user declares is followed."""

import math
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from genai_audit.models.data.cells import days, guess, number
from genai_audit.models.data.column_types import ColumnType, Doubt, read_types
from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.readers.typed_columns import conform
from genai_audit.models.data.suggested_types import suggested
from genai_audit.models.errors import UserError

WIDE = [f"{each / 7:.2f}" for each in range(40)]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "1e3", ""], "number"),
        (["007", "12"], "text"),
        (["02116", "90210"], "text"),
        (["0", "10"], "number"),
        (["0.5", "00.7"], "number"),
        (["True", "false"], "truth"),
        (["2020-01-31", "1815-01-01"], "date"),
        (["2020-01-31T10:00:00Z", "2020-01-31 10:00"], "date"),
        (["99999999999999999999", "1"], "text"),
        (["F", "M", "NA"], "text"),
        (["A1", "B2"], "text"),
        (["12A", "3B"], "text"),
        (["1-2", "3-4"], "text"),
        (["yes", "no"], "text"),
        (["+4930123456", "+33123456789"], "text"),
        (["+5", "-3", "+12000000"], "number"),
        (["1e5", "2.5", "3"], "number"),
        (["1e+16", "12"], "number"),
        (["12E5", "4A1"], "text"),
        (["0x1A", "0xFF"], "text"),
        (["2021-W05", "2021-W06"], "text"),
        (["1/7", "2/7"], "text"),
        (["P1", "P2"], "text"),
        (["T", "F", "M"], "text"),
    ],
)
def test_cells_without_doubt_are_of_one_type(cells: list[str], kind: str) -> None:
    assert guess(cells).type == kind


@pytest.mark.parametrize(
    ("cells", "reading"),
    [
        (["1,5", "2,25"], ColumnType("number", decimal=",")),
        (["1.234,50", "2,25"], ColumnType("number", decimal=",", thousands=".")),
        (["1,234.50", "12.25", "1,000,000"], ColumnType("number", thousands=",")),
        (["$1,234.50", "$12"], ColumnType("number", thousands=",", remove="$")),
        (["12 %", "3.5 %"], ColumnType("number", remove="%")),
        (["1'234", "12"], ColumnType("number", thousands="'")),
        (["1\u202f234,5", "12"], ColumnType("number", decimal=",", thousands="\u202f")),
        ([f"{each} kg" for each in range(30)], ColumnType("number", remove="kg")),
        (["31/01/2020", "01/02/2020"], ColumnType("date", format="%d/%m/%Y")),
        (["01/02/2020"], ColumnType("date", format="%m/%d/%Y")),
        (["31.01.2020"], ColumnType("date", format="%d.%m.%Y")),
        (["Jan 5, 2020"], ColumnType("date", format="%b %d, %Y")),
        ([f"202001{day:02}" for day in range(1, 29)], ColumnType("date", format="%Y%m%d")),
        (["US", "DE", "NA"], ColumnType("text", missing=frozenset({""}))),
        ([f"EUR {each}.50" for each in range(30)], ColumnType("number", remove="EUR")),
        ([f"{each},5 minutes" for each in range(30)], ColumnType("number", decimal=",", remove="minutes")),
        ([f"1,{each}00 kg" for each in range(30, 60)], ColumnType("number", decimal=",", remove="kg")),
        (["1e5", "2E3", "77"], ColumnType("text")),
        (["True", "False", "1", "0"], ColumnType("truth")),
        (["Yes", "No", "y", "n"], ColumnType("truth")),
        (["12:30 PM", "1:05 AM"], ColumnType("date", format="%I:%M %p")),
        (["2021-01", "2021-12"], ColumnType("date", format="%Y-%m")),
        (["20210131T100000Z"], ColumnType("date", format="%Y%m%dT%H%M%SZ")),
        (["Sun Jan 31 10:00:00 2021"], ColumnType("date", format="%a %b %d %H:%M:%S %Y")),
        (["PT5M", "P1DT2H"], ColumnType("text")),
        (["1 day, 2:00:00", "12 days 00:00:01.5"], ColumnType("text")),
        (["70:10:05", "1:00:00"], ColumnType("text")),
        (["(1.50)", "2.25"], ColumnType("text")),
        (["−5", "3"], ColumnType("text")),
        (["١٢", "٣٤"], ColumnType("text")),
    ],
)
def test_doubt_names_the_likeliest_reading_first(cells: list[str], reading: ColumnType) -> None:
    with pytest.raises(Doubt) as doubt:
        guess(cells)
    assert doubt.value.readings[0] == reading
    assert "--types" in str(doubt.value.refusal("a.csv: column 'a'"))


def test_a_few_words_among_many_numbers_leave_doubt() -> None:
    with pytest.raises(Doubt, match="expected numbers, got 'unknown' among them"):
        guess([*WIDE, "unknown"])


@pytest.mark.parametrize(
    ("cell", "kind", "expected"),
    [
        ("1.234,5", ColumnType("number", decimal=",", thousands="."), 1234.5),
        ("-1,5", ColumnType("number", decimal=","), -1.5),
        ("1.5", ColumnType("number", decimal=","), None),
        ("12,34", ColumnType("number", thousands=","), None),
        ("($12)", ColumnType("number", remove="$"), None),
        ("inf", ColumnType("number"), math.inf),
    ],
)
def test_numbers_are_read_in_the_notation_declared(cell: str, kind: ColumnType, expected: float | None) -> None:
    assert number(cell, kind) == expected


def test_dates_are_days_in_utc() -> None:
    assert days("1970-01-02", ColumnType("date")) == 1
    assert days("1970-01-01T12:00:00+12:00", ColumnType("date")) == 0
    assert days("1969-12-31", ColumnType("date")) == -1
    assert days("2020-02-30", ColumnType("date")) is None
    assert days("03/01/1970", ColumnType("date", format="%d/%m/%Y")) == 2


def test_all_tables_are_read_as_the_reference_is(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("zip,day,n\n02116,2020-01-01,1\n90210,2020-01-03,2\n")
    (tmp_path / "gen.csv").write_text("zip,day,n\n2116,2020-01-02,inf\n90210,never,word\n90210,,\n")
    real = load_data(str(tmp_path / "real.csv"))
    assert {name: kind.type for name, kind in real.types.items()} == {"zip": "text", "day": "date", "n": "number"}
    made = load_data(str(tmp_path / "gen.csv"), types=real.types, generated=True).samples
    assert made["zip"].tolist() == ["2116", "90210", "90210"]
    assert made["day"].tolist()[:2] == [18263.0, "never"]
    assert made["n"].tolist()[:2] == [math.inf, "word"]
    assert made.isna().to_numpy().tolist()[2] == [False, True, True]
    with pytest.raises(UserError, match=r"column 'day': expected dates .*, got 'never' on line 3"):
        load_data(str(tmp_path / "gen.csv"), types={"day": ColumnType("date"), "n": ColumnType("text")})


def test_another_notation_than_the_references_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gen.csv").write_text('n,t\n"1,5",a\n"2,5",b\n')
    with pytest.raises(UserError, match=r"column 'n': expected numbers as in the reference, got '1,5' .*decimal"):
        load_data(str(tmp_path / "gen.csv"), types={"n": ColumnType("number")}, generated=True)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_dates_in_seconds_are_refused_where_the_reference_has_dates(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'genai-audit[parquet]'")
    frame = pd.DataFrame({"d": [1_614_600_000, 1_614_700_000], "t": ["a", "b"]})
    write = frame.to_parquet if suffix == "parquet" else frame.to_csv
    write(tmp_path / f"gen.{suffix}", index=False)
    with pytest.raises(UserError, match=r"column 'd': expected dates, got '?1614600000'?, which is no number of days"):
        load_data(str(tmp_path / f"gen.{suffix}"), types={"d": ColumnType("date")}, generated=True)


def test_what_a_model_writes_as_text_is_read_as_the_reference_is() -> None:
    types = {
        "n": ColumnType("number", decimal=","),
        "b": ColumnType("truth"),
        "d": ColumnType("date"),
        "t": ColumnType("text"),
    }
    drawn = pd.DataFrame(
        {
            "n": ["1,5", 2.5, "x"],
            "b": ["yes", "no", "yes"],
            "d": ["2020-01-01"] * 3,
            "t": ["1,5"] * 3,
            "other": ["a"] * 3,
        },
        index=[4, 5, 6],
    )
    read = conform(drawn, types)
    assert read["n"].tolist() == [1.5, 2.5, "x"]
    assert read["b"].tolist() == [True, False, True]
    assert read["d"].tolist() == [18262.0] * 3
    assert read["t"].tolist() == ["1,5"] * 3
    with pytest.raises(UserError, match="generated table: column 'n': expected numbers as in the reference, got '1,5'"):
        conform(pd.DataFrame({"n": ["1,5", "2,5"]}), {"n": ColumnType("number")})


def test_dates_of_any_year_and_compact_ones_of_parquet_are_days(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'genai-audit[parquet]'")
    old = pd.DataFrame({"d": [date(1500, 1, 1), None, date(9999, 12, 31)], "c": [20210101, 20210102, 20210103]})
    old.to_parquet(tmp_path / "a.parquet")
    types = {"c": ColumnType("date", format="%Y%m%d")}
    read = load_data(str(tmp_path / "a.parquet"), types=types).samples
    assert read["d"].tolist()[::2] == [-171664.0, 2932896.0]
    assert read["c"].tolist() == [18628.0, 18629.0, 18630.0]


def test_what_a_text_column_takes_for_no_value_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,n\nNone,1\nBasic,2\n")
    assert load_data(str(tmp_path / "a.csv")).types["t"].words == "text, a category ('None' is no value)"


def test_words_for_gaps_may_be_values_where_empty_cells_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,n\nNone,1\nsome,\n")
    with pytest.raises(UserError, match="'None' may be a value, since empty cells stand for gaps"):
        load_data(str(tmp_path / "a.csv"))
    (tmp_path / "a.csv").write_text("t,n\nNA,1\nsome,NA\nmore,\n")
    assert load_data(str(tmp_path / "a.csv")).samples["t"].isna().tolist() == [True, False, False]


def test_the_suggested_file_is_read_and_follows_the_data(tmp_path: Path) -> None:
    table = 'price,day,code,land\n"1,50",31/01/2020,007,NA\n"2,25",01/02/2020,012,DE\n"3,00",,013,US\n'
    (tmp_path / "a.csv").write_text(table)
    text = suggested(tmp_path / "a.csv")
    assert text.count("doubtful") == 3
    (tmp_path / "types.yaml").write_text(text)
    types = read_types(tmp_path / "types.yaml")
    frame = load_data(str(tmp_path / "a.csv"), types=types).samples
    assert frame["price"].tolist() == [1.5, 2.25, 3.0]
    assert frame["code"].tolist() == ["007", "012", "013"]
    assert frame["land"].tolist() == ["NA", "DE", "US"]
    assert frame["day"].tolist()[:2] == [18292.0, 18293.0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("columns: {a: words}", "expected one of number, date, truth, text"),
        ("columns: {a: {type: number, colour: red}}", "expected one of number"),
        ("columns: {a: {type: number, decimal: 1}}", "expected texts in quotes"),
        ("columns: {a: {type: number, decimal: ',', thousands: ','}}", "expected decimal as one mark"),
        ("columns: {a: {type: text, missing: x}}", "of missing a list"),
        ("columns: []", "expected `columns:` with a type for each name"),
        ("other: {}", "expected `columns:` with a type for each name"),
        ("columns: {a: [", "not YAML"),
    ],
)
def test_bad_types_are_refused_in_one_line(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "types.yaml").write_text(content)
    with pytest.raises(UserError, match=r"types\.yaml: ") as refusal:
        read_types(tmp_path / "types.yaml")
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_type_written_out_is_read_again(tmp_path: Path) -> None:
    kinds = [
        ColumnType("number", decimal=",", thousands=".", remove="€"),
        ColumnType("number", missing=ColumnType("number").missing | {"?"}),
        ColumnType("date", format="%d/%m/%Y"),
        ColumnType("text", missing=frozenset({""})),
    ]
    (tmp_path / "t.yaml").write_text(yaml.safe_dump({"columns": {str(at): k.as_yaml() for at, k in enumerate(kinds)}}))
    again = [
        ColumnType(**{**{n: getattr(k, n) for n in k.__slots__}, "why": ""})
        for k in read_types(tmp_path / "t.yaml").values()
    ]
    assert again == kinds


def test_dates_of_frames_and_parquet_are_days_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"d": pd.to_datetime(["2020-01-01", None]), "t": ["2020-01-01", "2020-01-03"]})
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'genai-audit[parquet]'")
    frame.to_parquet(tmp_path / "a.parquet")
    read = load_data(str(tmp_path / "a.parquet"))
    assert {name: kind.type for name, kind in read.types.items()} == {"d": "date", "t": "date"}
    assert read.samples["d"].tolist()[0] == 18262.0
    assert read.samples["t"].tolist() == [18262.0, 18264.0]
