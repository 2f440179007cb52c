"""Many cuts at once give what counting each by itself gives."""

import numpy as np
import pytest

from genai_audit.audit.statistics import bits
from genai_audit.audit.statistics.neighbours.cloud import cloud, distances

CUTS = 128


def flags(rng: np.random.Generator, n: int, share: float = 0.5) -> bits.Flags:
    return rng.random((n, CUTS)) < share


@pytest.mark.parametrize(("rows", "targets"), [(0, 3), (1, 1), (400, 7), (400, 1000), (70_000, 3)])
def test_counts_up_to_k_are_those_of_plain_sums(rows: int, targets: int) -> None:
    rng = np.random.default_rng(rows)
    # Uneven, so that some have many rows and some have none.
    target = (targets * rng.random(rows) ** 3).astype(np.int64)
    given = flags(rng, rows, 0.02 if rows > 1000 else 0.3)
    counts = np.zeros((targets, CUTS), dtype=np.int64)
    np.add.at(counts, target, given)
    found = bits.at_least(bits.packed(given), bits.stacked(target, targets), 4)
    for least in range(1, 5):
        assert (bits.unpacked(found[least - 1]) == (counts >= least)).all()


def test_more_targets_than_fit_a_short_number() -> None:
    target = np.array([70_000, 5, 70_000])
    given = np.zeros((3, 64), dtype=bool)
    given[:, 0] = True
    found = bits.at_least(bits.packed(given), bits.stacked(target, 70_001), 2)
    assert np.flatnonzero(bits.unpacked(found[0])[:, 0]).tolist() == [5, 70_000]
    assert np.flatnonzero(bits.unpacked(found[1])[:, 0]).tolist() == [70_000]


def test_bits_are_counted_by_group() -> None:
    rng = np.random.default_rng(1)
    given, members = flags(rng, 50), np.array([3, 4, 40])
    found = bits.bit_counts(bits.packed(given), (None, members, members[:0]))
    assert (found == np.stack([given.sum(0), given[members].sum(0), np.zeros(CUTS)])).all()


def test_balls_of_a_part_reach_to_the_kth_neighbour_within_it() -> None:
    rng = np.random.default_rng(2)
    n, k = 40, 3
    points = rng.normal(size=(n, 2))
    squared = ((points[:, None] - points) ** 2).sum(2)
    np.fill_diagonal(squared, np.inf)
    nearest = np.argsort(squared, axis=1)[:, :-1]
    levels = np.take_along_axis(squared, nearest, axis=1)
    part = flags(rng, n)
    reaching = bits.open_ranks(nearest, bits.packed(part), k=k)
    radii = bits.sorted_radii(levels, reaching, bits.packed(part))
    for cut in range(CUTS):
        own = np.flatnonzero(part[:, cut])
        plain = np.sort(squared[np.ix_(own, own)], axis=1)[:, k - 1]
        assert radii[cut, : len(own)] == pytest.approx(np.sort(plain), abs=0)
        assert np.isinf(radii[cut, len(own) :]).all()
    reached = np.stack([bits.unpacked(reaching[:, rank]) for rank in range(n - 1)], axis=1)
    nearer = np.cumsum(part[nearest], axis=1) - part[nearest]
    assert (reached == (part[:, None] & (nearer < k))).all()


def test_limits_of_each_cut_are_met_as_by_comparing() -> None:
    rng = np.random.default_rng(3)
    values, limits = rng.integers(9, size=200).astype(float), rng.integers(9, size=CUTS).astype(float)
    limits[5] = np.inf
    assert (bits.unpacked(bits.up_to(values, limits)) == (values[:, None] <= limits)).all()


def test_cuts_must_fill_whole_words() -> None:
    with pytest.raises(ValueError, match="expected a multiple of 64 cuts, got 100"):
        bits.packed(np.zeros((3, 100), dtype=bool))


@pytest.mark.parametrize("d", [3, 100, 101, 300])
def test_distances_of_pairs_are_sums_of_squared_differences(d: int) -> None:
    rng = np.random.default_rng(d)
    x, y = rng.normal(size=(30, d)), rng.normal(size=(5000, d))
    y[7] = x[13]
    own, other = (cloud(each, np.zeros(d)) for each in (x, y))
    near = np.zeros((20, 5000), dtype=bool)
    near[rng.integers(20, size=40), rng.integers(5000, size=40)] = True
    near[3, 7] = True
    near[9] = False
    import torch

    row, column = torch.as_tensor(near).nonzero(as_tuple=True)
    found = distances(own, slice(10, 30), other, row, column).numpy()
    plain = ((x[10 + row.numpy()] - y[column.numpy()]) ** 2).sum(1)
    assert found == pytest.approx(plain, rel=1e-13, abs=0)
    assert found[(row == 3) & (column == 7)] == 0
