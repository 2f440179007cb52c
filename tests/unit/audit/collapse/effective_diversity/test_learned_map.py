"""What learning the features of a table from the reference adds to its effective number."""

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.collapse.effective_diversity.learned_map import FEWEST, learning_bias
from genai_audit.audit.statistics.distances.effective_number import mean_similarity, similarity_width
from genai_audit.models.encoders.builtin.table_ranks import table_features

KINDS, N = 32, 150


def table(n: int, rng: np.random.Generator) -> pd.DataFrame:
    z = rng.standard_normal((n, 5))
    for j in range(1, 5):
        z[:, j] = 0.5 * z[:, j - 1] + np.sqrt(0.75) * z[:, j]
    return pd.DataFrame(z, columns=list("abcde"))


def log_ratio(rng: np.random.Generator, reference: pd.DataFrame) -> float:
    made, real = table_features([table(1000, rng), reference])
    width = similarity_width(reference=real, kinds=KINDS, rng=rng)
    numbers = [mean_similarity(each - real.mean(axis=0), width=width).effective_number(N) for each in (made, real)]
    return float(np.log(numbers[0] / numbers[1]))


def test_it_is_what_perfect_generators_lack() -> None:
    lacking, told = [], []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        reference = table(N, rng)
        lacking.append(log_ratio(rng, reference))
        told.append(learning_bias(reference, at=N, kinds=KINDS, rng=rng))
    error = np.std(lacking) / np.sqrt(len(lacking))
    assert np.mean(lacking) < -2 * error
    assert abs(np.mean(lacking) + np.mean(told)) < 2 * error


def test_it_falls_with_the_number_of_records() -> None:
    rng = np.random.default_rng(1)
    few, many = (learning_bias(table(n, rng), at=n, kinds=KINDS, rng=rng) for n in (150, 1200))
    assert 0 < many < few / 3


@pytest.mark.parametrize("rows", [2 * FEWEST - 1, 2])
def test_too_few_records_tell_nothing(rows: int) -> None:
    rng = np.random.default_rng(2)
    assert learning_bias(table(rows, rng), at=rows, kinds=KINDS, rng=rng) == 0


def test_equal_records_tell_nothing() -> None:
    rng = np.random.default_rng(3)
    same = pd.DataFrame({"a": [1.0] * 100, "b": ["x"] * 100})
    assert learning_bias(same, at=100, kinds=KINDS, rng=rng) == 0
