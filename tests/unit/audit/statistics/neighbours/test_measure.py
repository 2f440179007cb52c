"""Neighbour statistics: agreement with the prdc package, ties, variances, limits, refusals."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from genai_audit.audit.collapse.neighbour_fidelity.estimates import scored
from genai_audit.audit.finding import LEVELS, Interval
from genai_audit.audit.statistics.intervals import Quotient, Rate, Share, curve, p_value, scaled
from genai_audit.audit.statistics.neighbours import tally as neighbour_tally
from genai_audit.audit.statistics.neighbours.graph import Inside, balls, crossings
from genai_audit.audit.statistics.neighbours.measure import measure
from genai_audit.audit.statistics.neighbours.measurement import Measurement
from genai_audit.audit.statistics.neighbours.prdc import perfect_precision, prdc
from genai_audit.audit.statistics.neighbours.splits import SHARES, Neighbourhood, Parts, cut, replicates

Matrix = NDArray[np.float64]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Point estimates


@pytest.mark.parametrize(
    ("n", "m", "d", "k"), [(200, 200, 2, 5), (300, 100, 64, 3), (100, 300, 10, 1), (57, 80, 3, 20), (400, 400, 64, 5)]
)
def test_equals_the_prdc_package_where_there_are_no_ties(n: int, m: int, d: int, k: int) -> None:
    package = pytest.importorskip("prdc")
    rng = seeded(n + d)
    real, fake = rng.normal(size=(n, d)), 0.3 + 0.9 * rng.normal(size=(m, d))
    theirs = package.compute_prdc(real_features=real, fake_features=fake, nearest_k=k)
    assert prdc(generated=fake, reference=real, k=k, rng=rng)._asdict() == pytest.approx(theirs, abs=1e-6)


def test_a_far_outlier_costs_no_precision() -> None:
    package = pytest.importorskip("prdc")
    rng = seeded()
    real, fake = 5 + 1e-2 * rng.normal(size=(150, 4)), 5 + 1e-2 * rng.normal(size=(150, 4))
    real[7] = 1e6
    theirs = package.compute_prdc(real_features=real, fake_features=fake, nearest_k=5)
    assert prdc(generated=fake, reference=real, k=5, rng=rng)._asdict() == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_blocks_do_not_change_the_result_even_with_ties(levels: int) -> None:
    def points(n: int) -> Matrix:
        return rng.integers(levels, size=(n, 2)).astype(float) if levels else rng.normal(size=(n, 2))

    rng = seeded()
    real, fake = points(90), points(70)
    whole, *parts = (
        prdc(generated=fake, reference=real, k=4, rng=seeded(3), block_cells=cells) for cells in (10**6, 7, 500)
    )
    assert all(part == whole for part in parts)


def test_ties_are_broken_by_the_generator_that_was_passed() -> None:
    rng = seeded()
    real, fake = rng.integers(3, size=(90, 1)), rng.integers(3, size=(90, 1))
    np.random.seed(0)  # noqa: NPY002 – shows that the global state plays no part
    first, second = (prdc(generated=fake, reference=real, k=4, rng=seeded(1)) for _ in range(2))
    other = prdc(generated=fake, reference=real, k=4, rng=seeded(2))
    assert first == second != other


@pytest.mark.parametrize(
    ("generated", "reference", "k", "message"),
    [
        (np.zeros((9, 2)), np.zeros((9, 3)), 2, r"expected as many features in generated as in reference \(3\), got 2"),
        (np.zeros((9, 2)), np.zeros((5, 2)), 5, r"expected 1 <= k < 5, the size of the smaller set, got k = 5"),
        (np.zeros((9, 2)), np.zeros((9, 2)), 0, r"got k = 0; choose a smaller k or give more points"),
        (np.zeros(9), np.zeros((9, 2)), 2, r"generated: expected a matrix \(n, d\) of features, got shape \(9,\)"),
        (
            np.zeros((9, 2)),
            np.full((9, 2), np.nan),
            2,
            r"reference: .* 9 of 9 rows with NaN or infinity; drop or repair",
        ),
    ],
)
def test_refuses_what_it_cannot_compare(generated: Matrix, reference: Matrix, k: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prdc(generated=generated, reference=reference, k=k, rng=seeded())


# Variances


def test_replicates_equal_the_statistics_computed_anew_on_every_part() -> None:
    rng = seeded()
    n, k, splits = 60, 3, 64
    real, fakes = rng.normal(size=(n, 3)), [rng.normal(size=(n, 3)) for _ in range(2)]
    whole = balls(real, depth=n - 1, first=0, seed=1)
    others = [balls(fake, depth=n - 1, first=n, seed=1) for fake in fakes]
    pairs = [list(crossings(whole, other, k=k, depth=n - 1, seed=1, cells=600)) for other in others]
    around = Neighbourhood(
        whole.nearest,
        whole.levels,
        tuple(each.nearest for each in others),
        tuple(joined([block.forward for block in blocks]) for blocks in pairs),
        tuple(joined([block.backward for block in blocks]) for blocks in pairs),
        others[0].levels,
    )
    first, *rest = (cut(n, 2, splits, rng) for _ in range(3))
    found = replicates(around, Parts((first[0], first[1]), tuple((each[0], each[1]) for each in rest)), k=k)
    for a, b, split in [(0, 0, 0), (0, 1, 5), (1, 0, 31), (1, 1, 63)]:
        part = real[first[a][:, split]]
        anew = np.mean(
            [
                prdc(generated=fake[each[b][:, split]], reference=part, k=k, rng=rng)
                for fake, each in zip(fakes, rest, strict=True)
            ],
            axis=0,
        )
        perfect = perfect_precision(reference=part, k=k, rng=rng)
        assert found.shares[:, a, b, split] == pytest.approx([anew[0], anew[1], anew[3], perfect], abs=1e-12)


def joined(pieces: list[Inside]) -> Inside:
    return Inside(*(np.concatenate(each) for each in zip(*pieces, strict=True)))


def test_parts_are_disjoint_and_cover_everything() -> None:
    parts = cut(10, 4, 64, seeded())
    assert (np.sum(parts, axis=0) == 1).all()
    assert {int(size) for part in parts for size in part.sum(0)} == {2, 3}


def test_variances_match_fresh_samples() -> None:
    """The standard deviation over fresh samples against the one estimated from each of them."""
    rng = seeded(5)
    found = [
        measure(
            generated=[0.3 + rng.normal(size=(100, 8)) for _ in range(2)],
            reference=rng.normal(size=(100, 8)),
            k=5,
            rng=rng,
            splits=64,
        )
        for _ in range(80)
    ]
    for at, name in enumerate(SHARES):
        true = np.std([np.arcsin(np.sqrt(each.shares[name])) for each in found], ddof=1)
        estimated = np.sqrt(np.mean([each.spread.covariance[at, at] for each in found]))
        # A standard deviation from 80 samples has an error of 8 %.
        assert 0.7 < estimated / true < 1.35, name
    density = np.sqrt(np.mean([each.density_from_reference + each.density_from_draws for each in found]))
    assert 0.7 < density / np.std([each.density for each in found], ddof=1) < 1.5


def test_a_collapsed_generator_needs_few_pairs_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = seeded()
    real, fake = rng.normal(size=(300, 32)), 1e-3 * rng.normal(size=(300, 32))

    def found() -> Measurement:
        return measure(generated=[fake], reference=real, k=5, rng=seeded(1), splits=64)

    few = found()
    assert few.density > 20, "the generator should lie inside nearly every ball"
    monkeypatch.setattr(neighbour_tally, "_ENOUGH", 10**9)
    assert (few.spread.covariance == found().spread.covariance).all()


def test_values_are_means_over_the_sets() -> None:
    rng = seeded()
    real, fakes = rng.normal(size=(120, 6)), [rng.normal(size=(120, 6)) for _ in range(3)]
    found = measure(generated=fakes, reference=real, k=4, rng=rng, splits=64)
    precision, recall, density, coverage = np.mean(
        [prdc(generated=fake, reference=real, k=4, rng=rng) for fake in fakes], axis=0
    )
    assert found.shares == pytest.approx(
        {
            "precision": precision,
            "recall": recall,
            "coverage": coverage,
            "perfect_precision": perfect_precision(reference=real, k=4, rng=rng),
        }
    )
    assert found.density == pytest.approx(density)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"splits": 100}, "expected a positive multiple of 64 splits, got 100"),
        (
            {"generated": [np.zeros((59, 2))]},
            r"expected generated sets of 60 points, as many as the reference, got \[59\]",
        ),
        ({"k": 15}, "expected at least 64 points for k = 15, got 60"),
    ],
)
def test_measure_refuses(change: dict[str, Any], message: str) -> None:
    given = {"generated": [seeded(1).normal(size=(60, 2))], "reference": seeded(0).normal(size=(60, 2)), "k": 5}
    with pytest.raises(ValueError, match=message):
        measure(rng=seeded(), **(given | change))


# Limits


def test_at_the_boundary_the_limits_are_those_of_clopper_and_pearson() -> None:
    limits = Share(value=1.0, variance=0.0, trials=200, freedom=1e9).limits(0.95)
    assert (limits.low, limits.high) == (pytest.approx(0.025 ** (1 / 200)), 1.0)
    limits = Share(value=0.0, variance=0.0, trials=200, freedom=1e9).limits(0.95)
    assert (limits.low, limits.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 200)))


def test_away_from_it_they_lie_between_clopper_pearson_and_jeffreys() -> None:
    hits, n = 60, 80
    limits = Share(value=hits / n, variance=1 / (4 * n), trials=500, freedom=1e9).limits(0.95)
    assert stats.beta.ppf(0.025, hits, n - hits + 1) < limits.low < stats.beta.ppf(0.025, hits + 0.5, n - hits + 0.5)
    assert stats.beta.ppf(0.975, hits + 0.5, n - hits + 0.5) < limits.high
    assert limits.high < stats.beta.ppf(0.975, hits + 1, n - hits)


def test_few_degrees_of_freedom_widen_them() -> None:
    wide, narrow = (Share(0.7, 0.001, 1000, freedom).limits(0.95) for freedom in (5, 1e9))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_rate_has_the_limits_of_a_poisson_count() -> None:
    limits = Rate(value=2.0, variance=2.0 / 30, trials=7, freedom=1e9).limits(0.95)
    assert stats.gamma.ppf(0.025, 60) / 30 < limits.low < 2 < limits.high < stats.gamma.ppf(0.975, 61) / 30
    nothing = Rate(value=0.0, variance=0.0, trials=100, freedom=1e9).limits(0.95)
    assert (nothing.low, nothing.high) == (0.0, pytest.approx(-np.log(0.025) / 100))


def test_the_quotient_agrees_with_the_delta_method_for_precise_shares() -> None:
    top, bottom = Share(0.5, 1e-6, 10**9, 1e9), Share(0.8, 2e-6, 10**9, 1e9)
    limits = Quotient(top, bottom, 0.4).limits(0.95)
    # var log p = 4 (1 − p) / p · var asin √p
    a, b = 4e-6 * 0.5 / 0.5, 8e-6 * 0.2 / 0.8
    error = 1.959964 * np.sqrt(a + b - 2 * 0.4 * np.sqrt(a * b))
    assert (np.log(limits.low / 0.625), np.log(limits.high / 0.625)) == pytest.approx((-error, error), rel=0.01)


def test_a_quotient_of_nothing_reaches_down_to_zero() -> None:
    limits = Quotient(Share(0.0, 0.0, 100, 1e9), Share(0.8, 0.001, 100, 1e9), 0.0).limits(0.95)
    assert limits.low == 0
    assert 0.03 < limits.high < 0.06


def test_a_quotient_by_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a denominator bounded away from 0"):
        Quotient(Share(0.5, 0.001, 100, 1e9), Share(0.0, 0.0, 100, 1e9), 0.0).limits(0.95)


def test_curves_are_nested_and_cover_every_level() -> None:
    intervals = curve(Share(0.97, 0.002, 300, 128).limits)
    assert tuple(each.level for each in intervals) == LEVELS
    assert all(b.low <= a.low <= 0.97 <= a.high <= b.high for a, b in pairwise(intervals))
    doubled = curve(scaled(Share(0.97, 0.002, 300, 128).limits, 2.0))
    assert [each.high for each in doubled] == pytest.approx([2 * each.high for each in intervals])


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_p_is_the_level_at_which_the_null_leaves_the_interval(level: float) -> None:
    limits = Share(0.7, 0.001, 1000, 128).limits
    assert p_value(limits, limits(level).low) == pytest.approx(1 - level, rel=1e-4)


def test_p_stays_between_a_millionth_and_one() -> None:
    assert p_value(lambda level: Interval(level, 0.4, 0.5), 0.9) == pytest.approx(1e-6)
    assert p_value(lambda level: Interval(level, 0.4, 0.5), 0.45) == 1.0


def test_more_freedom_narrows_every_interval() -> None:
    rng = seeded()
    found = measure(generated=[rng.normal(size=(100, 3))], reference=rng.normal(size=(100, 3)), k=5, rng=rng, splits=64)
    for wide, narrow in zip(scored(found, freedom=5), scored(found, freedom=1e6), strict=True):
        assert wide.interval().low <= narrow.interval().low
        assert wide.interval().high >= narrow.interval().high
