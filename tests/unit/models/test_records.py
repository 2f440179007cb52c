"""Groups that a column of a table makes."""

import numpy as np
import pandas as pd
import pytest

from genai_audit.models.records import INVENTED, MISSING, table_attribute


@pytest.mark.parametrize(
    ("real", "made", "names", "found"),
    [
        ([1, 2, 2], [1.0, 2.0, np.nan], ("1", "2", MISSING), [0, 1, 2]),
        ([1, 2], ["1", "2.0", "02"], ("1", "2", INVENTED), [0, 1, 2]),
        (["007", "7"], [7, "007", None], ("007", "7", MISSING), [1, 0, 2]),
        ([0.1, 0.2], ["0.1", 0.2, -0.0], ("0.1", "0.2", INVENTED), [0, 1, 2]),
        ([True, False], ["True", False, "yes"], ("False", "True", INVENTED), [1, 0, 2]),
        (["a", None], ["a", None, "b"], (MISSING, "a", INVENTED), [1, 0, 2]),
    ],
)
def test_equal_values_are_one_group_whatever_their_type(real, made, names, found):
    reference = table_attribute(pd.DataFrame({"x": real}), "x")
    generated = table_attribute(pd.DataFrame({"x": pd.Series(made, dtype=object)}), "x", names=reference.names)
    assert generated.names == names
    assert generated.values.tolist() == found


def test_bands_of_a_number_keep_records_without_one_apart():
    real = table_attribute(pd.DataFrame({"age": [1.0, np.nan, 9.0]}), "age", names=("young", "old"), edges=(5.0,))
    assert real.names == ("young", "old", MISSING)
    assert real.values.tolist() == [0, 2, 1]
    made = table_attribute(pd.DataFrame({"age": [np.nan, 5.0]}), "age", names=real.names, edges=real.edges)
    assert made.names == real.names
    assert made.values.tolist() == [2, 1]
