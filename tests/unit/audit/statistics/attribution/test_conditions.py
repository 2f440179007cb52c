"""How far a condition moves outputs: known answers, an independent computation, levels, and what is refused."""

from itertools import product

import numpy as np
import pytest

from genai_audit.audit.statistics.attribution.conditions import (
    ConditionEffects,
    alignment,
    condition_effects,
    distances,
    effect_curve,
    parts_of_energy,
)


def noise(k: int, n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(k, n, d))


def effects(outputs: np.ndarray, permutations: int = 99) -> ConditionEffects:
    return condition_effects(outputs=outputs, permutations=permutations, rng=np.random.default_rng(1))


def test_the_shares_are_those_of_a_plain_loop_and_its_jackknife() -> None:
    outputs = noise(3, 6, 2) + np.arange(3)[:, None, None]

    def by_hand(seeds: list[int]) -> tuple[float, list[float]]:
        means = np.zeros((3, 3))
        for a, b in product(range(3), repeat=2):
            pairs = [np.linalg.norm(outputs[a, i] - outputs[b, j]) for i, j in product(seeds, repeat=2) if i != j]
            means[a, b] = np.mean(pairs)
        across = [np.mean([means[a, b] for b in range(3) if b != a]) for a in range(3)]
        others = [np.mean([means[b, c] for b in range(3) for c in range(3) if a not in (b, c)]) for a in range(3)]
        whole = 1 - np.mean(np.diag(means)) / np.mean(across)
        return whole, [1 - (means[a, a] + others[a]) / 2 / across[a] for a in range(3)]

    found = effects(outputs)
    whole, each = by_hand(list(range(6)))
    assert found.whole == pytest.approx(whole)
    assert found.each == pytest.approx(each)
    left = np.array([by_hand([seed for seed in range(6) if seed != out])[0] for out in range(6)])
    assert found.error == pytest.approx(np.sqrt(5 / 6 * np.square(left - left.mean()).sum()))


def test_what_is_ignored_with_common_random_numbers_has_an_effect_of_nothing_at_all() -> None:
    found = effects(np.repeat(noise(1, 20, 5), 4, axis=0))
    assert abs(found.whole) < 1e-12
    assert np.abs(found.each).max() < 1e-12
    assert found.p_whole == 1
    assert (found.p_each == 1).all()


def test_what_the_condition_alone_decides_has_an_effect_of_one() -> None:
    found = effects(np.repeat(noise(2, 1, 5), 20, axis=1))
    assert found.whole == pytest.approx(1)
    assert found.each == pytest.approx(1)
    assert found.p_whole == found.p_floor == 0.01


def test_two_normal_distributions_have_the_coefficient_that_theory_gives() -> None:
    # In one dimension E|X − X'| = 2/√π; E|X − Y| = 2/√π e^(−δ²/4) + δ (2Φ(δ/√2) − 1) for a shift of δ.
    from scipy.stats import norm

    shift, same = 1.0, 2 / np.sqrt(np.pi)
    other = same * np.exp(-(shift**2) / 4) + shift * (2 * norm.cdf(shift / np.sqrt(2)) - 1)
    found = effects(noise(2, 400, 1) + np.array([0, shift])[:, None, None], 9)
    assert found.whole == pytest.approx(1 - same / other, abs=3 * found.error)


def test_outputs_that_are_all_the_same_are_moved_by_nothing() -> None:
    outputs = np.ones((3, 8, 2))
    assert effects(outputs).whole == 0
    assert alignment(outputs=outputs, permutations=19, rng=np.random.default_rng(0)) is None


def test_effects_hold_their_level_on_noise_of_every_seed_and_value() -> None:
    alarms = []
    for seed in range(200):
        rng = np.random.default_rng([1, seed])
        found = condition_effects(outputs=rng.exponential(size=(4, 16, 3)), permutations=99, rng=rng)
        alarms.append(min(found.p_each) <= 0.05 / 4)
    # The p-values are multiples of 1/100, so that the nominal level is at most 4 %.
    assert np.mean(alarms) <= 0.06


def test_alignment_tells_samplers_with_common_random_numbers_from_those_without() -> None:
    shifts = noise(4, 1, 3, seed=5)
    rng = np.random.default_rng(0)
    common = alignment(outputs=noise(1, 30, 3) + 0.2 * shifts, permutations=199, rng=rng)
    fresh = alignment(outputs=noise(4, 30, 3) + 0.2 * shifts, permutations=199, rng=rng)
    assert common is not None
    assert fresh is not None
    assert common.p_value == 1 / 200
    assert common.ratio < 0.4
    assert fresh.p_value > 0.01
    assert fresh.ratio == pytest.approx(1, abs=4 * fresh.error)


def test_the_ratio_of_a_pure_shift_is_known() -> None:
    # Outputs of one seed are exactly the shift apart.
    outputs = noise(1, 50, 2) + np.array([[[0.0, 0.0]], [[3.0, 4.0]]])
    found = alignment(outputs=outputs, permutations=9, rng=np.random.default_rng(0))
    table = distances(outputs)[0, :, 1, :]
    assert found is not None
    assert found.ratio == pytest.approx(5 / table[~np.eye(50, dtype=bool)].mean())


def test_no_interval_is_narrower_than_what_so_many_seeds_may_have_missed() -> None:
    (low, high) = next((each.low, each.high) for each in effect_curve(0.0, 0.0, 64) if each.level == 0.95)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 64))
    wide = next(each for each in effect_curve(0.5, 0.05, 11) if each.level == 0.95)
    assert wide.high == pytest.approx(0.5 + 2.2281 * 0.05, abs=1e-4)


def test_shares_of_energy_divide_the_whole_and_cover() -> None:
    truth, hits = np.array([0.6, 0.3, 0.1]), np.zeros(3)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        shares, curves = parts_of_energy(truth * rng.exponential(size=(40, 3)))
        assert shares.sum() == pytest.approx(1)
        inside = [next(one for one in curve if one.level == 0.95) for curve in curves]
        hits += [each.low <= share <= each.high for each, share in zip(inside, truth, strict=True)]
    assert (hits / 200 >= 0.9).all()


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (np.zeros((1, 9, 2)), "at least 2 values and 4 seeds"),
        (np.zeros((2, 3, 2)), "at least 2 values and 4 seeds"),
        (np.full((2, 4, 2), np.nan), "finite numbers, got NaN"),
    ],
)
def test_what_cannot_be_compared_is_refused(outputs: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        effects(outputs)


@pytest.mark.parametrize("energy", [np.zeros((9, 2)), np.ones((3, 2)), -np.ones((9, 2))])
def test_nothing_to_divide_is_refused(energy: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected energies"):
        parts_of_energy(energy)
