"""The user's own code as an encoder: what fits is used, and every mistake is one line that names it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_audit.models.encoders.blocks import BlockEncoder
from genai_audit.models.encoders.catalogue import open_encoders
from genai_audit.models.encoders.encoder import EncoderError
from genai_audit.models.errors import UserError

IMAGES = np.random.default_rng(0).random((200, 1, 4, 4)).astype(np.float32)

CODE = """\
import numpy as np

def embed(records):
    return records.reshape(len(records), -1)[:, :5]

class Norms:
    name, version, licence, cannot_see, modality = "norms", "2", "MIT", "directions", "image"

    def encode(self, records):
        return np.linalg.norm(records.reshape(len(records), -1, 4), axis=2)

def norms():
    return Norms()

class Waves:
    modality = "audio"
    def encode(self, records, sample_rate):
        return np.full((len(records), 1), sample_rate) + records[:, :1]

def waves():
    return Waves()

def crash(records):
    return records.reshape(3)

def leave(records):
    raise SystemExit(0)

def nan(records):
    return np.full((len(records), 3), np.nan)

def flat(records):
    return records.reshape(-1)

def pooled(records):
    return np.ones((1, 3))

def nothing(records):
    return np.ones((len(records), 0))

def words(records):
    return ["a"] * len(records)

def centred(records):
    return records.reshape(len(records), -1) - records.mean()

def noisy(records):
    return np.random.random((len(records), 3))

def number():
    return 3

value = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def opened(name: Any, records: Any = IMAGES, modality: str = "image") -> BlockEncoder:
    (encoder,) = open_encoders([name], modality=modality, records=records, sample_rate=8000)
    assert isinstance(encoder, BlockEncoder)
    return encoder


def encoded(encoder: BlockEncoder, *sets: Any) -> Any:
    return encoder.encode(sets, reference=0, sample_rate=8000, progress=lambda share: None).vectors


def test_a_function_of_records_is_an_encoder(file: Path) -> None:
    encoder = opened(f"{file}:embed")
    assert (encoder.facts.name, encoder.facts.version, encoder.facts.cannot_see) == ("mine.py:embed", "not stated", "")
    assert len(encoder.facts.digest) == 64
    (found,) = encoded(encoder, IMAGES)
    np.testing.assert_array_equal(found, IMAGES.reshape(200, -1)[:, :5])
    assert found.dtype == np.float32


def test_an_object_says_what_it_is(file: Path) -> None:
    facts = opened(f"{file}:norms").facts
    assert (facts.name, facts.version, facts.licence, facts.cannot_see) == ("norms", "2", "MIT", "directions")


def test_what_takes_the_sample_rate_gets_it(file: Path) -> None:
    waves = IMAGES.reshape(200, -1)
    assert encoded(opened(f"{file}:waves", waves, "audio"), waves)[0][0, 0] == pytest.approx(8000 + waves[0, 0])


def test_functions_and_objects_in_memory_are_encoders_too() -> None:
    def mine(records: Any) -> Any:
        return records.mean(axis=(2, 3))

    encoder = opened(mine)
    assert encoder.facts.name == "mine"
    np.testing.assert_allclose(encoded(encoder, IMAGES)[0], IMAGES.mean(axis=(2, 3)))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("crash", r"mine\.py:24: crash on 3 records failed with ValueError: cannot reshape"),
        ("leave", r"mine\.py:27: leave on 3 records failed with SystemExit"),
        ("nan", r"expected finite features, got NaN or infinity for 3 of 3 records"),
        ("flat", r"expected an array \(3, d\), a row for each of 3 records, got an array of shape \(48,\)"),
        ("pooled", r"expected an array \(3, d\), a row for each of 3 records, got an array of shape \(1, 3\)"),
        ("nothing", r"expected between 1 and 65,536 features a record, got 0"),
        ("words", r"expected numbers \(n, d\), a row a record, got list"),
        ("centred", r"depend on that record alone, but they change with the records beside it"),
        ("noisy", r"depend on that record alone, but they change"),
        ("number", r"expected number to take records and return an array .* got int"),
        ("value", r"expected value to be a function, got int"),
        ("missing", r"expected a function missing, got none of that name; it has: embed, Norms, norms, Waves"),
        ("waves", r"expected an encoder of image records, got one whose modality is 'audio'"),
    ],
)
def test_mistakes_are_one_line(file: Path, function: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        opened(f"{file}:{function}")
    assert "\n" not in str(error.value)


def test_features_that_tell_nothing_apart_are_refused() -> None:
    same = opened(lambda records: np.ones((len(records), 2)))
    with pytest.raises(EncoderError, match="all 200 records of the reference have the same; use another encoder"):
        encoded(same, IMAGES)
    # Where the records themselves are equal no encoder could.
    encoded(same, IMAGES[:1].repeat(5, axis=0))


def test_a_broken_record_is_not_the_encoders_fault() -> None:
    images = IMAGES.copy()
    images[7] = np.nan
    (found,) = encoded(opened(lambda records: records.reshape(len(records), -1)), images)
    assert np.flatnonzero(~np.isfinite(found).all(axis=1)).tolist() == [7]


def test_a_block_that_was_seen_is_not_computed_again() -> None:
    calls: list[int] = []

    def counted(records: Any) -> Any:
        calls.append(len(records))
        return records.reshape(len(records), -1)

    encoder = opened(counted)
    calls.clear()
    first = encoded(encoder, IMAGES[:128])[0]
    more = encoded(encoder, IMAGES)[0]
    assert calls == [64, 64, 64, 8]
    np.testing.assert_array_equal(first, more[:128])
