"""What holds for neighbour statistics on any data."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genai_audit.audit.statistics.intervals import Quotient, Rate, Share, curve
from genai_audit.audit.statistics.neighbours.prdc import prdc

Matrix = NDArray[np.float64]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Matrix, Matrix, int]:
    """Two sets of distinct random points and a k that suits them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m, d = draw(st.integers(8, 60)), draw(st.integers(8, 60)), draw(st.integers(1, 12))
    real = rng.normal(size=(n, d))
    fake = draw(st.floats(-2, 2)) + draw(st.floats(0.1, 3)) * rng.normal(size=(m, d))
    return real, fake, draw(st.integers(1, min(n, m) - 1))


@st.composite
def discrete_pairs(draw: st.DrawFn) -> tuple[Matrix, Matrix, int]:
    """Two sets full of copies and equal distances."""
    real, fake, k = draw(pairs())
    return np.round(real), np.round(fake), k


any_pairs = st.one_of(pairs(), discrete_pairs())
seeds = st.integers(0, 2**32 - 1)


@given(any_pairs, seeds)
@settings(max_examples=60, deadline=None)
def test_scores_stay_in_their_range(data: tuple[Matrix, Matrix, int], seed: int) -> None:
    real, fake, k = data
    found = prdc(generated=fake, reference=real, k=k, rng=np.random.default_rng(seed))
    assert all(0 <= share <= 1 for share in (found.precision, found.recall, found.coverage))
    assert 0 <= found.density <= len(real) / k
    assert found.precision <= k * found.density + 1e-12, "a point inside some ball counts at least once"
    assert (found.precision == 0) == (found.density == 0) == (found.coverage == 0)


@given(any_pairs, seeds, st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_block_size_does_not_matter(data: tuple[Matrix, Matrix, int], seed: int, cells: int) -> None:
    real, fake, k = data
    whole, blocks = (
        prdc(generated=fake, reference=real, k=k, rng=np.random.default_rng(seed), block_cells=each)
        for each in (1 << 20, cells)
    )
    assert whole == blocks


@given(pairs(), seeds)
@settings(max_examples=60, deadline=None)
def test_order_of_rows_does_not_matter(data: tuple[Matrix, Matrix, int], seed: int) -> None:
    real, fake, k = data
    rng = np.random.default_rng(seed)
    shuffled = prdc(generated=rng.permutation(fake), reference=rng.permutation(real), k=k, rng=rng)
    assert shuffled == pytest.approx(prdc(generated=fake, reference=real, k=k, rng=rng))


@given(pairs(), seeds, st.floats(-50, 50), st.floats(0.01, 100))
@settings(max_examples=60, deadline=None)
def test_only_relative_distances_matter(
    data: tuple[Matrix, Matrix, int], seed: int, shift: float, scale: float
) -> None:
    real, fake, k = data
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(real.shape[1], real.shape[1])))
    moved = prdc(generated=shift + scale * fake @ rotation, reference=shift + scale * real @ rotation, k=k, rng=rng)
    assert moved == pytest.approx(prdc(generated=fake, reference=real, k=k, rng=rng))


@given(pairs(), seeds)
@settings(max_examples=60, deadline=None)
def test_precision_and_recall_change_places_with_the_sets(data: tuple[Matrix, Matrix, int], seed: int) -> None:
    real, fake, k = data
    rng = np.random.default_rng(seed)
    one, other = (prdc(generated=a, reference=b, k=k, rng=rng) for a, b in ((fake, real), (real, fake)))
    assert (one.precision, one.recall) == (other.recall, other.precision)


@given(pairs(), seeds)
@settings(max_examples=40, deadline=None)
def test_copies_of_the_reference_score_full_marks(data: tuple[Matrix, Matrix, int], seed: int) -> None:
    real, _, k = data
    found = prdc(generated=real, reference=real, k=k, rng=np.random.default_rng(seed))
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)


def share_of(least: float) -> st.SearchStrategy[Share]:
    return st.builds(
        Share,
        value=st.one_of(st.sampled_from([max(0.0, least), 1.0, 1 - 1e-9]), st.floats(max(1e-9, least), 1)),
        variance=st.one_of(st.just(0.0), st.floats(1e-8, 0.005)),
        trials=st.integers(50, 100_000),
        freedom=st.floats(64, 1e6),
    )


shares = share_of(0.0)


@given(shares)
@settings(max_examples=100, deadline=None)
def test_limits_of_a_share_are_nested_inside_the_unit_interval(share: Share) -> None:
    narrow = curve(share.limits)
    assert all(0 <= each.low <= share.value <= each.high <= 1 for each in narrow)
    assert all(b.low <= a.low and a.high <= b.high for a, b in pairwise(narrow))


@given(shares)
@settings(max_examples=100, deadline=None)
def test_limits_of_a_share_and_its_complement_mirror_each_other(share: Share) -> None:
    mirrored = Share(1 - share.value, share.variance, share.trials, share.freedom).limits(0.95)
    limits = share.limits(0.95)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((limits.low, limits.high), abs=1e-6)


@given(shares, share_of(0.05), st.floats(-1, 1))
@settings(max_examples=100, deadline=None)
def test_limits_of_a_quotient_hold_the_quotient(top: Share, bottom: Share, correlation: float) -> None:
    value = top.value / bottom.value
    assert all(each.low <= value <= each.high for each in curve(Quotient(top, bottom, correlation).limits))


@given(st.one_of(st.just(0.0), st.floats(1e-6, 50)), st.floats(1e-5, 1), st.integers(50, 10_000), st.floats(64, 1e6))
@settings(max_examples=100, deadline=None)
def test_limits_of_a_rate_hold_the_rate(value: float, relative: float, trials: int, freedom: float) -> None:
    rate = Rate(value, relative * value**2, trials, freedom)
    assert all(0 <= each.low <= value <= each.high for each in curve(rate.limits))
