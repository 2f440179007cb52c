"""Tables survive being described, encoded and given back: order, dtypes, categories, grids and gaps."""

import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit.models.data.column_modes import Mode, fit_modes
from genai_audit.models.data.column_rows import from_frame, to_frame
from genai_audit.models.data.columns import REACH, Column, Spec, describe, read_columns
from genai_audit.models.data.datasets import load_data
from genai_audit.models.errors import UserError
from genai_audit.models.families.parts.table_layout import Layout


@cache
def mixed() -> pd.DataFrame:
    """One column of every kind."""
    n = 200
    rng = np.random.default_rng(0)
    gone = rng.random(n) < 0.2
    numbers = rng.normal(50, 20, n)
    text = rng.choice(["ja", "nein", "naïve", ""], n)
    levels = pd.CategoricalDtype(["low", "mid", "high", "never"], ordered=True)
    return pd.DataFrame(
        {
            "whole": numbers.round().astype(np.int64),
            "small": rng.integers(-100, 100, n).astype(np.int8),
            "price": np.exp(numbers / 20).round(2),
            "float": numbers,
            "float32": (numbers * 3).astype(np.float32),
            "gaps": np.where(gone, np.nan, numbers.round()),
            "Int64": pd.array(np.where(gone, None, numbers.round().astype(object)), dtype="Int64"),
            "Float64": pd.array(np.where(gone, None, numbers.astype(object)), dtype="Float64"),
            "few": rng.integers(0, 3, n),
            "halves": rng.integers(0, 4, n) / 2,
            "bool": rng.random(n) < 0.3,
            "boolean": pd.array(np.where(gone, None, (rng.random(n) < 0.3).astype(object)), dtype="boolean"),
            "text": text,
            "text gaps": pd.Series(np.where(gone, None, text.astype(object)), dtype=pd.Series(["a"]).dtype),
            "object": pd.Series(np.where(gone, None, np.array([True, 1, "1"], dtype=object)[rng.integers(0, 3, n)])),
            "levels": pd.Series(rng.choice(["low", "mid", "high"], n)).astype(levels),
            "codes": pd.Series(pd.Categorical(np.where(gone, np.nan, rng.integers(0, 3, n)), categories=[2, 0, 1])),
            "constant": np.full(n, 7),
            "nothing": np.full(n, np.nan),
            3: rng.random(n),
        }
    )


@cache
def described() -> tuple[Spec, ...]:
    return describe(mixed())


def back(columns: tuple[Column, ...], frame: pd.DataFrame) -> pd.DataFrame:
    """The frame after encoding and decoding: each number by its distance from its likeliest mode."""
    layout = Layout(columns)
    rows = from_frame(columns, frame)
    encoded = layout.encode(rows)
    states = layout.pad(encoded[:, : layout.width]).argmax(2)
    distances = np.zeros(states.shape)
    distances[:, layout.numeric] = encoded[:, layout.width :].double().numpy() * REACH
    return to_frame(columns, states.numpy(), distances)


def test_every_kind_of_column_comes_back() -> None:
    frame = mixed()
    returned = back(read_columns(described()), frame)
    assert list(returned.columns) == list(frame.columns)
    assert returned.dtypes.to_dict() == frame.dtypes.to_dict()
    for name in frame:
        if name in ("float", "float32", "Float64", 3):
            assert (returned[name].isna() == frame[name].isna()).all()
            given, found = (each[name].to_numpy(dtype=float, na_value=0) for each in (frame, returned))
            # What lies more than four deviations from its mode is drawn in, 1 in 16,000 of a normal column.
            assert np.isclose(found, given, rtol=1e-4).mean() > 0.98
        else:
            pd.testing.assert_series_equal(returned[name], frame[name])
    assert [type(value) for value in returned["object"]] == [type(value) for value in frame["object"]]


@pytest.mark.parametrize("name", ["loans", "diabetes"])
def test_bundled_tables_come_back(name: str) -> None:
    frame = load_data(name).samples[:100]
    columns = read_columns(describe(frame))
    assert (from_frame(columns, frame).states >= 0).all()
    returned = back(columns, frame)
    assert (returned.dtypes == frame.dtypes).all()
    # What lies more than four deviations from its mode is drawn in, and nothing else changes.
    assert (returned == frame).to_numpy().mean() > 0.99


