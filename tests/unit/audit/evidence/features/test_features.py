"""Features of every modality tell records apart, treat generated and real alike, and need nothing but the records."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Generated, Real
from genai_audit.audit.evidence.features.collect import collect_features
from genai_audit.audit.evidence.unavailable import Unavailable
from genai_audit.models.encoders.builtin.hashed import music_features, text_features
from genai_audit.models.encoders.builtin.spectra import audio_features
from genai_audit.models.encoders.builtin.table_ranks import table_features


def distances(features: np.ndarray) -> np.ndarray:
    return np.linalg.norm(features[:, None] - features[None], axis=2)


def test_texts_of_the_same_words_are_nearer_than_others() -> None:
    found = distances(text_features(["the nurse likes tea", "the nurse likes tea.", "a plumber hates jazz", ""]))
    assert found[0, 1] < 0.7 * found[0, 2]
    assert found.max() <= 2
    assert np.isfinite(found).all()


def test_melodies_are_compared_by_pitches_and_by_intervals() -> None:
    tune = [60, 62, 64, -1, 60, 62, 64]
    same_shape = [pitch + 12 if pitch >= 0 else pitch for pitch in tune]
    other = [60, 61, 67, 55, 80, 41, 60]
    found = distances(music_features([tune, same_shape, other, []]))
    # A transposed melody shares all intervals and no pitch: half of the squared distance at most.
    assert found[0, 1] < found[0, 2]
    assert 0 < found[0, 1] <= np.sqrt(2) + 1e-9


def test_sound_is_described_by_where_its_power_lies() -> None:
    time = np.arange(1024) / 8000
    low, high, quiet = np.sin(2 * np.pi * 300 * time), np.sin(2 * np.pi * 2000 * time), 0 * time
    shifted = np.sin(2 * np.pi * 300 * time + 1.0)
    features = audio_features(np.stack([low, high, quiet, shifted]).astype(np.float32))
    found = distances(features)
    assert found[0, 3] < 0.1 * found[0, 1]
    assert features.shape == (4, 256)
    # Silence is the floor everywhere, ln 1e-2.
    np.testing.assert_allclose(features[2], np.log(1e-2))
    assert audio_features(np.zeros((2, 10), np.float32)).shape == (2, 256)


def table(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "wage": rng.lognormal(3, 1, n),
            "kind": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
            "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "yes": rng.random(n) < 0.5,
        }
    )


def test_columns_count_alike_and_units_do_not_matter() -> None:
    one, two = table(50, 0), table(30, 1)
    plain = table_features([one, two])
    assert [len(each) for each in plain] == [50, 30]
    assert all(np.isfinite(each).all() for each in plain)
    cents = [each.assign(wage=100 * each["wage"] - 7) for each in (one, two)]
    for before, after in zip(plain, table_features(cents), strict=True):
        np.testing.assert_allclose(before, after, atol=1e-9)


def test_an_outlier_decides_nothing() -> None:
    real = pd.DataFrame({"x": np.append(np.random.default_rng(5).normal(size=399), 1e9)})
    shares = table_features([real, real])[1][:, 0]
    # Shares are ranks to within a part between two knots: at most 1/16 off, and evenly spread.
    ranks = (real["x"].rank().to_numpy() - 0.5) / 400
    assert np.abs(shares - ranks).max() < 1 / 16
    assert shares.std() == pytest.approx(np.sqrt(1 / 12), abs=0.02)


def test_a_step_of_many_equal_values_stays_a_step() -> None:
    # 60 % zeros, then lengths: the least positive number lies above all zeros, not among them.
    lengths = np.random.default_rng(6).exponential(size=40)
    real = pd.DataFrame({"x": np.append(np.zeros(60), lengths)})
    made = pd.DataFrame({"x": [0.0, lengths.min(), lengths.max()]})
    np.testing.assert_allclose(table_features([made, real])[0][:, 0], [0.3, 0.605, 0.995])


def test_numbers_become_shares_of_the_reference() -> None:
    # Levels 1, 2, 2, 4 have middle ranks 1/8, 1/2, 1/2, 7/8; 3 lies half-way between the last two.
    real = pd.DataFrame({"x": [1.0, 2.0, 2.0, 4.0]})
    made = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0, 4.0, 9.0, np.inf]})
    np.testing.assert_allclose(table_features([made, real])[0][:, 0], [0, 0.125, 0.5, 0.6875, 0.875, 1, 1])
    # What is no number counts as missing, as a missing number does: in the middle, and marked.
    odd = pd.DataFrame({"x": ["2", "oops", None]})
    np.testing.assert_allclose(table_features([odd, real])[0], [[0.5, 0], [0.5, np.sqrt(0.5)], [0.5, np.sqrt(0.5)]])


def test_a_constant_column_tells_what_differs_from_it() -> None:
    real, made = pd.DataFrame({"x": [3.0] * 5}), pd.DataFrame({"x": [2.0, 3.0, 4.0]})
    np.testing.assert_allclose(table_features([made, real])[0][:, 0], [0, 0.5, 1])


def test_no_column_can_make_rows_differ_by_more_than_one() -> None:
    features = np.vstack(table_features([table(40, 0), table(40, 1)]))
    assert distances(features).max() ** 2 <= 4 + 0.5 + 1e-9  # four columns, and the mark of a missing number


def test_features_hang_on_no_row_order_and_on_no_other_generated_row() -> None:
    made, real, held = table(60, 0), table(40, 1), table(20, 2)
    plain = table_features([made, real, held])
    order = np.random.default_rng(3).permutation(40)
    shuffled = table_features([made, real.iloc[order], held])
    np.testing.assert_array_equal(plain[0], shuffled[0])
    np.testing.assert_array_equal(plain[1][order], shuffled[1])
    np.testing.assert_array_equal(plain[0][:30], table_features([made.iloc[:30], real, held])[0])
    # Which of the tables comes first says nothing, only which is the reference.
    turned = table_features([real, held, made], reference=0)
    for before, after in zip(plain, (turned[2], turned[0], turned[1]), strict=True):
        np.testing.assert_array_equal(before, after)


def ids(n: int, seed: int) -> pd.DataFrame:
    """An id of its own for every row, and a column of more categories than get an axis each."""
    rng = np.random.default_rng(seed)
    number = rng.integers(0, 1000, n)
    return pd.DataFrame({"id": [f"{each:x}" for each in rng.integers(0, 2**60, n)], "many": [f"v{k}" for k in number]})


@pytest.mark.parametrize(("values", "tolerance"), [(20, 1e-9), (2000, 0.5)])
def test_rows_of_two_categories_are_equally_far_apart_whatever_they_are_called(values: int, tolerance: float) -> None:
    rng = np.random.default_rng(4)
    real, made = (pd.DataFrame({"c": [f"v{k}" for k in rng.integers(0, values, n)]}) for n in (300, 200))
    made = pd.concat([made, pd.DataFrame({"c": ["new", "new"]})], ignore_index=True)
    renamed = [each.assign(c=["name " + text[::-1] for text in each["c"]]) for each in (made, real)]
    both = pd.concat([made, real])["c"].to_numpy()
    differ = both[:, None] != both[None]
    for tables in ([made, real], renamed):
        squares = distances(np.vstack(table_features(tables))) ** 2
        np.testing.assert_allclose(squares[~differ], 0, atol=1e-9)
        # Of many categories the directions are at right angles only nearly; none are left out or put together.
        np.testing.assert_allclose(squares[differ], 1, atol=tolerance)
        assert squares[differ].mean() == pytest.approx(1, abs=0.01)


def test_new_categories_do_not_betray_themselves() -> None:
    features = table_features([ids(220, 0), ids(210, 1)])
    assert features[0].shape[1] <= 2 * (200 + 64)
    apart = distances(np.vstack(features))
    among = [apart[:220, :220][np.triu_indices(220, 1)], apart[220:, 220:][np.triu_indices(210, 1)], apart[:220, 220:]]
    means = [float((each**2).mean()) for each in among]
    assert max(means) - min(means) < 0.01


RECORDS: dict[str, Any] = {
    "image": np.zeros((3, 1, 4, 4), np.float32),
    "text": ["a", "b", "c"],
    "music": [[60], [61, -1], [62]],
    "audio": np.zeros((3, 100), np.float32),
    "tabular": table(3, 0),
}


@pytest.mark.parametrize("modality", RECORDS)
def test_every_modality_has_features(modality: str) -> None:
    samples = RECORDS[modality]
    real = Real(samples, 3, "r", "r", "0")
    found = collect_features(modality, generated=Generated(samples, 0, "m"), reference=real, holdout=real)
    assert found.generated.shape == found.reference.shape == found.holdout.shape
    np.testing.assert_array_equal(found.generated, found.reference)
    # What is saved narrows to single precision without loss, so that a reloaded audit sees the same bits.
    np.testing.assert_array_equal(found.generated, found.generated.astype(np.float32))
    with pytest.raises(Unavailable, match="--reference"):
        collect_features(modality, generated=Generated(samples, 0, "m"), reference=None, holdout=None)
