"""One record of each unit: independent, and distributed as all records are."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.data.units import apart, one_each, unit_values
from genai_audit.models.errors import UserError


def table(people: list[str], values: list[float] | None = None) -> Dataset:
    numbers = list(range(len(people))) if values is None else values
    return data_in_memory(pd.DataFrame({"person": people, "x": numbers}), "reference")


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_units_of_equal_size_are_all_kept_once() -> None:
    data = table([f"p{each}" for each in range(40) for _ in range(3)])
    thinned = one_each(data, "person", seeded())
    assert len(thinned) == 40
    assert sorted(x // 3 for x in thinned.samples["x"]) == list(range(40))
    assert list(thinned.samples.columns) == ["x"]
    assert thinned.sha256 == data.sha256
    assert thinned.one_each is not None
    assert (thinned.one_each.unit, thinned.one_each.units, thinned.one_each.given) == ("person", 40, 120)


def test_records_stay_distributed_as_all_of_them() -> None:
    """Half of the people have one record, of value 0, and half have three, of value 1: 3/4 of all records are 1."""
    people = [f"a{each}" for each in range(200)] + [f"b{each}" for each in range(200) for _ in range(3)]
    data = table(people, [0.0] * 200 + [1.0] * 600)
    means = [one_each(data, "person", seeded(seed)).samples["x"].mean() for seed in range(50)]
    assert np.mean(means) == pytest.approx(0.75, abs=0.01)


def test_every_record_of_a_unit_is_as_likely() -> None:
    data = table([f"p{each}" for each in range(100) for _ in range(2)])
    chosen = np.concatenate([one_each(data, "person", seeded(seed)).samples["x"] % 2 for seed in range(20)])
    assert chosen.mean() == pytest.approx(0.5, abs=0.05)


def test_one_giant_unit_is_refused_with_its_weight() -> None:
    data = table(["giant"] * 500 + [f"p{each}" for each in range(40)])
    with pytest.raises(UserError, match=r"expected at least 30 independent records, got .* worth 1.2 equal ones"):
        one_each(data, "person", seeded())


def test_held_out_people_of_the_reference_are_left_out() -> None:
    reference = table([f"p{each}" for each in range(40)])
    holdout = table([f"p{each}" for each in range(20, 80) for _ in range(2)])
    left = apart(holdout, reference, "person")
    assert len(left) == 80
    assert left.one_each is not None
    assert left.one_each.shared == 40
    thinned = one_each(left, "person", seeded())
    assert thinned.one_each is not None
    assert (len(thinned), thinned.one_each.shared) == (40, 40)
    with pytest.raises(UserError, match="split the data by person"):
        apart(reference, reference, "person")


def test_numbers_are_the_same_unit_however_they_are_stored() -> None:
    whole, floats = table([1, 2]), table([1.0, 2.0])  # type: ignore[list-item]  # identifiers may be numbers
    assert unit_values(whole, "person") is not None
    assert apart(table([2.0, 3.0]), whole, "person").samples["x"].tolist() == [1]  # type: ignore[list-item]  # as above
    assert unit_values(floats, "person").tolist() == ["1", "2"]  # type: ignore[union-attr]  # it has the column


def test_missing_units_and_missing_columns_are_refused() -> None:
    with pytest.raises(UserError, match="--unit person: expected a value in every row, got 1 of 2 rows"):
        unit_values(table(["a", None]), "person")  # type: ignore[list-item]  # that is the point
    with pytest.raises(UserError, match=r"--unit writer: expected a column or attribute of .* \(person, x\)"):
        one_each(table(["a", "b"]), "writer", seeded())


def test_texts_images_and_music_name_units_of_many_values(tmp_path: Path) -> None:
    n = 120
    text = tmp_path / "a.jsonl"
    text.write_text("".join(json.dumps({"text": f"t{i}", "writer": i // 2}) + "\n" for i in range(n)))
    images = tmp_path / "a.npz"
    np.savez(images, x=np.zeros((n, 4, 4), np.uint8), writer=np.arange(n) // 2, other=np.zeros((n, 3)))
    music = tmp_path / "a.json"
    music.write_text(json.dumps({"pieces": [[60, 62]] * n, "attributes": {"writer": [i // 2 for i in range(n)]}}))
    for path in (text, images, music):
        data = load_data(str(path))
        assert "writer" not in data.attributes
        assert len(one_each(data, "writer", seeded())) == n // 2
    given = data_in_memory((["a"] * n, {"writer": list(range(n))}), "reference")
    assert len(one_each(given, "writer", seeded())) == n


def test_a_group_can_be_a_unit(tmp_path: Path) -> None:
    text = tmp_path / "a.jsonl"
    text.write_text("".join(json.dumps({"text": f"t{i}", "writer": f"w{i % 40}"}) + "\n" for i in range(120)))
    data = load_data(str(text))
    assert "writer" in data.attributes
    thinned = one_each(data, "writer", seeded())
    assert len(thinned) == 40
    assert thinned.attributes == {}
