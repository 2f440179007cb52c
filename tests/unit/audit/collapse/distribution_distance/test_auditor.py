"""GA303: what a finding holds, signatures of planted defects, hard inputs, refusals."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.collapse.distribution_distance.auditor import Distance
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from genai_audit.audit.pages import SECTIONS, page
from unit.audit.collapse.feature_evidence import feature_evidence

Matrix = NDArray[np.float64]

NAMES = tuple(each.name for each in Distance.estimates)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def normal(n: int, d: int = 6, shift: float = 0.0, scale: float = 1.0, seed: int = 0) -> Matrix:
    return shift + scale * seeded(seed).normal(size=(n, d))


@pytest.fixture(scope="module")
def sound() -> Finding:
    return Distance()(
        feature_evidence(normal(300), normal(900, seed=1), holdout=normal(100, seed=2), labelled=True), seeded(3)
    )


def test_a_finding_holds_every_estimate_with_its_perfect_score(sound: Finding) -> None:
    assert sound.outcome is Outcome.MEASURED
    assert tuple(each.name for each in sound.estimates) == NAMES
    for each in sound.estimates:
        assert tuple(interval.level for interval in each.curve) == LEVELS, each.name
        assert each.perfect is not None, each.name
        assert each.perfect.low < each.perfect.value < each.perfect.high, each.name
        assert each.perfect.value == (1 if each.name == "frechet_ratio" else 0)
        assert each.interval().low <= each.perfect.value <= each.interval().high, each.name
        assert each.minimum_detectable is not None, each.name
        assert each.perfect.high - each.perfect.value < each.minimum_detectable, each.name
        assert each.from_draws is not None, each.name
        assert 0 < each.from_draws < 1, each.name
        assert each.p_value is not None, each.name
        assert each.p_value > 0.01, each.name
    assert sound.settings["reference_compared"] == 300
    assert sound.settings["generated_compared"] == 900
    assert sound.settings["frechet_dimensions"] == 6
    assert sound.settings["frechet_variance_kept"] == pytest.approx(1)


def test_the_ratio_is_the_distance_over_what_two_halves_are_apart(sound: Finding) -> None:
    floor = float(str(sound.settings["frechet_floor"]))
    distance, ratio = sound.estimate("frechet_distance"), sound.estimate("frechet_ratio")
    assert ratio.value == pytest.approx(1 + distance.value / floor)
    assert ratio.interval(0.9).high == pytest.approx(1 + distance.interval(0.9).high / floor)
    # Two halves of 150 in six dimensions: 2 d / 150 + d (d + 1) / 300, give or take.
    assert floor == pytest.approx(12 / 150 + 42 / 300, rel=0.2)


def test_equal_seeds_give_equal_findings(sound: Finding) -> None:
    again = Distance()(
        feature_evidence(normal(300), normal(900, seed=1), holdout=normal(100, seed=2), labelled=True), seeded(3)
    )
    assert again == sound


def test_tables_hold_the_plain_numbers_groups_and_the_control(sound: Finding) -> None:
    plain, groups, control = sound.tables
    assert (plain.name, groups.name, control.name) == ("plain", "groups", "control")
    distance = plain.rows[0][1]
    assert isinstance(distance, float)
    assert 0 < distance < 0.2
    assert [row[0] for row in groups.rows] == ["left", "right"]
    assert sum(int(row[1] or 0) for row in groups.rows) == 300
    assert sum(int(row[2] or 0) for row in groups.rows) == 900
    assert [row[0] for row in control.rows] == list(NAMES)
    assert all(float(row[4] or 0) > 0.001 for row in control.rows)


@pytest.mark.parametrize(
    "fake", [normal(600, shift=0.3, seed=5), normal(600, scale=0.7, seed=5), normal(600, scale=1.4, seed=5)]
)
def test_shift_shrinkage_and_blur_are_far(fake: Matrix) -> None:
    finding = Distance()(feature_evidence(normal(300), fake), seeded(1))
    for each in finding.estimates:
        assert each.perfect is not None
        assert each.interval(0.998).low > each.perfect.value, each.name
        assert each.p_value is not None
        assert each.p_value < 0.001, each.name


def test_a_group_that_is_wrong_shows_in_the_table_and_in_the_exhibits() -> None:
    y = normal(900, seed=1)
    wrong = y[:, 0] > 0
    y[wrong, 1] += 3
    finding = Distance(shown=5)(feature_evidence(normal(300), y, labelled=True), seeded(1))
    left, right = next(table for table in finding.tables if table.name == "groups").rows
    assert float(left[7] or 0) > 0.001
    assert float(right[7] or 1) < 1e-4
    missed, crowded = finding.exhibits
    assert (missed.pictures[0].kind, crowded.pictures[0].kind) == ("reference", "generated")
    assert all(wrong[list(crowded.pictures[0].indices)])
    assert len(crowded.pictures[0].indices) == 5


def test_records_beyond_the_limits_are_left_out_and_then_draws_do_not_help() -> None:
    finding = Distance(max_reference=100, max_generated=200)(
        feature_evidence(normal(300), normal(900, seed=1)), seeded(1)
    )
    assert (finding.settings["reference_compared"], finding.settings["generated_compared"]) == (100, 200)
    assert all(each.from_draws == 0 for each in finding.estimates)


HARD: dict[str, tuple[Matrix, Matrix]] = {
    "constant generated": (normal(80), np.zeros((80, 6))),
    "two records": (normal(80), np.repeat(normal(2), 60, axis=0)),
    "fewer records than dimensions": (normal(60, d=200), normal(70, d=200, seed=1)),
    "a column that never varies": (
        np.hstack([normal(80), np.ones((80, 1))]),
        np.hstack([normal(80, seed=1), np.ones((80, 1))]),
    ),
    "categories": (np.eye(4)[np.arange(80) % 4], np.eye(4)[np.arange(100) % 3]),
    "one odd record": (np.eye(60)[:, :1], np.zeros((60, 1))),
    "junk on another scale": (normal(80), 1e8 * normal(80, seed=1)),
    "far from the origin": (1e6 + normal(80), 1e6 + normal(80, seed=1)),
    "tiny values": (1e-9 * normal(80), 1e-9 * normal(80, seed=1)),
    "as few as allowed": (normal(50, d=2), normal(50, d=2, seed=1)),
    "fewer generated than real": (normal(200), normal(60, seed=1)),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_inputs_give_finite_estimates(name: str) -> None:
    x, y = HARD[name]
    finding = Distance(splits=16)(feature_evidence(x, y), seeded(1))
    for each in finding.estimates:
        numbers: list[Any] = [each.value, each.p_value, each.minimum_detectable, each.from_draws]
        numbers += [end for interval in each.curve for end in (interval.low, interval.high)]
        assert np.isfinite(numbers).all(), each.name


@pytest.mark.parametrize("factor", [1e-6, 1e3])
def test_units_do_not_decide(factor: float) -> None:
    x, y = normal(120), normal(120, shift=0.3, seed=1)
    one, other = (Distance(splits=16)(feature_evidence(c * x, c * y), seeded(1)) for c in (1.0, factor))
    for name in ("frechet_ratio", "mmd2"):
        assert other.estimate(name).value == pytest.approx(one.estimate(name).value, rel=1e-6)
        assert other.estimate(name).p_value == pytest.approx(one.estimate(name).p_value, rel=1e-4)


def test_refusals() -> None:
    x, y = normal(100), normal(100, seed=1)
    with pytest.raises(NotApplicable, match="no reference"):
        Distance()(
            Evidence("image", Generated(y, 0, "toy"), absent={"features": "there is no reference data"}), seeded()
        )
    with pytest.raises(Inconclusive, match="49 generated samples are too few: at least 50"):
        Distance()(feature_evidence(x, y[:49]), seeded())
    with pytest.raises(Inconclusive, match="all reference features are equal"):
        Distance()(feature_evidence(np.ones((60, 2)), normal(60, d=2)), seeded())
    broken = y.copy()
    broken[3, 1] = np.nan
    with pytest.raises(Inconclusive, match="1 of 100 generated samples have features that are not finite"):
        Distance()(feature_evidence(x, broken), seeded())
    for wrong in ({"splits": 8}, {"dimensions": 0}, {"halvings": -1}, {"max_reference": 10}):
        with pytest.raises(ValueError, match="expected"):
            Distance(**wrong)


def test_the_page_explains_every_estimate() -> None:
    written = page("GA303")
    assert tuple(written.sections) == SECTIONS
    for name in NAMES:
        assert f"**{name}**" in written.text or f"`{name}`" in written.text
    assert "arXiv:" in written.sections["References"]
