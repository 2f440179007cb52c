"""Equality with the packages that compute the same numbers, where they are right, and what we do otherwise.

Every difference shown here is a row of docs/guide/peers.md, with its reason. `nltk` is compared in test_ngrams.py too,
`prdc` in unit/audit/test_neighbour_statistics.py.
"""

import math
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import sparse

from genai_audit.audit.statistics.distances.frechet import frechet_distance
from genai_audit.audit.statistics.distances.kernel_sums import cubic_kernel
from genai_audit.audit.statistics.distances.mmd import kernel_distance, measure_mmd
from genai_audit.audit.statistics.distances.vendi import hill_number, vendi_from_features, vendi_from_kernel
from genai_audit.audit.statistics.neighbours.prdc import expected_coverage, prdc
from genai_audit.audit.statistics.sequences.frontier import frontier_area
from genai_audit.audit.statistics.sequences.ngrams import Sequences, tallies
from genai_audit.audit.statistics.sequences.self_bleu import self_bleu
from golden.unaudited.inception_score import inception_score

Matrix = NDArray[np.float64]

# torchmetrics says at each construction that its features need memory.
memory = pytest.mark.filterwarnings("ignore:Metric .* will save all extracted features in buffer:UserWarning")


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class Unchanged(torch.nn.Module):
    """A feature extractor for what are features already; the peers' own would have to be downloaded."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features


# Fréchet distance, torchmetrics

Fid = Callable[[Matrix, Matrix], float]


@pytest.fixture
def fid() -> Fid:
    peer = pytest.importorskip("torchmetrics.image.fid", reason="torchmetrics is a peer to compare with, not needed")

    def distance(generated: Matrix, reference: Matrix) -> float:
        metric = peer.FrechetInceptionDistance(feature=Unchanged(reference.shape[1]))
        for batch in np.array_split(reference, 3):
            metric.update(torch.as_tensor(batch), real=True)
        metric.update(torch.as_tensor(generated), real=False)
        return float(metric.compute())

    return distance


def test_frechet_distance_of_full_rank(fid: Fid) -> None:
    rng = seeded()
    y, x = 0.2 + rng.normal(size=(400, 12)) @ rng.normal(size=(12, 12)), rng.normal(size=(300, 12))
    assert fid(y, x) == pytest.approx(frechet_distance(generated=y, reference=x), rel=1e-9)


@pytest.mark.parametrize(("n", "d"), [(50, 120), (20, 300)])
def test_without_full_rank_the_peer_errs_by_roots_of_rounding_errors(fid: Fid, n: int, d: int) -> None:
    """Both are the same sample, so the distance is 0; the roots of zeros that came out as 1e-16 are 1e-8 each."""
    x = seeded(n).normal(size=(n, d))
    assert fid(x, x) < -1e-6
    assert frechet_distance(generated=x, reference=x) == 0
    y = 0.1 + seeded(d).normal(size=(n, d))
    # To the digits that the peer has, the two agree all the same.
    assert fid(y, x) == pytest.approx(frechet_distance(generated=y, reference=x), rel=1e-6)


def test_far_from_the_origin_the_peer_loses_the_covariance(fid: Fid) -> None:
    """Σxxᵀ − n·mean·meanᵀ takes numbers of 1e16 from each other; a distance does not depend on where the origin is."""
    rng = seeded(1)
    y, x = 0.1 + rng.normal(size=(300, 8)), rng.normal(size=(300, 8))
    here = frechet_distance(generated=y, reference=x)
    assert fid(y, x) == pytest.approx(here, rel=1e-9)
    assert frechet_distance(generated=y + 1e8, reference=x + 1e8) == pytest.approx(here, rel=1e-6)
    assert abs(fid(y + 1e8, x + 1e8) - here) > 10 * here


# Kernel distance, torchmetrics

Kid = Callable[..., tuple[float, float]]


@pytest.fixture
def kid() -> Iterator[Kid]:
    peer = pytest.importorskip("torchmetrics.image.kid", reason="torchmetrics is a peer to compare with, not needed")

    def distance(generated: Matrix, reference: Matrix, *, subsets: int, size: int) -> tuple[float, float]:
        metric = peer.KernelInceptionDistance(feature=Unchanged(reference.shape[1]), subsets=subsets, subset_size=size)
        metric.update(torch.as_tensor(reference), real=True)
        metric.update(torch.as_tensor(generated), real=False)
        mean, spread = metric.compute()
        return float(mean), float(spread)

    with torch.random.fork_rng(devices=[]):
        yield distance


@memory
def test_kernel_distance_of_one_subset_that_is_the_whole(kid: Kid) -> None:
    rng = seeded(2)
    y, x = 0.2 + rng.normal(size=(300, 16)), rng.normal(size=(300, 16))
    ours = kernel_distance(generated=y, reference=x, kernel=cubic_kernel(16))
    assert kid(y, x, subsets=1, size=300) == pytest.approx((ours, 0), rel=1e-9, abs=1e-12)


@memory
def test_subsets_depend_on_the_global_generator_and_all_pairs_on_nothing(kid: Kid) -> None:
    y, x = seeded(3).normal(size=(2, 200, 8))
    found = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        found.append(kid(y, x, subsets=5, size=50)[0])
    assert abs(found[0] - found[1]) > 1e-4
    ours = kernel_distance(generated=y, reference=x, kernel=cubic_kernel(8))
    assert kernel_distance(generated=y[::-1], reference=x[::-1], kernel=cubic_kernel(8)) == pytest.approx(ours)


@memory
def test_the_peers_spread_is_that_of_one_subset_and_ours_is_a_standard_error(kid: Kid) -> None:
    """Over 40 pairs of fresh samples: what the values really vary by, beside what is printed after the ±."""
    torch.manual_seed(0)
    rng, theirs, ours = seeded(4), [], []
    for _ in range(40):
        y, x = rng.normal(size=(2, 300, 16))
        theirs.append(kid(y, x, subsets=20, size=50))
        found = measure_mmd(generated=y, reference=x, kernel=cubic_kernel(16)).distance
        ours.append((found.value, np.sqrt(found.null_variance)))
    (their_values, printed), (our_values, errors) = np.transpose(theirs), np.transpose(ours)
    assert printed.mean() > 2.5 * their_values.std()
    assert errors.mean() == pytest.approx(our_values.std(), rel=0.35)
    assert our_values.std() < their_values.std()


# Inception Score, torchmetrics

Score = Callable[[Matrix, int], tuple[float, float]]


@pytest.fixture
def peers_score() -> Iterator[Score]:
    name = "torchmetrics.image.inception"
    peer = pytest.importorskip(name, reason="torchmetrics is a peer to compare with, not needed")

    def score(logits: Matrix, splits: int) -> tuple[float, float]:
        metric = peer.InceptionScore(feature=Unchanged(logits.shape[1]), splits=splits)
        metric.update(torch.as_tensor(logits))
        mean, spread = metric.compute()
        return float(mean), float(spread)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield score


one_split = pytest.mark.filterwarnings("ignore:std\\(\\). degrees of freedom is <= 0:UserWarning")


@memory
@one_split
def test_inception_score_of_one_split(peers_score: Score) -> None:
    distribution = seeded(5).dirichlet(np.ones(6), size=200)
    assert peers_score(np.log(distribution), 1)[0] == pytest.approx(inception_score(distribution).value, rel=1e-12)


@memory
@one_split
def test_splits_lower_the_score_and_certain_classes_break_it(peers_score: Score) -> None:
    """200 records, each certainly of one of 4 equally frequent classes: K32 says 4. 20 records a split know less."""
    certain = np.eye(4)[np.arange(200) % 4]
    assert inception_score(certain).value == pytest.approx(4)
    with np.errstate(divide="ignore"):
        assert math.isnan(peers_score(np.log(certain), 1)[0])
    assert peers_score(np.log(0.999999 * certain + 2.5e-7), 10)[0] < 3.9


# Vendi scores

# The package names a module that SciPy gives up with 2.0.
leaving = pytest.mark.filterwarnings("ignore:Please import `csr_matrix`:DeprecationWarning")


@pytest.fixture
def vendi() -> ModuleType:
    peer: ModuleType = pytest.importorskip(
        "vendi_score.vendi", reason="vendi-score is a peer to compare with, not needed"
    )
    return peer


@leaving
@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 3.0, math.inf])
def test_vendi_scores(vendi: ModuleType, order: float) -> None:
    rows = seeded(6).normal(size=(60, 8))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    known: Any = "inf" if math.isinf(order) else order
    # Roots of rounding errors count in the peer's half order.
    close = 1e-6 if order < 1 else 1e-10
    assert vendi.score_K(unit @ unit.T, q=known) == pytest.approx(
        vendi_from_kernel(unit @ unit.T, order=order), rel=close
    )
    assert vendi.score_dual(rows, q=known) == pytest.approx(vendi_from_features(rows, order=order), rel=close)


@leaving
def test_weights_are_hill_numbers(vendi: ModuleType) -> None:
    weights = np.array([0.5, 0.25, 0.25])
    assert vendi.score_K(np.eye(3), p=weights) == pytest.approx(hill_number(weights))


@leaving
def test_the_peers_score_of_features_has_order_one_whatever_is_asked(vendi: ModuleType) -> None:
    """K17: weights ½, ¼, ¼ give 8/3 at order 2."""
    rows = np.eye(5)[[0, 0, 1, 2]]
    assert vendi.score_X(rows, q=2) == pytest.approx(vendi.score_X(rows, q=1)) == pytest.approx(2**1.5)
    assert vendi_from_features(rows, order=2) == pytest.approx(8 / 3)


@leaving
def test_the_peer_takes_six_eigenvalues_of_a_sparse_kernel(vendi: ModuleType) -> None:
    """K17: a hundred kinds, of which six eigenvalues of 1/100 know too little."""
    assert vendi.score_K(sparse.csr_matrix(np.eye(100))) == pytest.approx(0.01 ** (-0.06))
    assert vendi_from_kernel(np.eye(100)) == pytest.approx(100)


@leaving
def test_the_peer_counts_rounding_errors_as_kinds(vendi: ModuleType) -> None:
    """Order 0 is the rank: 5 different rows, eight times each."""
    rows = np.repeat(seeded(7).normal(size=(5, 20)), 8, axis=0)
    assert vendi.score_dual(rows, q=0) > 6
    assert vendi_from_features(rows, order=0) == pytest.approx(5)


@leaving
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_an_infinite_order_is_a_number(vendi: ModuleType) -> None:
    assert math.isnan(vendi.score_K(np.eye(3), q=math.inf))
    assert vendi_from_kernel(np.eye(3), order=math.inf) == pytest.approx(3)


@leaving
def test_rows_without_direction_are_no_records(vendi: ModuleType) -> None:
    """The peer lets them thin out the eigenvalues, which then no longer sum to 1: four kinds count as 2.8."""
    rows = np.vstack([np.eye(4), np.zeros((4, 4))])
    assert vendi.score_dual(rows) == pytest.approx(math.sqrt(8))
    assert vendi_from_features(rows) == pytest.approx(4)


# Neighbours, prdc


def test_equal_distances_leave_the_peer_with_nothing() -> None:
    """K4: two samples of the same eight categories; K1's values belong to them as to any other distribution."""
    peer = pytest.importorskip("prdc", reason="prdc is a peer to compare with, not needed")
    rng = seeded(8)
    y, x = rng.integers(8, size=(2, 200, 1)).astype(float)
    assert set(peer.compute_prdc(real_features=x, fake_features=y, nearest_k=5).values()) == {0}
    found = prdc(generated=y, reference=x, k=5, rng=rng)
    assert min(found.precision, found.recall) > 0.97
    assert found.density == pytest.approx(1, abs=0.25)
    assert found.coverage == pytest.approx(expected_coverage(reference=200, generated=200, k=5), abs=0.06)


