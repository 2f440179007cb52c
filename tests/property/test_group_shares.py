"""What must hold for shares whatever the counts and the classifier."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_audit.audit.finding import LEVELS
from genai_audit.audit.statistics.shares.confusion import corrected_shares, error_rates, softened_rates, youden
from genai_audit.audit.statistics.shares.corrected import share_limits, share_tails
from genai_audit.audit.statistics.shares.total_variation import total_variation, total_variation_limits


@st.composite
def audits(draw):
    """Counts, a confusion matrix with a classifier better than chance, and a seed."""
    k = draw(st.integers(2, 6))
    counts = np.array(draw(st.lists(st.integers(0, 3_000), min_size=k, max_size=k)), dtype=np.int64)
    counts[draw(st.integers(0, k - 1))] += 50
    wrong = draw(st.lists(st.integers(0, 6), min_size=k * k, max_size=k * k))
    confusion = np.array(wrong, dtype=np.int64).reshape(k, k)
    confusion[np.arange(k), np.arange(k)] = draw(st.integers(8 * k, 200))
    return counts, confusion


@settings(max_examples=40, deadline=None)
@given(audits())
def test_limits_are_nested_shares_around_the_estimate(case):
    counts, confusion = case
    shares = corrected_shares(counts=counts, rates=error_rates(confusion))
    low, high = share_limits(counts=counts, confusion=confusion, levels=LEVELS)
    assert youden(confusion).min() > 0
    assert (low >= 0).all()
    assert (high <= 1).all()
    assert (low <= shares).all()
    assert (shares <= high).all()
    assert (np.diff(low, axis=0) <= 1e-9).all()
    assert (np.diff(high, axis=0) >= -1e-9).all()
    assert (high > low).all()


@settings(max_examples=30, deadline=None)
@given(audits(), st.randoms(use_true_random=False))
def test_the_order_of_groups_does_not_matter(case, random):
    counts, confusion = case
    order = list(range(len(counts)))
    random.shuffle(order)
    rates = error_rates(confusion)
    targets = np.full(len(counts), 1 / len(counts))
    shuffled = {"counts": counts[order], "confusion": confusion[np.ix_(order, order)]}
    straight = corrected_shares(counts=counts, rates=rates)
    np.testing.assert_allclose(
        corrected_shares(counts=shuffled["counts"], rates=error_rates(shuffled["confusion"])),
        straight[order],
        atol=1e-6,
    )
    for mine, other in zip(
        share_limits(**shuffled, levels=[0.95]),
        share_limits(counts=counts, confusion=confusion, levels=[0.95]),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other[:, order], atol=1e-5)
    for mine, other in zip(
        share_tails(**shuffled, targets=targets),
        share_tails(counts=counts, confusion=confusion, targets=targets),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other[order], atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(audits(), st.integers(2, 20))
def test_the_same_shares_from_more_samples_are_known_better(case, times):
    counts, confusion = case
    few = share_limits(counts=counts, confusion=confusion, levels=[0.95])
    many = share_limits(counts=times * counts, confusion=times * confusion, levels=[0.95])
    assert (many.high - many.low <= few.high - few.low + 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(audits(), st.integers(0, 2**32 - 1))
def test_total_variation_limits_hold_the_estimate_and_depend_on_the_seed_alone(case, seed):
    counts, confusion = case
    k = len(counts)
    targets = np.full(k, 1 / k)
    shares = corrected_shares(counts=counts, rates=error_rates(confusion))

    def limits():
        return total_variation_limits(
            shares=shares,
            targets=targets,
            rates=softened_rates(confusion),
            labelled=confusion.sum(axis=1),
            n=int(counts.sum()),
            levels=LEVELS,
            rng=np.random.default_rng(seed),
            repeats=200,
        )

    first, second = limits(), limits()
    measured = total_variation(shares=shares, targets=targets)
    assert (first.low <= measured).all()
    assert (measured <= first.high).all()
    assert (np.diff(first.low) <= 1e-9).all()
    assert (np.diff(first.high) >= 0).all()
    assert first.low.min() >= 0
    assert first.high.max() <= 1
    np.testing.assert_array_equal(first.low, second.low)
