"""Columns that name records are told from those that describe them, by their values."""

import numpy as np
import pandas as pd
import pytest

from genai_audit.models.data.identifier_columns import FEWEST, described_by, identifier_columns
from genai_audit.models.encoders.builtin.table_ranks import EXTRACTOR, table_features, table_words

N = 400


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def people(rng: np.random.Generator) -> pd.DataFrame:
    """Two columns that name people, and six that describe them."""
    return pd.DataFrame(
        {
            "number": rng.permutation(N) + 1000,
            "mail": [f"p{at}@example.org" for at in range(N)],
            "age": rng.integers(18, 90, N),
            "salary": rng.integers(10_000, 10_000_000, N),
            "height": rng.normal(170, 10, N),
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], N),
            "member": rng.random(N) < 0.5,
            "note": [f"word {at} " * 12 for at in range(N)],
        }
    )


def test_numbers_and_addresses_of_people_are_named_and_measurements_are_not(rng: np.random.Generator) -> None:
    found = identifier_columns(people(rng))
    assert set(found) == {"number", "mail"}
    assert found["mail"] == "400 different values in 400 records"
    assert found["number"] == "400 whole numbers within 400, none of them twice"


@pytest.mark.parametrize(
    ("name", "values", "named"),
    [
        # Numbers far apart never repeat, measured or not: then the column's name decides.
        ("customer_id", range(0, 10**9, 10**6), True),
        ("customer", range(0, 10**9, 10**6), True),
        ("revenue", range(0, 10**9, 10**6), False),
        # Even over all numbers of eight digits, or nearly all of them small, or of several lengths.
        ("row", range(10**7 + 5, 10**8, 10**5), True),
        ("row", [10**7 + 9 * each**3 for each in range(200)], False),
        ("row", [10**6 + 5 + 10**5 * each for each in range(900)], False),
        ("date", range(1000), False),
        ("day", range(1000), False),
        ("row", range(1000), True),
        ("row", [*range(999), 0], False),
        ("amount", [each + 0.5 for each in range(1000)], False),
        ("row", [float(each) for each in range(1000)], True),
        ("Name", [f"Person {each}" for each in range(1000)], True),
        # 96 and 94 % of the values are different.
        ("Name", [f"Person {max(each, 40)}" for each in range(1000)], True),
        ("Name", [f"Person {max(each, 60)}" for each in range(1000)], False),
        ("Name", [f"Person {each}" for each in range(FEWEST - 1)], False),
    ],
)
def test_what_is_an_identifier(name: str, values: list[object], named: bool) -> None:
    assert (name in identifier_columns(pd.DataFrame({name: list(values)}))) is named


def test_gaps_do_not_hide_an_identifier() -> None:
    column = pd.Series([*range(500), *([None] * 500)], dtype="Int64")
    assert "row" in identifier_columns(pd.DataFrame({"row": column}))


def test_features_are_those_of_the_table_without_identifiers(rng: np.random.Generator) -> None:
    real, made = people(rng), people(rng)
    without = [each.drop(columns=["number", "mail"]) for each in (made, real)]
    for seen, wanted in zip(table_features([made, real]), table_features(without), strict=True):
        assert np.array_equal(seen, wanted)
    assert table_words(real) == f"{EXTRACTOR}; left out as identifiers: number, mail"
    assert table_words(without[1]) == EXTRACTOR


def test_a_table_of_identifiers_alone_is_described_by_them(rng: np.random.Generator) -> None:
    table = people(rng)[["number", "mail"]]
    assert described_by(table) == (["number", "mail"], {})
    assert table_features([table, table])[1].shape[0] == N