def test_the_description_survives_json() -> None:
    specs = described()

    def frozen(value: Any) -> Any:
        return tuple(map(frozen, value)) if isinstance(value, list) else value

    again = frozen(json.loads(json.dumps(specs)))
    assert again == specs
    assert read_columns(again) == read_columns(specs)


def test_a_column_says_what_it_is() -> None:
    columns = {column.name: column for column in read_columns(described())}
    assert columns["price"].decimals == 2
    assert columns["whole"].decimals == columns["gaps"].decimals == 0
    assert columns["float"].decimals == -1
    assert columns["few"].values == (0, 1, 2)
    assert columns["halves"].values == (0.0, 0.5, 1.0, 1.5)
    assert columns["levels"].values == ("high", "low", "mid")
    assert columns["levels"].categories == ("low", "mid", "high", "never")
    assert columns["levels"].ordered
    assert columns["gaps"].missing
    assert not columns["whole"].missing
    assert columns["nothing"].states == 1


def test_values_that_the_columns_lack_are_impossible() -> None:
    frame = pd.DataFrame({"n": np.arange(100), "t": ["a", "b"] * 50, "b": [True, False] * 50})
    columns = read_columns(describe(frame))
    odd = pd.DataFrame(
        {"b": [True] * 6, "n": [5.0, 5.5, 100.0, -1.0, np.nan, np.inf], "t": ["a", "a", "a", "a", "c", None]}
    )
    states = from_frame(columns, odd).states
    assert (states[:, 0] >= 0).tolist() == [True, False, False, False, False, False]
    assert (states[:, 1] >= 0).tolist() == [True, True, True, True, False, False]
    as_text = from_frame(columns, odd.assign(b="True"))
    assert (as_text.states[:, 2] == -1).all()


def test_numbers_are_drawn_into_the_range_and_onto_the_grid() -> None:
    frame = pd.DataFrame({"n": np.arange(10, 110), "x": np.random.default_rng(0).random(100)})
    columns = read_columns(describe(frame))
    made = to_frame(columns, np.zeros((3, 2), dtype=np.int64), np.array([[-1e6, -1e6], [0.0137, 0.0], [1e6, 1e6]]))
    assert made["n"].tolist()[::2] == [10, 109]
    assert str(made["n"].dtype) == "int64"
    assert made["x"].tolist()[::2] == [frame["x"].min(), frame["x"].max()]


def test_training_rows_are_taken_to_the_nearest_that_is_possible() -> None:
    frame = pd.DataFrame({"n": np.arange(10, 110), "few": np.arange(100) % 3, "t": ["a", "b"] * 50})
    columns = read_columns(describe(frame))
    odd = pd.DataFrame({"n": [1.0, 20.4, 500.0], "few": [0.4, 1.7, -3.0], "t": ["a", "b", "b"]})
    rows = from_frame(columns, odd, nearest=True)
    assert rows.numbers[:, 0].tolist() == [10, 20, 109]
    assert rows.states.tolist() == [[0, 0, 0], [0, 2, 1], [0, 0, 1]]
    for name, value in (("t", "c"), ("n", np.nan)):
        with pytest.raises(UserError, match=f"column '{name}': expected values it is described by, got"):
            from_frame(columns, odd.assign(**{name: value}), nearest=True)


def test_modes_are_drawn_from_their_posterior_and_rounding_is_spread() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 10, 3000), rng.normal(30, 10, 3000)]).round().astype(int)
    columns = read_columns(describe(pd.DataFrame({"n": values})))
    layout = Layout(columns)
    rows = from_frame(columns, pd.DataFrame({"n": np.full(20_000, 15)}))
    encoded = layout.encode(rows, generator=torch.Generator().manual_seed(0))
    weight, mean, deviation = np.array(columns[0].modes).T
    posterior = weight / deviation * np.exp(-0.5 * ((15 - mean) / deviation) ** 2)
    posterior /= posterior.sum()
    # The standard error of a share is at most 0.5 / √20,000 = 0.0035.
    np.testing.assert_allclose(encoded[:, : layout.width].mean(0), posterior, atol=0.02)
    number = mean[encoded[:, : layout.width].argmax(1)] + deviation[encoded[:, : layout.width].argmax(1)] * (
        REACH * encoded[:, -1].double().numpy()
    )
    assert number.min() == pytest.approx(14.5, abs=0.01)
    assert number.max() == pytest.approx(15.5, abs=0.01)
    assert np.isclose(number.mean(), 15, atol=0.02)


