"""GA305: what a finding holds, shrinkage and blow-up, what it refuses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.collapse.within_mode_spread.auditor import SpreadWithinModes
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable
from genai_audit.audit.pages import SECTIONS, page
from unit.audit.collapse.mode_examples import evidence, grid


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def sound() -> Finding:
    return SpreadWithinModes()(evidence(grid(500, 1), grid(500, 2)), seeded(1))


def test_a_finding_holds_every_estimate_with_its_perfect_score(sound: Finding) -> None:
    assert tuple(each.name for each in sound.estimates) == tuple(each.name for each in SpreadWithinModes.estimates)
    for each in sound.estimates:
        assert tuple(interval.level for interval in each.curve) == LEVELS, each.name
        assert each.perfect is not None, each.name
        assert each.perfect.low < each.perfect.value < each.perfect.high, each.name
        assert each.minimum_detectable is not None, each.name
        assert each.minimum_detectable > 0, each.name
        assert each.from_draws is not None, each.name
        assert 0 < each.from_draws < 1, each.name
        assert each.p_value is not None, each.name
        assert each.p_value > 0.01, each.name
    pooled = sound.estimate("spread_ratio")
    assert pooled.interval(0.99).low < 1 < pooled.interval(0.99).high
    assert pooled.minimum_detectable is not None
    assert pooled.minimum_detectable < 0.15


@pytest.mark.parametrize("spread", [0.6, 1.5])
def test_shrinkage_and_blow_up_are_seen_at_500_samples(spread: float) -> None:
    for seed in range(5):
        pair = evidence(grid(500, 100 + seed), grid(500, 200 + seed, spread=spread))
        found = SpreadWithinModes()(pair, seeded(seed))
        estimate = found.estimate("spread_ratio")
        assert estimate.value == pytest.approx(spread, rel=0.2)
        assert estimate.p_value is not None
        assert estimate.p_floor is not None
        assert estimate.p_floor <= estimate.p_value < 0.01
        wide = estimate.interval(0.999)
        assert wide.high < 1 if spread < 1 else wide.low > 1


def test_one_shrunken_mode_is_the_smallest() -> None:
    real, made = grid(1500, 1), grid(3000, 2)
    corner = np.abs(made - 4).max(axis=1) < 1
    made[corner] = 4 + 0.25 * (made[corner] - 4)
    finding = SpreadWithinModes()(evidence(real, made), seeded())
    smallest = finding.estimate("smallest_spread_ratio")
    assert smallest.value == pytest.approx(0.25, rel=0.4)
    assert smallest.interval().high < 0.6
    assert smallest.p_value is not None
    assert smallest.p_value <= 0.01
    assert finding.estimate("largest_spread_ratio").interval(0.5).high > 1
    assert finding.tables[0].rows[0][5] == smallest.value
    assert len(finding.tables[0].rows) == finding.settings["modes"]


def test_a_mode_that_is_shifted_has_the_same_spread() -> None:
    rng = seeded(3)
    real, made = rng.normal(size=(600, 3)), rng.normal(size=(600, 3)) + 0.5
    finding = SpreadWithinModes()(evidence(real, made), seeded())
    assert finding.settings["modes_are"] == "one cloud"
    assert (
        finding.estimate("spread_ratio").interval(0.98).low < 1 < finding.estimate("spread_ratio").interval(0.98).high
    )


def test_strays_do_not_count_as_variety() -> None:
    rng = seeded(5)
    made = np.vstack([grid(980, 2), rng.uniform(-5, 5, size=(20, 2))])
    estimate = SpreadWithinModes()(evidence(grid(1000, 1), made), seeded()).estimate("spread_ratio")
    assert estimate.value == pytest.approx(1, abs=0.12)


def test_a_generator_that_repeats_one_sample_has_no_spread() -> None:
    real = seeded().normal(size=(400, 4))
    estimate = SpreadWithinModes()(evidence(real, np.repeat(real[:1], 300, axis=0)), seeded()).estimate("spread_ratio")
    assert estimate.value == 0
    assert 0 < estimate.interval().high < 0.2
    assert estimate.p_value is not None
    assert estimate.p_value < 0.01


def test_equal_seeds_give_equal_findings(sound: Finding) -> None:
    assert SpreadWithinModes()(evidence(grid(500, 1), grid(500, 2)), seeded(1)) == sound


@pytest.mark.parametrize(
    "draw",
    [
        lambda n, rng: rng.poisson(2.0, size=(n, 3)).astype(float),
        lambda n, rng: rng.normal(size=(n, 1)) @ np.ones((1, 8)),
        lambda n, rng: rng.normal(size=(n, 300)),
        lambda n, rng: rng.standard_cauchy(size=(n, 2)),
    ],
    ids=["counts", "rank one", "more dimensions than samples", "heavy tails"],
)
def test_discrete_and_wide_data_are_measured(draw: Any) -> None:
    rng = seeded(6)
    finding = SpreadWithinModes()(evidence(draw(250, rng), draw(300, rng)), rng)
    for each in finding.estimates:
        assert np.isfinite([each.value, each.interval(0.9998).low, each.interval(0.9998).high]).all()
        assert each.p_value is not None
        assert each.p_value > 0.001


@pytest.mark.parametrize(
    ("real", "made", "message"),
    [
        (grid(99, 1), grid(500, 2), "99 reference samples are too few to look for modes"),
        (np.ones((200, 2)), grid(500, 2), "all reference features are equal"),
        (np.eye(4)[np.arange(200) % 4], np.eye(4)[np.arange(200) % 4], "no spread to compare"),
        (grid(500, 1), np.full((200, 2), 50.0), "none of 2. modes holds 5 generated"),
    ],
)
def test_weak_evidence_is_inconclusive(real: Any, made: Any, message: str) -> None:
    with pytest.raises(Inconclusive, match=message):
        SpreadWithinModes()(evidence(real, made), seeded())


def test_without_features_it_does_not_apply() -> None:
    bare = replace(evidence(grid(200, 1), grid(200, 2)), features=None, absent={"features": "no extractor for smells"})
    with pytest.raises(NotApplicable, match="no extractor for smells"):
        SpreadWithinModes()(bare, seeded())


@pytest.mark.parametrize(
    ("change", "message"),
    [({"fewest": 2}, "fewest of at least 3"), ({"repeats": 10}, "at least 200 repeats")],
)
def test_impossible_parameters_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SpreadWithinModes(**change)


def test_the_page_has_every_section() -> None:
    assert tuple(page("GA305").sections) == SECTIONS
    assert page("GA305").title == f"GA305 {SpreadWithinModes.title}"
