"""GA308 and the classifier two-sample test: areas, variances, power, refusals."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.collapse.detectability.auditor import Detectability
from genai_audit.audit.evidence.bundle import Evidence, Features, Generated
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from genai_audit.audit.pages import page
from genai_audit.audit.statistics.classifiers.detection import area, detect

Matrix = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Matrix]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def normal(d: int = 6, shift: float = 0.0, scale: float = 1.0) -> Draw:
    return lambda rng, n: shift + scale * rng.normal(size=(n, d))


def found(fake: Draw, real: Draw, n: int = 300, seed: int = 1, holdout: int = 0, drawn: int | None = None) -> Finding:
    rng = seeded(seed)
    features = Features(fake(rng, drawn or n), real(rng, n), real(rng, holdout) if holdout else np.empty((0, 0)), "toy")
    evidence = Evidence("image", Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy"), features=features)
    return Detectability()(evidence, rng)


# The area


def test_the_area_counts_pairs_and_halves_ties() -> None:
    """Scores 2, 3 against 1, 2: of four pairs three are in order and one is tied."""
    assert area(generated=[2, 3], reference=[1, 2]).value == (3 + 0.5) / 4
    assert area(generated=[1, 1, 1], reference=[1, 1]).value == 0.5
    assert area(generated=[5, 6], reference=[1, 2]).value == 1.0


def test_the_variance_is_that_of_delong_by_hand() -> None:
    """Generated 1, 3 against real 0, 2: each generated beats 1/2 and 1 of the real; each real loses to 1 and 1/2."""
    auc = area(generated=[1, 3], reference=[0, 2])
    assert auc.value == 0.75
    assert (auc.from_generated, auc.from_reference) == pytest.approx((0.125 / 2, 0.125 / 2))


def test_without_ties_the_null_variance_is_that_of_mann_and_whitney() -> None:
    auc = area(generated=np.arange(0, 40, 2), reference=np.arange(1, 61, 2))
    assert auc.null_variance == pytest.approx((20 + 30 + 1) / (12 * 20 * 30))


def test_scores_that_are_all_equal_say_nothing() -> None:
    auc = area(generated=np.zeros(30), reference=np.zeros(30))
    assert (auc.value, auc.null_variance, auc.p_value()) == (0.5, 0.0, 1.0)
    assert auc.limits(0.95).low < 0.5 < auc.limits(0.95).high


@pytest.mark.parametrize(
    ("true", "n", "ties"), [(0.5, 60, False), (0.8, 60, False), (0.97, 60, False), (0.5, 60, True), (0.515, 200, True)]
)
def test_intervals_hold_the_true_area(true: float, n: int, ties: bool) -> None:
    """Normal scores a shift √2 Φ⁻¹(AUC) apart; or few records with a score of 1 among many of 0."""
    from scipy.stats import norm

    rng, repeats, held, alarms, widths, values = seeded(), 400, 0, 0, [], []
    for _ in range(repeats):
        if ties:
            # P(y > x) + P(y = x) / 2 = 1/2 + (p_y − p_x) / 2
            real, fake = (rng.random(n) < p for p in (0.03, 0.03 + 2 * (true - 0.5)))
        else:
            real, fake = rng.normal(size=n), math.sqrt(2) * norm.ppf(true) + rng.normal(size=n)
        auc = area(generated=fake, reference=real)
        limits = auc.limits(0.95)
        held += limits.low <= true <= limits.high
        alarms += auc.p_value() < 0.05
        widths.append(limits.high - limits.low)
        values.append(auc.value)
    assert held / repeats > 0.93 - 3 * math.sqrt(0.05 * 0.95 / repeats)
    if not ties:
        assert np.mean(widths) < 1.45 * 3.92 * np.std(values)
    if true == 0.5:
        assert alarms / repeats < 0.06 + 3 * math.sqrt(0.05 * 0.95 / repeats)


@pytest.mark.parametrize(
    ("generated", "reference"), [([1.0], [1.0, 2.0]), ([np.nan, 1.0], [1.0, 2.0]), ([[1.0, 2.0]], [1.0, 2.0])]
)
def test_scores_must_be_finite_and_more_than_one(generated: list[float], reference: list[float]) -> None:
    with pytest.raises(ValueError, match="expected two finite scores or more on both sides"):
        area(generated=generated, reference=reference)


# The classifier


def corners(scale: float) -> Draw:
    modes = np.array([(x, y) for x in range(3) for y in range(3)], dtype=float)
    return lambda rng, n: modes[rng.integers(9, size=n)] + 0.05 * scale * rng.normal(size=(n, 2))


def correlated(rng: np.random.Generator, n: int) -> Matrix:
    return rng.normal(size=(n, 6)) + 0.7 * rng.normal(size=(n, 1))


def matched(rng: np.random.Generator, n: int) -> Matrix:
    return math.sqrt(1 + 0.7**2) * rng.normal(size=(n, 6))


@pytest.mark.parametrize(
    ("fake", "real", "least"),
    [
        (normal(shift=0.4), normal(), 0.65),
        (normal(scale=0.7), normal(), 0.65),
        (matched, correlated, 0.65),
        (corners(0.5), corners(1.0), 0.6),
        (
            lambda rng, n: rng.integers(3, size=(n, 3)).astype(float),
            lambda rng, n: rng.integers(4, size=(n, 3)) * 1.0,
            0.7,
        ),
        (normal(shift=1e4), normal(), 0.999),
    ],
)
def test_differences_of_every_kind_are_found(fake: Draw, real: Draw, least: float) -> None:
    """Location, spread, dependence alone, spread within narrow modes, categories, everything."""
    rng = seeded(3)
    auc = detect(generated=fake(rng, 600), reference=real(rng, 600), rng=rng).auc
    assert auc.value > least
    assert auc.p_value() < 0.001


def test_a_sound_generator_is_seldom_called_different() -> None:
    rng = seeded(5)
    p = [
        detect(generated=rng.normal(size=(80, 4)), reference=rng.normal(size=(80, 4)), rng=rng).auc.p_value()
        for _ in range(100)
    ]
    assert np.mean(np.array(p) < 0.05) < 0.06 + 3 * math.sqrt(0.05 * 0.95 / 100)
    assert 0.35 < np.mean(p) < 0.65


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: np.zeros((n, 3)),
        lambda rng, n: np.repeat(rng.normal(size=(1, 5)), n, axis=0),
        lambda rng, n: np.hstack([rng.integers(2, size=(n, 1)), np.ones((n, 4))]),
        lambda rng, n: rng.normal(size=(n, 1)) @ np.ones((1, 200)),
        lambda rng, n: rng.standard_cauchy(size=(n, 3)) * 1e6,
        lambda rng, n: np.repeat(rng.normal(size=(n // 2, 3)), 2, axis=0),
    ],
)
@pytest.mark.parametrize("n", [50, 51])
@pytest.mark.filterwarnings("error")
def test_awkward_data_stay_finite(draw: Draw, n: int) -> None:
    rng = seeded(2)
    real, fake = draw(rng, 52)[:n], draw(rng, 52)[:n]
    evidence = Evidence(
        "image",
        Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy"),
        features=Features(fake, real, np.empty((0, 0)), "toy"),
    )
    estimate = Detectability()(evidence, rng).estimate("auc")
    assert tuple(each.level for each in estimate.curve) == LEVELS
    assert 0.1 < estimate.value < 0.9 or not np.allclose(real[0], fake[0])


def test_copies_of_the_reference_score_below_one_half() -> None:
    """The original of a copy that was fitted as generated is taken for generated."""
    rng = seeded()
    real = rng.normal(size=(400, 10))
    auc = detect(generated=real, reference=real, rng=rng).auc
    assert auc.value < 0.5 - 2 * math.sqrt(auc.null_variance)


def test_equal_seeds_give_equal_scores() -> None:
    rng = seeded()
    real, fake = rng.normal(size=(60, 3)), rng.normal(size=(60, 3))
    first, second = (detect(generated=fake, reference=real, rng=seeded(4)) for _ in range(2))
    assert (first.generated_scores == second.generated_scores).all()
    assert not set(first.generated_rows) - set(range(60))


@pytest.mark.parametrize(("n", "m", "d"), [(3, 3, 2), (9, 8, 2)])
def test_sets_must_match(n: int, m: int, d: int) -> None:
    with pytest.raises(ValueError, match="expected equally many records of equally many features, four or more"):
        detect(generated=np.zeros((m, d)), reference=np.zeros((n, d)), rng=seeded())


# The auditor


def test_a_sound_finding() -> None:
    finding = found(normal(), normal(), holdout=120)
    assert finding.outcome is Outcome.MEASURED
    estimate = finding.estimate("auc")
    assert estimate.perfect is not None
    assert estimate.perfect.value == 0.5
    # 150 held out on either side
    assert estimate.perfect.high - 0.5 == pytest.approx(1.96 * math.sqrt(301 / (12 * 150**2)), rel=1e-3)
    assert estimate.minimum_detectable == pytest.approx((1.645 + 0.8416) * math.sqrt(301 / (12 * 150**2)), rel=1e-3)
    assert estimate.p_value is not None
    assert estimate.p_value > 0.01
    assert estimate.interval().low < 0.5 < estimate.interval().high
    assert (estimate.n, estimate.from_draws) == (300, 0.0)
    (control,) = finding.tables
    assert control.rows[0][1] == 120
    assert control.rows[0][3] < 0.5 < control.rows[0][4]


def test_more_draws_help_only_while_generated_records_are_fewer() -> None:
    finding = found(normal(), normal(), n=300, drawn=120)
    assert finding.estimate("auc").from_draws == 1.0
    assert finding.settings["compared_each"] == 120


def test_the_exhibit_shows_the_planted_records() -> None:
    def tainted(rng: np.random.Generator, n: int) -> Matrix:
        points = rng.normal(size=(n, 6))
        points[:40] += 6
        return points

    finding = found(tainted, normal(), drawn=500)
    (exhibit,) = finding.exhibits
    generated, reference = exhibit.pictures
    assert (generated.kind, reference.kind) == ("generated", "reference")
    assert len(generated.indices) == 12
    assert np.mean(np.array(generated.indices) < 40) > 0.9
    assert max(reference.indices) < 300


def test_it_says_why_it_cannot_answer() -> None:
    empty = Evidence("image", Generated(np.zeros((1, 1, 1, 1)), 0, "toy"), absent={"features": "no reference"})
    with pytest.raises(NotApplicable, match="no reference"):
        Detectability()(empty, seeded())
    with pytest.raises(Inconclusive, match="49 generated samples are too few: at least 50 are needed"):
        found(normal(), normal(), drawn=49)
    with pytest.raises(Inconclusive, match="1 of 300 reference samples have features that are not finite"):
        found(normal(), lambda rng, n: np.where(np.arange(n)[:, None] == 5, np.nan, rng.normal(size=(n, 6))))
    with pytest.raises(ValueError, match="expected max_each of at least 50"):
        Detectability(max_each=10)


def test_its_page_names_the_estimate() -> None:
    text = page("GA308").text
    assert all(f"**{each.name}**" in text or f"`{each.name}`" in text for each in Detectability.estimates)
