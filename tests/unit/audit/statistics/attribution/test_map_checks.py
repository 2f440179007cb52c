"""Exact maps are accepted; random ones, edges and copies of the input are not."""

import numpy as np

from genai_audit.audit.evidence.explained.kind import CheckedMap
from genai_audit.audit.statistics.attribution.decisions import Check, Decision, limits_of
from genai_audit.audit.statistics.attribution.map_checks import (
    agreement,
    both_ends,
    completeness,
    comprehensiveness,
    deletion,
    effect,
    integrity,
    random_weights,
    stability,
    sufficiency,
    worst,
)
from unit.audit.evidence.explained.known_maps import Bent


def checks(found: CheckedMap) -> dict[str, Check]:
    made = (
        integrity(len(found.violations)),
        effect(found.effects, found.clusters, found.material),
        completeness(found.completeness_error, found.tolerance),
        deletion(found.deletion, found.random_deletion, found.clusters),
        both_ends(found.deletion, found.reversed_deletion, found.clusters),
        comprehensiveness(found.taken, found.random_taken, found.clusters),
        sufficiency(found.kept, found.random_kept, found.clusters),
        random_weights(found.retrained, found.between_retrained, found.repeated, found.clusters),
        agreement(found.values, found.other_values, found.clusters),
        stability(found.moved, found.unmoved, found.clusters),
    )
    return {each.name: each for each in made}


def accepted(found: CheckedMap) -> bool:
    return worst(*(each.decision for each in checks(found).values())) is Decision.PASS


def test_exact_maps_are_accepted() -> None:
    seen = []
    for rng in map(np.random.default_rng, range(60)):
        toy = Bent.drawn(rng)
        seen.append(accepted(toy.checked(toy.map(), rng)))
    assert np.mean(seen) >= 0.95


def test_random_maps_are_not() -> None:
    seen = []
    for rng in map(np.random.default_rng, range(100)):
        toy = Bent.drawn(rng)
        values = rng.normal(size=toy.records.shape)
        maps = np.random.default_rng(0).normal(size=(9, *values.shape))
        seen.append(accepted(toy.checked(values, rng, copied=maps.__getitem__)))
    assert np.mean(seen) <= 0.05


def test_deletion_alone_keeps_its_level() -> None:
    # Even where no second method is at hand and weights cannot be drawn anew, one random map in twenty passes at most.
    passes = []
    for rng in map(np.random.default_rng, range(150)):
        toy = Bent.drawn(rng)
        found = toy.checked(rng.normal(size=toy.records.shape), rng, other_values=None, copied=None)
        passes.append(checks(found)["deletion"].decision is Decision.PASS)
    assert np.mean(passes) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(passes))


def test_a_copy_of_the_input_fails_by_random_weights() -> None:
    rng = np.random.default_rng(0)
    toy = Bent.drawn(rng)
    found = checks(toy.checked(toy.records, rng, copied=lambda seed: toy.records))
    assert found["random weights"].decision is Decision.FAIL


def test_what_finds_edges_with_any_weights_fails_by_its_excess() -> None:
    # As guided backpropagation does: half of it is the input, whatever was learned, and the rest is the model's.
    rng = np.random.default_rng(0)
    toy = Bent.drawn(rng, n=64)
    edges = np.abs(toy.records)

    def copied(seed: int) -> np.ndarray:
        own = np.random.default_rng(seed)
        return edges * own.random(edges.shape) if seed % 2 else edges + own.normal(size=edges.shape)

    found = checks(toy.checked(edges, rng, copied=copied))
    assert found["random weights"].value > 0.1
    assert found["random weights"].decision is Decision.FAIL


def test_maps_that_are_alike_for_any_weights_pass_where_the_records_make_them_so() -> None:
    # Input times gradient: large inputs have large values under any weights, and yet the map is the model's own.
    rng = np.random.default_rng(1)
    toy = Bent.drawn(rng, n=64, parts=64, used=64)
    toy.weights = rng.normal(size=64)
    found = checks(toy.checked(toy.map(), rng))["random weights"]
    assert toy.checked(toy.map(), rng).retrained.mean() > 0.2
    assert found.value < 0.1
    assert found.decision is not Decision.FAIL


def test_nothing_to_explain_is_said_before_anything_else() -> None:
    rng = np.random.default_rng(2)
    toy = Bent.drawn(rng)
    toy.weights = toy.weights * 1e-3
    found = checks(toy.checked(toy.map(), rng))
    assert found["effect"].decision is Decision.FAIL
    # Deletion is sure of a map that explains next to nothing: faithfulness is not effect.
    assert found["deletion"].decision is Decision.PASS


def test_a_map_that_does_not_add_up_fails() -> None:
    assert completeness(np.array([0.0, 0.02]), np.array([0.01, 0.01])).decision is Decision.FAIL
    assert completeness(np.array([0.0, np.nan]), np.array([0.01, 0.01])).decision is Decision.FAIL
    assert completeness(np.array([0.0, 0.01]), np.array([0.01, 0.01])).decision is Decision.PASS
    assert completeness(np.zeros(0), np.zeros(0)).decision is Decision.NOT_ASKED


def test_a_map_that_jumps_fails_beyond_the_noise_of_a_second_run() -> None:
    units = np.arange(40)
    jumpy = np.random.default_rng(0).normal(1.0, 0.1, 40)
    assert stability(jumpy, np.zeros(40), units).decision is Decision.FAIL
    assert stability(jumpy, jumpy - 0.1, units).decision is Decision.PASS


def test_agreement_forgives_noise_in_the_tail() -> None:
    rng = np.random.default_rng(0)
    leading = np.zeros((40, 20))
    leading[np.arange(40), rng.integers(20, size=40)] = 5.0
    noisy = [leading + 0.05 * rng.normal(size=leading.shape) for _ in range(2)]
    assert agreement(*noisy, np.arange(40)).decision is Decision.PASS
    assert agreement(noisy[0], rng.normal(size=leading.shape), np.arange(40)).decision is Decision.FAIL


def test_copies_add_their_own_noise() -> None:
    values, units = np.random.default_rng(0).normal(size=50), np.arange(50)
    narrow, wide = limits_of(values, units), limits_of(values, units, more=1.0, freedom=7)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.fail_high > wide.high > wide.pass_high


def test_few_copies_are_not_asked() -> None:
    found = random_weights(np.zeros((2, 5)), np.zeros((1, 5)), np.ones(5), np.arange(5))
    assert found.decision is Decision.NOT_ASKED
