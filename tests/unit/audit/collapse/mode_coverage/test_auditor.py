"""GA301: what a finding holds, what it sees of planted losses, what it refuses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.collapse.mode_coverage.auditor import ModeCoverage
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome, Table
from genai_audit.audit.pages import SECTIONS, page
from unit.audit.collapse.mode_examples import evidence, grid


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def rows(table: Table) -> list[dict[str, Any]]:
    return [dict(zip([column.key for column in table.columns], row, strict=True)) for row in table.rows]


@pytest.fixture(scope="module")
def sound() -> Finding:
    return ModeCoverage()(evidence(grid(800, 1), grid(1600, 2), labelled=True), seeded(1))


@pytest.fixture(scope="module")
def dropped() -> Finding:
    return ModeCoverage()(evidence(grid(800, 1), grid(4000, 2, dropped=2), labelled=True), seeded(1))


def test_a_finding_holds_every_estimate_with_its_perfect_score(sound: Finding) -> None:
    assert sound.outcome is Outcome.MEASURED
    assert tuple(dict.fromkeys(each.name for each in sound.estimates)) == tuple(
        each.name for each in ModeCoverage.estimates
    )
    assert sum(each.name == "mode_share_ratio" for each in sound.estimates) == 25
    for each in sound.estimates:
        assert tuple(interval.level for interval in each.curve) == LEVELS, each.name
        assert each.perfect is not None, each.name
        assert each.perfect.low <= each.perfect.value <= each.perfect.high, each.name
        assert each.from_draws is not None, each.name
        assert 0 < each.from_draws < 1, each.name
        assert each.p_value is not None, each.name
    for name in ("thinnest_mode_ratio", "missing_modes", "lost_mass"):
        estimate = sound.estimate(name)
        assert estimate.p_value is not None
        assert estimate.p_value > 0.05, name
    assert sound.estimate("missing_modes").interval(0.9998).high == 0
    assert sound.estimate("lost_mass").interval().low == 0
    assert sound.estimate("thinnest_mode_ratio").interval().high >= 1
    assert sound.settings["modes"] == 25
    assert sound.settings["reference_counted"] == 480


def test_dropped_modes_are_found_missing(dropped: Finding) -> None:
    missing, lost = dropped.estimate("missing_modes"), dropped.estimate("lost_mass")
    assert missing.value == 2
    assert missing.interval().low >= 1
    assert dropped.estimate("thinnest_mode_ratio").value == 0
    assert dropped.estimate("thinnest_mode_ratio").interval(0.99).high < 0.2
    assert lost.interval().low > 0.02
    assert lost.interval().low <= 2 / 25 <= lost.interval().high
    for name in ("missing_modes", "lost_mass", "thinnest_mode_ratio"):
        p_value = dropped.estimate(name).p_value
        assert p_value is not None
        # Two modes of 25 are lost: no perfect generator that was drawn came near, and no fewer can be counted.
        assert p_value == dropped.estimate(name).p_floor < 0.001
    worst = rows(dropped.tables[0])[:3]
    assert [row["verdict"] for row in worst] == ["missing", "missing", "–"]
    assert worst[0]["p_holm"] < 1e-6 > worst[0]["p_fdr"]
    assert worst[0]["share_generated"] == 0


def test_shares_add_up_to_one(sound: Finding) -> None:
    table = rows(sound.tables[0])
    assert len(table) == 26
    for key in ("share_real", "share_generated"):
        assert sum(row[key] for row in table) == pytest.approx(1)


def test_groups_gather_the_modes_in_which_they_are_the_majority(dropped: Finding) -> None:
    table = rows(dropped.tables[1])
    assert [row["group"] for row in table] == ["left", "right"]
    assert sum(row["modes"] for row in table) == 25
    # The two dropped modes lie on the left.
    assert [row["thin"] for row in table] == [2, 0]
    assert table[0]["ratio"] < 1 < table[1]["ratio"]
    assert table[0]["lost_thin"] == pytest.approx(0.08, abs=0.04)
    assert table[1]["lost_thin"] == 0
    assert all(each.group is None or "(mostly side " in each.group for each in dropped.estimates)


def test_exhibits_show_real_samples_of_the_lost_mode_and_the_nearest_generated_ones() -> None:
    real, made = grid(800, 1), grid(4000, 2, dropped=2)
    first, *others = ModeCoverage(shown=5)(evidence(real, made), seeded(1)).exhibits
    assert len(others) == 2
    assert [each.kind for each in first.pictures] == ["reference", "generated"]
    shown_real, shown_made = (list(each.indices) for each in first.pictures)
    assert (len(shown_real), len(shown_made)) == (5, 5)
    centre = real[shown_real].mean(axis=0)
    assert np.linalg.norm(centre - np.round(centre)) < 0.1
    assert tuple(np.round(centre)) in {(-4.0, -4.0), (-4.0, -2.0)}
    away = np.linalg.norm(made - centre, axis=1)
    assert away[shown_made].max() <= np.sort(away)[20]
    assert "(0 of them in the mode)" in first.pictures[1].label
    assert "0.00 of its real share, missing" in first.caption


def test_nothing_is_shown_where_nothing_is_to_be_shown() -> None:
    assert ModeCoverage(shown=0)(evidence(grid(300, 1), grid(300, 2)), seeded()).exhibits == ()


def test_a_holdout_leaves_more_of_the_reference_to_be_counted() -> None:
    finding = ModeCoverage()(evidence(grid(600, 1), grid(600, 2), holdout=grid(500, 3)), seeded())
    assert finding.settings["reference_counted"] == 480
    assert finding.settings["modes_learned_on"] == (
        "480 held-out samples and 120 of 600 reference samples, chosen at random and counted nowhere"
    )


def clusters(n: int, seed: int, *, rare: float, place: float) -> np.ndarray:
    """Four wide clusters in four dimensions, and a narrow one of weight `rare` at a distance from their middle."""
    rng = seeded(seed)
    centres = 6 * np.eye(4)
    points = centres[rng.integers(0, 4, n)] + rng.normal(size=(n, 4))
    own = rng.random(n) < rare
    return np.where(own[:, None], place + 0.3 * rng.normal(size=(n, 4)), points)


@pytest.mark.parametrize("held", [0, 800])
@pytest.mark.parametrize("place", [-2.5, 12.0])
def test_a_mode_that_the_holdout_lacks_too_is_found_missing(held: int, place: float) -> None:
    real = clusters(1000, 1, rare=0.08, place=place)
    holdout = clusters(held, 2, rare=0.0, place=place) if held else None
    finding = ModeCoverage()(evidence(real, clusters(3000, 3, rare=0.0, place=place), holdout=holdout), seeded(4))
    found = {each.name: each for each in finding.estimates if each.group is None}
    assert found["missing_modes"].value == 1
    assert found["thinnest_mode_ratio"].p_value < 0.01
    interval = found["lost_mass"].interval()
    assert 0.04 < interval.low <= 0.08 <= interval.high + 0.02


def test_what_lies_far_from_every_mode_is_counted_as_one() -> None:
    # Too thinly spread to be a mode, but 6 % of the real samples.
    real = grid(1000, 1)
    far = seeded(4).choice(1000, 60, replace=False)
    real[far] = 40 + 8 * seeded(5).normal(size=(60, 2))
    finding = ModeCoverage(number=25)(evidence(real, grid(2000, 2)), seeded())
    (elsewhere,) = (each for each in finding.estimates if each.group and each.group.startswith("elsewhere"))
    assert elsewhere.value == 0
    assert finding.settings["reference_outside_share"] > 0.01
    assert finding.exhibits[0].caption.startswith(("Elsewhere", "Mode"))


def test_the_smallest_mode_that_would_be_missed_is_planted_and_found() -> None:
    # 25 equal modes: one of 4 % is surely seen with 1,200 counted samples, one of 0.3 % never is.
    finding = ModeCoverage()(evidence(grid(2000, 1), grid(4000, 2)), seeded())
    assert 0.003 < finding.settings["smallest_missing_mode_seen"] <= 0.03
    assert finding.settings["smallest_thin_mode_seen"] <= finding.settings["smallest_missing_mode_seen"]
    # In one cloud a missing kind is merged with its neighbours: it can be seen to be thin, hardly to be missing.
    cloud = ModeCoverage()(evidence(seeded(1).normal(size=(600, 2)), seeded(2).normal(size=(600, 2))), seeded())
    assert cloud.settings["smallest_missing_mode_seen"] is None
    assert cloud.settings["smallest_thin_mode_seen"] <= 0.2
    (missing,) = (each for each in cloud.estimates if each.name == "missing_modes")
    assert missing.minimum_detectable is None
    assert "no planted mode" in missing.method


def test_equal_seeds_give_equal_findings(sound: Finding) -> None:
    again = ModeCoverage()(evidence(grid(800, 1), grid(1600, 2), labelled=True), seeded(1))
    assert again == sound


def test_junk_lies_outside_all_modes() -> None:
    made = np.vstack([grid(800, 2), np.full((200, 2), 30.0)])
    finding = ModeCoverage()(evidence(grid(800, 1), made), seeded())
    assert finding.settings["generated_outside_share"] == pytest.approx(0.2, abs=0.01)
    assert rows(finding.tables[0])[-1]["share_generated"] == pytest.approx(0.2, abs=0.01)
    assert finding.estimate("lost_mass").interval().high >= 0.2


@pytest.mark.parametrize(
    "draw",
    [
        lambda n, rng: np.eye(5)[rng.integers(5, size=n)],
        lambda n, rng: rng.integers(2, size=(n, 1)).astype(float),
        lambda n, rng: np.repeat(rng.normal(size=(1, 6)), n, axis=0) * rng.integers(3, size=(n, 1)),
        lambda n, rng: rng.normal(size=(10, 3))[rng.integers(10, size=n)],
        lambda n, rng: rng.normal(size=(n, 300)),
        lambda n, rng: rng.standard_cauchy(size=(n, 2)),
    ],
    ids=["one-hot", "binary", "rank one", "copies", "more dimensions than samples", "heavy tails"],
)
def test_discrete_duplicated_and_wide_data_are_measured(draw: Any) -> None:
    rng = seeded(4)
    together = draw(500, rng)
    finding = ModeCoverage(repeats=300)(evidence(together[:200], together[200:]), rng)
    for each in finding.estimates:
        assert np.isfinite([each.value, each.interval(0.9998).low, each.interval(0.9998).high]).all()
    p_value = finding.estimate("thinnest_mode_ratio").p_value
    assert p_value is not None
    assert p_value > 0.001


def test_a_generator_that_repeats_one_sample_loses_nearly_all() -> None:
    real = grid(800, 1)
    finding = ModeCoverage()(evidence(real, np.repeat(real[:1], 1000, axis=0)), seeded())
    assert finding.estimate("missing_modes").value == 24
    lost = finding.estimate("lost_mass")
    assert lost.value == pytest.approx(0.96, abs=0.03)
    assert lost.interval().low > 0.85


@pytest.mark.parametrize(
    ("real", "made", "message"),
    [
        (grid(99, 1), grid(500, 2), "99 reference samples are too few to look for modes: at least 100 are needed"),
        (grid(500, 1), grid(49, 2), "49 generated samples are too few"),
        (np.ones((200, 2)), grid(500, 2), "all reference features are equal"),
        (grid(500, 1), np.full((60, 2), np.nan), "60 of 60 generated samples have features that are not finite"),
        (np.vstack([np.ones((199, 2)), np.zeros((1, 2))]), np.ones((60, 2)), "could not be divided into modes"),
    ],
)
def test_weak_evidence_is_inconclusive(real: Any, made: Any, message: str) -> None:
    with pytest.raises(Inconclusive, match=message):
        ModeCoverage()(evidence(real, made), seeded())


def test_without_features_it_does_not_apply() -> None:
    bare = replace(evidence(grid(200, 1), grid(200, 2)), features=None, absent={"features": "no extractor for smells"})
    with pytest.raises(NotApplicable, match="no extractor for smells"):
        ModeCoverage()(bare, seeded())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": 1}, "expected number, most and cells of at least 2, got 1, 100 and 20"),
        ({"learning_share": 0.95}, "expected a learning_share between 0.1 and 0.9, got 0.95"),
        ({"repeats": 10}, "expected at least 200 repeats"),
    ],
)
def test_impossible_parameters_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModeCoverage(**change)


def test_the_page_has_every_section() -> None:
    assert tuple(page("GA301").sections) == SECTIONS
    assert page("GA301").title == f"GA301 {ModeCoverage.title}"
