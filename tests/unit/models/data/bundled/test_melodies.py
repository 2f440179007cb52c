"""The melodies are what their declared process says, and each can be read."""

import math
from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare

from genai_audit.models.data.bundled import melodies as truth
from genai_audit.models.data.datasets import load_data
from genai_audit.models.records import Records

ALPHA = 1e-3  # the melodies are one fixed draw, so a test of them cannot fail now and then
MELODY = [60, 64, 67, 69, -1, 67, 65, -1, 64, 62, 60, 59, 60, 62, 60, -1]


@pytest.fixture(scope="module")
def records() -> Records:
    return truth.records()


def test_they_are_always_the_same_melodies(records: Records) -> None:
    assert records.samples == truth.records().samples
    assert len(records.samples) == 6000
    assert Counter(map(len, records.samples)).keys() == {16, 24}
    assert all(type(pitch) is int and (pitch == -1 or 0 <= pitch <= 127) for each in records.samples for pitch in each)


def test_every_melody_reads_as_its_groups(records: Records) -> None:
    assert list(records.attributes) == ["mode", "register"]
    for row, pitches in enumerate(records.samples):
        groups = {name: each.names[each.values[row]] for name, each in records.attributes.items()}
        assert truth.read(pitches) == groups


def test_no_two_keys_share_an_opening() -> None:
    openings = {
        tuple(truth.pitch(degree, mode, register) for degree in opening)
        for (mode, register), opening in product(truth.joint(), truth.OPENINGS)
    }
    assert len(openings) == 4 * 4


@pytest.mark.parametrize(
    ("place", "pitch"),
    [(0, -1), (1, 63), (3, 70), (3, 54), (3, 75), (7, 60), (15, 60)],
    ids=["rest first", "minor third in major", "off the scale", "too low", "too high", "no breath", "no last breath"],
)
def test_what_the_process_cannot_give_is_not_read(place: int, pitch: int) -> None:
    assert truth.read(MELODY) == {"mode": "major", "register": "high"}
    changed = [*MELODY[:place], pitch, *MELODY[place + 1 :]]
    assert truth.read(changed) is None
    assert truth.log_prob(changed) == -math.inf
    assert truth.read(MELODY[:8]) is truth.read(MELODY[:-1]) is truth.read([]) is None


def test_the_probability_of_a_melody_is_the_product_of_its_choices() -> None:
    # The opening C E G, then A (one up), a rest, G F, a breath, E D C B C D C, a breath: ten moves and one free rest.
    degrees = [4, 5, 4, 3, 2, 1, 0, -1, 0, 1, 0]
    moves = list(pairwise(degrees))
    assert truth.moves(MELODY) == moves
    nats = math.log(0.65 * 0.7 * 0.4 * 0.5) + math.log(0.05) + 10 * math.log(0.95)
    nats += sum(math.log(truth.TRANSITIONS[of + 3, to + 3]) for of, to in moves)
    assert math.isclose(truth.log_prob(MELODY), nats)


def test_transitions_are_what_the_weights_say() -> None:
    np.testing.assert_allclose(truth.TRANSITIONS.sum(1), 1)
    # From the highest degree (a tone above the octave, 8): down to −3 … 6 by leaps of 11 … 2, then 7 and itself.
    pull = dict(enumerate(truth.PULL))
    leaps = [0.05, 0.05, 0.05, 0.05, 0.5, 0.05, 0.05, 0.5, 1.0, 2.5, 6.0, 2.0]
    weights = np.array([leap * pull[degree % 7] for leap, degree in zip(leaps, range(-3, 9), strict=True)])
    np.testing.assert_allclose(truth.TRANSITIONS[-1], weights / weights.sum())


def test_all_is_drawn_with_the_declared_probabilities(records: Records) -> None:
    keys = Counter(tuple(read.values()) for pitches in records.samples if (read := truth.read(pitches)))
    joint = truth.joint()
    assert math.isclose(sum(joint.values()), 1.0)
    assert chisquare([keys[key] for key in joint], [6000 * share for share in joint.values()]).pvalue > ALPHA
    lengths = Counter(len(pitches) // 8 for pitches in records.samples)
    assert chisquare([lengths[n] for n in truth.PHRASES], [6000 * s for s in truth.PHRASES.values()]).pvalue > ALPHA
    free = [pitch for pitches in records.samples for place, pitch in enumerate(pitches) if place > 2 and place % 8 != 7]
    assert binomtest(free.count(-1), len(free), truth.REST_SHARE).pvalue > ALPHA


def test_moves_follow_the_transition_matrix(records: Records) -> None:
    counts = np.zeros_like(truth.TRANSITIONS)
    for pitches in records.samples:
        for of, to in truth.moves(pitches):
            counts[of + 3, to + 3] += 1
    observed, expected = counts.ravel(), (counts.sum(1, keepdims=True) * truth.TRANSITIONS).ravel()
    frequent = expected >= 5
    assert frequent.sum() > 130
    ratio = (observed - expected)[frequent] / np.sqrt(expected[frequent])
    # Each of the 12 rows has lost a degree of freedom; four standard deviations of χ².
    freedom = frequent.sum() - 12
    assert abs((ratio**2).sum() - freedom) < 4 * math.sqrt(2 * freedom)


def test_the_mean_surprise_is_the_entropy_of_the_process(records: Records) -> None:
    def entropy(shares: np.ndarray) -> float:
        return float(-(shares * np.log(shares)).sum())

    rest, rows = truth.REST_SHARE, np.array([entropy(row) for row in truth.TRANSITIONS])
    expected = sum(
        entropy(np.array(list(distribution))) for distribution in (truth.joint().values(), truth.OPENINGS.values())
    )
    expected += entropy(np.array(list(truth.PHRASES.values())))
    state = np.zeros(12)
    for opening, share in truth.OPENINGS.items():
        state[opening[-1] + 3] += share
    for place in range(3, 24):
        reached = 1.0 if place < 16 else truth.PHRASES[3]
        if place % 8 != 7:
            expected += reached * (entropy(np.array([rest, 1 - rest])) + (1 - rest) * float(state @ rows))
            state = rest * state + (1 - rest) * state @ truth.TRANSITIONS
    nats = np.array([-truth.log_prob(pitches) for pitches in records.samples])
    assert abs(nats.mean() - expected) < 4 * nats.std() / math.sqrt(len(nats))


def test_they_are_bundled_with_a_fifth_of_each_group_held_out() -> None:
    train, holdout = (load_data("melodies", split=part) for part in ("train", "holdout"))
    assert (train.modality, len(train), len(holdout)) == ("music", 4800, 1200)
    assert train.classes == ("major", "minor")
