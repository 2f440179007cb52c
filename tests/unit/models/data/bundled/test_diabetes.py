"""The bundled patients are what scikit-learn has, under readable names and honest types."""

import numpy as np
from sklearn.datasets import load_diabetes

from genai_audit.models.data.bundled import diabetes
from genai_audit.models.data.datasets import BUNDLED, load_data


def test_values_are_those_of_the_source() -> None:
    source = load_diabetes(scaled=False)
    frame = load_data("diabetes").samples
    assert frame.shape == (442, 11)
    for place, name in enumerate(source.feature_names):
        values = frame[diabetes.COLUMNS[name]]
        if name == "sex":
            values = values.str.removeprefix("sex ").astype(float)
        np.testing.assert_array_equal(values.to_numpy(dtype=float), source.data[:, place])
    np.testing.assert_array_equal(frame["progression"], source.target)


def test_whole_numbers_are_whole_and_the_rest_is_not() -> None:
    frame = load_data("diabetes").samples
    whole = [name for name in frame if str(frame[name].dtype) == "int64"]
    assert whole == list(diabetes.WHOLE)
    for name in frame.select_dtypes("float64"):
        assert (frame[name] % 1 != 0).any()


def test_groups_are_sex_and_bands_of_age() -> None:
    data = load_data("diabetes")
    assert list(data.attributes) == ["sex", "age"]
    sex, age = data.attributes["sex"], data.attributes["age"]
    assert np.bincount(sex.values).tolist() == [235, 207]
    assert (data.samples["sex"] == np.array(sex.names)[sex.values]).all()
    assert age.names == ("under 40", "40 to 59", "60 and over")
    ages = data.samples["age"].to_numpy()
    assert np.array_equal(age.values, np.where(ages < 40, 0, np.where(ages < 60, 1, 2)))
    assert (age.column, age.edges) == ("age", (40.0, 60.0))


def test_its_line_says_what_it_is() -> None:
    entry = BUNDLED["diabetes"]
    assert entry.modality == load_data("diabetes").modality == "tabular"
    assert "442 real patients" in entry.about
    assert "11 columns" in entry.about
