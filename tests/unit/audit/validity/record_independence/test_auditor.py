"""GA502: it doubts what rests on near-duplicates, in every set that was given, and leaves independent records alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Real
from genai_audit.audit.finding import Finding, Inconclusive, NotApplicable
from genai_audit.audit.validity.record_independence.auditor import RecordIndependence
from genai_audit.audit.validity.record_independence.estimates import is_sorted

Matrix = NDArray[np.float64]


def alone(rng: np.random.Generator, n: int = 300, d: int = 8) -> Matrix:
    return rng.normal(size=(n, d))


def repeated(rng: np.random.Generator, n: int = 100, each: int = 3, d: int = 8) -> Matrix:
    return np.repeat(rng.normal(size=(n, d)), each, axis=0) + 0.1 * rng.normal(size=(n * each, d))


def evidence(reference: Matrix, *, holdout: Matrix | None = None, generated: Matrix, given: bool = False) -> Evidence:
    held = np.empty((0, 0)) if holdout is None else holdout
    return Evidence(
        modality="image",
        generated=Generated(generated, 0, "toy", given=given),
        reference=Real(reference, len(reference), "toy", "toy", ""),
        holdout=None if holdout is None else Real(holdout, len(holdout), "toy", "toy", ""),
        features=Features(generated, reference, held, "identity"),
    )


def asked(found: Evidence, seed: int = 0) -> Finding:
    return RecordIndependence()(found, np.random.default_rng(seed))


def test_independent_records_leave_no_doubt() -> None:
    rng = np.random.default_rng(0)
    finding = asked(evidence(alone(rng), holdout=alone(rng), generated=alone(rng), given=True))
    assert finding.doubts is None
    assert finding.doubted == ()
    assert [each.group for each in finding.estimates] == [None, "holdout", "generated"]
    assert all(each.p_value is not None and each.p_value > 0.05 for each in finding.estimates)
    assert finding.exhibits == ()


def test_three_records_each_put_all_intervals_in_doubt() -> None:
    rng = np.random.default_rng(1)
    finding = asked(evidence(rng.permutation(repeated(rng)), generated=alone(rng)))
    assert finding.doubts == (
        "records are not independent, as near-duplicates show in reference (p < 0.0001): name what they belong to with "
        "--unit"
    )
    estimate = finding.estimate("near_duplicate_share")
    assert estimate.value > 0.8
    assert estimate.perfect is not None
    assert estimate.interval().low > estimate.perfect.high
    # The groups shown are those of one person: of three records each, that lie together.
    pictures = finding.exhibits[0].pictures
    assert all(len(each.indices) == 3 and each.kind == "reference" for each in pictures)


def test_each_set_that_was_given_is_tested_and_draws_of_a_model_are_not() -> None:
    rng = np.random.default_rng(2)
    finding = asked(evidence(alone(rng), holdout=repeated(rng), generated=repeated(rng)))
    assert "holdout (p < 0.0001)" in (finding.doubts or "")
    assert finding.doubted == ("holdout",)
    assert "generated" not in (finding.doubts or "")
    finding = asked(evidence(alone(rng), generated=np.repeat(alone(rng, 100), 3, axis=0), given=True))
    assert "show in generated (p < 0.0001)" in (finding.doubts or "")


def test_one_record_a_unit_is_tested_as_well() -> None:
    rng = np.random.default_rng(3)
    found = evidence(repeated(rng), generated=alone(rng))
    assert found.reference is not None
    finding = asked(replace(found, reference=replace(found.reference, unit="visit")))
    assert "one of each visit was taken, so name a larger unit" in (finding.doubts or "")


def test_frames_of_films_alarm_by_their_order() -> None:
    """Twenty random walks of 20 to 39 steps: no size of groups is special, but neighbours stand side by side."""
    rng = np.random.default_rng(4)
    films = [
        rng.normal(size=8) + np.cumsum(0.05 * rng.normal(size=(rng.integers(20, 40), 8)), axis=0) for _ in range(20)
    ]
    frames = np.concatenate(films)
    finding = asked(evidence(frames, generated=alone(rng)))
    assert "p ≤ 0.002" in (finding.doubts or "")
    assert asked(evidence(rng.permutation(frames), generated=alone(rng))).doubts is None


def test_a_sorted_file_is_not_judged_by_its_order() -> None:
    values = np.sort(np.random.default_rng(5).normal(size=(300, 1)), axis=0)
    found = evidence(values, generated=values)
    assert found.reference is not None
    table = pd.DataFrame(values, columns=["x"])
    finding = asked(replace(found, reference=replace(found.reference, samples=table)))
    assert finding.settings["reference_order_tested"] is False
    assert finding.doubts is None


def test_what_counts_as_sorted() -> None:
    assert is_sorted(["a", "b", "b"])
    assert not is_sorted(["b", "a"])
    assert is_sorted(pd.DataFrame({"x": [1, 2] * 20, "y": range(40, 0, -1)}))
    assert not is_sorted(pd.DataFrame({"class": [0] * 20 + [1] * 20}))
    assert is_sorted(pd.DataFrame({"name": [f"{each:03}" for each in range(40)] + [None]}))


def test_it_says_why_it_cannot_answer() -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(NotApplicable, match="no reference"):
        asked(Evidence("image", Generated(alone(rng), 0, "toy"), absent={"features": "no reference"}))
    with pytest.raises(Inconclusive, match="19 reference records are too few: at least 20"):
        asked(evidence(alone(rng, 19), generated=alone(rng)))
    broken = alone(rng)
    broken[0, 0] = np.nan
    with pytest.raises(Inconclusive, match="not finite"):
        asked(evidence(broken, generated=alone(rng)))
    with pytest.raises(ValueError, match="expected max_records of at least 20"):
        RecordIndependence(max_records=5)


def test_the_same_seed_gives_the_same_answer() -> None:
    rng = np.random.default_rng(7)
    found = evidence(repeated(rng), generated=alone(rng))
    assert asked(found, 3).estimates == asked(found, 3).estimates
