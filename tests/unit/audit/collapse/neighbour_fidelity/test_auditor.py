"""GA302: what a finding holds, bookkeeping of rows, signatures of planted defects, refusals."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.collapse.neighbour_fidelity.auditor import Neighbours
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from genai_audit.audit.pages import SECTIONS, page
from unit.audit.collapse.feature_evidence import feature_evidence

Matrix = NDArray[np.float64]
DRAWN, KNOWN = 900, 200

NAMES = tuple(each.name for each in Neighbours.estimates)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def evidence(
    real: Callable[[np.random.Generator], Matrix],
    fake: Callable[[np.random.Generator], Matrix],
    *,
    labelled: bool = False,
) -> Evidence:
    rng = seeded(11)
    return feature_evidence(real(rng), fake(rng), labelled=labelled)


def normal(n: int, d: int = 4, shift: float = 0.0, scale: float = 1.0) -> Callable[[np.random.Generator], Matrix]:
    return lambda rng: shift + scale * rng.normal(size=(n, d))


@pytest.fixture(scope="module")
def sound() -> Finding:
    return Neighbours(splits=64)(evidence(normal(KNOWN), normal(DRAWN), labelled=True), seeded(1))


def test_a_finding_holds_every_estimate_with_its_perfect_score(sound: Finding) -> None:
    assert sound.outcome is Outcome.MEASURED
    assert tuple(each.name for each in sound.estimates) == NAMES
    for each in sound.estimates:
        assert tuple(interval.level for interval in each.curve) == LEVELS, each.name
        assert each.perfect is not None, each.name
        assert each.perfect.low <= each.perfect.value <= each.perfect.high, each.name
        assert each.minimum_detectable is not None, each.name
        assert 0 < each.minimum_detectable < 0.5, each.name
        assert each.from_draws is not None, each.name
        # More draws narrow the stray share alone without end: it is that against these very data.
        assert 0 < each.from_draws < 1 or each.name == "stray_share", each.name
        assert each.p_value is not None, each.name
        assert each.p_value > 0.01, each.name
    assert sound.settings["reference_compared"] == KNOWN
    assert sound.settings["generated_sets"] == 4
    assert sound.settings["generated_compared"] == 800


def test_equal_seeds_give_equal_findings(sound: Finding) -> None:
    again = Neighbours(splits=64)(evidence(normal(KNOWN), normal(DRAWN), labelled=True), seeded(1))
    assert again == sound


def test_the_table_by_group_adds_up_to_the_whole(sound: Finding) -> None:
    (table,) = sound.tables
    rows = [dict(zip([column.key for column in table.columns], row, strict=True)) for row in table.rows]
    assert [row["group"] for row in rows] == ["left", "right"]
    for size, name in (("reference_n", "coverage"), ("generated_n", "precision")):
        total = sum(row[size] * row[name] for row in rows) / sum(row[size] for row in rows)
        assert total == pytest.approx(sound.estimate(name).value)
        assert all(row[f"{name}_low"] < row[name] < row[f"{name}_high"] for row in rows)
    assert sum(row["generated_n"] for row in rows) == 800


def test_a_group_that_is_never_generated_shows_in_the_table() -> None:
    half = evidence(normal(KNOWN), lambda rng: -np.abs(rng.normal(size=(DRAWN, 4))), labelled=True)
    (table,) = Neighbours(splits=64)(half, seeded(1)).tables
    keys = [column.key for column in table.columns]
    right = dict(zip(keys, table.rows[1], strict=True))
    assert (right["generated_n"], right["precision"], right["precision_low"]) == (0, None, None)
    assert right["coverage_high"] < 0.6 < right["perfect_coverage"]


@pytest.mark.parametrize(
    ("fake", "low", "kept"),
    [
        (normal(DRAWN, d=16, scale=0.5), "recall_ratio", "precision_ratio"),
        (normal(DRAWN, d=16, scale=1.6), "precision_ratio", "recall_ratio"),
    ],
)
def test_shrinking_and_blurring_have_their_own_signatures(fake: Any, low: str, kept: str) -> None:
    finding = Neighbours(splits=64)(evidence(normal(KNOWN, d=16), fake), seeded(1))
    assert finding.estimate(low).interval(0.998).high < 0.8
    assert finding.estimate(kept).interval(0.998).low > 0.9


def test_a_generator_that_misses_everything_is_measured_as_zero() -> None:
    finding = Neighbours(splits=64)(evidence(normal(KNOWN), normal(DRAWN, shift=1e3)), seeded(1))
    outliers = finding.estimate("stray_share")
    assert outliers.value == outliers.interval().high == 1
    assert outliers.p_value == pytest.approx(1e-6, rel=1e-3)
    for name in NAMES[:-1]:
        estimate = finding.estimate(name)
        assert estimate.value == 0
        assert estimate.interval().low == 0
        assert 0 < estimate.interval().high < 0.05
        assert estimate.p_value == pytest.approx(1e-6, rel=1e-3)


def test_exhibits_point_at_the_planted_rows_after_subsampling() -> None:
    def real(rng: np.random.Generator) -> Matrix:
        x = rng.normal(size=(400, 4))
        x[30:50] = 50 + 0.1 * rng.normal(size=(20, 4))  # a mode that nothing generated comes near
        return x

    def fake(rng: np.random.Generator) -> Matrix:
        y = rng.normal(size=(DRAWN, 4))
        y[[3, 77, 500]] = [[-90.0] * 4, [-80.0] * 4, [-70.0] * 4]
        return y

    finding = Neighbours(splits=64, max_reference=150, shown=5)(evidence(real, fake), seeded(2))
    missed, outliers = finding.exhibits
    assert missed.pictures[0].kind == "reference"
    assert missed.pictures[0].indices
    assert set(missed.pictures[0].indices) <= set(range(30, 50))
    assert outliers.pictures[0].kind == "generated"
    assert outliers.pictures[0].indices[:3] == (3, 77, 500)
    assert len(outliers.pictures[0].indices) == 5
    assert finding.settings["reference_compared"] == 150


def test_fewer_generated_than_real_samples_shorten_the_reference() -> None:
    finding = Neighbours(splits=64)(evidence(normal(KNOWN), normal(80)), seeded(1))
    assert (finding.settings["reference_compared"], finding.settings["generated_sets"]) == (80, 1)


def test_draws_beyond_the_last_set_are_said_not_to_help() -> None:
    finding = Neighbours(splits=64, max_sets=2)(evidence(normal(KNOWN), normal(DRAWN)), seeded(1))
    assert {each.from_draws for each in finding.estimates} == {0.0}


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (normal(40), normal(DRAWN), "40 reference samples are too few for k = 5: at least 50 are needed"),
        (normal(KNOWN), normal(49), "49 generated samples are too few"),
        (lambda rng: np.ones((KNOWN, 4)), normal(DRAWN), "all reference features are equal"),
        (
            normal(KNOWN),
            lambda rng: np.full((60, 4), np.inf),
            "60 of 60 generated samples have features that are not finite",
        ),
    ],
)
def test_weak_evidence_is_inconclusive(real: Any, fake: Any, message: str) -> None:
    with pytest.raises(Inconclusive, match=message):
        Neighbours()(evidence(real, fake), seeded())


def test_without_features_it_does_not_apply() -> None:
    bare = replace(evidence(normal(KNOWN), normal(DRAWN)), features=None, absent={"features": "no extractor for audio"})
    with pytest.raises(NotApplicable, match="no extractor for audio"):
        Neighbours()(bare, seeded())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "expected k and max_sets of at least 1"),
        ({"splits": 100}, "expected splits to be a positive multiple of 64, got 100"),
        ({"k": 30, "max_reference": 100}, "expected max_reference of at least 124, got 100"),
    ],
)
def test_impossible_parameters_are_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Neighbours(**change)


def test_the_page_has_every_section() -> None:
    assert tuple(page("GA302").sections) == SECTIONS
    assert page("GA302").title == f"GA302 {Neighbours.title}"
