"""Tables come back with the types pandas would give them, and faults are named by line and column."""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.models.data.cells import DOUBTFUL
from genai_audit.models.data.column_types import MISSING
from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.readers.table import read_file
from genai_audit.models.errors import UserError

WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1).map(
    lambda word: f"w{word}"
)
CELLS = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_infinity=False),
    "word": st.one_of(WORDS, st.sampled_from(["?", "a, b", 'say "x"', "two\nlines"])),
    "truth": st.booleans(),
    "gaps": st.one_of(WORDS, st.none()),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(2, 8))
    columns = {name: draw(st.lists(cells, min_size=n, max_size=n)) for name, cells in CELLS.items()}
    # The first row keeps every column from being empty, of other numbers, or constant with the rest.
    first = {"whole": 1, "number": 0.5, "word": "first", "truth": True, "gaps": "first"}
    second = {"whole": 2, "number": -0.5, "word": "second", "truth": False, "gaps": "second"}
    frame = pd.DataFrame({name: [first[name], second[name], *cells] for name, cells in columns.items()})
    return frame.astype({"whole": "int64", "number": "float64", "truth": "bool"})


def plain(frame: pd.DataFrame) -> list[list[Any]]:
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


@given(tables())
def test_csv_comes_back(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> None:
    path = tmp_path_factory.getbasetemp() / "a.csv"
    frame.to_csv(path, index=False)
    found = read_file(path).samples
    assert plain(found) == plain(frame)
    assert [each.kind for each in found.dtypes] == [each.kind for each in frame.dtypes]
    assert found["gaps"].isna().tolist() == frame["gaps"].isna().tolist()


@given(tables())
def test_parquet_and_csv_give_the_same_records(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'genai-audit[parquet]'")
    folder = tmp_path_factory.getbasetemp()
    frame.to_csv(folder / "a.csv", index=False)
    frame.sample(frac=1, random_state=0).sort_index().to_parquet(folder / "a.parquet")
    pd.testing.assert_frame_equal(read_file(folder / "a.csv").samples, read_file(folder / "a.parquet").samples)
    assert load_data(str(folder / "a.csv")).sha256 == load_data(str(folder / "a.parquet")).sha256


def read(folder: Path, content: str | bytes) -> pd.DataFrame:
    path = folder / "a.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_data(str(path)).samples


def test_types_are_those_of_pandas(tmp_path: Path) -> None:
    frame = read(
        tmp_path,
        "\ufeff age , job, income,old,gap,yes,big,const\r\n"
        '39, State-gov , 1e3,TRUE,,true,99999999999999999999,7\r\n\r\n+50,"Self, emp",.5,false,3,,1,7\r\n',
    )
    expected = pd.DataFrame(
        {
            "age": [39, 50],
            "job": ["State-gov", "Self, emp"],
            "income": [1000, 0.5],
            "old": [True, False],
            "gap": [math.nan, 3],
            "yes": ["True", None],
            "big": ["99999999999999999999", "1"],
            "const": [7, 7],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)


@pytest.mark.parametrize("mark", sorted(MISSING))
def test_what_is_missing_for_pandas_is_missing(tmp_path: Path, mark: str) -> None:
    frame = read(tmp_path, f"n,t\n1,a\n{mark},{mark}\n")
    pd.testing.assert_frame_equal(frame, pd.read_csv(tmp_path / "a.csv"))
    assert frame.isna().to_numpy().tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize("mark", ["?", "-", ".", "unknown", "inf", "0x1"])
def test_other_marks_among_text_are_categories(tmp_path: Path, mark: str) -> None:
    assert read(tmp_path, f"t,n\na,1\n{mark},2\n")["t"].tolist() == ["a", mark]


def test_numbers_beside_words_are_text(tmp_path: Path) -> None:
    assert read(tmp_path, "children,n\n0,1\n1,1\n3+,2\n")["children"].tolist() == ["0", "1", "3+"]


def test_years_are_good_names(tmp_path: Path) -> None:
    assert list(read(tmp_path, "country,2019,2020\nFrance,1,2\nChad,3,4\n")) == ["country", "2019", "2020"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected a header and at least one row, got an empty file"),
        ("\n \n", "expected a header and at least one row, got an empty file"),
        ("a,b\n", "expected a header and at least one row, got only a header"),
        ("a,b\n1,2\n3\n4,5\n", "line 3: expected 2 cells as in the header, got 1; make all rows equally long"),
        ('a,b\n"x\ny",2\n1,2,3\n', "line 4: expected 2 cells as in the header, got 3"),
        ("a,b\n1,2,\n", "line 2: expected 2 cells as in the header, got 3"),
        ('a,b\n1,"x\n2,y\n', r"line 2: not comma-separated \(unexpected end of data\); look for a stray quote"),
        ('a,b\n1,"x"y\n', r"line 2: not comma-separated \(',' expected after '\"'\)"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 are both named 'a'; rename one"),
        (",a\n0,5\n1,6\n", "column 1 has none; if it is the index of pandas, save with index=False"),
        (
            "Unnamed: 0,a\n0,5\n1,6\n",
            "column 1 is called 'Unnamed: 0'; if it is the index of pandas, save with index=False",
        ),
        ("a,b,\n1,2,3\n", "column 3 has none; name or remove it"),
        ("1,2\n3,4\n", "expected column names in the first row, got values such as '1'; add a header row"),
        ("39,Private,Male\n50,Local,Male\n20,Private,Female\n", "got values such as 'Private'; add a header row"),
        ("Emma\nOlivia\nEmma\n", "got values such as 'Emma'; add a header row"),
        ("a,b\n1,x\na,b\n2,y\n", "line 3: expected values, got the header again; remove the line"),
        ("a;b\n1;2\n", "expected commas between cells, got semicolons in line 1, .*; save it with commas"),
        ("a\tb\n1\t2\n", "expected commas between cells, got tabs in line 1"),
        ("a,b\n1,\n2,\n", "column 'b': expected at least one value, got only missing ones; remove the column"),
        ("a,b\n1,nan\n2,NA\n", "column 'b': expected at least one value, got only missing ones"),
        ("a,b\n1,2\n2,-inf\n3,Infinity\n", "column 'b': expected finite numbers, got '-inf' on line 3"),
        ("a,b\n1,2\n2,1e999\n", "column 'b': expected finite numbers, got '1e999' on line 3"),
        ("a,b\n1,2\n2,?\n", r"column 'b': expected numbers, got '\?' among them, .* empty cell"),
        (b"a,b\n1,caf\xe9\n", r"line 2, byte 6 \(0xe9\) is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "expected UTF-8, got UTF-16"),
        (b"PK\x03\x04\x00\x00", "line 1, byte 5 is NUL, so this is binary data"),
    ],
)
def test_bad_tables_are_refused_in_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=message) as refusal:
        read(tmp_path, content)
    assert str(refusal.value).startswith(f"{tmp_path / 'a.csv'}: ")
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("mark", DOUBTFUL)
def test_a_mark_among_numbers_is_not_guessed(tmp_path: Path, mark: str) -> None:
    with pytest.raises(UserError, match="where a missing one is an empty cell"):
        read(tmp_path, f"n,t\n1,a\n{mark},b\n")


@pytest.fixture
def arrow() -> Any:
    return pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'genai-audit[parquet]'")


def save(arrow: Any, path: Path, columns: dict[str, Any]) -> Path:
    from pyarrow import parquet

    parquet.write_table(arrow.table(columns), path)
    return path


def test_parquet_types(arrow: Any, tmp_path: Path) -> None:
    path = save(
        arrow,
        tmp_path / "a.parquet",
        {
            "small": arrow.array([1, 2], arrow.int8()),
            "gaps": arrow.array([1, None], arrow.int64()),
            "price": arrow.array([1, 2], arrow.decimal128(5, 2)),
            "maybe": arrow.array([True, None]),
            " name ": arrow.array([" a ", ""]),
            "kind": arrow.array(["x", "y"]).dictionary_encode(),
            "code": arrow.array([3, 4]).dictionary_encode(),
            "half": arrow.array(np.array([0.5, 2], dtype=np.float16)),
            "__index_level_0__": arrow.array([5, 6]),
        },
    )
    frame = load_data(str(path)).samples
    expected = pd.DataFrame(
        {
            "small": [1, 2],
            "gaps": [1, math.nan],
            "price": [1.0, 2.0],
            "maybe": ["True", None],
            "name": ["a", None],
            "kind": ["x", "y"],
            "code": [3, 4],
            "half": [0.5, 2.0],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)


def test_bad_parquet_is_refused_in_one_line(arrow: Any, tmp_path: Path) -> None:
    other = arrow.array([1, 2])
    cases: list[tuple[dict[str, Any], str]] = [
        ({"l": arrow.array([[1], [2]])}, "column 'l': expected numbers, text, dates or truth values, got list<"),
        ({"b": arrow.array([b"a", b"b"])}, "column 'b': expected numbers, text, dates or truth values, got binary"),
        ({"n": arrow.nulls(2), "o": other}, "column 'n': expected at least one value, got only missing ones"),
        ({"s": arrow.array([" ", None]), "o": other}, "column 's': expected at least one value, got only missing ones"),
        ({"x": arrow.array([1.0, -math.inf])}, "column 'x': expected finite numbers, got infinity in row 2"),
        ({"x": arrow.array([], arrow.int64())}, "expected at least one row and one column, got none"),
        ({" a": other, "a ": other}, "columns 1 and 2 are both named 'a'"),
        ({"": other}, "expected a name for every column"),
    ]
    for columns, message in cases:
        path = save(arrow, tmp_path / "a.parquet", columns)
        with pytest.raises(UserError, match=message) as refusal:
            load_data(str(path))
        assert str(refusal.value).startswith(f"{path}: ")
        assert str(refusal.value).isprintable()


def test_damaged_parquet_is_refused_in_one_line(arrow: Any, tmp_path: Path) -> None:
    path = save(arrow, tmp_path / "a.parquet", {"a": arrow.array(["xyzzy", "b"])})
    whole = path.read_bytes()
    for content in (b"", b"PAR1", whole[: len(whole) // 2], whole.replace(b"xyzzy", b"xy\xffzy")):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"a.parquet: cannot be read as Parquet \(.+\); write it again") as refusal:
            load_data(str(path))
        assert str(refusal.value).isprintable()


def test_without_pyarrow_the_install_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"a.parquet: .* pip install 'genai-audit\[parquet\]'"):
        load_data(str(tmp_path / "a.parquet"))
