"""GA304: what a finding holds, collapse and copies of every modality, hard inputs, refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from genai_audit.audit.collapse.effective_diversity.auditor import EffectiveSupport
from genai_audit.audit.collapse.effective_diversity.estimates import number_estimates
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.matches.codes import record_codes
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from genai_audit.audit.pages import SECTIONS, page
from genai_audit.audit.statistics.distances.effective_number import Similarity
from unit.audit.collapse.feature_evidence import feature_evidence

Matrix = NDArray[np.float64]

NAMES = tuple(each.name for each in EffectiveSupport.estimates)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def normal(n: int, d: int = 4, scale: float = 1.0, seed: int = 0) -> Matrix:
    return scale * seeded(seed).normal(size=(n, d))


@pytest.fixture(scope="module")
def sound() -> Finding:
    whole = feature_evidence(normal(300), normal(900, seed=1), holdout=normal(100, seed=2), labelled=True)
    return EffectiveSupport()(whole, seeded(3))


def test_a_finding_holds_every_estimate_with_its_perfect_score(sound: Finding) -> None:
    assert sound.outcome is Outcome.MEASURED
    assert tuple(each.name for each in sound.estimates) == NAMES
    for each in sound.estimates:
        assert tuple(interval.level for interval in each.curve) == LEVELS, each.name
        assert each.perfect is not None, each.name
        assert each.perfect.low <= each.perfect.value < each.perfect.high, each.name
        assert each.interval().low <= each.perfect.value <= each.interval().high, each.name
        assert each.minimum_detectable is not None, each.name
        assert each.minimum_detectable > 0, each.name
        assert each.from_draws is not None, each.name
        assert each.p_value is not None, each.name
        assert each.p_value > 0.01, each.name
    assert sound.settings["reference_compared"] == 300
    assert sound.settings["copies_counted_in_sets"] == 3


def test_real_data_have_about_the_kinds_asked_for(sound: Finding) -> None:
    """32 kinds among 300 records, each of which is alike to itself: 1/(1/300 + (1 − 1/300)/32)."""
    perfect = sound.estimate("effective_number").perfect
    assert perfect is not None
    assert perfect.value == pytest.approx(1 / (1 / 300 + 299 / 300 / 32), rel=1e-6)
    assert sound.estimate("effective_number_ratio").value == pytest.approx(
        sound.estimate("effective_number").value / perfect.value
    )


def test_equal_seeds_give_equal_findings(sound: Finding) -> None:
    whole = feature_evidence(normal(300), normal(900, seed=1), holdout=normal(100, seed=2), labelled=True)
    assert EffectiveSupport()(whole, seeded(3)) == sound


def test_tables_compare_equal_numbers_of_records(sound: Finding) -> None:
    diversity, groups = sound.tables
    assert [column.key for column in diversity.columns] == ["measure", "generated", "real", "holdout"]
    assert "100 records" in diversity.caption
    for row in diversity.rows[:3]:
        assert len({round(float(value or 0), -1) for value in row[1:]}) <= 3
        assert all(1 < float(value or 0) < 100 for value in row[1:])
    assert diversity.rows[3][1:] == (0, 0, 0)
    assert diversity.rows[4][1:] == (None, None, None)
    assert [row[0] for row in groups.rows] == ["left", "right"]
    assert all(float(row[4] or 9) < 1 < float(row[5] or 0) for row in groups.rows)


def test_a_collapsed_group_shows_in_the_table() -> None:
    y = normal(900, seed=1)
    collapsed = y[:, 0] > 0
    y[collapsed] = [1.0, 0, 0, 0] + 0.1 * y[collapsed]
    y[collapsed, 0] = np.abs(y[collapsed, 0])
    finding = EffectiveSupport()(feature_evidence(normal(300), y, labelled=True), seeded(1))
    left, right = next(table for table in finding.tables if table.name == "groups").rows
    assert float(left[4] or 9) < 1 < float(left[5] or 0)
    assert float(right[5] or 9) < 0.5
    assert finding.estimate("effective_number_ratio").interval(0.998).high < 1
    crowded = next(each for each in finding.exhibits if each.name == "crowded")
    assert all(collapsed[list(crowded.pictures[0].indices)])


def test_modes_are_counted() -> None:
    """The data have twelve kinds far apart, the model four of them: a third."""
    centres = 100 * np.eye(12)
    x, y = centres[np.arange(240) % 12] + normal(240, d=12), centres[np.arange(480) % 4] + normal(480, d=12, seed=1)
    finding = EffectiveSupport(kinds=12)(feature_evidence(x, y), seeded(1))
    assert finding.estimate("effective_number_ratio").value == pytest.approx(1 / 3, rel=0.05)
    assert finding.estimate("effective_number").p_value == pytest.approx(1e-6, rel=1e-3)


@pytest.mark.parametrize("size", [98, 100, 103])
def test_records_unlike_each_other_are_one_kind_each_at_every_size(size: int) -> None:
    """1 / (1 / 98) is above 98 in floating point, which the interval's upper end is not."""
    made, real = (Similarity(mean, 0.0, 0.0, size, np.full(size, mean)) for mean in (0.0, 1 / 32))
    number, ratio = number_estimates(generated=made, reference=real)
    assert number.value == number.interval().high == size
    assert ratio.value == pytest.approx(1 + (size - 1) / 32)


