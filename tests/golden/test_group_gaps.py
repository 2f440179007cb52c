"""Gaps between groups, and local fidelity and coverage, of which the answer is known."""

import numpy as np
import pytest

from genai_audit.audit.finding import LEVELS, Interval
from genai_audit.audit.statistics.group_gaps import Gaps, group_gaps
from genai_audit.audit.statistics.intervals import Limits
from genai_audit.audit.statistics.neighbours.local_quality import local_quality
from genai_audit.audit.statistics.shares.binomial import normal_quantile


def normal(value: float, error: float) -> Limits:
    return lambda level: Interval(level, value - normal_quantile(level) * error, value + normal_quantile(level) * error)


def gaps(values: list[float], errors: list[float], weights: list[float] | None = None, seed: int = 0) -> Gaps:
    return group_gaps(
        values=values,
        limits=[normal(value, error) for value, error in zip(values, errors, strict=True)],
        perfect_errors=errors,
        weights=weights or [1.0] * len(values),
        rng=np.random.default_rng(seed),
    )


def test_a_gap_is_the_others_mean_less_the_groups_own() -> None:
    found = gaps([0.9, 0.6, 0.3], [0.03, 0.04, 0.05], weights=[1, 3, 1])
    # (3 · 0.6 + 0.3) / 4 − 0.9, (0.9 + 0.3) / 2 − 0.6, (0.9 + 3 · 0.6) / 4 − 0.3.
    assert found.values == pytest.approx([-0.375, 0.0, 0.375])
    assert found.worst == pytest.approx(0.375)
    assert found.group == 2
    # Independent normal errors: √((0.03² + (3 · 0.04)²) / 16 + 0.05²) for the third.
    error = np.sqrt((0.03**2 + 0.12**2) / 16 + 0.05**2)
    at = LEVELS.index(0.95)
    assert found.high[at, 2] == pytest.approx(0.375 + 1.959964 * error, rel=1e-4)
    # The lower end holds for three groups: level 1 − 0.05 / 3.
    assert found.curve[at].low == pytest.approx(0.375 - normal_quantile(1 - 0.05 / 3) * error, rel=1e-4)
    assert found.p_value == found.p_floor


def test_the_largest_gap_of_equal_groups_holds_its_level() -> None:
    rng = np.random.default_rng(3)
    above = alarms = held = 0
    for seed in range(300):
        found = gaps(list(rng.normal(0.8, 0.05, size=6)), [0.05] * 6, seed=seed)
        interval = found.curve[LEVELS.index(0.95)]
        above += interval.low > 0
        held += interval.low <= 0 <= interval.high
        alarms += found.p_value < 0.05
        assert found.curve[0].low >= 0
    assert above <= 0.06 * 300 + 5
    assert held >= 0.92 * 300
    assert alarms <= 0.06 * 300 + 8


def test_one_group_alone_has_no_gap() -> None:
    with pytest.raises(ValueError, match="expected two groups or more"):
        gaps([0.5], [0.1])


def test_a_perfect_generator_has_about_one_whatever_the_size_of_the_group() -> None:
    rng = np.random.default_rng(5)
    for n in (30, 120):
        both = []
        for _ in range(25):
            sets = [rng.normal(size=(n, 4)) for _ in range(5)]
            found = local_quality(generated=sets[1:], reference=sets[0], k=5, rng=rng, splits=8)
            both.append((found.fidelity, found.covered))
        # A real record is compared with one fewer than a generated one, which is worth a few per cent at 30.
        assert np.mean(both, axis=0) == pytest.approx([1.0, 1.0], abs=0.05)


def test_copies_of_one_record_reach_next_to_nothing_and_noise_lies_outside() -> None:
    rng = np.random.default_rng(6)
    reference = rng.normal(size=(100, 4))
    copies = local_quality(
        generated=[np.repeat(reference[:1], 100, axis=0)], reference=reference, k=5, rng=rng, splits=16
    )
    assert copies.precision == 1
    assert copies.coverage < 0.2
    noise = local_quality(generated=[20 + rng.normal(size=(100, 4))], reference=reference, k=5, rng=rng, splits=16)
    assert noise.fidelity == 0
    assert noise.fidelity_limits()(0.95).high > 0
    assert noise.coverage == 0


def test_equal_records_are_ordered_at_random() -> None:
    # Two thirds of the records are one of three values, so most distances are 0 and ties decide.
    rng = np.random.default_rng(8)

    def drawn(n: int) -> np.ndarray:
        return np.eye(3)[rng.integers(0, 3, size=n)]

    found = [
        local_quality(generated=[drawn(60) for _ in range(3)], reference=drawn(60), k=5, rng=rng, splits=8).covered
        for _ in range(40)
    ]
    assert np.mean(found) == pytest.approx(1.0, abs=0.02)


def test_sets_of_another_size_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected sets of at least 24 records"):
        local_quality(generated=[rng.normal(size=(20, 2))], reference=rng.normal(size=(40, 2)), k=5, rng=rng)
