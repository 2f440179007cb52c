"""Features are facts of a record and the reference: neither the order of records, nor which table comes first, nor what
categories are called says anything.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_audit.models.encoders.builtin.hashed import music_features, text_features
from genai_audit.models.encoders.builtin.spectra import audio_features
from genai_audit.models.encoders.builtin.table_ranks import table_features
from genai_audit.models.records import take

WORDS = ["", "one", "two words", "tree", "1", "Ωμέγα"]
SEEDS = st.integers(0, 2**32 - 1)


def texts(n: int, rng: np.random.Generator) -> Any:
    return [" ".join(rng.choice(WORDS, rng.integers(0, 5))) for _ in range(n)]


def pieces(n: int, rng: np.random.Generator) -> Any:
    return [rng.integers(-1, 128, rng.integers(1, 20)).tolist() for _ in range(n)]


def waves(n: int, rng: np.random.Generator) -> Any:
    return rng.uniform(-1, 1, (n, 200)).astype(np.float32)


def rows(n: int, rng: np.random.Generator, many: int = 40) -> pd.DataFrame:
    """Numbers with gaps, few and many categories, ids, and dates as days."""
    gaps = rng.random(n) < 0.1
    return pd.DataFrame(
        {
            "number": np.where(gaps, np.nan, rng.normal(size=n).round(1)),
            "few": rng.choice(["a", "b", "c"], n),
            "many": [f"v{k}" for k in rng.integers(0, many, n)],
            "id": [f"{each:x}" for each in rng.integers(0, 2**60, n)],
            "day": rng.integers(0, 3000, n).astype(float),
        }
    )


@pytest.mark.parametrize(
    ("draw", "features"), [(texts, text_features), (pieces, music_features), (waves, audio_features)]
)
@given(seed=SEEDS, n=st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_features_follow_the_order_of_records(
    draw: Callable[..., Any], features: Callable[[Any], Any], seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    records, order = draw(n, rng), rng.permutation(n)
    np.testing.assert_allclose(features(take(records, order)), features(records)[order], atol=1e-9)
    # Nor does a record's place depend on which others are there.
    np.testing.assert_allclose(features(take(records, order[:1])), features(records)[order[:1]], atol=1e-9)


@given(seed=SEEDS, n=st.integers(5, 60), many=st.sampled_from([5, 40, 1000]))
@settings(max_examples=20, deadline=None)
def test_features_of_tables_hang_on_no_order_of_rows_or_tables(seed: int, n: int, many: int) -> None:
    rng = np.random.default_rng(seed)
    made, real, held = rows(n, rng, many), rows(n + 3, rng, many), rows(7, rng, many)
    plain = table_features([made, real, held])
    orders = [rng.permutation(len(each)) for each in (made, real, held)]
    shuffled = table_features([each.iloc[order] for each, order in zip((made, real, held), orders, strict=True)])
    for before, after, order in zip(plain, shuffled, orders, strict=True):
        np.testing.assert_array_equal(before[order], after)
    turned = table_features([held, real, made])
    np.testing.assert_array_equal(turned[2], plain[0])
    np.testing.assert_array_equal(turned[0], plain[2])


@given(seed=SEEDS, n=st.integers(20, 60))
@settings(max_examples=20, deadline=None)
def test_distances_of_few_categories_stay_when_these_are_renamed(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    tables = [rows(n, rng)[["few", "number"]] for _ in range(2)]
    renamed = [each.assign(few=each["few"].map({"a": "zebra", "b": "7", "c": "Ωμέγα"})) for each in tables]
    before, after = (np.vstack(table_features(each)) for each in (tables, renamed))
    apart = [np.square(each[:, None] - each[None]).sum(axis=2) for each in (before, after)]
    np.testing.assert_allclose(apart[0], apart[1], atol=1e-9)
