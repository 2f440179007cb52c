"""Data that a program holds become the data set that a file of the same content would give, or one clear line."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit.models.data.datasets import load_data, with_groups
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.errors import UserError

RNG = np.random.default_rng(0)
X = RNG.random((20, 8, 8)).astype(np.float32)
Y = np.arange(20) % 3
TABLE = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "number": [1.5, None, 2.0],
        "text": ["x", "y", "z"],
        "category": pd.Categorical(["u", "v", "u"]),
        "truth": [True, False, True],
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "gaps": pd.Series([True, None, False], dtype=object),
    }
)


def sha256(given: Any, **options: Any) -> str:
    return data_in_memory(given, "reference", **options).sha256


@pytest.mark.parametrize(
    "given",
    [
        (X, Y),
        (X[:, None], Y.tolist()),
        (torch.tensor(X), torch.tensor(Y)),
        {"x": list(X), "y": pd.Series(Y)},
        ([torch.tensor(each) for each in X], {"class": Y}),
    ],
)
def test_images_are_those_of_a_file(given: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    file = load_data(str(tmp_path / "a.npz"))
    data = data_in_memory(given, "reference")
    assert (data.sha256, data.modality, data.classes) == (file.sha256, "image", ("0", "1", "2"))
    assert (data.name, data.source) == ("reference", "reference data in memory")


def test_bytes_are_scaled_and_channels_found(tmp_path: Path) -> None:
    pixels = RNG.integers(256, size=(5, 6, 6, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x=pixels)
    assert sha256(pixels) == load_data(str(tmp_path / "a.npz")).sha256


def test_a_table_is_that_of_a_file(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "a.csv", index=False)
    file = load_data(str(tmp_path / "a.csv"))
    data = data_in_memory(TABLE.set_index(pd.Index([7, 8, 9])), "reference")
    assert data.sha256 == file.sha256
    assert data.samples.dtypes.to_dict() == file.samples.dtypes.to_dict()
    assert with_groups(data, ("category",)).classes == ("u", "v")


def test_the_callers_data_are_left_alone() -> None:
    table, pieces = TABLE.copy(), [[60, 62]]
    samples = data_in_memory(table, "reference").samples
    samples.loc[0, "whole"] = 9
    data_in_memory(pieces, "reference").samples[0][0] = 1
    pd.testing.assert_frame_equal(table, TABLE)
    assert pieces == [[60, 62]]


def test_texts_and_melodies_are_those_of_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two\nthree\n", encoding="utf-8")
    (tmp_path / "a.json").write_text("[[60, -1], [62]]", encoding="utf-8")
    texts, pieces = (load_data(str(tmp_path / name)).sha256 for name in ("a.txt", "a.json"))
    for given in (["one two", "three"], pd.Series(["one two", "three"]), np.array(["one two", "three"])):
        assert sha256(given) == texts
    for given in ([[60, -1], [62]], [(60, -1), (62,)], [np.array([60, -1]), np.array([62])]):
        assert sha256(given) == pieces


def test_several_attributes_have_names() -> None:
    data = data_in_memory((["a", "b"], pd.DataFrame({"sex": ["f", "m"], "adult": [True, True]})), "reference")
    assert {name: each.names for name, each in data.attributes.items()} == {"sex": ("f", "m"), "adult": ("True",)}


def test_flat_arrays_are_sound_unless_images_are_expected() -> None:
    waves = RNG.random((5, 20)).astype(np.float32)
    data = data_in_memory(waves, "reference", sample_rate=8000)
    assert (data.modality, data.sample_rate) == ("audio", 8000)
    with pytest.raises(UserError, match=r"reference: expected x as \(n, h, w\).* got 2 dimensions \(5, 20\)"):
        data_in_memory(waves, "reference", modality="image")


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ([], "got list of 0"),
    "a number": (5, "got int"),
    "numbers": ([1, 2], "got list of 2, the first a int"),
    "three parts": ((X, Y, Y), "expected a tuple of data and labels, got one of 3"),
    "other keys": ({"images": X}, 'expected the keys "x" (the data) and "y" (labels, optional), got \'images\''),
    "too few labels": ((X, Y[:3]), "labels: expected one value for each of the 20 records, got 3"),
    "labels of floats": ((X, Y / 2), "labels: expected only str, only int or only bool, got float"),
    "labels of text and numbers": ((["a", "b"], ["f", 1]), "expected only str, only int or only bool, got int, str"),
    "a label each": ((["a"] * 60, list(range(60))), "labels: expected at most 50 different values, got 60"),
    "labels of a table": ((TABLE, [1, 2, 3]), "expected the labels of a table as one of its columns"),
    "values above 1": (X * 300, "expected floats in [0, 1]"),
    "loud sound": (np.full((2, 9), 3.0), "expected sound in [−1, 1], got 3 to 3"),
    "sound that is NaN": (np.full((2, 9), np.nan), "expected sound as finite floats"),
    "blank texts": ([" ", ""], "expected texts, but every one is blank"),
    "a pitch too high": ([[60, 200]], "piece 1, position 2: expected a pitch from 0 to 127"),
    "numbers as names": (pd.DataFrame({0: [1]}), "expected a name for each column, but 0 is no str"),
    "a name twice": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' stands for several"),
    "no rows": (TABLE.iloc[:0], "expected at least one row and one column"),
    "infinity": (pd.DataFrame({"a": [np.inf]}), "column 'a': expected finite numbers"),
    "only gaps": (pd.DataFrame({"a": [None]}), "column 'a': expected at least one value"),
    "spans": (
        pd.DataFrame({"a": pd.to_timedelta(["1 day"])}),
        "column 'a': expected numbers, text, dates or truth values",
    ),
}


@pytest.mark.parametrize(("given", "says"), WRONG.values(), ids=WRONG)
def test_other_data_are_refused_in_one_line(given: Any, says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)) as caught:
        data_in_memory(given, "reference")
    assert str(caught.value).startswith("reference: ")
    assert "\n" not in str(caught.value)
