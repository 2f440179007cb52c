"""GA105 on predictions whose gaps are known, and on what cannot be measured."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.downstream.kind import Downstream
from genai_audit.audit.fairness.downstream_parity.auditor import DownstreamParity
from genai_audit.audit.finding import Inconclusive, NotApplicable

PEOPLE = 2_000


def predicted(rates, truth, sex, rng, *, noise=0.02, seeds=1):
    """(5, S, t): P(1 | sex) as given, regardless of the truth; it moves a little between parts."""
    drift = noise * rng.standard_normal((5, seeds, 2))
    chance = np.array(rates)[None, None] + drift
    return (rng.random((1, 1, PEOPLE)) < chance[..., sex]).astype(np.int8)


def evidence(made, known, *, seed=0, groups=("f", "m"), shares=(0.5, 0.5)):
    rng = np.random.default_rng(seed)
    truth, sex = (rng.random(PEOPLE) < 0.5).astype(np.int64), rng.choice(2, PEOPLE, p=shares)
    told = [tuple(predicted(each, truth, sex, rng, seeds=s) for s in (1, 3)) for each in (made, known)]
    return Downstream(
        outcome="approved",
        levels=("no", "yes"),
        truth=truth,
        attributes=("sex",),
        groups=(groups,),
        members=sex[None],
        learners=("linear", "trees"),
        generated=told[0],
        real=told[1],
        size=400,
        tested_on="the holdout, 2,000 records",
    )


def asked(*downstream, **absent):
    return Evidence("tabular", Generated([], 0, "model"), downstream=downstream or None, **absent)


def found(*downstream):
    return DownstreamParity(repeats=200)(asked(*downstream), np.random.default_rng(1))


def test_a_gap_that_widens_by_three_tenths_is_found():
    finding = found(evidence((0.3, 0.7), (0.45, 0.55)))
    worst = finding.estimate("worst_learned_gap_change")
    assert worst.value == pytest.approx(0.3, abs=0.08)
    assert worst.interval().low > 0.1
    assert worst.p_value is not None
    assert worst.p_value < 0.05
    parity = finding.estimate("learned_gap_change", "sex: demographic parity, trees").interval()
    assert parity.low <= 0.3 <= parity.high
    assert finding.tables[0].rows[0][6].startswith("m above f")


def test_a_gap_that_stays_raises_no_alarm_and_one_that_closes_is_no_harm():
    same, closed = found(evidence((0.4, 0.6), (0.4, 0.6))), found(evidence((0.5, 0.5), (0.3, 0.7)))
    assert same.estimate("worst_learned_gap_change").interval().low <= 0
    assert same.estimate("worst_learned_gap_change").p_value > 0.05
    assert closed.estimate("learned_gap_change", "sex: demographic parity, linear").interval().high < -0.1
    assert found(evidence((0.3, 0.7), (0.45, 0.55))) == found(evidence((0.3, 0.7), (0.45, 0.55)))


def test_variance_components_sum_to_one():
    (table,) = (each for each in found(evidence((0.3, 0.7), (0.45, 0.55))).tables if each.name == "variance_components")
    for row in table.rows:
        assert sum(row[2:]) == pytest.approx(1.0)
        assert min(row[2:]) >= 0


def test_a_group_of_a_few_is_left_out_and_keeps_the_rule_open():
    three = evidence((0.4, 0.6), (0.4, 0.6))
    members = three.members.copy()
    members[0, :20] = 2
    finding = found(replace(three, members=members, groups=(("f", "m", "x"),)))
    assert "sex: x has fewer than 30 people" in finding.gaps["worst_learned_gap_change"]
    assert any(each.name == "too_small" for each in finding.tables)
    with pytest.raises(Inconclusive, match="no two groups have 30 people each"):
        found(evidence((0.4, 0.6), (0.4, 0.6), shares=(0.005, 0.995)))


def test_several_levels_are_each_set_against_the_others():
    rng = np.random.default_rng(2)
    three = evidence((0.4, 0.6), (0.4, 0.6))
    truth = rng.integers(0, 3, PEOPLE)
    told = tuple(rng.integers(0, 3, (5, s, PEOPLE)).astype(np.int8) for s in (1, 3))
    finding = found(replace(three, levels=("a", "b", "c"), truth=truth, generated=told, real=told))
    groups = {each.group for each in finding.estimates if each.name == "learned_gap_change"}
    assert any(each.startswith("approved = c: sex: demographic parity") for each in groups)
    assert finding.estimate("worst_learned_gap_change").value == pytest.approx(0.0)


def test_without_evidence_the_reason_is_told():
    with pytest.raises(NotApplicable, match="name the column"):
        DownstreamParity()(asked(absent={"downstream": "no outcome was named; name the column"}), None)
    with pytest.raises(Inconclusive, match="900 different values"):
        DownstreamParity()(asked(unmeasured={"downstream": "got 900 different values"}), None)
    other = {"downstream of age": "outcome age: too many levels"}
    finding = DownstreamParity(repeats=200)(
        asked(evidence((0.4, 0.6), (0.4, 0.6)), unmeasured=other), np.random.default_rng(1)
    )
    assert "outcome age" in finding.gaps["worst_learned_gap_change"]
    with pytest.raises(ValueError, match="expected at least 200 repeats"):
        DownstreamParity(repeats=3)
