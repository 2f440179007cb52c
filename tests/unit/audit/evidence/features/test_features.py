"""Features of every modality tell records apart, treat generated and real alike, and need nothing but the records."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Generated, Real
from genai_audit.audit.evidence.features.audio import audio_features
from genai_audit.audit.evidence.features.collect import collect_features
from genai_audit.audit.evidence.features.tables import table_features
from genai_audit.audit.evidence.features.texts import music_features, text_features
from genai_audit.audit.evidence.unavailable import Unavailable


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
    scaled = [each.assign(wage=np.exp(each["wage"].rank() / 10)) for each in (one, two)]
    assert [len(each) for each in plain] == [50, 30]
    assert all(np.isfinite(each).all() for each in plain)
    # A monotone change of units within both tables together changes nothing.
    both = pd.concat([one, two])
    order = both["wage"].rank()
    again = table_features([one.assign(wage=order[:50].to_numpy()), two.assign(wage=order[50:].to_numpy())])
    np.testing.assert_allclose(plain[0], again[0])
    assert not np.allclose(plain[0], table_features(scaled)[0])


def test_no_column_can_make_rows_differ_by_more_than_one() -> None:
    features = np.vstack(table_features([table(40, 0), table(40, 1)]))
    assert distances(features).max() ** 2 <= 4 + 0.5 + 1e-9  # four columns, and the mark of a missing number


def test_generated_and_real_rows_are_treated_alike() -> None:
    # Exchangeability: swapping the roles of two tables swaps their features and nothing else.
    one, two, three = table(40, 0), table(40, 1), table(20, 2)
    forth = table_features([one, two, three])
    back = table_features([two, one, three])
    np.testing.assert_allclose(forth[0], back[1])
    np.testing.assert_allclose(forth[1], back[0])
    np.testing.assert_allclose(forth[2], back[2])


def test_many_categories_share_a_column() -> None:
    values = [f"v{index}" for index in range(300)] + ["common"] * 300
    (features,) = table_features([pd.DataFrame({"c": values})])
    assert features.shape[1] == 201
    assert features[:, -1].sum() == pytest.approx((300 + 1 - 200) * np.sqrt(0.5))


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
    found = collect_features(modality, Generated(samples, 0, "m"), real, real)
    assert found.generated.shape == found.reference.shape == found.holdout.shape
    np.testing.assert_array_equal(found.generated, found.reference)
    # What is saved narrows to single precision without loss, so that a reloaded audit sees the same bits.
    np.testing.assert_array_equal(found.generated, found.generated.astype(np.float32))
    with pytest.raises(Unavailable, match="--reference"):
        collect_features(modality, Generated(samples, 0, "m"), None, None)