def test_a_generator_of_ten_records_is_caught_by_copies() -> None:
    x = normal(300)
    finding = EffectiveSupport(shown=4)(feature_evidence(x, np.repeat(normal(10, seed=1), 60, axis=0)), seeded(1))
    assert finding.estimate("duplicate_rate").value == 1
    assert finding.estimate("duplicate_excess").interval(0.998).low > 0.9
    repeated = next(each for each in finding.exhibits if each.name == "repeated")
    assert len(repeated.pictures) == 4
    assert all(each.label == "60 times" for each in repeated.pictures)
    assert [each.indices for each in repeated.pictures] == [(0,), (60,), (120,), (180,)]


def test_data_that_repeat_themselves_excuse_a_model_that_does() -> None:
    rows = normal(150)
    x, y = rows[seeded(1).integers(150, size=300)], rows[seeded(2).integers(150, size=900)]
    finding = EffectiveSupport()(feature_evidence(x, y), seeded(1))
    rate, excess = finding.estimate("duplicate_rate"), finding.estimate("duplicate_excess")
    assert 0.8 < rate.value < 0.95
    assert excess.interval().low < 0 < excess.interval().high
    assert excess.p_value is not None
    assert excess.p_value > 0.01


RECORDS: dict[str, tuple[Any, list[int]]] = {
    "images": (np.array([[[[0.0]]], [[[1.0]]], [[[-0.0]]], [[[0.5]]]], np.float32), [0, 1, 0, 2]),
    "texts": (["a", "b", "a", ""], [0, 1, 0, 2]),
    "melodies": ([[60, 62], [60], [60, 62], []], [0, 1, 0, 2]),
    "rows": (
        pd.DataFrame({"n": [1.0, np.nan, 1.0, np.nan], "c": pd.Categorical(["x", None, "x", "y"])}),
        [0, 1, 0, 2],
    ),
    "rows without a value": (pd.DataFrame({"n": [None, None], "s": ["u", "u"]}), [0, 0]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_equal_records_have_equal_codes(name: str) -> None:
    samples, codes = RECORDS[name]
    assert record_codes(samples).tolist() == codes


HARD: dict[str, tuple[Matrix, Matrix]] = {
    "constant generated": (normal(80), np.zeros((80, 4))),
    "fewer records than dimensions": (normal(60, d=200), normal(70, d=200, seed=1)),
    "categories": (np.eye(4)[np.arange(80) % 4], np.eye(4)[np.arange(100) % 3]),
    "one odd record": (np.eye(60)[:, :1], np.zeros((60, 1))),
    "junk on another scale": (normal(80), 1e8 * normal(80, seed=1)),
    "far from the origin": (1e6 + normal(80), 1e6 + normal(80, seed=1)),
    "tiny values": (1e-9 * normal(80), 1e-9 * normal(80, seed=1)),
    "half of the data equal": (
        np.vstack([np.zeros((60, 4)), normal(60)]),
        np.vstack([np.zeros((60, 4)), normal(60, seed=1)]),
    ),
    "fewer generated than real": (normal(200), normal(60, seed=1)),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_inputs_give_finite_estimates(name: str) -> None:
    x, y = HARD[name]
    finding = EffectiveSupport()(feature_evidence(x, y), seeded(1))
    for each in finding.estimates:
        numbers: list[Any] = [each.value, each.p_value, each.minimum_detectable, each.from_draws]
        numbers += [end for interval in each.curve for end in (interval.low, interval.high)]
        assert np.isfinite(numbers).all(), each.name
    number = finding.estimate("effective_number")
    assert 1 <= number.interval(0.9998).low <= number.value <= number.interval(0.9998).high <= len(y)


def test_refusals() -> None:
    x, y = normal(100), normal(100, seed=1)
    with pytest.raises(NotApplicable, match="no reference"):
        EffectiveSupport()(
            Evidence("image", Generated(y, 0, "toy"), absent={"features": "there is no reference data"}), seeded()
        )
    with pytest.raises(Inconclusive, match="49 reference samples are too few"):
        EffectiveSupport()(feature_evidence(x[:49], y), seeded())
    with pytest.raises(Inconclusive, match="all reference features are equal"):
        EffectiveSupport()(feature_evidence(np.ones((60, 2)), normal(60, d=2)), seeded())
    for wrong in ({"kinds": 1}, {"max_sets": 0}, {"max_generated": 10}, {"shown": -1}):
        with pytest.raises(ValueError, match="expected"):
            EffectiveSupport(**wrong)


def test_the_page_explains_every_estimate() -> None:
    written = page("GA304")
    assert tuple(written.sections) == SECTIONS
    for name in NAMES:
        assert f"**{name}**" in written.text or f"`{name}`" in written.text
    assert "arXiv:" in written.sections["References"]
