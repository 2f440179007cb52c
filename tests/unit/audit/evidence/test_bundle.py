"""Evidence on disk: what was saved comes back bit for bit, without pickle, and an older run's leavings do not."""

import hashlib
import json
import pickle
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import (
    COLLECTORS,
    KINDS,
    Evidence,
    Generated,
    Real,
)
from unit.audit.evidence.every_kind import full


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        # Bytes, because 0.0 equals -0.0 and NaN equals nothing.
        assert np.ascontiguousarray(ours).tobytes() == np.ascontiguousarray(theirs).tobytes()
    elif isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for key, value in ours.items():
            assert_same(value, theirs[key])
    elif hasattr(ours, "__dataclass_fields__"):
        assert type(ours) is type(theirs)
        for each in fields(ours):
            assert_same(getattr(ours, each.name), getattr(theirs, each.name))
    elif isinstance(ours, tuple):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)
    else:
        assert ours == theirs


def test_every_kind_comes_back_bit_for_bit(tmp_path: Path) -> None:
    evidence = full()
    assert all(getattr(evidence, kind) is not None for kind in KINDS)
    evidence.save(tmp_path)
    assert_same(evidence, Evidence.load(tmp_path))


def test_the_comparison_can_fail() -> None:
    with pytest.raises(AssertionError):
        assert_same(np.array([0.0]), np.array([-0.0]))
    with pytest.raises(AssertionError):
        assert_same({"a": np.ones(2)}, {"a": np.ones(2, np.float32)})


def test_nothing_on_disk_is_a_pickle(tmp_path: Path) -> None:
    full().save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}
    for path in tmp_path.glob("*.npz"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                data = archive.read(name)
                assert data.startswith(b"\x93NUMPY")
                assert b"|O" not in data[:128]
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                assert not arrays[name].dtype.hasobject


TABLE = pd.DataFrame(
    {
        "age": [1, 2, 3],
        "income": [0.1, np.nan, 1e300],
        "sex": pd.Series(["a", None, ""], dtype="str"),
        "grade": pd.Categorical(["x", "y", "x"], categories=["y", "x", "z"]),
        "paid": [True, False, True],
        "since": pd.to_datetime(pd.Series(["2020-01-31", None, "1999-12-31 23:59"]), format="ISO8601"),
    }
)


@pytest.mark.parametrize(
    ("modality", "samples"),
    [
        ("text", ["a line", "", 'two\nlines \u2028 and a quote "', "é\ud800"]),
        ("music", [[60, -1, 62], [], [127]]),
        ("tabular", TABLE),
        ("tabular", TABLE.iloc[:0]),
    ],
)
def test_records_that_are_no_arrays_come_back_as_they_were(modality: str, samples: Any, tmp_path: Path) -> None:
    Evidence(modality, Generated(samples, 0, "model"), reference=Real(samples, 3, "r", "r", "0")).save(tmp_path)
    again = Evidence.load(tmp_path)
    assert again.reference is not None
    for found in (again.generated.samples, again.reference.samples):
        if modality == "tabular":
            pd.testing.assert_frame_equal(found, samples.reset_index(drop=True))
        else:
            assert found == samples


def test_names_that_look_like_marks_of_the_format_come_back(tmp_path: Path) -> None:
    """Whoever names the arrays of a group classifier may use the signs by which arrays and types are told on disk."""
    exact, rounded = np.array([0.5, 2.0]), np.array([0.1])
    parameters: dict[str, Any] = {
        "$array": exact, "$type": rounded, "$lines": exact, "$$type": rounded, "w": exact, "w@float64": rounded,
        "w@float64_": exact.astype(np.float32), "a.b": exact, "a": {"b": rounded, "$array": {"$type": exact}},
    }  # fmt: skip
    (groups,) = full().groups or ()
    evidence = Evidence("image", full().generated, groups=(replace(groups, parameters=parameters),))
    evidence.save(tmp_path)
    assert_same(evidence, Evidence.load(tmp_path))


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    evidence = Evidence("image", Generated(np.array([{}], dtype=object), 0, "model"))
    with pytest.raises(ValueError, match="allow_pickle"):
        evidence.save(tmp_path)


def test_a_planted_pickle_does_not_run(tmp_path: Path) -> None:
    full().save(tmp_path)
    marker = tmp_path / "ran"

    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (marker,))

    (tmp_path / "generated.npz").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(ValueError, match="allow_pickle"):
        Evidence.load(tmp_path)
    assert not marker.exists()
    # The attack works where pickles are let in, so the test above can fail.
    pickle.loads((tmp_path / "generated.npz").read_bytes())
    assert marker.exists()


def test_an_earlier_run_in_the_same_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    full().save(tmp_path)
    few = Evidence("image", full().generated, absent={"holdout": "not given"})
    few.save(tmp_path)
    again = Evidence.load(tmp_path)
    assert again.holdout is None
    assert again.groups is None
    assert again.absent == {"holdout": "not given"}


def test_equal_evidence_gives_equal_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        full().save(tmp_path / folder)
    digests = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_a_folder_from_before_a_field_existed_still_loads(tmp_path: Path) -> None:
    full().save(tmp_path)
    manifest = json.loads((tmp_path / "evidence.json").read_text())
    del manifest["unmeasured"]
    (tmp_path / "evidence.json").write_text(json.dumps(manifest))
    assert_same(replace(full(), unmeasured={}), Evidence.load(tmp_path))


def test_every_kind_is_known_by_its_type_alone() -> None:
    """Adding a kind is one field of `Evidence`; nothing else may have to list it."""
    assert set(KINDS) == {each.name for each in fields(Evidence)} - {"modality", "absent", "unmeasured", "crashed"}
    told = {"judged", "groups", "crossed", "outcomes", "hand_labels", "downstream"}
    asked = {"likelihoods", "reconstructions", "conditioned", "conditioning", "probes", "continuations"}
    asked |= {"reliance", "contexts", "criticised", "encoded", "identifiers", "canaries"}
    asked |= {"membership", "matches", "split", "reproductions"}
    assert {"features", "other_features", *told, *asked, "attributions", "latents", "weights"} == set(COLLECTORS)


def test_a_folder_without_evidence_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Evidence.load(tmp_path)


def test_evidence_that_calls_the_group_classifier_a_judge_still_loads(tmp_path: Path) -> None:
    evidence = full()
    evidence.save(tmp_path)
    path = tmp_path / "groups.json"
    # What version 0.1 wrote, which knew no groups of too few either.
    (stored,) = json.loads(path.read_text(encoding="utf-8"))
    stored["judge"] = stored.pop("classifier")
    del stored["too_few"]
    path.write_text(json.dumps([stored]), encoding="utf-8")
    loaded, saved = Evidence.load(tmp_path).groups, evidence.groups
    assert loaded is not None
    assert saved is not None
    assert loaded[0].classifier == saved[0].classifier == "a rule"
    assert loaded[0].too_few == {}
