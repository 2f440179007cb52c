"""Shares of an effect: values, coverage of their intervals, and the null of turned axes."""

import numpy as np
import pytest
import torch
from torch import Tensor

from genai_audit.audit.attribution.latent_drivers.shares import (
    average,
    bounds,
    concentration,
    effective,
    largest_curve,
    share_curve,
    shares_of,
    turned,
    turned_shares,
    unused,
)
from genai_audit.audit.evidence.attributions.paths import integrate
from genai_audit.audit.finding import LEVELS, Interval


def draws(weights: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Attributions (n, L) of a linear readout whose strength varies from draw to draw."""
    sizes = np.exp(0.5 * rng.standard_normal((n, 1)))
    return np.asarray(weights * rng.standard_normal((n, len(weights))) * sizes)


def at(curve: tuple[Interval, ...], level: float) -> Interval:
    return next(each for each in curve if each.level == level)


def test_shares_are_means_of_absolute_values() -> None:
    shares = shares_of(np.array([[1.0, -3.0, 0.0], [-1.0, 1.0, 0.0]]))
    assert shares.values.tolist() == [2 / 6, 4 / 6, 0.0]
    assert shares.influence.mean(axis=0) == pytest.approx(0, abs=1e-15)


def test_the_average_counts_every_readout_alike_whatever_its_unit() -> None:
    first, second = np.array([[1.0, 0.0], [1.0, 0.0]]), 1000 * np.array([[1.0, 1.0], [1.0, 1.0]])
    assert average([shares_of(first), shares_of(second)]).values.tolist() == [0.75, 0.25]


def test_no_effect_has_no_shares() -> None:
    with pytest.raises(ValueError, match="not all zero: there is no effect to share out"):
        shares_of(np.zeros((4, 2)))


def test_influence_predicts_what_leaving_a_draw_out_does() -> None:
    attributions = draws(np.array([1.0, 2.0, 3.0]), 400, np.random.default_rng(0))
    shares = shares_of(attributions)
    without = shares_of(attributions[1:]).values
    assert 399 * (shares.values - without) == pytest.approx(shares.influence[0], rel=0.05, abs=1e-3)


@pytest.mark.parametrize("weights", [np.ones(6), 0.5 ** np.arange(6)], ids=["equal", "decaying"])
def test_intervals_hold_their_level(weights: np.ndarray) -> None:
    # For a linear readout the mean absolute attributions are in the ratio of the weights: the truth is exact.
    truth = weights / weights.sum()
    rng = np.random.default_rng(1)
    each, together, largest, number = [], [], [], []
    for _ in range(400):
        shares = shares_of(draws(weights, 128, rng))
        low, high = bounds(shares, 0.95)
        each.append((low <= truth) & (truth <= high))
        low, high = bounds(shares, 0.95, family=6)
        together.append(((low <= truth) & (truth <= high)).all())
        interval = at(largest_curve(shares), 0.95)
        largest.append(interval.low <= truth.max() <= interval.high)
        interval = at(effective(shares)[1], 0.95)
        number.append(interval.low - 1e-9 <= 1 / (truth**2).sum() <= interval.high + 1e-9)
    # Three standard errors of a share of 0.95 in 400 repeats are 0.033.
    assert np.mean(each, axis=0).min() > 0.95 - 0.033
    assert np.mean(together) > 0.95 - 0.033
    assert np.mean(largest) > 0.95 - 0.033
    assert np.mean(number) > 0.95 - 0.033
    assert np.mean(each) < 0.99


def test_a_dimension_without_any_effect_still_has_an_interval() -> None:
    shares = shares_of(draws(np.array([1.0, 1.0, 0.0]), 100, np.random.default_rng(2)))
    interval = at(share_curve(shares, 2), 0.95)
    # 100 draws may have missed 3.6 % of all paths, on which it gets an equal share.
    assert (interval.low, interval.high) == (0.0, pytest.approx((1 - 0.025**0.01) / 3))


def test_unused_dimensions_are_counted_with_an_interval() -> None:
    weights = np.array([1.0, 1.0, 1.0, 0.11, 0.0])
    count, curve = unused(shares_of(draws(weights, 256, np.random.default_rng(3))), limit=0.035)
    interval = at(curve, 0.95)
    # The fourth lies at the limit, so it is not decided.
    assert count in (1, 2)
    assert (interval.low, interval.high) == (1.0, 2.0)


def test_few_draws_do_not_prove_a_dimension_unused() -> None:
    shares = shares_of(draws(np.array([1.0, 1.0, 0.0]), 8, np.random.default_rng(3)))
    assert at(unused(shares, limit=0.1 / 3)[1], 0.95).low == 0


@pytest.mark.parametrize(("weights", "expected"), [([1.0, 0, 0, 0], 1.0), ([1.0, 1, 1, 1], 4.0), ([1.0, 1, 0, 0], 2.0)])
def test_effective_dimensions_of_known_shares(weights: list[float], expected: float) -> None:
    value, curve = effective(shares_of(draws(np.array(weights), 2000, np.random.default_rng(4))))
    assert value == pytest.approx(expected, rel=0.01)
    assert len(curve) == len(LEVELS)
    assert at(curve, 0.95).low <= value <= at(curve, 0.95).high


def test_a_single_dimension_has_the_whole_share() -> None:
    shares = shares_of(draws(np.ones(1), 20, np.random.default_rng(0)))
    assert at(share_curve(shares, 0), 0.999) == Interval(0.999, 1.0, 1.0)
    assert effective(shares)[0] == 1.0


def test_turned_attributions_are_those_of_the_turned_model() -> None:
    # The claim behind the null: computed from attributions alone, they equal a run on the rotated network.
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(5, 8, generator=generator).double()
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=generator).double())[0]

    def function(points: Tensor) -> list[Tensor]:
        return [torch.tanh(0.3 * points @ weights).sum(dim=1)]

    ends, starts = torch.randn(2, 20, 5, generator=generator).double()
    least = torch.tensor([1e-7])
    straight = integrate(function, ends, starts, tolerance=least, mean_cells=1000).attributions[0]
    # The model on turned axes y = z Q gives the output of z = y Qᵀ.
    expected = integrate(
        lambda y: function(y @ rotation.T), ends @ rotation, starts @ rotation, tolerance=least, mean_cells=1000
    )
    found = turned(straight.numpy()[None], (ends - starts).numpy(), rotation.numpy())[0]
    assert found == pytest.approx(expected.attributions[0].numpy(), abs=1e-5)
    assert found.sum(axis=1) == pytest.approx(straight.sum(dim=1).numpy(), abs=1e-6)


def test_turned_axes_tell_aligned_dimensions_from_meaningless_ones() -> None:
    rng = np.random.default_rng(5)
    paths = rng.standard_normal((200, 6))
    aligned = np.eye(6)[:3]
    meaningless = np.linalg.qr(rng.standard_normal((6, 6)))[0][:3]
    found = []
    for weights in (aligned, meaningless):
        attributions = paths * weights[:, None, :]
        observed = average([shares_of(each) for each in attributions]).values.max()
        largest, numbers = concentration(turned_shares(attributions, paths, rotations=99, rng=np.random.default_rng(6)))
        assert len(largest) == len(numbers) == 99
        assert (numbers >= 1).all()
        found.append((largest >= observed).mean())
    assert found[0] == 0
    assert found[1] > 0.025
