"""A key file comes back as it was written, and what is none is refused in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit import UserError
from genai_audit.audit.evidence.canaries.key import Key, key_text, read_key
from genai_audit.audit.evidence.canaries.kind import COINS
from genai_audit.audit.evidence.canaries.nearness import distances

TABLE = pd.DataFrame(
    {"age": [30, 41, 52], "rate": [0.5, np.nan, 1.25], "town": ["Ulm", None, "Bonn"], "in": [True, False, True]}
)
PICTURES = np.arange(48, dtype=np.float32).reshape(3, 1, 4, 4) / np.float32(255)


def key(modality: str, records: Any) -> Key:
    return Key(modality, records, np.array([True, False, True]), COINS, 2, 1, 40.5, "a space")


@pytest.mark.parametrize(
    ("modality", "records"),
    [
        ("text", ["one two", "drei vier", "\N{SNOWMAN} five"]),
        ("music", [[60, -1], [61, 62], [64, 65]]),
        ("tabular", TABLE),
        ("image", PICTURES),
    ],
)
def test_a_key_comes_back(modality: str, records: Any, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(key_text(key(modality, records)), encoding="utf-8")
    found = read_key(path)
    if modality == "tabular":
        pd.testing.assert_frame_equal(found.records, records)
    elif modality == "image":
        assert np.allclose(found.records, records)
    else:
        assert found.records == records
    assert found.included.tolist() == [True, False, True]
    assert (found.design, found.guesses, found.bits) == (COINS, 2, 40.5)
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "got another kind of file"),
        ({"guesses": 4}, "got 4 guesses for 3 canaries"),
        ({"guesses": "2"}, "got no guesses of the right type"),
        ({"design": "dice"}, "got design 'dice'"),
        ({"repeats": 0}, "got repeats or bits that are out of range"),
        ({"canaries": [{"record": "x"}] * 3}, "got canaries that do not say whether they are included"),
        ({"canaries": [{"record": "x", "included": True}] * 3}, "got 3 of 3 canaries included"),
        ({"modality": "image", "shape": [1, 2, 2]}, "got records that are no image records"),
        ({"modality": "smell"}, "got records that are no smell records"),
    ],
)
def test_what_is_no_key_is_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(json.loads(key_text(key("text", ["a", "b", "c"]))) | change), encoding="utf-8")
    with pytest.raises(UserError, match=said) as error:
        read_key(path)
    assert "\n" not in str(error.value)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(b"\xff\x00")
    with pytest.raises(UserError, match="expected a key file of `genai-audit canaries make`, got another kind of file"):
        read_key(path)


def test_distances_by_hand() -> None:
    # One of the two pairs of words stands in the generated texts.
    assert distances("text", ["a b c"], ["x a b"]).tolist() == [0.5]
    assert distances("music", [[1, 2, 3, 4]], [[2, 3, 4], [9, 1, 2]]).tolist() == [0.5]
    table = pd.DataFrame({"n": [1.0, 2.0], "c": ["x", "y"]})
    # The same row, and one that differs in the category alone.
    assert distances("tabular", table, pd.DataFrame({"n": [1.0, 2.0], "c": ["x", "x"]})).tolist() == [0.0, 0.5]
    # 4 of 16 pixels differ by 1/2: root of 1/16.
    other = np.zeros((1, 1, 4, 4), np.float32)
    other[0, 0, 0] = 0.5
    assert distances("image", np.zeros((1, 1, 4, 4), np.float32), other).tolist() == [0.25]