# Self-BLEU, nltk


def test_self_bleu_and_its_smoothing() -> None:
    """Equal with the first smoothing of Chen & Cherry; without any, one missing run size makes a score nothing."""
    translate = pytest.importorskip("nltk.translate.bleu_score", reason="nltk is a peer to compare with, not needed")
    records = [[0, 1, 2, 3, 4, 5], [0, 1, 2, 6, 7, 8], [9, 1, 2, 3, 6, 7]]
    found = Sequences(np.concatenate(records), np.full(3, 6))
    ours = self_bleu(tallies(found, 4), lengths=found.lengths)[1]
    smooth = translate.SmoothingFunction().method1
    others = [records[:at] + records[at + 1 :] for at in range(3)]
    smoothed = [translate.sentence_bleu(others[at], records[at], smoothing_function=smooth) for at in range(3)]
    assert ours.tolist() == pytest.approx(smoothed)
    with pytest.warns(UserWarning, match="0 counts of 4-gram overlaps"):
        plain = translate.sentence_bleu(others[0], records[0])
    assert plain < 1e-70 < 0.2 < ours[0]


# The divergence frontier, mauve-text


@pytest.mark.parametrize("kinds", [2, 4, 8])
def test_equal_histograms_have_the_whole_area(kinds: int) -> None:
    """K18: 1. The peer sorts points of the curve that are tied any way round, and a quarter of the area is lost."""
    peer = pytest.importorskip("mauve", reason="mauve-text is a peer to compare with: pip install 'genai-audit[bench]'")
    rows = np.repeat(seeded(9).normal(size=(kinds, 16)), 200 // kinds, axis=0).astype(np.float32)
    found = peer.compute_mauve(p_features=rows, q_features=rows, num_buckets=kinds, device_id=-1, verbose=False)
    assert found.p_hist.tolist() == found.q_hist.tolist() == [1 / kinds] * kinds
    assert found.mauve == pytest.approx(0.75)
    assert float(frontier_area(generated=found.q_hist, reference=found.p_hist)) == pytest.approx(1)
