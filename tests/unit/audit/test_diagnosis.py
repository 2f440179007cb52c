"""The diagnosis names what the tests show together, and nothing of what chance shows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.catalogue import AUDITORS, estimates_by_code, patterns_by_code
from genai_audit.audit.diagnosis import ALPHA, Diagnosis, State, diagnose
from genai_audit.audit.finding import LEVELS, Better, Estimate, EstimateFacts, Finding, Interval, Outcome, Perfect
from genai_audit.audit.pattern import Pattern

PATTERNS = {
    "GA304": (Pattern("Repetition", "again and again", "duplicate_excess", above=True, coarse=0.02),),
    "GA305": (
        Pattern("Shrinkage", "less variety", "spread_ratio", above=False, coarse=0.1),
        Pattern("Over-dispersion", "more variety", "spread_ratio", above=True, coarse=0.1),
    ),
}


def finding(
    code: str, name: str, value: float, p: float | None, *, perfect: float = 1.0, half: float = 0.05, **more: str
) -> Finding:
    """Intervals reach `half` to either side at every level."""
    estimate = Estimate(
        name,
        value,
        tuple(Interval(level, value - half, value + half) for level in LEVELS),
        n=100,
        method="made up",
        unit="ratio",
        better=Better.NEITHER,
        perfect=Perfect(perfect, perfect - 0.02, perfect + 0.02),
        p_value=p,
    )
    return Finding(code, "Title", "Question?", Outcome.MEASURED, estimates=(estimate,), **more)


def spread(value: float, p: float | None, **more: float) -> Finding:
    return finding("GA305", "spread_ratio", value, p, **more)


def states(told: Diagnosis) -> Mapping[str, State]:
    return {each.pattern.name: each.state for each in told.signs}


def test_a_pattern_is_named_and_its_opposite_is_not() -> None:
    told = diagnose([spread(0.8, 1e-6)], PATTERNS)
    assert states(told) == {
        "Repetition": State.UNTESTED,
        "Shrinkage": State.SEEN,
        "Over-dispersion": State.UNSEEN,
    }
    assert told.named == ("Shrinkage",)


def test_a_small_departure_is_slight_however_surely_it_is_there() -> None:
    assert states(diagnose([spread(0.95, 1e-6)], PATTERNS))["Shrinkage"] is State.SLIGHT


def test_nothing_is_named_without_evidence() -> None:
    assert diagnose([spread(0.7, 0.4, half=0.4)], PATTERNS).named == ()


def test_p_values_are_adjusted_over_all_tests_and_two_directions_are_one() -> None:
    """0.03 alone is seen; beside another test it is 0.06, and is not."""
    assert diagnose([spread(0.95, 0.03)], PATTERNS).named == ("Shrinkage",)
    beside = diagnose([finding("GA304", "duplicate_excess", 0.001, 0.5, perfect=0.0), spread(0.95, 0.03)], PATTERNS)
    assert beside.named == ()
    assert [each.p_adjusted for each in beside.signs] == [0.5, 0.06, 0.06]


def test_an_interval_wholly_beyond_what_is_coarse_speaks_where_a_p_value_cannot() -> None:
    """Of 19 permutations none is as extreme: p is 0.05, and could not be less."""
    others = finding("GA304", "duplicate_excess", 0.0, 0.5, perfect=0.0)
    assert states(diagnose([others, spread(0.6, 0.05)], PATTERNS))["Shrinkage"] is State.SEEN
    assert states(diagnose([others, spread(0.87, 0.05)], PATTERNS))["Shrinkage"] is State.UNSEEN
    assert states(diagnose([others, spread(1.3, 0.05)], PATTERNS))["Shrinkage"] is State.UNSEEN


def test_an_interval_known_only_at_a_lower_level_does_not_speak() -> None:
    part = spread(0.6, 0.2)
    narrow = replace(part.estimates[0], curve=part.estimates[0].curve[:3])
    assert narrow.curve[-1].level < 1 - ALPHA
    assert diagnose([part], PATTERNS).named == ("Shrinkage",)
    assert diagnose([replace(part, estimates=(narrow,))], PATTERNS).named == ()


def test_what_was_not_measured_is_untested_with_its_reason() -> None:
    missing = Finding("GA305", "T", "Q?", Outcome.INCONCLUSIVE, "first line\ntoo few records")
    reasons = {each.pattern.name: each.reason for each in diagnose([missing], PATTERNS).signs}
    assert reasons["Shrinkage"] == "GA305: too few records"
    assert reasons["Repetition"] == "GA304 is not among the findings"
    assert states(diagnose([spread(0.5, None)], PATTERNS))["Shrinkage"] is State.UNTESTED


def test_groups_are_not_the_whole() -> None:
    of_group = replace(spread(0.5, 1e-6).estimates[0], group="a")
    told = diagnose([replace(spread(0.5, 1e-6), estimates=(of_group,))], PATTERNS)
    assert states(told)["Shrinkage"] is State.UNTESTED


def test_where_records_are_not_independent_nothing_is_named() -> None:
    doubted = replace(spread(0.8, 1e-6), doubts="records are near-copies of each other")
    told = diagnose([doubted], PATTERNS)
    assert told.named == ()
    assert {each.pattern.name: each.reason for each in told.signs}["Shrinkage"] == doubted.doubts
    assert states(told)["Over-dispersion"] is State.UNSEEN


def test_doubts_about_records_that_a_test_does_not_rest_on_leave_it_alone() -> None:
    facts = EstimateFacts("spread_ratio", "spread", "ratio", Better.NEITHER, "", ("generated",))
    for doubted, named in ((("reference",), ("Shrinkage",)), (("generated",), ())):
        told = replace(spread(0.8, 1e-6), doubts="records are near-copies", doubted=doubted, facts=(facts,))
        assert diagnose([told], PATTERNS).named == named


def test_a_test_that_counts_copies_speaks_where_records_are_copies() -> None:
    counting = {code: tuple(replace(each, of_copies=code == "GA304") for each in PATTERNS[code]) for code in PATTERNS}
    copied = finding("GA304", "duplicate_excess", 0.3, 1e-6, perfect=0.0, doubts="records are near-copies")
    assert diagnose([copied, spread(0.8, 1e-6)], counting).named == ("Repetition",)
    assert diagnose([copied, spread(0.8, 1e-6)], PATTERNS).named == ()


def test_chance_names_something_in_at_most_one_audit_of_twenty() -> None:
    rng = np.random.default_rng(0)
    many = {f"T{at}": (Pattern(f"P{at}", "made up", "x", above=True, coarse=0.1),) for at in range(12)}
    named = 0
    for p_values in rng.uniform(size=(1000, 12)):
        findings = [finding(f"T{at}", "x", 1.01, float(p), half=1.0) for at, p in enumerate(p_values)]
        named += bool(diagnose(findings, many).named)
    # 1 − (1 − 0.05 / 12)^12 = 0.0489, give or take 0.0068 in a thousand.
    assert named / 1000 == pytest.approx(ALPHA, abs=0.021)
    assert named > 0


def test_every_registered_pattern_names_an_estimate_of_its_auditor_and_no_two_share_a_name() -> None:
    known = estimates_by_code()
    registered = [(code, each) for code, patterns in patterns_by_code().items() for each in patterns]
    assert len(registered) > 15
    assert [(code, each.estimate) for code, each in registered if each.estimate not in known[code]] == []
    assert len({each.name for _, each in registered}) == len(registered)
    assert set(patterns_by_code()) == {auditor.code for auditor in AUDITORS}


def test_a_pattern_needs_a_coarse_departure() -> None:
    with pytest.raises(ValueError, match="coarse departure above 0"):
        Pattern("Name", "means", "x", above=True, coarse=0.0)