def test_two_modes_are_found_again() -> None:
    rng = np.random.default_rng(1)
    values = np.where(rng.random(20_000) < 0.3, rng.normal(-4, 1, 20_000), rng.normal(5, 2, 20_000))
    modes = fit_modes(values)
    assert len(modes) == 2
    # Standard errors: 0.003 of the weight, 0.02 of the means and 0.015 of the deviations.
    np.testing.assert_allclose(np.array(modes), [[0.3, -4, 1], [0.7, 5, 2]], atol=0.08)
    assert fit_modes(values) == modes
    assert fit_modes(rng.permutation(values)) == modes


def test_a_heavy_atom_gets_a_mode_of_its_own() -> None:
    rng = np.random.default_rng(1)
    values = np.where(rng.random(5000) < 0.9, 0.0, rng.normal(5000, 500, 5000).round())
    modes = fit_modes(values, step=1.0)
    assert modes[0].weight == pytest.approx(0.9, abs=0.02)
    assert modes[0].mean == pytest.approx(0, abs=0.01)
    assert modes[0].deviation < 1
    assert sum(mode.weight for mode in modes) == pytest.approx(1)


def test_one_value_is_one_mode() -> None:
    assert fit_modes(np.full(10, 3.5)) == (Mode(1.0, 3.5, pytest.approx(0.00035)),)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"id": [f"n{i}" for i in range(1001)]}),
            "'id': expected at most 1000 different values, got 1001",
        ),
        (pd.DataFrame({"day": pd.to_datetime(["2020-01-01"] * 3)}), "'day': expected numbers, text, .* got datetime64"),
        (pd.DataFrame({"x": [*range(40), np.inf]}), "'x': expected finite numbers, got infinite ones"),
        (pd.DataFrame({"x": [[1], [2]]}), "'x': expected text, truth values or numbers, got list"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "expected columns of different names, got 'a' twice"),
        (pd.DataFrame(index=range(3)), "expected a table of 1 to 1000 columns, got 0"),
        (pd.DataFrame({"x": []}), "'x': expected values, got none; leave the column out"),
    ],
)
def test_tables_that_cannot_be_described(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        describe(frame)
    assert "\n" not in str(caught.value)


def test_rows_must_have_the_columns() -> None:
    columns = read_columns(describe(pd.DataFrame({"n": np.arange(100), "t": ["a", "b"] * 50})))
    with pytest.raises(UserError, match="expected a table with the column 't', got n"):
        from_frame(columns, pd.DataFrame({"n": [1]}))
    with pytest.raises(UserError, match="column 'n': expected numbers, got"):
        from_frame(columns, pd.DataFrame({"n": ["x"], "t": ["a"]}))


GOOD = Column("n", "int64", modes=(Mode(1.0, 0.0, 1.0),), low=0.0, high=9.0, decimals=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "datetime64[ns]"}, "column of a known dtype"),
        ({"modes": ()}, "either values or modes"),
        ({"values": (1,)}, "either values or modes"),
        ({"modes": ((1.0, 0.0, 0.0),)}, "the deviation of a mode"),
        ({"modes": ((1.0, float("nan"), 1.0),)}, "the mean of a mode"),
        ({"modes": ((1.0, 0.0),)}, "each mode of a column as weight, mean and deviation"),
        ({"modes": ((1.0, 0.0, 1.0),) * 11}, "modes of column 'n' plus one"),
        ({"low": 10.0}, "high as a number from 10"),
        ({"decimals": 99}, "decimals from -1 to 6, got 99"),
        ({"missing": 1}, "missing and ordered"),
        ({"modes": (), "values": ("a", "a")}, "values of column 'n' to differ"),
        ({"modes": (), "values": tuple(range(1001))}, "values of column 'n' plus one"),
        ({"modes": (), "values": ((),)}, "as text, truth values or numbers"),
    ],
)
def test_absurd_columns_are_refused(changes: dict[str, object], message: str) -> None:
    facts = {name: getattr(GOOD, name) for name in Column.__slots__}
    assert read_columns((tuple(facts.values()),)) == (GOOD,)
    with pytest.raises(ValueError, match=message):
        read_columns((tuple({**facts, **changes}.values()),))


@pytest.mark.parametrize(("specs", "message"), [((), "1 to 1000 columns"), (7, "columns"), (("n",), "facts of a col")])
def test_absurd_tables_are_refused(specs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_columns(specs)
