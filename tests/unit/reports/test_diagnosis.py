"""The diagnosis names what the tests show, and what they could not have seen; the map shows both kinds of records."""

from dataclasses import replace

import numpy as np

from genai_audit.audit.evidence.bundle import Evidence, Features, Generated
from genai_audit.audit.finding import Better, Finding, Outcome, Perfect
from genai_audit.reports.diagnosis import Sign, diagnosis
from genai_audit.reports.scatter import scatter
from unit.reports import example


def spread(value: float, p: float, *, least: float = 0.02) -> Finding:
    ratio = replace(
        example.estimate("spread_ratio", value, 0.01, better=Better.NEITHER, perfect=Perfect(1.0, 0.98, 1.02)),
        p_value=p,
        minimum_detectable=least,
    )
    return Finding("GA305", "Spread within modes", "As varied?", Outcome.MEASURED, estimates=(ratio,))


def names(signs: tuple[Sign, ...]) -> list[str]:
    return [sign.name for sign in signs]


def test_shrinkage_is_named_and_its_opposite_is_not() -> None:
    found = diagnosis(example.record((example.representation(example.SOUND), spread(0.8, 1e-6))))
    assert found is not None
    assert names(found.seen) == ["Shrinkage"]
    assert "0.80" in found.seen[0].evidence
    assert names(found.unseen) == ["Over-dispersion"]
    assert found.sentence == "The tests together show shrinkage."
    assert "Dropped modes" in names(found.untested)


def test_nothing_is_named_without_evidence_and_a_weak_test_says_so() -> None:
    found = diagnosis(example.record((example.representation(example.SOUND), spread(0.99, 0.4, least=0.5))))
    assert found is not None
    assert found.seen == ()
    assert "None of the 2 patterns" in found.sentence
    assert all("weak test" in sign.evidence for sign in found.unseen)


def test_a_small_departure_is_slight_however_surely_it_is_seen() -> None:
    found = diagnosis(example.record((example.representation(example.SOUND), spread(0.98, 1e-6))))
    assert found is not None
    assert (names(found.seen), names(found.slight)) == ([], ["Shrinkage"])
    assert found.sentence == "The tests together show nothing but slight signs of shrinkage."
    assert "0.98" in found.slight[0].evidence


def repeats(p: float) -> Finding:
    excess = replace(
        example.estimate("duplicate_excess", 0.001, 0.01, better=Better.LOWER, perfect=Perfect(0.0, -0.01, 0.01)),
        p_value=p,
        minimum_detectable=0.01,
    )
    return Finding("GA304", "Effective support", "How many?", Outcome.MEASURED, estimates=(excess,))


def test_p_values_are_adjusted_over_all_tests() -> None:
    """One test for both directions of spread: 0.03 alone is seen; beside another test it is 0.06, and is not."""
    alone = diagnosis(example.record((example.representation(example.SOUND), spread(0.95, 0.03))))
    assert alone is not None
    assert names(alone.slight) == ["Shrinkage"]
    beside = diagnosis(example.record((example.representation(example.SOUND), repeats(0.5), spread(0.95, 0.03))))
    assert beside is not None
    assert beside.seen == beside.slight == ()
    assert names(beside.unseen) == ["Shrinkage", "Over-dispersion", "Repetition"]


def test_without_such_auditors_there_is_no_diagnosis() -> None:
    assert diagnosis(example.record((example.representation(example.SOUND),))) is None


def features(real: np.ndarray, made: np.ndarray) -> Evidence:
    pictures = Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy")
    return Evidence("image", pictures, features=Features(made, real, np.empty((0, real.shape[1])), "toy"))


def test_the_map_draws_every_point_within_its_frame() -> None:
    rng = np.random.default_rng(0)
    drawn = scatter(features(rng.normal(size=(50, 6)), rng.normal(size=(80, 6))))
    assert drawn is not None
    assert (drawn.real, drawn.generated) == (50, 80)
    assert drawn.svg.count("M") - 1 == 50 + 80  # one move a point, and the word Map
    assert 0 < drawn.explained < 1
    assert scatter(features(rng.normal(size=(50, 1)), rng.normal(size=(80, 1)))) is not None


def test_there_is_no_map_of_nothing() -> None:
    assert scatter(features(np.ones((9, 3)), np.ones((9, 3)))) is None
    assert scatter(features(np.ones((9, 3)), np.full((9, 3), np.nan))) is None
    assert scatter(Evidence("image", Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy"))) is None
