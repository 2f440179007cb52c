"""A generated table takes the columns and types of the real one, or the first value that cannot is named."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.models.data.readers.table import align
from genai_audit.models.errors import UserError

REAL = pd.DataFrame({"age": [30, 40], "pay": [1.5, 2.5], "sex": ["f", "m"], "old": [True, False]})


def column(reference: list[Any] | pd.Series, generated: list[Any] | pd.Series) -> pd.Series:
    return align(pd.DataFrame({"c": generated}), pd.DataFrame({"c": reference}))["c"]


@given(st.permutations(list(REAL)), st.permutations([0, 1, 2, 3]))
def test_order_of_columns_and_index_do_not_matter(names: list[str], rows: list[int]) -> None:
    twice = pd.concat([REAL, REAL], ignore_index=True).iloc[rows]
    pd.testing.assert_frame_equal(align(twice[names], REAL), twice.reset_index(drop=True))


def test_the_result_is_a_copy() -> None:
    generated = REAL.copy()
    aligned = align(generated, REAL)
    aligned.loc[0, "age"] = 99
    pd.testing.assert_frame_equal(generated, REAL)


@pytest.mark.parametrize(
    ("reference", "generated", "expected"),
    [
        ([1, 2], [3, 4], [3, 4]),
        ([1, 2], [1.5, 2.0], [1.5, 2.0]),
        ([1.5, 2.0], [1, 2], [1.0, 2.0]),
        ([1, 2], ["3", " 4.5 "], [3.0, 4.5]),
        ([1, 2], ["3", "4"], [3, 4]),
        ([1, 2], ["3", None], [3.0, math.nan]),
        ([1, 2], [True, False], [1, 0]),
        ([1, 2], pd.array([1, None], dtype="Int64"), [1.0, math.nan]),
        ([1, 2], [None, None], [math.nan, math.nan]),
        ([1.5, 2.5], [math.inf, -1e300], [math.inf, -1e300]),
        (pd.array([1, 2], dtype="Int64"), [3, 4], [3, 4]),
        (["a", "b"], ["c", " a "], ["c", "a"]),
        (["a", "b"], ["c", None], ["c", None]),
        (["0", "3+"], [0, 1], ["0", "1"]),
        (["0", "3+"], [0.0, math.nan], ["0", None]),
        (["0", "3+"], [0.5, 1.0], ["0.5", "1"]),
        (["True", None], [True, False], ["True", "False"]),
        (["a", "b"], pd.Categorical(["a", "z"]), ["a", "z"]),
        (pd.Categorical(["a", "b"]), ["a", "z"], ["a", "z"]),
        (pd.Categorical([1, 2]), [1.0, 2.0], ["1", "2"]),
        ([True, False], [True, True], [True, True]),
        ([True, False], [1, 0], [True, False]),
        ([True, False], [1.0, 0.0], [True, False]),
        ([True, False], ["true", "False"], [True, False]),
        ([True, False], ["yes", "N"], [True, False]),
        ([True, False], ["T", "maybe"], ["True", "maybe"]),
        ([True, False], [1.0, 0.5], ["True", "0.5"]),
        (["Yes", "No"], ["Yes", "Yes"], ["Yes", "Yes"]),
        (["Yes", "No"], ["yes", "NO"], ["yes", "NO"]),
        (["yes", "no", "unknown"], ["1", "0"], ["1", "0"]),
    ],
)
def test_types_follow_the_reference(reference: Any, generated: Any, expected: list[Any]) -> None:
    pd.testing.assert_series_equal(column(reference, generated), pd.Series(expected, name="c"))


@pytest.mark.parametrize(
    ("reference", "generated"),
    [
        (["yes", "no"], [1, 0]),
        (["Y", "N"], ["yes", "no"]),
        (["T", "F"], [True, False]),
        ([1, 0], ["yes", "no"]),
        (["1", "0"], ["f", "f"]),
    ],
)
def test_truth_values_in_another_spelling_throughout_are_refused(reference: list[Any], generated: list[Any]) -> None:
    with pytest.raises(UserError, match=r"column 'c': expected .* or .* as in the reference, got .*say `truth`"):
        column(reference, generated)


def test_truth_values_with_gaps_keep_them() -> None:
    for generated in ([True, None], ["True", None], [1.0, math.nan]):
        found = column([True, False], generated)
        assert found.isna().tolist() == [False, True]
        assert str(found[0]) == "True"


def test_a_text_column_without_any_value_stays_a_column() -> None:
    assert column(["a", "b"], [None, None]).isna().all()
    assert column(["a", "b"], [math.nan, math.nan]).dtype == object


def test_no_rows_are_aligned_too() -> None:
    assert list(align(REAL.iloc[:0], REAL)) == list(REAL)


DATES = pd.to_datetime(["2020-01-01", "2020-01-02"])


@pytest.mark.parametrize(
    ("generated", "message"),
    [
        (REAL.drop(columns="age"), "expected the columns of the reference, but it lacks 'age'; use the same ones"),
        (REAL.assign(x=1, y=2), "but it also has 'x', 'y'"),
        (REAL.rename(columns={"sex": "Sex"}), "but it lacks 'sex' and also has 'Sex'"),
        (REAL.assign(**{f"x{n}": n for n in range(8)}), "also has 'x0', 'x1', 'x2', 'x3', 'x4' and 3 more"),
        (pd.concat([REAL, REAL[["age"]]], axis=1), "expected each column once, got 'age' twice"),
        (REAL.assign(age=DATES), "column 'age': expected numbers as in the reference, got dates"),
        (REAL.assign(sex=[["f"], ["m"]]), "column 'sex': .* got values of several types; convert the column"),
        (
            REAL.assign(old=[0.5, 2]),
            r"column 'old': expected True or False as in the reference, got '0.5' in row 1 of 2",
        ),
    ],
)
def test_what_cannot_be_aligned_is_refused_in_one_line(generated: pd.DataFrame, message: str) -> None:
    with pytest.raises(UserError, match=message) as refusal:
        align(generated, REAL)
    assert str(refusal.value).startswith("generated table: ")
    assert str(refusal.value).isprintable()


def test_words_among_numbers_are_kept_for_the_auditors() -> None:
    assert align(REAL.assign(age=["3", "old"]), REAL)["age"].tolist() == [3.0, "old"]
    assert align(REAL.assign(age=[3, "4"]), REAL)["age"].tolist() == [3, 4]


def test_a_whole_number_written_with_a_point_is_the_same_category() -> None:
    assert column(["1", "3+"], ["1.0", "2.0"]).tolist() == ["1", "2.0"]


def test_unseen_categories_are_kept_for_the_auditors() -> None:
    assert align(REAL.assign(sex=["x", "y"]), REAL)["sex"].tolist() == ["x", "y"]
    assert align(REAL.assign(age=np.array([1, 2], dtype=np.uint64)), REAL)["age"].tolist() == [1, 2]
