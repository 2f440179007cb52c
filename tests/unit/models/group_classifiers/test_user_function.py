"""A user's group classifier: what it may return, and what is said of anything else."""

from pathlib import Path

import numpy as np
import pytest

from genai_audit.models.errors import UserError
from genai_audit.models.group_classifiers.user_function import (
    GroupClassifierError,
    UserClassifier,
    confusion_of,
    open_function,
)

TEXTS = ["she ran", "he ran", "she sat"] * 200


def told(function, records=TEXTS, names=("f", "m"), **more):
    judge = UserClassifier(open_function(function), "sex", names, **more)
    return judge.told([records, []], reference=1, progress=lambda share: None)["sex"]


def by_word(records):
    return ["f" if each.startswith("she") else "m" for each in records]


def test_names_become_numbers_of_groups_in_blocks():
    (values, probable), (none, _) = told(by_word)
    assert values.tolist() == [0, 1, 0] * 200
    assert (probable == 1).all()
    assert none.shape == (0,)


def test_probabilities_have_the_names_of_the_function_in_any_order():
    def soft(records):
        return np.array([[0.2, 0.8] if each.startswith("she") else [0.9, 0.1] for each in records])

    soft.names = ("m", "f")
    (values, probable), _ = told(soft)
    assert values[:2].tolist() == [0, 1]
    np.testing.assert_allclose(probable[:2], [0.8, 0.9], rtol=1e-6)


def test_a_tensor_numbers_for_names_and_a_sample_rate_are_understood():
    import torch

    def digits(records, sample_rate):
        assert sample_rate == 8_000
        return torch.arange(len(records)) % 2

    (values, _), _ = told(digits, records=np.zeros((4, 10), np.float32), names=("0", "1"), sample_rate=8_000)
    assert values.tolist() == [0, 1, 0, 1]


def soft(row, names=("f", "m")):
    def function(records):
        return np.tile(np.array(row, dtype=float), (len(records), 1))

    function.names = names
    return function


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda records: ["f"], r"expected a name of a group for each of 256 records.*got 1"),
        (lambda records: "f", "got str"),
        (lambda records: None, "got NoneType"),
        (lambda records: ["x"] * len(records), r"expected groups of sex \(f, m\), got x"),
        (lambda records: [None] * len(records), "without a value"),
        (lambda records: np.full(len(records), np.nan), "without a value"),
        (lambda records: np.full((len(records), 2), 0.5), "FUNCTION.names"),
        (soft([0.5, np.nan]), "expected finite probabilities"),
        (soft([0.5, 0.9]), r"sums to 1\.4; apply a softmax"),
        (soft([1.5, -0.5]), "apply a softmax"),
        (soft([0.2, 0.3, 0.5]), "each of its 2 names"),
    ],
)
def test_anything_else_ends_the_audit_in_one_line(function, said):
    with pytest.raises(GroupClassifierError, match=said) as caught:
        told(function)
    assert "\n" not in str(caught.value)


def test_a_file_is_named_with_the_line_that_failed(tmp_path: Path):
    file = tmp_path / "judge.py"
    file.write_text("def tell(records):\n    raise SystemExit(0)\n")
    with pytest.raises(GroupClassifierError, match=r"judge\.py:2: tell on 256 records failed with SystemExit"):
        told(f"{file}:tell")
    with pytest.raises(UserError, match="expected a function guess, got none of that name; it has: tell"):
        open_function(f"{file}:guess")
    with pytest.raises(UserError, match=r"--group-classifier: expected FILE\.py:FUNCTION"):
        open_function("judge")


def test_what_a_reader_is_told_names_the_code(tmp_path: Path):
    file = tmp_path / "judge.py"
    file.write_text("def tell(records):\n    return records\ntell.attribute = 'sex'\ntell.words = 'a word list'\n")
    function = open_function(f"{file}:tell")
    assert function.attribute == "sex"
    assert UserClassifier(function, "sex", ("f", "m")).words.startswith(
        "by the user's judge.py:tell (a word list; SHA-"
    )


def test_confusion_has_true_groups_as_rows():
    assert confusion_of(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist() == [[1, 1], [0, 1]]
